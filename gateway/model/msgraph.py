"""What only Microsoft Graph calendars have: the other properties of an event, and its options."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum

import msgspec

from gateway.model.event import AttendeeResponse, EventPerson, SourceKind


class Importance(StrEnum):
    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"


class Sensitivity(StrEnum):
    NORMAL = "normal"
    PERSONAL = "personal"
    PRIVATE = "private"
    CONFIDENTIAL = "confidential"


class EventType(StrEnum):
    SINGLE_INSTANCE = "singleInstance"
    OCCURRENCE = "occurrence"
    EXCEPTION = "exception"
    SERIES_MASTER = "seriesMaster"


class OnlineMeetingProvider(StrEnum):
    UNKNOWN = "unknown"
    SKYPE_FOR_BUSINESS = "skypeForBusiness"
    SKYPE_FOR_CONSUMER = "skypeForConsumer"
    TEAMS_FOR_BUSINESS = "teamsForBusiness"


class ExtendedProperty(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A MAPI property with one value. `id` is in Graph's grammar: type, and a tag or a GUID with a name."""

    id: str
    value: str


class MultiValueExtendedProperty(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A MAPI property with several values."""

    id: str
    value: tuple[str, ...]


class OpenExtension(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """An application's own JSON beside an event, under a name of its own."""

    name: str
    data: Mapping[str, object]


class MSGraphEventOptions(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Writable properties that the unified event does not have; None is not sent."""

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
    extensions: tuple[OpenExtension, ...] | None = None


class Phone(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    number: str | None = None
    type: str | None = None


class OnlineMeeting(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    join_url: str | None = None
    conference_id: str | None = None
    quick_dial: str | None = None
    toll_number: str | None = None
    toll_free_numbers: tuple[str, ...] = ()
    phones: tuple[Phone, ...] = ()


class RecurrencePattern(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Graph's own words, as it wrote them; see its resource type recurrencePattern."""

    type: str
    interval: int
    month: int | None = None
    day_of_month: int | None = None
    days_of_week: tuple[str, ...] = ()
    first_day_of_week: str | None = None
    index: str | None = None


class RecurrenceRange(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Graph's own words; `end_date` is None where the range is not of that type."""

    type: str
    start_date: date
    end_date: date | None = None
    recurrence_time_zone: str | None = None
    number_of_occurrences: int | None = None


class PatternedRecurrence(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    pattern: RecurrencePattern
    range: RecurrenceRange


class MSGraphEventDetails(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Every other property of the Graph event; None where Graph sent none. `uid` exists on beta only.

    `fingerprint` says what an event with a key was made as; nobody but the adapter has a use for it.
    """

    event_id: str
    change_key: str | None = None
    i_cal_uid: str | None = None
    uid: str | None = None
    type: EventType | None = None
    importance: Importance | None = None
    sensitivity: Sensitivity | None = None
    original_start_time_zone: str | None = None
    original_end_time_zone: str | None = None
    original_start: datetime | None = None
    reminder_minutes_before_start: int | None = None
    is_reminder_on: bool | None = None
    has_attachments: bool | None = None
    body_preview: str | None = None
    is_cancelled: bool | None = None
    is_draft: bool | None = None
    is_organizer: bool | None = None
    response_requested: bool | None = None
    allow_new_time_proposals: bool | None = None
    hide_attendees: bool | None = None
    is_online_meeting: bool | None = None
    online_meeting_provider: OnlineMeetingProvider | None = None
    online_meeting: OnlineMeeting | None = None
    online_meeting_url: str | None = None
    series_master_id: str | None = None
    occurrence_id: str | None = None
    transaction_id: str | None = None
    response: AttendeeResponse | None = None
    responded_at: datetime | None = None
    recurrence: PatternedRecurrence | None = None
    fingerprint: str | None = None

    def options(self) -> tuple[SourceKind, MSGraphEventOptions]:
        """Without what Graph shows only to those who ask for it by name."""
        names = set(MSGraphEventOptions.__struct_fields__) & set(self.__struct_fields__)
        return SourceKind.MSGRAPH, MSGraphEventOptions(**{name: getattr(self, name) for name in names})


class MSGraphCalendarDetails(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Every other property of the Graph calendar."""

    calendar_id: str
    owner: EventPerson | None = None
    color: str | None = None
    hex_color: str | None = None
    change_key: str | None = None
    can_share: bool | None = None
    can_view_private_items: bool | None = None
    is_removable: bool | None = None
    is_tallying_responses: bool | None = None
    allowed_online_meeting_providers: tuple[str, ...] = ()
    default_online_meeting_provider: str | None = None
