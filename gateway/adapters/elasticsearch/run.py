"""Events of an ML calendar as they were read: one is made when it is asked for, or a column of them all."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Final

import msgspec

from gateway.adapters.elasticsearch.ids import written_event_id
from gateway.adapters.elasticsearch.mark import parted
from gateway.adapters.elasticsearch.wire import EventReader, StoredEvent
from gateway.model.event import Event, SourceKind
from gateway.model.fields import DETAILS
from gateway.model.ids import encode_segments
from gateway.model.run import Run, Written, all_quoted, at_once
from gateway.model.time import from_millis, to_rfc3339

_DAY: Final = 86_400_000
_WORDS: Final = {True: "true", False: "false", None: "null"}
_MOST_KEPT: Final = 20_000
Columns = Mapping[str, Callable[["StoredRun"], Sequence[Any]]]


class StoredRun(Run):
    """A run of one calendar's events, all at times that the domain has."""

    def __init__(self, reader: EventReader, stored: Sequence[StoredEvent]) -> None:
        self.reader: Final = reader
        self.stored: Final = stored

    def __len__(self) -> int:
        return len(self.stored)

    @property
    def ids(self) -> list[str]:
        """Those of its events."""
        above = f"{self.reader.calendar}/events"
        return [f"{above}/{start}/{name}" for start, name in zip(self.starts, self.names, strict=True)]

    @cached_property
    def written_ids(self) -> Written:
        """The same as JSON."""
        return Written((f'"{self.reader.calendar}/events/', at_once(self.starts), "/", self.names, '"'))

    @cached_property
    def starts(self) -> list[int]:
        return [it.start_time for it in self.stored]

    @cached_property
    def ends(self) -> list[int]:
        return [it.end_time for it in self.stored]

    @cached_property
    def names(self) -> Sequence[str]:
        """What its events are named by in ids, beside their starts."""
        return encode_segments([it.event_id for it in self.stored])

    def id(self, place: int) -> str:
        stored = self.stored[place]
        return written_event_id(self.reader.calendar, stored.start_time, stored.event_id)

    def event(self, place: int) -> Event:
        return self.reader.read(self.stored[place])

    def part(self, places: slice) -> "StoredRun":
        return StoredRun(self.reader, self.stored[places])

    def column(self, path: str) -> Sequence[Any]:
        if path in _COLUMNS:
            return _COLUMNS[path](self)
        return [_SAME[path]] * len(self.stored) if path in _SAME else super().column(path)


class _Kept(dict[int, str]):
    """Texts that are made when they are first needed."""

    def __init__(self, make: Callable[[int], str]) -> None:
        self._make = make

    def __missing__(self, number: int) -> str:
        if len(self) >= _MOST_KEPT:
            self.clear()
        text = self[number] = self._make(number)
        return text


def _instant(millis: int) -> str:
    return to_rfc3339(from_millis(millis))


_DATES: Final = _Kept(lambda day: f'"{_instant(day * _DAY)[:10]}')
_TIMES: Final = _Kept(lambda millis: f'{_instant(millis)[10:]}"')
_INSTANTS: Final = _Kept(lambda millis: _DATES[millis // _DAY] + _TIMES[millis % _DAY])
"""Milliseconds since the epoch as the API writes instants: those of a calendar are shown again and again."""


def _instants(millis: Sequence[int]) -> Written:
    return Written(([*map(_INSTANTS.__getitem__, millis)],))


def _order(run: StoredRun) -> list[tuple[datetime, str]]:
    return [*zip(map(from_millis, run.starts), run.ids, strict=True)]


def _titles(run: StoredRun) -> Written:
    texts = [it.description for it in run.stored]
    return all_quoted([parted(text)[0] for text in texts] if "]" in "".join(texts) else texts)


def _flags(flags: Sequence[bool | None]) -> Written:
    found = set(flags)
    return Written((_WORDS[found.pop()] if len(found) == 1 else [_WORDS[flag] for flag in flags],))


_COLUMNS: Final[Columns] = {
    "id": lambda run: run.written_ids,
    "order": _order,
    "length": lambda run: [timedelta(milliseconds=it.end_time - it.start_time) for it in run.stored],
    "source": lambda run: [run.reader.source] * len(run),
    "calendar_id": lambda run: Written((f'"{run.reader.calendar}"',)),
    "title": _titles,
    "start.instant": lambda run: _instants(run.starts),
    "end.instant": lambda run: _instants(run.ends),
    "elasticsearch": lambda _: Written(("true",)),
    "elasticsearch.event_id": lambda run: all_quoted([it.event_id for it in run.stored]),
    "elasticsearch.skip_result": lambda run: _flags([it.skip_result for it in run.stored]),
    "elasticsearch.skip_model_update": lambda run: _flags([it.skip_model_update for it in run.stored]),
    "elasticsearch.force_time_shift": lambda run: [it.force_time_shift for it in run.stored],
}
_READ: Final = {*_COLUMNS, "key", "revision", "details"}
_SAME: Final = {
    **{
        it.name: it.default
        for it in msgspec.structs.fields(Event)
        if it.name not in _READ and not it.required
    },
    **{path: None for path in DETAILS if path.startswith(SourceKind.MSGRAPH.value)},
    **dict.fromkeys(("start.zone", "end.zone"), "UTC"),
    **dict.fromkeys(("start.day", "end.day", "msgraph"), None),
}
"""What no ML calendar has, and so is the same for all events."""
