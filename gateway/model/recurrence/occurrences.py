"""A series as the single events that it means: all begin and end by the wall clock as the first one does.

Pure. In a gap or an overlap of the clocks an occurrence takes the earlier start and the later end.
"""

from collections.abc import Callable, Collection, Container, Sequence
from datetime import date, datetime, time, timedelta
from typing import Final

import msgspec

from gateway.errors import InvalidInput, InvalidTime
from gateway.model.recurrence.days import LAST, days
from gateway.model.recurrence.rule import RecurrenceRule
from gateway.model.time import EPOCH, LATEST, EventTime, add_days, at_wall_clock, midnight

_LOOK_AHEAD: Final = timedelta(days=366 * 9)
"""How far a first match is looked for: to the next 29 February, even over a year such as 2100."""
_EXCEPTIONS: Final = timedelta(days=366 * 30)
"""How far from the start a day may be left out."""
_LAST_SECOND: Final = time(23, 59, 59)


class Occurrence(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One event of a series."""

    start: EventTime
    end: EventTime


class Expansion(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The occurrences of a series in order; `is_cut` says that it goes on after them."""

    occurrences: tuple[Occurrence, ...]
    is_cut: bool


def expand(
    rule: RecurrenceRule,
    start: EventTime,
    end: EventTime,
    *,
    except_dates: Container[date] = frozenset(),
    horizon: datetime,
    limit: int,
    since: datetime = EPOCH,
) -> Expansion:
    """The occurrences that begin before `horizon`, at most `limit` of those that end after `since`.

    COUNT counts the excepted dates too.

    `start` and `end` are the first occurrence's, and the series recurs by the clock of the zone of `start`.
    Raises InvalidInput where rule and start do not go together.
    """
    check_start(rule, start)
    occurrence_on = _whole_days(start, end) if start.day else _timed(start, end)
    found: list[Occurrence] = []
    counted = 0
    for day in days(rule, first_day(start), _before(rule, start)):
        if day in except_dates:
            continue
        occurrence = occurrence_on(day)
        if counted == limit or occurrence.start.instant >= horizon:
            return Expansion(occurrences=tuple(found), is_cut=True)
        found.append(occurrence)
        counted += occurrence.end.instant > since
    return Expansion(occurrences=tuple(found), is_cut=False)


def check_start(rule: RecurrenceRule, start: EventTime) -> None:
    """Raises InvalidInput, which names the first day that matches, unless the rule picks the start's day."""
    day = first_day(start)
    match = next(days(rule, day, min(_before(rule, start), day + _LOOK_AHEAD)), None)
    if match is None:
        raise InvalidInput(
            f"The rule {rule} picks neither the day of the start, {day}, nor one in the nine years after it."
        )
    if match != day:
        raise InvalidInput(
            f"The start, {day}, is not a day that the rule {rule} picks.",
            hint=f"The first one is {match}: let the event start on it.",
        )


def without_occurrence(rule: RecurrenceRule, start: EventTime, dates: Collection[date]) -> Sequence[date]:
    """Those of the dates on which no occurrence begins, in order: also those that are decades away."""
    first = first_day(start)
    last = max(dates, default=first)
    if last < first:
        return sorted(dates)
    before = min(_before(rule, start), first + _EXCEPTIONS, add_days(last, 1))
    return sorted({*dates} - {*days(rule, first, before)})


def first_day(start: EventTime) -> date:
    """The date of a start on its own clock."""
    return start.day or start.local.date()


def last_day(rule: RecurrenceRule, start: EventTime) -> date | None:
    """The last date, on the clock of `start`, on which UNTIL lets an occurrence begin; None without UNTIL.

    Raises InvalidInput where UNTIL is of another kind than the start, InvalidTime where it is before it.
    """
    if rule.until is None:
        return None
    last = _until_day(rule, rule.until, start)
    if last < first_day(start):
        raise InvalidTime(f"The rule {rule} ends before the event starts.")
    return last


def end_of(day: date, zone: str) -> datetime:
    """The UNTIL of a series whose last occurrence may begin at any time of `day`."""
    return at_wall_clock(datetime.combine(day, _LAST_SECOND), zone)[1]


def _before(rule: RecurrenceRule, start: EventTime) -> date:
    last = last_day(rule, start)
    return LAST if last is None or last >= LAST else add_days(last, 1)


def _until_day(rule: RecurrenceRule, until: date | datetime, start: EventTime) -> date:
    if not isinstance(until, datetime):
        if start.day is None:
            better = msgspec.structs.replace(rule, until=end_of(until, start.zone))
            raise InvalidInput("UNTIL is a date, but the event starts at a time.", hint=f"Write {better}.")
        return until
    until = max(EPOCH, min(until, LATEST))
    clock = msgspec.structs.replace(start, instant=until).local
    if start.day:
        better = msgspec.structs.replace(rule, until=clock.date())
        raise InvalidInput("UNTIL is an instant, but the event lasts whole days.", hint=f"Write {better}.")
    # Where clocks skip midnight, what is meant to begin on the day after may begin on this one.
    around = (add_days(clock.date(), step) for step in (1, 0, -1))
    return next(day for day in around if _span(start, day, timedelta(0))[0] <= until)


def _whole_days(start: EventTime, end: EventTime) -> Callable[[date], Occurrence]:
    length = first_day(end) - first_day(start)

    def occurrence_on(day: date) -> Occurrence:
        last = midnight(day + length, start.zone, latest=True)
        return Occurrence(start=midnight(day, start.zone), end=last)

    return occurrence_on


def _timed(start: EventTime, end: EventTime) -> Callable[[date], Occurrence]:
    length = msgspec.structs.replace(end, zone=start.zone).local - start.local
    if length <= timedelta(0):  # the clocks go back during the first occurrence
        length = end.instant - start.instant

    def occurrence_on(day: date) -> Occurrence:
        if day == first_day(start):  # as it was given, also where its clock shows it twice
            return Occurrence(start=start, end=end)
        begins, ends = _span(start, day, length)
        return Occurrence(
            start=EventTime(instant=begins, zone=start.zone), end=EventTime(instant=ends, zone=end.zone)
        )

    return occurrence_on


def _span(start: EventTime, day: date, length: timedelta) -> tuple[datetime, datetime]:
    """When the clock of a start shows its time on another day, and when it shows `length` more."""
    begins = datetime.combine(day, start.local.time())
    return at_wall_clock(begins, start.zone)[0], at_wall_clock(begins + length, start.zone)[1]
