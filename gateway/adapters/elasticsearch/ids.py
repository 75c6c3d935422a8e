"""The grammar of ids: `<source>:<calendar>` and `<source>:<calendar>/events/<start>/<event>`.

Elasticsearch cannot get an event by its id; the start, in milliseconds, makes looking one up a tiny window.
"""

import re
from functools import lru_cache
from typing import Final

import msgspec

from gateway.errors import InvalidId, InvalidTime
from gateway.model.ids import CalendarId, EventId, ResourceId, encode_segment
from gateway.model.time import from_millis

_CALENDAR: Final = re.compile(r"[a-z0-9](?:[a-z0-9_\-.]*[a-z0-9])?")
_MAX_CALENDAR: Final = 64
_MAX_EVENT_BYTES: Final = 512
_START: Final = re.compile(r"0|-?[1-9][0-9]{0,14}")
_CALENDAR_DOCUMENT: Final = "calendar_"


class EventPlace(msgspec.Struct, frozen=True):
    """Where an event is kept: its calendar, its start in milliseconds since the epoch, its own id."""

    calendar: str
    start: int
    id: str


def calendar_id(written: ResourceId) -> CalendarId:
    """The calendar that an id names, by the server's own rule. Raises InvalidId."""
    if len(written.segments) != 1:
        raise _malformed(written)
    (name,) = written.segments
    if name == "_all":
        raise InvalidId("'_all' names all ML calendars at once and is no calendar's id.", hint="Name one.")
    if len(name) > _MAX_CALENDAR:
        raise InvalidId(f"An ML calendar id has at most {_MAX_CALENDAR} characters, this one {len(name)}.")
    if not _CALENDAR.fullmatch(name):
        raise InvalidId(
            f"{name!r} is no ML calendar id.",
            hint="Use a-z, 0-9, hyphens, underscores and dots, beginning and ending with a letter or digit.",
        )
    return CalendarId(written.source, written.segments)


def event_id(written: ResourceId) -> EventId | None:
    """The event that an id names, or None if it is a calendar's. Raises InvalidId."""
    if len(written.segments) == 1:
        return None
    match written.segments:
        case (calendar, "events", start, event):
            calendar_id(ResourceId(written.source, (calendar,)))
            _check_start(start, written)
            _check_event(event)
            return EventId(written.source, written.segments)
        case _:
            raise _malformed(written)


@lru_cache(maxsize=1024)  # calls name the same calendars again and again
def spelled(calendar: CalendarId) -> str:
    """The calendar's id as it is written."""
    return str(calendar)


def name_of(calendar: CalendarId) -> str:
    """The calendar's id as Elasticsearch has it."""
    return calendar.segments[0]


def place_of(event: EventId) -> EventPlace:
    """What an event's id says. The id must have come from `event_id`."""
    calendar, _, start, name = event.segments
    return EventPlace(calendar, int(start), name)


def place_named(written: str) -> EventPlace:
    """What an event's id says, as it is written. Raises InvalidId for what is no event's id."""
    event = event_id(ResourceId.parse(written))
    if event is None:
        raise InvalidId(f"{written!r} names a calendar, not an event.")
    return place_of(event)


def calendar_at(source: str, place: EventPlace) -> CalendarId:
    """The calendar that a place is in."""
    return CalendarId(source, (place.calendar,))


def event_id_at(source: str, place: EventPlace) -> EventId:
    """The id of the event at a place."""
    return EventId(source, (place.calendar, "events", str(place.start), place.id))


def written_event_id(calendar: str, start: int, event: str) -> str:
    """The same, spelled out, in a calendar whose id is spelled so."""
    return f"{calendar}/events/{start}/{encode_segment(event)}"


def _check_start(start: str, written: ResourceId) -> None:
    if not _START.fullmatch(start):
        raise _malformed(written)
    try:
        from_millis(int(start))
    except InvalidTime as exc:
        raise InvalidId(f"The id {str(written)!r} names a start beyond the calendar.") from exc


def _check_event(event: str) -> None:
    if event.startswith(_CALENDAR_DOCUMENT):
        raise InvalidId(
            f"{event!r} is no event's id: under that name Elasticsearch keeps a calendar itself.",
        )
    if len(event.encode()) > _MAX_EVENT_BYTES:
        raise InvalidId(f"An Elasticsearch id has at most {_MAX_EVENT_BYTES} bytes.")


def _malformed(written: ResourceId) -> InvalidId:
    source = written.source
    return InvalidId(
        f"{str(written)!r} names neither an ML calendar nor an event of one.",
        hint=f"Write {source}:<calendar>, or {source}:<calendar>/events/<start in ms>/<event>.",
    )
