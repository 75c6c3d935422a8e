"""Keys whatever Graph makes of a transactionId, and whatever answer is lost: one event, or it is said."""

import asyncio
from datetime import timedelta
from itertools import product

import pytest

from gateway.adapters.base import EventRemoval, OnExisting
from gateway.adapters.msgraph.keys import GENERATIONS
from gateway.adapters.outcome import WriteStatus
from gateway.errors import Code
from gateway.model.event import Attendee
from gateway.model.ids import CalendarId
from gateway.sandbox.faults import HELD, Cut, Fault
from gateway.sandbox.msgraph import MSGraphEmulator
from gateway.sandbox.msgraph.unknowns import RepeatedTransaction, TransactionAfterDelete
from gateway.sandbox.seed import ALICE, OUTAGES

from .conformance import HOUR, MORNING, problem_of
from .key_conformance import finish
from .msgraph_bench import EMPTY, NOW, SOURCE, SRE, WRITE, sent
from .msgraph_key_bench import (
    DEFAULT,
    HOME,
    KEY,
    PLACES,
    adapter,
    add,
    at,
    find,
    items,
    keyed,
    stored,
    tenant,
)

pytestmark = pytest.mark.anyio

CREATED, UNCHANGED, UPDATED = WriteStatus.CREATED, WriteStatus.UNCHANGED, WriteStatus.UPDATED
CONFLICT, FAILED, UNKNOWN = WriteStatus.CONFLICT, WriteStatus.FAILED, WriteStatus.UNKNOWN
MODES = [
    *(
        {"repeated_transaction": repeated, "transaction_after_delete": deleted}
        for repeated, deleted in product(RepeatedTransaction, TransactionAfterDelete)
    ),
    {"transaction_memory": timedelta(minutes=5)},
    {"repeated_transaction": RepeatedTransaction.DUPLICATE_ERROR, "duplicate_transaction_status": 409},
]
EVERY_MODE = pytest.mark.parametrize(
    "mode", MODES, ids=[" ".join(str(value) for value in mode.values()) for mode in MODES]
)
CONTENTS = pytest.mark.parametrize("titles", [("Same", "Same"), ("One", "Other")], ids=["same", "differing"])


class Clock:
    """Graph's clock, as a test sets it."""

    def __init__(self):
        self.now = NOW

    def __call__(self):
        return self.now


class Station(MSGraphEmulator):
    """Tells when a write arrives."""

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.arrivals = asyncio.Semaphore(0)

    def begin(self, request):
        refusal = super().begin(request)
        if request.method == "POST":
            self.arrivals.release()
        return refusal


@EVERY_MODE
async def test_what_was_deleted_is_made_again_and_what_is_there_is_not(anyio_backend, mode):
    async with tenant(**mode) as server:
        for _ in range(3):
            (made,) = await add(server, keyed())
            (again,) = await add(server, keyed())
            assert (made.status, again.status) == (CREATED, UNCHANGED)
            (event,) = await find(server)
            assert event.id == made.event.id == again.event.id
            async with adapter(server) as own:
                await own.apply_event(await own.plan_event(EventRemoval(event=event)))
        assert await find(server) == []


async def test_after_eight_deleted_events_it_is_said_that_no_other_can_be_made(anyio_backend):
    mode = {"transaction_after_delete": TransactionAfterDelete.DUPLICATE_ERROR}
    async with tenant(**mode) as server:
        for _ in range(GENERATIONS):
            (made,) = await add(server, keyed())
            assert made.status is CREATED
            del stored(server)[made.event.details.event_id]
        (row,) = await add(server, keyed())
        assert (row.status, problem_of(row).code) == (FAILED, Code.CONFLICT)
        assert "Take another key." in problem_of(row).hint
        assert items(server) == []


@EVERY_MODE
@CONTENTS
@PLACES
async def test_two_calls_that_add_at_the_same_moment_leave_one_event(anyio_backend, mode, titles, place):
    """Both have looked before either writes, and both writes are in flight at once."""
    async with (
        tenant(emulator=Station, **mode) as server,
        adapter(server) as one,
        adapter(server) as other,
    ):
        rows = await add_at_once(server, [one, other], [keyed(title) for title in titles], place)
        (item,) = items(server)
        statuses = sorted(row.status for row in rows)
        assert all(row.event.details.event_id == item.id for row in rows)
        if titles[0] == titles[1]:
            assert CREATED in statuses
            assert set(statuses) <= {CREATED, UNCHANGED}
        else:
            assert statuses == [CONFLICT, CREATED]


