"""All or nothing beside others: what they wrote, count on, or edited meanwhile is not taken back."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from gateway.adapters.msgraph.keys import KEY
from gateway.sandbox import Sandbox
from gateway.sandbox.elasticsearch.state import Event
from gateway.sandbox.faults import HELD, Cut, Fault
from gateway.sandbox.msgraph import Unknowns
from gateway.sandbox.msgraph.unknowns import RepeatedTransaction
from gateway.sandbox.seed import OUTAGES

from .conftest import NOW

pytestmark = pytest.mark.anyio

ROWS = """
  results { status eventId eventIds event { title categories } problem { code message hint } }
"""
ADD = f"mutation ($input: AddEventsInput!) {{ addEvents(input: $input) {{ {ROWS} }} }}"
UPDATE = f"mutation ($input: UpdateEventsInput!) {{ updateEvents(input: $input) {{ {ROWS} }} }}"
BY_KEY = """query ($calendars: [ID!]!) {
  calendarEventsByKey(key: "CHG-1", calendars: $calendars) { id title categories start { instant } }
}"""
OUTLOOK = f"msgraph:users/{OUTAGES}/calendar"
ML = "elasticsearch:planned-outages"
UPGRADE = {
    "key": "CHG-1",
    "title": "Upgrade",
    "start": {"instant": "2026-11-20T21:00:00Z"},
    "end": {"after": "PT2H"},
}
LATER = {**UPGRADE, "title": "Upgrade, later", "start": {"instant": "2026-11-21T21:00:00Z"}}
INVITING = {**UPGRADE, "key": "CHG-2", "attendees": [{"email": "alice.nguyen@contoso.com"}]}
"""What goes last."""
ES_ADD = "POST /_ml/calendars/{calendar_id}/events"
GRAPH_ADD = "POST /{calendar}/events"
REPEATED = RepeatedTransaction


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def repeated() -> RepeatedTransaction:
    return REPEATED.SAME_EVENT


@pytest.fixture
async def sandbox(clock: Clock, repeated: RepeatedTransaction) -> AsyncIterator[Sandbox]:
    async with Sandbox(now=clock, unknowns=Unknowns(repeated_transaction=repeated)) as sandbox:
        yield sandbox


@pytest.fixture
async def gateway(front: Any) -> Any:
    return await front()


@pytest.fixture
async def another(front: Any) -> Any:
    """A gateway that shares nothing with ours but the upstreams."""
    return await front()


async def add(gateway: Any, calendars: list[str], *events: Any, **rest: Any) -> list[dict[str, Any]]:
    given = {"calendars": calendars, "events": events, **rest}
    return (await gateway.ask(ADD, {"input": given}))["addEvents"]["results"]


async def add_all_or_nothing(gateway: Any, *calendars: str, event: Any = UPGRADE) -> list[dict[str, Any]]:
    return await add(gateway, [*calendars], event, INVITING, atomicity="ALL_OR_NOTHING", onExisting="UPDATE")


async def there(gateway: Any, *calendars: str) -> list[Any]:
    return (await gateway.ask(BY_KEY, {"calendars": calendars}))["calendarEventsByKey"]


def edit(gateway: Any, **changes: Any) -> None:
    """Somebody changes the event in Outlook."""
    items = gateway.sandbox.msgraph.emulator.state.find(OUTAGES).items
    (item,) = [item for item in items.values() if item.single_values.get(KEY) == "CHG-1"]
    items[item.id] = item.changed(NOW, **changes)


async def beside(gateway: Any, source: str, doing: Any, meanwhile: Any) -> list[dict[str, Any]]:
    """The rows of a call that waits at a request which is held, while something else is done."""
    faults = getattr(gateway.sandbox, source).faults
    task = asyncio.ensure_future(doing)
    await faults.arrival()
    await meanwhile()
    faults.release()
    return await task


# What two calls have written


@pytest.mark.parametrize("repeated", REPEATED)
async def test_an_event_that_another_call_made_in_outlook_stays(
    gateway: Any, another: Any, clock: Clock
) -> None:
    """Both calls have seen none. Ours hangs at Elasticsearch while the other is done within three seconds."""
    gateway.sandbox.elasticsearch.faults.add(ES_ADD, Fault(delay=HELD), calls=(1,))
    gateway.sandbox.msgraph.faults.add(GRAPH_ADD, Fault(status=403), calls=(3, 4))
    made = []

    async def other() -> None:
        made.extend(await add(another, [OUTLOOK], UPGRADE))
        clock.now += timedelta(seconds=3)

    rows = await beside(gateway, "elasticsearch", add_all_or_nothing(gateway, ML, OUTLOOK), other)
    assert made[0]["status"] == "CREATED"
    assert [event["id"] for event in await there(gateway, OUTLOOK)] == [made[0]["eventId"]]
    (own,) = [row for row in rows if row["eventId"] == made[0]["eventId"]]
    if own["status"] != "UNCHANGED":
        assert own["status"] == "ROLLBACK_FAILED"
        assert made[0]["eventId"] in own["problem"]["message"]
        assert "Another call may have written it" in own["problem"]["message"]
    assert await there(gateway, ML) == []


async def test_an_event_that_another_call_made_in_outlook_and_ours_changed_stays(
    gateway: Any, another: Any, clock: Clock
) -> None:
    """Ours has seen none, gets the other's event for an answer, and makes that as it wants it."""
    gateway.sandbox.elasticsearch.faults.add(ES_ADD, Fault(delay=HELD), calls=(1,))
    gateway.sandbox.msgraph.faults.add(GRAPH_ADD, Fault(status=403), calls=(3, 4))
    made = []

    async def other() -> None:
        made.extend(await add(another, [OUTLOOK], UPGRADE))
        clock.now += timedelta(seconds=30)

    ours = add_all_or_nothing(gateway, ML, OUTLOOK, event=LATER)
    rows = await beside(gateway, "elasticsearch", ours, other)
    assert [event["id"] for event in await there(gateway, OUTLOOK)] == [made[0]["eventId"]]
    (own,) = [row for row in rows if row["eventId"] == made[0]["eventId"]]
    assert own["status"] == "ROLLBACK_FAILED"
    assert "Another call may have written it" in own["problem"]["message"]


