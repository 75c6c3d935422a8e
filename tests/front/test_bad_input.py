"""Bad input: a problem with a path and a code, nothing of that row sent, the other rows go on."""

from typing import Any

import pytest

from tests.front.conftest import CONFIGURATION
from tests.front.test_announce_and_mute import ADD, UPGRADE, added

pytestmark = pytest.mark.anyio

ML = "elasticsearch:planned-outages"
UPDATE = """
mutation ($input: UpdateEventsInput!) {
  updateEvents(input: $input) { results { status problem { code path hint } } }
}
"""


def event(**change: Any) -> dict[str, Any]:
    return {"title": "x", "start": {"instant": 1795208400000}, "end": {"after": "PT1H"}, **change}


ZONED = {"local": "2027-03-28T02:30:00", "timeZone": "Europe/Berlin"}
BAD_EVENTS = [
    (event(end={"instant": 1795208400000}), "INVALID_TIME", ["end"]),
    (event(end={"instant": 1795208399999}), "INVALID_TIME", ["end"]),
    (event(start={"zoned": {**ZONED, "timeZone": "Mars/Olympus"}}), "UNKNOWN_TIME_ZONE", ["start", "zoned"]),
    (event(start={"zoned": ZONED}), "INVALID_TIME", ["start", "zoned", "local"]),
    (event(start={"instant": 1795208400}), "INVALID_TIME", ["start"]),
    (event(start={"allDay": {"date": "2027-01-01", "timeZone": "UTC"}}), "INVALID_TIME", ["end"]),
    (
        event(start={"allDay": {"date": "2027-01-01", "timeZone": "UTC"}}, end={"instant": 1798848000000}),
        "INVALID_TIME",
        ["end"],
    ),
    (
        event(
            start={"allDay": {"date": "2027-11-07", "timeZone": "America/Havana"}},
            end={"allDay": "2027-11-07"},
        ),
        "INVALID_TIME",
        ["end"],
    ),
    (event(end={"allDay": "2027-01-01"}), "INVALID_TIME", ["end", "allDay"]),
    (event(title=""), "INVALID_INPUT", ["title"]),
    (event(title=" \t"), "INVALID_INPUT", ["title"]),
    (event(title="Upgrade [#CHG-1]"), "INVALID_INPUT", ["title"]),
    (event(title="Upgrade [#CHG-1@20270329T0030Z]"), "INVALID_INPUT", ["title"]),
    (
        event(location={"displayName": "a"}, locations=[{"displayName": "b"}]),
        "INVALID_INPUT",
        ["locations"],
    ),
    (event(attendees=[{"email": "nobody"}]), "INVALID_INPUT", ["attendees", "0", "email"]),
    (
        event(location={"displayName": "Room 1", "email": "Room 1 <room1@contoso.com>"}),
        "INVALID_INPUT",
        ["location", "email"],
    ),
    (
        event(msgraph={"reminderMinutesBeforeStart": -1}),
        "INVALID_INPUT",
        ["msgraph", "reminderMinutesBeforeStart"],
    ),
    (
        event(location={"displayName": "Pole", "coordinates": {"latitude": 90.5, "longitude": 0}}),
        "INVALID_INPUT",
        ["location", "coordinates", "latitude"],
    ),
    (
        event(msgraph={"singleValueExtendedProperties": [{"id": "Ticket", "value": "1"}]}),
        "INVALID_INPUT",
        ["msgraph", "singleValueExtendedProperties", "0", "id"],
    ),
    (
        event(msgraph={"multiValueExtendedProperties": [{"id": "StringArray 0xZZ", "value": []}]}),
        "INVALID_INPUT",
        ["msgraph", "multiValueExtendedProperties", "0", "id"],
    ),
    (
        event(msgraph={"extensions": [{"name": " ", "data": {}}]}),
        "INVALID_INPUT",
        ["msgraph", "extensions", "0", "name"],
    ),
    (
        event(msgraph={"extensions": [{"name": "com.contoso.change", "data": [1]}]}),
        "INVALID_INPUT",
        ["msgraph", "extensions", "0", "data"],
    ),
    (
        event(msgraph={"extensions": [{"name": "com.contoso.change", "data": {"@odata.type": "x"}}]}),
        "INVALID_INPUT",
        ["msgraph", "extensions", "0", "data", "@odata.type"],
    ),
]
BAD_CALENDARS = [
    ("nowhere:calendar", "UNKNOWN_SOURCE"),
    ("unknown-alias", "UNKNOWN_ALIAS"),
    ("elasticsearch:", "INVALID_ID"),
    ("elasticsearch:../x", "INVALID_ID"),
    ("elasticsearch:a/b/c/d/e", "INVALID_ID"),
    ("elasticsearch:Planned", "INVALID_ID"),
    ("elasticsearch:_all", "INVALID_ID"),
    ("elasticsearch:planned-%2A", "INVALID_ID"),
    ("elasticsearch:planned-*", "INVALID_ID"),
    ("elasticsearch:planned-outages,holidays", "INVALID_ID"),
    ("elasticsearch:planned-outages%2Cholidays", "INVALID_ID"),
    (f"elasticsearch:{'x' * 65}", "INVALID_ID"),
    ("msgraph:nobody/knows", "INVALID_ID"),
    ("msgraph:users/..%2F/calendar/x", "INVALID_ID"),
    ("elasticsearch:planned-outages/events/1/x", "INVALID_ID"),
]