async def add_at_once(server, adapters, drafts, place, on_existing=OnExisting.RETURN):
    """What became of a draft in each of two calls, whose writes reach Graph together."""
    plans = [
        await own.plan(place, [draft], on_existing=on_existing)
        for own, draft in zip(adapters, drafts, strict=True)
    ]
    server.faults.add(WRITE, Fault(delay=HELD), calls=range(1, len(drafts) + 1))
    calls = [asyncio.ensure_future(finish(own, plan)) for own, plan in zip(adapters, plans, strict=True)]
    for _ in drafts:
        await server.emulator.arrivals.acquire()
    server.faults.release()
    return [row for (row,) in await asyncio.gather(*calls)]


async def test_whoever_made_the_twin_that_went_was_not_the_first(anyio_backend):
    mode = {"repeated_transaction": RepeatedTransaction.NEW_EVENT_UNDER_CONCURRENCY}
    async with (
        tenant(emulator=Station, **mode) as server,
        adapter(server) as one,
        adapter(server) as other,
    ):
        rows = await add_at_once(server, [one, other], [keyed(), keyed()], HOME, OnExisting.FAIL)
        (item,) = items(server)
        first = [row for row in rows if row.status is CREATED]
        (second,) = [row for row in rows if row not in first]
        assert (second.status, problem_of(second).code) == (FAILED, Code.KEY_EXISTS)
        assert all(row.event.details.event_id == item.id for row in rows)


async def test_twins_with_attendees_are_left_and_reported(anyio_backend):
    """To remove one would send mail."""
    mode = {"repeated_transaction": RepeatedTransaction.NEW_EVENT_UNDER_CONCURRENCY}
    meeting = keyed(attendees=(Attendee(email="bob@contoso.com"),))
    async with (
        tenant(emulator=Station, **mode) as server,
        adapter(server) as one,
        adapter(server) as other,
    ):
        rows = await add_at_once(server, [one, other], [meeting, meeting], HOME)
        ids = {item.id for item in items(server)}
        assert len(ids) == 2
        reported = [row for row in rows if row.status is CONFLICT]
        assert reported
        for row in reported:
            assert problem_of(row).code is Code.AMBIGUOUS_KEY
            assert {name.rpartition("/")[2].replace("%3D", "=") for name in row.ids} == ids


async def test_a_twin_that_somebody_has_changed_is_left_and_reported(anyio_backend):
    mode = {"repeated_transaction": RepeatedTransaction.NEW_EVENT_UNDER_CONCURRENCY}
    async with (
        tenant(emulator=Station, **mode) as server,
        adapter(server) as one,
        adapter(server) as other,
    ):
        server.faults.add("DELETE /{event}", Fault(status=412))
        rows = await add_at_once(server, [one, other], [keyed(), keyed()], HOME)
        assert [row.status for row in rows] == [CONFLICT, CONFLICT]
        assert len(items(server)) == 2


@EVERY_MODE
async def test_an_event_that_is_older_than_the_call_is_not_created(anyio_backend, mode):
    """Another call has made it between the look and the write of this one, by Graph's clock long ago."""
    clock = Clock()
    async with tenant(now=clock, **mode) as server, adapter(server) as slow:
        plan = await slow.plan(HOME, [keyed()])
        (first,) = await add(server, keyed())
        clock.now += timedelta(minutes=1)
        (row,) = await finish(slow, plan)
        assert (first.status, row.status, row.event.id) == (CREATED, UNCHANGED, first.event.id)
        assert len(items(server)) == 1


async def test_a_transaction_that_is_forgotten_makes_a_twin_of_which_the_older_stays(anyio_backend):
    clock = Clock()
    async with tenant(now=clock, transaction_memory=timedelta(0)) as server, adapter(server) as slow:
        plan = await slow.plan(HOME, [keyed()])
        (first,) = await add(server, keyed())
        clock.now += timedelta(minutes=1)
        (row,) = await finish(slow, plan)
        assert (row.status, row.event.id) == (UNCHANGED, first.event.id)
        assert [item.id for item in items(server)] == [first.event.details.event_id]


