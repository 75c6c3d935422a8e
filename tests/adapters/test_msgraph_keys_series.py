"""Series with keys in Graph: their occurrences have the key, their rule counts, and they are finished."""

from dataclasses import replace

import pytest

from gateway.adapters.base import OnExisting
from gateway.adapters.outcome import WriteStatus
from gateway.model.event import Recurrence
from gateway.model.ids import EventId
from gateway.model.recurrence.rule import RecurrenceRule
from gateway.model.time import add_days
from gateway.sandbox.faults import Fault

from .conformance import MORNING, change, read
from .key_conformance import finish
from .msgraph_key_bench import HOME, KEY, adapter, add, change_stored, find, keyed, tenant

pytestmark = pytest.mark.anyio

CREATED, UNCHANGED, UPDATED = WriteStatus.CREATED, WriteStatus.UNCHANGED, WriteStatus.UPDATED
CONFLICT, UNKNOWN = WriteStatus.CONFLICT, WriteStatus.UNKNOWN


def series(rule="FREQ=WEEKLY;COUNT=4", days=(), **values):
    recurrence = Recurrence(rule=RecurrenceRule.parse(rule), time_zone="UTC", except_dates=tuple(days))
    return keyed(recurrence=recurrence, **values)


async def test_occurrences_have_the_key_of_their_series_even_where_an_edit_has_lost_it(anyio_backend):
    async with tenant() as server:
        await add(server, series())
        async with adapter(server) as own:
            before = await read(own, HOME)
            edited = before[1]
            await own.apply_event(await own.plan_event(change(edited, title="Edited")))
            master = change_stored(server)
            lost = {day: replace(one, single_values={}) for day, one in master.exceptions.items()}
            change_stored(server, exceptions=lost)
            after = await read(own, HOME)
            found = await own.find(EventId.parse(edited.id))
        assert [event.key for event in before] == [KEY] * 4
        assert [event.key for event in after] == [KEY] * 4
        assert (found.title, found.key) == ("Edited", KEY)


async def test_an_event_under_a_key_is_a_series_master_and_its_rule_is_compared(anyio_backend):
    async with tenant() as server:
        (made,) = await add(server, series())
        (again,) = await add(server, series())
        (other,) = await add(server, series("FREQ=WEEKLY;COUNT=6"))
        assert (made.status, again.status, other.status) == (CREATED, UNCHANGED, CONFLICT)
        (found,) = await find(server)
        assert found.id == made.event.id
        (longer,) = await add(server, series("FREQ=WEEKLY;COUNT=6"), on_existing=OnExisting.UPDATE)
        assert longer.status is UPDATED
        async with adapter(server) as own:
            assert len(await read(own, HOME)) == 6


async def test_a_series_that_was_left_unfinished_is_finished_by_the_same_call_again(anyio_backend):
    day = add_days(MORNING.date(), 7)
    async with tenant() as server:
        server.faults.add("DELETE /{event}", Fault(status=403))
        (half,) = await add(server, series(days=[day]))
        assert half.status is UNKNOWN
        server.faults.clear()
        (row,) = await add(server, series(days=[day]))
        assert (row.status, row.event.recurrence.except_dates) == (UPDATED, (day,))
        (again,) = await add(server, series(days=[day]))
        assert again.status is UNCHANGED
        async with adapter(server) as own:
            assert len(await read(own, HOME)) == 3


async def test_a_series_that_is_not_ours_keeps_its_days(anyio_backend):
    day = add_days(MORNING.date(), 7)
    async with tenant() as server, adapter(server) as slow:
        plan = await slow.plan(HOME, [series(days=[day])])
        await add(server, series("FREQ=WEEKLY;COUNT=5"))
        (row,) = await finish(slow, plan)
        assert row.status is CONFLICT
        async with adapter(server) as own:
            assert len(await read(own, HOME)) == 5
