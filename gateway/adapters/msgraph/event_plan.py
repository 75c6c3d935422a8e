"""Planning a change or a removal of one Graph event: the requests, what is lost, who gets mail. Pure."""

import re
from collections.abc import Iterator, Sequence
from typing import Final
from urllib.parse import urlsplit

from gateway.adapters.base import EventChange, EventRemoval, EventStep
from gateway.adapters.byproducts import EffectKind, SideEffect, TranslationWarning
from gateway.adapters.losses import Loss, camel_case
from gateway.adapters.msgraph.drafts import encode_json, times
from gateway.adapters.msgraph.exceptions import of_change, planned
from gateway.adapters.msgraph.patch import Members, encode_change, members_of
from gateway.adapters.msgraph.plan import check_attendees, check_size, losses
from gateway.adapters.msgraph.requests import Requests
from gateway.adapters.upstream import UpstreamRequest
from gateway.errors import Refused, Unsupported
from gateway.model.event import Attendee, AttendeeType, Event, EventBody
from gateway.model.ids import EventId
from gateway.model.msgraph import EventType, MSGraphEventDetails
from gateway.model.zones import UTC, find_zone

_OWN: Final = frozenset(
    {"show_as", "categories", "msgraph.is_reminder_on", "msgraph.reminder_minutes_before_start"}
)
"""What an attendee has for themselves, whatever the organizer has."""
_MEETING: Final = ("is_online_meeting", "online_meeting_provider")
_FIELDS: Final = {"body": "description", "is_all_day": "start"}


def plan_event(action: EventChange | EventRemoval, *, requests: Requests) -> EventStep:
    """Nothing is sent where nothing would change, or the event is not what it must still be."""
    if isinstance(action, EventChange):
        return _change(action, requests)
    return _removal(action, requests)


def is_stale(action: EventChange | EventRemoval) -> bool:
    """Whether the event that was read is already another than it must still be."""
    return action.revision not in {None, action.event.revision}


def _change(change: EventChange, requests: Requests) -> EventStep:
    members = members_of(change)
    _check(change, members)
    exceptions = of_change(change)
    sent = [requests.change_event(EventId.parse(change.event.id), encode_change(change))] if members else []
    for request in sent:
        check_size(request)
    if exceptions is not None:
        sent += planned(exceptions, requests)
    return EventStep(
        action=change,
        requests=() if is_stale(change) else tuple(sent),
        warnings=(*losses(change.draft, members), *_warnings(change, members)),
        effects=tuple(_updates(change, members)),
    )


def _removal(removal: EventRemoval, requests: Requests) -> EventStep:
    """An organizer calls the meeting off, and can say why; anybody else takes away their own copy."""
    event, event_id = removal.event, EventId.parse(removal.event.id)
    people = 0 if _details(event).is_organizer is False else len(event.attendees)
    sent: tuple[UpstreamRequest, ...] = (requests.remove_event(event_id),)
    if people:
        comment = {} if removal.comment is None else {"Comment": removal.comment}
        sent = (requests.cancel_event(event_id, encode_json(comment)),)
    if removal.revision is not None:
        sent = (requests.event(event_id), *sent)  # that either heeds If-Match is not documented
    return EventStep(
        action=removal,
        requests=() if is_stale(removal) else sent,
        warnings=tuple(_unsaid(removal)) if not people else (),
        effects=tuple(_mail(people, "a cancellation to everybody who is invited")),
    )


def _details(event: Event) -> MSGraphEventDetails:
    if not isinstance(event.details, MSGraphEventDetails):
        raise TypeError(f"{event.id} is no event of Graph's.")
    return event.details


def _check(change: EventChange, members: Members) -> None:
    """Raises TooMany, Refused, Unsupported for what Graph would refuse, or what would do harm."""
    if "attendees" in members:
        check_attendees(change.draft)
    if "extensions" in members:
        raise Unsupported(
            "Graph takes open extensions with a new event only.",
            path=("msgraph", "extensions"),
            hint="Change them through Graph's own /extensions of the event.",
        )
    if "body" in members:
        _check_links(change)
    if "recurrence" in change.changed:
        _check_series(change)
    elif "start" in members and _is_unread_series(change.event):
        _check_zone(change)


