"""All or nothing where what takes an event back comes late, after the client has repeated its call."""

from collections.abc import Iterable
from typing import Any

import pytest

from gateway.sandbox.faults import HELD, Cut, Fault

pytestmark = pytest.mark.anyio

ROWS = "results { status eventId eventIds problem { code message hint retryable } }"
ADD = f"mutation ($input: AddEventsInput!) {{ addEvents(input: $input) {{ {ROWS} }} }}"
REMOVE = f"mutation ($input: RemoveEventsInput!) {{ removeEvents(input: $input) {{ {ROWS} }} }}"
UPDATE = f"mutation ($input: UpdateEventsInput!) {{ updateEvents(input: $input) {{ {ROWS} }} }}"
BY_KEY = """query ($calendars: [ID!]!) {
  calendarEventsByKey(key: "CHG-1", calendars: $calendars) { id title }
}"""
OUTLOOK = "msgraph:users/outages@contoso.com/calendar"
ML = "elasticsearch:planned-outages"
UPGRADE = {
    "key": "CHG-1",
    "title": "Upgrade",
    "start": {"instant": "2026-11-20T21:00:00Z"},
    "end": {"after": "PT2H"},
}
LATER = {**UPGRADE, "title": "Upgrade, later"}
SERIES = {**UPGRADE, "recurrence": {"rule": "FREQ=DAILY;COUNT=3"}}
INVITING = {**UPGRADE, "key": "CHG-2", "attendees": [{"email": "alice.nguyen@contoso.com"}]}
"""What goes last."""
LATE = Fault(cut=Cut.LATE_WRITE, delay=HELD)
SOURCES = pytest.mark.parametrize("source", ["elasticsearch", "msgraph"])
EVENTS = pytest.mark.parametrize("event", [UPGRADE, SERIES], ids=["single", "series"])


@pytest.fixture
async def gateway(front: Any) -> Any:
    return await front()


async def add(gateway: Any, event: Any, **rest: Any) -> list[dict[str, Any]]:
    """The rows of the event in both calendars, then those of the one that goes last."""
    given = {"calendars": [ML, OUTLOOK], "events": [event, INVITING], "atomicity": "ALL_OR_NOTHING", **rest}
    return (await gateway.ask(ADD, {"input": given}))["addEvents"]["results"]


async def add_in_vain(
    gateway: Any,
    event: Any,
    source: str,
    *,
    calls: Iterable[int] | None = None,
    failing: int = 2,
    **rest: Any,
) -> list[dict[str, Any]]:
    """The rows where one fails, by its number in Graph, and deleting in a source is late."""
    getattr(gateway.sandbox, source).faults.add("DELETE *", LATE, calls=calls)
    gateway.sandbox.msgraph.faults.add("POST *", Fault(status=403), calls=(failing,))
    rows = await add(gateway, event, **rest)
    for server in (gateway.sandbox.elasticsearch, gateway.sandbox.msgraph):
        server.faults.clear()
    return rows


async def remove(gateway: Any, events: Iterable[str]) -> list[dict[str, Any]]:
    given = {"removals": [{"target": {"id": event}} for event in events]}
    return (await gateway.ask(REMOVE, {"input": given}))["removeEvents"]["results"]


async def there(gateway: Any) -> list[Any]:
    return (await gateway.ask(BY_KEY, {"calendars": [ML, OUTLOOK]}))["calendarEventsByKey"]


def release(gateway: Any) -> None:
    """What is late is done now."""
    for server in (gateway.sandbox.elasticsearch, gateway.sandbox.msgraph):
        server.faults.release()


def statuses(rows: list[dict[str, Any]]) -> list[str]:
    return [row["status"] for row in rows]


def ids(rows: list[dict[str, Any]]) -> set[str]:
    return {event for row in rows for event in row["eventIds"]}


@EVENTS
@SOURCES
async def test_what_was_taken_back_and_added_again_is_not_lost_to_a_removal_that_comes_late(
    gateway: Any, source: str, event: Any
) -> None:
    """A removal is sent until it is answered: what comes after that finds nothing."""
    rows = await add_in_vain(gateway, event, source, calls=(1,))
    assert statuses(rows) == ["ROLLED_BACK", "ROLLED_BACK", "ROLLED_BACK", "FAILED"]
    assert await there(gateway) == []
    again = await add(gateway, event)
    assert statuses(again) == ["CREATED"] * 4
    release(gateway)
    last = await add(gateway, event)
    assert statuses(last) == ["UNCHANGED"] * 4
    assert ids(last) == ids(again)


