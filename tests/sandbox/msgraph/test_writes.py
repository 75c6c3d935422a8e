"""PATCH and DELETE, of events, of occurrences, of series; extensions."""

import pytest

from gateway.sandbox import seed

from .conftest import LUNCH, NOON, as_alice

BERLIN = "W. Europe Standard Time"


def berlin(text):
    return {"dateTime": text, "timeZone": BERLIN}


DAILY = {
    "subject": "Stand-up",
    "start": berlin("2026-10-22T09:00:00"),
    "end": berlin("2026-10-22T09:15:00"),
    "recurrence": {
        "pattern": {"type": "daily", "interval": 1},
        "range": {"type": "numbered", "startDate": "2026-10-22", "numberOfOccurrences": 6},
    },
}


@pytest.fixture
def lunch(alice):
    return f"/me/events/{alice.post('/me/events', LUNCH).body['id']}"


@pytest.fixture
def series(alice):
    return alice.post("/me/events", DAILY).body


def occurrences(client, master_id, start="2026-10-01", end="2026-11-30"):
    path = f"/me/events/{master_id}/instances?startDateTime={start}&endDateTime={end}&$top=100"
    return client.get(path).body["value"]


def test_a_patch_changes_what_it_sends_and_no_more(alice, lunch):
    before = alice.get(lunch).body
    after = alice.patch(lunch, {"subject": "Dinner", "showAs": "free"})
    assert after.status == 200
    changed = {name for name in before if before[name] != after.body[name]}
    assert changed == {"subject", "showAs", "changeKey", "@odata.etag"}
    assert alice.get(lunch).body == after.body


def test_a_patch_answers_in_utc_where_no_zone_is_preferred(alice, lunch):
    after = alice.patch(lunch, {"start": berlin("2026-11-19T12:00:00")}).body
    assert after["start"] == {"dateTime": "2026-11-19T11:00:00.0000000", "timeZone": "UTC"}
    assert after["originalStartTimeZone"] == BERLIN


def test_a_patch_needs_the_zone_of_each_time(alice, lunch):
    found = alice.patch(lunch, {"start": {"dateTime": "2026-11-19T11:00:00"}})
    assert (found.status, found.code) == (400, "TimeZoneNotSupportedException")
    assert found.message.endswith("not supported: ''.")


def test_a_patch_is_checked_as_a_post_is(alice, lunch):
    before = alice.get(lunch).body
    assert alice.patch(lunch, {"end": {**NOON, "dateTime": "2026-11-19T01:00:00"}}).status == 400
    assert alice.patch(lunch, {"isAllDay": True}).code == "ErrorInvalidRequest"
    assert alice.get(lunch).body == before


def test_null_clears(alice, lunch):
    alice.patch(lunch, {"location": {"displayName": "Room 1"}, "body": {"content": "x"}})
    after = alice.patch(lunch, {"location": None, "body": None, "subject": None}).body
    assert (after["location"]["displayName"], after["locations"]) == ("", [])
    assert (after["body"]["content"], after["subject"]) == ("", None)


def test_a_transaction_id_cannot_be_changed(alice):
    made = alice.post("/me/events", {**LUNCH, "transactionId": "a"}).body
    assert alice.patch(f"/me/events/{made['id']}", {"transactionId": "b"}).body["transactionId"] == "a"


def test_an_online_meeting_stays_one(alice):
    made = alice.post("/me/events", {**LUNCH, "isOnlineMeeting": True}).body
    after = alice.patch(f"/me/events/{made['id']}", {"isOnlineMeeting": False}).body
    assert after["isOnlineMeeting"] is True
    assert after["onlineMeeting"] == made["onlineMeeting"]


def test_if_match_guards_a_patch_and_a_delete(alice, lunch):
    stale = alice.get(lunch).body["@odata.etag"]
    fresh = alice.patch(lunch, {"subject": "Dinner"}, if_match=stale).body["@odata.etag"]
    found = alice.patch(lunch, {"subject": "Supper"}, if_match=stale)
    assert (found.status, found.code) == (412, "ErrorIrresolvableConflict")
    assert alice.delete(lunch, if_match=stale).status == 412
    assert alice.get(lunch).body["subject"] == "Dinner"
    assert alice.delete(lunch, if_match=fresh).status == 204


