"""Reading page by page, past what one window shows, in a calendar that changes meanwhile."""

import asyncio
from itertools import islice
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.adapters.elasticsearch.requests import Span
from gateway.adapters.elasticsearch.walk import MAX_RESULT_WINDOW, Walk
from gateway.adapters.elasticsearch.wire import EventList, StoredEvent
from gateway.errors import UnexpectedAnswer, UpstreamRefused

ALWAYS = Span(0, 10**9)


def event(start: int, end: int, name: str) -> StoredEvent:
    return StoredEvent(event_id=name, description="d", start_time=start, end_time=end)


class Calendar:
    """Events as Elasticsearch shows them, those of one start in another order each time.

    `meanwhile` happens before the call of a number.
    """

    def __init__(self, events, meanwhile=None):
        self.events = list(events)
        self.calls = 0
        self.meanwhile = meanwhile or {}

    async def fetch(self, span: Span, offset: int, size: int) -> EventList:
        assert size > 0
        assert offset + size <= MAX_RESULT_WINDOW
        self.calls += 1
        self.meanwhile.get(self.calls, lambda events: None)(self.events)
        shown = [each for each in self.events if each.end_time > span.start and each.start_time < span.end]
        Random(self.calls).shuffle(shown)  # noqa: S311 any order will do
        shown.sort(key=lambda each: each.start_time)
        return EventList(count=len(shown), events=tuple(islice(shown, offset, offset + size)))

    def read(self, span=ALWAYS, size=1000):
        async def collect():
            return [each async for run in Walk(self.fetch, span, size=size) for each in run]

        return asyncio.run(collect())


@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(1, 30)), max_size=60),
    st.integers(1, 20),
    st.integers(0, 30),
    st.integers(1, 30),
)
def test_a_walk_is_the_window_without_gap_or_repeat(rows, size, start, length):
    calendar = Calendar(event(begin, begin + span, f"{n}") for n, (begin, span) in enumerate(rows))
    span = Span(start, start + length)
    walked = calendar.read(span, size)
    assert [each.start_time for each in walked] == sorted(each.start_time for each in walked)
    assert sorted(each.event_id for each in walked) == sorted(
        each.event_id for each in calendar.events if each.end_time > span.start and each.start_time < span.end
    )


def test_more_than_one_window_shows_is_walked_on_with_ties_and_long_events():
    long = [event(0, 10**8, f"long{n}") for n in range(3000)]
    short = [event(1 + n // 400, 2 + n // 400, f"short{n}") for n in range(21_000)]
    calendar = Calendar(long + short)
    walked = calendar.read(size=999)
    assert len(walked) == 24_000
    assert {each.event_id for each in walked} == {each.event_id for each in calendar.events}


def test_more_than_a_window_shows_of_one_moment_cannot_be_read_and_is_not_passed_over():
    calendar = Calendar(event(5, 6, f"{n}") for n in range(MAX_RESULT_WINDOW + 1))
    with pytest.raises(UpstreamRefused, match="overlap one moment"):
        calendar.read()


def test_just_what_a_window_shows_of_one_moment_is_read_in_pages_that_grow():
    calendar = Calendar(event(5, 6, f"{n}") for n in range(MAX_RESULT_WINDOW))
    assert len({each.event_id for each in calendar.read()}) == MAX_RESULT_WINDOW
    assert calendar.calls == 5


def test_events_of_one_start_are_all_read_whatever_their_order_on_each_page():
    calendar = Calendar(event(n // 7, 100, f"{n}") for n in range(70))
    assert {each.event_id for each in calendar.read(size=3)} == {f"{n}" for n in range(70)}


def test_a_page_after_one_that_had_to_grow_is_of_the_usual_size():
    starts = [0] * 9 + list(range(1, 30))
    calendar = Calendar(event(start, 100, f"{n}") for n, start in enumerate(starts))
    assert [each.start_time for each in calendar.read(size=4)] == starts
    assert calendar.calls == 3 + 8  # of 4, 8 and 16; then of 4 each, which begin with the last start


def test_an_event_deleted_meanwhile_hides_no_other():
    def delete_the_first(events):
        del events[0]

    calendar = Calendar((event(n, n + 1, f"{n}") for n in range(30)), {2: delete_the_first})
    assert [each.start_time for each in calendar.read(size=10)] == list(range(30))


def test_an_event_added_meanwhile_makes_no_other_appear_twice():
    def add_early(events):
        events.insert(0, event(0, 1, "early"))

    calendar = Calendar((event(n, n + 1, f"{n}") for n in range(1, 30)), {2: add_early, 3: add_early})
    assert [each.start_time for each in calendar.read(size=10)] == list(range(1, 30))


def test_many_events_added_meanwhile_make_no_other_appear_twice():
    """They shift the next page by more than a page."""

    def add_many(events):
        events.extend(event(n % 3, n % 3 + 1, f"new{n}") for n in range(25))

    calendar = Calendar((event(n, n + 1, f"{n}") for n in range(3, 40)), {3: add_many})
    assert [each.event_id for each in calendar.read(size=10)] == [f"{n}" for n in range(3, 40)]


def test_a_page_that_is_empty_before_the_end_is_an_unexpected_answer():
    async def fetch(span, offset, size):
        return EventList(count=3, events=())

    async def first():
        return await anext(Walk(fetch, Span(0, 1), size=10))

    with pytest.raises(UnexpectedAnswer, match="counts 3 events and shows 0"):
        asyncio.run(first())


def test_a_page_of_one_start_that_ends_before_it_must_is_an_unexpected_answer():
    async def fetch(span, offset, size):
        return EventList(count=9, events=(event(5, 6, "a"), event(5, 6, "b")))

    with pytest.raises(UnexpectedAnswer, match="counts 9 events and shows 2"):
        asyncio.run(anext(Walk(fetch, Span(0, 10), size=3)))


def test_a_calendar_that_shrinks_without_end_is_given_up():
    counts = iter(range(9, 0, -1))

    async def fetch(span, offset, size):
        return EventList(count=next(counts), events=(event(0, 10, "a"), event(5, 10, "b")))

    async def collect():
        return [each async for run in Walk(fetch, Span(0, 10), size=2) for each in run]

    with pytest.raises(UpstreamRefused, match="change while being read"):
        asyncio.run(collect())
