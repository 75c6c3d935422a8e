"""A nearly ordered stream made strictly ordered."""

import asyncio
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.adapters.ordering import in_order
from gateway.errors import UnexpectedAnswer
from gateway.model.event import Event
from gateway.model.time import EventTime

START = datetime(2027, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def event(hour: int, name: str) -> Event:
    time = EventTime(instant=START + hour * HOUR)
    return Event(id=name, source="s", calendar_id="s:c", title="t", start=time, end=time)


async def stream(events, closed=None, *, size=1):
    """The events in runs of that size."""
    try:
        rest = iter(events)
        while run := list(islice(rest, size)):
            yield run
    finally:
        if closed is not None:
            closed.append(True)


def collect(events, lag, size=1):
    async def flat():
        runs = in_order(stream(events, size=size), lag=lag)
        return [event async for run in runs for event in run]

    return asyncio.run(flat())


@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(-7, 7), st.integers(0, 3)), max_size=40),
    st.integers(1, 12),
)
def test_a_stream_that_lags_within_bounds_comes_out_sorted_and_without_repeats(rows, size):
    """Events sorted by a time that is up to 7 hours off lag by up to 14."""
    events = [event(wire + shift, f"e{name}") for wire, shift, name in sorted(rows, key=lambda row: row[0])]
    assert collect(events, 14 * HOUR, size) == sorted(set(events), key=lambda item: item.order)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 50)), max_size=40), st.integers(1, 12))
def test_without_lag_ties_come_out_by_id(rows, size):
    events = [event(hour, f"e{name:02}") for hour, name in sorted(rows, key=lambda row: row[0])]
    assert [item.order for item in collect(events, timedelta(0), size)] == sorted(
        {item.order for item in events}
    )


def test_an_event_that_comes_after_its_place_has_gone_by_is_an_unexpected_answer():
    with pytest.raises(UnexpectedAnswer, match="out of order: late"):
        collect([event(5, "a"), event(4, "late")], timedelta(0))


def test_an_event_is_passed_on_as_soon_as_its_place_is_settled():
    drawn = []

    def source():
        for hour in range(10):
            drawn.append(hour)
            yield event(hour, f"e{hour}")

    async def run():
        async with aclosing(in_order(stream(source()), lag=timedelta(0))) as ordered:
            return await anext(ordered)

    assert [event.id for event in asyncio.run(run())] == ["e0"]
    assert drawn == [0, 1]


def test_closing_early_closes_the_stream_below():
    closed = []

    async def run():
        events = stream([event(0, "a"), event(1, "b")], closed)
        async with aclosing(in_order(events, lag=timedelta(0))) as ordered:
            await anext(ordered)

    asyncio.run(run())
    assert closed == [True]
