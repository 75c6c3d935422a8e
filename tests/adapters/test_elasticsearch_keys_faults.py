"""Keys in an ML calendar whose answers do not come, or come late, or lie."""

from contextlib import aclosing
from datetime import timedelta

import pytest

from gateway.adapters.base import OnExisting
from gateway.adapters.outcome import WriteStatus
from gateway.errors import Code
from gateway.sandbox.faults import HELD, Cut, Fault

from .conformance import WRITE_FAULTS, draft
from .elasticsearch_bench import EMPTY, READ, REMOVE, WRITE, connect, open_bench, sent
from .keyed_drafts import add, keyed, series
from .retry_clock import RetryClock

pytestmark = pytest.mark.anyio

RETURN, UPDATE = OnExisting.RETURN, OnExisting.UPDATE
CREATED, UPDATED, UNCHANGED = WriteStatus.CREATED, WriteStatus.UPDATED, WriteStatus.UNCHANGED
CONFLICT, FAILED, UNKNOWN = WriteStatus.CONFLICT, WriteStatus.FAILED, WriteStatus.UNKNOWN
LATE = Fault(cut=Cut.LATE_WRITE, delay=HELD)
MAKERS = pytest.mark.parametrize("make", [keyed, series])


@pytest.fixture
async def bench(anyio_backend):
    async with open_bench() as bench:
        yield bench


def titles_of(events):
    return sorted(event.title for event in events)


# Adding


@MAKERS
@pytest.mark.parametrize("fault", WRITE_FAULTS)
async def test_after_whatever_went_wrong_the_same_call_again_ends_with_the_event_once(bench, make, fault):
    bench.faults.add(WRITE, fault, calls=[1])
    (first,) = await add(bench.adapter(), make())
    assert first.status in {CREATED, FAILED, UNKNOWN}
    (again,) = await add(bench.adapter(), make())
    assert again.status in {CREATED, UNCHANGED}
    bench.faults.release()
    (last,) = await add(bench.adapter(), make())
    assert last.status is UNCHANGED
    assert [event.id for event in await bench.read()] == list(last.ids)


@MAKERS
async def test_what_was_written_before_the_answer_was_lost_is_found_by_looking(bench, make):
    bench.faults.add(WRITE, Fault(cut=Cut.AFTER_WRITE))
    (row,) = await add(bench.adapter(), make())
    assert (row.status, row.stored, row.problem) == (CREATED, True, None)
    assert len(sent(bench)) == 1


@MAKERS
async def test_what_is_not_seen_after_a_lost_answer_is_unknown_and_not_sent_again(bench, make):
    bench.faults.add(WRITE, LATE)
    (row,) = await add(bench.adapter(), make())
    assert (row.status, row.stored, row.ids) == (UNKNOWN, False, ())
    assert row.problem.code is Code.NO_ANSWER
    assert "Repeating the call with the same key is safe" in row.problem.hint
    assert row.problem.retryable
    assert len(sent(bench)) == 1


class Releasing(RetryClock):
    """A clock on which what is held goes on in the second sleep."""

    def __init__(self, bench):
        super().__init__()
        self._bench = bench

    async def sleep(self, seconds):
        await super().sleep(seconds)
        if len(self.slept) == 2:
            self._bench.faults.release()


@MAKERS
@pytest.mark.parametrize(("on_existing", "status"), [(RETURN, CREATED), (UPDATE, UPDATED)])
async def test_a_later_look_finds_what_is_written_a_moment_after_the_answer_was_lost(
    bench, make, on_existing, status
):
    if on_existing is UPDATE:
        await bench.write(draft("Old [#OPS-7]"))
    bench.faults.add(WRITE, LATE, calls=[1])
    clock = Releasing(bench)
    async with aclosing(connect(bench.server.url, retries=clock.retries())) as source:
        (row,) = await add(source.adapter(bench.call()), make(key="OPS-7"), on_existing=on_existing)
    assert (row.status, row.problem, len(clock.slept)) == (status, None, 2)
    assert len(sent(bench)) == 1 + (on_existing is UPDATE)
    assert {event.title for event in await bench.read()} == {make().title}


@MAKERS
async def test_a_repeat_finds_what_was_written_late(bench, make):
    bench.faults.add(WRITE, LATE)
    await add(bench.adapter(), make())
    bench.faults.release()
    (row,) = await add(bench.adapter(), make())
    assert row.status is UNCHANGED
    assert len(sent(bench)) == 1