@pytest.mark.parametrize(("bad", "code", "path"), BAD_EVENTS)
async def test_a_bad_event_costs_its_own_row(front: Any, bad: Any, code: str, path: list[str]) -> None:
    gateway = await front()
    data = await gateway.ask(ADD, added(ML, events=[event(title="before"), bad, event(title="after")]))
    before, failed, after = data["addEvents"]["results"]
    assert [before["status"], failed["status"], after["status"]] == ["CREATED", "FAILED", "CREATED"]
    assert failed["problem"]["code"] == code
    assert failed["problem"]["path"][: 2 + len(path)] == ["events", "1", *path]
    assert failed["requestIndexes"] == []


OUTLOOK = "msgraph:users/outages@contoso.com/calendar"
CROWD = [{"email": f"guest{number}@contoso.com"} for number in range(501)]
BEYOND_GRAPH = [
    ({"attendees": CROWD}, "TOO_MANY", "attendees"),
    ({"attendees": [{"email": "ops@contoso.com, dev@contoso.com"}]}, "INVALID_INPUT", "attendees.0.email"),
    ({"description": {"text": "ü" * 2_100_000}}, "TOO_MANY", "description"),
    ({"msgraph": {"reminderMinutesBeforeStart": -5}}, "INVALID_INPUT", "msgraph.reminderMinutesBeforeStart"),
]


@pytest.mark.parametrize(("values", "code", "path"), BEYOND_GRAPH)
async def test_what_graph_would_refuse_is_refused_before_anything_is_sent(
    front: Any, values: dict[str, Any], code: str, path: str
) -> None:
    gateway = await front(CONFIGURATION.replace("mailboxes", "max_invitations = 1000\nmailboxes"))
    (row,) = (await gateway.ask(ADD, added(OUTLOOK, events=[event(**values)])))["addEvents"]["results"]
    assert (row["status"], row["problem"]["code"]) == ("FAILED", code)
    assert ".".join(row["problem"]["path"]) == f"events.0.{path}"
    assert row["problem"]["hint"]
    assert not gateway.sandbox.msgraph.exchanges


@pytest.mark.parametrize(("values", "code", "path"), BEYOND_GRAPH)
async def test_a_change_that_graph_would_refuse_is_refused_before_it_is_sent(
    front: Any, values: dict[str, Any], code: str, path: str
) -> None:
    gateway = await front(CONFIGURATION.replace("mailboxes", "max_invitations = 1000\nmailboxes"))
    (row,) = (await gateway.ask(ADD, added(OUTLOOK, events=[event()])))["addEvents"]["results"]
    changes = {"changes": [{"target": {"id": row["eventId"]}, "set": values}]}
    (row,) = (await gateway.ask(UPDATE, {"input": changes}))["updateEvents"]["results"]
    assert (row["status"], row["problem"]["code"]) == ("FAILED", code)
    assert ".".join(row["problem"]["path"]) == f"changes.0.set.{path}"
    assert row["problem"]["hint"]
    assert not gateway.seen("msgraph", "PATCH")


