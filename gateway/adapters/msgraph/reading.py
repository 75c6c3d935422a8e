"""Pages of a Graph calendar made into runs: strictly by (start, id), each event once. Pure.

Graph orders whole days by midnight in UTC, and the gateway by midnight in the event's own zone: so the place
of an event is settled only by one that begins a day later.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

from gateway.adapters.msgraph.events import EventReader
from gateway.adapters.msgraph.run import GraphRun, Row
from gateway.adapters.msgraph.series_keys import SeriesKeys
from gateway.adapters.msgraph.times import sortable
from gateway.adapters.msgraph.wire import GraphEvent
from gateway.errors import UnexpectedAnswer
from gateway.model.ids import encode_segments
from gateway.model.time import Window

EAST: Final = timedelta(hours=14)
WEST: Final = timedelta(hours=12)
"""How far local midnights lie before and after those of UTC."""
_LAG: Final = EAST + WEST


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
        rows, unreadable = self._rows(events, is_last=is_last)
        self._note(rows)
        self._waiting = sorted(self._waiting + rows)
        all_are = is_last and unreadable is None
        count = len(self._waiting) if all_are else bisect_left(self._waiting, (_earlier(self._newest),))
        settled, self._waiting = self._waiting[:count], self._waiting[count:]
        yield GraphRun(self._reader, self._overlapping(settled), self._keys)
        if unreadable is not None:
            raise unreadable

    def _rows(
        self, events: Sequence[GraphEvent], *, is_last: bool
    ) -> tuple[list[Row], UnexpectedAnswer | None]:
        """The events that are new, up to one that cannot be read: pages shift while others write."""
        fresh = {event.id: event for event in events}
        if self._seen:
            fresh = {name: event for name, event in fresh.items() if name not in self._seen}
        if not is_last:
            self._seen.update(fresh)
        shown = [*fresh.values()]
        (starts, ends), unreadable = self._reader.spans(shown)
        return [*zip(starts, encode_segments([*fresh]), ends, shown, strict=False)], unreadable

    def _note(self, rows: Sequence[Row]) -> None:
        """Takes note of the latest start. Raises UnexpectedAnswer for an event that comes too late."""
        newest, starts = self._newest, [row[0] for row in rows]
        if starts and newest <= starts[0] and starts == sorted(starts):
            self._newest = starts[-1]
            return
        for start, name, _, _ in rows:
            if start >= newest:
                newest = start
            elif start < _earlier(newest):
                late = self._reader.events + name
                raise UnexpectedAnswer(
                    f"{self._reader.source} sent its events out of order: {late} came too late."
                )
        self._newest = newest

    def _overlapping(self, rows: list[Row]) -> list[Row]:
        """Those that overlap this part, and no earlier one."""
        begin, end = self._begin, self._end
        if rows and begin <= rows[0][0] and rows[-1][0] < end:
            return rows
        if self._is_first:
            return [row for row in rows if row[0] < end and (row[2] > begin or row[0] >= begin)]
        return [row for row in rows if begin <= row[0] < end]


@lru_cache(maxsize=64)
def _earlier(start: str) -> str:
    """The earliest start of what may follow an event that begins then."""
    return sortable(datetime.fromisoformat(f"{start}Z") - _LAG) if start else start
