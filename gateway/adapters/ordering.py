"""A nearly ordered stream of events made strictly ordered by (start, id), in memory of the disorder only."""

from bisect import bisect_left
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter, lt
from typing import Final

from gateway.errors import UnexpectedAnswer
from gateway.model.event import Event

_START: Final = attrgetter("start.instant")
_ORDER: Final = attrgetter("start.instant", "id")


async def in_order(
    runs: AsyncGenerator[Sequence[Event]], *, lag: timedelta
) -> AsyncGenerator[Sequence[Event]]:
    """The same events, strictly by (start, id), none twice, in runs of those whose place is settled.

    `lag` is how much earlier an event may start than one that came before it; with none, only equal starts
    come in any order. Raises UnexpectedAnswer for one that lags further, since its place has gone by.
    """
    waiting: list[Event] = []
    newest: datetime | None = None
    async with aclosing(runs):
        async for run in runs:
            if not run:
                continue
            newest = _newest(run, newest, lag)
            waiting = _merged(waiting, run)
            settled = bisect_left(waiting, newest - lag, key=_START)
            if settled:
                yield waiting[:settled]
                waiting = waiting[settled:]
    if waiting:
        yield waiting


def _newest(run: Sequence[Event], newest: datetime | None, lag: timedelta) -> datetime:
    """The latest start up to the end of a run. Raises UnexpectedAnswer."""
    newest = newest or run[0].start.instant
    for event in run:
        start = event.start.instant
        if start > newest:
            newest = start
        elif newest - start > lag:
            raise UnexpectedAnswer(f"{event.source} sent its events out of order: {event.id} came too late.")
    return newest


def _merged(waiting: list[Event], run: Sequence[Event]) -> list[Event]:
    """Both in order, of equal ones the first."""
    merged = [*waiting, *run]
    starts = list(map(_START, merged))
    if all(map(lt, starts, starts[1:])):
        return merged
    merged.sort(key=_ORDER)
    return [next(same) for _, same in groupby(merged, key=_ORDER)]
