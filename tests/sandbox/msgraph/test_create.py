"""Creating events: every path, the echo, the checks, and what a transactionId does."""

from datetime import timedelta
from urllib.parse import quote

import pytest

from gateway.sandbox import seed
from gateway.sandbox.msgraph.unknowns import (
    ContextOwner,
    IanaNames,
    PostZone,
    RepeatedTransaction,
    TransactionAfterDelete,
)
from gateway.sandbox.msgraph.words import BodyType

from .conftest import LUNCH, NOON, ONE, as_alice

ALICE_ID = seed.user_id(seed.ALICE)
SRE_ID = seed.user_id("sre@contoso.com")
OWA = "https://outlook.office365.com/owa/"
ON_CALL = seed.calendar_id(seed.ALICE, "On call")


def key(value):
    return quote(value, safe="")


def default_group(client):
    return client.get("/me/calendarGroups").body["value"][0]["id"]


PLACES = [
    ("/me/calendar", f"users('{ALICE_ID}')/calendar"),
    ("/me", f"users('{ALICE_ID}')"),
    (f"/me/calendars/{key(ON_CALL)}", f"users('{ALICE_ID}')/calendars('{key(ON_CALL)}')"),
    (f"/users/{seed.ALICE}/calendar", f"users('{ALICE_ID}')/calendar"),
    (f"/users/{ALICE_ID.upper()}", f"users('{ALICE_ID}')"),
    (
        f"/USERS/{seed.ALICE.upper()}/Calendars/{key(ON_CALL)}",
        f"users('{ALICE_ID}')/calendars('{key(ON_CALL)}')",
    ),
    (
        f"/users('{seed.ALICE}')/calendars('{key(ON_CALL)}')",
        f"users('{ALICE_ID}')/calendars('{key(ON_CALL)}')",
    ),
    (f"/users/{seed.OUTAGES}/calendar", f"users('{seed.user_id(seed.OUTAGES)}')/calendar"),
    (f"/groups/{SRE_ID}/calendar", f"groups('{SRE_ID}')/calendar"),
    (f"/groups/{SRE_ID}", f"groups('{SRE_ID}')"),
]


@pytest.mark.parametrize("version", ["v1.0", "beta"])
@pytest.mark.parametrize(("place", "context"), PLACES)
def test_every_create_path_makes_an_event(alice, version, place, context):
    alice.version = version
    made = alice.post(f"{place}/events", LUNCH)
    assert made.status == 201
    root = f"http://127.0.0.1:8080/{version}/$metadata#"
    assert made.body["@odata.context"] == f"{root}{context}/events/$entity"
    assert alice.get(f"{place}/events/{made.body['id']}").body["subject"] == "Lunch"


@pytest.mark.parametrize("owner", ["/me", f"/users/{seed.ALICE}"])
def test_a_calendar_of_a_calendar_group_takes_events(alice, owner):
    group = default_group(alice)
    place = f"{owner}/calendarGroups/{key(group)}/calendars/{key(ON_CALL)}"
    made = alice.post(f"{place}/events", LUNCH)
    assert made.status == 201
    assert (
        f"/calendarGroups('{key(group)}')/calendars('{key(ON_CALL)}')/events/" in made.body["@odata.context"]
    )
    assert "Lunch" in alice.get(f"/me/calendars/{key(ON_CALL)}/events").subjects


def test_a_calendar_is_not_found_in_a_group_that_it_is_not_in(alice):
    other = alice.get("/me/calendarGroups").body["value"][1]["id"]
    made = alice.post(f"/me/calendarGroups/{key(other)}/calendars/{key(ON_CALL)}/events", LUNCH)
    assert (made.status, made.code) == (404, "ErrorFolderNotFound")


def test_the_singular_calendar_group_is_no_segment_any_more(alice):
    made = alice.post(f"/me/calendarGroup/calendars/{key(ON_CALL)}/events", LUNCH)
    assert (made.status, made.code) == (400, "BadRequest")
    assert made.message == "Resource not found for the segment 'calendarGroup'."


def test_the_singular_calendar_group_can_be_understood(emulate):
    client = as_alice(emulate(legacy_calendar_group=True))
    assert client.post(f"/me/calendarGroup/calendars/{key(ON_CALL)}/events", LUNCH).status == 201


