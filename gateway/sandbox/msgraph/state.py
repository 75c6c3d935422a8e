"""The state of the Graph emulator: a directory of mailboxes, filled from a world."""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from uuid import NAMESPACE_URL, uuid5

from gateway.sandbox.msgraph.items import Calendar, CalendarGroup, Mailbox, Person
from gateway.sandbox.world import Group, MSGraphWorld, User, UserKind

DEFAULT_GROUP = "My Calendars"
SHORT_ID, LONG_ID = 56, 152


class State:
    """Mailboxes by the id of their owner. Ids are numbered, so the same requests give the same ids."""

    def __init__(self, world: MSGraphWorld, *, has_long_ids: bool = False) -> None:
        self.mailboxes: dict[str, Mailbox] = {}
        self._id_length = LONG_ID if has_long_ids else SHORT_ID
        self._numbers = 0
        for user in world.users:
            self._add_user(user)
        for group in world.groups:
            self._add_group(group)

    def new_id(self, kind: str) -> str:
        """The next id: it looks like Graph's and never repeats."""
        self._numbers += 1
        return graph_id(kind, str(self._numbers), length=self._id_length)

    def find(self, name: str, *, is_group: bool = False) -> Mailbox | None:
        """The mailbox of a user by id or name, or of a group by id."""
        key = name.lower()
        for mailbox in self.mailboxes.values():
            if mailbox.is_group == is_group and (key == mailbox.owner_id.lower() or key in mailbox.names):
                return mailbox
        return None

    def users(self) -> Iterator[Mailbox]:
        return (mailbox for mailbox in self.mailboxes.values() if not mailbox.is_group)

    def groups(self) -> Iterator[Mailbox]:
        return (mailbox for mailbox in self.mailboxes.values() if mailbox.is_group)

    def add_calendar(self, owner: str, calendar_id: str, name: str, group: str = DEFAULT_GROUP) -> Calendar:
        """Add a calendar with an id of any shape to a user's mailbox, in the group of that name."""
        mailbox = self.find(owner)
        if mailbox is None:
            raise LookupError(f"no user {owner!r}")
        return _add_calendar(mailbox, Calendar(id=calendar_id, name=name, group_id=_group(mailbox, group).id))

    def _add_user(self, user: User) -> None:
        mailbox = Mailbox(
            owner_id=user.id,
            names=(user.upn.lower(), user.mail.lower()),
            person=Person(name=user.display_name, address=user.mail),
            time_zone=user.time_zone,
            is_shared=user.kind is UserKind.SHARED,
            is_restricted=user.is_restricted,
            is_inactive=user.kind is UserKind.INACTIVE,
        )
        _group(mailbox, DEFAULT_GROUP)
        for calendar in user.calendars:
            group = _group(mailbox, calendar.group)
            _add_calendar(
                mailbox,
                Calendar(
                    id=calendar.id, name=calendar.name, group_id=group.id, is_default=calendar.is_default
                ),
            )
        self.mailboxes[user.id] = mailbox

    def _add_group(self, group: Group) -> None:
        mailbox = Mailbox(
            owner_id=group.id,
            names=(),
            person=Person(name=group.display_name, address=group.mail),
            is_group=True,
            members=frozenset(group.members),
        )
        only = Calendar(id=graph_id("calendar", group.id), name="Calendar", group_id="", is_default=True)
        _add_calendar(mailbox, only)
        self.mailboxes[group.id] = mailbox


def graph_id(*names: str, length: int = SHORT_ID) -> str:
    """An id as Graph makes them: base64url, with its padding."""
    name, before, after = "\0".join(names), "AAMkA", "AAA="
    digests = (hashlib.sha512(f"{name}{turn}".encode()).digest() for turn in ("", "\0more"))
    unique = urlsafe_b64encode(b"".join(digests)).decode()
    return f"{before}{unique[: length - len(before) - len(after)]}{after}"


def _add_calendar(mailbox: Mailbox, calendar: Calendar) -> Calendar:
    mailbox.calendars[calendar.id] = calendar
    return calendar


def _group(mailbox: Mailbox, name: str) -> CalendarGroup:
    """The calendar group of that name, made if need be; the first one is the default."""
    for group in mailbox.groups.values():
        if group.name == name:
            return group
    group = CalendarGroup(
        id=graph_id("calendarGroup", mailbox.owner_id, name),
        name=name,
        class_id=str(uuid5(NAMESPACE_URL, f"{mailbox.owner_id}/{name}")),
        is_default=not mailbox.groups,
    )
    mailbox.groups[group.id] = group
    return group
