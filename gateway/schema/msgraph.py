"""What only Microsoft Graph calendars have, in the schema. Names and meanings are Graph's own."""

from functools import partial
from typing import Self

import strawberry

from gateway.model import msgraph as model
from gateway.schema.enums import (
    AttendeeResponse,
    EventType,
    Importance,
    OnlineMeetingProvider,
    Sensitivity,
    by_name,
)
from gateway.schema.person import EventPerson
from gateway.schema.scalars import URL, Date, DateTime
from gateway.schema.shown import shown


@strawberry.type(description="A number that an online meeting can be dialled into.")
class OnlineMeetingPhone:
    number: str | None = strawberry.field(description="The number.")
    type: str | None = strawberry.field(description="Graph's phoneType: business, mobile …")

    @classmethod
    def of(cls, phone: model.Phone) -> Self:
        return cls(number=phone.number, type=phone.type)


@strawberry.type(description="How to join an online meeting.")
class OnlineMeeting:
    join_url: URL | None = strawberry.field(description="The link that joins it.")
    conference_id: str | None = strawberry.field(description="The conference's id, for dialling in.")
    quick_dial: str | None = strawberry.field(description="A number with the id, for dialling in.")
    toll_number: str | None = strawberry.field(description="A number for dialling in.")
    toll_free_numbers: list[str] = strawberry.field(description="Numbers that cost nothing.")
    phones: list[OnlineMeetingPhone] = strawberry.field(description="All numbers for dialling in.")

    @classmethod
    def of(cls, meeting: model.OnlineMeeting) -> Self:
        return cls(
            join_url=None if meeting.join_url is None else URL(meeting.join_url),
            conference_id=meeting.conference_id,
            quick_dial=meeting.quick_dial,
            toll_number=meeting.toll_number,
            toll_free_numbers=list(meeting.toll_free_numbers),
            phones=[OnlineMeetingPhone.of(phone) for phone in meeting.phones],
        )


@strawberry.type(description="How often a series recurs: Graph's recurrencePattern, in its own words.")
class MSGraphRecurrencePattern:
    type: str = strawberry.field(description="daily, weekly, absoluteMonthly, relativeMonthly …")
    interval: int = strawberry.field(description="Every how many days, weeks, months or years.")
    month: int | None = strawberry.field(description="The month, 1 to 12; 0 where the type has none.")
    day_of_month: int | None = strawberry.field(description="The day; 0 where the type has none.")
    days_of_week: list[str] = strawberry.field(description="monday, tuesday …")
    first_day_of_week: str | None = strawberry.field(description="With which day a week begins.")
    index: str | None = strawberry.field(description="first, second, third, fourth or last.")

    @classmethod
    def of(cls, pattern: model.RecurrencePattern) -> Self:
        return cls(
            type=pattern.type,
            interval=pattern.interval,
            month=pattern.month,
            day_of_month=pattern.day_of_month,
            days_of_week=list(pattern.days_of_week),
            first_day_of_week=pattern.first_day_of_week,
            index=pattern.index,
        )


@strawberry.type(description="How long a series goes on: Graph's recurrenceRange, in its own words.")
class MSGraphRecurrenceRange:
    type: str = strawberry.field(description="endDate, noEnd or numbered.")
    start_date: Date = strawberry.field(description="The first day.")
    end_date: Date | None = strawberry.field(description="The last day, if the type is endDate.")
    recurrence_time_zone: str | None = strawberry.field(description="The zone of both, as Graph names it.")
    number_of_occurrences: int | None = strawberry.field(description="How many, if the type is numbered.")

    @classmethod
    def of(cls, range_: model.RecurrenceRange) -> Self:
        return cls(
            type=range_.type,
            start_date=Date(range_.start_date),
            end_date=None if range_.end_date is None else Date(range_.end_date),
            recurrence_time_zone=range_.recurrence_time_zone,
            number_of_occurrences=range_.number_of_occurrences,
        )


@strawberry.type(description="How a series recurs: Graph's patternedRecurrence, in its own words.")
class MSGraphRecurrence:
    pattern: MSGraphRecurrencePattern = strawberry.field(description="How often.")
    range: MSGraphRecurrenceRange = strawberry.field(description="How long.")

    @classmethod
    def of(cls, recurrence: model.PatternedRecurrence) -> Self:
        return cls(
            pattern=MSGraphRecurrencePattern.of(recurrence.pattern),
            range=MSGraphRecurrenceRange.of(recurrence.range),
        )


