"""Writing events with keys to an ML calendar: what it holds under each key is made what it is to be.

What is missing is added and seen before what it supersedes goes: there is never a moment without the mute.
Nothing prevents others from writing the same key at the same time, so all is looked at in the end. Twins go
but for the one with the smallest id, whoever made them, so that all who look agree. What differs is left.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from gateway.adapters.elasticsearch import requests
from gateway.adapters.elasticsearch.api import MLApi
from gateway.adapters.elasticsearch.deletion import delete
from gateway.adapters.elasticsearch.keyed_row import KeyedRow
from gateway.adapters.elasticsearch.lookup import Found, look_up
from gateway.adapters.elasticsearch.plan import KeyedStep, body_of
from gateway.adapters.elasticsearch.posting import Posted, Posting
from gateway.adapters.outcome import Outcome
from gateway.adapters.upstream import UpstreamLog
from gateway.errors import NotFound, UpstreamError

_ROUNDS: Final = 2
"""One is enough where nothing goes wrong; what was lost without a word is written once more."""
_LATE_LOOKS: Final = 3
_DELETED_AT_ONCE: Final = 8


async def write_keyed(
    api: MLApi, step: KeyedStep, *, size: int, log: UpstreamLog, now: Callable[[], datetime]
) -> list[Outcome]:
    """What became of each event of the step. Only what was seen in the end is created or updated."""
    return await _KeyedWrite(api, step, size, log, now()).run()


class _KeyedWrite:
    """One step on its way: look, post, look, delete, look."""

    def __init__(self, api: MLApi, step: KeyedStep, size: int, log: UpstreamLog, now: datetime) -> None:
        self._api = api
        self._step = step
        self._size = size
        self._log = log
        self._rows = [
            KeyedRow(planned, wanted, step, now)
            for planned, wanted in zip(step.events, step.wanted, strict=True)
        ]

    async def run(self) -> list[Outcome]:
        try:
            found = await self._look()
        except UpstreamError as exc:
            for row in self._rows:
                row.fail(exc.problem)
        else:
            for row in self._rows:
                row.begin(found)
            for _ in range(_ROUNDS):
                await self._add()
                await self._wait()
                await self._clear()
        return [row.outcome(tuple(self._log.indexes)) for row in self._rows]

    async def _add(self) -> None:
        """Posts what is missing, and looks what became of it."""
        lacking = [row for row in self._rows if row.lacking]
        if not lacking:
            return
        sent = [row.lacking for row in lacking]
        post = requests.add_events(self._step.calendar, body_of(event for row in sent for event in row))
        posted = await Posting(self._api, self._step.calendar, sent, post, self._log).run()
        for row, said in zip(lacking, posted, strict=True):
            row.said(said)
        if not all(said.refused for said in posted):
            await self._see()

    async def _wait(self) -> None:
        """Looks again, a few times, where no answer came: what is late may still come."""
        for count in range(_LATE_LOOKS):
            if not any(row.is_awaited for row in self._rows) or not await self._api.pause(count):
                return
            await self._see()

    async def _clear(self) -> None:
        """Deletes what is to go where all that is wanted has been seen, and looks what became of it."""
        going = {event_id: row for row in self._rows for event_id in row.going}
        if not going:
            return
        gate = asyncio.Semaphore(_DELETED_AT_ONCE)

        async def clear(event_id: str) -> Posted:
            async with gate:
                return await self._delete(event_id)

        answers = await asyncio.gather(*map(clear, going))
        for (event_id, row), said in zip(going.items(), answers, strict=True):
            row.kept(event_id, said)
        await self._see()

    async def _delete(self, event_id: str) -> Posted:
        """What Elasticsearch says. What is gone already is as good as deleted."""
        request = requests.remove_event(self._step.calendar, event_id)
        try:
            return Posted(doubt=await delete(self._api, request, log=self._log))
        except NotFound:
            return Posted()
        except UpstreamError as exc:
            return Posted(refused=exc.problem)

    async def _see(self) -> None:
        try:
            found = await self._look()
        except UpstreamError as exc:
            for row in self._rows:
                row.lose_sight(exc.problem)
        else:
            for row in self._rows:
                row.see(found)

    async def _look(self) -> Found:
        return await look_up(
            self._api,
            self._step.calendar,
            self._keys(),
            self._step.span,
            size=self._size,
            log=self._log,
        )

    def _keys(self) -> Sequence[str]:
        return [row.key for row in self._rows]
