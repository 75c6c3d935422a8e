"""Two calls about one key at one moment, by kind: what they are, and what was there before."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from itertools import product
from typing import Any, Final

from calls import Add, Call, Change
from stage import MAILBOXES
from stories import BEGIN, Story, event

LONG: Final = 200
"""How many occurrences a long series has."""
Maker = Callable[["_Key"], Story]


class _Key:
    """A key in one calendar, and calls about it. What has another version differs."""

    def __init__(self, key: str, calendar: str) -> None:
        self._key = key
        self._calendars = (calendar,)

    def add(self, version: int = 1, *, is_update: bool = False, days: int = 1) -> Add:
        return Add(calendars=self._calendars, events=(self._event(version, days),), is_update=is_update)

    def change(self, version: int) -> Change:
        given = self._event(version, 1)
        return Change(
            calendars=self._calendars, given={self._key: {name: given[name] for name in ("title", "start")}}
        )

    def _event(self, version: int, days: int) -> dict[str, Any]:
        start = BEGIN + timedelta(minutes=15 * version)
        return event(self._key, f"Outage {self._key}, version {version}", start, 90, days)


def _story(*stages: tuple[Call, ...]) -> Story:
    return Story(stages=stages)


KINDS: Final[Mapping[str, Maker]] = {
    "add × add": lambda key: _story((key.add(), key.add())),
    "add × add, differing": lambda key: _story((key.add(1), key.add(2))),
    "add × update": lambda key: _story((key.add(), key.add(is_update=True))),
    "add × update, differing": lambda key: _story((key.add(),), (key.add(), key.add(2, is_update=True))),
    "add × change": lambda key: _story((key.add(),), (key.add(), key.change(2))),
    "update × update": lambda key: _story((key.add(),), (key.add(2, is_update=True),) * 2),
    "update × update, differing": lambda key: _story(
        (key.add(),), (key.add(2, is_update=True), key.add(3, is_update=True))
    ),
    "update × change, differing": lambda key: _story(
        (key.add(),), (key.add(2, is_update=True), key.change(3))
    ),
    "change × change": lambda key: _story((key.add(),), (key.change(2), key.change(2))),
    "change × change, differing": lambda key: _story((key.add(),), (key.change(2), key.change(3))),
    "series × series": lambda key: _story((key.add(days=LONG), key.add(days=LONG))),
    "series × series, differing": lambda key: _story((key.add(1, days=LONG), key.add(2, days=LONG))),
    "series × update, differing": lambda key: _story(
        (key.add(days=LONG),), (key.add(days=LONG), key.add(2, is_update=True, days=LONG))
    ),
}


def pairs(numbers: range) -> Sequence[tuple[str, Story]]:
    """The pairs of these numbers, all kinds on both sides in turn, by the names of their kinds."""
    turns = list(product(KINDS.items(), ("elasticsearch", "msgraph")))
    return [
        (f"{kind} in {side}", maker(_Key(f"P{number}", _calendar_of(side, number))))
        for number in numbers
        for (kind, maker), side in (turns[number % len(turns)],)
    ]


def _calendar_of(side: str, number: int) -> str:
    if side == "elasticsearch":
        return f"elasticsearch:{ml_of(number)}"
    return f"msgraph:users/{MAILBOXES[number % len(MAILBOXES)]}/calendar"


def ml_of(number: int) -> str:
    """The ML calendar that a pair has for itself."""
    return f"pair-{number}"
