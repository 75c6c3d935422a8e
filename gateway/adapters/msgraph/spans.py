"""When events take place, as Graph shows it: of one with the zones that are meant, of many as texts. Pure."""

from typing import TypeAlias

from gateway.adapters.msgraph.shown import Shown
from gateway.adapters.msgraph.times import all_sortable_utc, read_day, read_time, sortable
from gateway.adapters.msgraph.wire import GraphEvent
from gateway.model.time import EventTime
from gateway.model.zones import UTC

Spans: TypeAlias = tuple[list[str], list[str]]
"""The starts and the ends of events, as `sortable` writes them."""


def span(event: GraphEvent) -> tuple[EventTime, EventTime]:
    first, last = event.original_start_time_zone, event.original_end_time_zone
    if event.is_all_day:
        # One zone for both: it is the start's that says which days are meant.
        return read_day(event.start, first, latest=False), read_day(event.end, first, latest=True)
    return read_time(event.start, first), read_time(event.end, last)


def spans(events: Shown) -> Spans:
    """Those of all events together, as if they were timed in UTC, but for those that are not."""
    if len(events) == 1:  # what is said of it must not depend on what is read first
        start, end = _span(events[0])
        return [start], [end]
    starts = all_sortable_utc(events.column("start.date_time"))
    ends = all_sortable_utc(events.column("end.date_time"))
    zones = events.column("start.time_zone"), events.column("end.time_zone")
    in_utc = zones[0].count(UTC) == zones[1].count(UTC) == len(events)
    if not in_utc or any(events.column("is_all_day")):
        for place, event in enumerate(events):
            if event.is_all_day or not event.start.time_zone == UTC == event.end.time_zone:
                starts[place], ends[place] = _span(event)
    return starts, ends


def _span(event: GraphEvent) -> tuple[str, str]:
    start, end = span(event)
    return sortable(start.instant), sortable(end.instant)
