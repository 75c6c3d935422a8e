"""The requests of the ML calendar API, exactly as they are sent. Pure."""

from datetime import timedelta
from typing import Final, Self

import msgspec

from gateway.adapters.base import UpstreamRequest
from gateway.adapters.elasticsearch.ids import name_of
from gateway.adapters.transport import request_path
from gateway.model.ids import CalendarId
from gateway.model.time import Window, to_millis

_CALENDARS: Final = ("_ml", "calendars")
_PLAIN_MILLIS: Final = 10_000
"""Elasticsearch takes four digits for a year: bounds in the first seconds of 1970 are written wider."""


class Span(msgspec.Struct, frozen=True):
    """A half-open span of time in milliseconds since the epoch."""

    start: int
    end: int

    @classmethod
    def around(cls, window: Window) -> Self:
        """The shortest span of whole milliseconds that holds the window."""
        return cls(to_millis(window.start), to_millis(window.end - timedelta(microseconds=1)) + 1)


def cluster(source: str) -> UpstreamRequest:
    return UpstreamRequest(source=source, method="GET", path="/")


def calendar(calendar: CalendarId) -> UpstreamRequest:
    path = request_path((*_CALENDARS, name_of(calendar)))
    return UpstreamRequest(source=calendar.source, method="GET", path=path)


def calendars(source: str, *, offset: int, size: int) -> UpstreamRequest:
    path = request_path(_CALENDARS, [("from", offset), ("size", size)])
    return UpstreamRequest(source=source, method="GET", path=path)


def events(calendar: CalendarId, span: Span, *, offset: int = 0, size: int) -> UpstreamRequest:
    """Those that overlap the span, ordered by start; without `size` Elasticsearch would stop at 100."""
    query: list[tuple[str, str | int]] = []
    if span.start >= _PLAIN_MILLIS:
        query.append(("start", span.start))
    query.append(("end", max(span.end, _PLAIN_MILLIS)))
    if offset:
        query.append(("from", offset))
    query.append(("size", size))
    path = request_path((*_CALENDARS, name_of(calendar), "events"), query)
    return UpstreamRequest(source=calendar.source, method="GET", path=path)


def add_events(calendar: CalendarId, body: bytes) -> UpstreamRequest:
    path = request_path((*_CALENDARS, name_of(calendar), "events"))
    return UpstreamRequest(source=calendar.source, method="POST", path=path, body=body)


def remove_event(calendar: CalendarId, event_id: str) -> UpstreamRequest:
    path = request_path((*_CALENDARS, name_of(calendar), "events", event_id))
    return UpstreamRequest(source=calendar.source, method="DELETE", path=path)