def test_a_deleted_event_is_not_found(alice, lunch):
    gone = alice.delete(lunch)
    assert (gone.status, gone.body) == (204, b"")
    assert alice.get(lunch).code == "ErrorItemNotFound"
    assert alice.delete(lunch).status == 404


def test_a_lost_change_is_answered_and_not_stored(alice, lunch):
    assert alice.patch(lunch, {"subject": "Dinner"}, lose=frozenset({0})).body["subject"] == "Dinner"
    assert alice.get(lunch).body["subject"] == "Lunch"
    assert alice.delete(lunch, lose=frozenset({0})).status == 204
    assert alice.get(lunch).status == 200


def test_a_series_is_echoed_with_its_defaults(series):
    assert series["type"] == "seriesMaster"
    assert series["recurrence"] == {
        "pattern": {
            "type": "daily",
            "interval": 1,
            "month": 0,
            "dayOfMonth": 0,
            "daysOfWeek": [],
            "firstDayOfWeek": "sunday",
            "index": "first",
        },
        "range": {
            "type": "numbered",
            "startDate": "2026-10-22",
            "endDate": "0001-01-01",
            "recurrenceTimeZone": BERLIN,
            "numberOfOccurrences": 6,
        },
    }


def test_a_series_keeps_its_wall_clock_over_the_end_of_summer_time(alice, series):
    starts = [event["start"]["dateTime"][:16] for event in occurrences(alice, series["id"])]
    assert starts == [
        "2026-10-22T07:00",
        "2026-10-23T07:00",
        "2026-10-24T07:00",
        "2026-10-25T08:00",
        "2026-10-26T08:00",
        "2026-10-27T08:00",
    ]


def test_an_occurrence_can_be_read_by_its_id(alice, series):
    alice.version = "beta"
    first = occurrences(alice, series["id"])[0]
    read = alice.get(f"/me/events/{first['id']}").body
    assert {name: read[name] for name in first} == first
    assert first["seriesMasterId"] == series["id"]
    assert first["occurrenceId"] == f"OID.{series['id']}.2026-10-22"
    assert first["originalStart"] == "2026-10-22T07:00:00Z"


def test_occurrences_share_the_uid_and_not_the_icaluid(alice, series):
    alice.version = "beta"
    found = occurrences(alice, series["id"])
    assert len({event["uid"] for event in found}) == 1
    assert len({event["iCalUId"] for event in found}) == len(found) == 6


def test_instances_need_a_series_and_a_window(alice, series, lunch):
    found = alice.get(f"{lunch}/instances?startDateTime=2026-01-01&endDateTime=2026-02-01")
    assert (found.status, found.code) == (400, "ErrorInvalidRequest")
    assert "ExpandSeries can only be performed against a series" in found.message
    assert alice.get(f"/me/events/{series['id']}/instances").code == "ErrorInvalidParameter"


def test_a_changed_occurrence_is_an_exception(alice, series):
    second = occurrences(alice, series["id"])[1]
    after = alice.patch(
        f"/me/events/{second['id']}", {"subject": "Retro", "start": berlin("2026-10-23T09:10:00")}
    ).body
    assert (after["type"], after["id"]) == ("exception", second["id"])
    found = occurrences(alice, series["id"])
    assert [event["subject"] for event in found] == ["Stand-up", "Retro", *["Stand-up"] * 4]
    master = alice.get(f"/me/events/{series['id']}?$expand=exceptionOccurrences").body
    assert [event["subject"] for event in master["exceptionOccurrences"]] == ["Retro"]
    assert master["subject"] == "Stand-up"


def test_an_occurrence_cannot_pass_its_neighbour(alice, series):
    second = occurrences(alice, series["id"])[1]
    change = {"start": berlin("2026-10-24T09:05:00"), "end": berlin("2026-10-24T10:00:00")}
    found = alice.patch(f"/me/events/{second['id']}", change)
    assert (found.status, found.code) == (400, "ErrorOccurrenceCrossingBoundary")
    assert len(occurrences(alice, series["id"])) == 6


