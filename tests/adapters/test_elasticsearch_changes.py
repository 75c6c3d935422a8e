"""Changing and removing events of an ML calendar, which cannot change one: another takes its place."""

import asyncio
from contextlib import aclosing, asynccontextmanager
from datetime import timedelta

import msgspec
import pytest

from gateway.adapters.base import EventRemoval
from gateway.adapters.deadline import Deadline
from gateway.adapters.outcome import WriteStatus
from gateway.errors import Code, InvalidId, InvalidInput, Refused
from gateway.model.elasticsearch import ElasticsearchEventOptions
from gateway.model.event import EventLocation, SourceKind
from gateway.model.time import EventTime
from gateway.sandbox.faults import HELD, Cut, Fault
from gateway.sandbox.http import Response
from gateway.sandbox.principals import MONITOR_ML

from .conformance import DAY, HOUR, MORNING, change, draft, titles
from .elasticsearch_bench import READ, REMOVE, WRITE, behind_proxy, connect, open_bench
from .retry_clock import RetryClock

pytestmark = pytest.mark.anyio

OWN = {"X-Elastic-Product": "Elasticsearch", "Content-Type": "application/json"}
DONE = Response(status=200, headers=OWN, body=b'{"acknowledged":true}')
PLANNED = "/_ml/calendars/empty/events"
LATE = Fault(cut=Cut.LATE_WRITE, delay=HELD)


@pytest.fixture
async def bench(anyio_backend):
    async with open_bench() as bench:
        yield bench


def flags(**options):
    return {SourceKind.ELASTICSEARCH: ElasticsearchEventOptions(**options)}


def with_flags(**options):
    return msgspec.structs.replace(draft(), options=flags(**options))


def arrived(bench, since=0):
    return [exchange.request.method for exchange in list(bench.server.exchanges)[since:]]


@asynccontextmanager
async def somebody_else(bench):
    """Another gateway on the same cluster: it knows nothing of our locks."""
    async with aclosing(connect(bench.server.url)) as source:
        yield source.adapter(bench.call())


async def removed_by(adapter, event):
    outcome = await adapter.apply_event(await adapter.plan_event(EventRemoval(event=event)))
    assert outcome.status is WriteStatus.DELETED


# What is sent


async def test_the_new_event_is_added_and_seen_before_the_old_one_goes(bench):
    (old,) = await bench.stored(with_flags(skip_result=False))
    began = len(bench.server.exchanges)
    new_end = EventTime(instant=MORNING + 3 * HOUR)
    outcome = await bench.carry_out(change(old, end=new_end))
    asked = [exchange.request for exchange in list(bench.server.exchanges)[began:]]
    look, post, seen, delete, again = [it for it in asked if "/events" in it.target]
    assert look.target == seen.target == again.target
    assert (post.method, post.target) == ("POST", PLANNED)
    assert msgspec.json.decode(post.body) == {
        "events": [
            {
                "description": "Maintenance",
                "start_time": 1805101200000,
                "end_time": 1805112000000,
                "skip_result": False,
                "skip_model_update": True,
            }
        ]
    }
    assert (delete.method, delete.target) == ("DELETE", f"{PLANNED}/{old.details.event_id}")
    assert outcome.previous_id == old.id
    assert not delete.body
    assert "content-type" not in delete.headers


async def test_a_flag_changes_alone_and_the_others_stay(bench):
    (old,) = await bench.stored(with_flags(skip_result=False, force_time_shift=-3600))
    options = flags(skip_result=True, skip_model_update=True, force_time_shift=-3600)
    amended = change(old, options=options)
    outcome = await bench.carry_out(
        msgspec.structs.replace(amended, changed=frozenset({"elasticsearch.skip_result"}))
    )
    assert outcome.status is WriteStatus.UPDATED
    (event,) = await bench.read()
    assert (event.details.skip_result, event.details.force_time_shift) == (True, -3600)


async def test_what_would_differ_in_nothing_that_is_held_is_left_as_it_is_and_said(bench):
    (old,) = await bench.stored(draft())
    adapter = bench.adapter()
    step = await adapter.plan_event(change(old, location=EventLocation(display_name="Room 1")))
    assert [warning.field for warning in step.warnings] == ["location"]
    assert [request.method for request in step.requests] == ["GET"]
    began = len(bench.server.exchanges)
    outcome = await adapter.apply_event(step)
    assert arrived(bench, began) == ["GET"]
    assert (outcome.status, outcome.event, outcome.stored) == (WriteStatus.UNCHANGED, old, True)


