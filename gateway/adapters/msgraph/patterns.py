"""Graph's recurrence patterns: what each means, as a rule, and by which ones a rule may be said. Pure.

Exchange moves day 29, 30 or 31 to the end of a shorter month, where a rule skips the month. Source: Graph's
resource type recurrencePattern.
"""

from calendar import monthrange
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Final

import msgspec

from gateway.adapters.msgraph.wire import RecurrencePattern
from gateway.errors import InvalidInput
from gateway.model.recurrence.rule import ByDay, Frequency, RecurrenceRule, Weekday

_FREQUENCIES: Final[Mapping[str, Frequency]] = {
    "daily": Frequency.DAILY,
    "weekly": Frequency.WEEKLY,
    "absoluteMonthly": Frequency.MONTHLY,
    "relativeMonthly": Frequency.MONTHLY,
    "absoluteYearly": Frequency.YEARLY,
    "relativeYearly": Frequency.YEARLY,
}
_WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_WEEK_START: Final = "sunday"
_INDEXES: Final = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": -1}
_INDEX: Final = "first"
_LARGEST_INTERVAL: Final = 999


def is_known(pattern: RecurrencePattern) -> bool:
    """Whether all its words are: Graph adds words to its enumerations as it likes."""
    return (
        pattern.type in _FREQUENCIES
        and (pattern.index or _INDEX) in _INDEXES
        and {*(pattern.days_of_week or ()), pattern.first_day_of_week or _WEEK_START} <= {*_WEEKDAYS}
    )


def meaning(pattern: RecurrencePattern) -> RecurrenceRule:
    """The rule, without an end, that picks the pattern's days. What its type does not use is ignored."""
    frequency = _FREQUENCIES[pattern.type]
    rule = RecurrenceRule(
        frequency=frequency,
        interval=pattern.interval,
        by_month=frozenset({pattern.month or 0}) if frequency is Frequency.YEARLY else frozenset(),
    )
    if pattern.type == "daily":
        return rule
    if pattern.type in ("absoluteMonthly", "absoluteYearly"):
        return _on_day(rule, pattern.day_of_month or 0)
    weekdays = [Weekday(_WEEKDAYS.index(name)) for name in pattern.days_of_week or ()]
    if not weekdays:
        raise InvalidInput(f"A pattern of the type {pattern.type} has no daysOfWeek.")
    if pattern.type == "weekly":
        week_start = Weekday(_WEEKDAYS.index(pattern.first_day_of_week or _WEEK_START))
        return msgspec.structs.replace(rule, by_day=frozenset(map(ByDay, weekdays)), week_start=week_start)
    return _on_weekday(rule, weekdays, _INDEXES[pattern.index or _INDEX])


def _on_day(rule: RecurrenceRule, number: int) -> RecurrenceRule:
    """The day of that number, or the last of a month that has no such day."""
    if number == 31 and not rule.by_month:
        return msgspec.structs.replace(rule, by_month_day=frozenset({-1}))
    lengths = [monthrange(year, month)[1] for year in (2000, 2001) for month in rule.by_month or range(1, 13)]
    candidates = range(min(number, *lengths), min(number, max(lengths)) + 1)
    return msgspec.structs.replace(
        rule,
        by_month_day=frozenset(candidates),
        by_set_position=frozenset({-1} if len(candidates) > 1 else ()),
    )


def _on_weekday(rule: RecurrenceRule, weekdays: Sequence[Weekday], position: int) -> RecurrenceRule:
    """The first, second … or last of the month's days that are one of the weekdays."""
    if len(weekdays) == 1:
        return msgspec.structs.replace(rule, by_day=frozenset({ByDay(weekdays[0], position)}))
    return msgspec.structs.replace(
        rule, by_day=frozenset(map(ByDay, weekdays)), by_set_position=frozenset({position})
    )


def patterns_of(rule: RecurrenceRule, picked: Sequence[date]) -> Sequence[RecurrencePattern]:
    """The patterns that pick the rule's first day and may pick the others, those of its frequency first."""
    start, interval = picked[0], rule.interval
    months = _months_between(picked)
    years = [number // 12 for number in months if number % 12 == 0]
    places = _places(rule, start)
    patterns = [
        RecurrencePattern(type="daily", interval=interval),
        *(
            RecurrencePattern(type="weekly", interval=interval, days_of_week=_names(weekdays))
            for weekdays in (_weekdays(rule, start), {day.weekday() for day in picked})
        ),
        *(
            msgspec.structs.replace(place, type=f"{place.type}Monthly", interval=number)
            for number in (interval, *months)
            for place in places
        ),
        *(
            msgspec.structs.replace(place, type=f"{place.type}Yearly", interval=number, month=start.month)
            for number in (interval, *years)
            for place in places
        ),
    ]
    week_start = _WEEKDAYS[rule.week_start]
    return sorted(
        (msgspec.structs.replace(pattern, first_day_of_week=week_start) for pattern in patterns),
        key=lambda pattern: _FREQUENCIES[pattern.type] is not rule.frequency,
    )


def _places(rule: RecurrenceRule, start: date) -> Sequence[RecurrencePattern]:
    """The ways to name the start's place in its month, their type still without Monthly or Yearly."""
    weekdays = _weekdays(rule, start)
    month = [start.replace(day=number) for number in range(1, monthrange(start.year, start.month)[1] + 1)]
    alike = [day for day in month if day.weekday() in weekdays]
    on_weekday = [
        RecurrencePattern(type="relative", interval=1, days_of_week=_names(weekdays), index=index)
        for index, position in _INDEXES.items()
        if alike.index(start) == (position - 1 if position > 0 else len(alike) - 1)
    ]
    on_day = [
        RecurrencePattern(type="absolute", interval=1, day_of_month=number)
        for number in range(start.day, 32 if start == month[-1] else start.day + 1)
    ]
    return [*on_weekday, *on_day] if rule.by_day else [*on_day, *on_weekday]


def _weekdays(rule: RecurrenceRule, start: date) -> Collection[int]:
    return {day.weekday for day in rule.by_day} or {start.weekday()}


def _names(weekdays: Collection[int]) -> tuple[str, ...]:
    return tuple(_WEEKDAYS[number] for number in sorted(weekdays))


def _months_between(picked: Sequence[date]) -> Sequence[int]:
    """The interval in months that the first two days show, if they show one."""
    if len(picked) < 2:
        return ()
    first, second = picked[:2]
    months = (second.year - first.year) * 12 + second.month - first.month
    return (months,) if 0 < months <= _LARGEST_INTERVAL else ()