STRANGE = [
    "a/b",
    "a+b=",
    "100%",
    "with space",
    "?query#fragment",
    "line\r\nbreak",
    "ümläut-日本",
    "%2F",
    "events",
]


@pytest.mark.parametrize("calendar_id", STRANGE)
def test_calendar_ids_of_any_shape_are_matched_decoded(emulator, alice, calendar_id):
    emulator.state.add_calendar(seed.ALICE, calendar_id, "Strange")
    made = alice.post(f"/me/calendars/{key(calendar_id)}/events", LUNCH)
    assert made.status == 201
    assert f"/calendars('{key(calendar_id)}')/" in made.body["@odata.context"]
    assert alice.get(f"/me/calendars/{key(calendar_id)}").body["id"] == calendar_id


def test_ids_are_case_sensitive(emulator, alice):
    emulator.state.add_calendar(seed.ALICE, "AbCd", "Case")
    assert alice.get("/me/calendars/AbCd").status == 200
    assert alice.get("/me/calendars/abcd").status == 404


DOCUMENTED = {
    "subject": "Let's go for lunch",
    "body": {"contentType": "HTML", "content": "Does next month work for you?"},
    "start": {"dateTime": "2019-03-10T12:00:00", "timeZone": "Pacific Standard Time"},
    "end": {"dateTime": "2019-03-10T14:00:00", "timeZone": "Pacific Standard Time"},
    "location": {"displayName": "Harry's Bar"},
    "attendees": [
        {
            "emailAddress": {"address": "adelev@contoso.onmicrosoft.com", "name": "Adele Vance"},
            "type": "required",
        }
    ],
}


def test_the_documented_example_is_echoed_as_documented(alice):
    alice.version = "beta"
    made = alice.post("/me/calendar/events", DOCUMENTED).body
    place = {
        "displayName": "Harry's Bar",
        "locationType": "default",
        "uniqueId": "Harry's Bar",
        "uniqueIdType": "private",
    }
    expected = {
        "categories": [],
        "originalStartTimeZone": "Pacific Standard Time",
        "originalEndTimeZone": "Pacific Standard Time",
        "reminderMinutesBeforeStart": 15,
        "isReminderOn": True,
        "hasAttachments": False,
        "subject": "Let's go for lunch",
        "bodyPreview": "Does next month work for you?",
        "importance": "normal",
        "sensitivity": "normal",
        "isAllDay": False,
        "isCancelled": False,
        "isOrganizer": True,
        "responseRequested": True,
        "seriesMasterId": None,
        "showAs": "busy",
        "type": "singleInstance",
        "webLink": f"{OWA}?itemid={key(made['id'])}&exvsurl=1&path=/calendar/item",
        "onlineMeetingUrl": None,
        "recurrence": None,
        "responseStatus": {"response": "organizer", "time": "0001-01-01T00:00:00Z"},
        "body": {
            "contentType": "html",
            "content": '<html>\r\n<head>\r\n<meta http-equiv="Content-Type" content="text/html; '
            'charset=utf-8">\r\n<meta content="text/html; charset=us-ascii">\r\n</head>\r\n<body>\r\n'
            "Does next month work for you?\r\n</body>\r\n</html>\r\n",
        },
        "start": {"dateTime": "2019-03-10T12:00:00.0000000", "timeZone": "Pacific Standard Time"},
        "end": {"dateTime": "2019-03-10T14:00:00.0000000", "timeZone": "Pacific Standard Time"},
        "location": place,
        "locations": [place],
        "attendees": [
            {
                "type": "required",
                "status": {"response": "none", "time": "0001-01-01T00:00:00Z"},
                "emailAddress": {"name": "Adele Vance", "address": "adelev@contoso.onmicrosoft.com"},
            }
        ],
        "organizer": {"emailAddress": {"name": "Alice Nguyen", "address": seed.ALICE}},
    }
    assert {name: made[name] for name in expected} == expected
    assert made["@odata.etag"] == f'W/"{made["changeKey"]}"'
    assert made["createdDateTime"] == "2026-11-18T15:30:12Z"


def test_uid_and_occurrence_id_exist_on_beta_only(alice):
    first = alice.post("/me/events", LUNCH).body
    alice.version = "beta"
    second = alice.post("/me/events", LUNCH).body
    assert second.keys() - first.keys() == {"uid", "occurrenceId"}


