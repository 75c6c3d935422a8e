"""What becomes of some events, by chance: they are added, changed, removed and added again."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from random import Random
from typing import Any, Final

from calls import Add, Call, Change, Content, Place, Removal
from stage import MAILBOXES

ML: Final = tuple(f"soak-{number}" for number in range(24))
CALENDARS: Final = (
    *(f"msgraph:users/{mailbox}/calendar" for mailbox in MAILBOXES),
    *(f"elasticsearch:{name}" for name in ML),
)
BEGIN: Final = datetime(2027, 3, 1, tzinfo=UTC)
_MOST_EVENTS: Final = 20


@dataclass(frozen=True, kw_only=True)
class Story:
    """Calls about the same keys: stage by stage, those of one stage at once."""

    stages: tuple[tuple[Call, ...], ...]

    @property
    def calls(self) -> Sequence[Call]:
        return [call for stage in self.stages for call in stage]

    def possible(self) -> Mapping[Place, set[Content]]:
        """All that may ever be there, in whatever order the calls of a stage are done.

        And then when all are made once more: a change meets what a later call has left.
        """
        found: dict[Place, set[Content]] = defaultdict(set)
        for stage in (*self.stages, *self.stages):
            for call in (*stage, *stage):
                for place in call.places:
                    found[place] |= {*call.wanted(place[0], sorted(found[place]))}
        return found


def stories(count: int, seed: int) -> list[Story]:
    """Stories of so many calls in all."""
    die = Random(seed)  # noqa: S311 chance that can be repeated is the point
    made: list[Story] = []
    left = count
    while left > 0:
        stages: list[tuple[Call, ...]] = []
        for stage in _Plot(die, f"S{seed}-{len(made)}").stages():
            stages.append(tuple(islice(stage, left)))
            left -= len(stages[-1])
            if left == 0:
                break
        made.append(Story(stages=tuple(stages)))
    return made


def event(key: str, title: str, start: datetime, minutes: int, days: int = 1) -> dict[str, Any]:
    """An event as it is given, daily for some days."""
    end = start + timedelta(minutes=minutes)
    given: dict[str, Any] = {"key": key, "title": title}
    given |= {"start": {"instant": start.isoformat()}, "end": {"instant": end.isoformat()}}
    return given if days == 1 else {**given, "recurrence": {"rule": f"FREQ=DAILY;COUNT={days}"}}


class _Plot:
    """One story as it is made up: no two calls mean the same, but those that are made at once."""

    def __init__(self, die: Random, name: str) -> None:
        self._die = die
        self._calendars = tuple(die.sample(CALENDARS, die.randint(1, 3)))
        size = 1 if die.random() < 0.5 else die.randint(2, _MOST_EVENTS)
        self._keys = [f"{name}-{number}" for number in range(size)]
        self._series = {key for key in self._keys if die.random() < 0.1}
        self._version = 0
        self._first = self._events()

    def stages(self) -> Sequence[tuple[Call, ...]]:
        """It begins with events that are added; in half of the stories that is not all."""
        added = self._add(self._first, is_update=self._die.random() < 0.2)
        further = self._die.choice([0, 0, 0, 1, 2, 3])
        return [self._perhaps_two(added), *(self._further() for _ in range(further))]

    def _further(self) -> tuple[Call, ...]:
        chance = self._die.random()
        if chance < 0.25:
            return (Removal(calendars=self._calendars, removed=tuple(self._keys)),)
        if chance < 0.45:
            return (self._add(self._first, is_update=False),)
        if chance < 0.7:
            return self._perhaps_two(self._add(self._events(), is_update=True))
        return self._perhaps_two(self._change())

    def _perhaps_two(self, call: Call) -> tuple[Call, ...]:
        """A fourth is made by two clients at once, half of those with different contents."""
        if self._die.random() >= 0.25:
            return (call,)
        if self._die.random() < 0.5:
            return call, replace(call, is_whole=False)
        other = (
            self._change()
            if isinstance(call, Change)
            else self._add(self._events(), is_update=call.overwrites)
        )
        return call, replace(other, is_whole=False)

    def _add(self, events: tuple[dict[str, Any], ...], *, is_update: bool) -> Add:
        whole = self._die.random() < 0.2
        return Add(calendars=self._calendars, events=events, is_update=is_update, is_whole=whole)

    def _change(self) -> Change:
        """Another title, and for what is no series another start."""
        fresh = {event["key"]: event for event in self._events()}
        given = {key: {name: fresh[key][name] for name in self._changing(key)} for key in self._keys}
        return Change(calendars=self._calendars, given=given, is_whole=self._die.random() < 0.2)

    def _changing(self, key: str) -> Sequence[str]:
        return ("title",) if key in self._series else ("title", "start")

    def _events(self) -> tuple[dict[str, Any], ...]:
        self._version += 1
        return tuple(self._event(key) for key in self._keys)

    def _event(self, key: str) -> dict[str, Any]:
        """A tenth are series, and stay so."""
        start = BEGIN + timedelta(minutes=15 * self._die.randrange(4 * 24 * 28))
        days = self._die.randint(2, 8) if key in self._series else 1
        return event(
            key, f"Outage {key}, version {self._version}", start, self._die.choice([15, 30, 90]), days
        )
