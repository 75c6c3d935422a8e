"""What Graph holds otherwise than it was sent, as only its answer tells. Pure."""

from collections.abc import Callable, Collection, Iterator
from functools import lru_cache
from operator import attrgetter
from typing import Final

import msgspec

from gateway.adapters.base import EventChange
from gateway.adapters.byproducts import TranslationWarning
from gateway.adapters.losses import Loss, camel_case, plain
from gateway.adapters.msgraph.drafts import times
from gateway.adapters.msgraph.patch import members_of
from gateway.adapters.msgraph.recurrence import from_pattern, to_pattern
from gateway.adapters.msgraph.wire import NewEvent, PatternedRecurrence
from gateway.model.event import Attendee, Draft, Event, SourceKind
from gateway.model.fields import ALWAYS, DETAILS, EVERYTHING, Fields
from gateway.model.msgraph import MSGraphEventDetails
from gateway.model.time import EventTime, to_rfc3339
from gateway.model.zones import find_zone

_NO_LINK: Final = "The event came back without a link to join it: the calendar may allow none such."
_ALL: Final = frozenset(NewEvent.__struct_fields__)
_ONLINE: Final = "is_online_meeting"
_PLAIN: Final = ("show_as", "categories", "attendees", "location", "locations")
_VALUES: Final[Callable[[Draft], tuple[object, ...]]] = attrgetter(*_PLAIN)
_NOTHING: Final = (None,) * len(_PLAIN)
_COMPARED: Final[Fields] = ALWAYS | {
    "title",
    f"{SourceKind.MSGRAPH}.original_start_time_zone",
    f"{SourceKind.MSGRAPH}.original_end_time_zone",
}
"""What is always sent."""
_OPTIONS: Final = [name for name in DETAILS if name.startswith(f"{SourceKind.MSGRAPH}.")]


def changes(draft: Draft, event: Event, members: Collection[str] = _ALL) -> Iterator[TranslationWarning]:
    """A warning for each of the members sent that the event shows in another form."""
    # A series that is not sent need not be one that can be sent.
    draft = draft if "recurrence" in members else msgspec.structs.replace(draft, recurrence=None)
    details, options = event.details, draft.options.get(SourceKind.MSGRAPH)
    if not isinstance(details, MSGraphEventDetails):
        raise TypeError(f"{event.id} is no event of Graph's.")
    if "subject" in members and event.title != draft.title:
        message = f"Graph holds a title of {len(event.title)} characters instead of {len(draft.title)}."
        yield _changed("title", message, draft.title, event.title)
    if "is_online_meeting" in members and getattr(options, _ONLINE, None) and not _can_be_joined(details):
        yield _changed("msgraph.isOnlineMeeting", _NO_LINK, True, details.is_online_meeting)
    if "start" in members:
        yield from _times_changed(draft, event, details)
    if draft.recurrence is not None:
        sent = to_pattern(draft.recurrence.rule, draft.start)
        yield from _rule_changed(draft, sent, event)
    own = () if options is None else _options(options, details)
    for name, given, held in (*_plain(draft, event), *own):
        if name in members and not _is_in(given, held):
            field = camel_case(name) if name in _PLAIN else f"{SourceKind.MSGRAPH}.{camel_case(name)}"
            yield _changed(field, "Graph holds something else than it was sent.", plain(given), plain(held))


def with_compared(fields: Fields, draft: Draft) -> Fields:
    """The fields, and the attributes of an event in which `changes` may find it other than its draft."""
    if draft.recurrence is not None:
        return EVERYTHING
    return _with(fields, _given(draft), SourceKind.MSGRAPH in draft.options)


@lru_cache(maxsize=1024)  # calls ask for the same again and again, and what is made of fields is kept by them
def _with(fields: Fields, given: tuple[str, ...], has_options: bool) -> Fields:
    return fields.union(_COMPARED, given, _OPTIONS if has_options else ())


def _plain(draft: Draft, event: Event) -> Iterator[tuple[str, object, object]]:
    """What is shown in the form in which it is sent: its name, what is given, what is held."""
    for name in _given(draft):
        yield name, getattr(draft, name), getattr(event, name)