async def test_what_was_changed_back_is_not_lost_to_a_removal_that_comes_late(gateway: Any) -> None:
    before = await add(gateway, UPGRADE)
    await remove(gateway, before[3]["eventIds"])
    rows = await add_in_vain(gateway, LATER, "elasticsearch", calls=(1, 3), failing=1, onExisting="UPDATE")
    assert statuses(rows) == ["ROLLED_BACK", "ROLLED_BACK", "UNCHANGED", "FAILED"]
    assert len(gateway.seen("elasticsearch", "DELETE")) == 4  # of the old, twice; of the new, twice
    again = await add(gateway, UPGRADE, onExisting="UPDATE")
    release(gateway)
    last = await add(gateway, UPGRADE)
    assert statuses(last) == ["UNCHANGED"] * 4
    assert ids(last) == ids(again)


# What nobody answers


async def change_by_key(gateway: Any) -> dict[str, Any]:
    rows = await add_in_vain(gateway, LATER, "elasticsearch", failing=1, onExisting="UPDATE")
    return rows[0]


async def change_by_id(gateway: Any) -> dict[str, Any]:
    """The change of the same event in Outlook fails."""
    gateway.sandbox.elasticsearch.faults.add("DELETE *", LATE)
    gateway.sandbox.msgraph.faults.add("PATCH *", Fault(status=403))
    changes = [
        {"target": {"id": one["id"]}, "set": {"title": LATER["title"]}} for one in await there(gateway)
    ]
    given = {"changes": changes, "atomicity": "ALL_OR_NOTHING"}
    return (await gateway.ask(UPDATE, {"input": given}))["updateEvents"]["results"][0]


@pytest.mark.parametrize("change", [change_by_key, change_by_id])
async def test_what_took_the_place_of_an_event_that_may_still_go_stays_so_that_never_there_is_none(
    gateway: Any, change: Any
) -> None:
    before = await add(gateway, UPGRADE)
    await remove(gateway, before[3]["eventIds"])
    row = await change(gateway)
    gateway.sandbox.elasticsearch.faults.clear()
    assert row["status"] == "ROLLBACK_FAILED"
    assert before[0]["eventId"] in row["problem"]["message"]
    assert row["problem"]["hint"].startswith("Remove ")
    release(gateway)
    (left,) = [one for one in await there(gateway) if one["id"].startswith(ML)]
    assert (left["id"], left["title"]) == (row["eventId"], "Upgrade, later")


@EVENTS
@SOURCES
async def test_what_may_still_be_removed_is_told_with_how_to_repeat_the_call_all_the_same(
    gateway: Any, source: str, event: Any
) -> None:
    rows = await add_in_vain(gateway, event, source)
    kept = [row for row in rows if row["status"] == "ROLLBACK_FAILED"]
    assert {one["id"] for one in await there(gateway)} <= ids(kept)
    assert {row["problem"]["code"] for row in kept} == {"NO_ANSWER"}
    assert all("Remove it by its id first" in row["problem"]["hint"] for row in kept)
    assert set(statuses(await remove(gateway, ids(kept)))) == {"DELETED"}
    again = await add(gateway, event)
    release(gateway)
    last = await add(gateway, event)
    assert statuses(last) == ["UNCHANGED"] * 4
    assert ids(last) == ids(again)


async def test_of_a_series_just_what_may_still_be_removed_is_named(gateway: Any) -> None:
    gateway.sandbox.msgraph.faults.add("POST *", Fault(status=403))
    gateway.sandbox.elasticsearch.faults.add("DELETE *", LATE, calls=range(2, 8))
    given = {"calendars": [ML, OUTLOOK], "events": [SERIES], "atomicity": "ALL_OR_NOTHING"}
    rows = (await gateway.ask(ADD, {"input": given}))["addEvents"]["results"]
    assert statuses(rows) == ["ROLLBACK_FAILED", "FAILED"]
    assert ids(rows) == {one["id"] for one in await there(gateway)}
    assert len(ids(rows)) == 1


async def test_what_was_repeated_before_that_may_go_and_the_next_call_adds_it_again(gateway: Any) -> None:
    """Nobody can tell from an event that a request to remove it is still on its way."""
    await add_in_vain(gateway, UPGRADE, "elasticsearch")
    assert statuses(await add(gateway, UPGRADE)) == ["UNCHANGED", "CREATED", "UNCHANGED", "CREATED"]
    release(gateway)
    assert statuses(await add(gateway, UPGRADE)) == ["CREATED", "UNCHANGED", "CREATED", "UNCHANGED"]