@strawberry.type(description="Every property of a Graph event that the unified event does not have.")
class MSGraphEventDetails:
    details: strawberry.Private[model.MSGraphEventDetails]

    event_id: str = shown("details.event_id", description="Graph's own id of the event.")

    change_key: str | None = shown(
        "details.change_key", description="Changes with every change of the event."
    )

    i_cal_uid: str | None = shown(
        "details.i_cal_uid",
        name="iCalUId",
        description="The event's id across calendars; another one for each occurrence.",
    )

    uid: str | None = shown(
        "details.uid", description="The event's id across calendars; the same over a series. Beta only."
    )

    type: EventType | None = shown(
        "details.type", description="What the event is to a series.", view=partial(by_name, EventType)
    )

    importance: Importance | None = shown(
        "details.importance", description="How much it matters.", view=partial(by_name, Importance)
    )

    sensitivity: Sensitivity | None = shown(
        "details.sensitivity", description="Who may see what it is about.", view=partial(by_name, Sensitivity)
    )

    original_start_time_zone: str | None = shown(
        "details.original_start_time_zone",
        description="The zone of the start when it was created, as Graph names it.",
    )

    original_end_time_zone: str | None = shown(
        "details.original_end_time_zone",
        description="The zone of the end when it was created, as Graph names it.",
    )

    original_start: DateTime | None = shown(
        "details.original_start",
        description="When an occurrence of a series would begin if nobody had moved it.",
    )

    reminder_minutes_before_start: int | None = shown(
        "details.reminder_minutes_before_start", description="When the reminder comes."
    )

    is_reminder_on: bool | None = shown("details.is_reminder_on", description="Whether a reminder comes.")

    has_attachments: bool | None = shown("details.has_attachments", description="Whether files are attached.")

    body_preview: str | None = shown(
        "details.body_preview", description="How the description begins, as plain text."
    )

    is_cancelled: bool | None = shown("details.is_cancelled", description="Whether it was called off.")

    is_draft: bool | None = shown("details.is_draft", description="Whether changes have not been sent yet.")

    is_organizer: bool | None = shown(
        "details.is_organizer", description="Whether the calendar's owner organizes it."
    )

    response_requested: bool | None = shown(
        "details.response_requested", description="Whether the organizer wants answers."
    )

    allow_new_time_proposals: bool | None = shown(
        "details.allow_new_time_proposals", description="Whether attendees may propose another time."
    )

    hide_attendees: bool | None = shown(
        "details.hide_attendees", description="Whether attendees see only themselves."
    )

    is_online_meeting: bool | None = shown(
        "details.is_online_meeting", description="Whether it can be joined online."
    )

    online_meeting_provider: OnlineMeetingProvider | None = shown(
        "details.online_meeting_provider",
        description="Who provides the online meeting.",
        view=partial(by_name, OnlineMeetingProvider),
    )

    online_meeting: OnlineMeeting | None = shown(
        "details.online_meeting", description="How to join it online.", view=OnlineMeeting.of
    )

    online_meeting_url: URL | None = shown(
        "details.online_meeting_url", description="A link of an older kind of online meeting."
    )

    series_master_id: str | None = shown(
        "details.series_master_id", description="Graph's own id of the series."
    )

    occurrence_id: str | None = shown(
        "details.occurrence_id", description="The occurrence's id in its series. Beta only."
    )

    transaction_id: str | None = shown(
        "details.transaction_id", description="The creator's own name for the creation."
    )

    response: AttendeeResponse | None = shown(
        "details.response",
        description="What the calendar's owner answered.",
        view=partial(by_name, AttendeeResponse),
    )

    responded_at: DateTime | None = shown(
        "details.responded_at", description="When the calendar's owner answered."
    )

    recurrence: MSGraphRecurrence | None = shown(
        "details.recurrence", description="How the series recurs.", view=MSGraphRecurrence.of
    )


@strawberry.type(description="Every property of a Graph calendar that the unified calendar does not have.")
class MSGraphCalendarDetails:
    calendar_id: str = strawberry.field(description="Graph's own id of the calendar.")
    owner: EventPerson | None = strawberry.field(description="Whose calendar it is.")
    color: str | None = strawberry.field(description="The colour theme: auto, lightBlue …")
    hex_color: str | None = strawberry.field(description="The colour, as `#rrggbb`; empty if not set.")
    change_key: str | None = strawberry.field(description="Changes with every change of the calendar.")
    can_share: bool | None = strawberry.field(description="Whether the credential may share it.")
    can_view_private_items: bool | None = strawberry.field(
        description="Whether the credential may see private events."
    )
    is_removable: bool | None = strawberry.field(description="Whether it can be deleted.")
    is_tallying_responses: bool | None = strawberry.field(description="Whether it keeps track of answers.")
    allowed_online_meeting_providers: list[str] = strawberry.field(
        description="Who may provide online meetings."
    )
    default_online_meeting_provider: str | None = strawberry.field(
        description="Who provides online meetings unless told otherwise."
    )

    @classmethod
    def of(cls, details: model.MSGraphCalendarDetails) -> Self:
        return cls(
            calendar_id=details.calendar_id,
            owner=EventPerson.of(details.owner) if details.owner else None,
            color=details.color,
            hex_color=details.hex_color,
            change_key=details.change_key,
            can_share=details.can_share,
            can_view_private_items=details.can_view_private_items,
            is_removable=details.is_removable,
            is_tallying_responses=details.is_tallying_responses,
            allowed_online_meeting_providers=list(details.allowed_online_meeting_providers),
            default_online_meeting_provider=details.default_online_meeting_provider,
        )