def test_a_deleted_occurrence_is_cancelled_and_the_series_stays(alice, series):
    second = occurrences(alice, series["id"])[1]
    assert alice.delete(f"/me/events/{second['id']}").status == 204
    assert len(occurrences(alice, series["id"])) == 5
    assert alice.get(f"/me/events/{second['id']}").status == 404
    assert alice.view("2026-10-23", "2026-10-24").subjects == []
    master = alice.get(f"/me/events/{series['id']}?$select=cancelledOccurrences").body
    assert master["cancelledOccurrences"] == [f"OID.{series['id']}.2026-10-23"]
    assert "cancelledOccurrences" not in alice.get(f"/me/events/{series['id']}").body
    path = f"/me/events/{series['id']}?$select=cancelledOccurrences"
    immutable = alice.get(path, prefer='IdType="ImmutableId"').body
    assert immutable["cancelledOccurrences"] == [f"OID.{immutable['id']}.2026-10-23"]
    assert immutable["id"] != series["id"]


def test_a_deleted_master_takes_its_occurrences_along(alice, series):
    first = occurrences(alice, series["id"])[0]["id"]
    alice.delete(f"/me/events/{series['id']}")
    assert alice.get(f"/me/events/{first}").status == 404


def test_new_times_of_a_master_reset_what_was_changed(alice, series):
    second = occurrences(alice, series["id"])[1]
    alice.patch(f"/me/events/{second['id']}", {"subject": "Retro"})
    change = {"start": berlin("2026-10-22T10:00:00"), "end": berlin("2026-10-22T10:15:00")}
    assert alice.patch(f"/me/events/{series['id']}", change).status == 200
    found = occurrences(alice, series["id"])
    assert {event["subject"] for event in found} == {"Stand-up"}
    assert found[0]["start"]["dateTime"][11:16] == "08:00"


def test_a_new_subject_of_a_master_leaves_the_changed_ones(alice, series):
    second = occurrences(alice, series["id"])[1]
    alice.patch(f"/me/events/{second['id']}", {"subject": "Retro"})
    alice.patch(f"/me/events/{series['id']}", {"subject": "Daily"})
    assert [event["subject"] for event in occurrences(alice, series["id"])][:3] == ["Daily", "Retro", "Daily"]


def test_the_same_recurrence_sent_again_changes_nothing(alice, series):
    second = occurrences(alice, series["id"])[1]
    alice.patch(f"/me/events/{second['id']}", {"subject": "Retro"})
    alice.patch(f"/me/events/{series['id']}", {"recurrence": series["recurrence"]})
    assert occurrences(alice, series["id"])[1]["subject"] == "Retro"


def test_an_occurrence_has_no_recurrence_of_its_own(alice, series):
    second = occurrences(alice, series["id"])[1]
    found = alice.patch(f"/me/events/{second['id']}", {"recurrence": DAILY["recurrence"]})
    assert (found.status, found.code) == (400, "ErrorPropertyValidationFailure")


def test_another_zone_needs_the_recurrence_too(alice, series):
    change = {name: {**DAILY[name], "timeZone": "Tokyo Standard Time"} for name in ("start", "end")}
    found = alice.patch(f"/me/events/{series['id']}", change)
    assert (found.status, found.code) == (400, "ErrorPropertyValidationFailure")
    change["recurrence"] = DAILY["recurrence"]
    assert alice.patch(f"/me/events/{series['id']}", change).status == 200


def test_without_recurrence_a_series_becomes_a_single_event(alice, series):
    after = alice.patch(f"/me/events/{series['id']}", {"recurrence": None}).body
    assert (after["type"], after["recurrence"]) == ("singleInstance", None)


def test_the_first_occurrence_moves_to_the_first_day_that_matches(alice):
    weekly = {
        **DAILY,
        "recurrence": {
            "pattern": {"type": "weekly", "interval": 1, "daysOfWeek": ["Monday"]},
            "range": {"type": "endDate", "startDate": "2026-10-22", "endDate": "2026-11-05"},
        },
    }
    made = alice.post("/me/events", weekly).body
    assert made["start"]["dateTime"] == "2026-10-26T09:00:00.0000000"
    assert [event["start"]["dateTime"][:10] for event in occurrences(alice, made["id"])] == [
        "2026-10-26",
        "2026-11-02",
    ]


