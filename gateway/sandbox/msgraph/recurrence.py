"""Recurrence: the six patterns and three ranges of Graph, checked and turned into days."""

from calendar import monthrange
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import count, islice, takewhile

from gateway.sandbox.msgraph.errors import Cause, GraphError
from gateway.sandbox.msgraph.resources import (
    PatternedRecurrence,
    RecurrencePattern,
)
from gateway.sandbox.msgraph.times import day
from gateway.sandbox.msgraph.words import (
    Day,
    PatternType,
    RangeType,
    WeekIndex,
)

WEEK = timedelta(days=7)
LAST_DAY = date(2200, 1, 1)
"""No series is followed beyond it."""

_NUMBER = {name: number for number, name in enumerate(Day)}
"""Days of the week, Sunday first."""


def check(recurrence: PatternedRecurrence) -> None:
    """Refuse what is inconsistent. Members that the type does not use are checked all the same."""
    pattern, bounds = recurrence.pattern, recurrence.range
    needs_days = pattern.type in (
        PatternType.WEEKLY,
        PatternType.RELATIVE_MONTHLY,
        PatternType.RELATIVE_YEARLY,
    )
    needs_month = pattern.type in (PatternType.ABSOLUTE_YEARLY, PatternType.RELATIVE_YEARLY)
    needs_day = pattern.type in (PatternType.ABSOLUTE_MONTHLY, PatternType.ABSOLUTE_YEARLY)
    first, last = day(bounds.start_date), day(bounds.end_date)
    is_valid = (
        1 <= pattern.interval <= 999
        and (1 if needs_month else 0) <= pattern.month <= 12
        and (1 if needs_day else 0) <= pattern.day_of_month <= 31
        and (bool(pattern.days_of_week) or not needs_days)
        and (bounds.type is not RangeType.NUMBERED or bounds.number_of_occurrences > 0)
        and bounds.number_of_occurrences >= 0
        and (bounds.type is not RangeType.END_DATE or last >= first)
    )
    if not is_valid:
        raise GraphError(Cause.PROPERTY_INVALID)


def days(recurrence: PatternedRecurrence) -> Iterator[date]:
    """The days on which the occurrences begin, in order. It may have no end but `LAST_DAY`."""
    bounds = recurrence.range
    first = day(bounds.start_date)
    candidates = (found for found in _PATTERNS[recurrence.pattern.type](recurrence.pattern, first))
    matching = takewhile(lambda found: found <= LAST_DAY, (found for found in candidates if found >= first))
    if bounds.type is RangeType.NUMBERED:
        return islice(matching, bounds.number_of_occurrences)
    if bounds.type is RangeType.END_DATE:
        last = day(bounds.end_date)
        return takewhile(lambda found: found <= last, matching)
    return matching


def _daily(pattern: RecurrencePattern, first: date) -> Iterator[date]:
    return (first + timedelta(days=step) for step in count(0, pattern.interval))


def _weekly(pattern: RecurrencePattern, first: date) -> Iterator[date]:
    """Every so many weeks, which begin on the pattern's first day."""
    week_start = _NUMBER[pattern.first_day_of_week]
    week = first - timedelta(days=(_sunday_first(first) - week_start) % 7)
    offsets = sorted((_NUMBER[name] - week_start) % 7 for name in set(pattern.days_of_week))
    for step in count(0, pattern.interval):
        for offset in offsets:
            yield week + step * WEEK + timedelta(days=offset)


def _absolute_monthly(pattern: RecurrencePattern, first: date) -> Iterator[date]:
    return (_clamped(year, month, pattern.day_of_month) for year, month in _months(first, pattern.interval))


def _relative_monthly(pattern: RecurrencePattern, first: date) -> Iterator[date]:
    return (_indexed(year, month, pattern) for year, month in _months(first, pattern.interval))


def _absolute_yearly(pattern: RecurrencePattern, first: date) -> Iterator[date]:
    years = count(first.year, pattern.interval)
    return (_clamped(year, pattern.month, pattern.day_of_month) for year in years)


def _relative_yearly(pattern: RecurrencePattern, first: date) -> Iterator[date]:
    return (_indexed(year, pattern.month, pattern) for year in count(first.year, pattern.interval))


_PATTERNS: dict[PatternType, Callable[[RecurrencePattern, date], Iterator[date]]] = {
    PatternType.DAILY: _daily,
    PatternType.WEEKLY: _weekly,
    PatternType.ABSOLUTE_MONTHLY: _absolute_monthly,
    PatternType.RELATIVE_MONTHLY: _relative_monthly,
    PatternType.ABSOLUTE_YEARLY: _absolute_yearly,
    PatternType.RELATIVE_YEARLY: _relative_yearly,
}


def _months(first: date, interval: int) -> Iterator[tuple[int, int]]:
    for number in count(first.year * 12 + first.month - 1, interval):
        yield number // 12, number % 12 + 1


def _clamped(year: int, month: int, day_of_month: int) -> date:
    """Exchange moves day 31 to the end of a shorter month; it does not skip the month."""
    return date(year, month, min(day_of_month, monthrange(year, month)[1]))


def _indexed(year: int, month: int, pattern: RecurrencePattern) -> date:
    """The first, second … or last of the month's days that are among the pattern's days of the week."""
    wanted = {_NUMBER[name] for name in pattern.days_of_week}
    month_days = (date(year, month, number) for number in range(1, monthrange(year, month)[1] + 1))
    matching = [found for found in month_days if _sunday_first(found) in wanted]
    position = -1 if pattern.index is WeekIndex.LAST else list(WeekIndex).index(pattern.index)
    return matching[position]


def _sunday_first(moment: date) -> int:
    return moment.isoweekday() % 7
