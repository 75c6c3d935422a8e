"""What clients ask of a gateway, and what calendars hold once they have got it: values."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

GRAPH: Final = "msgraph:"
Place = tuple[str, str]
"""A key, and a calendar."""
Content = tuple[str, datetime, datetime]
"""Title, start and end of an occurrence."""


@dataclass(frozen=True, kw_only=True)
class Call(ABC):
    """A call as a client makes it, each time the same."""

    calendars: tuple[str, ...]
    is_whole: bool = False
    """Whether it is ALL_OR_NOTHING."""
    mutation: ClassVar[str]
    command: ClassVar[str]

    @property
    @abstractmethod
    def keys(self) -> Sequence[str]: ...

    @property
    @abstractmethod
    def input(self) -> dict[str, Any]: ...

    @property
    @abstractmethod
    def overwrites(self) -> bool:
        """Whether what was there before may be gone by it."""

    @abstractmethod
    def wanted(self, key: str, before: Sequence[Content]) -> Sequence[Content]:
        """What a calendar that held `before` under a key holds afterwards, occurrence by occurrence."""

    @property
    def places(self) -> Sequence[Place]:
        return [(key, calendar) for key in self.keys for calendar in self.calendars]

    @property
    def _atomicity(self) -> dict[str, str]:
        return {"atomicity": "ALL_OR_NOTHING" if self.is_whole else "BEST_EFFORT"}

    def _target(self, key: str) -> dict[str, Any]:
        return {"target": {"key": {"key": key, "calendars": list(self.calendars)}}}


@dataclass(frozen=True, kw_only=True)
class Add(Call):
    """Adds events; with `is_update` it makes those of their keys like them."""

    events: tuple[dict[str, Any], ...]
    is_update: bool = False
    mutation: ClassVar = "addEvents"
    command: ClassVar = "AddEventsInput"

    @property
    def keys(self) -> Sequence[str]:
        return [event["key"] for event in self.events]

    @property
    def overwrites(self) -> bool:
        return self.is_update

    @property
    def input(self) -> dict[str, Any]:
        return {
            "calendars": list(self.calendars),
            "events": list(self.events),
            "onExisting": "UPDATE" if self.is_update else "RETURN",
            **self._atomicity,
        }

    def wanted(self, key: str, before: Sequence[Content]) -> Sequence[Content]:  # noqa: ARG002
        return next(occurrences(event) for event in self.events if event["key"] == key)


@dataclass(frozen=True, kw_only=True)
class Change(Call):
    """Changes the events under keys: what is `given` for each, of title and start."""

    given: Mapping[str, Mapping[str, Any]]
    overwrites: ClassVar = True
    mutation: ClassVar = "updateEvents"
    command: ClassVar = "UpdateEventsInput"

    @property
    def keys(self) -> Sequence[str]:
        return list(self.given)

    @property
    def input(self) -> dict[str, Any]:
        changes = [{**self._target(key), "set": given} for key, given in self.given.items()]
        return {"changes": changes, **self._atomicity}

    def wanted(self, key: str, before: Sequence[Content]) -> Sequence[Content]:
        return [_changed(content, self.given[key]) for content in before]


@dataclass(frozen=True, kw_only=True)
class Removal(Call):
    """Removes the events under keys."""

    removed: tuple[str, ...]
    overwrites: ClassVar = True
    mutation: ClassVar = "removeEvents"
    command: ClassVar = "RemoveEventsInput"

    @property
    def keys(self) -> Sequence[str]:
        return self.removed

    @property
    def input(self) -> dict[str, Any]:
        return {"removals": [self._target(key) for key in self.removed]}

    def wanted(self, key: str, before: Sequence[Content]) -> Sequence[Content]:  # noqa: ARG002
        return ()


def occurrences(event: Mapping[str, Any]) -> Sequence[Content]:
    """The occurrences of an event as it is given: a daily series, or one."""
    start, end = (datetime.fromisoformat(event[name]["instant"]) for name in ("start", "end"))
    days = int(event["recurrence"]["rule"].rpartition("=")[2]) if "recurrence" in event else 1
    shifts = [timedelta(days=day) for day in range(days)]
    return [(event["title"], start + shift, end + shift) for shift in shifts]


def _changed(content: Content, given: Mapping[str, Any]) -> Content:
    """A new start moves the end along."""
    title, start, end = content
    begins = datetime.fromisoformat(given["start"]["instant"]) if "start" in given else start
    return given.get("title", title), begins, end + (begins - start)
