"""Recurrence rules as Graph's patternedRecurrence, and back. Pure.

A pattern is sent if what it means picks the very days that the rule picks. Source: Graph's resource types
patternedRecurrence and recurrenceRange.
"""

from collections.abc import Iterable
from datetime import date, datetime
from itertools import islice, zip_longest
from typing import Final

import msgspec

from gateway.adapters.msgraph.patterns import is_known, meaning, patterns_of
from gateway.adapters.msgraph.wire import PatternedRecurrence, RecurrencePattern, RecurrenceRange
from gateway.adapters.msgraph.zones import SENT_UTC, sent_zone
from gateway.errors import InvalidInput, Unsupported, located
from gateway.model.recurrence.days import LAST, completed, days
from gateway.model.recurrence.occurrences import check_start, end_of, first_day, last_day
from gateway.model.recurrence.rule import Frequency, RecurrenceRule, Weekday
from gateway.model.time import EventTime, add_days, at_wall_clock
from gateway.model.zones import find_zone

_RANGES: Final = ("noEnd", "numbered", "endDate")
_SAMPLE: Final = 24
"""So many days show which pattern is the nearest."""
_PROOF: Final = 500
"""So many days meet every kind of month at every interval, or lead beyond the gateway's calendar."""


def to_pattern(rule: RecurrenceRule, start: EventTime) -> PatternedRecurrence:
    """What Graph is sent for a rule whose first occurrence begins at `start`, in the zone sent for it.

    Raises InvalidInput where rule and start do not go together, Unsupported where Graph has no pattern that
    picks the same days: the hint holds the nearest rule for which it has one.
    """
    zone = sent_zone(start.zone)
    if zone == SENT_UTC and start.zone != SENT_UTC.zone:
        raise _no_zone(start.zone)
    with located("rule"):
        check_start(rule, start)
        first, last = first_day(start), last_day(rule, start)
        before = LAST if last is None else min(LAST, add_days(last, 1))
        pattern = _pattern(rule, first, before)
    if start.day is None:
        _check_clock(start, zone.zone, islice(days(rule, first, before), _PROOF))
    return PatternedRecurrence(
        pattern=pattern,
        range=RecurrenceRange(
            type="endDate" if last else "numbered" if rule.count else "noEnd",
            start_date=first,
            end_date=last,
            recurrence_time_zone=zone.name,
            number_of_occurrences=rule.count,
        ),
    )


def from_pattern(
    recurrence: PatternedRecurrence, zone: str, *, is_all_day: bool = False
) -> RecurrenceRule | None:
    """The rule of a series in `zone`; None where Graph uses a word that is not known here.

    Raises InvalidInput for a recurrence that lacks what its type needs.
    """
    pattern, span = recurrence.pattern, recurrence.range
    if not is_known(pattern) or span.type not in _RANGES:
        return None
    rule = meaning(pattern)
    if span.type == "numbered":
        return msgspec.structs.replace(rule, count=span.number_of_occurrences or 0)
    if span.type == "noEnd":
        return rule
    if span.end_date is None:
        raise InvalidInput("A range of the type endDate has no endDate.")
    clock = find_zone(span.recurrence_time_zone or "") or zone
    return msgspec.structs.replace(rule, until=span.end_date if is_all_day else end_of(span.end_date, clock))


def _check_clock(start: EventTime, zone: str, found: Iterable[date]) -> None:
    """Raises Unsupported where the zone that is sent shows another time on one of the days."""
    if zone == start.zone:
        return
    locals_ = (datetime.combine(day, start.local.time()) for day in found)
    if any(at_wall_clock(local, start.zone) != at_wall_clock(local, zone) for local in locals_):
        raise _no_zone(start.zone)


def _no_zone(zone: str) -> Unsupported:
    return Unsupported(
        f"Graph has no name for the time zone {zone}, by whose clock the event is to recur.",
        path=("timeZone",),
        hint="Give the recurrence a time zone that Graph knows, such as Europe/Berlin.",
    )


def _pattern(rule: RecurrenceRule, start: date, before: date) -> RecurrencePattern:
    """The pattern that picks the rule's days from `start` on. Raises Unsupported if there is none."""
    said = msgspec.structs.replace(_relevant(completed(rule, start)), count=None, until=None)
    if exact := next((found for found in patterns_of(rule, [start]) if meaning(found) == said), None):
        return exact
    nearest = _nearest(rule, start, before)
    _check_same(rule, _bounded(nearest, rule), start, before)
    return nearest


def _nearest(rule: RecurrenceRule, start: date, before: date) -> RecurrencePattern:
    """The pattern that picks the same days; if none does, that of the rule's interval with most in common."""
    picked = list(islice(days(rule, start, before), _SAMPLE))

    def likeness(pattern: RecurrencePattern) -> tuple[bool, bool, int]:
        found = list(islice(days(_bounded(pattern, rule), start, before), _SAMPLE))
        return found == picked, pattern.interval == rule.interval, len({*found} & {*picked})

    return max(patterns_of(rule, picked), key=likeness)


def _bounded(pattern: RecurrencePattern, rule: RecurrenceRule) -> RecurrenceRule:
    """The meaning of a pattern, ending as the rule does."""
    return msgspec.structs.replace(meaning(pattern), count=rule.count, until=rule.until)


def _relevant(rule: RecurrenceRule) -> RecurrenceRule:
    """The same rule, without the first day of weeks where it makes no difference."""
    is_weekly = rule.frequency is Frequency.WEEKLY
    return rule if is_weekly else msgspec.structs.replace(rule, week_start=Weekday.MO)


def _check_same(rule: RecurrenceRule, nearest: RecurrenceRule, start: date, before: date) -> None:
    """Raises Unsupported, which names the first day that makes a difference, unless both pick the same."""
    pairs = zip_longest(
        islice(days(rule, start, before), _PROOF), islice(days(nearest, start, before), _PROOF)
    )
    for wanted, found in pairs:
        if wanted != found:
            day = min(filter(None, (wanted, found)))
            raise Unsupported(
                f"Graph has no pattern for the rule {rule}: the nearest one "
                f"{'leaves out' if day == wanted else 'adds'} {day}.",
                hint=f"Write {nearest}.",
            )