@MAKERS
@pytest.mark.parametrize("on_existing", [RETURN, UPDATE])
async def test_what_is_written_even_after_the_repeat_is_a_twin_and_the_next_call_removes_it(
    bench, make, on_existing
):
    bench.faults.add(WRITE, LATE, calls=[1])
    await add(bench.adapter(), make(), on_existing=on_existing)
    (repeat,) = await add(bench.adapter(), make(), on_existing=on_existing)
    bench.faults.release()
    assert len(await bench.read()) == 2 * len(repeat.ids)
    (row,) = await add(bench.adapter(), make(), on_existing=on_existing)
    assert row.status is UNCHANGED
    assert [event.id for event in await bench.read()] == list(row.ids)


async def test_a_write_that_comes_while_its_repeat_is_on_its_way_leaves_one_event(bench):
    """The repeat has found nothing and posts: then the first is written, before the repeat looks again."""
    bench.faults.add(WRITE, LATE, calls=[1])
    await add(bench.adapter(), keyed())
    adapter = bench.adapter()
    plan = await adapter.plan(EMPTY, [keyed()])
    bench.faults.release()
    await bench.write(draft("Upgrade [#OPS-7]"))
    ((row,),) = [await adapter.apply(step) for step in plan.steps]
    assert row.status is UNCHANGED
    assert len(await bench.read()) == 1


async def test_what_was_lost_without_a_word_is_sent_once_more(bench):
    bench.faults.add(WRITE, Fault(lose=frozenset({1})), calls=[1])
    (row,) = await add(bench.adapter(), series())
    assert (row.status, len(row.ids)) == (CREATED, 3)
    assert [len(request.body) > 0 for request in sent(bench)] == [True, True]


async def test_what_is_lost_again_and_again_is_not_said_to_be_there(bench):
    bench.faults.add(WRITE, Fault(lose=frozenset({0})))
    (row,) = await add(bench.adapter(), keyed())
    assert (row.status, row.problem.code, row.problem.retryable) == (FAILED, Code.NOT_STORED, True)
    (row,) = await add(bench.adapter(), series(key="OPS-9"))
    assert (row.status, len(row.ids)) == (FAILED, 2)
    assert "1 of the 3 occurrences" in row.problem.message
    bench.faults.clear()
    (row,) = await add(bench.adapter(), series(key="OPS-9"), on_existing=UPDATE)
    assert (row.status, len(row.ids)) == (UPDATED, 3)


@pytest.mark.parametrize("status", [429, 503])
async def test_where_the_cluster_was_too_busy_and_a_look_finds_nothing_nothing_was_written(bench, status):
    bench.faults.add(WRITE, Fault(status=status))
    (row,) = await add(bench.adapter(), keyed())
    assert (row.status, row.problem.retryable) == (FAILED, True)


@pytest.mark.parametrize("status", [429, 503])
async def test_where_the_cluster_was_too_busy_after_the_write_a_look_finds_it(bench, status):
    bench.faults.add(WRITE, Fault(status=status, is_written=True))
    (row,) = await add(bench.adapter(), keyed())
    assert (row.status, row.problem) == (CREATED, None)


async def test_what_is_refused_is_not_written_and_the_others_are(bench):
    bench.faults.add(WRITE, Fault(status=400), calls=[1, 2])
    rows = await add(bench.adapter(), keyed(key="a"), keyed(key="b"), keyed(key="c"))
    assert sorted(row.status for row in rows) == sorted([FAILED, CREATED, CREATED])


async def test_where_it_cannot_be_looked_before_writing_nothing_is_written(bench):
    adapter = bench.adapter()
    plan = await adapter.plan(EMPTY, [keyed()])
    bench.faults.add(READ, Fault(status=403))
    ((row,),) = [await adapter.apply(step) for step in plan.steps]
    assert (row.status, row.problem.code, row.problem.hint is None) == (FAILED, Code.FORBIDDEN, False)
    assert sent(bench) == []


async def test_where_it_cannot_be_looked_after_writing_that_is_unknown(bench):
    adapter = bench.adapter()
    plan = await adapter.plan(EMPTY, [keyed()])
    bench.faults.add(READ, Fault(status=403), calls=[2])
    ((row,),) = [await adapter.apply(step) for step in plan.steps]
    assert (row.status, row.problem.code, row.stored) == (UNKNOWN, Code.FORBIDDEN, False)


async def test_what_was_seen_stays_so_where_a_later_look_for_others_fails(bench):
    await bench.write(draft("Old [#b]"))
    adapter = bench.adapter()
    plan = await adapter.plan(EMPTY, [keyed(key="a"), keyed(key="b")], on_existing=UPDATE)
    bench.faults.add(READ, Fault(status=403), calls=[3])
    (rows,) = [await adapter.apply(step) for step in plan.steps]
    assert [row.status for row in rows] == [CREATED, UNKNOWN]
    assert rows[1].event.title == "Upgrade"


