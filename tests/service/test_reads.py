"""One time-ordered list over many calendars, with an honest status for each source."""

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from gateway.errors import Code, Forbidden, InvalidInput, TooMany, Unavailable
from gateway.model.event import Event
from gateway.service.cursor import EventCursor
from gateway.service.guard import SourceMode
from gateway.service.reads import EventPage, ReadStatus, read_events

from .fakes import DAY, FakeSource, at, configured, event, session

pytestmark = pytest.mark.anyio

CALENDARS = ["es:a", "es:b", "graph:a", "graph:c"]
PLACES = st.tuples(st.sampled_from(CALENDARS), st.integers(-3, 8), st.integers(0, 3))


def _events(places: set[tuple[str, int, int]]) -> list[Event]:
    """Many of them begin at the same instant, some before the window, some without length."""
    return [
        event(calendar, minutes * 10, f"e{minutes}-{number}", lasts=number * 40)
        for calendar, minutes, number in places
    ]


def _sources(events: list[Event]) -> list[FakeSource]:
    return [FakeSource(name, [event for event in events if event.source == name]) for name in ("es", "graph")]


def _planned(events: list[Event]) -> list[Event]:
    inside = [event for event in events if DAY.overlaps(event.start.instant, event.end.instant)]
    return sorted(inside, key=lambda event: event.order)


async def _page(
    *sources: FakeSource, first: int = 50, after: EventCursor | None = None, names: list[str] | None = None
) -> EventPage:
    return await read_events(
        session(*sources), CALENDARS if names is None else names, DAY, first=first, after=after
    )


@given(st.sets(PLACES, max_size=30))
@settings(max_examples=40)
def test_the_list_is_the_sorted_union_of_the_calendars(places: set[tuple[str, int, int]]) -> None:
    events = _events(places)
    page = anyio.run(_page, *_sources(events))
    assert list(page.events) == _planned(events)
    assert page.is_complete
    assert not page.has_next


@given(st.sets(PLACES, max_size=20), st.integers(1, 7))
@settings(max_examples=40)
def test_pages_of_any_size_are_the_whole_without_gap_or_repeat(
    places: set[tuple[str, int, int]], size: int
) -> None:
    events = _events(places)

    async def walk() -> list[Event]:
        rows: list[Event] = []
        after, has_next = None, True
        while has_next:
            page = await _page(*_sources(events), first=size, after=after)
            assert len(page.events) == size or not page.has_next
            rows += page.events
            has_next = page.has_next
            if has_next:
                after = EventCursor.parse(EventCursor.at(page.events[-1]).encode())
        return rows

    assert anyio.run(walk) == _planned(events)


@given(st.sets(PLACES, max_size=20), st.integers(0, 6))
@settings(max_examples=40)
def test_a_source_that_fails_on_its_way_costs_only_its_own_rows(
    places: set[tuple[str, int, int]], fails_at: int
) -> None:
    events = _events(places)
    es, graph = _sources(events)
    es.fail["es:a"] = (fails_at, Unavailable("Down."))
    page = anyio.run(_page, es, graph)
    kept = [event for event in _planned(events) if event.calendar_id == "es:a"][:fails_at]
    others = [event for event in _planned(events) if event.calendar_id != "es:a"]
    assert sorted(page.events, key=lambda event: event.order) == list(page.events)
    assert set(page.events) == {*kept, *others}
    assert {read.source: read.status for read in page.sources} == {
        "es": ReadStatus.PARTIAL,
        "graph": ReadStatus.OK,
    }
    assert not page.is_complete
    assert (es.opened, graph.opened) == (es.closed, graph.closed) == (2, 2)


async def test_a_source_that_gives_nothing_has_failed_and_says_why() -> None:
    es = FakeSource("es", [event("es:a", 5)])
    es.fail["es:a"] = (0, Forbidden("Not you.", request_id="up-1"))
    page = await _page(es, FakeSource("graph", [event("graph:a", 5)]), names=["graph:a", "es:a"])
    graph_read, es_read = page.sources
    assert (graph_read.status, es_read.status) == (ReadStatus.OK, ReadStatus.FAILED)
    (problem,) = es_read.problems
    assert (problem.code, problem.path, problem.request_id) == (Code.FORBIDDEN, ("calendars", "1"), "up-1")
    assert [row.id for row in page.events] == ["graph:a/events/e"]
    assert not page.is_complete


