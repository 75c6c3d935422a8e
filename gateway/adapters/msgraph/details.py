"""What only Graph's events have, as the details of a unified event. Pure."""

from datetime import date
from typing import Final

from gateway.adapters.msgraph import wire
from gateway.adapters.msgraph.keys import fingerprint_of, key_of
from gateway.adapters.msgraph.times import read_instant
from gateway.adapters.msgraph.words import known
from gateway.model.event import AttendeeResponse
from gateway.model.msgraph import (
    EventType,
    Importance,
    MSGraphEventDetails,
    OnlineMeeting,
    OnlineMeetingProvider,
    PatternedRecurrence,
    Phone,
    RecurrencePattern,
    RecurrenceRange,
    Sensitivity,
)

_NO_DATE: Final = date(1, 1, 1)


def to_details(event: wire.GraphEvent) -> MSGraphEventDetails:
    """Every property of the event that the unified one does not have."""
    response = event.response_status or wire.ResponseStatus()
    return MSGraphEventDetails(
        event_id=event.id,
        change_key=event.change_key,
        i_cal_uid=event.i_cal_uid,
        uid=event.uid,
        type=known(EventType, event.type),
        importance=known(Importance, event.importance),
        sensitivity=known(Sensitivity, event.sensitivity),
        original_start_time_zone=event.original_start_time_zone,
        original_end_time_zone=event.original_end_time_zone,
        original_start=read_instant(event.original_start),
        reminder_minutes_before_start=event.reminder_minutes_before_start,
        is_reminder_on=event.is_reminder_on,
        has_attachments=event.has_attachments,
        body_preview=event.body_preview,
        is_cancelled=event.is_cancelled,
        is_draft=event.is_draft,
        is_organizer=event.is_organizer,
        response_requested=event.response_requested,
        allow_new_time_proposals=event.allow_new_time_proposals,
        hide_attendees=event.hide_attendees,
        is_online_meeting=event.is_online_meeting,
        online_meeting_provider=known(OnlineMeetingProvider, event.online_meeting_provider),
        online_meeting=_meeting(event.online_meeting),
        online_meeting_url=event.online_meeting_url,
        series_master_id=event.series_master_id,
        occurrence_id=event.occurrence_id,
        transaction_id=event.transaction_id,
        response=known(AttendeeResponse, response.response),
        responded_at=read_instant(response.time),
        recurrence=_recurrence(event.recurrence),
        fingerprint=None if key_of(event) is None else str(fingerprint_of(event)),
    )


def _meeting(meeting: wire.OnlineMeetingInfo | None) -> OnlineMeeting | None:
    if meeting is None:
        return None
    return OnlineMeeting(
        join_url=meeting.join_url,
        conference_id=meeting.conference_id,
        quick_dial=meeting.quick_dial,
        toll_number=meeting.toll_number,
        toll_free_numbers=meeting.toll_free_numbers or (),
        phones=tuple(Phone(number=phone.number, type=phone.type) for phone in meeting.phones or ()),
    )


def _recurrence(recurrence: wire.PatternedRecurrence | None) -> PatternedRecurrence | None:
    if recurrence is None:
        return None
    return PatternedRecurrence(pattern=_pattern(recurrence.pattern), range=_range(recurrence.range))


def _pattern(pattern: wire.RecurrencePattern) -> RecurrencePattern:
    return RecurrencePattern(
        type=pattern.type,
        interval=pattern.interval,
        month=pattern.month,
        day_of_month=pattern.day_of_month,
        days_of_week=pattern.days_of_week or (),
        first_day_of_week=pattern.first_day_of_week,
        index=pattern.index,
    )


def _range(span: wire.RecurrenceRange) -> RecurrenceRange:
    return RecurrenceRange(
        type=span.type,
        start_date=span.start_date,
        end_date=None if span.end_date == _NO_DATE else span.end_date,
        recurrence_time_zone=span.recurrence_time_zone,
        number_of_occurrences=span.number_of_occurrences,
    )