async def test_what_would_be_refused_or_lost_is_refused_before_anything_is_sent(bench):
    (old,) = await bench.stored(draft())
    began = len(bench.server.exchanges)
    with pytest.raises(InvalidInput) as caught:
        await bench.adapter().plan_event(change(old, title="é" * 20_000))
    assert caught.value.problem.path == ("title",)
    assert arrived(bench, began) == []


@pytest.mark.parametrize(
    "name", ["elasticsearch:empty/events/1805101200000/calendar_empty", "elasticsearch:empty"]
)
async def test_what_is_no_event_is_not_removed_for_that_would_remove_the_calendar(bench, name):
    (event,) = await bench.stored(draft())
    with pytest.raises(InvalidId):
        await bench.adapter().plan_event(EventRemoval(event=msgspec.structs.replace(event, id=name)))
    assert len(await bench.read()) == 1


# Never without the mute


async def test_where_the_new_event_is_lost_without_a_word_the_old_one_stays(bench):
    (old,) = await bench.stored(draft())
    bench.faults.add(WRITE, Fault(lose=frozenset({0})))
    outcome = await bench.carry_out(change(old, title="Changed"))
    assert outcome.status is WriteStatus.FAILED
    assert (outcome.problem.code, outcome.problem.retryable) == (Code.NOT_STORED, True)
    assert "DELETE" not in arrived(bench)
    assert await bench.read() == [old]


async def test_an_older_event_like_the_new_one_does_not_stand_in_for_it(bench):
    old, _ = await bench.stored(draft(), draft("Changed"))
    bench.faults.add(WRITE, Fault(lose=frozenset({0})))
    outcome = await bench.carry_out(change(old, title="Changed"))
    assert outcome.status is WriteStatus.FAILED
    assert sorted(titles(await bench.read())) == ["Changed", "Maintenance"]


async def test_without_a_look_before_nothing_is_sent(bench):
    (old,) = await bench.stored(draft())
    bench.faults.add(READ, Fault(status=500), calls=range(1, 5))
    began = len(bench.server.exchanges)
    outcome = await bench.carry_out(change(old, title="Changed"))
    assert outcome.status is WriteStatus.FAILED
    assert outcome.problem.hint == "Nothing was written."
    assert set(arrived(bench, began)) == {"GET"}


async def test_a_new_event_that_cannot_be_looked_for_does_not_cost_the_old_one(bench):
    (old,) = await bench.stored(draft())
    bench.faults.add(READ, Fault(status=503), calls=range(2, 6))
    outcome = await bench.carry_out(change(old, title="Changed"))
    assert outcome.status is WriteStatus.UNKNOWN
    assert not outcome.problem.retryable
    assert "old event is left as it was" in outcome.problem.hint
    assert "DELETE" not in arrived(bench)
    assert old in await bench.read()


async def test_a_new_event_whose_answer_was_cut_off_is_found_and_takes_its_place(bench):
    (old,) = await bench.stored(draft())
    began = len(bench.server.exchanges)
    bench.faults.add(WRITE, Fault(cut=Cut.AFTER_WRITE))
    outcome = await bench.carry_out(change(old, title="Changed"))
    assert outcome.status is WriteStatus.UPDATED
    assert arrived(bench, began) == ["GET", "POST", "GET", "DELETE", "GET"]


@pytest.mark.parametrize("status", [429, 503])
async def test_a_new_event_that_a_busy_cluster_wrote_all_the_same_takes_its_place(bench, status):
    (old,) = await bench.stored(draft())
    bench.faults.add(WRITE, Fault(status=status, is_written=True))
    outcome = await bench.carry_out(change(old, title="Changed"))
    assert outcome.status is WriteStatus.UPDATED
    assert await bench.read() == [outcome.event]


@pytest.mark.parametrize("status", [429, 503])
async def test_a_new_event_that_a_busy_cluster_did_not_write_leaves_the_old_one_and_fails(bench, status):
    (old,) = await bench.stored(draft())
    bench.faults.add(WRITE, Fault(status=status))
    outcome = await bench.carry_out(change(old, title="Changed"))
    assert (outcome.status, outcome.problem.retryable) == (WriteStatus.FAILED, True)
    assert await bench.read() == [old]


# Where the old event will not go


