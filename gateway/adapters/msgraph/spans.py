"""When events take place, as Graph shows it: of one with the zones that are meant, of many as texts. Pure."""

from collections.abc import Sequence
from typing import TypeAlias

from gateway.adapters.msgraph.times import read_day, read_time, sortable, sortable_utc
from gateway.adapters.msgraph.wire import GraphEvent
from gateway.model.time import EventTime
from gateway.model.zones import UTC

Span: TypeAlias = tuple[str, str]
"""Start and end of an event, as `sortable` writes them."""


def span(event: GraphEvent) -> tuple[EventTime, EventTime]:
    first, last = event.original_start_time_zone, event.original_end_time_zone
    if event.is_all_day:
        # One zone for both: it is the start's that says which days are meant.
        return read_day(event.start, first, latest=False), read_day(event.end, first, latest=True)
    return read_time(event.start, first), read_time(event.end, last)


def spans(events: Sequence[GraphEvent]) -> list[Span]:
    """Those of all events together, as if they were timed in UTC, but for those that are not."""
    if len(events) == 1:  # what is said of it must not depend on what is read first
        return [_span(events[0])]
    starts, ends = [it.start for it in events], [it.end for it in events]
    begin, finish = (map(sortable_utc, [it.date_time for it in times]) for times in (starts, ends))
    found = [*zip(begin, finish, strict=True)]
    zones = {it.time_zone for it in (*starts, *ends)}
    if zones != {UTC} or True in [it.is_all_day for it in events]:
        for place, event in enumerate(events):
            if event.is_all_day or not event.start.time_zone == UTC == event.end.time_zone:
                found[place] = _span(event)
    return found


def _span(event: GraphEvent) -> Span:
    start, end = span(event)
    return sortable(start.instant), sortable(end.instant)