@PLACES
@EVERY_MODE
async def test_a_lost_answer_is_settled_by_sending_again_and_looking(anyio_backend, mode, place):
    async with tenant(**mode) as server:
        server.faults.add(WRITE, Fault(cut=Cut.AFTER_WRITE), calls=[1])
        (row,) = await add(server, keyed(), place=place)
        assert (row.status, row.stored, row.event.key) == (CREATED, True, KEY)
        assert len(items(server)) == 1
        first, second = sent(server)
        assert first.body == second.body


@EVERY_MODE
async def test_what_may_still_be_written_is_unknown_and_repeating_the_call_finds_it(anyio_backend, mode):
    async with tenant(**mode) as server:
        server.faults.add(WRITE, Fault(cut=Cut.LATE_WRITE, delay=HELD), calls=[1])
        server.faults.add(WRITE, Fault(cut=Cut.BEFORE_WRITE))
        (row,) = await add(server, keyed())
        assert (row.status, problem_of(row).retryable) == (UNKNOWN, True)
        assert "Repeating the call with the same key is safe." in problem_of(row).hint
        assert items(server) == []
        server.faults.clear()
        server.faults.release()
        (again,) = await add(server, keyed())
        assert (again.status, len(items(server))) == (UNCHANGED, 1)


async def test_an_event_that_was_lost_on_its_way_is_made_anew(anyio_backend):
    async with tenant() as server:
        server.faults.add(WRITE, Fault(lose=frozenset({0})), calls=[1])
        (row,) = await add(server, keyed())
        assert row.status is CREATED
        assert row.event.details.event_id == items(server)[0].id


async def test_where_the_look_after_a_write_fails_it_is_not_said_that_there_is_one(anyio_backend):
    async with tenant() as server, adapter(server) as own:
        plan = await own.plan(HOME, [keyed()])
        server.faults.add("GET /{calendar}/events", Fault(status=403))
        (row,) = await finish(own, plan)
        assert (row.status, row.event.key) == (UNKNOWN, KEY)
        assert problem_of(row).code is Code.FORBIDDEN
        assert "safe" in problem_of(row).hint


@pytest.mark.parametrize("works", [True, False])
async def test_in_the_calendar_of_a_group_a_lost_answer_is_settled_by_a_look_alone(anyio_backend, works):
    group = CalendarId(SOURCE, ("groups", SRE, "calendar"))
    async with tenant(group_transactions=works) as server:
        alice = server.emulator.tokens.of(ALICE).authorization
        server.faults.add(WRITE, Fault(cut=Cut.AFTER_WRITE), calls=[1])
        (row,) = await add(server, keyed(), place=group, authorization=alice)
        (again,) = await add(server, keyed(), place=group, authorization=alice)
        assert (row.status, again.status) == (CREATED, UNCHANGED)
        assert len(sent(server)) == 1
        (found,) = await find(server, place=group, authorization=alice)
        assert found.id == row.event.id


@PLACES
async def test_a_calendar_is_one_however_it_is_addressed(anyio_backend, place):
    """Two that have both seen none, and write by other names, make one event."""
    async with tenant() as server:
        owner = server.emulator.state.find(OUTAGES)
        name = EMPTY if place is HOME else owner.default_calendar.id
        ways = [(way, "calendars", name) for way in (OUTAGES, owner.owner_id)]
        if place is DEFAULT:
            ways += [(OUTAGES, "calendar"), (owner.owner_id,)]
        calls = [CalendarId(SOURCE, ("users", *way)) for way in ways]
        async with adapter(server) as own:
            plans = [await own.plan(way, [keyed()]) for way in calls]
            for plan in plans:
                await finish(own, plan)
        assert len(items(server)) == 1


@pytest.mark.parametrize("titles", [("New", "New"), ("New", "Newer")], ids=["same", "differing"])
async def test_two_calls_that_update_at_the_same_moment_agree_or_say_so(anyio_backend, titles):
    async with tenant() as server, adapter(server) as one, adapter(server) as other:
        await add(server, keyed())
        plans = [
            await own.plan(HOME, [keyed(title)], on_existing=OnExisting.UPDATE)
            for own, title in zip((one, other), titles, strict=True)
        ]
        rows = [(await finish(own, plan))[0] for own, plan in zip((one, other), plans, strict=True)]
        assert [row.status for row in rows] == [UPDATED, UNCHANGED if titles[0] == titles[1] else CONFLICT]
        (item,) = items(server)
        assert item.subject == "New"
        assert rows[1].event.title == "New"