async def test_down_is_not_empty() -> None:
    es = FakeSource("es")
    empty = await _page(es, names=["es:a"])
    es.fail["es:a"] = (0, Unavailable("Down."))
    down = await _page(es, names=["es:a"])
    assert [*empty.events] == [*down.events] == []
    assert (empty.is_complete, down.is_complete) == (True, False)


async def test_no_more_is_read_than_the_page_needs() -> None:
    es = FakeSource("es", [event("es:a", minute, f"e{minute}") for minute in range(200)])
    graph = FakeSource("graph", [event("graph:a", 1000 + minute, f"e{minute}") for minute in range(200)])
    page = await _page(es, graph, first=5)
    assert page.has_next
    assert es.drawn == 6  # the page, and one to know that there is more
    assert graph.drawn == 1
    assert (es.closed, graph.closed) == (es.opened, graph.opened)
    assert [read.fetched for read in page.sources] == [6, 1]


async def test_a_later_page_asks_from_where_the_page_before_ended() -> None:
    es = FakeSource("es", [event("es:a", minute, f"e{minute}") for minute in range(50)])
    first = await _page(es, first=10, names=["es:a"])
    await _page(es, first=10, after=EventCursor.at(first.events[-1]), names=["es:a"])
    assert [window.start for window in es.windows] == [DAY.start, at(9)]


async def test_a_cursor_from_before_the_window_goes_on_at_its_beginning() -> None:
    es = FakeSource("es", [event("es:a", -600, "long", lasts=700), event("es:a", 5, "short")])
    early = EventCursor.at(event("es:a", -100_000))
    page = await _page(es, after=early, names=["es:a"])
    assert [row.title for row in page.events] == ["long", "short"]
    assert [window.start for window in es.windows] == [DAY.start]


async def test_events_from_before_the_window_are_not_repeated_behind_a_cursor_among_them() -> None:
    held = [event("es:a", -30, f"e{number}", lasts=60) for number in range(4)]
    page = await _page(FakeSource("es", held), after=EventCursor.at(held[1]), names=["es:a"])
    assert [row.title for row in page.events] == ["e2", "e3"]


async def test_behind_a_cursor_at_the_end_of_the_window_there_is_nothing_to_ask() -> None:
    es = FakeSource("es", [event("es:a", 5)])
    page = await _page(es, after=EventCursor.at(event("es:a", 24 * 60)), names=["es:a"])
    assert ([*page.events], page.has_next, es.opened) == ([], False, 0)


async def test_a_cursor_behind_the_window_does_not_make_a_forbidden_calendar_complete() -> None:
    es = configured(FakeSource("es"), "other")
    behind = EventCursor.at(event("es:a", 48 * 60))
    page = await read_events(session(es), ["es:a"], DAY, first=5, after=behind)
    assert not page.is_complete


async def test_names_that_mean_nothing_are_listed_and_the_others_are_read() -> None:
    es = FakeSource("es", [event("es:a", 5)])
    page = await _page(es, names=["nobody", "es:a", "nowhere:x", "es:../x"])
    assert [row.id for row in page.events] == ["es:a/events/e"]
    assert [(problem.code, problem.path) for problem in page.problems] == [
        (Code.UNKNOWN_ALIAS, ("calendars", "0")),
        (Code.UNKNOWN_SOURCE, ("calendars", "2")),
        (Code.INVALID_ID, ("calendars", "3")),
    ]
    assert not page.is_complete


async def test_a_calendar_that_is_not_allowed_is_not_read() -> None:
    es = FakeSource("es", [event("es:secret", 5), event("es:open-1", 6)])
    guarded = configured(es, "open-*", mode=SourceMode.READ)
    page = await read_events(session(guarded), ["es:secret", "es:open-1"], DAY, first=5, after=None)
    assert [row.id for row in page.events] == ["es:open-1/events/e"]
    (read,) = page.sources
    assert read.status is ReadStatus.PARTIAL
    assert [problem.code for problem in read.problems] == [Code.CALENDAR_NOT_ALLOWED]
    assert es.opened == 1