@pytest.mark.parametrize(
    ("pattern", "bounds", "code"),
    [
        ({"interval": 0}, {}, "ErrorPropertyValidationFailure"),
        ({"type": "weekly"}, {}, "ErrorPropertyValidationFailure"),
        ({"type": "absoluteMonthly"}, {}, "ErrorPropertyValidationFailure"),
        ({"month": 13}, {}, "ErrorPropertyValidationFailure"),
        ({"type": "hourly"}, {}, "UnableToDeserializePostBody"),
        ({}, {"numberOfOccurrences": 0}, "ErrorPropertyValidationFailure"),
        ({}, {"startDate": "2026-10-23"}, "ErrorPropertyValidationFailure"),
        ({}, {"startDate": "yesterday"}, "UnableToDeserializePostBody"),
        ({}, {"recurrenceTimeZone": "tzone://Microsoft/Utc"}, "TimeZoneNotSupportedException"),
        (
            {"type": "weekly", "daysOfWeek": ["monday"]},
            {"type": "endDate", "endDate": "2026-10-24"},
            "ErrorRecurrenceHasNoOccurrence",
        ),
    ],
)
def test_a_recurrence_that_makes_no_sense_is_refused(alice, pattern, bounds, code):
    recurrence = DAILY["recurrence"]
    body = {
        **DAILY,
        "recurrence": {
            "pattern": {**recurrence["pattern"], **pattern},
            "range": {**recurrence["range"], **bounds},
        },
    }
    found = alice.post("/me/events", body)
    assert (found.status, found.code) == (400, code)


def test_an_all_day_series_is_midnight_everywhere(alice):
    body = {
        "subject": "On call",
        "isAllDay": True,
        "start": berlin("2026-10-22T00:00:00"),
        "end": berlin("2026-10-23T00:00:00"),
        "recurrence": {
            "pattern": {"type": "weekly", "interval": 2, "daysOfWeek": ["thursday"]},
            "range": {"type": "noEnd", "startDate": "2026-10-22"},
        },
    }
    alice.post("/me/events", body)
    found = alice.view("2026-10-20", "2026-11-20").body["value"]
    starts = [
        event["start"]["dateTime"]
        for event in found
        if event["subject"] == "On call" and event["seriesMasterId"]
    ]
    assert starts == [
        "2026-10-22T00:00:00.0000000",
        "2026-11-05T00:00:00.0000000",
        "2026-11-19T00:00:00.0000000",
    ]


def test_calendars_are_made_renamed_and_deleted_with_their_events(alice):
    made = alice.post("/me/calendars", {"name": "Projects", "color": "LightTeal"})
    assert (made.status, made.body["color"], made.body["isRemovable"]) == (201, "lightTeal", True)
    path = f"/me/calendars/{made.body['id']}"
    event = alice.post(f"{path}/events", LUNCH).body["id"]
    assert alice.patch(path, {"name": "Plans"}).body["name"] == "Plans"
    assert alice.delete(path).status == 204
    assert alice.get(path).status == alice.get(f"/me/events/{event}").status == 404


def test_two_calendars_have_no_name_in_common_unless_they_may(emulate):
    body = {"name": "on call"}
    found = as_alice(emulate()).post("/me/calendars", body)
    assert (found.status, found.code) == (409, "ErrorFolderExists")
    assert as_alice(emulate(duplicate_calendar_names=True)).post("/me/calendars", body).status == 201


def test_the_default_calendar_cannot_be_deleted(alice):
    found = alice.delete("/me/calendar")
    assert (found.status, found.code) == (400, "ErrorInvalidRequest")
    assert found.message.endswith("The default calendar cannot be deleted.")


def test_calendar_groups_are_made_filled_and_deleted(alice):
    made = alice.post("/me/calendarGroups", {"name": "Projects"})
    path = f"/me/calendarGroups/{made.body['id']}"
    assert made.status == 201
    calendar = alice.post(f"{path}/calendars", {"name": "Apollo"}).body["id"]
    assert [row["id"] for row in alice.get(f"{path}/calendars").body["value"]] == [calendar]
    assert alice.delete(path).status == 400
    alice.delete(f"/me/calendars/{calendar}")
    assert alice.delete(path).status == 204
    assert alice.get(path).status == 404


