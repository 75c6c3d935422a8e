"""Graph's resource types as JSON: what is read, tolerant of unknown members and words, and what is sent.

Source: the resource types event and calendar of Microsoft Graph, v1.0 and beta.
"""

from datetime import date
from typing import Generic, TypeVar

import msgspec

from gateway.model.event import AttendeeType, ShowAs
from gateway.model.msgraph import (
    ExtendedProperty,
    Importance,
    MultiValueExtendedProperty,
    OnlineMeetingProvider,
    Sensitivity,
)

T = TypeVar("T")


class Resource(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True, gc=False):
    """A complex type, a tree. What Graph left out, or sent as null, is None."""


class DateTimeTimeZone(Resource, frozen=True, kw_only=True):
    date_time: str
    time_zone: str | None = None


class ItemBody(Resource, frozen=True, kw_only=True):
    content_type: str
    content: str | None = None


class EmailAddress(Resource, frozen=True, kw_only=True):
    address: str | None = None
    name: str | None = None


class Recipient(Resource, frozen=True, kw_only=True):
    email_address: EmailAddress | None = None


class ResponseStatus(Resource, frozen=True, kw_only=True):
    response: str | None = None
    time: str | None = None


class TimeSlot(Resource, frozen=True, kw_only=True):
    start: DateTimeTimeZone | None = None
    end: DateTimeTimeZone | None = None


class Attendee(Resource, frozen=True, kw_only=True):
    email_address: EmailAddress | None = None
    type: str | None = None
    status: ResponseStatus | None = None
    proposed_new_time: TimeSlot | None = None


class PhysicalAddress(Resource, frozen=True, kw_only=True):
    street: str | None = None
    city: str | None = None
    state: str | None = None
    country_or_region: str | None = None
    postal_code: str | None = None


class GeoCoordinates(Resource, frozen=True, kw_only=True):
    """Where it is not known, Exchange says "NaN", for JSON has no such number."""

    latitude: float | str | None = None
    longitude: float | str | None = None
    altitude: float | str | None = None
    accuracy: float | str | None = None
    altitude_accuracy: float | str | None = None


class Location(Resource, frozen=True, kw_only=True):
    display_name: str | None = None
    location_email_address: str | None = None
    location_uri: str | None = None
    location_type: str | None = None
    unique_id: str | None = None
    unique_id_type: str | None = None
    address: PhysicalAddress | None = None
    coordinates: GeoCoordinates | None = None


class NewAttendee(Resource, frozen=True, kw_only=True):
    email_address: EmailAddress
    type: AttendeeType


class RecurrencePattern(Resource, frozen=True, kw_only=True):
    type: str
    interval: int
    month: int | None = None
    day_of_month: int | None = None
    days_of_week: tuple[str, ...] | None = None
    first_day_of_week: str | None = None
    index: str | None = None


class RecurrenceRange(Resource, frozen=True, kw_only=True):
    type: str
    start_date: date
    end_date: date | None = None
    recurrence_time_zone: str | None = None
    number_of_occurrences: int | None = None


class PatternedRecurrence(Resource, frozen=True, kw_only=True):
    pattern: RecurrencePattern
    range: RecurrenceRange


class NewEvent(Resource, frozen=True, kw_only=True):
    """An event as it is POSTed, its members in the order of Graph's own example; None is not sent."""

    subject: str
    body: ItemBody | None = None
    start: DateTimeTimeZone
    end: DateTimeTimeZone
    is_all_day: bool = False
    location: Location | None = None
    locations: tuple[Location, ...] | None = None
    attendees: tuple[NewAttendee, ...] | None = None
    show_as: ShowAs | None = None
    categories: tuple[str, ...] | None = None
    recurrence: PatternedRecurrence | None = None
    importance: Importance | None = None
    sensitivity: Sensitivity | None = None
    is_reminder_on: bool | None = None
    reminder_minutes_before_start: int | None = None
    response_requested: bool | None = None
    allow_new_time_proposals: bool | None = None
    hide_attendees: bool | None = None
    is_online_meeting: bool | None = None
    online_meeting_provider: OnlineMeetingProvider | None = None
    single_value_extended_properties: tuple[ExtendedProperty, ...] | None = None
    multi_value_extended_properties: tuple[MultiValueExtendedProperty, ...] | None = None
    extensions: tuple[dict[str, object], ...] | None = None
    transaction_id: str


