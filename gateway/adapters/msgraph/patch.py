"""A change of an event as Graph's JSON: the body of the PATCH, what changes and nothing else. Pure."""

from collections.abc import Collection
from typing import Final

import msgspec

from gateway.adapters.base import EventChange
from gateway.adapters.msgraph.bodies import text_of
from gateway.adapters.msgraph.drafts import encode_json, to_wire
from gateway.adapters.msgraph.keys import refingerprinted
from gateway.adapters.msgraph.recurrence import to_pattern
from gateway.adapters.msgraph.wire import ItemBody, Location, NewAttendee, NewEvent
from gateway.errors import InvalidInput, Unsupported
from gateway.model.event import Draft, Event, EventBody, EventLocation, ShowAs, SourceKind, draft_of
from gateway.model.recurrence.days import completed
from gateway.model.recurrence.occurrences import first_day
from gateway.model.time import on_clock

Members = frozenset[str]
"""Members of an event that are sent, by their names in NewEvent."""

_PLAIN: Final = {
    "title": "subject",
    "body": "body",
    "attendees": "attendees",
    "show_as": "show_as",
    "categories": "categories",
}
_TIMES: Final = frozenset({"start", "end", "is_all_day"})
_SERIES: Final = frozenset({"start", "end", "recurrence"})
_PLACES: Final = frozenset({"location", "locations"})
_NOWHERE: Final = EventLocation(display_name="")


def members_of(change: EventChange) -> Members:
    """What is sent for a change. None of it is for another kind of source."""
    names = change.changed - {"recurrence"} if _recurs_as_before(change) else change.changed
    return frozenset().union(*(_members(name, change.draft) for name in names))


def _recurs_as_before(change: EventChange) -> bool:
    """Whether the pattern is as it was: days that are left out are no part of it."""
    before, after = draft_of(change.event), change.draft
    if before.recurrence is None or after.recurrence is None:
        return False
    return _series(before) == _series(after)


def encode_change(change: EventChange) -> bytes:
    """The body of the PATCH. Raises InvalidInput for text that is not text."""
    draft, members = refingerprinted(change), members_of(change)
    if draft is not change.draft:
        members |= {"single_value_extended_properties"}
    return encode_json(_values(draft, members))


def shows(event: Event, change: EventChange) -> bool:
    """Whether an event is as a change was to make it. Where Exchange may have rewritten it, it is not."""
    members = members_of(change)
    return _gist(draft_of(event), members) == _gist(change.draft, members)


def is_untouched(event: Event, change: EventChange) -> bool:
    """Whether an event still is as it was read in all that a change is about."""
    members = members_of(change)
    return _gist(draft_of(event), members) == _gist(draft_of(change.event), members)


def _members(name: str, draft: Draft) -> Members:
    """What is sent for one attribute of the draft, or one option."""
    if name in _PLAIN:
        return frozenset({_PLAIN[name]})
    if name in _TIMES | {"recurrence"}:
        return _times(name, draft)
    if name in _PLACES:
        return _places(draft)
    kind, _, option = name.partition(".")
    return frozenset({option}) if SourceKind(kind) is SourceKind.MSGRAPH else frozenset()


def _times(name: str, draft: Draft) -> Members:
    """Start, end and recurrence are measured against each other, and all of them need a zone."""
    if draft.recurrence is not None:
        return _SERIES | {name}
    return frozenset({"recurrence"}) if name == "recurrence" else frozenset({"start", "end", name})


def _places(draft: Draft) -> Members:
    """Each of the two replaces the other; to have neither takes both, as Graph shows it."""
    if draft.location is not None:
        return frozenset({"location"})
    return frozenset({"locations"}) if draft.locations else _PLACES


def _values(draft: Draft, members: Collection[str]) -> dict[str, object]:
    """The members as they are sent, also those that NewEvent would leave out for their value."""
    series = draft.recurrence if "recurrence" in members else None
    whole = to_wire(msgspec.structs.replace(_cleared(draft), recurrence=series))
    fields = msgspec.structs.fields(NewEvent)
    return {field.encode_name: getattr(whole, field.name) for field in fields if field.name in members}


def _cleared(draft: Draft) -> Draft:
    """The draft with what Graph has instead of nothing; `busy` is what an event is made with."""
    return msgspec.structs.replace(
        draft,
        body=draft.body or EventBody(text=""),
        show_as=draft.show_as or ShowAs.BUSY,
        location=draft.location or _NOWHERE,
        locations=draft.locations or (),
        categories=draft.categories or (),
        attendees=draft.attendees or (),
    )


def _gist(draft: Draft, members: Collection[str]) -> dict[str, object]:
    """What must be the same: of a body the words, of attendees who they are."""
    values = _values(draft, frozenset(members) - {"recurrence"})
    gist = {name: _essence(value) for name, value in values.items()}
    if "recurrence" in members:
        gist["recurrence"] = _series(draft)
    return gist


def _series(draft: Draft) -> tuple[object, ...] | None:
    """By what pattern a series recurs, and until when, however its rule is written."""
    if draft.recurrence is None:
        return None
    rule, zone = draft.recurrence.rule, draft.recurrence.time_zone
    try:
        sent = to_pattern(rule, on_clock(draft.start, zone))
    except (InvalidInput, Unsupported):
        return zone, completed(rule, first_day(draft.start))
    return zone, sent.pattern, sent.range.end_date, sent.range.number_of_occurrences


def _essence(value: object) -> object:
    if isinstance(value, ItemBody):
        text = value.content or ""
        return (text_of(text) if value.content_type == "HTML" else text).split()
    if isinstance(value, Location):  # Exchange fills these in
        return msgspec.structs.replace(value, location_type=None, unique_id=None, unique_id_type=None)
    if isinstance(value, tuple):
        return [_essence(item) for item in value]
    if isinstance(value, NewAttendee):
        return (value.email_address.address or "").lower(), value.type
    return value
