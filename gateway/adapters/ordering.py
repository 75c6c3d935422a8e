"""A nearly ordered stream of events made strictly ordered by (start, id), in memory of the disorder only."""

import heapq
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import datetime, timedelta

from gateway.errors import UnexpectedAnswer
from gateway.model.event import Event


async def in_order(events: AsyncGenerator[Event], *, lag: timedelta) -> AsyncGenerator[Event]:
    """The same events, strictly by (start, id), none twice.

    `lag` is how much earlier an event may start than one that came before it; with none, only equal starts
    come in any order. Raises UnexpectedAnswer for one that lags further, since its place has gone by.
    """
    heap: list[tuple[tuple[datetime, str], int, Event]] = []
    newest: datetime | None = None
    async with aclosing(events):
        count = 0
        async for event in events:
            start = event.start.instant
            if newest is not None and newest - start > lag:
                raise UnexpectedAnswer(
                    f"{event.source} sent its events out of order: {event.id} came too late."
                )
            newest = start if newest is None else max(newest, start)
            heapq.heappush(heap, (event.order, count, event))
            count += 1
            for settled in _drain(heap, newest - lag):
                yield settled
    for rest in _drain(heap, None):
        yield rest


def _drain(heap: list[tuple[tuple[datetime, str], int, Event]], until: datetime | None) -> list[Event]:
    """The events that start before `until`, in order, taken off the heap; all of them if it is None."""
    drained: list[Event] = []
    while heap and (until is None or heap[0][0][0] < until):
        order, _, event = heapq.heappop(heap)
        if not drained or drained[-1].order != order:
            drained.append(event)
    return drained
