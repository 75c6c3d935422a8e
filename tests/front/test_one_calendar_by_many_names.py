"""A Graph calendar that is addressed in several ways is one: it is written, mailed and read once."""

from typing import Any
from urllib.parse import quote

import pytest

from gateway.sandbox.faults import Fault

pytestmark = pytest.mark.anyio

ADD = """mutation ($input: AddEventsInput!) { addEvents(input: $input) {
  results { calendarIndex calendarId status problem { code } requestIndexes } requests { method path }
} }"""
EVENTS = """query ($calendars: [ID!]!) {
  calendarEvents(calendars: $calendars, first: 100,
                 window: {start: "2026-11-16T00:00:00Z", end: "2026-11-23T00:00:00Z"}) {
    nodes { id title } sources { status } isComplete
} }"""
IDS = """query ($id: ID!) { calendar(id: $id) { msgraph { calendarId } } }"""
ALICE = "alice.nguyen@contoso.com"
MINE = ["beta:me/calendar", f"beta:users/{ALICE}/calendar"]
OUTLOOK = "msgraph:users/outages@contoso.com/calendar"
UPGRADE = {
    "title": "Database upgrade",
    "start": {"zoned": {"local": "2026-11-20T22:00:00", "timeZone": "Europe/Berlin"}},
    "end": {"after": "PT2H"},
    "attendees": [{"email": "bob.meyer@contoso.com"}],
}


async def add(gateway: Any, *calendars: str, **rest: Any) -> dict[str, Any]:
    given = {"calendars": list(calendars), "events": [UPGRADE], **rest}
    return (await gateway.ask(ADD, {"input": given}))["addEvents"]


async def read(gateway: Any, *calendars: str) -> list[str]:
    page = (await gateway.ask(EVENTS, {"calendars": list(calendars)}))["calendarEvents"]
    assert page["isComplete"]
    return [node["id"] for node in page["nodes"]]


async def by_its_own_id(gateway: Any, name: str) -> str:
    graph_id = (await gateway.ask(IDS, {"id": name}))["calendar"]["msgraph"]["calendarId"]
    return f"{name}s/{quote(graph_id, safe='')}"


async def test_me_and_ones_own_name_are_written_once(front: Any) -> None:
    gateway = await front()
    for names in (MINE, MINE[::-1], [*MINE, "beta:me"]):
        report = await add(gateway, *names)
        assert [(row["calendarIndex"], row["status"]) for row in report["results"]] == [(0, "CREATED")]
    assert len(gateway.seen("msgraph")) == 3


async def test_a_default_calendar_and_its_own_id_are_written_once(front: Any) -> None:
    gateway = await front()
    own = await by_its_own_id(gateway, OUTLOOK)
    report = await add(gateway, own, OUTLOOK)
    assert [row["status"] for row in report["results"]] == ["CREATED"]
    assert len(gateway.seen("msgraph")) == 1


async def test_the_looks_at_what_a_calendar_is_are_no_part_of_the_report(front: Any) -> None:
    gateway = await front()
    planned = await add(gateway, *MINE, dryRun=True)
    real = await add(gateway, *MINE)
    assert planned["requests"] == real["requests"]
    assert [request["method"] for request in real["requests"]] == ["POST"]
    assert real["results"][0]["requestIndexes"] == [0]


async def test_me_and_ones_own_name_are_read_once(front: Any) -> None:
    gateway = await front()
    alone = await read(gateway, MINE[1])
    assert len(alone) > 1
    both = await read(gateway, *MINE)
    assert len(both) == len(set(both)) == len(alone)
    assert await read(gateway, *reversed(MINE)) == alone


async def test_a_default_calendar_and_its_own_id_are_read_once(front: Any) -> None:
    gateway = await front()
    own = await by_its_own_id(gateway, OUTLOOK)
    assert await read(gateway, OUTLOOK, own) == await read(gateway, OUTLOOK)


async def test_a_calendar_that_is_named_alone_is_not_asked_what_it_is(front: Any) -> None:
    gateway = await front()
    await read(gateway, OUTLOOK, "elasticsearch:planned-outages", MINE[0])
    looks = [get.target for get in gateway.seen("msgraph", "GET") if "calendarView" not in get.target]
    assert looks == []


async def test_calendars_that_will_not_say_what_they_are_get_rows_of_their_own(front: Any) -> None:
    gateway = await front()
    gateway.sandbox.msgraph.faults.add("GET /*", Fault(status=503))
    report = await add(gateway, OUTLOOK, "msgraph:users/bob.meyer@contoso.com/calendar", "msgraph:me")
    assert [(row["status"], row["problem"] and row["problem"]["code"]) for row in report["results"]] == [
        ("CREATED", None),
        ("CREATED", None),
        ("FAILED", "UPSTREAM_REFUSED"),
    ]
