"""Pages of a Graph calendar made into runs: strictly by (start, id), each event once. Pure.

Graph orders whole days by midnight in UTC, and the gateway by midnight in the event's own zone: so the place
of an event is settled only by one that begins a day later.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import compress
from operator import lt
from typing import Final

from gateway.adapters.msgraph.events import EventReader
from gateway.adapters.msgraph.run import GraphRun, Row
from gateway.adapters.msgraph.series_keys import SeriesKeys
from gateway.adapters.msgraph.shown import Shown
from gateway.adapters.msgraph.times import sortable
from gateway.adapters.msgraph.wire import GraphEvent
from gateway.errors import UnexpectedAnswer
from gateway.model.ids import encode_segments
from gateway.model.time import Window

EAST: Final = timedelta(hours=14)
WEST: Final = timedelta(hours=12)
"""How far local midnights lie before and after those of UTC."""
_LAG: Final = EAST + WEST
_NO_COLUMNS: Final = (), (), (), ()


class Reading:
    """The reading of one part of a window: of its events those that no earlier part has."""

    def __init__(self, reader: EventReader, part: Window, window: Window, keys: SeriesKeys | None) -> None:
        self._reader = reader
        self._keys = keys
        self._begin, self._end = sortable(part.start), sortable(part.end)
        self._is_first = part.start == window.start
        self._seen: set[str] = set()
        self._waiting: list[Row] = []
        self._newest = ""

    def runs(self, events: Sequence[GraphEvent], *, is_last: bool) -> Iterator[GraphRun]:
        """What is settled by another page: that before an event that cannot be read. Raises UnexpectedAnswer.

        What is given comes by start, but for the lag of whole days.
        """
        found, unreadable = self._found(events, is_last=is_last)
        self._note(found)
        ordered = self._ordered(found)
        if is_last and unreadable is None:
            yield self._overlapping(ordered)
            return
        count = bisect_left(ordered.starts, _earlier(self._newest))
        self._waiting = [*ordered.part(slice(count, None)).rows]
        yield self._overlapping(ordered.part(slice(count)))
        if unreadable is not None:
            raise unreadable

    def _run(self, rows: Iterable[Row]) -> GraphRun:
        starts, names, ends, events = tuple(zip(*rows, strict=True)) or _NO_COLUMNS
        return GraphRun(self._reader, (starts, names, ends, Shown(events)), self._keys)

    def _found(
        self, events: Sequence[GraphEvent], *, is_last: bool
    ) -> tuple[GraphRun, UnexpectedAnswer | None]:
        """The events that are new, up to one that cannot be read: pages shift while others write."""
        shown = Shown(events)
        ids: Sequence[str] = shown.column("id")
        if self._seen or len({*ids}) < len(ids):
            fresh = {event.id: event for event in events if event.id not in self._seen}
            ids, shown = [*fresh], Shown(fresh.values())
        if not is_last:
            self._seen.update(ids)
        (starts, ends), unreadable = self._reader.spans(shown)
        if unreadable is not None:
            ids, shown = ids[: len(starts)], Shown(shown[: len(starts)])
        return GraphRun(self._reader, (starts, encode_segments(ids), ends, shown), self._keys), unreadable

    def _note(self, found: GraphRun) -> None:
        """Takes note of the latest start. Raises UnexpectedAnswer for an event that comes too late."""
        newest, starts = self._newest, found.starts
        if starts and newest <= starts[0] and starts == sorted(starts):
            self._newest = starts[-1]
            return
        for start, name in zip(starts, found.names, strict=True):
            if start >= newest:
                newest = start
            elif start < _earlier(newest):
                late = self._reader.events + name
                raise UnexpectedAnswer(
                    f"{self._reader.source} sent its events out of order: {late} came too late."
                )
        self._newest = newest

    def _ordered(self, found: GraphRun) -> GraphRun:
        """What is waiting and what was found, by (start, name)."""
        if self._waiting:
            return self._run(sorted([*self._waiting, *found.rows]))
        if all(map(lt, found.starts, found.starts[1:])):
            return found
        orders = [*zip(found.starts, found.names, strict=True)]
        return found.at(sorted(range(len(orders)), key=orders.__getitem__))

    def _overlapping(self, run: GraphRun) -> GraphRun:
        """Those that overlap this part, and no earlier one."""
        begin, end = self._begin, self._end
        if not run or (begin <= run.starts[0] and run.starts[-1] < end):
            return run
        inside = [
            start < end and (start >= begin or (self._is_first and until > begin))
            for start, until in zip(run.starts, run.ends, strict=True)
        ]
        return run if all(inside) else run.at([*compress(range(len(run)), inside)])


@lru_cache(maxsize=64)
def _earlier(start: str) -> str:
    """The earliest start of what may follow an event that begins then."""
    return sortable(datetime.fromisoformat(f"{start}Z") - _LAG) if start else start
