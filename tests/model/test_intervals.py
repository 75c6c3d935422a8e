"""Spans of time as sets: what is left of one when others are taken from it."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from gateway.model.intervals import Interval, length, without

NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)
MINUTES = st.integers(0, 40)


def span(start: int, end: int) -> Interval:
    return Interval(NOON + timedelta(minutes=start), NOON + timedelta(minutes=end))


SPANS = st.builds(lambda start, more: span(start, start + more), MINUTES, MINUTES)


def minutes(*parts: Interval) -> set[int]:
    """The minutes after noon that intervals hold."""
    return {n for n in range(100) for part in parts if part.start <= NOON + timedelta(minutes=n) < part.end}


@given(SPANS, st.lists(SPANS, max_size=6))
@example(span(0, 2), [span(1, 1)])
def test_what_is_left_is_the_whole_less_what_is_taken(whole: Interval, taken: list[Interval]):
    left = without(whole, taken)
    assert minutes(*left) == minutes(whole) - minutes(*taken)
    assert all(part.start < part.end for part in left)
    assert all(one.end < other.start for one, other in pairwise(left))
    assert length(left) == timedelta(minutes=len(minutes(*left)))


@given(SPANS, SPANS)
def test_an_overlap_is_the_time_in_common(one: Interval, other: Interval):
    assert one.overlap(other) == timedelta(minutes=len(minutes(one) & minutes(other)))
