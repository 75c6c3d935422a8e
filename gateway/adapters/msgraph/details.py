"""What only Graph's events have, as the details of a unified event. Pure."""

from collections.abc import Callable, Mapping
from datetime import date
from functools import lru_cache
from operator import attrgetter
from typing import Any, Final

from gateway.adapters.msgraph import wire
from gateway.adapters.msgraph.keys import fingerprint_of, key_of
from gateway.adapters.msgraph.times import read_instant
from gateway.adapters.msgraph.words import known
from gateway.model.event import AttendeeResponse, SourceKind
from gateway.model.fields import Fields
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


@lru_cache(maxsize=256)
def details_reader(fields: Fields) -> Callable[[wire.GraphEvent], MSGraphEventDetails]:
    """Reads the wanted ones of the properties that the unified event does not have."""
    wanted = [(name, read) for name, read in PROPERTIES.items() if f"{SourceKind.MSGRAPH}.{name}" in fields]

    def read_details(event: wire.GraphEvent) -> MSGraphEventDetails:
        values: dict[str, Any] = {name: read(event) for name, read in wanted}
        return MSGraphEventDetails(event_id=event.id, **values)

    return read_details


def _response(event: wire.GraphEvent) -> wire.ResponseStatus:
    return event.response_status or wire.ResponseStatus()


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


READ: Final[Mapping[str, Callable[[wire.GraphEvent], Any]]] = {
    "type": lambda event: known(EventType, event.type),
    "importance": lambda event: known(Importance, event.importance),
    "sensitivity": lambda event: known(Sensitivity, event.sensitivity),
    "original_start": lambda event: read_instant(event.original_start),
    "online_meeting_provider": lambda event: known(OnlineMeetingProvider, event.online_meeting_provider),
    "online_meeting": lambda event: _meeting(event.online_meeting),
    "response": lambda event: known(AttendeeResponse, _response(event).response),
    "responded_at": lambda event: read_instant(_response(event).time),
    "recurrence": lambda event: _recurrence(event.recurrence),
    "fingerprint": lambda event: None if key_of(event) is None else str(fingerprint_of(event)),
}
PROPERTIES: Final = {
    name: READ.get(name) or attrgetter(name)
    for name in MSGraphEventDetails.__struct_fields__
    if name != "event_id"
}
"""How each is read: those that are not named above are as Graph has them."""
