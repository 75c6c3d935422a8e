"""Finding many Graph events by their ids with few requests, on the emulator."""

from dataclasses import replace

import pytest

from gateway.errors import Forbidden
from gateway.model.event import Event, Recurrence
from gateway.model.ids import EventId
from gateway.model.recurrence.rule import RecurrenceRule
from gateway.model.time import add_days
from gateway.sandbox.faults import Fault

from .conformance import MORNING, change, draft, read, write
from .msgraph_key_bench import HOME, KEY, adapter, add, change_stored, keyed, tenant

pytestmark = pytest.mark.anyio

WEEK = add_days(MORNING.date(), 7)


def weekly(key=KEY, days=()):
    rule = RecurrenceRule.parse("FREQ=WEEKLY;COUNT=4")
    return keyed(key=key, recurrence=Recurrence(rule=rule, time_zone="UTC", except_dates=tuple(days)))


async def test_the_days_that_many_series_leave_out_are_asked_for_together(anyio_backend):
    async with tenant() as server:
        rows = await add(server, *(weekly(f"CHG-{number}", [WEEK]) for number in range(6)))
        asked = [EventId.parse(row.event.id) for row in rows]
        server.exchanges.clear()
        async with adapter(server) as own:
            found = await own.find_each(asked)
        assert [event.recurrence.except_dates for event in found] == [(WEEK,)] * 6
        assert [event.key for event in found] == [f"CHG-{number}" for number in range(6)]
        assert [exchange.route for exchange in server.exchanges] == ["POST /$batch"] * 2


async def test_days_left_out_that_cannot_be_told_cost_their_own_series_only(anyio_backend):
    async with tenant() as server:
        rows = await add(server, weekly("CHG-1", [WEEK]), weekly("CHG-2", [WEEK]))
        asked = [EventId.parse(row.event.id) for row in rows]
        server.faults.add("GET /{event}", Fault(status=403), calls=[4])
        async with adapter(server) as own:
            found = await own.find_each(asked)
        assert sorted(type(one).__name__ for one in found) == ["Event", "Forbidden"]


async def test_a_key_that_cannot_be_told_costs_only_the_occurrence_that_may_have_it(anyio_backend):
    async with tenant() as server:
        await add(server, weekly())
        async with adapter(server) as own:
            edited = (await read(own, HOME))[1]
            await own.apply_event(await own.plan_event(change(edited, title="Edited")))
            (single,) = await write(own, HOME, [draft("Single")])
        master = change_stored(server)
        change_stored(
            server,
            exceptions={day: replace(one, single_values={}) for day, one in master.exceptions.items()},
        )
        server.faults.add("GET /{event}", Fault(status=403), calls=[3])
        async with adapter(server) as own:
            lost, found = await own.find_each([EventId.parse(edited.id), EventId.parse(single.event.id)])
        assert isinstance(lost, Forbidden)
        assert isinstance(found, Event)
        assert (found.title, found.key) == ("Single", None)