async def test_where_the_old_event_is_not_let_go_both_are_there_and_named(bench):
    (old,) = await bench.stored(draft())
    bench.faults.add(REMOVE, Fault(status=429))
    outcome = await bench.carry_out(change(old, title="Changed"))
    bench.faults.clear()
    assert outcome.status is WriteStatus.CONFLICT
    assert (outcome.previous_id, outcome.stored) == (old.id, True)
    assert (outcome.problem.code, outcome.problem.retryable) == (Code.RATE_LIMITED, False)
    assert outcome.problem.hint.startswith(f"Remove {old.id} ")
    assert {event.id for event in await bench.read()} == {old.id, outcome.event.id}
    await removed_by(bench.adapter(), old)
    assert await bench.read() == [outcome.event]


async def test_an_old_event_that_may_still_go_is_unknown_and_both_are_named(bench):
    (old,) = await bench.stored(draft())
    bench.faults.add(REMOVE, LATE)
    outcome = await bench.carry_out(change(old, title="Changed"))
    assert outcome.status is WriteStatus.UNKNOWN
    assert outcome.problem.code is Code.NO_ANSWER
    assert old.id in outcome.problem.message
    assert outcome.event.id in outcome.problem.message
    bench.faults.release()
    assert await bench.read() == [outcome.event]


async def test_what_is_said_to_be_removed_and_is_still_shown_is_not_believed(bench):
    (old,) = await bench.stored(draft())

    async def work(adapter):
        return await adapter.apply_event(await adapter.plan_event(change(old, title="Changed")))

    outcome = await behind_proxy(bench, {REMOVE: DONE}, work)
    assert outcome.status is WriteStatus.CONFLICT
    assert outcome.problem.code is Code.UNEXPECTED_ANSWER
    assert len(await bench.read()) == 2


async def test_without_the_last_look_it_is_unknown_and_the_new_event_is_named(bench):
    (old,) = await bench.stored(draft())
    bench.faults.add(READ, Fault(status=503), calls=range(3, 7))
    outcome = await bench.carry_out(change(old, title="Changed"))
    assert outcome.status is WriteStatus.UNKNOWN
    assert outcome.previous_id == old.id
    assert await bench.read() == [outcome.event]


# Others at work


async def test_of_two_changes_at_once_one_finds_the_event_gone(bench):
    (old,) = await bench.stored(draft())
    outcomes = await asyncio.gather(
        bench.carry_out(change(old, title="One")), bench.carry_out(change(old, title="Other"))
    )
    done, late = sorted(outcomes, key=lambda outcome: outcome.status, reverse=True)
    assert (done.status, late.status) == (WriteStatus.UPDATED, WriteStatus.FAILED)
    assert late.problem.code is Code.NOT_FOUND
    assert await bench.read() == [done.event]


async def test_an_old_event_that_somebody_else_removed_just_then_is_gone_as_was_wished(bench):
    (old,) = await bench.stored(draft())
    bench.faults.add(REMOVE, Fault(delay=HELD), calls=(1,))
    changing = asyncio.create_task(bench.carry_out(change(old, title="Changed")))
    await bench.faults.arrival()
    async with somebody_else(bench) as other:
        await removed_by(other, old)
    bench.faults.release()
    outcome = await changing
    assert outcome.status is WriteStatus.UPDATED
    assert await bench.read() == [outcome.event]


async def test_a_new_event_that_somebody_else_removed_just_then_is_not_updated(bench):
    (old,) = await bench.stored(draft())
    bench.faults.add(REMOVE, Fault(delay=HELD), calls=(1,))
    changing = asyncio.create_task(bench.carry_out(change(old, title="Changed")))
    await bench.faults.arrival()
    (new,) = [event for event in await bench.read() if event.id != old.id]
    async with somebody_else(bench) as other:
        await removed_by(other, new)
    bench.faults.release()
    outcome = await changing
    assert outcome.status is WriteStatus.UNKNOWN
    assert (outcome.problem.code, outcome.problem.retryable) == (Code.NOT_STORED, False)
    assert new.id in outcome.problem.message


