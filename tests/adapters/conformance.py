"""What every calendar adapter must do, claimed once: a test class per adapter inherits it and brings a bench.

The claims ask what a source can hold, never which it is.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import anyio
import msgspec
import pytest

from gateway.adapters.base import (
    CalendarAdapter,
    CalendarSource,
    EventChange,
    EventRemoval,
)
from gateway.adapters.capabilities import Capability, Fidelity
from gateway.adapters.deadline import NEVER, Deadline
from gateway.adapters.outcome import Outcome, WriteStatus
from gateway.adapters.upstream import Call, UpstreamLog
from gateway.errors import Code, Forbidden, NotFound, OutOfTime, Problem, UpstreamError
from gateway.model.calendar import Calendar
from gateway.model.event import Draft, Event, draft_of
from gateway.model.ids import CalendarId, EventId, ResourceId
from gateway.model.time import EventTime, Window, at_wall_clock, midnight
from gateway.sandbox.faults import HELD, Cut, Fault, Faults, Garble
from gateway.sandbox.server import EmulatorServer

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
MORNING = datetime(2027, 3, 15, 9, tzinfo=UTC)
SPRING = date(2027, 3, 28)
"""The day on which Berlin's clocks go forward: 23 hours long."""
EVERYTHING = Window(start=MORNING - 10 * DAY, end=MORNING + 200 * DAY)


@dataclass(kw_only=True)
class Bench:
    """An adapter on an emulator. `calendar` is empty and may be written; `unknown…` are well formed only.

    `change_routes` are all those that a change of an event writes to, in order.
    """

    server: EmulatorServer
    connect: Callable[[str, timedelta], CalendarSource]
    """A source at a server's URL with a deadline for each request."""
    calendar: CalendarId
    unknown_calendar: CalendarId
    unknown_event: EventId
    read_route: str
    """The emulator's route of reading a calendar's events, and of writing them."""
    write_route: str
    change_routes: Sequence[str] = ()
    remove_route: str = ""
    key_route: str = ""
    """Where keys are looked up, if that is not where events are read."""
    credentials: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.source = self.connect(self.server.url, timedelta(seconds=20))
        self.impatient = self.connect(self.server.url, timedelta(milliseconds=150))

    @property
    def faults(self) -> Faults:
        return self.server.faults

    def call(self, deadline: Deadline = NEVER) -> Call:
        return Call(
            request_id="7c0f6a0e-6a5e-4c57-9a3d-3c5f0a1b2c3d",
            credentials=self.credentials,
            log=UpstreamLog(deadline=deadline),
        )

    def adapter(self) -> CalendarAdapter:
        return self.source.adapter(self.call())

    async def write(self, *drafts: Draft, adapter: CalendarAdapter | None = None) -> Sequence[Outcome]:
        return await write(adapter or self.adapter(), self.calendar, drafts)

    async def stored(self, *drafts: Draft) -> list[Event]:
        """The events that the drafts become, as they are found by their ids."""
        outcomes = await self.write(*drafts)
        return [await self.find(outcome.event.id) for outcome in outcomes if outcome.event]

    async def find(self, event_id: str) -> Event:
        parsed = self.source.event_id(ResourceId.parse(event_id))
        assert parsed is not None
        return await self.adapter().find(parsed)

    async def carry_out(
        self, action: EventChange | EventRemoval, *, adapter: CalendarAdapter | None = None
    ) -> Outcome:
        adapter = adapter or self.adapter()
        return await adapter.apply_event(await adapter.plan_event(action))

    async def read(self, window: Window = EVERYTHING, *, page: int = 100) -> list[Event]:
        return await read(self.adapter(), self.calendar, window, page=page)

    async def aclose(self) -> None:
        await self.source.aclose()
        await self.impatient.aclose()


async def write(adapter: CalendarAdapter, calendar: CalendarId, drafts: Sequence[Draft]) -> list[Outcome]:
    """Plans and applies, and gives the outcomes in the order of the drafts."""
    plan = await adapter.plan(calendar, drafts)
    assert not plan.refused
    outcomes = [outcome for step in plan.steps for outcome in await adapter.apply(step)]
    assert sorted(outcome.index for outcome in outcomes) == list(range(len(drafts)))
    return sorted(outcomes, key=lambda outcome: outcome.index)


async def read(
    adapter: CalendarAdapter, calendar: CalendarId, window: Window = EVERYTHING, *, page: int = 100
) -> list[Event]:
    return [event async for run in adapter.events(calendar, window, page=page) for event in run]


