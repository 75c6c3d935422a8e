"""What a mailbox holds: calendars, their groups, and events as they are stored."""

import hashlib
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from urllib.parse import quote

from gateway.sandbox.msgraph.resources import (
    AttendeeIn,
    ItemBody,
    Location,
    PatternedRecurrence,
)
from gateway.sandbox.msgraph.times import WallClock
from gateway.sandbox.msgraph.words import (
    Color,
    Importance,
    MeetingProvider,
    Sensitivity,
    ShowAs,
)


class ItemType(StrEnum):
    SINGLE = "singleInstance"
    MASTER = "seriesMaster"
    OCCURRENCE = "occurrence"
    EXCEPTION = "exception"


class Answer(StrEnum):
    """What somebody has said to an invitation."""

    NONE = "none"
    ORGANIZER = "organizer"
    TENTATIVE = "tentativelyAccepted"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    NOT_RESPONDED = "notResponded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    name: str
    address: str

    def json(self) -> dict[str, Any]:
        return {"emailAddress": {"name": self.name, "address": self.address}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """An answer and when it was given; None is never."""

    answer: Answer = Answer.NONE
    time: datetime | None = None
    proposed: tuple[WallClock, WallClock] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An event. A series is one item: the occurrences that were changed or cancelled are part of it."""

    id: str
    calendar_id: str
    uid: str
    created: datetime
    modified: datetime
    version: int = 1
    organizer: Person
    is_organizer: bool = True
    owner_address: str = ""
    """Whose mailbox it is in, lower-cased."""
    said: Said = Said(answer=Answer.ORGANIZER)
    attendees: tuple[AttendeeIn, ...] = ()
    answers: Mapping[str, Said] = field(default_factory=dict)
    """What attendees said, by lower-cased address."""

    start: WallClock
    end: WallClock
    original_start_zone: str
    original_end_zone: str
    is_all_day: bool = False
    recurrence: PatternedRecurrence | None = None
    exceptions: Mapping[date, "Item"] = field(default_factory=dict)
    cancelled_days: frozenset[date] = frozenset()
    master_id: str | None = None
    original_day: date | None = None
    original_start: datetime | None = None
    type: ItemType = ItemType.SINGLE

    subject: str | None = None
    body: ItemBody = field(default_factory=ItemBody)
    locations: tuple[Location, ...] = ()
    categories: tuple[str, ...] = ()
    importance: Importance = Importance.NORMAL
    sensitivity: Sensitivity = Sensitivity.NORMAL
    show_as: ShowAs = ShowAs.BUSY
    is_reminder_on: bool = True
    reminder_minutes: int = 15
    response_requested: bool = True
    allow_new_time_proposals: bool = True
    hide_attendees: bool = False
    is_online_meeting: bool = False
    meeting_provider: MeetingProvider = MeetingProvider.UNKNOWN
    is_cancelled: bool = False
    transaction_id: str | None = None
    extensions: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Open extensions by name."""
    single_values: Mapping[str, str | None] = field(default_factory=dict)
    """Extended properties by id, as written."""
    multi_values: Mapping[str, tuple[str | None, ...]] = field(default_factory=dict)

    @property
    def change_key(self) -> str:
        return change_key(self.id, self.version)

    @property
    def etag(self) -> str:
        return f'W/"{self.change_key}"'

    @property
    def length(self) -> timedelta:
        return self.end.instant - self.start.instant

    def changed(self, now: datetime, **changes: Any) -> "Item":
        """The next version of the event."""
        return replace(self, version=self.version + 1, modified=now, **changes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    id: str
    name: str
    group_id: str
    is_default: bool = False
    color: Color = Color.AUTO
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarGroup:
    id: str
    name: str
    class_id: str
    is_default: bool = False
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """A create that named a `transactionId`: what it asked for, and what it got."""

    content: object
    item: Item
    time: datetime


@dataclass(slots=True, kw_only=True)
class Mailbox:
    """The mailbox of a user or a group. Mutable: it is the state."""

    owner_id: str
    names: tuple[str, ...]
    """User principal name and address; a group goes by its id only."""
    person: Person
    time_zone: str = "UTC"
    is_group: bool = False
    is_shared: bool = False
    is_restricted: bool = False
    is_inactive: bool = False
    members: frozenset[str] = frozenset()
    calendars: dict[str, Calendar] = field(default_factory=dict)
    groups: dict[str, CalendarGroup] = field(default_factory=dict)
    items: dict[str, Item] = field(default_factory=dict)
    transactions: dict[str, Transaction] = field(default_factory=dict)

    @property
    def default_calendar(self) -> Calendar:
        return next(calendar for calendar in self.calendars.values() if calendar.is_default)

    @property
    def default_group(self) -> CalendarGroup:
        return next(group for group in self.groups.values() if group.is_default)

    def items_of(self, calendar: Calendar) -> list[Item]:
        return [item for item in self.items.values() if item.calendar_id == calendar.id]


def change_key(of: str, version: int) -> str:
    digest = hashlib.sha256(f"{of}\0{version}".encode()).digest()
    return b64encode(digest[:22]).decode()


def web_link(item_id: str) -> str:
    return (
        f"https://outlook.office365.com/owa/?itemid={quote(item_id, safe='')}&exvsurl=1&path=/calendar/item"
    )