@pytest.mark.parametrize("wanted", [{"title": "Other"}, {"start": EventTime(instant=MORNING - 40 * DAY)}])
async def test_of_two_changes_under_a_key_at_once_the_later_one_names_both_events(bench, wanted):
    """Both have looked before either writes, whatever the other one makes of it, and wherever it moves it."""
    (old,) = await bench.stored(draft("Old [#OPS-7]"))
    bench.faults.add(WRITE, Fault(delay=HELD), calls=(1,))
    first = asyncio.create_task(bench.carry_out(change(old, title="One")))
    await bench.faults.arrival()
    async with somebody_else(bench) as other:
        plan = await other.plan_event(change(old, **wanted))
        done = await other.apply_event(plan)
    bench.faults.release()
    late = await first
    assert (done.status, late.status) == (WriteStatus.UPDATED, WriteStatus.CONFLICT)
    assert late.problem.code is Code.AMBIGUOUS_KEY
    assert set(late.ids) == {done.event.id, late.event.id}
    assert all(name in late.problem.message for name in late.ids)


async def change_at_once(bench, old, **wanted):
    """The outcomes of one change that is made twice: both have looked before either writes."""
    bench.faults.add(WRITE, Fault(delay=HELD), calls=(1,))
    late = asyncio.create_task(bench.carry_out(change(old, **wanted)))
    await bench.faults.arrival()
    async with somebody_else(bench) as other:
        done = await other.apply_event(await other.plan_event(change(old, **wanted)))
    bench.faults.release()
    return done, await late


async def test_of_two_equal_changes_under_a_key_at_once_one_event_is_left(bench):
    """The one with the smallest id, whoever made it."""
    (old,) = await bench.stored(draft("Old [#OPS-7]"))
    done, late = await change_at_once(bench, old, title="One")
    (left,) = await bench.read()
    assert (done.status, late.status) == (WriteStatus.UPDATED, WriteStatus.UPDATED)
    assert (late.event, late.previous_id, late.is_shared) == (left, old.id, True)
    assert (left.title, left.key) == ("One", "OPS-7")


async def test_a_twin_of_a_change_that_cannot_be_removed_is_named(bench):
    (old,) = await bench.stored(draft("Old [#OPS-7]"))
    bench.faults.add(REMOVE, Fault(status=403), calls=(3,))
    done, late = await change_at_once(bench, old, title="One")
    assert (done.status, late.status) == (WriteStatus.UPDATED, WriteStatus.CONFLICT)
    assert late.problem.code is Code.AMBIGUOUS_KEY
    assert {event.id for event in await bench.read()} == set(late.ids)


async def test_twins_that_shift_clocks_stay_and_are_named(bench):
    """They may have begun to, and nothing undoes that."""
    (old,) = await bench.stored(draft("Old [#OPS-7]"))
    _, late = await change_at_once(bench, old, options=flags(force_time_shift=60))
    assert (late.status, late.problem.code) == (WriteStatus.CONFLICT, Code.AMBIGUOUS_KEY)
    assert len(await bench.read()) == 2


async def replaced_meanwhile(bench, old, *others, status=None):
    """The outcome of a change whose new event went for a twin before the old one was to go."""
    bench.faults.add(REMOVE, Fault(delay=HELD, status=status), calls=(1,))
    changing = asyncio.create_task(bench.carry_out(change(old, title="One")))
    await bench.faults.arrival()
    (new,) = [event for event in await bench.read() if event.id != old.id]
    async with somebody_else(bench) as other:
        twin, *_ = await bench.write(*map(draft, ("One [#OPS-7]", *others)), adapter=other)
        await removed_by(other, new)
    bench.faults.release()
    return twin.event, await changing


async def test_the_old_event_is_named_if_it_stays_beside_a_twin_of_the_new_one(bench):
    (old,) = await bench.stored(draft("Old [#OPS-7]"))
    twin, outcome = await replaced_meanwhile(bench, old, status=429)
    assert (outcome.status, outcome.event, outcome.previous_id) == (WriteStatus.CONFLICT, twin, old.id)
    assert outcome.problem.hint.startswith(f"Remove {old.id} ")
    assert {event.id for event in await bench.read()} == {old.id, twin.id}


async def test_another_event_is_named_if_it_bears_the_key_beside_a_twin_of_the_new_one(bench):
    (old,) = await bench.stored(draft("Old [#OPS-7]"))
    _, outcome = await replaced_meanwhile(bench, old, "Two [#OPS-7]")
    assert (outcome.status, outcome.problem.code) == (WriteStatus.CONFLICT, Code.AMBIGUOUS_KEY)
    assert {event.id for event in await bench.read()} == set(outcome.ids)
    assert len(outcome.ids) == 2


async def test_without_a_key_two_equal_changes_at_once_leave_two_events(bench):
    """Equal events without a key may be meant as two."""
    (old,) = await bench.stored(draft("Old"))
    done, late = await change_at_once(bench, old, title="One")
    assert (done.status, late.status) == (WriteStatus.UPDATED, WriteStatus.UPDATED)
    assert len(await bench.read()) == 2