class Reading:
    """One call that reads a calendar, and what it was told."""

    def __init__(self, bench: Bench, window: Window = EVERYTHING, **call: object) -> None:
        made = msgspec.structs.replace(bench.call(), **{"shares_reads": True, **call})
        self.log = made.log
        self.task = asyncio.create_task(read(bench.source.adapter(made), bench.calendar, window))

    @property
    def events(self) -> list[Event]:
        return self.task.result()

    @property
    def sent(self) -> int:
        return len(self.log.requests)


@asynccontextmanager
async def joined(bench: Bench, one=None, other=None, *, window=EVERYTHING, between=None, fault=None):
    """Two calls that read; the second begins while the first waits for its answer, until this is left."""
    bench.faults.clear()
    bench.faults.add(bench.read_route, fault or Fault(delay=HELD), calls=[1])
    first = Reading(bench, **one or {})
    await bench.faults.arrival()
    if between is not None:
        await between()
    second = Reading(bench, window, **other or {})
    await anyio.wait_all_tasks_blocked()
    yield first, second
    bench.faults.release()
    await asyncio.wait([first.task, second.task])


def draft(title: str = "Maintenance", start: datetime = MORNING, length: timedelta = HOUR) -> Draft:
    return Draft(title=title, start=EventTime(instant=start), end=EventTime(instant=start + length))


def change(event: Event, *, revision: str | None = None, **values: object) -> EventChange:
    """What makes an event into one with other values, the rest kept."""
    whole = msgspec.structs.replace(draft_of(event), **values)
    return EventChange(event=event, draft=whole, changed=frozenset(values), revision=revision)


def problem_of(outcome: Outcome) -> Problem:
    assert outcome.problem is not None
    return outcome.problem


def titles(events: Sequence[Event]) -> list[str]:
    return [event.title for event in events]


ERRORS = [
    pytest.param(Fault(status=401), Code.UNAUTHENTICATED, id="401"),
    pytest.param(Fault(status=403), Code.FORBIDDEN, id="403"),
    pytest.param(Fault(status=404), Code.NOT_FOUND, id="404"),
    pytest.param(Fault(status=429, retry_after="7"), Code.RATE_LIMITED, id="429"),
    pytest.param(Fault(status=500), Code.UNAVAILABLE, id="500"),
    pytest.param(Fault(status=502), Code.UNAVAILABLE, id="502"),
    pytest.param(Fault(status=503), Code.UNAVAILABLE, id="503"),
    pytest.param(Fault(status=504), Code.UNAVAILABLE, id="504"),
    pytest.param(Fault(cut=Cut.BEFORE_WRITE), Code.NO_ANSWER, id="cut"),
    pytest.param(Fault(garble=Garble.TRUNCATED), Code.NO_ANSWER, id="truncated"),
    pytest.param(Fault(garble=Garble.MALFORMED), Code.UNEXPECTED_ANSWER, id="malformed"),
]
WRITE_FAULTS = [
    *(pytest.param(Fault(status=status), id=str(status)) for status in (401, 403, 404, 429)),
    *(pytest.param(Fault(status=status), id=str(status)) for status in (500, 502, 503, 504)),
    *(
        pytest.param(Fault(status=status, is_written=True), id=f"{status}-written")
        for status in (500, 502, 504)
    ),
    pytest.param(Fault(cut=Cut.BEFORE_WRITE), id="cut-before"),
    pytest.param(Fault(cut=Cut.AFTER_WRITE), id="cut-after"),
    pytest.param(Fault(cut=Cut.LATE_WRITE, delay=HELD), id="late"),
    pytest.param(Fault(garble=Garble.TRUNCATED), id="truncated"),
    pytest.param(Fault(garble=Garble.MALFORMED), id="malformed"),
]
CERTAIN = [*(pytest.param(Fault(status=status), id=str(status)) for status in (401, 403, 404, 429))]