def test_a_time_zone_that_is_preferred_is_the_answers(alice):
    made = alice.post("/me/events", LUNCH, prefer='outlook.timezone="Tokyo Standard Time"')
    assert made.body["start"] == {
        "dateTime": "2026-11-19T21:00:00.0000000",
        "timeZone": "Tokyo Standard Time",
    }
    assert made.headers["Preference-Applied"] == 'outlook.timezone="Tokyo Standard Time"'


def test_without_preference_the_answer_to_a_post_is_in_the_zone_that_was_sent(emulate):
    body = {**LUNCH, "start": {"dateTime": "2026-11-19T12:00:00", "timeZone": "Europe/Berlin"}}
    made = as_alice(emulate()).post("/me/events", body)
    assert made.body["start"] == {"dateTime": "2026-11-19T12:00:00.0000000", "timeZone": "Europe/Berlin"}
    made = as_alice(emulate(post_zone=PostZone.UTC)).post("/me/events", body)
    assert made.body["start"] == {"dateTime": "2026-11-19T11:00:00.0000000", "timeZone": "UTC"}


def test_an_offset_fixes_the_instant_and_the_zone_labels_it(alice):
    start = {"dateTime": "2026-11-19T12:00:00Z", "timeZone": "W. Europe Standard Time"}
    made = alice.post(
        "/me/events", {**LUNCH, "start": start, "end": {**start, "dateTime": "2026-11-19T14:00:00+01:00"}}
    )
    assert made.body["start"]["dateTime"] == "2026-11-19T13:00:00.0000000"
    assert made.body["end"]["dateTime"] == "2026-11-19T14:00:00.0000000"


def test_a_zone_that_is_not_given_is_utc(alice):
    made = alice.post("/me/events", {**LUNCH, "start": {"dateTime": "2026-11-19T12:00"}})
    assert made.body["start"] == {"dateTime": "2026-11-19T12:00:00.0000000", "timeZone": "UTC"}


def test_microseconds_survive(alice):
    made = alice.post(
        "/me/events", {**LUNCH, "start": {"dateTime": "2026-11-19T12:00:00.1234567", "timeZone": "UTC"}}
    )
    assert made.body["start"]["dateTime"] == "2026-11-19T12:00:00.1234560"


def test_a_text_becomes_html_and_can_be_had_as_text(alice):
    body = {"contentType": "text", "content": "1 < 2\nnext"}
    made = alice.post("/me/events", {**LUNCH, "body": body})
    assert "1 &lt; 2<br>\r\nnext" in made.body["body"]["content"]
    assert made.body["body"]["contentType"] == "html"
    read = alice.get(f"/me/events/{made.body['id']}", prefer='outlook.body-content-type="text"')
    assert read.body["body"] == {"contentType": "text", "content": "1 < 2\nnext"}
    assert read.headers["Preference-Applied"] == 'outlook.body-content-type="text"'


def test_enumerations_are_read_in_any_case_and_written_in_camel_case(alice):
    made = alice.post(
        "/me/events", {**LUNCH, "showAs": "OOF", "importance": "High", "sensitivity": "PRIVATE"}
    )
    assert [made.body[name] for name in ("showAs", "importance", "sensitivity")] == ["oof", "high", "private"]


def test_several_locations_are_named_together(alice):
    made = alice.post("/me/events", {**LUNCH, "locations": [{"displayName": "A"}, {"displayName": "B"}]}).body
    assert made["location"]["displayName"] == "A; B"
    assert [place["displayName"] for place in made["locations"]] == ["A", "B"]


def test_unknown_members_pass_and_read_only_ones_have_no_effect(alice):
    made = alice.post("/me/events", {**LUNCH, "id": "mine", "iCalUId": 5, "invented": {"a": 1}})
    assert made.status == 201
    assert made.body["id"] != "mine"


def test_an_online_meeting_gets_a_link_only_from_a_provider_that_is_allowed(alice):
    teams = alice.post("/me/events", {**LUNCH, "isOnlineMeeting": True}).body
    assert teams["onlineMeeting"]["joinUrl"].startswith("https://teams.microsoft.com/")
    assert teams["onlineMeetingProvider"] == "teamsForBusiness"
    skype = alice.post(
        "/me/events", {**LUNCH, "isOnlineMeeting": True, "onlineMeetingProvider": "skypeForConsumer"}
    )
    assert (skype.status, skype.body["onlineMeeting"]) == (201, None)


