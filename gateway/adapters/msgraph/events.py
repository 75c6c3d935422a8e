"""Graph's events as ours: JSON in, unified events with their details out. Pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Any, Final

from gateway.adapters.msgraph import details, wire
from gateway.adapters.msgraph.bodies import text_of
from gateway.adapters.msgraph.keys import key_of
from gateway.adapters.msgraph.paths import Owner, canonical, event_of
from gateway.adapters.msgraph.recurrence import from_pattern
from gateway.adapters.msgraph.shown import Shown
from gateway.adapters.msgraph.spans import Spans, span, spans
from gateway.adapters.msgraph.times import read_instant, read_time, zone_warnings
from gateway.adapters.msgraph.words import known
from gateway.errors import InvalidInput, UnexpectedAnswer
from gateway.model.event import (
    Attendee,
    AttendeeResponse,
    AttendeeType,
    Coordinates,
    Event,
    EventBody,
    EventLocation,
    EventPerson,
    EventStatus,
    EventWarning,
    LocationType,
    LocationUniqueIdType,
    PostalAddress,
    Recurrence,
    ShowAs,
    SourceKind,
)
from gateway.model.fields import EVERYTHING, Fields
from gateway.model.ids import CalendarId, encode_segment
from gateway.model.zones import find_zone


class EventReader:
    """Reads the events of an owner's mailbox: of each the wanted attributes, and what it is never without."""

    def __init__(self, source: str, owner: Owner, calendar: CalendarId | None, fields: Fields) -> None:
        self.source: Final = source
        self.calendar: Final = None if calendar is None else str(calendar)
        self.events: Final = str(event_of(source, owner, ""))
        self._wanted = _wanted(fields)
        self._read_details = details.details_reader(fields)
        self._with_times = [read for name, read in _TIMES.items() if name in fields]

    def read(self, event: wire.GraphEvent) -> Event:
        """The event in the domain's terms. Raises UnexpectedAnswer for a time that cannot be read."""
        try:
            start, end = span(event)
            values: dict[str, Any] = {name: read(event) for name, read in self._wanted}
            return Event(
                id=self._id(event.id),
                source=self.source,
                calendar_id=self.calendar,
                start=start,
                end=end,
                is_all_day=event.is_all_day is True,
                series_id=self.series_id(event),
                details=self._read_details(event),
                **values,
            )
        except InvalidInput as exc:
            raise self._unreadable(event, exc) from exc

    def spans(self, events: Shown) -> tuple[Spans, UnexpectedAnswer | None]:
        """Those of the events before the first of which something wanted cannot be read, and why not."""
        try:
            found = spans(events)
            for read in self._with_times:
                for event in events:
                    read(event)
        except InvalidInput as exc:
            if len(events) > 1:
                return self._spans_one_by_one(events)
            return ([], []), self._unreadable(events[0], exc)
        return found, None

    def _spans_one_by_one(self, events: Shown) -> tuple[Spans, UnexpectedAnswer | None]:
        starts: list[str] = []
        ends: list[str] = []
        for event in events:
            (start, end), unreadable = self.spans(Shown([event]))
            if unreadable is not None:
                return (starts, ends), unreadable
            starts += start
            ends += end
        return (starts, ends), None

    def _unreadable(self, event: wire.GraphEvent, why: InvalidInput) -> UnexpectedAnswer:
        return UnexpectedAnswer(f"{self.source} shows the event {event.id} with an unreadable time: {why}")

    def series_id(self, event: wire.GraphEvent) -> str | None:
        """The id of the series that an event is of, if it is of one."""
        return event.series_master_id and self._id(event.series_master_id)

    def _id(self, graph_id: str) -> str:
        return f"{self.events}{encode_segment(graph_id)}"


@lru_cache(maxsize=1024)
def event_reader(
    *, source: str, owner: Owner, calendar: CalendarId | None, fields: Fields = EVERYTHING
) -> EventReader:
    """The reader for a calendar, kept: calls ask for the same again and again."""
    return EventReader(source, owner, calendar, fields)


@lru_cache(maxsize=1024)
def reader_at(calendar: CalendarId, owner: Owner, fields: Fields) -> EventReader:
    """The same one for a calendar in the mailbox of the owner, however it is addressed."""
    home = canonical(calendar, owner)
    return event_reader(source=calendar.source, owner=owner, calendar=home, fields=fields)


def to_event(event: wire.GraphEvent, *, source: str, owner: Owner, calendar: CalendarId | None) -> Event:
    """One event with all its attributes, as a reader reads it."""
    return event_reader(source=source, owner=owner, calendar=calendar, fields=EVERYTHING).read(event)


def person(who: wire.EmailAddress | None) -> EventPerson | None:
    """A person, None where there is no address."""
    return EventPerson(email=who.address, name=who.name) if who and who.address else None