class Phone(Resource, frozen=True, kw_only=True):
    number: str | None = None
    type: str | None = None


class OnlineMeetingInfo(Resource, frozen=True, kw_only=True):
    join_url: str | None = None
    conference_id: str | None = None
    quick_dial: str | None = None
    toll_number: str | None = None
    toll_free_numbers: tuple[str, ...] | None = None
    phones: tuple[Phone, ...] | None = None


class GraphEvent(Resource, frozen=True, kw_only=True):
    """An event as Graph shows it. Enumerations are strings here: Graph adds words to them.

    Its members stand in the order in which they come, in which they are found the soonest.
    """

    context: str | None = msgspec.field(default=None, name="@odata.context")
    etag: str | None = msgspec.field(default=None, name="@odata.etag")
    id: str
    created_date_time: str | None = None
    last_modified_date_time: str | None = None
    change_key: str | None = None
    categories: tuple[str, ...] | None = None
    transaction_id: str | None = None
    original_start_time_zone: str | None = None
    original_end_time_zone: str | None = None
    i_cal_uid: str | None = msgspec.field(default=None, name="iCalUId")
    uid: str | None = None
    reminder_minutes_before_start: int | None = None
    is_reminder_on: bool | None = None
    has_attachments: bool | None = None
    subject: str | None = None
    body_preview: str | None = None
    importance: str | None = None
    sensitivity: str | None = None
    original_start: str | None = None
    is_all_day: bool | None = None
    is_cancelled: bool | None = None
    is_organizer: bool | None = None
    response_requested: bool | None = None
    series_master_id: str | None = None
    show_as: str | None = None
    type: str | None = None
    web_link: str | None = None
    online_meeting_url: str | None = None
    is_online_meeting: bool | None = None
    online_meeting_provider: str | None = None
    allow_new_time_proposals: bool | None = None
    occurrence_id: str | None = None
    is_draft: bool | None = None
    hide_attendees: bool | None = None
    response_status: ResponseStatus | None = None
    body: ItemBody | None = None
    start: DateTimeTimeZone
    end: DateTimeTimeZone
    location: Location | None = None
    locations: tuple[Location, ...] | None = None
    recurrence: PatternedRecurrence | None = None
    attendees: tuple[Attendee, ...] | None = None
    organizer: Recipient | None = None
    online_meeting: OnlineMeetingInfo | None = None
    single_value_extended_properties: tuple[ExtendedProperty, ...] | None = None


class KeyBearer(Resource, frozen=True, kw_only=True):
    """What tells which key an event bears, and whether the token may see that."""

    id: str
    body_preview: str | None = None
    single_value_extended_properties: tuple[ExtendedProperty, ...] | None = None


class CancelledOccurrences(Resource, frozen=True, kw_only=True):
    """What a series tells of those that it leaves out, if it is asked for just that."""

    cancelled_occurrences: tuple[str, ...] | None = None


class Instance(Resource, frozen=True, kw_only=True):
    """What tells one occurrence of a series from the others."""

    id: str
    start: DateTimeTimeZone
    is_all_day: bool | None = None
    original_start: str | None = None


class GraphCalendar(Resource, frozen=True, kw_only=True):
    """A calendar as Graph shows it."""

    context: str | None = msgspec.field(default=None, name="@odata.context")
    id: str
    name: str | None = None
    color: str | None = None
    hex_color: str | None = None
    is_default_calendar: bool | None = None
    change_key: str | None = None
    can_share: bool | None = None
    can_view_private_items: bool | None = None
    can_edit: bool | None = None
    is_removable: bool | None = None
    is_tallying_responses: bool | None = None
    allowed_online_meeting_providers: tuple[str, ...] | None = None
    default_online_meeting_provider: str | None = None
    owner: EmailAddress | None = None


class CalendarName(Resource, frozen=True, kw_only=True):
    """Graph's own id of a calendar, alone."""

    id: str


class CalendarGroup(Resource, frozen=True, kw_only=True):
    """A group of calendars in a mailbox, such as "Other calendars"."""

    id: str
    name: str | None = None


class Page(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """A page of a collection, and the link to the next one if there is one."""

    context: str | None = msgspec.field(default=None, name="@odata.context")
    value: tuple[T, ...]
    next_link: str | None = msgspec.field(default=None, name="@odata.nextLink")