def test_an_event_needs_no_times_at_all(alice):
    made = alice.post("/me/events", {"subject": "test"})
    assert made.status == 201
    assert made.body["start"]["dateTime"] == "2026-11-18T16:00:00.0000000"


def test_the_group_organizes_what_is_in_its_calendar(alice):
    made = alice.post(f"/groups/{SRE_ID}/calendar/events", LUNCH)
    assert made.body["organizer"]["emailAddress"]["address"] == "sre@contoso.com"


DAY = {"dateTime": "2026-11-19T00:00:00", "timeZone": "Pacific Standard Time"}
NEXT_DAY = {**DAY, "dateTime": "2026-11-20T00:00:00"}

REFUSED = [
    (
        {"end": {**NOON, "dateTime": "2026-11-19T11:59:59"}},
        400,
        "ErrorPropertyValidationFailure",
        "At least one",
    ),
    (
        {"isAllDay": True, "start": NOON, "end": NEXT_DAY},
        400,
        "ErrorInvalidRequest",
        "The Event.Start property for",
    ),
    (
        {"isAllDay": True, "start": DAY, "end": ONE},
        400,
        "ErrorInvalidRequest",
        "The Event.End property for an all",
    ),
    ({"isAllDay": True, "start": DAY, "end": DAY}, 400, "ErrorPropertyValidationFailure", ""),
    (
        {"isAllDay": True, "start": DAY, "end": {**NEXT_DAY, "timeZone": "UTC"}},
        400,
        "ErrorPropertyValidationFailure",
        "",
    ),
    (
        {"start": {**NOON, "timeZone": "Greenwich Mean Time"}},
        400,
        "TimeZoneNotSupportedException",
        "A valid TimeZone value must be specified. The following TimeZone value is not supported: 'Green",
    ),
    ({"start": {**NOON, "timeZone": ""}}, 400, "TimeZoneNotSupportedException", ""),
    ({"start": {**NOON, "timeZone": "tzone://Microsoft/Utc"}}, 400, "TimeZoneNotSupportedException", ""),
    ({"start": {**NOON, "timeZone": "Customized Time Zone"}}, 400, "TimeZoneNotSupportedException", ""),
    (
        {"start": {**NOON, "dateTime": "tomorrow"}},
        400,
        "UnableToDeserializePostBody",
        "were unable to deserialize ",
    ),
    ({"start": {**NOON, "dateTime": "2026-02-30T00:00:00"}}, 400, "UnableToDeserializePostBody", ""),
    ({"start": None}, 400, "UnableToDeserializePostBody", ""),
    (
        {"subject": {"text": "x"}},
        400,
        "RequestBodyRead",
        "An unexpected 'StartObject' node was found when reading from the JSON reader. A 'PrimitiveVal",
    ),
    (
        {"subject": 5},
        400,
        "RequestBodyRead",
        "Cannot convert the literal '5' to the expected type 'Edm.String'.",
    ),
    (
        {"isAllDay": "maybe"},
        400,
        "RequestBodyRead",
        "Cannot convert the literal 'maybe' to the expected type 'Edm.Boolean'.",
    ),
    (
        {"reminderMinutesBeforeStart": 1.5},
        400,
        "RequestBodyRead",
        "Cannot convert the literal '1.5' to the expected type 'Edm.Int32'.",
    ),
    (
        {"location": {"coordinates": {"latitude": "north"}}},
        400,
        "RequestBodyRead",
        "Cannot convert the literal 'north' to the expected type 'Edm.Double'.",
    ),
    (
        {"attendees": [{"emailAddress": {"address": "a@x.org"}}, {"emailAddress": {"address": 7}}]},
        400,
        "RequestBodyRead",
        "Cannot convert the literal '7' to the expected type 'Edm.String'.",
    ),
    (
        {"categories": "red"},
        400,
        "RequestBodyRead",
        "An unexpected 'PrimitiveValue' node was found when reading from the JSON reader. A 'StartArray' ",
    ),
    ({"attendees": {}}, 400, "RequestBodyRead", "An unexpected 'StartObject' node"),
    ({"showAs": "asleep"}, 400, "UnableToDeserializePostBody", ""),
    (
        {"attendees": [{"emailAddress": {"address": f"a{n}@x.org"}} for n in range(501)]},
        400,
        "ErrorInvalidRequest",
        "",
    ),
    ({"extensions": [{"@odata.type": "microsoft.graph.openTypeExtension"}]}, 500, "InternalServerError", ""),
    ({"end": {**NOON, "dateTime": "2036-11-19T11:59:59"}}, 400, "ErrorCalendarDurationIsTooLong", ""),
]