async def test_of_twins_in_elasticsearch_the_one_that_stayed_is_not_taken_back(
    gateway: Any, another: Any
) -> None:
    """Another call counts on it: its own twin has gone for it."""
    gateway.sandbox.elasticsearch.faults.add(ES_ADD, Fault(delay=HELD), calls=(1,))
    gateway.sandbox.msgraph.faults.add(GRAPH_ADD, Fault(status=403))

    async def other() -> None:
        (row,) = await add(another, [ML], UPGRADE)
        assert row["status"] == "CREATED"

    rows = await beside(gateway, "elasticsearch", add_all_or_nothing(gateway, ML, OUTLOOK), other)
    (left,) = await there(gateway, ML)
    (own,) = [row for row in rows if row["status"] == "ROLLBACK_FAILED"]
    assert own["eventId"] == left["id"]
    assert "Another call may have written it" in own["problem"]["message"]


async def test_a_twin_that_comes_later_keeps_both_from_being_taken_back(gateway: Any) -> None:
    """Whoever wrote it may just now be about to remove the other one."""
    gateway.sandbox.msgraph.faults.add(GRAPH_ADD, Fault(status=403, delay=HELD))

    async def other() -> None:
        start = int(datetime.fromisoformat("2026-11-20T21:00:00+00:00").timestamp()) * 1000
        gateway.sandbox.elasticsearch.emulator.cluster.index(
            Event(
                calendar_id="planned-outages",
                description="Upgrade [#CHG-1]",
                start=start,
                end=start + 7_200_000,
                skip_result=True,
                skip_model_update=True,
                force_time_shift=None,
            )
        )

    rows = await beside(gateway, "msgraph", add_all_or_nothing(gateway, ML, OUTLOOK), other)
    assert [row["status"] for row in rows if row["eventIds"]] == ["ROLLBACK_FAILED"]
    assert len(await there(gateway, ML)) == 2


@pytest.mark.parametrize("source", ["elasticsearch", "msgraph"])
async def test_what_was_found_after_its_answer_was_lost_stays_and_is_named(gateway: Any, source: str) -> None:
    calendar, route = (ML, ES_ADD) if source == "elasticsearch" else (OUTLOOK, GRAPH_ADD)
    faults = getattr(gateway.sandbox, source).faults
    faults.add(route, Fault(cut=Cut.AFTER_WRITE), calls=(1,))
    faults.add(route, Fault(cut=Cut.BEFORE_WRITE), calls=(2,))
    gateway.sandbox.msgraph.faults.add(GRAPH_ADD, Fault(status=403))
    rows = await add_all_or_nothing(gateway, *({ML, OUTLOOK} if source == "elasticsearch" else {OUTLOOK}))
    own, *_ = [row for row in rows if row["status"] == "ROLLBACK_FAILED"]
    (left,) = await there(gateway, calendar)
    assert own["eventId"] == left["id"]
    assert "Repeating the call is safe" in own["problem"]["hint"]
    gateway.sandbox.msgraph.faults.clear()
    (again,) = await add(gateway, [calendar], UPGRADE)
    assert (again["status"], again["eventId"]) == ("UNCHANGED", left["id"])


