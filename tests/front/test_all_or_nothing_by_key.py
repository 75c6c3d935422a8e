"""All or nothing for events with keys: what was under the key before the call is there again after it."""

import asyncio
from typing import Any

import pytest

from gateway.sandbox.elasticsearch.state import Event
from gateway.sandbox.faults import HELD, Cut, Fault

from .conftest import CONFIGURATION

pytestmark = pytest.mark.anyio

ROWS = """
  status
  results { calendarId status eventId eventIds previousId event { key title } problem { code message hint } }
  requests { method }
"""
ADD = f"mutation ($input: AddEventsInput!) {{ addEvents(input: $input) {{ {ROWS} }} }}"
UPDATE = f"mutation ($input: UpdateEventsInput!) {{ updateEvents(input: $input) {{ {ROWS} }} }}"
BY_KEY = """query ($calendars: [ID!]!) {
  calendarEventsByKey(key: "CHG-1", calendars: $calendars) {
    calendarId title start { instant } end { instant } description { text } location { displayName }
  }
}"""
OUTLOOK = "msgraph:users/outages@contoso.com/calendar"
ALICE = "msgraph:users/alice.nguyen@contoso.com/calendar"
ML = "elasticsearch:planned-outages"
HOLIDAYS = "elasticsearch:holidays"
UPGRADE = {
    "key": "CHG-1",
    "title": "Upgrade",
    "description": {"text": "Payments stop."},
    "location": {"displayName": "Bridge"},
    "start": {"instant": "2026-11-20T21:00:00Z"},
    "end": {"after": "PT2H"},
}
MOVED = {
    **UPGRADE,
    "title": "Upgrade, moved",
    "description": {"text": "Later."},
    "start": {"instant": "2026-11-21T21:00:00Z"},
}

SILENT = {name: value for name, value in UPGRADE.items() if name not in {"description", "location"}}


def held(gateway: Any) -> list[str]:
    """The descriptions of what the cluster holds under the key, whenever it is."""
    events = gateway.sandbox.elasticsearch.emulator.cluster.meta.values()
    return sorted(it.description for it in events if isinstance(it, Event) and "[#CHG-1" in it.description)


async def add(gateway: Any, event: Any, *calendars: str, **rest: Any) -> dict[str, Any]:
    given = {"calendars": calendars, "events": [event], "atomicity": "ALL_OR_NOTHING", **rest}
    return (await gateway.ask(ADD, {"input": given}))["addEvents"]


async def there(gateway: Any, *calendars: str) -> list[Any]:
    return (await gateway.ask(BY_KEY, {"calendars": calendars}))["calendarEventsByKey"]


def statuses(report: dict[str, Any]) -> list[str]:
    return [row["status"] for row in report["results"]]


async def test_what_was_made_otherwise_is_made_as_it_was(front: Any) -> None:
    gateway = await front()
    calendars = (ML, HOLIDAYS, OUTLOOK)
    await add(gateway, UPGRADE, *calendars)
    before = await there(gateway, *calendars)
    assert len(before) == 3
    gateway.sandbox.msgraph.faults.add("POST *", Fault(status=403))
    report = await add(gateway, MOVED, *calendars, ALICE, onExisting="UPDATE")
    assert statuses(report)[:2] == ["ROLLED_BACK"] * 2
    assert statuses(report)[2] in {"ROLLED_BACK", "SKIPPED"}
    assert statuses(report)[3] == "FAILED"
    gateway.sandbox.msgraph.faults.clear()
    assert await there(gateway, *calendars) == before
    for row in report["results"][:2]:
        assert (row["event"]["key"], row["event"]["title"]) == ("CHG-1", "Upgrade")
        assert row["previousId"] not in {None, row["eventId"]}
    again = await add(gateway, UPGRADE, ML, HOLIDAYS)
    assert statuses(again) == ["UNCHANGED"] * 2