class AdapterConformance:
    """To be inherited by a class with a fixture `bench` that gives a Bench."""

    pytestmark = pytest.mark.anyio

    # Reading

    async def test_a_window_is_half_open(self, bench: Bench):
        window = Window(start=MORNING, end=MORNING + 4 * HOUR)
        await bench.write(
            draft("ends at its start", window.start - HOUR, HOUR),
            draft("reaches into it", window.start - HOUR, HOUR + MINUTE),
            draft("covers it", window.start - HOUR, 6 * HOUR),
            draft("starts before its end", window.end - MINUTE, HOUR),
            draft("starts at its end", window.end, HOUR),
        )
        assert sorted(titles(await bench.read(window))) == [
            "covers it",
            "reaches into it",
            "starts before its end",
        ]

    async def test_events_come_by_start_then_id_whatever_the_order_of_writing(self, bench: Bench):
        starts = [MORNING + hours * HOUR for hours in (5, 1, 1, 3, 1, 0)]
        await bench.write(*(draft(f"{place}", start) for place, start in enumerate(starts)))
        events = await bench.read()
        assert [event.start.instant for event in events] == sorted(starts)
        assert [event.order for event in events] == sorted(event.order for event in events)

    async def test_an_empty_window_has_no_events(self, bench: Bench):
        await bench.write(draft())
        assert await bench.read(Window(start=MORNING + 2 * HOUR, end=MORNING + 3 * HOUR)) == []

    async def test_paging_reaches_the_end_and_shows_no_event_twice(self, bench: Bench):
        await bench.write(*(draft(f"{n:02}", MORNING + n // 2 * HOUR) for n in range(25)))
        events = await bench.read(page=3)
        assert sorted(titles(events)) == [f"{n:02}" for n in range(25)]
        assert [event.id for event in events] == [event.id for event in await bench.read(page=1000)]

    async def test_no_more_is_read_than_is_drawn(self, bench: Bench):
        await bench.write(*(draft(f"{n:02}", MORNING + 3 * n * DAY) for n in range(25)))
        call = bench.call()
        adapter = bench.source.adapter(call)
        async with aclosing(adapter.events(bench.calendar, EVERYTHING, page=1)) as runs:
            first = await anext(runs)
            assert first[0].title == "00"
            drawn_one = len(call.log.requests)
            assert len([*first, *[event async for run in runs for event in run]]) == 25
        assert drawn_one == 1
        assert len(call.log.requests) > 1

    async def test_a_reading_that_is_given_up_harms_nothing(self, bench: Bench):
        await bench.write(*(draft(f"{n}", MORNING + n * HOUR) for n in range(3)))
        async with aclosing(bench.adapter().events(bench.calendar, EVERYTHING, page=1)) as runs:
            await anext(runs)
        assert len(await bench.read()) == 3

    async def test_equal_reads_of_one_caller_that_are_under_way_are_sent_once(self, bench: Bench):
        await bench.write(draft())
        stored = await bench.read()
        async with joined(bench) as (first, second):
            pass
        assert first.events == second.events == stored
        assert (first.sent, second.sent) == (1, 0)
        assert (first.log.shared, second.log.shared) == (0, 1)

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            pytest.param({"caller": "alice"}, {"caller": "bob"}, id="two callers"),
            pytest.param(
                {"client": "192.0.2.1"}, {"client": "192.0.2.2"}, id="two clients that nobody knows"
            ),
            pytest.param({}, {"shares_reads": False}, id="one that must see for itself"),
            pytest.param({"shares_reads": False}, {}, id="one that others cannot join"),
        ],
    )
    async def test_reads_of_others_and_those_that_must_see_for_themselves_are_never_shared(
        self, bench: Bench, one, other
    ):
        await bench.write(draft())
        async with joined(bench, one, other) as (first, second):
            pass
        assert first.events == second.events
        assert (first.sent, second.sent) == (1, 1)
        assert (first.log.shared, second.log.shared) == (0, 0)

    async def test_reads_of_other_windows_are_not_shared(self, bench: Bench):
        await bench.write(draft())
        async with joined(bench, window=Window(start=MORNING, end=MORNING + DAY)) as (first, second):
            pass
        assert (first.sent, second.sent) == (1, 1)

    async def test_nobody_joins_a_read_that_was_sent_before_a_write_was_over(self, bench: Bench):
        async with joined(bench, between=lambda: bench.write(draft("New"))) as (first, second):
            pass
        assert titles(second.events) == ["New"]
        assert (first.sent, second.sent) == (1, 1)

    async def test_who_has_joined_a_read_that_fails_or_is_given_up_reads_by_himself(self, bench: Bench):
        await bench.write(draft())
        stored = await bench.read()
        async with joined(bench, fault=Fault(delay=HELD, cut=Cut.BEFORE_WRITE)) as (first, second):
            pass
        assert first.events == second.events == stored
        async with joined(bench) as (first, second):
            first.task.cancel()
        assert second.events == stored
        assert second.sent == 1

    async def test_an_unknown_calendar_is_not_found_and_not_empty(self, bench: Bench):
        with pytest.raises(NotFound):
            await read(bench.adapter(), bench.unknown_calendar)
        with pytest.raises(NotFound):
            await bench.adapter().calendar(bench.unknown_calendar)

    async def test_an_unknown_event_is_not_found(self, bench: Bench):
        with pytest.raises(NotFound):
            await bench.adapter().find(bench.unknown_event)

    async def test_many_events_are_found_together_in_the_order_asked_each_or_why_not(self, bench: Bench):
        written = await bench.stored(*(draft(start=MORNING + index * DAY) for index in range(7)))
        asked = [EventId.parse(event.id) for event in (*written[3:], *written)]
        asked.insert(2, bench.unknown_event)
        adapter = bench.adapter()
        found = await adapter.find_each(asked)
        homes = await adapter.calendars_of(asked)
        assert isinstance(found.pop(2), NotFound)
        assert found == [*written[3:], *written]
        own = await adapter.calendar(bench.calendar)
        assert [home.id for home in homes[:2] + homes[3:] if isinstance(home, Calendar)] == [own.id] * 11

    async def test_what_keeps_a_calendar_from_being_read_is_said_of_each_of_its_events(self, bench: Bench):
        written = await bench.stored(*(draft(start=MORNING + index * DAY) for index in range(6)))
        bench.server.faults.add("*", Fault(status=403))
        found = await bench.adapter().find_each([EventId.parse(event.id) for event in written])
        assert [type(one) for one in found] == [Forbidden] * 6

    async def test_the_calendars_are_listed_by_id_and_found_one_by_one(self, bench: Bench):
        adapter = bench.adapter()
        listed = await adapter.calendars()
        assert listed.problems == ()
        ids = [calendar.id for calendar in listed.calendars]
        assert ids == sorted(set(ids))
        found = await adapter.calendar(bench.calendar)
        assert found.id in ids

    async def test_a_calendar_is_itself_by_whatever_id_and_is_no_other(self, bench: Bench):
        adapter = bench.adapter()
        found = await adapter.calendar(bench.calendar)
        itself = await adapter.identity(bench.calendar)
        same = [name for name in (found.id, found.default_id) if name is not None]
        assert {await adapter.identity(CalendarId.parse(name)) for name in same} == {itself}
        others = {calendar.id for calendar in (await adapter.calendars()).calendars} - {found.id}
        assert others
        assert itself not in {await adapter.identity(CalendarId.parse(other)) for other in others}

    async def test_a_title_beyond_ascii_comes_back_unchanged(self, bench: Bench):
        title = 'Größere Wartung – 計画停止 🚧 "quoted" \\ & <b>'
        await bench.write(draft(title))
        assert titles(await bench.read()) == [title]

    @pytest.mark.parametrize(
        ("start", "hours"),
        [
            pytest.param(datetime(2027, 3, 28, 1, 30), 2, id="into the gap"),  # noqa: DTZ001 a wall clock
            pytest.param(datetime(2027, 10, 31, 1, 30), 3, id="through the overlap"),  # noqa: DTZ001 a wall clock
        ],
    )
    async def test_a_change_of_summer_time_moves_no_instant(self, bench: Bench, start: datetime, hours: int):
        instant = at_wall_clock(start, "Europe/Berlin")[0]
        timed = Draft(
            title="t",
            start=EventTime(instant=instant, zone="Europe/Berlin"),
            end=EventTime(instant=instant + hours * HOUR, zone="Europe/Berlin"),
        )
        await bench.write(timed)
        window = Window(start=instant - HOUR, end=instant + DAY)
        (event,) = await bench.read(window)
        assert (event.start.instant, event.end.instant) == (instant, instant + hours * HOUR)

    async def test_an_all_day_event_spans_the_local_days(self, bench: Bench):
        start, end = midnight(SPRING, "Europe/Berlin"), midnight(SPRING + DAY, "Europe/Berlin", latest=True)
        adapter = bench.adapter()
        plan = await adapter.plan(bench.calendar, [Draft(title="d", start=start, end=end, is_all_day=True)])
        (outcome,) = await adapter.apply(plan.steps[0])
        (event,) = await bench.read()
        assert (event.start.instant, event.end.instant) == (start.instant, end.instant)
        assert event.end.instant - event.start.instant == 23 * HOUR
        native = bench.source.capabilities[Capability.ALL_DAY_EVENTS].fidelity is Fidelity.NATIVE
        assert event.is_all_day is native
        assert ((event.start.day, event.end.day) == (SPRING, SPRING + DAY)) is native
        assert outcome.event is not None
        assert outcome.event.start == event.start
        assert bool([w for w in plan.steps[0].events[0].warnings if w.field == "start"]) is not native

    @pytest.mark.parametrize(("fault", "code"), ERRORS)
    async def test_what_goes_wrong_upstream_is_one_of_our_errors(self, bench: Bench, fault, code):
        bench.faults.add(bench.read_route, fault)
        with pytest.raises(UpstreamError) as caught:
            await bench.read()
        problem = caught.value.problem
        assert problem.code is code
        assert problem.retry_after == (timedelta(seconds=7) if fault.retry_after else None)

    async def test_an_answer_that_takes_too_long_is_no_answer(self, bench: Bench):
        bench.faults.add(bench.read_route, Fault(delay=HELD))
        with pytest.raises(UpstreamError) as caught:
            await read(bench.impatient.adapter(bench.call()), bench.calendar)
        assert caught.value.code is Code.NO_ANSWER

    async def test_a_server_that_is_gone_is_unreachable(self, bench: Bench):
        async with EmulatorServer(bench.server.emulator) as server:
            url = server.url
        async with aclosing(bench.connect(url, timedelta(seconds=5))) as source:
            adapter = source.adapter(bench.call())
            with pytest.raises(UpstreamError) as caught:
                await read(adapter, bench.calendar)
            health = await adapter.health()
            (outcome,) = await write(adapter, bench.calendar, [draft()])
        assert caught.value.code is Code.UNREACHABLE
        assert not health.reachable
        assert health.problem is not None
        assert health.problem.code is Code.UNREACHABLE
        assert outcome.status is WriteStatus.FAILED

    async def test_a_healthy_source_says_so(self, bench: Bench):
        health = await bench.adapter().health()
        assert health.reachable
        assert health.problem is None

    # Writing

    async def test_a_plan_writes_nothing(self, bench: Bench):
        call = bench.call()
        plan = await bench.source.adapter(call).plan(bench.calendar, [draft(), draft()])
        assert len([event for step in plan.steps for event in step.events]) == 2
        assert all(request.method == "GET" for request in call.log.requests)
        assert await bench.read() == []

    async def test_a_step_sends_the_requests_that_it_showed(self, bench: Bench):
        call = bench.call()
        adapter = bench.source.adapter(call)
        plan = await adapter.plan(bench.calendar, [draft("a"), draft("b", MORNING + DAY)])
        for step in plan.steps:
            began = len(call.log.requests)
            outcomes = await adapter.apply(step)
            sent = call.log.requests[began:]
            assert [(r.method, r.path) for r in sent] == [(r.method, r.path) for r in step.requests]
            assert {index for o in outcomes for index in o.requests} == set(range(began, began + len(sent)))
            assert all(request.status in {200, 201} for request in sent)

    async def test_what_was_created_is_found_again_by_its_id(self, bench: Bench):
        (outcome,) = await bench.write(draft())
        assert outcome.status is WriteStatus.CREATED
        assert outcome.stored
        assert outcome.event is not None
        event_id = bench.source.event_id(ResourceId.parse(outcome.event.id))
        assert event_id is not None
        assert str(event_id) == outcome.event.id
        found = await bench.adapter().find(event_id)
        assert (found.id, found.title, found.start.instant, found.end.instant) == (
            outcome.event.id,
            "Maintenance",
            MORNING,
            MORNING + HOUR,
        )
        (calendar,) = await bench.adapter().calendars_of([event_id])
        assert isinstance(calendar, Calendar)
        assert calendar.id == (await bench.adapter().calendar(bench.calendar)).id
        assert [event.id for event in await bench.read()] == [found.id]

    async def test_equal_drafts_become_events_of_their_own(self, bench: Bench):
        outcomes = [*await bench.write(draft(), draft()), *await bench.write(draft())]
        assert {outcome.status for outcome in outcomes} == {WriteStatus.CREATED}
        created = {outcome.event.id for outcome in outcomes if outcome.event}
        assert created == {event.id for event in await bench.read()}
        assert len(created) == 3

    async def test_an_unknown_calendar_takes_nothing(self, bench: Bench):
        (outcome,) = await write(bench.adapter(), bench.unknown_calendar, [draft()])
        assert outcome.status is WriteStatus.FAILED
        assert outcome.problem is not None
        assert outcome.problem.code is Code.NOT_FOUND

    @pytest.mark.parametrize("fault", CERTAIN)
    async def test_a_write_that_was_refused_has_failed(self, bench: Bench, fault):
        bench.faults.add(bench.write_route, fault)
        (outcome,) = await bench.write(draft())
        assert outcome.status is WriteStatus.FAILED
        assert not outcome.stored
        assert outcome.problem is not None

    @pytest.mark.parametrize("calls", [pytest.param((1,), id="once"), pytest.param(None, id="always")])
    @pytest.mark.parametrize("fault", WRITE_FAULTS)
    async def test_an_outcome_is_true_whatever_goes_wrong(self, bench: Bench, fault, calls):
        bench.faults.add(bench.write_route, fault, calls=calls)
        (outcome,) = await bench.write(draft())
        bench.faults.clear()
        bench.faults.release()
        await self.assert_true(bench, outcome)

    async def test_an_outcome_is_true_where_the_answer_takes_too_long(self, bench: Bench):
        bench.faults.add(bench.write_route, Fault(delay=HELD))
        (outcome,) = await bench.write(draft(), adapter=bench.impatient.adapter(bench.call()))
        bench.faults.clear()
        bench.faults.release()
        assert outcome.status is WriteStatus.UNKNOWN
        await self.assert_true(bench, outcome)

    async def assert_true(self, bench: Bench, outcome: Outcome) -> None:
        stored = [event.id for event in await bench.read()]
        assert len(stored) <= 1
        if outcome.status is WriteStatus.CREATED:
            assert outcome.stored
            assert outcome.event is not None
            assert stored == [outcome.event.id]
        elif outcome.status is WriteStatus.FAILED:
            assert outcome.problem is not None
            assert stored == []
        else:
            assert outcome.status is WriteStatus.UNKNOWN
            assert outcome.problem is not None
            assert outcome.problem.hint

    # Ending

    async def test_cancelling_leaves_nothing_behind(self, bench: Bench):
        bench.faults.add(bench.read_route, Fault(delay=HELD), calls=(1,))
        before = asyncio.all_tasks()
        reading = asyncio.create_task(bench.read())
        await bench.faults.arrival()
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        bench.faults.release()
        await bench.write(draft())
        assert len(await bench.read()) == 1
        ours = asyncio.all_tasks() - before - set(bench.server.clients)
        assert ours == set()

    async def test_a_write_that_is_cancelled_does_not_block_the_next(self, bench: Bench):
        bench.faults.add(bench.write_route, Fault(delay=HELD), calls=(1,))
        writing = asyncio.create_task(bench.write(draft("given up")))
        await bench.faults.arrival()
        writing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await writing
        (outcome,) = await bench.write(draft("next"))
        assert outcome.status is WriteStatus.CREATED
        bench.faults.release()

    async def test_after_the_deadline_nothing_is_sent_and_that_is_said(self, bench: Bench):
        now = [0.0]
        adapter = bench.source.adapter(bench.call(Deadline(10.0, lambda: now[0])))
        plan = await adapter.plan(bench.calendar, [draft(), draft("another")])
        sent, now[0] = len(bench.server.exchanges), 10.0
        outcomes = [outcome for step in plan.steps for outcome in await adapter.apply(step)]
        assert [outcome.status for outcome in outcomes] == [WriteStatus.FAILED] * 2
        assert {problem_of(outcome).code for outcome in outcomes} == {Code.DEADLINE}
        with pytest.raises(OutOfTime):
            await read(adapter, bench.calendar)
        assert len(bench.server.exchanges) == sent

    async def test_an_answer_is_not_awaited_beyond_the_deadline(self, bench: Bench):
        bench.faults.add(bench.write_route, Fault(delay=HELD))
        plan = await bench.adapter().plan(bench.calendar, [draft()])
        adapter = bench.source.adapter(bench.call(Deadline(time.monotonic() + 0.15)))
        (outcome,) = await adapter.apply(plan.steps[0])
        bench.faults.drop()
        assert (outcome.status, problem_of(outcome).code) == (WriteStatus.UNKNOWN, Code.NO_ANSWER)

    async def test_a_write_that_waits_for_others_beyond_the_deadline_is_not_sent(self, bench: Bench):
        bench.faults.add(bench.write_route, Fault(delay=HELD))
        others = [asyncio.create_task(bench.write(draft("other"))) for _ in range(4)]
        await bench.faults.arrival()
        plan = await bench.adapter().plan(bench.calendar, [draft("late")])
        adapter = bench.source.adapter(bench.call(Deadline(time.monotonic() + 0.05)))
        (outcome,) = await adapter.apply(plan.steps[0])
        assert (outcome.status, problem_of(outcome).code) == (WriteStatus.FAILED, Code.DEADLINE)
        bench.faults.clear()
        bench.faults.release()
        await asyncio.gather(*others)
        assert titles(await bench.read()) == ["other"] * 4

    async def test_closing_twice_is_harmless(self, bench: Bench):
        await bench.write(draft())
        await bench.source.aclose()
        await bench.source.aclose()


class EventWriteConformance:
    """Inherited beside the other by adapters that change and remove events; asks the same fixture `bench`.

    Its bench has `change_routes` and a `remove_route`.
    """

    async def test_a_change_is_seen_and_leaves_one_event(self, bench: Bench):
        (old,) = await bench.stored(draft())
        outcome = await bench.carry_out(change(old, title="Größere Wartung"))
        assert (outcome.index, outcome.status, outcome.stored) == (0, WriteStatus.UPDATED, True)
        assert outcome.problem is None
        (event,) = await bench.read()
        assert outcome.event is not None
        assert (event.id, event.title) == (outcome.event.id, outcome.event.title)
        assert (event.title, event.start, event.end) == ("Größere Wartung", old.start, old.end)
        assert outcome.previous_id == (None if event.id == old.id else old.id)

    async def test_a_change_gives_the_event_another_revision(self, bench: Bench):
        (old,) = await bench.stored(draft())
        outcome = await bench.carry_out(change(old, revision=old.revision, title="Changed"))
        assert outcome.status is WriteStatus.UPDATED
        assert outcome.event is not None
        assert (await bench.find(outcome.event.id)).revision == outcome.event.revision != old.revision
        assert None not in {outcome.event.revision, old.revision}

    async def test_an_event_may_move_to_where_it_does_not_overlap_itself(self, bench: Bench):
        (old,) = await bench.stored(draft())
        for start in (MORNING + 30 * DAY, MORNING - 5 * DAY):
            times = {"start": EventTime(instant=start), "end": EventTime(instant=start + 2 * HOUR)}
            outcome = await bench.carry_out(change(old, **times))
            assert outcome.status is WriteStatus.UPDATED
            (old,) = await bench.read()
            assert (old.start.instant, old.end.instant) == (start, start + 2 * HOUR)

    async def test_a_change_leaves_other_events_alone_however_alike(self, bench: Bench):
        first, second = await bench.stored(draft(), draft())
        outcome = await bench.carry_out(change(first, title="Changed"))
        assert outcome.event is not None
        assert {event.id: event.title for event in await bench.read()} == {
            outcome.event.id: "Changed",
            second.id: second.title,
        }
        await bench.carry_out(EventRemoval(event=second))
        assert titles(await bench.read()) == ["Changed"]

    async def test_a_change_from_a_stale_revision_is_a_conflict_and_shows_the_present_event(
        self, bench: Bench
    ):
        (old,) = await bench.stored(draft())
        await bench.carry_out(change(old, title="By somebody else"))
        (present,) = await bench.read()
        for action in (
            change(present, revision=old.revision, title="Lost"),
            EventRemoval(event=present, revision=old.revision),
        ):
            outcome = await bench.carry_out(action)
            assert outcome.status is WriteStatus.CONFLICT
            assert problem_of(outcome).code is Code.CONFLICT
            assert outcome.event is not None
            assert (outcome.event.id, outcome.event.title) == (present.id, "By somebody else")
            assert outcome.event.revision == present.revision
            assert [event.id for event in await bench.read()] == [present.id]

    async def test_planning_a_change_or_removal_writes_nothing(self, bench: Bench):
        (event,) = await bench.stored(draft())
        call = bench.call()
        adapter = bench.source.adapter(call)
        for action in (change(event, title="Planned"), EventRemoval(event=event, revision=event.revision)):
            assert (await adapter.plan_event(action)).action == action
        assert all(request.method == "GET" for request in call.log.requests)
        assert [(found.id, found.revision) for found in await bench.read()] == [(event.id, event.revision)]

    async def test_a_change_or_removal_sends_the_requests_that_it_showed(self, bench: Bench):
        first, second, third = await bench.stored(draft(), draft(), draft())
        call = bench.call()
        adapter = bench.source.adapter(call)
        steps = [
            await adapter.plan_event(change(first, revision=first.revision, title="Changed")),
            await adapter.plan_event(EventRemoval(event=second)),
            await adapter.plan_event(EventRemoval(event=third, revision=third.revision)),
        ]
        for step in steps:
            began = len(call.log.requests)
            outcome = await adapter.apply_event(step)
            assert outcome.problem is None
            sent = call.log.requests[began:]
            assert [(r.method, r.path) for r in sent] == [(r.method, r.path) for r in step.requests]
            assert [r.body for r in sent] == [r.body for r in step.requests]
            assert outcome.requests == tuple(range(began, len(call.log.requests)))

    async def test_a_removed_event_is_gone(self, bench: Bench):
        event, other = await bench.stored(draft(), draft("Other"))
        outcome = await bench.carry_out(EventRemoval(event=event))
        assert (outcome.index, outcome.status, outcome.problem) == (0, WriteStatus.DELETED, None)
        assert [found.id for found in await bench.read()] == [other.id]
        with pytest.raises(NotFound):
            await bench.find(event.id)

    @pytest.mark.parametrize("with_revision", [True, False])
    async def test_removing_twice_is_as_good_as_once(self, bench: Bench, with_revision):
        (event,) = await bench.stored(draft())
        removal = EventRemoval(event=event, revision=event.revision if with_revision else None)
        first, second = await bench.carry_out(removal), await bench.carry_out(removal)
        assert [first.status, second.status] == [WriteStatus.DELETED] * 2
        assert first.problem is second.problem is None

    async def test_an_event_that_is_gone_is_not_changed_and_not_made_again(self, bench: Bench):
        (event,) = await bench.stored(draft())
        await bench.carry_out(EventRemoval(event=event))
        outcome = await bench.carry_out(change(event, title="Changed"))
        assert outcome.status is WriteStatus.FAILED
        assert problem_of(outcome).code is Code.NOT_FOUND
        assert await bench.read() == []

    @pytest.mark.parametrize("calls", [pytest.param((1,), id="once"), pytest.param(None, id="always")])
    @pytest.mark.parametrize("fault", WRITE_FAULTS)
    async def test_the_outcome_of_a_change_is_true_whatever_goes_wrong(self, bench: Bench, fault, calls):
        assert bench.change_routes
        for route in bench.change_routes:
            (old,) = await bench.stored(draft())
            bench.faults.add(route, fault, calls=calls)
            outcome = await bench.carry_out(change(old, title="Changed"))
            await self.assert_change_is_true(bench, old, outcome)

    async def test_the_outcome_of_a_change_is_true_where_the_answer_takes_too_long(self, bench: Bench):
        for route in bench.change_routes:
            (old,) = await bench.stored(draft())
            bench.faults.add(route, Fault(delay=HELD))
            impatient = bench.impatient.adapter(bench.call())
            outcome = await bench.carry_out(change(old, title="Changed"), adapter=impatient)
            assert outcome.status is WriteStatus.UNKNOWN
            await self.assert_change_is_true(bench, old, outcome)

    @pytest.mark.parametrize("calls", [pytest.param((1,), id="once"), pytest.param(None, id="always")])
    @pytest.mark.parametrize("fault", WRITE_FAULTS)
    async def test_the_outcome_of_a_removal_is_true_whatever_goes_wrong(self, bench: Bench, fault, calls):
        (event,) = await bench.stored(draft())
        bench.faults.add(bench.remove_route, fault, calls=calls)
        outcome = await bench.carry_out(EventRemoval(event=event))
        await self.assert_removal_is_true(bench, event, outcome)

    async def test_the_outcome_of_a_removal_is_true_where_the_answer_takes_too_long(self, bench: Bench):
        (event,) = await bench.stored(draft())
        bench.faults.add(bench.remove_route, Fault(delay=HELD))
        impatient = bench.impatient.adapter(bench.call())
        outcome = await bench.carry_out(EventRemoval(event=event), adapter=impatient)
        assert outcome.status is WriteStatus.UNKNOWN
        await self.assert_removal_is_true(bench, event, outcome)

    async def assert_change_is_true(self, bench: Bench, old: Event, outcome: Outcome) -> None:
        """And never a moment without the event, old or new. Leaves the calendar empty."""
        seen = await self.settle(bench)
        found = {event.id: event.title for event in seen}
        assert found
        if outcome.status is WriteStatus.UPDATED:
            assert outcome.stored
            assert outcome.event is not None
            assert found == {outcome.event.id: "Changed"}
        elif outcome.status is WriteStatus.FAILED:
            assert outcome.problem is not None
            assert found == {old.id: old.title}
        elif outcome.status is WriteStatus.CONFLICT:
            assert outcome.event is not None
            assert found == {old.id: old.title, outcome.event.id: "Changed"}
            assert old.id in problem_of(outcome).message
            assert outcome.event.id in problem_of(outcome).message
        else:
            assert outcome.status is WriteStatus.UNKNOWN
            assert problem_of(outcome).hint
        for event in seen:
            await bench.carry_out(EventRemoval(event=event))

    async def assert_removal_is_true(self, bench: Bench, event: Event, outcome: Outcome) -> None:
        found = [event.id for event in await self.settle(bench)]
        if outcome.status is WriteStatus.DELETED:
            assert found == []
        elif outcome.status is WriteStatus.FAILED:
            assert outcome.problem is not None
            assert found == [event.id]
        else:
            assert outcome.status is WriteStatus.UNKNOWN
            assert problem_of(outcome).hint

    async def settle(self, bench: Bench) -> list[Event]:
        """What is in the calendar when what was held back has come to pass."""
        bench.faults.clear()
        bench.faults.release()
        return await bench.read()
