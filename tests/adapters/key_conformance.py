"""What every calendar adapter must do with keys, claimed once: a test class per adapter inherits it."""

from collections.abc import Sequence

import msgspec
import pytest

from gateway.adapters.base import (
    CalendarAdapter,
    EventRemoval,
    OnExisting,
    Plan,
    Step,
)
from gateway.adapters.outcome import Outcome, WriteStatus
from gateway.errors import Code, NotUnderKey, UpstreamError
from gateway.model.event import Draft, Event
from gateway.model.fields import ALWAYS
from gateway.sandbox.faults import Fault

from .conformance import DAY, MORNING, Bench, change, draft, problem_of, titles

KEY = "CHG-4711"
CREATED, UPDATED, UNCHANGED = WriteStatus.CREATED, WriteStatus.UPDATED, WriteStatus.UNCHANGED
CONFLICT, FAILED = WriteStatus.CONFLICT, WriteStatus.FAILED


def keyed(title: str = "Maintenance", key: str = KEY, days: int = 0) -> Draft:
    return msgspec.structs.replace(draft(title, MORNING + days * DAY), key=key)


async def add(bench: Bench, *drafts: Draft, on_existing: OnExisting = OnExisting.RETURN) -> Sequence[Outcome]:
    """What becomes of the drafts, in their order, in a call of its own."""
    adapter = bench.adapter()
    plan = await adapter.plan(bench.calendar, drafts, on_existing=on_existing)
    assert not plan.refused
    return await finish(adapter, plan)


async def finish(adapter: CalendarAdapter, plan: Plan) -> Sequence[Outcome]:
    """What becomes of what is planned, in the order of the drafts."""
    outcomes = [*plan.settled.values()]
    for step in plan.steps:
        outcomes += await adapter.apply(step)
    assert sorted(outcome.index for outcome in outcomes) == list(range(len(outcomes)))
    return sorted(outcomes, key=lambda outcome: outcome.index)


async def under(bench: Bench, key: str = KEY) -> Sequence[Event] | UpstreamError:
    return (await bench.adapter().by_keys(bench.calendar, {key}))[key]


def writes(bench: Bench) -> int:
    """How many requests have reached the emulator that were no reads."""
    return sum(exchange.request.method != "GET" for exchange in bench.server.exchanges)


