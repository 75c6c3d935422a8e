"""Keys in Graph where the calendar does not show their events: moved elsewhere, or not shown yet."""

from datetime import timedelta

import pytest

from gateway.adapters.base import EventRemoval, OnExisting
from gateway.adapters.deadline import Deadline
from gateway.adapters.outcome import WriteStatus
from gateway.adapters.upstream import Call, UpstreamLog
from gateway.errors import Code, Moved
from gateway.sandbox.faults import Cut, Fault
from gateway.sandbox.msgraph import MSGraphEmulator
from gateway.sandbox.msgraph.unknowns import RepeatedTransaction, TransactionAfterDelete
from gateway.sandbox.seed import OUTAGES

from .conformance import problem_of
from .key_conformance import finish
from .msgraph_bench import NOW, REQUEST_ID, WRITE, connect, sent
from .msgraph_key_bench import (
    DEFAULT,
    HOME,
    KEY,
    PLACES,
    adapter,
    add,
    change_stored,
    find,
    items,
    keyed,
    stored,
    tenant,
)
from .retry_clock import RetryClock

pytestmark = pytest.mark.anyio

CREATED, UNCHANGED, FAILED = WriteStatus.CREATED, WriteStatus.UNCHANGED, WriteStatus.FAILED
OTHER = "AAMkAOtherCalendar="
DUPLICATES = {"repeated_transaction": RepeatedTransaction.DUPLICATE_ERROR}
MODES = pytest.mark.parametrize(
    "mode",
    [{}, DUPLICATES, {"repeated_transaction": RepeatedTransaction.NEW_EVENT_UNDER_CONCURRENCY}],
    ids=["same event", "duplicate error", "new event under concurrency"],
)
LISTS = pytest.mark.parametrize("lists_all", [False, True], ids=["default only", "all"])
LATER = pytest.mark.parametrize("later", [timedelta(0), timedelta(minutes=5)], ids=["at once", "later"])


class Clock:
    """Graph's clock, as a test sets it."""

    def __init__(self):
        self.now = NOW

    def __call__(self):
        return self.now


class Slow(MSGraphEmulator):
    """Does not show in the next few listings of events what is there."""

    blind = 0

    def answer(self, request, **options):
        if request.method != "GET" or "/events?" not in request.target or not self.blind:
            return super().answer(request, **options)
        self.blind -= 1
        items = self.state.find(OUTAGES).items
        there = dict(items)
        items.clear()
        try:
            return super().answer(request, **options)
        finally:
            items.update(there)


@MODES
@LISTS
@LATER
@PLACES
async def test_an_event_that_was_moved_in_outlook_is_shown_and_never_made_again(
    anyio_backend, mode, lists_all, later, place
):
    clock = Clock()
    async with tenant(now=clock, mailbox_lists_all_calendars=lists_all, **mode) as server:
        server.emulator.state.add_calendar(OUTAGES, OTHER, "Other")
        (made,) = await add(server, keyed(), place=place)
        change_stored(server, calendar_id=OTHER)
        clock.now += later
        for on_existing in (OnExisting.RETURN, OnExisting.UPDATE):
            (row,) = await add(server, keyed(), place=place, on_existing=on_existing)
            assert (row.status, problem_of(row).code) == (FAILED, Code.MOVED)
            assert row.ids == (made.event.id,)
            assert row.event.calendar_id == f"msgraph:users/{OUTAGES}/calendars/{OTHER}"
        assert len(items(server)) == 1


@MODES
@LISTS
async def test_an_event_that_was_moved_takes_its_key_whatever_its_case(anyio_backend, mode, lists_all):
    async with tenant(mailbox_lists_all_calendars=lists_all, **mode) as server:
        (made,) = await add(server, keyed(), place=DEFAULT)
        change_stored(server, calendar_id=HOME.segments[-1])
        (row,) = await add(server, keyed(key=KEY.lower()), place=DEFAULT)
        assert (row.status, problem_of(row).code, row.ids) == (FAILED, Code.MOVED, (made.event.id,))
        assert (len(items(server)), items(server, key=KEY.lower())) == (1, [])


@MODES
@PLACES
async def test_a_move_that_gives_the_event_another_id_is_found_too(anyio_backend, mode, place):
    """As Exchange does it, unless immutable ids are asked for."""
    async with tenant(**mode) as server:
        server.emulator.state.add_calendar(OUTAGES, OTHER, "Other")
        await add(server, keyed(), place=place)
        moved = change_stored(server, calendar_id=OTHER, id="AAMkAMoved=")
        (old,) = [name for name, item in stored(server).items() if item is moved]
        stored(server)[moved.id] = stored(server).pop(old)
        (row,) = await add(server, keyed(), place=place)
        assert (row.status, problem_of(row).code) == (FAILED, Code.MOVED)
        assert row.event.details.event_id == moved.id
        assert len(items(server)) == 1


