"""Reading a calendar's events in a window, in order."""

from bisect import bisect_left
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby, pairwise, takewhile
from operator import attrgetter, lt
from typing import Final, Self

from gateway.adapters.elasticsearch.run import StoredRun
from gateway.adapters.elasticsearch.walk import Walk
from gateway.adapters.elasticsearch.wire import EventReader, StoredEvent
from gateway.errors import UnexpectedAnswer
from gateway.model.ids import encode_segment
from gateway.model.time import Window, to_millis

_FIRST: Final = to_millis(datetime.min.replace(tzinfo=UTC))
_LAST: Final = to_millis(datetime.max.replace(tzinfo=UTC))
_ALMOST: Final = timedelta(microseconds=999)
_START: Final = attrgetter("start_time")


class Reading:
    """The events of one calendar in a window, in runs strictly by (start, id), read as they are drawn."""

    def __init__(self, walk: Walk, reader: EventReader, window: Window) -> None:
        self._walk = walk
        self._reader = reader
        # Events begin and end at whole milliseconds, windows at any time between these.
        self._floor = to_millis(window.start)
        self._first, self._end = to_millis(window.start + _ALMOST), to_millis(window.end + _ALMOST)
        self._unknown: Sequence[StoredEvent] = ()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> StoredRun:
        """A run of those before one that the domain cannot hold. Raises UnexpectedAnswer for that one."""
        for event in self._unknown:
            self._reader.read(event)
        events = self._in_order(await anext(self._walk))
        known = _known(events)
        self._unknown = events[len(known) : len(known) + 1]
        return StoredRun(self._reader, self._overlapping(known))

    async def aclose(self) -> None:
        """Nothing is open between two runs."""

    def _in_order(self, stored: Sequence[StoredEvent]) -> Sequence[StoredEvent]:
        """The same, those of one start by their id, each once. Raises UnexpectedAnswer."""
        starts = [it.start_time for it in stored]
        if all(map(lt, starts, starts[1:])):
            return stored
        for before, event in pairwise(stored):
            if event.start_time < before.start_time:
                raise UnexpectedAnswer(
                    f"{self._reader.source} sent its events out of order: {event.event_id} came too late."
                )
        return [next(same) for _, same in groupby(sorted(stored, key=_order), key=_order)]

    def _overlapping(self, events: Sequence[StoredEvent]) -> Sequence[StoredEvent]:
        """Those that overlap the window."""
        early = bisect_left(events, self._first, key=_START)
        known = events[early : bisect_left(events, self._end, key=_START)]
        return [*(it for it in events[:early] if it.end_time > self._floor), *known] if early else known


def _order(event: StoredEvent) -> tuple[int, str]:
    return event.start_time, encode_segment(event.event_id)


def _known(events: Sequence[StoredEvent]) -> Sequence[StoredEvent]:
    """Those, in order, before the first that begins or ends beyond the domain's calendar."""
    if not events:
        return events
    ends = [it.end_time for it in events]
    times = events[0].start_time, events[-1].start_time, min(ends), max(ends)
    if min(times) >= _FIRST and max(times) <= _LAST:
        return events
    known = takewhile(lambda it: min(it.start_time, it.end_time) >= _FIRST, events)
    return [*takewhile(lambda it: max(it.start_time, it.end_time) <= _LAST, known)]