def test_a_calendar_group_that_is_not_empty_may_be_deletable(emulate):
    client = as_alice(emulate(full_calendar_group_deletable=True))
    team = client.get("/me/calendarGroups").body["value"][1]["id"]
    assert client.delete(f"/me/calendarGroups/{team}").status == 204
    assert len(client.get("/me/calendars").body["value"]) == 3


def test_the_default_calendar_group_cannot_be_deleted(alice):
    default = alice.get("/me/calendarGroups").body["value"][0]["id"]
    assert alice.delete(f"/me/calendarGroups/{default}").status == 400


EXTENSION = {
    "@odata.type": "microsoft.graph.openTypeExtension",
    "extensionName": "com.contoso.change",
    "ticket": 4711,
}


def test_open_extensions_are_made_with_the_event_or_later(alice, lunch):
    made = alice.post(f"{lunch}/extensions", EXTENSION)
    assert (made.status, made.body["ticket"]) == (201, 4711)
    assert made.body["id"] == "Microsoft.OutlookServices.OpenTypeExtension.com.contoso.change"
    inline = alice.post("/me/events", {**LUNCH, "extensions": [EXTENSION]}).body["id"]
    assert [row["ticket"] for row in alice.get(f"/me/events/{inline}/extensions").body["value"]] == [4711]


def test_open_extensions_come_with_the_event_when_expanded(alice, lunch):
    alice.post(f"{lunch}/extensions", EXTENSION)
    assert "extensions" not in alice.get(lunch).body
    assert alice.get(f"{lunch}?$expand=extensions($filter=id%20eq%20'other')").body["extensions"] == []


@pytest.mark.parametrize("prefix", ["", "Microsoft.OutlookServices.OpenTypeExtension."])
def test_an_extension_is_expanded_by_its_name_or_its_full_id(alice, lunch, prefix):
    alice.post(f"{lunch}/extensions", EXTENSION)
    alice.post(f"{lunch}/extensions", {**EXTENSION, "extensionName": "com.contoso.other"})
    name = f"{prefix}com.contoso.change"
    found = alice.get(f"{lunch}?$expand=extensions($filter=id%20eq%20'{name}')").body["extensions"]
    assert [row["id"] for row in found] == ["Microsoft.OutlookServices.OpenTypeExtension.com.contoso.change"]


def test_an_open_extension_is_changed_and_deleted(alice, lunch):
    alice.post(f"{lunch}/extensions", EXTENSION)
    path = f"{lunch}/extensions/com.contoso.change"
    assert alice.patch(path, {"ticket": 4712}).body["ticket"] == 4712
    assert alice.get(path).body["ticket"] == 4712
    assert alice.delete(path).status == 204
    assert alice.get(path).status == 404


def test_the_seed_world_is_there(alice):
    master = next(
        event
        for event in alice.get(f"/users/{seed.OUTAGES}/events?$top=100").body["value"]
        if event["subject"] == seed.FAILOVER
    )
    assert "Payments stop for ten minutes" in master["body"]["content"]
    assert master["location"]["locationUri"] == "https://bridge.contoso.com/sre"


def test_extensions_are_listed_by_the_page_and_by_what_is_asked_of_them(alice, lunch):
    for name in ("a", "b", "c"):
        alice.post(f"{lunch}/extensions", {**EXTENSION, "extensionName": f"com.contoso.{name}"})
    first = alice.get(f"{lunch}/extensions?$top=2&$orderby=extensionName desc&$select=extensionName").body
    assert [row["extensionName"] for row in first["value"]] == ["com.contoso.c", "com.contoso.b"]
    assert "ticket" not in first["value"][0]
    rest = alice.get(first["@odata.nextLink"].partition("/v1.0")[2]).body
    assert [row["extensionName"] for row in rest["value"]] == ["com.contoso.a"]
    only = alice.get(f"{lunch}/extensions?$filter=extensionName eq 'com.contoso.b'").body["value"]
    assert [row["ticket"] for row in only] == [EXTENSION["ticket"]]