@pytest.mark.parametrize(("changes", "status", "code", "message"), REFUSED)
def test_what_graph_refuses_is_refused_and_not_stored(alice, changes, status, code, message):
    made = alice.post("/me/events", {**LUNCH, **changes})
    assert (made.status, made.code) == (status, code)
    assert made.message.startswith(message)
    assert "Lunch" not in alice.get("/me/events?$top=1000").subjects


@pytest.mark.parametrize("body", [b"{", b"[]", b'"x"', b"null", b"\xff", b"[" * 100_000])
def test_a_body_that_is_no_json_object_is_refused(alice, body):
    made = alice.post("/me/events", body)
    assert made.status == 400
    assert made.code in ("RequestBodyRead", "UnableToDeserializePostBody")


def test_another_media_type_is_refused(alice):
    assert alice.post("/me/events", LUNCH, content_type="text/plain").code == "RequestBodyRead"


def test_more_than_four_megabytes_are_refused(alice):
    made = alice.post("/me/events", {**LUNCH, "body": {"content": "x" * 4 * 1024 * 1024}})
    assert made.status == 413


def test_iana_names_that_are_not_documented_may_be_unknown(emulate):
    start = {**NOON, "timeZone": "Europe/Vaduz"}
    assert as_alice(emulate()).post("/me/events", {**LUNCH, "start": start}).status == 201
    strict = as_alice(emulate(iana_names=IanaNames.DOCUMENTED))
    assert strict.post("/me/events", {**LUNCH, "start": start}).code == "TimeZoneNotSupportedException"
    assert strict.post("/me/events", {**LUNCH, "start": {**NOON, "timeZone": "Europe/Kyiv"}}).status == 201


def test_a_lost_event_is_answered_and_not_stored(alice):
    made = alice.post("/me/events", LUNCH, lose=frozenset({0}))
    assert made.status == 201
    assert alice.get(f"/me/events/{made.body['id']}").status == 404


def test_the_same_requests_give_the_same_ids(emulate):
    first, second = (as_alice(emulate()).post("/me/events", LUNCH).body for _ in range(2))
    assert first == second


def test_headers_that_nobody_has_seen_are_switches(emulate):
    plain = as_alice(emulate()).post("/me/events", LUNCH)
    assert not {"Location", "ETag"} & plain.headers.keys()
    switched = as_alice(emulate(location_header=True, etag_header=True)).post("/me/events", LUNCH)
    assert switched.headers["ETag"] == switched.body["@odata.etag"]
    assert switched.headers["Location"].endswith(f"/v1.0/users('{ALICE_ID}')/events('{switched.body['id']}')")


def test_the_context_may_name_the_owner_as_the_request_did(emulate):
    client = as_alice(emulate(context_owner=ContextOwner.AS_ADDRESSED))
    made = client.post(f"/users/{seed.OUTAGES}/calendar/events", LUNCH)
    assert "#users('outages%40contoso.com')/calendar/events/$entity" in made.body["@odata.context"]


KEYED = {**LUNCH, "transactionId": "change-4711"}


def test_a_repeated_transaction_gets_the_same_event(alice):
    first, second = alice.post("/me/events", KEYED), alice.post("/me/events", KEYED)
    assert (second.status, second.body["id"]) == (201, first.body["id"])
    assert second.body["transactionId"] == "change-4711"
    assert alice.get("/me/events?$top=1000").subjects.count("Lunch") == 1


def test_a_transaction_id_with_other_content_is_a_duplicate(alice):
    alice.post("/me/events", KEYED)
    second = alice.post("/me/events", {**KEYED, "subject": "Dinner"})
    assert (second.status, second.code) == (400, "ErrorDuplicateTransactionId")


def test_a_transaction_id_belongs_to_its_mailbox(alice, bob):
    first, second = alice.post("/me/events", KEYED), bob.post("/me/events", KEYED)
    assert first.body["id"] != second.body["id"]


def test_without_a_transaction_id_every_post_makes_an_event(alice):
    first, second = alice.post("/me/events", LUNCH), alice.post("/me/events", LUNCH)
    assert first.body["id"] != second.body["id"]
    assert "transactionId" not in first.body