async def test_the_deadline_of_a_request_leaves_an_honest_row(bench):
    bench.faults.add(WRITE, Fault(delay=HELD))
    async with aclosing(connect(bench.server.url, timedelta(milliseconds=100))) as source:
        (row,) = await add(source.adapter(bench.call()), keyed())
    assert row.status is UNKNOWN


# Updating


@MAKERS
@pytest.mark.parametrize("fault", WRITE_FAULTS)
async def test_an_update_that_went_wrong_leaves_the_old_event_or_the_new_one_and_never_none(
    bench, make, fault
):
    await bench.write(draft("Old [#OPS-7]"))
    bench.faults.add(WRITE, fault, calls=[1])
    (row,) = await add(bench.adapter(), make(key="OPS-7"), on_existing=UPDATE)
    there = {event.title for event in await bench.read()}
    if row.status is UPDATED:
        assert there == {make().title}
    else:
        assert row.status in {FAILED, UNKNOWN}
        assert there == {"Old"}
    (row,) = await add(bench.adapter(), make(key="OPS-7"), on_existing=UPDATE)
    assert row.status in {UPDATED, UNCHANGED}
    assert {event.title for event in await bench.read()} == {make().title}


@MAKERS
async def test_an_update_that_is_lost_without_a_word_leaves_the_old_event(bench, make):
    await bench.write(draft("Old [#OPS-7]"))
    bench.faults.add(WRITE, Fault(lose=frozenset({0})))
    (row,) = await add(bench.adapter(), make(key="OPS-7"), on_existing=UPDATE)
    assert (row.status, row.problem.code) == (FAILED, Code.NOT_STORED)
    assert "Old" in titles_of(await bench.read())
    assert sent(bench, "DELETE") == []


@pytest.mark.parametrize(
    "fault",
    [Fault(status=500), Fault(status=503), Fault(cut=Cut.BEFORE_WRITE), Fault(cut=Cut.AFTER_WRITE)],
)
async def test_a_deletion_is_tried_again_for_that_does_no_harm(bench, fault):
    await bench.write(draft("Old [#OPS-7]"))
    bench.faults.add(REMOVE, fault, calls=[1])
    (row,) = await add(bench.adapter(), keyed(), on_existing=UPDATE)
    assert (row.status, row.problem) == (UPDATED, None)
    assert titles_of(await bench.read()) == ["Upgrade"]


@pytest.mark.parametrize(
    ("fault", "status"),
    [(Fault(status=403), CONFLICT), (Fault(status=500), UNKNOWN), (Fault(cut=Cut.BEFORE_WRITE), UNKNOWN)],
)
async def test_what_cannot_be_deleted_is_named_beside_what_is_wanted(bench, fault, status):
    (old,) = await bench.stored(draft("Old [#OPS-7]"))
    bench.faults.add(REMOVE, fault)
    (row,) = await add(bench.adapter(), keyed(), on_existing=UPDATE)
    assert (row.status, row.stored, row.event.title) == (status, True, "Upgrade")
    assert old.details.event_id in row.problem.message
    assert titles_of(await bench.read()) == ["Old", "Upgrade"]


async def test_of_several_that_cannot_be_deleted_one_that_may_still_go_leaves_it_unknown(bench):
    old = await bench.stored(draft("Old [#OPS-7@20270315T0900Z]"), draft("Old [#OPS-7@20270316T0900Z]"))
    ids = [event.details.event_id for event in old]
    bench.faults.add(REMOVE, Fault(status=403), calls=[2, 9])  # the other one is sent six times, twice
    bench.faults.add(REMOVE, Fault(cut=Cut.BEFORE_WRITE))
    (row,) = await add(bench.adapter(), keyed(), on_existing=UPDATE)
    assert (row.status, row.problem.code) == (UNKNOWN, Code.NO_ANSWER)
    assert all(each in row.problem.message for each in ids)


async def test_an_update_deletes_nothing_that_came_after_it_had_looked(bench):
    await bench.write(draft("Old [#OPS-7]"))
    adapter = bench.adapter()
    plan = await adapter.plan(EMPTY, [keyed()], on_existing=UPDATE)
    await bench.write(draft("Stranger [#OPS-7]"))
    ((row,),) = [await adapter.apply(step) for step in plan.steps]
    assert (row.status, row.problem.code) == (CONFLICT, Code.AMBIGUOUS_KEY)
    assert titles_of(await bench.read()) == ["Old", "Stranger"]