async def test_what_graph_just_takes_is_sent(front: Any) -> None:
    gateway = await front()
    just = event(description={"text": "x" * 4_190_000}, msgraph={"reminderMinutesBeforeStart": 0})
    (row,) = (await gateway.ask(ADD, added(OUTLOOK, events=[just])))["addEvents"]["results"]
    assert row["status"] == "CREATED"


@pytest.mark.parametrize(("name", "code"), BAD_CALENDARS)
async def test_a_bad_calendar_costs_its_own_rows(front: Any, name: str, code: str) -> None:
    gateway = await front()
    data = await gateway.ask(ADD, added(name, ML, events=[event()]))
    failed, good = data["addEvents"]["results"]
    assert (failed["status"], good["status"]) == ("FAILED", "CREATED")
    assert failed["problem"]["code"] == code
    assert failed["problem"]["path"] == ["calendars", "0"]
    assert failed["problem"]["message"]


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"calendars": [ML], "events": []}, ["events"]),
        ({"calendars": [], "events": [event()]}, ["calendars"]),
        ({"calendars": [ML], "events": [event()] * 1001}, ["events"]),
        ({"calendars": [ML], "events": [event()], "maxInvitations": -1}, ["maxInvitations"]),
    ],
)
async def test_a_call_that_cannot_be_meant_is_refused_whole(
    front: Any, given: dict[str, Any], path: list[str]
) -> None:
    gateway = await front()
    report = (await gateway.ask(ADD, {"input": given}))["addEvents"]
    assert report["status"] == "FAILED"
    assert report["results"] == []
    assert [problem["path"] for problem in report["problems"]] == [path]
    assert not gateway.sandbox.elasticsearch.exchanges


@pytest.mark.parametrize("instant", [True, 1795208400000.0, "2026-11-20", "2026-11-20T10:00:00", "soon"])
async def test_what_is_no_instant_is_an_error_of_the_request(front: Any, instant: object) -> None:
    gateway = await front()
    answer = await gateway.answer(ADD, added(ML, events=[event(start={"instant": instant})]))
    (error,) = answer["errors"]
    assert error["extensions"]["code"] == "INVALID_TIME"
    assert error["extensions"]["hint"]
    assert not gateway.sandbox.elasticsearch.exchanges


async def test_unknown_names_list_the_known_ones(front: Any) -> None:
    gateway = await front()
    data = await gateway.ask(ADD, added("payment-maintenance", "elastic:x", events=[UPGRADE]))
    hints = [row["problem"]["hint"] for row in data["addEvents"]["results"]]
    assert hints == [
        "Did you mean payments-maintenance? The known aliases are: payments-maintenance.",
        "Did you mean elasticsearch? The known sources are: beta, elasticsearch, msgraph.",
    ]


async def test_an_ambiguous_wall_clock_names_both_instants_and_can_be_chosen(front: Any) -> None:
    gateway = await front()
    twice = {"local": "2027-10-31T02:30:00", "timeZone": "Europe/Berlin"}
    events = [
        event(start={"zoned": {**twice, "disambiguation": how}}) for how in ("REJECT", "EARLIER", "LATER")
    ]
    data = await gateway.ask(ADD, added(ML, events=events))
    refused, earlier, later = data["addEvents"]["results"]
    assert "2027-10-31T02:30:00+02:00 or 2027-10-31T02:30:00+01:00" in refused["problem"]["message"]
    assert earlier["event"]["start"]["instant"] == "2027-10-31T00:30:00Z"
    assert later["event"]["start"]["instant"] == "2027-10-31T01:30:00Z"
