"""A row shows what is in its calendar at that time already, if it is asked to."""

from typing import Any

import pytest

from gateway.sandbox.faults import Fault

pytestmark = pytest.mark.anyio

ROWS = "results { calendarId status overlaps { title start { instant } } } requests { method }"
ADD = f"mutation ($input: AddEventsInput!) {{ addEvents(input: $input) {{ {ROWS} }} }}"
UPDATE = f"mutation ($input: UpdateEventsInput!) {{ updateEvents(input: $input) {{ {ROWS} }} }}"
REMOVE = f"mutation ($input: RemoveEventsInput!) {{ removeEvents(input: $input) {{ {ROWS} }} }}"
PLAIN = """mutation ($input: AddEventsInput!) {
  addEvents(input: $input) { results { eventId } requests { method } }
}"""
EMPTY = ["msgraph:users/alice.nguyen@contoso.com/calendar", "elasticsearch:empty"]


def event(title: str, hour: int, hours: int = 1) -> dict[str, Any]:
    start = f"2026-12-24T{hour:02}:00:00Z"
    return {"title": title, "start": {"instant": start}, "end": {"after": f"PT{hours}H"}}


async def add(gateway: Any, *events: Any, query: str = ADD, **rest: Any) -> dict[str, Any]:
    given = {"calendars": EMPTY, "events": list(events), **rest}
    return (await gateway.ask(query, {"input": given}))["addEvents"]


def titles(report: dict[str, Any]) -> list[list[str]]:
    return [[it["title"] for it in row["overlaps"]] for row in report["results"]]


async def test_a_dry_run_shows_what_overlaps_and_not_what_only_touches(front: Any) -> None:
    gateway = await front()
    await add(gateway, event("before", 9), event("into", 9, 2), event("within", 11), event("after", 12))
    report = await add(gateway, event("new", 10, 2), dryRun=True)
    assert titles(report) == [["into", "within"]] * 2
    assert [row["status"] for row in report["results"]] == ["PLANNED"] * 2
    assert [it["method"] for it in report["requests"]] == ["GET", "POST", "GET", "POST"]


async def test_an_event_does_not_overlap_itself(front: Any) -> None:
    gateway = await front()
    other, written = event("other", 10), event("written", 10)
    await add(gateway, other)
    report = await add(gateway, written)
    assert titles(report) == [["other"]] * 2
    ids = [row["eventId"] for row in (await add(gateway, event("third", 20), query=PLAIN))["results"]]
    for dry in (True, False):
        changes = [{"target": {"id": id_}, "set": {"start": event("", 10)["start"]}} for id_ in ids]
        given = {"changes": changes, "dryRun": dry}
        report = (await gateway.ask(UPDATE, {"input": given}))["updateEvents"]
        assert [sorted(found) for found in titles(report)] == [["other", "written"]] * 2


async def test_what_is_there_under_the_key_does_not_overlap_what_it_is_to_become(front: Any) -> None:
    gateway = await front()
    await add(gateway, event("other", 10), {**event("mine", 10), "key": "CHG-1"})
    longer = {**event("mine", 10, 2), "key": "CHG-1"}
    for dry in (True, False):
        assert titles(await add(gateway, longer, onExisting="UPDATE", dryRun=dry)) == [["other"]] * 2


async def test_what_is_removed_overlaps_nothing(front: Any) -> None:
    gateway = await front()
    given = {"calendars": EMPTY, "events": [event("going", 10), event("other", 10)]}
    rows = (await gateway.ask(PLAIN, {"input": given}))["addEvents"]["results"]
    removals = [{"target": {"id": row["eventId"]}} for row in rows[:2]]
    given = {"removals": removals, "dryRun": True}
    assert titles((await gateway.ask(REMOVE, {"input": given}))["removeEvents"]) == [[], []]


async def test_nothing_is_read_that_is_not_selected_or_for_a_row_that_is_refused(front: Any) -> None:
    gateway = await front()
    await add(gateway, event("there", 10), query=PLAIN)
    reads = len(gateway.seen("msgraph", "GET"))
    await add(gateway, event("new", 10), query=PLAIN)
    assert len(gateway.seen("msgraph", "GET")) == reads
    report = await add(gateway, event(" ", 10))
    assert titles(report) == [[], []]
    assert len(gateway.seen("msgraph", "GET")) == reads


async def test_what_cannot_be_read_costs_the_field_and_not_the_row(front: Any) -> None:
    gateway = await front()
    gateway.sandbox.msgraph.faults.add("GET /{calendar}/calendarView", Fault(status=403))
    given = {"calendars": EMPTY, "events": [event("new", 10)]}
    answer = await gateway.answer(ADD, {"input": given})
    graph, muted = answer["data"]["addEvents"]["results"]
    assert (graph["status"], graph["overlaps"]) == ("CREATED", None)
    assert (muted["status"], muted["overlaps"]) == ("CREATED", [])
    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"
