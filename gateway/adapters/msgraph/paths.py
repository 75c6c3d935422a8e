"""The grammar of Graph's ids: every way in which its documentation addresses a calendar or an event. Pure.

An id is an owner (`me`, `users/{id or UPN}`, `groups/{id}`) and a place in the owner's mailbox. Resource
names are read in any case, ids exactly. `me` alone is the default calendar, and is posted to by a path of its
own: that is why an id keeps how it was addressed, and the canonical one is another.
"""

import re
from functools import lru_cache
from typing import Final
from urllib.parse import unquote

from gateway.errors import InvalidId
from gateway.model.ids import CalendarId, EventId, ResourceId

ME: Final = "me"
USERS: Final = "users"
GROUPS: Final = "groups"
_CALENDAR: Final = "calendar"
_EVENTS: Final = "events"
_OWNER_IN_CONTEXT: Final = re.compile(r"#(users|groups)\('((?:[^']|'')+)'\)", re.IGNORECASE)

Segments = tuple[str, ...]
Owner = tuple[str, str]
"""`("users", id or UPN)` or `("groups", id)`."""


@lru_cache(maxsize=1024)
def calendar_id(written: ResourceId) -> CalendarId:
    """The calendar that an id names, as it is addressed. Raises InvalidId."""
    owner, place, rest = _parts(written)
    if rest:
        raise _malformed(written)
    return CalendarId(written.source, owner + place)


def event_id(written: ResourceId) -> EventId | None:
    """The event that an id names, without the calendar that it may have been written with. Raises InvalidId.

    None if the id is a calendar's.
    """
    owner, _, rest = _parts(written)
    if not rest:
        return None
    if len(rest) != 2 or rest[0].lower() != _EVENTS:
        raise _malformed(written)
    return EventId(written.source, (*owner, _EVENTS, rest[1]))


def event_in_mailbox_of(address: ResourceId, name: str) -> EventId:
    """The event of that id in the mailbox of a calendar or of another event, addressed in the same way."""
    owner, _ = _owner(address)
    return EventId(address.source, (*owner, _EVENTS, name))


def mailbox_of(address: ResourceId) -> ResourceId:
    """The mailbox that a calendar or an event is in, addressed in the same way."""
    owner, _ = _owner(address)
    return ResourceId(address.source, owner)


def canonical(calendar: CalendarId, owner: Owner) -> CalendarId:
    """The id under which everybody knows a calendar in the mailbox of `owner`."""
    place = place_of(calendar)
    return CalendarId(calendar.source, owner + (place[-2:] if len(place) > 1 else (_CALENDAR,)))


@lru_cache(maxsize=1024)
def canonical_if_known(calendar: CalendarId) -> CalendarId | None:
    """The same, or None for a calendar of `me`, whose owner only Graph can tell."""
    owner = owner_of(calendar)
    return None if owner is None else canonical(calendar, owner)


def user(source: str, name: str) -> ResourceId:
    """A user's mailbox, by the user's id or principal name."""
    return ResourceId(source, (USERS, _owner_name(name)))


def owner_of(address: ResourceId) -> Owner | None:
    """Whose mailbox it is, or None if that is `me`'s."""
    if address.segments[0] == ME:
        return None
    return address.segments[0], address.segments[1]


def place_of(address: ResourceId) -> Segments:
    """What follows the owner."""
    return address.segments[1 if address.segments[0] == ME else 2 :]


def is_group(address: ResourceId) -> bool:
    return address.segments[0] == GROUPS


def readable(calendar: CalendarId) -> Segments:
    """The path of the calendar itself: it cannot be read as `me` or `users/{id}` alone."""
    return calendar.segments if place_of(calendar) else (*calendar.segments, _CALENDAR)


def default_calendar_of(source: str, owner: Owner) -> CalendarId:
    return CalendarId(source, (*owner, _CALENDAR))


def calendar_of(source: str, owner: Owner, graph_id: str) -> CalendarId:
    """The canonical id of a calendar by Graph's own: a group has one only."""
    if owner[0] == GROUPS:
        return default_calendar_of(source, owner)
    return CalendarId(source, (*owner, "calendars", graph_id))


def event_of(source: str, owner: Owner, graph_id: str) -> EventId:
    return EventId(source, (*owner, _EVENTS, graph_id))


def owner_in(context: str | None) -> Owner | None:
    """The owner that an `@odata.context` names: `…/$metadata#users('{id}')/calendars/$entity`."""
    match = _OWNER_IN_CONTEXT.search(context or "")
    if match is None:
        return None
    return match[1].lower(), _owner_name(unquote(match[2].replace("''", "'")))


def _parts(written: ResourceId) -> tuple[Segments, Segments, Segments]:
    """Owner, calendar and the rest, resource names spelled as in Graph's documentation."""
    owner, rest = _owner(written)
    words = tuple(segment.lower() for segment in rest)
    match words:
        case ("calendar", *_):
            return owner, (_CALENDAR,), rest[1:]
        case ("calendars", _, *_) if owner[0] != GROUPS:
            return owner, ("calendars", rest[1]), rest[2:]
        case ("calendargroup", "calendars", _, *_) if owner[0] != GROUPS:
            # Graph has dropped this segment: the calendars of the default group are the owner's calendars.
            return owner, ("calendars", rest[2]), rest[3:]
        case ("calendargroups", _, "calendars", _, *_) if owner[0] != GROUPS:
            return owner, ("calendarGroups", rest[1], "calendars", rest[3]), rest[4:]
    return owner, (), rest


def _owner(written: ResourceId) -> tuple[Segments, Segments]:
    kind, *rest = written.segments
    if kind.lower() == ME:
        return (ME,), tuple(rest)
    if kind.lower() not in {USERS, GROUPS} or not rest or rest[0].lower() == ME:
        raise _malformed(written)
    return (kind.lower(), _owner_name(rest[0])), tuple(rest[1:])


def _owner_name(name: str) -> str:
    """A user principal name means the same in any case; any other id is kept as it is."""
    return name.lower() if "@" in name else name


def _malformed(written: ResourceId) -> InvalidId:
    source = written.source
    return InvalidId(
        f"{str(written)!r} names neither a Graph calendar nor an event.",
        hint=f"Write {source}:users/ops@contoso.com/calendar, {source}:me/calendars/<id>, "
        f"{source}:groups/<id>/calendar, or {source}:users/<id>/events/<id>.",
    )
