"""The requests of the ML calendar API, exactly as they are sent. Pure."""

from collections.abc import Sequence
from datetime import timedelta
from functools import lru_cache
from typing import Final, Self

import msgspec

from gateway.adapters.elasticsearch.fields import WHOLE, WireFields
from gateway.adapters.elasticsearch.ids import name_of
from gateway.adapters.transport import request_path
from gateway.adapters.upstream import UpstreamRequest
from gateway.model.ids import CalendarId, encode
from gateway.model.time import Window, to_millis

_CALENDARS: Final = ("_ml", "calendars")
_JOBS: Final = ("_ml", "anomaly_detectors")
_JOB_FIELDS: Final = "count,jobs.job_id,jobs.groups,jobs.analysis_config.bucket_span"
_STATISTICS: Final = "jobs.job_id,jobs.data_counts.latest_record_timestamp"
_PLAIN_MILLIS: Final = 10_000
"""Elasticsearch takes four digits for a year: bounds in the first seconds of 1970 are written wider."""


class Span(msgspec.Struct, frozen=True):
    """A half-open span of time in milliseconds since the epoch; without an end where that is None."""

    start: int
    end: int | None

    @classmethod
    def around(cls, window: Window) -> Self:
        """The shortest span of whole milliseconds that holds the window."""
        return cls(to_millis(window.start), to_millis(window.end - timedelta(microseconds=1)) + 1)


def cluster(source: str) -> UpstreamRequest:
    return UpstreamRequest(source=source, method="GET", path="/")


def ml_info(source: str) -> UpstreamRequest:
    path = request_path(("_ml", "info"), [("filter_path", "native_code.version")])
    return UpstreamRequest(source=source, method="GET", path=path)


def calendar(calendar: CalendarId) -> UpstreamRequest:
    path = _path(name_of(calendar))
    return UpstreamRequest(source=calendar.source, method="GET", path=path)


def calendars(source: str, *, offset: int, size: int) -> UpstreamRequest:
    path = request_path(_CALENDARS, [("from", offset), ("size", size)])
    return UpstreamRequest(source=source, method="GET", path=path)


def events(
    calendar: CalendarId, span: Span, *, offset: int = 0, size: int, fields: WireFields = WHOLE
) -> UpstreamRequest:
    """Those that overlap the span, ordered by start; without `size` Elasticsearch would stop at 100."""
    start = f"start={span.start}&" if span.start >= _PLAIN_MILLIS else ""
    end = "" if span.end is None else f"end={max(span.end, _PLAIN_MILLIS)}&"
    skipped = f"from={offset}&" if offset else ""
    path = f"{_path(name_of(calendar), 'events')}?{start}{end}{skipped}size={size}{_shown(fields)}"
    return UpstreamRequest(source=calendar.source, method="GET", path=path)


def add_events(calendar: CalendarId, body: bytes) -> UpstreamRequest:
    path = _path(name_of(calendar), "events")
    return UpstreamRequest(source=calendar.source, method="POST", path=path, body=body)


def remove_event(calendar: CalendarId, event_id: str) -> UpstreamRequest:
    path = request_path((*_CALENDARS, name_of(calendar), "events", event_id))
    return UpstreamRequest(source=calendar.source, method="DELETE", path=path)


def put_calendar(calendar: CalendarId, body: bytes) -> UpstreamRequest:
    path = _path(name_of(calendar))
    return UpstreamRequest(source=calendar.source, method="PUT", path=path, body=body)


def delete_calendar(calendar: CalendarId) -> UpstreamRequest:
    """The calendar goes with all its events."""
    path = _path(name_of(calendar))
    return UpstreamRequest(source=calendar.source, method="DELETE", path=path)


def add_jobs(calendar: CalendarId, names: Sequence[str]) -> UpstreamRequest:
    path = request_path((*_CALENDARS, name_of(calendar), "jobs", ",".join(names)))
    return UpstreamRequest(source=calendar.source, method="PUT", path=path)


def remove_jobs(calendar: CalendarId, names: Sequence[str]) -> UpstreamRequest:
    path = request_path((*_CALENDARS, name_of(calendar), "jobs", ",".join(names)))
    return UpstreamRequest(source=calendar.source, method="DELETE", path=path)


def event_count(calendar: CalendarId) -> UpstreamRequest:
    path = request_path((*_CALENDARS, name_of(calendar), "events"), [("size", 0)])
    return UpstreamRequest(source=calendar.source, method="GET", path=path)


def jobs(source: str) -> UpstreamRequest:
    """All jobs: Elasticsearch has no pages of them, and a list of names fails for one that is missing."""
    path = request_path(_JOBS, [("filter_path", _JOB_FIELDS)])
    return UpstreamRequest(source=source, method="GET", path=path)


def job_statistics(source: str) -> UpstreamRequest:
    path = request_path((*_JOBS, "_stats"), [("filter_path", _STATISTICS)])
    return UpstreamRequest(source=source, method="GET", path=path)


def events_ahead(source: str, start: int, job_id: str | None = None) -> UpstreamRequest:
    """How many events end after `start`: of one job, or of all calendars. None of them is shown."""
    query: list[tuple[str, str | int]] = []
    if start >= _PLAIN_MILLIS:
        query.append(("start", start))
    if job_id is not None:
        query.append(("job_id", job_id))
    path = request_path((*_CALENDARS, "_all", "events"), [*query, ("size", 0)])
    return UpstreamRequest(source=source, method="GET", path=path)


@lru_cache(maxsize=1024)
def _path(*segments: str) -> str:
    """Kept, for calls name the same calendars again and again."""
    return request_path((*_CALENDARS, *segments))


@lru_cache(maxsize=64)
def _shown(fields: WireFields) -> str:
    """The end of a query that names what is to be shown."""
    if fields == WHOLE:
        return ""
    wanted = ",".join(("count", *(f"events.{field}" for field in fields)))
    return f"&filter_path={encode(wanted)}"
