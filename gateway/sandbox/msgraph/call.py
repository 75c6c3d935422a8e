"""One call: a request that is understood and allowed, and the mailbox that it is about."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from re import fullmatch
from typing import Any

from gateway.sandbox.http import Request
from gateway.sandbox.msgraph.auth import BASIC, Token
from gateway.sandbox.msgraph.errors import Cause, GraphError
from gateway.sandbox.msgraph.items import Calendar, CalendarGroup, Item, Mailbox
from gateway.sandbox.msgraph.odata import Options, key
from gateway.sandbox.msgraph.preferences import Preferences
from gateway.sandbox.msgraph.routes import Owner, Route
from gateway.sandbox.msgraph.series import occurrence, split_id
from gateway.sandbox.msgraph.state import State
from gateway.sandbox.msgraph.unknowns import ContextOwner, Unknowns


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer before it is bytes: JSON, plain text, or without any body."""

    status: int = 200
    body: Mapping[str, Any] | None = None
    text: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    request: Request
    route: Route
    token: Token
    owner: Mailbox | None
    """Whose mailbox is addressed; None in the lists of the directory."""
    options: Options
    preferences: Preferences
    state: State
    unknowns: Unknowns
    now: datetime
    base: str
    """Scheme and host as the client named them."""
    is_lost: bool = False
    """Whether what is written is silently not stored."""
    is_concurrent: bool = False
    """Whether an equal request is still running."""

    @property
    def mailbox(self) -> Mailbox:
        if self.owner is None:
            raise LookupError(f"{self.route.name} addresses no mailbox")
        return self.owner

    @property
    def is_beta(self) -> bool:
        return self.route.version == "beta"

    @property
    def may_read_bodies(self) -> bool:
        """Calendars.ReadBasic shows neither bodies nor extensions."""
        shared = self.token.user_id not in (None, self.mailbox.owner_id)
        return self.mailbox.is_group or self.token.level(shared=shared) > BASIC

    def context(self, tail: str) -> str:
        """An `@odata.context`: the mailbox, the place as it was named, and `tail`."""
        return self.tenant_context(f"{self._owner()}{self._place()}{tail}")

    def tenant_context(self, tail: str) -> str:
        return f"{self.base}/{self.route.version}/$metadata#{tail}"

    def mailbox_context(self, tail: str) -> str:
        return self.tenant_context(f"{self._owner()}{tail}")

    def _owner(self) -> str:
        address = self.route.address
        as_written = (
            self.unknowns.context_owner is ContextOwner.AS_ADDRESSED and address.owner is not Owner.ME
        )
        name = address.owner_name if as_written else self.mailbox.owner_id
        return f"{'groups' if self.mailbox.is_group else 'users'}{key(name)}"

    def _place(self) -> str:
        address = self.route.address
        match address.place:
            case "calendar":
                return "/calendar"
            case "calendars":
                return f"/calendars{key(address.calendar or '')}"
            case "calendarGroups":
                group = key(address.calendar_group or self.mailbox.default_group.id)
                return f"/calendarGroups{group}/calendars{key(address.calendar or '')}"
        return ""


Handler = Callable[[Call], Reply]


def calendar_group(call: Call) -> CalendarGroup:
    """The calendar group that is addressed; the legacy segment means the default one."""
    address = call.route.address
    if address.calendar_group is None:
        return call.mailbox.default_group
    group = call.mailbox.groups.get(address.calendar_group)
    if group is None:
        raise _missing(address.calendar_group, Cause.FOLDER_NOT_FOUND)
    return group


def calendar(call: Call) -> Calendar:
    """The calendar that is addressed, the default one if none is named."""
    address = call.route.address
    if address.calendar is None:
        return call.mailbox.default_calendar
    found = call.mailbox.calendars.get(address.calendar)
    if found is None:
        raise _missing(address.calendar, Cause.ITEM_NOT_FOUND)
    if address.place == "calendarGroups" and calendar_group(call).id != found.group_id:
        raise GraphError(Cause.FOLDER_NOT_FOUND)
    return found


def event(call: Call) -> Item:
    """The event that is addressed: an item of the mailbox, or an occurrence of one."""
    asked = call.route.address.event or ""
    item = find(call.mailbox, mutable_id(asked))
    if item is None:
        raise _missing(asked, Cause.ITEM_NOT_FOUND)
    if call.route.address.place and item.calendar_id != calendar(call).id:
        raise GraphError(Cause.ITEM_NOT_FOUND)
    return item


def find(mailbox: Mailbox, event_id: str) -> Item | None:
    item = mailbox.items.get(event_id)
    if item is not None:
        return item
    parts = split_id(event_id)
    if parts is None:
        return None
    stem, day = parts
    master = next((found for found in mailbox.items.values() if found.id.rstrip("=") == stem), None)
    return None if master is None or master.recurrence is None else occurrence(master, day)


def shown_id(event_id: str, *, is_immutable: bool) -> str:
    """The id of an event as the client wants it. Both forms are understood at any time."""
    return f"AAkA{event_id[4:]}" if is_immutable and event_id.startswith("AAMk") else event_id


def mutable_id(event_id: str) -> str:
    return f"AAMk{event_id[4:]}" if event_id.startswith("AAkA") else event_id


def check_match(call: Call, etag: str) -> None:
    """Refuse a write whose If-Match names another version."""
    wanted = call.request.headers.get("if-match", "*")
    if wanted not in ("*", etag):
        raise GraphError(Cause.CHANGED)


def _missing(asked: str, cause: Cause) -> GraphError:
    """An id that cannot be decoded is malformed; any other that leads nowhere is not found."""
    is_decodable = fullmatch(r"[A-Za-z0-9+/_-]+={0,2}", asked) is not None and len(asked) % 4 == 0
    return GraphError(cause if is_decodable else Cause.ID_MALFORMED)
