"""What Graph holds otherwise than it was sent, as only its answer tells. Pure."""

from collections.abc import Collection, Iterator
from typing import Final

from gateway.adapters.base import TranslationWarning
from gateway.adapters.losses import Loss
from gateway.adapters.msgraph.drafts import to_wire
from gateway.adapters.msgraph.wire import DateTimeTimeZone, NewEvent
from gateway.model.event import Draft, Event
from gateway.model.msgraph import MSGraphEventDetails
from gateway.model.zones import find_zone

_NO_LINK: Final = "The event came back without a link to join it: the calendar may allow none such."
_ALL: Final = NewEvent.__struct_fields__


def changes(draft: Draft, event: Event, members: Collection[str] = _ALL) -> Iterator[TranslationWarning]:
    """A warning for each of the members sent that the event shows in another form."""
    sent, details = to_wire(draft), event.details
    if not isinstance(details, MSGraphEventDetails):
        raise TypeError(f"{event.id} is no event of Graph's.")
    if "subject" in members and event.title != sent.subject:
        message = f"Of the title's {len(sent.subject)} characters {len(event.title)} are kept."
        yield _changed("title", message, sent.subject, event.title)
    if "is_online_meeting" in members and sent.is_online_meeting and not _can_be_joined(details):
        yield _changed("msgraph.isOnlineMeeting", _NO_LINK, True, details.is_online_meeting)
    if "start" in members:
        yield from _renamed("start", sent.start, details.original_start_time_zone)
        yield from _renamed("end", sent.end, details.original_end_time_zone)


def _can_be_joined(details: MSGraphEventDetails) -> bool:
    meeting = details.online_meeting
    return bool(details.online_meeting_url or (meeting is not None and meeting.join_url))


def _renamed(field: str, sent: DateTimeTimeZone, shown: str | None) -> Iterator[TranslationWarning]:
    """Names of one zone are the same; so is none, for which there is no telling."""
    given = sent.time_zone or ""
    if shown and shown != given and find_zone(shown) != find_zone(given):
        message = f"Graph holds the time zone {given} under another name, {shown}."
        yield _changed(field, message, given, shown)


def _changed(field: str, message: str, given: object, kept: object) -> TranslationWarning:
    return TranslationWarning(code=Loss.CHANGED, field=field, message=message, given=given, sent=kept)