async def test_an_outlook_event_that_was_made_otherwise_is_made_as_it_was(front: Any) -> None:
    gateway = await front()
    await add(gateway, UPGRADE, OUTLOOK)
    before = await there(gateway, OUTLOOK)
    inviting = {**UPGRADE, "key": "CHG-2", "attendees": [{"email": "alice.nguyen@contoso.com"}]}
    gateway.sandbox.msgraph.faults.add("POST *", Fault(status=403))
    given = {
        "calendars": [OUTLOOK], "events": [MOVED, inviting],
        "atomicity": "ALL_OR_NOTHING", "onExisting": "UPDATE",
    }  # fmt: skip
    report = (await gateway.ask(ADD, {"input": given}))["addEvents"]
    assert statuses(report) == ["ROLLED_BACK", "FAILED"]
    gateway.sandbox.msgraph.faults.clear()
    assert await there(gateway, OUTLOOK) == before
    assert statuses(await add(gateway, UPGRADE, OUTLOOK)) == ["UNCHANGED"]
    assert statuses(await add(gateway, MOVED, OUTLOOK)) == ["CONFLICT"]


async def test_an_outlook_event_that_was_changed_counts_as_made_as_it_was(front: Any) -> None:
    gateway = await front()
    await add(gateway, UPGRADE, OUTLOOK, ALICE)
    target = {"key": {"key": "CHG-1", "calendars": [OUTLOOK, ALICE]}}
    given = {"changes": [{"target": target, "set": {"title": "Other"}}], "atomicity": "ALL_OR_NOTHING"}
    gateway.sandbox.msgraph.faults.add("PATCH *", Fault(status=403), calls=(2,))
    report = (await gateway.ask(UPDATE, {"input": given}))["updateEvents"]
    assert sorted(statuses(report)) == ["FAILED", "ROLLED_BACK"]
    gateway.sandbox.msgraph.faults.clear()
    assert statuses(await add(gateway, UPGRADE, OUTLOOK, ALICE)) == ["UNCHANGED", "UNCHANGED"]


async def test_a_key_that_is_taken_otherwise_keeps_all_from_being_sent(front: Any) -> None:
    gateway = await front()
    await add(gateway, UPGRADE, ML)
    for policy in ("RETURN", "FAIL"):
        report = await add(gateway, MOVED, ML, HOLIDAYS, OUTLOOK, onExisting=policy)
        assert statuses(report) == ["CONFLICT" if policy == "RETURN" else "FAILED", "SKIPPED", "SKIPPED"]
    assert await there(gateway, HOLIDAYS, OUTLOOK) == []


async def test_what_is_there_already_counts_as_done(front: Any) -> None:
    gateway = await front()
    await add(gateway, UPGRADE, ML, OUTLOOK)
    report = await add(gateway, UPGRADE, ML, HOLIDAYS, OUTLOOK)
    assert (report["status"], statuses(report)) == ("SUCCEEDED", ["UNCHANGED", "CREATED", "UNCHANGED"])


async def test_the_horizon_of_a_series_that_was_extended_is_as_before(front: Any) -> None:
    gateway = await front()
    short, long = ({**SILENT, "recurrence": {"rule": f"FREQ=DAILY;COUNT={count}"}} for count in (3, 5))
    await add(gateway, short, ML)
    before = await there(gateway, ML)
    gateway.sandbox.msgraph.faults.add("POST *", Fault(status=403))
    report = await add(gateway, long, ML, OUTLOOK, onExisting="UPDATE")
    assert statuses(report) == ["ROLLED_BACK", "FAILED"]
    assert await there(gateway, ML) == before


DAILY = {**SILENT, "recurrence": {"rule": "FREQ=DAILY;COUNT=3"}}
POST = "POST /_ml/calendars/{calendar_id}/events"