def _given(draft: Draft) -> tuple[str, ...]:
    values = _VALUES(draft)
    if values == _NOTHING:  # as of most
        return ()
    return tuple([name for name, value in zip(_PLAIN, values, strict=True) if value is not None])


def _options(given: msgspec.Struct, details: MSGraphEventDetails) -> Iterator[tuple[str, object, object]]:
    """The same of the options, as far as Graph shows them. Whether it can be joined is a question apart."""
    for name in given.__struct_fields__:
        held = getattr(details, name, None)
        if held is not None and name != _ONLINE:
            yield name, getattr(given, name), held


def _is_in(given: object, held: object) -> bool:
    """Whether all that is given is held, in whatever order and whatever Exchange has filled in besides."""
    if isinstance(given, Attendee) and isinstance(held, Attendee):
        named = given.name in {None, held.name}
        return named and (given.email.lower(), given.type) == (held.email.lower(), held.type)
    if isinstance(given, msgspec.Struct):
        return all(_is_in(getattr(given, it), getattr(held, it, None)) for it in given.__struct_fields__)
    if isinstance(given, tuple) and isinstance(held, tuple):
        return len(given) == len(held) and all(any(_is_in(it, other) for other in held) for it in given)
    return given is None or given == held


def is_still_series(change: EventChange, event: Event) -> bool:
    """Whether an event that was to become a single one did not."""
    details = event.details
    is_cleared = "recurrence" in members_of(change) and change.draft.recurrence is None
    return is_cleared and isinstance(details, MSGraphEventDetails) and details.recurrence is not None


def _rule_changed(draft: Draft, sent: PatternedRecurrence, event: Event) -> Iterator[TranslationWarning]:
    zone = event.recurrence.time_zone if event.recurrence else event.start.zone
    rule = from_pattern(sent, draft.start.zone, is_all_day=draft.is_all_day)
    held = None if event.recurrence is None else event.recurrence.rule
    if (rule, find_zone(sent.range.recurrence_time_zone or "")) != (held, find_zone(zone)):
        message = f"Graph holds the series by another rule, or by the clock of another zone: {zone}."
        yield _changed("recurrence", message, str(rule), None if held is None else str(held))


def _can_be_joined(details: MSGraphEventDetails) -> bool:
    meeting = details.online_meeting
    return bool(details.online_meeting_url or (meeting is not None and meeting.join_url))


def _times_changed(draft: Draft, event: Event, details: MSGraphEventDetails) -> Iterator[TranslationWarning]:
    start, end = times(draft)
    for field, sent, shown in (
        ("start", start.wire.time_zone or "", details.original_start_time_zone),
        ("end", end.wire.time_zone or "", details.original_end_time_zone),
    ):
        if shown and shown != sent and find_zone(shown) != find_zone(sent):
            yield _renamed(field, sent, shown)
    if event.start != draft.start:
        yield from _moved("start", draft.start, event.start, is_all_day=draft.is_all_day)
    if event.end != draft.end:
        yield from _moved("end", draft.end, event.end, is_all_day=draft.is_all_day)


def _renamed(field: str, given: str, shown: str) -> TranslationWarning:
    message = f"Graph holds the time zone {given} under another name, {shown}."
    return _changed(field, message, given, shown)


def _moved(
    field: str, given: EventTime, held: EventTime, *, is_all_day: bool
) -> Iterator[TranslationWarning]:
    """Exchange may have other rules for a zone than this machine, and keeps whole days by their dates."""
    before, after = (_moment(time, is_all_day=is_all_day) for time in (given, held))
    if before != after:
        message = f"Graph holds another time, {after} instead of {before}: look at the event."
        yield _changed(field, message, before, after)


def _moment(time: EventTime, *, is_all_day: bool) -> str:
    return str(time.day or time.local.date()) if is_all_day else to_rfc3339(time.instant)


def _changed(field: str, message: str, given: object, kept: object) -> TranslationWarning:
    return TranslationWarning(code=Loss.CHANGED, field=field, message=message, given=given, sent=kept)