def _recurrence(event: wire.GraphEvent) -> Recurrence | None:
    """None for what no rule says, or what lacks something: the details show it as Graph does."""
    recurrence = event.recurrence
    if recurrence is None:
        return None
    start, _ = span(event)
    zone = find_zone(recurrence.range.recurrence_time_zone or "") or start.zone
    try:
        rule = from_pattern(recurrence, zone, is_all_day=event.is_all_day is True)
    except InvalidInput:  # a series that cannot be understood must not hide the event
        return None
    if rule is None:
        return None
    return Recurrence(rule=rule, time_zone=start.zone if event.is_all_day else zone)


def _warnings(event: wire.GraphEvent) -> Iterator[EventWarning]:
    yield from zone_warnings("start", event.start, event.original_start_time_zone)
    if not event.is_all_day:  # its end is read in the zone of its start
        yield from zone_warnings("end", event.end, event.original_end_time_zone)


def _body(body: wire.ItemBody | None) -> EventBody | None:
    if body is None:
        return None
    content = body.content or ""
    if body.content_type.lower() == "html":
        return EventBody(text=text_of(content), html=content)
    return EventBody(text=content)


def _status(event: wire.GraphEvent) -> EventStatus:
    if event.is_cancelled:
        return EventStatus.CANCELLED
    return EventStatus.TENTATIVE if event.show_as == ShowAs.TENTATIVE else EventStatus.CONFIRMED


def _attendee(attendee: wire.Attendee) -> Attendee:
    who = attendee.email_address or wire.EmailAddress()
    status = attendee.status or wire.ResponseStatus()
    proposed = attendee.proposed_new_time or wire.TimeSlot()
    return Attendee(
        email=who.address or "",
        name=who.name,
        type=known(AttendeeType, attendee.type) or AttendeeType.REQUIRED,
        response=known(AttendeeResponse, status.response) or AttendeeResponse.NONE,
        responded_at=read_instant(status.time),
        proposed_start=None if proposed.start is None else read_time(proposed.start, None),
        proposed_end=None if proposed.end is None else read_time(proposed.end, None),
    )


def _location(place: wire.Location | None) -> EventLocation | None:
    """A place, None for the empty one that Graph shows where there is none."""
    if place is None:
        return None
    address, coordinates = _address(place.address), _coordinates(place.coordinates)
    if not (
        place.display_name or place.location_uri or place.location_email_address or address or coordinates
    ):
        return None
    return EventLocation(
        display_name=place.display_name,
        address=address,
        coordinates=coordinates,
        email=place.location_email_address,
        uri=place.location_uri,
        location_type=known(LocationType, place.location_type),
        unique_id=place.unique_id,
        unique_id_type=known(LocationUniqueIdType, place.unique_id_type),
    )


def _address(address: wire.PhysicalAddress | None) -> PostalAddress | None:
    """An address, None for one of empty lines, as Graph shows it of some places."""
    if address is None:
        return None
    read = PostalAddress(
        street=address.street or None,
        city=address.city or None,
        state=address.state or None,
        country_or_region=address.country_or_region or None,
        postal_code=address.postal_code or None,
    )
    return None if read == PostalAddress() else read


def _coordinates(place: wire.GeoCoordinates | None) -> Coordinates | None:
    if place is None:
        return None
    read = Coordinates(
        latitude=_number(place.latitude),
        longitude=_number(place.longitude),
        altitude=_number(place.altitude),
        accuracy=_number(place.accuracy),
        altitude_accuracy=_number(place.altitude_accuracy),
    )
    return None if read == Coordinates() else read


def _number(value: float | str | None) -> float | None:
    """A number; None for OData's words for what is none: NaN, INF and -INF."""
    return value if isinstance(value, float) else None


ATTRIBUTES: Final[Mapping[str, Callable[[wire.GraphEvent], Any]]] = {
    "title": lambda event: event.subject or "",
    "body": lambda event: _body(event.body),
    "status": _status,
    "show_as": lambda event: known(ShowAs, event.show_as),
    "location": lambda event: _location(event.location),
    "locations": lambda event: tuple(filter(None, map(_location, event.locations or ()))),
    "categories": lambda event: event.categories or (),
    "attendees": lambda event: tuple(map(_attendee, event.attendees or ())),
    "organizer": lambda event: None if event.organizer is None else person(event.organizer.email_address),
    "recurrence": _recurrence,
    "key": key_of,
    "web_url": attrgetter("web_link"),
    "created_at": lambda event: read_instant(event.created_date_time),
    "updated_at": lambda event: read_instant(event.last_modified_date_time),
    "revision": attrgetter("etag"),
    "warnings": lambda event: tuple(_warnings(event)),
}
"""How each attribute is read that not every reading needs."""
_TIMES: Final[Mapping[str, Callable[[wire.GraphEvent], Any]]] = {
    **{name: ATTRIBUTES[name] for name in ("attendees", "created_at", "updated_at")},
    **{
        f"{SourceKind.MSGRAPH}.{name}": details.PROPERTIES[name]
        for name in ("original_start", "responded_at")
    },
}
"""What besides start and end raises InvalidInput for a time that cannot be read."""


@lru_cache(maxsize=256)
def _wanted(fields: Fields) -> Sequence[tuple[str, Callable[[wire.GraphEvent], Any]]]:
    wanted = fields | {"title"}
    return [(name, read) for name, read in ATTRIBUTES.items() if name in wanted]
