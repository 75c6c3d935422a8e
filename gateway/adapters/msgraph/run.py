"""Events of a Graph calendar as they were read: one is made when it is asked for, or a column of them all."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from operator import attrgetter
from typing import Any, Final, TypeAlias

import msgspec

from gateway.adapters.msgraph.details import PROPERTIES, READ
from gateway.adapters.msgraph.events import ATTRIBUTES, EventReader
from gateway.adapters.msgraph.series_keys import SeriesKeys
from gateway.adapters.msgraph.times import day_of, zone_of
from gateway.adapters.msgraph.wire import DateTimeTimeZone, GraphEvent
from gateway.adapters.msgraph.words import known
from gateway.model.event import Event, ShowAs, SourceKind
from gateway.model.fields import DETAILS
from gateway.model.run import Run, Written, all_quoted, quoted

Row: TypeAlias = tuple[str, str, str, GraphEvent]
"""An event's start, its name in ids, its end, and itself: rows have the order of their events."""
_MSGRAPH: Final = SourceKind.MSGRAPH.value
_Time: TypeAlias = Callable[[GraphEvent], DateTimeTimeZone]


class GraphRun(Run):
    """A run of one calendar's events, all at times that can be read. `keys` knows the keys of occurrences."""

    def __init__(self, reader: EventReader, rows: Sequence[Row], keys: SeriesKeys | None = None) -> None:
        self.reader: Final = reader
        self.rows: Final = rows
        self.keys: Final = keys
        self.events: Final = [event for _, _, _, event in rows]

    def __len__(self) -> int:
        return len(self.rows)

    def event(self, place: int) -> Event:
        event = self.events[place]
        shown = self.reader.read(event)
        return shown if self.keys is None else self.keys.on(shown, event)

    def part(self, places: slice) -> "GraphRun":
        return GraphRun(self.reader, self.rows[places], self.keys)

    def column(self, path: str) -> Sequence[Any]:
        if path in _COLUMNS:
            return _COLUMNS[path](self)
        return [None] * len(self.rows) if path in _FOREIGN else super().column(path)


def _ids(run: GraphRun) -> Written:
    return Written((f'"{run.reader.events}', [name for _, name, _, _ in run.rows], '"'))


def _order(run: GraphRun) -> list[tuple[datetime, str]]:
    return [(datetime.fromisoformat(f"{at}Z"), run.reader.events + name) for at, name, _, _ in run.rows]


def _zones(original: Callable[[GraphEvent], str | None], time: _Time, run: GraphRun) -> Written:
    """The zones that are meant by the original names and those shown; whole days have the start's alone."""
    events = run.events
    originals, shown = {*map(original, events)}, {time(it).time_zone for it in events}
    if len(originals) == len(shown) == 1 and True not in [it.is_all_day for it in events]:
        return Written((f'"{zone_of(*originals, *shown)}"',))
    names = [
        (it.original_start_time_zone, None) if it.is_all_day else (original(it), time(it).time_zone)
        for it in events
    ]
    meant = {pair: f'"{zone_of(*pair)}"' for pair in set(names)}
    return Written(([meant[pair] for pair in names],))


def _days(times: _Time, run: GraphRun) -> list[date | None]:
    return [day_of(times(it)) if it.is_all_day else None for it in run.events]


def _read(read: Callable[[GraphEvent], Any], run: GraphRun) -> list[Any]:
    return list(map(read, run.events))


def _words(run: GraphRun) -> list[ShowAs | None]:
    words = [it.show_as for it in run.events]
    meant = {word: known(ShowAs, word) for word in set(words)}
    return [meant[word] for word in words]


def _titles(run: GraphRun) -> Written:
    return all_quoted([it.subject or "" for it in run.events])


def _texts(name: str, run: GraphRun) -> Written:
    texts = [*map(attrgetter(name), run.events)]
    if None in texts:
        return Written((["null" if text is None else quoted(text) for text in texts],))
    return all_quoted(texts)


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
    "start.instant": lambda run: Written(('"', [start for start, _, _, _ in run.rows], 'Z"')),
    "end.instant": lambda run: Written(('"', [end for _, _, end, _ in run.rows], 'Z"')),
    "start.zone": partial(_zones, attrgetter("original_start_time_zone"), attrgetter("start")),
    "end.zone": partial(_zones, attrgetter("original_end_time_zone"), attrgetter("end")),
    "start.day": partial(_days, lambda event: event.start),
    "end.day": partial(_days, lambda event: event.end),
    "is_all_day": lambda run: [it.is_all_day is True for it in run.events],
    "show_as": _words,
    "key": _keys,
    _MSGRAPH: lambda run: [True] * len(run),
    f"{_MSGRAPH}.event_id": lambda run: [it.id for it in run.events],
}
"""What is read of an attribute is what its event has: a column differs where it can be had at once."""
_FOREIGN: Final = {SourceKind.ELASTICSEARCH.value} | {
    path for path in DETAILS if path.startswith(SourceKind.ELASTICSEARCH.value)
}