# What somebody has edited


async def change_by_key(gateway: Any) -> list[dict[str, Any]]:
    return await add_all_or_nothing(gateway, OUTLOOK, event=LATER)


async def change_by_id(gateway: Any) -> list[dict[str, Any]]:
    """The change of another event fails."""
    (event,) = await there(gateway, OUTLOOK)
    (other,) = await add(gateway, [f"msgraph:users/{OUTAGES}/calendar"], {**INVITING, "key": "CHG-3"})
    to = {"title": LATER["title"], "start": LATER["start"]}
    given = {
        "changes": [{"target": {"id": one}, "set": to} for one in (event["id"], other["eventId"])],
        "atomicity": "ALL_OR_NOTHING",
    }
    return (await gateway.ask(UPDATE, {"input": given}))["updateEvents"]["results"]


CHANGES = pytest.mark.parametrize("change", [change_by_key, change_by_id])


def hold_the_last(gateway: Any) -> None:
    """Lets the row that sends mail wait, and fail."""
    faults = gateway.sandbox.msgraph.faults
    faults.add("PATCH *", Fault(status=403, delay=HELD), calls=(2,))
    faults.add(GRAPH_ADD, Fault(status=403, delay=HELD), calls=(2,))


@CHANGES
@pytest.mark.parametrize("edited", [{"subject": "Somebody's"}, {"is_all_day": True}], ids=["title", "time"])
async def test_what_somebody_edited_meanwhile_is_not_overwritten(
    gateway: Any, change: Any, edited: dict[str, Any]
) -> None:
    await add(gateway, [OUTLOOK], UPGRADE)
    hold_the_last(gateway)
    if change is change_by_key:
        gateway.sandbox.msgraph.faults.clear()
        gateway.sandbox.msgraph.faults.add(GRAPH_ADD, Fault(status=403, delay=HELD), calls=(1,))

    async def somebody() -> None:
        edit(gateway, **edited)

    rows = await beside(gateway, "msgraph", change(gateway), somebody)
    assert [row["status"] for row in rows] == ["ROLLBACK_FAILED", "FAILED"]
    assert "Somebody else has changed its" in rows[0]["problem"]["message"]
    title = edited.get("subject", "Upgrade, later")
    assert rows[0]["event"]["title"] == title
    (left,) = await there(gateway, OUTLOOK)
    assert left["title"] == title
    assert left["start"]["instant"].startswith("2026-11-21")


@CHANGES
async def test_what_the_call_did_not_change_is_left_as_somebody_edited_it(gateway: Any, change: Any) -> None:
    await add(gateway, [OUTLOOK], UPGRADE)
    hold_the_last(gateway)
    if change is change_by_key:
        gateway.sandbox.msgraph.faults.clear()
        gateway.sandbox.msgraph.faults.add(GRAPH_ADD, Fault(status=403, delay=HELD), calls=(1,))

    async def somebody() -> None:
        edit(gateway, categories=("Blue",))

    rows = await beside(gateway, "msgraph", change(gateway), somebody)
    assert [row["status"] for row in rows] == ["ROLLED_BACK", "FAILED"]
    (left,) = await there(gateway, OUTLOOK)
    assert (left["title"], left["categories"]) == ("Upgrade", ["Blue"])
    assert left["start"]["instant"].startswith("2026-11-20")


async def test_a_change_that_was_not_made_is_not_taken_back_from_what_somebody_edited(gateway: Any) -> None:
    await add(gateway, [OUTLOOK], UPGRADE)
    (event,) = await there(gateway, OUTLOOK)
    faults = gateway.sandbox.msgraph.faults
    faults.add("PATCH *", Fault(cut=Cut.BEFORE_WRITE, delay=HELD), calls=(1,))
    faults.add("PATCH *", Fault(cut=Cut.BEFORE_WRITE))

    async def change() -> list[dict[str, Any]]:
        changes = [{"target": {"id": event["id"]}, "set": {"title": "Later"}}]
        given = {"changes": changes, "atomicity": "ALL_OR_NOTHING"}
        return (await gateway.ask(UPDATE, {"input": given}))["updateEvents"]["results"]

    async def somebody() -> None:
        edit(gateway, categories=("Blue",))

    (row,) = await beside(gateway, "msgraph", change(), somebody)
    assert row["status"] == "UNKNOWN"
    assert row["problem"]["message"].startswith("It is as before the call")
    assert {json.loads(it.body)["subject"] for it in gateway.seen("msgraph", "PATCH")} == {"Later"}
    (left,) = await there(gateway, OUTLOOK)
    assert (left["title"], left["categories"]) == ("Upgrade", ["Blue"])