class KeyConformance:
    """Inherited beside the others; asks the same fixture `bench`."""

    async def test_a_key_is_read_with_the_event_and_is_no_part_of_its_title(self, bench: Bench):
        (created,) = await add(bench, keyed())
        assert (created.status, created.stored) == (CREATED, True)
        assert created.event is not None
        found = await bench.find(created.event.id)
        (listed,) = await bench.read()
        assert {(event.title, event.key) for event in (created.event, found, listed)} == {
            ("Maintenance", KEY)
        }

    async def test_an_event_without_a_key_has_none(self, bench: Bench):
        await bench.write(draft())
        assert [event.key for event in await bench.read()] == [None]

    async def test_an_event_is_found_by_its_key_and_by_no_other(self, bench: Bench):
        rows = await add(bench, keyed(), keyed("Other", "CHG-5", 1), draft("none"))
        assert [row.status for row in rows] == [CREATED] * 3
        asked = [KEY, "CHG-5", "CHG-6", KEY[:-1]]
        found = await bench.adapter().by_keys(bench.calendar, asked)
        assert {key: titles(found[key]) for key in asked} == {
            KEY: ["Maintenance"],
            "CHG-5": ["Other"],
            "CHG-6": [],
            KEY[:-1]: [],
        }
        assert [event.id for event in found[KEY]] == list(rows[0].ids)

    async def test_an_event_with_the_key_in_another_case_is_not_under_it_and_is_named(self, bench: Bench):
        await add(bench, keyed(), keyed("Other", "CHG-5", 1))
        (event,) = await under(bench)
        asked = [KEY.lower(), "CHG-5"]
        found = await bench.adapter().by_keys(bench.calendar, asked)
        assert titles(found["CHG-5"]) == ["Other"]
        taken = found[KEY.lower()]
        assert isinstance(taken, NotUnderKey)
        assert taken.problem.code is Code.CONFLICT
        assert f"{event.id} bears " in taken.problem.message
        assert KEY in taken.problem.message

    async def test_by_key_all_that_was_asked_for_is_there(self, bench: Bench):
        await add(bench, keyed())
        (whole,) = await under(bench)
        fields = ALWAYS | {"title", "key"}
        (some,) = (await bench.adapter().by_keys(bench.calendar, {KEY}, fields=fields))[KEY]
        assert [getattr(some, name) for name in fields] == [getattr(whole, name) for name in fields]
        assert whole.calendar_id == some.calendar_id is not None

    @pytest.mark.parametrize("on_existing", [OnExisting.RETURN, OnExisting.UPDATE])
    async def test_the_same_call_again_changes_nothing_and_gives_the_same_event(
        self, bench: Bench, on_existing
    ):
        (first,) = await add(bench, keyed())
        sent = writes(bench)
        (again,) = await add(bench, keyed(), on_existing=on_existing)
        assert (again.status, again.stored, again.problem) == (UNCHANGED, True, None)
        assert again.ids == first.ids
        assert again.event is not None
        assert again.event.key == KEY
        assert writes(bench) == sent

    async def test_an_event_that_differs_is_a_conflict_that_shows_it_and_leaves_it(self, bench: Bench):
        (first,) = await add(bench, keyed())
        sent = writes(bench)
        (row,) = await add(bench, keyed("Another"))
        assert (row.status, row.ids) == (CONFLICT, first.ids)
        assert row.event is not None
        assert row.event.title == "Maintenance"
        assert row.problem is not None
        assert writes(bench) == sent

    async def test_an_event_that_differs_is_made_so_where_that_is_wished(self, bench: Bench):
        await add(bench, keyed())
        (row,) = await add(bench, keyed("Another", days=2), on_existing=OnExisting.UPDATE)
        assert (row.status, row.stored, row.problem) == (UPDATED, True, None)
        (event,) = await bench.read()
        assert (event.title, event.key, event.start.instant) == ("Another", KEY, MORNING + 2 * DAY)
        assert row.ids == (event.id,)
        (again,) = await add(bench, keyed("Another", days=2))
        assert again.status is UNCHANGED

    @pytest.mark.parametrize("title", ["Maintenance", "Another"])
    async def test_whoever_wants_no_event_there_is_refused_and_shown_it(self, bench: Bench, title):
        (first,) = await add(bench, keyed())
        sent = writes(bench)
        (row,) = await add(bench, keyed(title), on_existing=OnExisting.FAIL)
        assert (row.status, problem_of(row).code, row.ids) == (FAILED, Code.KEY_EXISTS, first.ids)
        assert writes(bench) == sent

    @pytest.mark.parametrize("on_existing", OnExisting)
    async def test_a_key_is_taken_whatever_its_case(self, bench: Bench, on_existing):
        await add(bench, keyed())
        sent = writes(bench)
        (row,) = await add(bench, keyed(key=KEY.lower()), on_existing=on_existing)
        assert row.status in {CONFLICT, FAILED}
        assert row.problem is not None
        assert writes(bench) == sent
        assert [event.key for event in await bench.read()] == [KEY]

    async def test_the_drafts_of_a_call_are_decided_one_by_one(self, bench: Bench):
        await add(bench, keyed("a", "A"), keyed("b", "B", 1))
        rows = await add(bench, keyed("c", "C", 2), keyed("a", "A"), draft("none"), keyed("B", "B", 1))
        assert [row.status for row in rows] == [CREATED, UNCHANGED, CREATED, CONFLICT]
        assert sorted(titles(await bench.read())) == ["a", "b", "c", "none"]

    async def test_what_was_removed_is_made_again_under_its_key(self, bench: Bench):
        for _ in range(2):
            (row,) = await add(bench, keyed())
            assert (row.status, row.stored) == (CREATED, True)
            (event,) = await under(bench)
            removed = await bench.carry_out(EventRemoval(event=event))
            assert removed.status is WriteStatus.DELETED
            assert list(await under(bench)) == []

    async def test_a_change_by_the_id_leaves_the_key(self, bench: Bench):
        (row,) = await add(bench, keyed())
        assert row.event is not None
        outcome = await bench.carry_out(change(await bench.find(row.event.id), title="Changed"))
        assert outcome.status is UPDATED
        (event,) = await under(bench)
        assert (event.title, event.key) == ("Changed", KEY)
        (again,) = await add(bench, keyed())
        assert (again.status, again.ids) == (CONFLICT, (event.id,))

    async def test_planning_under_a_key_writes_nothing_and_shows_what_is_then_sent(self, bench: Bench):
        await add(bench, keyed("old", "OLD"))
        call, sent = bench.call(), writes(bench)
        adapter = bench.source.adapter(call)
        drafts = [keyed(), keyed("new", "OLD")]
        plan = await adapter.plan(bench.calendar, drafts, on_existing=OnExisting.UPDATE)
        assert writes(bench) == sent
        assert len([event for step in plan.steps for event in step.events]) == 2
        for step in plan.steps:
            assert await self.sends(bench, adapter, step) == [
                (request.method, request.path) for request in step.requests if request.method != "GET"
            ]

    async def sends(self, bench: Bench, adapter: CalendarAdapter, step: Step) -> Sequence[tuple[str, str]]:
        """The writes that a step sends."""
        began = len(bench.server.exchanges)
        await adapter.apply(step)
        sent = [exchange.request for exchange in list(bench.server.exchanges)[began:]]
        return [(request.method, request.target) for request in sent if request.method != "GET"]

    @pytest.mark.parametrize("titles_given", [("same", "same"), ("one", "other")])
    async def test_two_who_saw_none_at_once_leave_one_or_say_that_there_are_two(
        self, bench: Bench, titles_given
    ):
        """Both have looked before either writes: never is there none, nor two of which nobody says so."""
        calls = [bench.adapter(), bench.adapter()]
        plans = [
            await adapter.plan(bench.calendar, [keyed(title)])
            for adapter, title in zip(calls, titles_given, strict=True)
        ]
        rows = [(await finish(adapter, plan))[0] for adapter, plan in zip(calls, plans, strict=True)]
        found = await under(bench)
        assert not isinstance(found, UpstreamError)
        assert found
        if len(found) > 1 or len({*titles_given}) > 1:
            assert CONFLICT in {row.status for row in rows}
        else:
            assert all(row.status in {CREATED, UPDATED, UNCHANGED} for row in rows)

    async def test_a_look_that_fails_is_no_look_that_found_nothing(self, bench: Bench):
        bench.faults.add(bench.key_route or bench.read_route, Fault(status=403))
        sent = writes(bench)
        with pytest.raises(UpstreamError):
            await bench.adapter().by_keys(bench.calendar, {KEY})
        with pytest.raises(UpstreamError):
            await bench.adapter().plan(bench.calendar, [keyed()])
        assert writes(bench) == sent
