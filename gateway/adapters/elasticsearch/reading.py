"""Reading a calendar's events in a window, in order."""

from bisect import bisect_left
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby, pairwise
from operator import lt
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
        run = self._in_order(StoredRun(self._reader, await anext(self._walk)))
        known = _known(run)
        self._unknown = run.stored[known : known + 1]
        return self._overlapping(run, known)

    async def aclose(self) -> None:
        """Nothing is open between two runs."""

    def _in_order(self, run: StoredRun) -> StoredRun:
        """The same, those of one start by their id, each once. Raises UnexpectedAnswer."""
        if all(map(lt, run.starts, run.starts[1:])):
            return run
        for before, event in pairwise(run.stored):
            if event.start_time < before.start_time:
                raise UnexpectedAnswer(
                    f"{self._reader.source} sent its events out of order: {event.event_id} came too late."
                )
        events = groupby(sorted(run.stored, key=_order), key=_order)
        return StoredRun(self._reader, [next(same) for _, same in events])

    def _overlapping(self, run: StoredRun, known: int) -> StoredRun:
        """Those of the first that are known which overlap the window."""
        begins, until = (bisect_left(run.starts, time, 0, known) for time in (self._first, self._end))
        if not begins:
            return run if until == len(run) else run.part(slice(until))
        early = [it for it in run.stored[:begins] if it.end_time > self._floor]
        return StoredRun(self._reader, [*early, *run.stored[begins:until]])


def _order(event: StoredEvent) -> tuple[int, str]:
    return event.start_time, encode_segment(event.event_id)


def _known(run: StoredRun) -> int:
    """How many there are, in order, before the first that begins or ends beyond the domain's calendar."""
    times = [*run.starts[:1], *run.starts[-1:], min(run.ends, default=0), max(run.ends, default=0)]
    if min(times) >= _FIRST and max(times) <= _LAST:
        return len(run)
    beyond = (min(times) < _FIRST or max(times) > _LAST for times in zip(run.starts, run.ends, strict=True))
    return [*beyond].index(True)
