"""Spans of time as sets: what is left of one when others are taken from it. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple


class Interval(NamedTuple):
    """[start, end); nothing where the two are equal."""

    start: datetime
    end: datetime

    @property
    def length(self) -> timedelta:
        return max(self.end - self.start, timedelta(0))

    def overlap(self, other: "Interval") -> timedelta:
        """How much time the two have in common."""
        return Interval(max(self.start, other.start), min(self.end, other.end)).length


def without(whole: Interval, taken: Iterable[Interval]) -> Sequence[Interval]:
    """What is left of an interval, in order, when others are taken from it."""
    left: list[Interval] = []
    start = whole.start
    for part in sorted(part for part in taken if part.length):
        if part.start >= whole.end:
            break
        if part.start > start:
            left.append(Interval(start, part.start))
        start = max(start, part.end)
    if start < whole.end:
        left.append(Interval(start, whole.end))
    return left


def length(parts: Iterable[Interval]) -> timedelta:
    """The time in intervals that do not overlap."""
    return sum((part.length for part in parts), timedelta(0))
