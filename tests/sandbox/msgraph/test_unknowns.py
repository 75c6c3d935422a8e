"""Open questions about Graph: each switch gives the other answer."""

import pytest

from gateway.sandbox import seed
from gateway.sandbox.msgraph.resources import MAX_BODY
from gateway.sandbox.msgraph.unknowns import AmbiguousTimes, RepeatedExtension

from .conftest import LUNCH, as_alice

SRE = f"/groups/{seed.user_id('sre@contoso.com')}"
BERLIN = "W. Europe Standard Time"
EXTENSION = {"extensionName": "com.contoso.change", "ticket": 4711}


def twice(emulate, **unknowns):
    """A client of a sandbox as it is, and one of a sandbox with the switches."""
    return as_alice(emulate()), as_alice(emulate(**unknowns))


def berlin(clock):
    return {"dateTime": f"2026-{clock}", "timeZone": BERLIN}


def start(client, clock, **more):
    """When an event of Berlin's wall clock begins, in UTC."""
    sent = {**LUNCH, "start": berlin(clock), "end": berlin("12-01T00:00:00"), **more}
    made = client.post("/me/events", sent, prefer='outlook.timezone="UTC"')
    return made.body["start"]["dateTime"][5:16]


def test_a_time_that_comes_twice_is_the_earlier_or_the_later_one(emulate):
    usual, later = twice(emulate, ambiguous_times=AmbiguousTimes.LATER)
    night = "10-25T02:30:00"
    assert (start(usual, night), start(later, night)) == ("10-25T00:30", "10-25T01:30")
    for client in (usual, later):
        assert start(client, f"{night}+02:00") == "10-25T00:30"
        assert start(client, "10-25T01:59:00") == "10-24T23:59"
        assert start(client, "03-29T02:30:00") == "03-29T01:30"


def test_a_series_ends_with_null_or_does_not(emulate):
    pattern = {"type": "daily", "interval": 1}
    bounds = {"type": "noEnd", "startDate": "2026-11-19"}
    for client, kind in zip(
        twice(emulate, null_recurrence_ends_series=False), ("singleInstance", "seriesMaster"), strict=True
    ):
        series = {**LUNCH, "recurrence": {"pattern": pattern, "range": bounds}}
        made = client.post("/me/events", series).body["id"]
        after = client.patch(f"/me/events/{made}", {"recurrence": None, "subject": "After"}).body
        assert (after["type"], after["subject"]) == (kind, "After")
        assert (after["recurrence"] is None) is (kind == "singleInstance")


def test_a_member_that_events_have_not_is_dropped_or_refused(emulate):
    usual, strict = twice(emulate, refuses_unknown_members=True)
    strange = {**LUNCH, "colour": "red"}
    made = usual.post("/me/events", strange)
    assert made.status == 201
    assert "colour" not in made.body
    found = strict.post("/me/events", strange)
    assert (found.status, found.code) == (400, "RequestBodyRead")
    assert found.message.startswith("The property 'colour' does not exist on type 'microsoft.graph.event'.")
    one = f"/me/events/{strict.post('/me/events', LUNCH).body['id']}"
    assert strict.patch(one, {"colour": "red"}).code == "RequestBodyRead"


def test_what_an_event_is_shown_with_may_be_sent_back_even_where_strangers_are_refused(emulate):
    for version in ("v1.0", "beta"):
        client = as_alice(emulate(refuses_unknown_members=True), version=version)
        made = client.post("/me/events", {**LUNCH, "recurrence": None}).body
        back = {name: value for name, value in made.items() if name != "onlineMeeting"}
        assert client.patch(f"/me/events/{made['id']}", back).status == 200


@pytest.mark.parametrize(
    ("behaviour", "status", "kept"),
    [
        (RepeatedExtension.MERGED, 201, {"ticket": 4711, "owner": "sre"}),
        (RepeatedExtension.REPLACED, 201, {"owner": "sre"}),
        (RepeatedExtension.CONFLICT, 409, {"ticket": 4711}),
    ],
)
def test_an_extension_that_is_made_again_is_merged_or_replaced_or_refused(emulate, behaviour, status, kept):
    client = as_alice(emulate(repeated_extension=behaviour))
    place = f"/me/events/{client.post('/me/events', LUNCH).body['id']}/extensions"
    client.post(place, EXTENSION)
    again = client.post(place, {"extensionName": EXTENSION["extensionName"], "owner": "sre"})
    assert again.status == status
    if status == 409:
        assert again.code == "ErrorItemExists"
    (row,) = client.get(place).body["value"]
    assert {name: row[name] for name in row.keys() & {"ticket", "owner"}} == kept
    assert client.get(f"{place}/$count").body == b"1"


