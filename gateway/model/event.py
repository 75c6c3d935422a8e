"""A calendar event as both upstreams share it, and the draft of one that is to be written.

What only one kind of source has travels in one `details` slot (read) or one `options` entry (written).
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Protocol

import msgspec

from gateway.model.recurrence.rule import RecurrenceRule
from gateway.model.time import EventTime, on_clock


class SourceKind(StrEnum):
    """Which API stands behind a source."""

    ELASTICSEARCH = "elasticsearch"
    MSGRAPH = "msgraph"


class EventStatus(StrEnum):
    CONFIRMED = "confirmed"
    TENTATIVE = "tentative"
    CANCELLED = "cancelled"


class ShowAs(StrEnum):
    """How the time appears in the owner's free/busy view; Graph's words."""

    FREE = "free"
    TENTATIVE = "tentative"
    BUSY = "busy"
    OUT_OF_OFFICE = "oof"
    WORKING_ELSEWHERE = "workingElsewhere"
    UNKNOWN = "unknown"


class AttendeeType(StrEnum):
    REQUIRED = "required"
    OPTIONAL = "optional"
    RESOURCE = "resource"


class AttendeeResponse(StrEnum):
    NONE = "none"
    ORGANIZER = "organizer"
    TENTATIVELY_ACCEPTED = "tentativelyAccepted"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    NOT_RESPONDED = "notResponded"


class EventBody(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A longer text. Exactly one of the two is given in a draft; on reading `text` is always there."""

    text: str | None = None
    html: str | None = None


class LocationType(StrEnum):
    DEFAULT = "default"
    CONFERENCE_ROOM = "conferenceRoom"
    HOME_ADDRESS = "homeAddress"
    BUSINESS_ADDRESS = "businessAddress"
    GEO_COORDINATES = "geoCoordinates"
    STREET_ADDRESS = "streetAddress"
    HOTEL = "hotel"
    RESTAURANT = "restaurant"
    LOCAL_BUSINESS = "localBusiness"
    POSTAL_ADDRESS = "postalAddress"


class LocationUniqueIdType(StrEnum):
    UNKNOWN = "unknown"
    LOCATION_STORE = "locationStore"
    DIRECTORY = "directory"
    PRIVATE = "private"
    BING = "bing"


class PostalAddress(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    street: str | None = None
    city: str | None = None
    state: str | None = None
    country_or_region: str | None = None
    postal_code: str | None = None


class Coordinates(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Degrees; altitude and accuracies in metres."""

    latitude: float | None = None
    longitude: float | None = None
    altitude: float | None = None
    accuracy: float | None = None
    altitude_accuracy: float | None = None


class EventLocation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    display_name: str | None
    address: PostalAddress | None = None
    coordinates: Coordinates | None = None
    email: str | None = None
    uri: str | None = None
    location_type: LocationType | None = None
    unique_id: str | None = None
    unique_id_type: LocationUniqueIdType | None = None


class EventPerson(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    email: str
    name: str | None = None


class Attendee(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """`responded_at` is None until there is an answer."""

    email: str
    name: str | None = None
    type: AttendeeType = AttendeeType.REQUIRED
    response: AttendeeResponse = AttendeeResponse.NONE
    responded_at: datetime | None = None
    proposed_start: EventTime | None = None
    proposed_end: EventTime | None = None


class Recurrence(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """When a series takes place: its rule in the zone whose wall clock it keeps, less the days left out.

    The first occurrence begins at the start of the event that has it.
    """

    rule: RecurrenceRule
    time_zone: str
    except_dates: tuple[date, ...] = ()


class EventWarning(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Something that could not be read as its source means it. `given` is what the source says."""

    field: str
    given: str
    message: str


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One event as its source shows it. `id` is canonical; lists are ordered by (start, id).

    `calendar_id` is None where the event was reached by its id alone and nobody has asked for its calendar.
    """

    id: str
    source: str
    calendar_id: str | None
    title: str
    start: EventTime
    end: EventTime
    is_all_day: bool = False
    body: EventBody | None = None
    status: EventStatus = EventStatus.CONFIRMED
    show_as: ShowAs | None = None
    location: EventLocation | None = None
    locations: tuple[EventLocation, ...] = ()
    categories: tuple[str, ...] = ()
    attendees: tuple[Attendee, ...] = ()
    organizer: EventPerson | None = None
    recurrence: Recurrence | None = None
    series_id: str | None = None
    key: str | None = None
    web_url: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    revision: str | None = None
    warnings: tuple[EventWarning, ...] = ()
    details: "Details | None" = None

    @property
    def order(self) -> tuple[datetime, str]:
        """The place in a time-ordered list; unique, for ids are."""
        return self.start.instant, self.id

    @property
    def length(self) -> timedelta:
        """How long it lasts."""
        return self.end.instant - self.start.instant


class Draft(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """An event that is to be written. None means not given, which is not the same as empty.

    The times of a series are its first occurrence's, on the clock that it keeps; `other_clocks` are the zones
    in which start or end were given, where these are others. `options` holds what only one kind of source
    understands, under that kind.
    """

    title: str
    start: EventTime
    end: EventTime
    is_all_day: bool = False
    body: EventBody | None = None
    show_as: ShowAs | None = None
    location: EventLocation | None = None
    locations: tuple[EventLocation, ...] | None = None
    categories: tuple[str, ...] | None = None
    attendees: tuple[Attendee, ...] | None = None
    recurrence: Recurrence | None = None
    key: str | None = None
    options: Mapping[SourceKind, msgspec.Struct] = {}
    other_clocks: Mapping[str, str] = {}

    @property
    def length(self) -> timedelta:
        """How long it lasts."""
        return self.end.instant - self.start.instant


class Details(Protocol):
    """What only one kind of source has of an event, and what of it can be written."""

    def options(self) -> tuple[SourceKind, msgspec.Struct]:
        """The writable part, under the kind that understands it."""
        ...


def draft_of(event: Event) -> Draft:
    """The draft that would write the event anew, as far as it can be written."""
    kind, options = event.details.options() if event.details else (None, None)
    draft = Draft(
        title=event.title,
        start=event.start,
        end=event.end,
        is_all_day=event.is_all_day,
        body=event.body,
        show_as=event.show_as,
        location=event.location,
        locations=event.locations or None,
        categories=event.categories or None,
        attendees=event.attendees or None,
        recurrence=event.recurrence,
        key=event.key,
        options={} if kind is None or options is None else {kind: options},
    )
    return on_clock_of_series(draft)


def on_clock_of_series(draft: Draft, given: Mapping[str, str] = {}) -> Draft:
    """The same draft; if it is a series, its times are the same instants on the clock that it keeps.

    `given` are the zones in which start and end were written.
    """
    if draft.recurrence is None:
        return draft
    zone = draft.recurrence.time_zone
    start, end = on_clock(draft.start, zone), on_clock(draft.end, zone)
    others = {field: each for field, each in given.items() if each != zone}
    return msgspec.structs.replace(draft, start=start, end=end, other_clocks=others)