async def test_what_was_changed_after_it_was_moved_is_not_made_again_either(anyio_backend):
    async with tenant(**DUPLICATES) as server:
        await add(server, keyed(), place=DEFAULT)
        change_stored(server, calendar_id=HOME.segments[-1], subject="Renamed")
        (row,) = await add(server, keyed(), place=DEFAULT)
        assert (row.status, problem_of(row).code, row.event.title) == (FAILED, Code.MOVED, "Renamed")


@MODES
async def test_a_copy_in_another_calendar_does_not_keep_a_deleted_event_from_being_made_again(
    anyio_backend, mode
):
    mode = {**mode, "transaction_after_delete": TransactionAfterDelete.DUPLICATE_ERROR}
    async with tenant(**mode) as server:
        for place in (HOME, DEFAULT):
            await add(server, keyed(), place=place)
        (event,) = await find(server, place=DEFAULT)
        async with adapter(server) as own:
            await own.apply_event(await own.plan_event(EventRemoval(event=event)))
        (row,) = await add(server, keyed(), place=DEFAULT)
        assert row.status is CREATED
        assert len(items(server)) == 2


async def test_where_the_other_calendars_cannot_be_listed_no_second_event_is_made(anyio_backend):
    async with tenant(**DUPLICATES) as server:
        await add(server, keyed(), place=DEFAULT)
        change_stored(server, calendar_id=HOME.segments[-1])
        server.faults.add("GET /{mailbox}/calendars", Fault(status=403))
        (row,) = await add(server, keyed(), place=DEFAULT)
        assert (row.status, problem_of(row).code) == (WriteStatus.UNKNOWN, Code.FORBIDDEN)
        assert len(items(server)) == 1


async def test_an_event_that_lost_its_key_is_a_conflict_that_names_it(anyio_backend):
    clock = Clock()
    async with tenant(now=clock) as server:
        (made,) = await add(server, keyed())
        change_stored(server, single_values={})
        clock.now += timedelta(minutes=5)
        (row,) = await add(server, keyed())
        assert (row.status, problem_of(row).code) == (WriteStatus.CONFLICT, Code.CONFLICT)
        assert row.event.id == made.event.id
        assert "no longer bears it" in problem_of(row).message


# What is not shown yet


@PLACES
async def test_an_event_that_is_not_shown_at_once_is_waited_for_and_not_made_twice(anyio_backend, place):
    """Another call has made it a moment ago: Graph knows its transactionId, and does not list it yet."""
    async with tenant(emulator=Slow, **DUPLICATES) as server, adapter(server) as slow:
        plan = await slow.plan(place, [keyed()])
        (first,) = await add(server, keyed(), place=place)
        server.emulator.blind = 3
        (row,) = await finish(slow, plan)
        assert (row.status, row.event.id) == (UNCHANGED, first.event.id)
        assert len(items(server)) == 1


async def test_where_there_is_no_time_to_wait_for_it_the_row_is_unknown(anyio_backend):
    clock = RetryClock()
    async with tenant(emulator=Slow, **DUPLICATES) as server, adapter(server) as other:
        source = connect(
            server.url, authorization=server.emulator.tokens.app.authorization, retries=clock.retries()
        )
        log = UpstreamLog(deadline=Deadline(0.1, lambda: clock.now))
        slow = source.adapter(Call(request_id=REQUEST_ID, log=log))
        plan = await slow.plan(HOME, [keyed()])
        await finish(other, await other.plan(HOME, [keyed()]))
        server.emulator.blind = 100
        (row,) = await finish(slow, plan)
        await source.aclose()
        assert (row.status, problem_of(row).code) == (WriteStatus.UNKNOWN, Code.DEADLINE)
        assert "Repeating the call with the same key is safe." in problem_of(row).hint
        assert len(items(server)) == 1


async def test_where_the_calls_own_first_write_may_be_late_it_is_not_sent_as_another(anyio_backend):
    """The first answer is lost; the second says that the transactionId was used, and nothing is shown."""
    async with tenant(emulator=Slow, **DUPLICATES) as server, adapter(server) as own:
        plan = await own.plan(HOME, [keyed()])
        server.faults.add(WRITE, Fault(cut=Cut.AFTER_WRITE), calls=[1])
        server.emulator.blind = 100
        (row,) = await finish(own, plan)
        assert (row.status, problem_of(row).retryable) == (WriteStatus.UNKNOWN, True)
        server.emulator.blind = 0
        (again,) = await add(server, keyed())
        assert (again.status, len(items(server))) == (UNCHANGED, 1)
        assert len({request.body for request in sent(server)}) == 1


async def test_the_key_of_a_moved_event_is_under_no_event_of_its_old_calendar(anyio_backend):
    async with tenant(mailbox_lists_all_calendars=True) as server:
        await add(server, keyed(), place=DEFAULT)
        change_stored(server, calendar_id=HOME.segments[-1])
        assert isinstance(await find(server, KEY, place=DEFAULT), Moved)
