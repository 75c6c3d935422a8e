"""The live events under a key, and what each of them is to one calendar. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from gateway.adapters.msgraph.keys import Fingerprint
from gateway.adapters.msgraph.wire import GraphEvent
from gateway.errors import Moved, NotOrganizer, NotUnderKey
from gateway.model.event import Event
from gateway.model.time import EARLIEST


class Bearer(msgspec.Struct, frozen=True, kw_only=True):
    """An event that bears a key. `home` is Graph's own id of the calendar that it is in."""

    graph: GraphEvent
    event: Event
    key: str
    fingerprint: Fingerprint
    home: str

    @property
    def age(self) -> tuple[datetime, str]:
        """By this everybody tells alike which of two events was there first."""
        return self.event.created_at or EARLIEST, self.graph.id

    @property
    def said(self) -> str:
        return f"{self.event.id} bears the key {self.key}"


class Bearers(msgspec.Struct, frozen=True, kw_only=True):
    """Who bears a key in a calendar: its holders, oldest first, and others that stand in the way.

    `alike` have a key that differs in case only, and would be holders otherwise. `invited` are copies of
    somebody else's meeting. `moved` are in another calendar, and were made for this one. Of these two, those
    with the very key come before those whose key differs in case.
    """

    holders: tuple[Bearer, ...] = ()
    alike: tuple[Bearer, ...] = ()
    invited: tuple[Bearer, ...] = ()
    moved: tuple[Bearer, ...] = ()

    @property
    def taken(self) -> NotUnderKey | None:
        """Why there is to be no holder, even if there is one."""
        if not self.alike:
            return None
        return NotUnderKey(
            f"The key is taken: {self.alike[0].said}, and case does not count.",
            hint="Write the key as that event has it, or take another.",
        )

    @property
    def absence(self) -> NotUnderKey | None:
        """Why there is no holder, if an event shows that."""
        if self.holders:
            return None
        if self.invited and not self.alike:
            return NotOrganizer(
                f"{self.invited[0].said}, and is a copy of somebody else's meeting.",
                hint="Write to the organizer's calendar, or take another key.",
            )
        if self.moved and not self.alike:
            return Moved(
                f"{self.moved[0].said}, and was moved to another calendar.",
                hint="Move it back, or write to the calendar that it is in. No other is made.",
            )
        return self.taken

    @property
    def told(self) -> Sequence[Event] | NotUnderKey:
        """The events under the key, or why there is none, if an event shows that."""
        return self.absence or [holder.event for holder in self.holders]

    @property
    def shown(self) -> Sequence[Bearer]:
        """Those that say what is the matter with the key."""
        return (*self.holders, *self.alike) or self.invited or self.moved


def sorted_out(key: str, bearers: Sequence[Bearer], calendar: str, *, origin: str, of_group: bool) -> Bearers:
    """What each is to the calendar with that id. `origin` is how fingerprints name it.

    They bear it in this case or another. In the calendar of a group the organizer is the group, whoever asks.
    """
    here = sorted((one for one in bearers if one.home == calendar), key=lambda one: one.age)
    own = [one for one in here if of_group or one.graph.is_organizer is not False]
    return Bearers(
        holders=tuple(one for one in own if one.key == key),
        alike=tuple(one for one in own if one.key != key),
        invited=_very_key_first(key, (one for one in here if one not in own)),
        moved=_very_key_first(
            key,
            (one for one in bearers if one.home != calendar and one.fingerprint.calendar == origin),
        ),
    )


def _very_key_first(key: str, bearers: Iterable[Bearer]) -> tuple[Bearer, ...]:
    return tuple(sorted(bearers, key=lambda one: one.key != key))
