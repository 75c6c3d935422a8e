"""Routes: what a request path addresses. Resource names are read in any case, ids exactly.

An address has three parts: an owner, a place within the mailbox, and what is wanted there. All the ways to
name a calendar or an event lead to one route, whose name is the same for all of them.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from re import fullmatch

from gateway.sandbox.http import Request
from gateway.sandbox.msgraph.errors import Cause, GraphError

VERSIONS = ("v1.0", "beta")
BATCH = "/$batch"
USERS = "/users"
GROUPS = "/groups"
WITHOUT_MAILBOX = frozenset({BATCH, USERS, GROUPS})
"""Routes that address nobody's mailbox."""
COUNT = "$count"


class Owner(StrEnum):
    ME = "me"
    USER = "users"
    GROUP = "groups"
    NOBODY = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a request goes. `calendar` None is the default one; `place` is how it was named."""

    owner: Owner
    owner_name: str = ""
    place: str = ""
    calendar_group: str | None = None
    calendar: str | None = None
    event: str | None = None
    extension: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """`name` is the same for all paths that lead to one thing."""

    version: str
    name: str
    address: Address


@dataclass(frozen=True, slots=True)
class _Segment:
    text: str
    is_key: bool = False

    @property
    def word(self) -> str:
        """The name of a resource; a key is none."""
        return "" if self.is_key else self.text.lower()


_OF_CALENDAR: Mapping[tuple[str, ...], str] = {
    (): "/{calendar}",
    ("events",): "/{calendar}/events",
    ("calendarview",): "/{calendar}/calendarView",
    ("events", COUNT): "/{calendar}/events/$count",
    ("getschedule",): "/{calendar}/getSchedule",
    ("permanentdelete",): "/{calendar}/permanentDelete",
}
_OF_DEFAULT_CALENDAR: Mapping[tuple[str, ...], str] = {
    ("events",): "/{calendar}/events",
    ("events", COUNT): "/{calendar}/events/$count",
    ("calendarview",): "/{calendar}/calendarView",
}
_OF_GROUP: Mapping[tuple[str, ...], str] = {(): "/{group}", **_OF_DEFAULT_CALENDAR}
_OF_MAILBOX: Mapping[tuple[str, ...], str] = {
    (): "/{user}",
    **_OF_DEFAULT_CALENDAR,
    ("calendars",): "/{mailbox}/calendars",
    ("calendars", COUNT): "/{mailbox}/calendars/$count",
    ("calendargroups",): "/{mailbox}/calendarGroups",
    ("calendargroups", COUNT): "/{mailbox}/calendarGroups/$count",
    ("mailboxsettings",): "/{mailbox}/mailboxSettings",
    ("memberof",): "/{user}/memberOf",
    ("memberof", "microsoft.graph.group"): "/{user}/memberOf/microsoft.graph.group",
    ("transitivememberof",): "/{user}/memberOf",
    ("transitivememberof", "microsoft.graph.group"): "/{user}/memberOf/microsoft.graph.group",
}
_OF_CALENDAR_GROUP: Mapping[tuple[str, ...], str] = {
    (): "/{calendarGroup}",
    ("calendars",): "/{calendarGroup}/calendars",
    ("calendars", COUNT): "/{calendarGroup}/calendars/$count",
}
_OF_EVENT: Mapping[tuple[str, ...], str] = {
    (): "/{event}",
    ("calendar",): "/{event}/calendar",
    ("instances",): "/{event}/instances",
    ("cancel",): "/{event}/cancel",
    ("accept",): "/{event}/accept",
    ("tentativelyaccept",): "/{event}/tentativelyAccept",
    ("decline",): "/{event}/decline",
    ("extensions",): "/{event}/extensions",
    ("extensions", COUNT): "/{event}/extensions/$count",
    ("forward",): "/{event}/forward",
    ("dismissreminder",): "/{event}/dismissReminder",
    ("snoozereminder",): "/{event}/snoozeReminder",
    ("permanentdelete",): "/{event}/permanentDelete",
}
_OF_EXTENSION: Mapping[tuple[str, ...], str] = {(): "/{event}/extensions/{extension}"}


def route(request: Request, *, understands_legacy: bool = False) -> Route:
    """The route of a request below /v1.0 or /beta; the first segment that is not understood is refused."""
    segments = _segments(request.path)
    version = segments[0].word
    if version not in VERSIONS:
        raise GraphError(Cause.BAD_VERSION, segments[0].text)
    name, address = _owner(segments[1:], understands_legacy)
    return Route(version=version, name=name, address=address)


def _segments(path: str) -> list[_Segment]:
    """The path split and decoded. `events('id')` is the same as `events/id`."""
    found: list[_Segment] = []
    for text in Request(method="", target=path).segments:
        match = fullmatch(r"(?i)(users|groups|calendars|calendargroups|events|extensions)\('(.+)'\)", text)
        if match is None:
            found.append(_Segment(text))
        else:
            found += [_Segment(match[1]), _Segment(match[2].replace("''", "'"), is_key=True)]
    return found


def _owner(segments: list[_Segment], understands_legacy: bool) -> tuple[str, Address]:
    match [segment.word for segment in segments]:
        case ["$batch", *_]:
            return _known({(): BATCH}, segments[1:], Address(owner=Owner.NOBODY))
        case ["users" | "groups" as kind]:
            return f"/{kind}", Address(owner=Owner.NOBODY)
        case ["me", *_]:
            return _place(segments[1:], Address(owner=Owner.ME), understands_legacy)
        case ["users" | "groups" as kind, _, *_]:
            address = Address(owner=Owner(kind), owner_name=segments[1].text)
            return _place(segments[2:], address, understands_legacy)
    raise _unknown(segments, ())


def _place(segments: list[_Segment], address: Address, understands_legacy: bool) -> tuple[str, Address]:
    words = [segment.word for segment in segments]
    is_group = address.owner is Owner.GROUP
    match words:
        case ["calendar", *_]:
            return _calendar(segments[1:], replace(address, place="calendar"))
        case ["calendars", word, *_] if not is_group and word != COUNT:
            return _calendar(segments[2:], replace(address, place="calendars", calendar=segments[1].text))
        case ["calendargroup", *_] if understands_legacy and not is_group:
            return _calendar_group(segments[1:], address)
        case ["calendargroups", word, *_] if not is_group and word != COUNT:
            return _calendar_group(segments[2:], replace(address, calendar_group=segments[1].text))
        case ["events", word, *_] if word != COUNT:
            return _event(segments[1:], address)
    return _known(_OF_GROUP if is_group else _OF_MAILBOX, segments, address)


def _calendar_group(segments: list[_Segment], address: Address) -> tuple[str, Address]:
    match [segment.word for segment in segments]:
        case ["calendars", word, *_] if word != COUNT:
            return _calendar(
                segments[2:], replace(address, place="calendarGroups", calendar=segments[1].text)
            )
    return _known(_OF_CALENDAR_GROUP, segments, address)


def _calendar(segments: list[_Segment], address: Address) -> tuple[str, Address]:
    match [segment.word for segment in segments]:
        case ["events", word, *_] if word != COUNT:
            return _event(segments[1:], address)
    return _known(_OF_CALENDAR, segments, address)


def _event(segments: list[_Segment], address: Address) -> tuple[str, Address]:
    address = replace(address, event=segments[0].text)
    match [segment.word for segment in segments[1:]]:
        case ["extensions", word, *_] if word != COUNT:
            return _known(_OF_EXTENSION, segments[3:], replace(address, extension=segments[2].text))
    return _known(_OF_EVENT, segments[1:], address)


def _known(
    table: Mapping[tuple[str, ...], str],
    segments: list[_Segment],
    address: Address,
) -> tuple[str, Address]:
    words = tuple(segment.word for segment in segments)
    name = table.get(words)
    if name is None:
        raise _unknown(segments, table)
    return name, address


def _unknown(segments: list[_Segment], known: Collection[tuple[str, ...]]) -> GraphError:
    """The error names the first segment that extends no known path."""
    words = tuple(segment.word for segment in segments)
    for end, segment in enumerate(segments, start=1):
        if all(path[:end] != words[:end] for path in known):
            return GraphError(Cause.BAD_SEGMENT, segment.text)
    return GraphError(Cause.BAD_SEGMENT, segments[-1].text if segments else "")