@pytest.mark.parametrize("was_there", [False, True], ids=["new", "extended"])
async def test_the_part_of_a_series_that_was_written_before_a_refusal_is_taken_back(
    front: Any, was_there: bool
) -> None:
    """An occurrence is lost, and may not be posted again: the row says so, and nothing is left."""
    gateway = await front()
    if was_there:
        await add(gateway, {**SILENT, "recurrence": {"rule": "FREQ=DAILY;COUNT=1"}}, ML)
    before = held(gateway)
    faults = gateway.sandbox.elasticsearch.faults
    faults.add(POST, Fault(lose=frozenset({1})), calls=(1,))
    faults.add(POST, Fault(status=403), calls=(2,))
    report = await add(gateway, DAILY, ML, OUTLOOK, onExisting="UPDATE")
    assert statuses(report) == ["FAILED", "SKIPPED"]
    row = report["results"][0]
    assert (row["problem"]["code"], len(row["eventIds"])) == ("FORBIDDEN", len(before))
    assert held(gateway) == before
    faults.clear()
    assert statuses(await add(gateway, DAILY, ML, onExisting="UPDATE")) == [
        "UPDATED" if was_there else "CREATED"
    ]


async def test_the_part_of_a_series_that_was_lost_in_vain_is_taken_back(front: Any) -> None:
    gateway = await front()
    gateway.sandbox.elasticsearch.faults.add(POST, Fault(lose=frozenset({0})))
    report = await add(gateway, DAILY, ML, OUTLOOK)
    assert statuses(report) == ["FAILED", "SKIPPED"]
    row = report["results"][0]
    assert (row["problem"]["code"], row["eventIds"], row["event"]) == ("NOT_STORED", [], None)
    assert "as before the call" in row["problem"]["hint"]
    assert held(gateway) == []


async def test_the_part_of_a_series_that_another_call_may_have_written_as_well_stays_and_is_named(
    front: Any,
) -> None:
    """Elasticsearch was too busy to say what became of it: it is there, but for one occurrence."""
    gateway = await front()
    busy = Fault(status=503, is_written=True, lose=frozenset({1}))
    gateway.sandbox.elasticsearch.faults.add(POST, busy)
    report = await add(gateway, DAILY, ML, OUTLOOK)
    assert statuses(report) == ["ROLLBACK_FAILED", "SKIPPED"]
    row = report["results"][0]
    assert len(row["eventIds"]) == len(held(gateway)) == 2
    assert "Another call may have written it" in row["problem"]["message"]
    gateway.sandbox.elasticsearch.faults.clear()
    assert statuses(await add(gateway, DAILY, ML, onExisting="UPDATE")) == ["UPDATED"]
    assert len(held(gateway)) == 3


@pytest.mark.parametrize("change", [{"title": "Other"}, {"end": {"after": "PT3H"}}], ids=["title", "length"])
async def test_a_series_that_was_made_otherwise_is_made_as_it_was(front: Any, change: Any) -> None:
    gateway = await front()
    series = {**SILENT, "recurrence": {"rule": "FREQ=DAILY;COUNT=3"}}
    await add(gateway, series, ML)
    before = await there(gateway, ML)
    gateway.sandbox.msgraph.faults.add("POST *", Fault(status=403))
    report = await add(gateway, {**series, **change}, ML, OUTLOOK, onExisting="UPDATE")
    assert statuses(report) == ["ROLLED_BACK", "FAILED"]
    assert len(report["results"][0]["eventIds"]) == 3
    assert await there(gateway, ML) == before
    assert statuses(await add(gateway, series, ML)) == ["UNCHANGED"]


async def test_an_occurrence_is_not_taken_for_that_of_another_day_which_went_for_it(front: Any) -> None:
    gateway = await front()
    rule = {"rule": "FREQ=DAILY;COUNT=3"}
    other = {"rule": "FREQ=DAILY;COUNT=4", "exceptDates": ["2026-11-21"]}
    await add(gateway, {**SILENT, "recurrence": rule}, ML)
    gateway.sandbox.msgraph.faults.add("POST *", Fault(status=403))
    report = await add(gateway, {**SILENT, "recurrence": other}, ML, OUTLOOK, onExisting="UPDATE")
    assert statuses(report) == ["ROLLBACK_FAILED", "FAILED"]
    assert statuses(await add(gateway, {**SILENT, "recurrence": other}, ML)) == ["UNCHANGED"]


LONG_AGO = {"start": {"instant": "2020-11-20T21:00:00Z"}}