async def test_an_alias_is_read_in_all_its_calendars_and_each_calendar_once() -> None:
    es, graph = FakeSource("es", [event("es:a", 5)]), FakeSource("graph", [event("graph:a", 6)])
    call = session(es, graph, payments=["graph:a", "es:a"])
    page = await read_events(call, ["es:a", "payments", "es:%61"], DAY, first=5, after=None)
    assert [row.source for row in page.events] == ["es", "graph"]
    assert es.opened == graph.opened == 1


async def test_a_calendar_and_its_me_are_one() -> None:
    graph = FakeSource("graph", [event("graph:own", 5)])
    page = await _page(graph, names=["graph:own", "graph:me"])
    assert [row.id for row in page.events] == ["graph:own/events/e"]
    assert graph.opened == 1


async def test_who_me_is_is_not_asked_where_it_cannot_matter() -> None:
    graph = FakeSource("graph")
    await _page(graph, FakeSource("es"), names=["graph:me", "es:a"])
    assert graph.journal == []


async def test_an_event_found_in_two_streams_is_one_row() -> None:
    shared = event("graph:own", 5)
    graph = FakeSource("graph", [shared, event("graph:a", 5), event("graph:a", 7, "later")])
    graph.broken["graph:me"] = Unavailable("Who are you?")
    graph.held.append(replace(shared, calendar_id="graph:me"))
    page = await _page(graph, names=["graph:own", "graph:me", "graph:a"], first=2)
    assert [row.id for row in page.events] == ["graph:a/events/e", "graph:own/events/e"]
    assert page.has_next


async def test_a_fault_of_ours_is_raised_and_leaves_no_stream_open() -> None:
    es = FakeSource("es", [event("es:a", 1), event("es:b", 2)])
    es.fail["es:a"] = (0, ZeroDivisionError("ours"))
    es.silent = frozenset({"es:c"})
    with pytest.raises(ExceptionGroup) as raised:
        await _page(es, names=["es:c", "es:b", "es:a"])
    assert raised.group_contains(ZeroDivisionError)
    assert es.closed == es.opened == 3


async def test_a_caller_who_goes_leaves_no_stream_open() -> None:
    es = FakeSource("es", [event("es:b", 2)])
    es.silent = frozenset({"es:a"})
    with anyio.CancelScope() as scope:
        async with anyio.create_task_group() as group:
            group.start_soon(lambda: _page(es, names=["es:a", "es:b"]))
            await anyio.wait_all_tasks_blocked()
            scope.cancel()
    assert es.closed == es.opened == 2


@pytest.mark.parametrize("first", [0, -1, 1001])
async def test_a_page_of_an_unserved_size_is_refused(first: int) -> None:
    with pytest.raises(InvalidInput) as refused:
        await _page(first=first, names=[])
    assert refused.value.problem.path == ("first",)


async def test_too_many_calendars_are_refused() -> None:
    with pytest.raises(TooMany) as refused:
        await _page(names=[f"es:c{number}" for number in range(101)])
    assert refused.value.problem.path == ("calendars",)


async def test_an_alias_cannot_widen_a_call_beyond_the_most_calendars() -> None:
    wide = [f"es:c{number}" for number in range(60)]
    es = FakeSource("es")
    call = session(es, one=wide, two=[f"{name}x" for name in wide])
    with pytest.raises(TooMany):
        await read_events(call, ["one", "two"], DAY, first=5, after=None)
    assert es.opened == 0


async def test_a_calendar_that_is_not_allowed_is_not_asked_what_it_is() -> None:
    graph = FakeSource("graph", [event("graph:own", 5)])
    call = session(configured(graph, "own"))
    for _ in range(2):
        await read_events(call, ["graph:own", "graph:secret"], DAY, first=5, after=None)
    assert graph.journal == ["identity graph:own"]
    assert call.call.log.requests == []
