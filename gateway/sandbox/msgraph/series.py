"""A series and its occurrences: which there are, when they are, and how they are named."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from re import fullmatch

from gateway.sandbox.msgraph.items import Item, ItemType
from gateway.sandbox.msgraph.recurrence import days
from gateway.sandbox.msgraph.resources import (
    PatternedRecurrence,
)
from gateway.sandbox.msgraph.times import WallClock, day

DAY = timedelta(days=1)
_MARK = "FRAAg"


def occurrence_id(master_id: str, original: date) -> str:
    """The master's id with the original day in it: nothing is stored for an untouched occurrence."""
    stem = f"{master_id.rstrip('=')}{_MARK}{compact(original)}"
    return stem + ("", "AAA", "AA", "A")[len(stem) % 4]


def compact(original: date) -> str:
    """A day as YYYYMMDD."""
    return original.isoformat().replace("-", "")


def split_id(event_id: str) -> tuple[str, date] | None:
    """The stem of the master's id and the original day, if `event_id` is an occurrence's."""
    match = fullmatch(rf"(.+){_MARK}(\d{{4}})(\d\d)(\d\d)A*", event_id)
    if match is None:
        return None
    try:
        return match[1], date(*(int(part) for part in match.groups()[1:]))
    except ValueError:
        return None


def occurrence(master: Item, original: date) -> Item | None:
    """The occurrence of that original day, changed or not; None if there is or will be none."""
    if original in master.cancelled_days:
        return None
    if original in master.exceptions:
        return master.exceptions[original]
    following = next((found for found in _days(master) if found >= original), None)
    return _derived(master, original) if following == original else None


def occurrences(master: Item, start: datetime, end: datetime) -> list[Item]:
    """The occurrences that may lie between two instants: a little wider, for the caller to choose from."""
    margin = master.length + 2 * DAY
    first, last = (start - margin).date(), (end + 2 * DAY).date()
    touched = master.cancelled_days | set(master.exceptions)
    derived = [
        _derived(master, original)
        for original in _until(_days(master), last)
        if original >= first and original not in touched
    ]
    return [*derived, *master.exceptions.values()]


def neighbours(master: Item, original: date) -> tuple[Item | None, Item | None]:
    """The occurrences before and after the one of that day."""
    before: Item | None = None
    for found in _days(master):
        current = occurrence(master, found)
        if found < original and current is not None:
            before = current
        elif found > original and current is not None:
            return before, current
    return before, None


def first_day(recurrence: PatternedRecurrence) -> date | None:
    return next(days(recurrence), None)


def _days(master: Item) -> Iterator[date]:
    return days(_recurrence(master))


def _until(found: Iterator[date], last: date) -> Iterator[date]:
    for current in found:
        if current > last:
            return
        yield current


def _derived(master: Item, original: date) -> Item:
    """An untouched occurrence. It keeps the master's wall clock in the zone of the recurrence."""
    start, end = _times(master, original)
    return replace(
        master,
        id=occurrence_id(master.id, original),
        type=ItemType.OCCURRENCE,
        master_id=master.id,
        original_day=original,
        original_start=start.instant,
        start=start,
        end=end,
        recurrence=None,
        exceptions={},
        cancelled_days=frozenset(),
        transaction_id=None,
    )


def _times(master: Item, original: date) -> tuple[WallClock, WallClock]:
    bounds = _recurrence(master).range
    shift = original - day(bounds.start_date)
    zone_name = bounds.recurrence_time_zone
    if master.is_all_day or zone_name is None:
        start, end = master.start, master.end
    else:
        start, end = master.start.on(zone_name), master.end.on(zone_name)
    return WallClock(start.local + shift, start.zone_name), WallClock(end.local + shift, end.zone_name)


def _recurrence(master: Item) -> PatternedRecurrence:
    if master.recurrence is None:
        raise ValueError(f"{master.id} is no series")
    return master.recurrence