async def test_an_add_that_wants_an_update_makes_so_what_another_call_has_just_added(anyio_backend):
    async with tenant() as server, adapter(server) as slow:
        plan = await slow.plan(HOME, [keyed("Newer")], on_existing=OnExisting.UPDATE)
        await add(server, keyed())
        (row,) = await finish(slow, plan)
        assert (row.status, row.event.title, row.event.key) == (UPDATED, "Newer", KEY)
        (item,) = items(server)
        assert item.subject == "Newer"


async def test_an_update_whose_answer_is_lost_is_settled_by_a_look(anyio_backend):
    async with tenant() as server:
        await add(server, keyed())
        server.faults.add("PATCH /{event}", Fault(cut=Cut.AFTER_WRITE))
        (row,) = await add(server, keyed("Newer"), on_existing=OnExisting.UPDATE)
        assert (row.status, row.event.title) == (UPDATED, "Newer")


async def test_an_update_that_may_still_be_done_is_unknown_and_safe_to_repeat(anyio_backend):
    async with tenant() as server:
        await add(server, keyed())
        server.faults.add("PATCH /{event}", Fault(cut=Cut.BEFORE_WRITE))
        (row,) = await add(server, keyed("Newer"), on_existing=OnExisting.UPDATE)
        assert (row.status, problem_of(row).retryable) == (UNKNOWN, True)
        assert "safe" in problem_of(row).hint
        server.faults.clear()
        (again,) = await add(server, keyed("Newer"), on_existing=OnExisting.UPDATE)
        assert again.status is UPDATED


def many(count):
    return [
        keyed(f"{n:02}", f"CHG-{n:02}", start=at(MORNING + n * HOUR), end=at(MORNING + (n + 1) * HOUR))
        for n in range(count)
    ]


@PLACES
async def test_many_events_with_keys_are_looked_up_and_made_in_batches(anyio_backend, place):
    """25 events: two batches to look, two to write, two to look again; twice that to look in two places."""
    async with tenant() as server:
        rows = await add(server, *many(25), place=place)
        assert {row.status for row in rows} == {CREATED}
        posts = len(sent(server))
        assert posts == (8 if place is HOME else 6)
        assert len(sent(server, "GET")) == (0 if place is HOME else 1)
        again = await add(server, *many(25), place=place)
        assert {row.status for row in again} == {UNCHANGED}
        assert [row.event.id for row in again] == [row.event.id for row in rows]
        assert len(sent(server)) - posts == 4


@EVERY_MODE
async def test_two_calls_that_add_many_events_make_each_once(anyio_backend, mode):
    async with tenant(**mode) as server, adapter(server) as one, adapter(server) as other:
        plans = [await own.plan(HOME, many(7)) for own in (one, other)]
        first, second = await asyncio.gather(finish(one, plans[0]), finish(other, plans[1]))
        for number, rows in enumerate(zip(first, second, strict=True)):
            (item,) = items(server, key=f"CHG-{number:02}")
            assert {row.status for row in rows} <= {CREATED, UNCHANGED}
            assert {row.event.details.event_id for row in rows} == {item.id}


async def test_batches_whose_items_are_throttled_make_each_event_once(anyio_backend):
    async with tenant(batch_exceeds_concurrency=True) as server:
        rows = await add(server, *many(9))
        assert {row.status for row in rows} == {CREATED}
        assert [len(items(server, key=f"CHG-{n:02}")) for n in range(9)] == [1] * 9


async def test_a_place_in_a_batch_that_fails_leaves_the_others(anyio_backend):
    async with tenant() as server:
        await add(server, keyed("Taken", "CHG-03"))
        rows = await add(server, *many(6))
        assert [row.status for row in rows] == [CREATED] * 3 + [CONFLICT] + [CREATED] * 2


@PLACES
@pytest.mark.parametrize("count", [1, 6])
async def test_what_is_planned_is_sent_byte_for_byte(anyio_backend, place, count):
    async with tenant() as server, adapter(server) as own:
        plan = await own.plan(place, many(count))
        began = len(server.exchanges)
        await finish(own, plan)
        done = [exchange.request for exchange in list(server.exchanges)[began:]]
        assert [(one.method, one.target, one.body or None) for one in done] == [
            (one.method, one.path, one.body) for step in plan.steps for one in step.requests
        ]
