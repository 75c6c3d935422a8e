"""Which mutes belong to which announced events: by key for certain, by time and title probably. Pure."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from enum import StrEnum
from itertools import product
from typing import Final

import msgspec

from gateway.model.event import Event
from gateway.model.intervals import Interval
from gateway.model.key import folded

_LIKE: Final = 0.5
_WORD: Final = re.compile(r"\w+")


class Certainty(StrEnum):
    """CERTAIN: the two have the same key. PROBABLE: they overlap and have like titles."""

    CERTAIN = "certain"
    PROBABLE = "probable"


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """An announced event and its mutes, by (start, id): at least one."""

    announced: Event
    mutes: tuple[Event, ...]
    certainty: Certainty


class Pairing(msgspec.Struct, frozen=True, kw_only=True):
    """All events of both sides, each in one place, in order."""

    pairs: tuple[Pair, ...] = ()
    announced_only: tuple[Event, ...] = ()
    mutes_only: tuple[Event, ...] = ()


def pair(announced: Sequence[Event], mutes: Sequence[Event]) -> Pairing:
    """Who belongs to whom. Of one calendar an event may have several mutes, and a mute one event at most.

    Calendars count by themselves: one event may be announced in several, and be muted in several.
    """
    found: dict[str, tuple[Certainty, list[Event]]] = {}
    theirs = _grouped((mute for mute in mutes if mute.key), lambda mute: mute.key)
    for key, ours in _grouped((event for event in announced if event.key), lambda event: event.key).items():
        for one, other in product(by_calendar(ours), by_calendar(theirs.get(key, ()))):
            for event, of_event in _by_time(one, other).items():
                found.setdefault(event, (Certainty.CERTAIN, []))[1].extend(of_event)
    taken = {mute.id for _, of_event in found.values() for mute in of_event}
    rest = [mute for mute in mutes if mute.id not in taken]
    for one in by_calendar(event for event in announced if event.id not in found):
        for event, of_event in _by_likeness(one, rest).items():
            found[event] = (Certainty.PROBABLE, of_event)
    return _sorted_out(announced, mutes, found)


def by_calendar(events: Iterable[Event]) -> Iterable[Sequence[Event]]:
    return _grouped(events, lambda event: event.calendar_id).values()


def _grouped(
    events: Iterable[Event], by: Callable[[Event], str | None]
) -> Mapping[str | None, Sequence[Event]]:
    groups: dict[str | None, list[Event]] = defaultdict(list)
    for event in events:
        groups[by(event)].append(event)
    return groups


def _by_time(announced: Sequence[Event], mutes: Sequence[Event]) -> dict[str, list[Event]]:
    """The mutes by the id of the event that they overlap most; what overlaps none goes in order."""
    found: dict[str, list[Event]] = defaultdict(list)
    moved: list[Event] = []
    for mute in mutes:
        best = max(announced, key=lambda event: _overlap(event, mute), default=None)
        if best is not None and _overlap(best, mute):
            found[best.id].append(mute)
        else:
            moved.append(mute)
    left = [event for event in announced if event.id not in found]
    for event, mute in zip(left, moved, strict=False):
        found[event.id].append(mute)
    return found


def _by_likeness(announced: Sequence[Event], mutes: Iterable[Event]) -> dict[str, list[Event]]:
    """The mutes by the id of the event that they overlap most, of those with a like title."""
    found: dict[str, list[Event]] = defaultdict(list)
    for mute in mutes:
        like = [event for event in announced if _may_be(event, mute)]
        best = max(like, key=lambda event: _overlap(event, mute), default=None)
        if best is not None:
            found[best.id].append(mute)
    return found


def _may_be(event: Event, mute: Event) -> bool:
    """Whether a mute may be an event's. Two keys tell more than titles: they differ, or in case only."""
    if event.key is not None and mute.key is not None:
        return bool(_overlap(event, mute)) and folded(event.key) == folded(mute.key)
    return bool(_overlap(event, mute)) and is_like(event.title, mute.title)


def is_like(one: str, other: str) -> bool:
    """Whether titles have half of their words in common, or one has all words of the other."""
    ours, theirs = _words(one), _words(other)
    if not ours or not theirs:
        return one.strip() == other.strip()
    common = len(ours & theirs)
    return common / len(ours | theirs) >= _LIKE or common == min(len(ours), len(theirs))


def interval(event: Event) -> Interval:
    return Interval(event.start.instant, event.end.instant)


def _words(title: str) -> set[str]:
    return set(_WORD.findall(title.casefold()))


def _overlap(event: Event, mute: Event) -> timedelta:
    return interval(event).overlap(interval(mute))


def _sorted_out(
    announced: Sequence[Event], mutes: Sequence[Event], found: dict[str, tuple[Certainty, list[Event]]]
) -> Pairing:
    taken = {mute.id for _, of_event in found.values() for mute in of_event}
    return Pairing(
        pairs=tuple(
            Pair(
                announced=event,
                certainty=found[event.id][0],
                mutes=tuple(sorted(found[event.id][1], key=lambda mute: mute.order)),
            )
            for event in announced
            if event.id in found
        ),
        announced_only=tuple(event for event in announced if event.id not in found),
        mutes_only=tuple(mute for mute in mutes if mute.id not in taken),
    )
