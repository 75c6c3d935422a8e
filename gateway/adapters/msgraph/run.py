"""Events of a Graph calendar as they were read: one is made when it is asked for, or a column of them all."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import cached_property, partial
from operator import itemgetter
from typing import Any, Final, TypeAlias

import msgspec

from gateway.adapters.msgraph.details import PROPERTIES, READ
from gateway.adapters.msgraph.events import ATTRIBUTES, EventReader
from gateway.adapters.msgraph.series_keys import SeriesKeys
from gateway.adapters.msgraph.shown import Pick, Shown
from gateway.adapters.msgraph.times import day_of, zone_of
from gateway.adapters.msgraph.wire import DateTimeTimeZone, GraphEvent
from gateway.adapters.msgraph.words import known
from gateway.model.event import Event, ShowAs, SourceKind
from gateway.model.fields import DETAILS
from gateway.model.run import Run, Written, all_quoted

Row: TypeAlias = tuple[str, str, str, GraphEvent]
"""An event's start, its name in ids, its end, and itself: rows have the order of their events."""
Columns: TypeAlias = tuple[Sequence[str], Sequence[str], Sequence[str], Shown]
"""The same of many events."""
_MSGRAPH: Final = SourceKind.MSGRAPH.value
_Time: TypeAlias = Callable[[GraphEvent], DateTimeTimeZone]


class GraphRun(Run):
    """A run of one calendar's events, all at times that can be read. `keys` knows the keys of occurrences."""

    def __init__(self, reader: EventReader, columns: Columns, keys: SeriesKeys | None = None) -> None:
        self.reader: Final = reader
        self.keys: Final = keys
        self._columns = columns
        self.starts, self.names, self.ends, self.events = columns

    @property
    def rows(self) -> Iterator[Row]:
        return zip(*self._columns, strict=True)

    @cached_property
    def are_days(self) -> Sequence[bool]:
        """Which of them last whole days."""
        return [*map(bool, self.events.column("is_all_day"))]

    def __len__(self) -> int:
        return len(self.events)

    def event(self, place: int) -> Event:
        event = self.events[place]
        shown = self.reader.read(event)
        return shown if self.keys is None else self.keys.on(shown, event)

    def part(self, places: slice) -> "GraphRun":
        return self._picked(itemgetter(places))

    def at(self, places: Sequence[int]) -> "GraphRun":
        """The run of those at the places, in their order."""
        return self._picked(itemgetter(*places) if len(places) > 1 else partial(_each, places))

    def _picked(self, pick: Pick) -> "GraphRun":
        starts, names, ends, events = self._columns
        columns = pick(starts), pick(names), pick(ends), events.picked(pick)
        return GraphRun(self.reader, columns, self.keys)

    def column(self, path: str) -> Sequence[Any]:
        if path in _COLUMNS:
            return _COLUMNS[path](self)
        return [None] * len(self.events) if path in _FOREIGN else super().column(path)


def _each(places: Sequence[int], column: Sequence[Any]) -> Sequence[Any]:
    return [column[place] for place in places]


def _ids(run: GraphRun) -> Written:
    return Written((f'"{run.reader.events}', run.names, '"'))


def _order(run: GraphRun) -> list[tuple[datetime, str]]:
    instants = [datetime.fromisoformat(f"{at}Z") for at in run.starts]
    return [*zip(instants, [run.reader.events + name for name in run.names], strict=True)]


def _start_zones(run: GraphRun) -> Written:
    return _zones(run, run.events.column("original_start_time_zone"), run.events.column("start.time_zone"))


def _end_zones(run: GraphRun) -> Written:
    return _zones(run, run.events.column("original_end_time_zone"), run.events.column("end.time_zone"))


def _zones(run: GraphRun, originals: Sequence[str | None], shown: Sequence[str | None]) -> Written:
    """The zones that are meant by the original names and those shown; whole days have the start's alone."""
    if _are_one(originals) and _are_one(shown) and not any(run.are_days):
        return Written((f'"{zone_of(originals[0], shown[0])}"',))
    names = [
        (it.original_start_time_zone, None) if it.is_all_day else pair
        for it, pair in zip(run.events, zip(originals, shown, strict=True), strict=True)
    ]
    meant = {pair: f'"{zone_of(*pair)}"' for pair in set(names)}
    return Written(([meant[pair] for pair in names],))


def _are_one(texts: Sequence[str | None]) -> bool:
    """Whether there is one text only, however often."""
    return bool(texts) and texts.count(texts[0]) == len(texts)


def _whole_days(run: GraphRun) -> Written:
    days = run.are_days
    return Written((["true" if it else "false" for it in days] if any(days) else "false",))


def _days(times: _Time, run: GraphRun) -> list[date | None]:
    return [day_of(times(it)) if it.is_all_day else None for it in run.events]


def _read(read: Callable[[GraphEvent], Any], run: GraphRun) -> list[Any]:
    return list(map(read, run.events))


def _words(run: GraphRun) -> list[ShowAs | None]:
    words = run.events.column("show_as")
    meant = {word: known(ShowAs, word) for word in set(words)}
    return [*meant.values()] * len(words) if len(meant) == 1 else [meant[word] for word in words]


def _titles(run: GraphRun) -> Written:
    return all_quoted([it or "" for it in run.events.column("subject")])


def _texts(name: str, run: GraphRun) -> Written:
    return all_quoted(run.events.column(name))


def _keys(run: GraphRun) -> list[str | None]:
    return [event.key for event in run]


_TEXTS: Final = {"web_url": "web_link", "revision": "etag"} | {
    f"{_MSGRAPH}.{it.name}": it.name
    for it in msgspec.structs.fields(GraphEvent)
    if it.type == str | None and it.name in PROPERTIES.keys() - READ.keys()
}
"""Texts that are shown as Graph has them, by Graph's name for them."""
_COLUMNS: Final[Mapping[str, Callable[[GraphRun], Sequence[Any]]]] = {
    **{name: partial(_read, read) for name, read in ATTRIBUTES.items()},
    **{f"{_MSGRAPH}.{name}": partial(_read, read) for name, read in PROPERTIES.items()},
    **{path: partial(_texts, name) for path, name in _TEXTS.items()},
    "id": _ids,
    "order": _order,
    "title": _titles,
    "series_id": lambda run: list(map(run.reader.series_id, run.events)),
    "source": lambda run: [run.reader.source] * len(run),
    "calendar_id": lambda run: Written((f'"{run.reader.calendar}"',)),
    "start.instant": lambda run: Written(('"', run.starts, 'Z"')),
    "end.instant": lambda run: Written(('"', run.ends, 'Z"')),
    "start.zone": _start_zones,
    "end.zone": _end_zones,
    "start.day": partial(_days, lambda event: event.start),
    "end.day": partial(_days, lambda event: event.end),
    "is_all_day": _whole_days,
    "show_as": _words,
    "key": _keys,
    _MSGRAPH: lambda run: [True] * len(run),
    f"{_MSGRAPH}.event_id": lambda run: run.events.column("id"),
}
"""What is read of an attribute is what its event has: a column differs where it can be had at once."""
_FOREIGN: Final = {SourceKind.ELASTICSEARCH.value} | {
    path for path in DETAILS if path.startswith(SourceKind.ELASTICSEARCH.value)
}
