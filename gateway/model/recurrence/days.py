"""The days that a recurrence rule picks, as RFC 5545 says: nothing moved, what does not exist skipped. Pure.

The lists of a rule choose days, its frequency divides time into periods, of which every INTERVALth counts,
from the start's own on, and BYSETPOS chooses once more, among the chosen days of a period.
"""

from calendar import isleap, monthrange
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cache
from itertools import groupby, islice, takewhile
from typing import Final

import msgspec

from gateway.model.recurrence.rule import ByDay, Frequency, RecurrenceRule, Weekday
from gateway.model.time import LATEST

LAST: Final = LATEST.date()
"""No rule is followed to this day or beyond: the gateway takes no event there."""

_LEAP_YEAR: Final = 2000
_COMMON_YEAR: Final = 2001


def days(rule: RecurrenceRule, start: date, before: date = LAST) -> Iterator[date]:
    """The days from `start` on, in order, at most COUNT of them; what UNTIL allows is for `before` to say."""
    said = completed(rule, start)
    period_of = _PERIODS[said.frequency]
    first = period_of(said, start)
    periods = groupby(_chosen(said, _months(said, start, before)), lambda day: period_of(said, day))
    counted = (list(period) for number, period in periods if (number - first) % said.interval == 0)
    picked = (day for period in counted for day in _at_positions(said, period) if day >= start)
    return islice(takewhile(lambda day: day < before, picked), rule.count)


def completed(rule: RecurrenceRule, start: date) -> RecurrenceRule:
    """The same rule, saying in full what it left to the start: on which day of the week, month or year."""
    if rule.by_day or rule.by_month_day or rule.frequency is Frequency.DAILY:
        return rule
    if rule.frequency is Frequency.WEEKLY:
        return msgspec.structs.replace(rule, by_day=frozenset({ByDay(Weekday(start.weekday()))}))
    months = rule.by_month or {start.month} if rule.frequency is Frequency.YEARLY else rule.by_month
    return msgspec.structs.replace(rule, by_month=frozenset(months), by_month_day=frozenset({start.day}))


_PERIODS: Final[Mapping[Frequency, Callable[[RecurrenceRule, date], int]]] = {
    Frequency.DAILY: lambda _, day: day.toordinal(),
    Frequency.WEEKLY: lambda rule, day: (day.toordinal() - 1 - rule.week_start) // 7,
    Frequency.MONTHLY: lambda _, day: day.year * 12 + day.month,
    Frequency.YEARLY: lambda _, day: day.year,
}
"""The number of the period in which a day lies. The first of January of the year 1 was a Monday."""


def _at_positions(rule: RecurrenceRule, period: Sequence[date]) -> Sequence[date]:
    """Those of a period's chosen days that BYSETPOS chooses."""
    if not rule.by_set_position:
        return period
    indexes = {at - 1 if at > 0 else len(period) + at for at in rule.by_set_position}
    return [period[index] for index in sorted(indexes) if 0 <= index < len(period)]


def _months(rule: RecurrenceRule, start: date, before: date) -> Iterable[int]:
    """The numbers of the months in which the periods that count lie; of others too, where that is simpler."""
    match rule.frequency:
        case Frequency.YEARLY:
            years = range(start.year, before.year + 1, rule.interval)
            return (year * 12 + month for year in years for month in range(12))
        case Frequency.MONTHLY:
            return range(_month_number(start), _month_number(before) + 1, rule.interval)
        case Frequency.WEEKLY | Frequency.DAILY:
            step = rule.interval * 7 if rule.frequency is Frequency.WEEKLY else rule.interval
            if step <= 31:
                return range(_month_number(start) - 1, _month_number(before) + 2)
            # A day of each period, and so far around it that a week is covered.
            found = range(start.toordinal(), before.toordinal() + step, step)
            around = (date.fromordinal(day + side) for day in found for side in (-6, 6))
            return dict.fromkeys(map(_month_number, around))


def _month_number(day: date) -> int:
    """The number of a day's month, counted through the years."""
    return day.year * 12 + day.month - 1


def _chosen(rule: RecurrenceRule, months: Iterable[int]) -> Iterator[date]:
    """The days that the lists choose in the months."""

    @cache  # there are 168 kinds of months: looking at each day of two centuries takes half a second
    def chosen(month: int, weekday: int, is_leap: bool) -> Sequence[int]:
        return _chosen_in_month(rule, month, weekday, is_leap=is_leap)

    for number in months:
        year, month = number // 12, number % 12 + 1
        for day in chosen(month, date(year, month, 1).weekday(), isleap(year)):
            yield date(year, month, day)


def _chosen_in_month(rule: RecurrenceRule, month: int, weekday: int, *, is_leap: bool) -> Sequence[int]:
    """The days of a month that begins on `weekday` which BYMONTH, BYMONTHDAY and BYDAY all name."""
    if rule.by_month and month not in rule.by_month:
        return ()
    year = _LEAP_YEAR if is_leap else _COMMON_YEAR
    length = monthrange(year, month)[1]
    is_of_year = rule.frequency is Frequency.YEARLY and not rule.by_month
    passed = (date(year, month, 1) - date(year, 1, 1)).days if is_of_year else 0
    whole = 365 + is_leap if is_of_year else length
    return tuple(
        index + 1
        for index in range(length)
        if _is_named(rule.by_month_day, (index + 1, index - length))
        and _is_named(rule.by_day, _by_days((weekday + index) % 7, passed + index, whole))
    )


def _is_named(wanted: frozenset[int] | frozenset[ByDay], names: Sequence[object]) -> bool:
    """Whether a list holds one of a day's names; a list that is not there holds them all."""
    return not wanted or not wanted.isdisjoint(names)


def _by_days(weekday: int, passed: int, whole: int) -> Sequence[tuple[int, int]]:
    """A day as BYDAY may name it: any such weekday, the nth of the whole, or the nth from its end."""
    return (weekday, 0), (weekday, passed // 7 + 1), (weekday, (passed - whole) // 7)