def test_ids_are_short_or_as_long_as_real_ones(emulate):
    for client, length in zip(twice(emulate, long_ids=True), (56, 152), strict=True):
        made = [client.post("/me/events", LUNCH).body["id"] for _ in range(2)]
        assert [len(each) for each in made] == [length] * 2
        assert made[0] != made[1]
        assert client.get(f"/me/events/{made[0]}").status == 200
        assert client.get(f"/me/events/{made[0][:-8]}BBBBAAA=").code == "ErrorItemNotFound"


@pytest.mark.parametrize("status", [400, 415])
def test_a_body_that_is_no_json_by_its_type_is_400_or_415(emulate, status):
    client = as_alice(emulate(wrong_content_type_status=status))
    found = client.post("/me/events", b"subject=Lunch", content_type="application/x-www-form-urlencoded")
    assert (found.status, found.code) == (status, "RequestBodyRead")


@pytest.mark.parametrize("status", [412, 409])
def test_a_write_to_another_version_is_412_or_409(emulate, status):
    client = as_alice(emulate(conflict_status=status))
    made = client.post("/me/events", LUNCH).body["id"]
    found = client.patch(f"/me/events/{made}", {"subject": "New"}, if_match='W/"other"')
    assert (found.status, found.code) == (status, "ErrorIrresolvableConflict")


@pytest.mark.parametrize("status", [429, 503])
def test_a_request_too_many_at_once_is_429_or_503(emulate, status):
    client = as_alice(emulate(concurrency_status=status, batch_exceeds_concurrency=True))
    requests = [{"id": str(number), "method": "GET", "url": "/me/calendar"} for number in range(5)]
    found = client.post("/$batch", {"requests": requests}).body["responses"]
    (refused,) = [item for item in found if item["status"] != 200]
    assert (refused["status"], refused["headers"]["Retry-After"]) == (status, "10")
    assert refused["body"]["error"]["code"] == "ApplicationThrottled"


def test_a_body_that_is_too_large_is_refused_in_json_or_in_html(emulate):
    usual, html = twice(emulate, html_for_too_large=True)
    found = usual.post("/me/events", b" " * (MAX_BODY + 1))
    assert (found.status, found.code) == (413, "RequestEntityTooLarge")
    found = html.post("/me/events", b" " * (MAX_BODY + 1))
    assert (found.status, found.headers["Content-Type"]) == (413, "text/html")
    assert b"413 Request Entity Too Large" in found.body


def test_a_change_of_a_groups_event_is_answered_with_the_event_or_in_silence(emulate):
    usual, silent = twice(emulate, group_updates_are_silent=True)
    for client, status in ((usual, 200), (silent, 204)):
        one = f"{SRE}/events/{client.post(f'{SRE}/events', LUNCH).body['id']}"
        found = client.patch(one, {"subject": "New"})
        assert (found.status, bool(found.body)) == (status, status == 200)
        assert client.get(one).body["subject"] == "New"
    own = silent.post("/me/events", LUNCH).body["id"]
    assert silent.patch(f"/me/events/{own}", {"subject": "New"}).status == 200


def test_a_view_may_be_without_the_times_of_making_and_changing(emulate):
    stamps = {"createdDateTime", "lastModifiedDateTime"}
    usual, bare = twice(emulate, view_has_stamps=False)
    for more in ("", "&$select=subject,createdDateTime,lastModifiedDateTime"):
        rows = usual.view("2026-11-16", "2026-11-23", more=more).body["value"]
        assert rows
        assert all(row.keys() >= stamps for row in rows)
        rows = bare.view("2026-11-16", "2026-11-23", more=more).body["value"]
        assert rows
        assert all(row.keys().isdisjoint(stamps) for row in rows)
    assert all(row.keys() >= stamps for row in bare.get("/me/events").body["value"])


def test_a_batch_that_is_too_large_is_told_so_in_the_words_of_the_switch(emulate):
    usual, other = twice(emulate, batch_limit_text="Too many.")
    requests = [{"id": str(number), "method": "GET", "url": "/me/calendar"} for number in range(21)]
    found = usual.post("/$batch", {"requests": requests})
    assert found.message == "Number of batch request steps exceeds the maximum value of 20."
    assert other.post("/$batch", {"requests": requests}).message == "Too many."