def _check_links(change: EventChange) -> None:
    """Raises Refused where the links of an online meeting would go: without them it is disabled.

    They are not put back in, for nobody can tell where in the text that part begins and ends.
    """
    meeting = _details(change.event).online_meeting
    host = urlsplit(meeting.join_url or "").hostname if meeting else None
    if host and _links(change.event.body, host) - _links(change.draft.body, host):
        raise Refused(
            "The description holds the links of the online meeting, and without them nobody could join.",
            path=("description",),
            hint="Give the description as HTML, with the part about the meeting as it is in the event.",
        )


def _links(body: EventBody | None, host: str) -> set[str]:
    text = "" if body is None else body.html or body.text or ""
    return set(re.findall(rf"https://{re.escape(host)}/[^\s\"'<>]+", text.replace("&amp;", "&")))


def _check_series(change: EventChange) -> None:
    if _details(change.event).type in (EventType.OCCURRENCE, EventType.EXCEPTION):
        raise Unsupported(
            "The event is one occurrence of a series, and cannot be a series itself.",
            path=("recurrence",),
            hint=f"Change the series: {change.event.series_id}.",
        )


def _is_unread_series(event: Event) -> bool:
    """Whether the event is a series of which no rule says when it takes place: it cannot be sent again."""
    return _details(event).type is EventType.SERIES_MASTER and event.recurrence is None


def _check_zone(change: EventChange) -> None:
    start, _ = times(change.draft)
    zone = _details(change.event).original_start_time_zone or UTC
    if find_zone(start.wire.time_zone or UTC) != find_zone(zone):
        raise Unsupported(
            f"A series cannot move to another time zone: it is in {zone}.",
            path=("start",),
            hint=f"Give the time in {zone}, change single occurrences, or make a new series.",
        )


def _warnings(change: EventChange, members: Members) -> Iterator[TranslationWarning]:
    details = _details(change.event)
    if details.is_organizer is False:
        message = "Only the copy in this calendar changes: the meeting is the organizer's."
        for field in sorted({_field(name) for name in change.changed - _OWN}):
            yield TranslationWarning(code=Loss.CHANGED, field=field, message=message)
    if details.type is EventType.SERIES_MASTER and members & {"start", "recurrence"}:
        message = "Occurrences that were changed or cancelled one by one may become as the others again."
        field = "recurrence" if "recurrence" in change.changed else "start"
        yield TranslationWarning(code=Loss.CHANGED, field=field, message=message)
    for name in _MEETING:
        if name in members and details.is_online_meeting:
            message = "Once an event is an online meeting, Graph does not heed this any more."
            yield TranslationWarning(code=Loss.NOT_HELD, field=f"msgraph.{camel_case(name)}", message=message)


def _unsaid(removal: EventRemoval) -> Iterator[TranslationWarning]:
    if removal.comment:
        yield TranslationWarning(
            code=Loss.NOT_HELD,
            field="comment",
            message="Nobody is told: either nobody is invited, or only the organizer can call it off.",
            given=removal.comment,
        )


def _updates(change: EventChange, members: Members) -> Iterator[SideEffect]:
    """Who hears of a change: all who were and are invited, or only those whose invitation changes."""
    if not members or _details(change.event).is_organizer is False:
        return iter(())
    before, after = map(_invited, (change.event.attendees, change.draft.attendees or ()))
    if members == {"attendees"}:
        return _mail(len({email for email, _ in before ^ after}), "mail to those who are added or taken off")
    return _mail(len({email for email, _ in before | after}), "an update to everybody who is invited")


def _invited(people: Sequence[Attendee]) -> set[tuple[str, AttendeeType]]:
    return {(one.email.lower(), one.type) for one in people}


def _mail(people: int, what: str) -> Iterator[SideEffect]:
    if people:
        message = f"Exchange sends {what}; Graph cannot suppress it."
        yield SideEffect(kind=EffectKind.SENDS_INVITATIONS, message=message, count=people)


def _field(attribute: str) -> str:
    """How the event's input names an attribute of the draft."""
    return _FIELDS.get(attribute) or camel_case(attribute)