@pytest.mark.parametrize(
    "rest", [{}, {"recurrence": {"rule": "FREQ=MONTHLY;COUNT=100"}}], ids=["one", "series"]
)
@pytest.mark.parametrize("was_there", [False, True], ids=["new", "updated"])
async def test_what_ended_so_long_ago_that_its_key_finds_it_no_more_is_taken_back(
    front: Any, was_there: bool, rest: Any
) -> None:
    gateway = await front(CONFIGURATION.replace("P36500D", "P400D"))
    old = {**SILENT, **LONG_AGO, **rest}
    if was_there:
        await add(gateway, old, ML)
    before = held(gateway)
    gateway.sandbox.msgraph.faults.add("POST *", Fault(status=403))
    report = await add(gateway, {**old, "title": "Other"}, ML, OUTLOOK, onExisting="UPDATE")
    assert statuses(report) == ["ROLLED_BACK", "FAILED"]
    assert held(gateway) == before


@pytest.mark.parametrize("calls", [(1, 2), ()], ids=["and can be", "and cannot be"])
async def test_what_took_the_place_of_an_event_that_stays_is_taken_back(front: Any, calls: Any) -> None:
    gateway = await front()
    await add(gateway, SILENT, ML)
    before = held(gateway)
    gateway.sandbox.elasticsearch.faults.add("DELETE *", Fault(status=403), calls=calls or None)
    report = await add(gateway, {**SILENT, "title": "Other"}, ML, OUTLOOK, onExisting="UPDATE")
    assert statuses(report) == ["ROLLED_BACK" if calls else "ROLLBACK_FAILED", "SKIPPED"]
    assert held(gateway) == (before if calls else sorted([*before, "Other [#CHG-1]"]))


async def test_all_copies_of_an_event_are_changed_or_none(front: Any) -> None:
    gateway = await front()
    await add(gateway, UPGRADE, ML, HOLIDAYS, OUTLOOK)
    before = await there(gateway, ML, HOLIDAYS, OUTLOOK)
    target = {"key": {"key": "CHG-1", "calendars": [ML, HOLIDAYS, OUTLOOK]}}
    given = {
        "changes": [{"target": target, "set": {"title": "Other"}}],
        "atomicity": "ALL_OR_NOTHING",
    }
    gateway.sandbox.msgraph.faults.add("PATCH *", Fault(status=403))
    report = (await gateway.ask(UPDATE, {"input": given}))["updateEvents"]
    assert statuses(report) == ["ROLLED_BACK", "ROLLED_BACK", "FAILED"]
    assert await there(gateway, ML, HOLIDAYS, OUTLOOK) == before


async def test_an_outlook_event_whose_answer_was_lost_is_there_or_taken_back(front: Any) -> None:
    gateway = await front()
    gateway.sandbox.msgraph.faults.add("POST *", Fault(cut=Cut.AFTER_WRITE), calls=(1,))
    report = await add(gateway, UPGRADE, ML, OUTLOOK)
    assert statuses(report) == ["CREATED", "CREATED"]
    assert len(await there(gateway, ML, OUTLOOK)) == 2


@pytest.mark.parametrize("was_there", [False, True], ids=["new", "updated"])
async def test_what_somebody_else_wrote_under_the_key_meanwhile_stays(front: Any, was_there: bool) -> None:
    gateway = await front()
    if was_there:
        await add(gateway, UPGRADE, ML)
    before = [event["title"] for event in await there(gateway, ML)]
    faults = gateway.sandbox.msgraph.faults
    faults.add("POST *", Fault(status=403, delay=HELD))
    adding = asyncio.create_task(add(gateway, MOVED, ML, OUTLOOK, onExisting="UPDATE"))
    await faults.arrival()
    gateway.sandbox.elasticsearch.emulator.cluster.index(
        Event(
            calendar_id="planned-outages",
            description="Somebody else's [#CHG-1]",
            start=1795208400000,
            end=1795212000000,
            skip_result=True,
            skip_model_update=True,
            force_time_shift=None,
        )
    )
    faults.release()
    assert statuses(await adding) == ["ROLLED_BACK", "FAILED"]
    titles = [event["title"] for event in await there(gateway, ML)]
    assert sorted(titles) == sorted([*before, "Somebody else's"])
