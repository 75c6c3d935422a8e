"""Elasticsearch's language and ours: drafts to JSON, JSON to events and calendars. Pure.

Times on the wire are integers, milliseconds since the epoch. Fields that are not named here are let by:
every version adds some.
"""

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Final

import msgspec

from gateway.adapters.elasticsearch.flags import NO_OPTIONS, sent_options
from gateway.adapters.elasticsearch.ids import spelled, written_event_id
from gateway.adapters.elasticsearch.mark import Mark, parted
from gateway.errors import InvalidTime, UnexpectedAnswer
from gateway.model.calendar import Calendar
from gateway.model.elasticsearch import (
    ElasticsearchCalendarDetails,
    ElasticsearchEventDetails,
)
from gateway.model.event import Draft, Event
from gateway.model.fields import EVERYTHING, Fields
from gateway.model.ids import CalendarId
from gateway.model.time import EventTime, from_millis, to_millis

CONTENT: Final[Callable[["SentEvent"], tuple[int, int, str]]] = attrgetter(
    "start_time", "end_time", "description"
)


class SentEvent(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A scheduled event as it is posted. The flags, known from 8.16 on, go only where they were given."""

    description: str
    start_time: int
    end_time: int
    skip_result: bool | None = None
    skip_model_update: bool | None = None
    force_time_shift: int | None = None

    @property
    def content(self) -> tuple[int, int, str]:
        """What tells events apart that were not given the same flags."""
        return CONTENT(self)


class SentEvents(msgspec.Struct, frozen=True, kw_only=True):
    """The body of a POST."""

    events: tuple[SentEvent, ...]


class StoredEvent(SentEvent, frozen=True, kw_only=True):
    """A scheduled event as it is read. The flags are None where the cluster does not know them."""

    event_id: str


class EventList(msgspec.Struct, frozen=True, kw_only=True):
    """A page of events; `count` is the total, whatever the page. Filtered, it leaves out an empty list."""

    count: int
    events: Sequence[StoredEvent] = ()


class UntitledEvent(StoredEvent, frozen=True, kw_only=True):
    """A scheduled event whose title was not asked for."""

    description: str = ""


class UntitledEventList(EventList, frozen=True, kw_only=True):
    """A page of events whose titles were not asked for."""

    events: Sequence[UntitledEvent] = ()


class StoredCalendar(msgspec.Struct, frozen=True, kw_only=True):
    calendar_id: str
    job_ids: tuple[str, ...] = ()
    description: str | None = None


class CalendarList(msgspec.Struct, frozen=True, kw_only=True):
    """A page of calendars; `count` is the total, whatever the page."""

    count: int
    calendars: tuple[StoredCalendar, ...]


class Version(msgspec.Struct, frozen=True, kw_only=True):
    number: str
    build_flavor: str | None = None


class NativeCode(msgspec.Struct, frozen=True, kw_only=True):
    version: str | None = None


class MLInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What `GET /_ml/info` says of machine learning, which is of the cluster's version, where it runs."""

    native_code: NativeCode = NativeCode()


class ClusterInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What `GET /` says of the cluster."""

    version: Version


def described(title: str, key: str | None, occurrence: datetime | None = None) -> str:
    """The description of an event: its title, and a mark after it where it has a key."""
    return title if key is None else f"{title}{Mark(key, occurrence)}"


def to_wire(draft: Draft, has_flags: bool | None = None, occurrence: datetime | None = None) -> SentEvent:
    """The draft as it is posted: what the calendar cannot hold is left out, times in whole milliseconds.

    `has_flags` says whether the cluster knows the flags; only where it does not are they left out. A key is
    held as a mark after the title, with the `occurrence` of a series that the draft is.
    """
    options = sent_options(draft, has_flags=has_flags) if draft.options else NO_OPTIONS
    return SentEvent(
        description=described(draft.title, draft.key, occurrence),
        start_time=to_millis(draft.start.instant),
        end_time=to_millis(draft.end.instant),
        skip_result=options.skip_result,
        skip_model_update=options.skip_model_update,
        force_time_shift=options.force_time_shift,
    )


class EventReader:
    """Reads the events of one calendar, of those attributes that cost something only the wanted ones."""

    def __init__(self, calendar: CalendarId, fields: Fields = EVERYTHING) -> None:
        self.source: Final = calendar.source
        self.calendar: Final = spelled(calendar)
        self._has_revision = "revision" in fields

    def read(self, stored: StoredEvent) -> Event:
        """The event in the domain's terms. Raises UnexpectedAnswer for times beyond the calendar."""
        try:
            start, end = from_millis(stored.start_time), from_millis(stored.end_time)
        except InvalidTime as exc:
            raise UnexpectedAnswer(f"Event {stored.event_id} of {self.calendar}: {exc}") from exc
        text = stored.description
        title, mark = parted(text) if text[-1:] == "]" else (text, None)
        return Event(
            id=written_event_id(self.calendar, stored.start_time, stored.event_id),
            source=self.source,
            calendar_id=self.calendar,
            title=title,
            start=EventTime(instant=start),
            end=EventTime(instant=end),
            key=mark.key if mark else None,
            revision=_revision(stored) if self._has_revision else None,
            details=ElasticsearchEventDetails(
                event_id=stored.event_id,
                skip_result=stored.skip_result,
                skip_model_update=stored.skip_model_update,
                force_time_shift=stored.force_time_shift,
                occurrence=mark.occurrence if mark else None,
            ),
        )


def to_event(stored: StoredEvent, calendar: CalendarId) -> Event:
    """One event with all its attributes, as a reader reads it."""
    return EventReader(calendar).read(stored)


def to_calendar(stored: StoredCalendar, source: str) -> Calendar:
    """The calendar in the domain's terms. ML calendars have no name but their id."""
    details = ElasticsearchCalendarDetails(job_ids=tuple(sorted(set(stored.job_ids))))
    return Calendar(
        id=str(CalendarId(source, (stored.calendar_id,))),
        source=source,
        name=stored.calendar_id,
        description=stored.description,
        mutes_all_jobs=details.applies_to_all_jobs,
        details=details,
    )


def _revision(stored: StoredEvent) -> str:
    """A hash of all that can be said of an event; Elasticsearch itself keeps no revision."""
    flags = (stored.skip_result, stored.skip_model_update, stored.force_time_shift)
    return hashlib.sha256(msgspec.json.encode((*stored.content, *flags))).hexdigest()[:16]