def test_a_repeated_transaction_may_be_an_error(emulate):
    client = as_alice(
        emulate(repeated_transaction=RepeatedTransaction.DUPLICATE_ERROR, duplicate_transaction_status=409)
    )
    client.post("/me/events", KEYED)
    second = client.post("/me/events", KEYED)
    assert (second.status, second.code) == (409, "ErrorDuplicateTransactionId")


def test_a_transaction_may_be_forgotten_after_a_while(emulate, clock):
    client = as_alice(emulate(transaction_memory=timedelta(hours=1)))
    first = client.post("/me/events", KEYED).body["id"]
    assert client.post("/me/events", KEYED).body["id"] == first
    clock.pass_(hours=2)
    assert client.post("/me/events", KEYED).body["id"] != first


@pytest.mark.parametrize(
    ("behaviour", "status", "count"),
    [
        (TransactionAfterDelete.SAME_EVENT, 201, 0),
        (TransactionAfterDelete.DUPLICATE_ERROR, 400, 0),
        (TransactionAfterDelete.NEW_EVENT, 201, 1),
    ],
)
def test_a_transaction_whose_event_is_deleted_is_a_switch(emulate, behaviour, status, count):
    client = as_alice(emulate(transaction_after_delete=behaviour))
    first = client.post("/me/events", KEYED).body["id"]
    client.delete(f"/me/events/{first}")
    assert client.post("/me/events", KEYED).status == status
    assert client.get("/me/events?$top=1000").subjects.count("Lunch") == count


def test_group_calendars_may_know_no_transactions(emulate):
    client = as_alice(emulate(group_transactions=False))
    first, second = (client.post(f"/groups/{SRE_ID}/events", KEYED).body["id"] for _ in range(2))
    assert first != second


@pytest.mark.parametrize(
    ("unknowns", "body", "status"),
    [
        ({"refuses_events_without_times": True}, {"subject": "test"}, 400),
        ({}, {**LUNCH, "start": {"dateTime": "2026-03-29T02:30:00", "timeZone": "Europe/Berlin"}}, 201),
        (
            {"refuses_skipped_times": True},
            {**LUNCH, "start": {"dateTime": "2026-03-29T02:30:00", "timeZone": "Europe/Berlin"}},
            400,
        ),
        ({"refuses_skipped_times": True}, LUNCH, 201),
    ],
)
def test_times_that_nobody_has_tried_are_switches(emulate, unknowns, body, status):
    assert as_alice(emulate(**unknowns)).post("/me/events", body).status == status


def test_a_body_without_type_is_text_or_html(emulate):
    body = {**LUNCH, "body": {"content": "<b>x</b>"}}
    assert as_alice(emulate()).post("/me/events", body).body["bodyPreview"] == "<b>x</b>"
    html = as_alice(emulate(default_body_type=BodyType.HTML))
    assert html.post("/me/events", body).body["bodyPreview"] == "x"


def test_a_long_subject_may_be_cut(emulate):
    body = {**LUNCH, "subject": "x" * 300}
    assert len(as_alice(emulate()).post("/me/events", body).body["subject"]) == 300
    assert len(as_alice(emulate(subject_length=255)).post("/me/events", body).body["subject"]) == 255


def test_all_day_events_may_be_free_by_default(emulate):
    body = {"subject": "off", "isAllDay": True, "start": DAY, "end": NEXT_DAY}
    assert as_alice(emulate()).post("/me/events", body).body["showAs"] == "busy"
    assert as_alice(emulate(all_day_show_as="free")).post("/me/events", body).body["showAs"] == "free"


def test_the_original_zone_of_utc_has_another_name_too(emulate):
    made = as_alice(emulate(original_utc_zone="tzone://Microsoft/Utc")).post("/me/events", LUNCH).body
    assert (made["originalStartTimeZone"], made["start"]["timeZone"]) == ("tzone://Microsoft/Utc", "UTC")


def test_a_place_without_a_name_is_kept_and_an_empty_one_is_not(alice):
    made = alice.post("/me/events", {**LUNCH, "location": {"locationEmailAddress": "room@contoso.com"}}).body
    assert made["location"]["locationEmailAddress"] == "room@contoso.com"
    assert alice.post("/me/events", {**LUNCH, "location": {"displayName": ""}}).body["locations"] == []