async def test_where_it_cannot_be_told_who_else_changed_an_event_under_a_key_that_is_unknown(bench):
    (old,) = await bench.stored(draft("Old [#OPS-7]"))
    bench.faults.add(REMOVE, Fault(status=404))
    bench.faults.add(READ, Fault(status=403), calls=(4,))
    bench.faults.add(WRITE, Fault(delay=HELD), calls=(1,))
    changing = asyncio.create_task(bench.carry_out(change(old, title="Changed")))
    await bench.faults.arrival()
    del bench.server.emulator.cluster.meta[old.id.rpartition("/")[2]]
    bench.faults.release()
    outcome = await changing
    assert (outcome.status, outcome.problem.code) == (WriteStatus.UNKNOWN, Code.FORBIDDEN)
    assert [outcome.event] == await bench.read()


async def test_a_change_and_an_add_at_once_do_not_take_each_others_events_for_their_own(bench):
    (old,) = await bench.stored(draft())
    (added,), changed = await asyncio.gather(
        bench.write(draft("Twin")), bench.carry_out(change(old, title="Twin"))
    )
    assert {event.id for event in await bench.read()} == {added.event.id, changed.event.id}


# Removing


async def test_a_removal_is_one_request_and_a_look_before_it_where_a_revision_must_hold(bench):
    first, second = await bench.stored(draft(), draft("b"))
    began = len(bench.server.exchanges)
    await bench.carry_out(EventRemoval(event=first))
    assert arrived(bench, began) == ["DELETE"]
    await bench.carry_out(EventRemoval(event=second, revision=second.revision))
    assert arrived(bench, began) == ["DELETE", "GET", "DELETE"]


async def test_in_a_calendar_that_is_gone_nothing_is_said_to_be_removed(bench):
    (event,) = await bench.stored(draft())
    name = event.id.replace(":empty/", ":nobody-made-this/")
    gone = msgspec.structs.replace(event, id=name, calendar_id=str(bench.unknown_calendar))
    for revision in (None, event.revision):
        outcome = await bench.carry_out(EventRemoval(event=gone, revision=revision))
        assert outcome.status is WriteStatus.FAILED
        assert outcome.problem.code is Code.NOT_FOUND


@pytest.mark.parametrize("again", [None, Fault(status=429), Fault(status=503), Fault(status=403)])
@pytest.mark.parametrize("lost", [Fault(cut=Cut.BEFORE_WRITE), Fault(cut=Cut.AFTER_WRITE), LATE])
async def test_a_removal_whose_answer_was_lost_is_sent_again_until_one_comes(bench, lost, again):
    """A refusal is about the last one only: the first may still come."""
    (event,) = await bench.stored(draft())
    bench.faults.add(REMOVE, lost, calls=[1])
    if again is not None:
        bench.faults.add(REMOVE, again, calls=[2])
    began = len(bench.server.exchanges)
    outcome = await bench.carry_out(EventRemoval(event=event))
    assert (outcome.status, outcome.problem) == (WriteStatus.DELETED, None)
    looks = ["GET"] if lost.cut is Cut.AFTER_WRITE else []
    assert arrived(bench, began) == [*["DELETE"] * (2 if again is None else 3), *looks]
    assert await bench.read() == []
    bench.faults.release()
    (anew,) = await bench.stored(draft())
    assert await bench.read() == [anew]


async def test_a_removal_that_is_never_answered_is_sent_a_few_times_and_unknown(bench):
    (event,) = await bench.stored(draft())
    began = len(bench.server.exchanges)
    bench.faults.add(REMOVE, Fault(cut=Cut.BEFORE_WRITE))
    outcome = await bench.carry_out(EventRemoval(event=event))
    assert (outcome.status, outcome.problem.code) == (WriteStatus.UNKNOWN, Code.NO_ANSWER)
    assert arrived(bench, began) == [*["DELETE"] * 6, "GET"]
    assert await bench.read() == [event]


async def test_a_removal_is_not_sent_again_when_there_is_no_time_for_that(bench):
    (event,) = await bench.stored(draft())
    clock = RetryClock()
    retries = clock.retries(first_wait=timedelta(seconds=100))
    bench.faults.add(REMOVE, Fault(cut=Cut.BEFORE_WRITE))
    call = bench.call()
    call.log.deadline = Deadline(150, lambda: clock.now)
    async with aclosing(connect(bench.server.url, retries=retries)) as source:
        adapter = source.adapter(call)
        outcome = await adapter.apply_event(await adapter.plan_event(EventRemoval(event=event)))
    assert outcome.status is WriteStatus.UNKNOWN
    assert clock.slept == [100]
    assert arrived(bench).count("DELETE") == 2


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("is_written", [True, False])
async def test_a_removal_that_a_busy_cluster_answers_is_settled_by_looking(bench, status, is_written):
    (event,) = await bench.stored(draft())
    bench.faults.add(REMOVE, Fault(status=status, is_written=is_written))
    outcome = await bench.carry_out(EventRemoval(event=event))
    assert outcome.status is (WriteStatus.DELETED if is_written else WriteStatus.FAILED)
    assert await bench.read() == ([] if is_written else [event])


async def test_a_removal_without_an_answer_or_a_look_is_unknown(bench):
    (event,) = await bench.stored(draft())
    bench.faults.add(REMOVE, Fault(cut=Cut.AFTER_WRITE))
    bench.faults.add(READ, Fault(status=503))
    outcome = await bench.carry_out(EventRemoval(event=event))
    assert outcome.status is WriteStatus.UNKNOWN
    assert outcome.problem.code is Code.NO_ANSWER
    assert "Repeat the call" in outcome.problem.hint


async def test_a_key_that_may_only_monitor_learns_what_it_lacks_to_remove(bench):
    (event,) = await bench.stored(draft())
    async with aclosing(connect(bench.server.url, authorization=MONITOR_ML.authorization)) as source:
        adapter = source.adapter(bench.call())
        outcome = await adapter.apply_event(await adapter.plan_event(EventRemoval(event=event)))
    assert outcome.status is WriteStatus.FAILED
    assert outcome.problem.code is Code.FORBIDDEN
    assert "manage_ml" in outcome.problem.hint


# Time shifts


@asynccontextmanager
async def at(bench, clock):
    """An adapter whose clock shows what `clock` holds at the moment."""
    async with aclosing(connect(bench.server.url, now=lambda: clock["now"])) as source:
        yield source.adapter(bench.call())


def actions(event):
    return [change(event, title="Changed"), EventRemoval(event=event)]


@pytest.mark.parametrize("later", [timedelta(0), 100 * DAY], ids=["as it begins", "long after its end"])
async def test_a_shift_that_has_begun_is_not_changed_or_removed(bench, later):
    (event,) = await bench.stored(with_flags(force_time_shift=3600))
    async with at(bench, {"now": MORNING + later}) as adapter:
        for action in actions(event):
            with pytest.raises(Refused, match="shifts the clocks") as caught:
                await adapter.plan_event(action)
            assert "not undone" in caught.value.problem.hint
    assert await bench.read() == [event]


async def test_a_shift_that_begins_between_plan_and_write_is_left_alone_too(bench):
    (event,) = await bench.stored(with_flags(force_time_shift=3600))
    clock = {"now": MORNING - timedelta(microseconds=1)}
    async with at(bench, clock) as adapter:
        steps = [await adapter.plan_event(action) for action in actions(event)]
        clock["now"] = MORNING
        began = len(bench.server.exchanges)
        for step in steps:
            outcome = await adapter.apply_event(step)
            assert (outcome.status, outcome.problem.code) == (WriteStatus.FAILED, Code.REFUSED)
    assert arrived(bench, began) == []


async def test_before_it_begins_a_shift_is_changed_and_removed(bench):
    (event,) = await bench.stored(with_flags(force_time_shift=3600))
    async with at(bench, {"now": MORNING - HOUR}) as adapter:
        outcome = await adapter.apply_event(await adapter.plan_event(change(event, title="Changed")))
        assert outcome.status is WriteStatus.UPDATED
        assert outcome.event.details.force_time_shift == 3600
        await removed_by(adapter, outcome.event)
    assert await bench.read() == []


@pytest.mark.parametrize("shift", [None, 0])
async def test_an_event_that_shifts_nothing_is_changed_and_removed_whenever(bench, shift):
    (event,) = await bench.stored(with_flags(force_time_shift=shift))
    async with at(bench, {"now": MORNING + DAY}) as adapter:
        outcome = await adapter.apply_event(await adapter.plan_event(change(event, title="Changed")))
        assert outcome.status is WriteStatus.UPDATED
        await removed_by(adapter, outcome.event)
