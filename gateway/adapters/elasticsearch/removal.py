"""Removing one event of an ML calendar: one that is gone already is as good as removed."""

from dataclasses import replace
from typing import Final

from gateway.adapters.elasticsearch.deletion import delete
from gateway.adapters.elasticsearch.event_write import EventWrite
from gateway.adapters.elasticsearch.faults import Doubt
from gateway.adapters.elasticsearch.requests import Span
from gateway.adapters.elasticsearch.wire import StoredEvent
from gateway.adapters.outcome import Outcome, WriteStatus
from gateway.errors import NotFound, UpstreamError

_REPEAT: Final = "It may still be removed. Repeat the call: removing what is gone does no harm."


async def remove(write: EventWrite) -> Outcome:
    """What became of the event: it is DELETED where Elasticsearch says so or a look does not find it."""
    return await _Removal(write).run()


class _Removal:
    """One removal on its way: read where a revision must hold, delete, read where the answer leaves doubt."""

    def __init__(self, write: EventWrite) -> None:
        self._write = write
        *self._looks, self._request = write.requests

    async def run(self) -> Outcome:
        try:
            return (await self._settle_before() if self._looks else None) or await self._remove()
        except UpstreamError as exc:
            return self._write.failed(exc.problem)

    async def _settle_before(self) -> Outcome | None:
        """What a look settles before anything is written."""
        present = await self._look()
        if present is None:
            return self._write.outcome(WriteStatus.DELETED)
        return self._write.check_revision(present)

    async def _remove(self) -> Outcome:
        """Raises UpstreamError where nothing was removed. A 404 may mean the event or its calendar."""
        try:
            doubt = await delete(self._write.api, self._request, log=self._write.log)
        except NotFound:
            if await self._look() is not None:
                raise
            doubt = None
        return self._write.outcome(WriteStatus.DELETED) if doubt is None else await self._settle(doubt)

    async def _settle(self, doubt: Doubt) -> Outcome:
        """What a look says where no answer did."""
        is_over = doubt.is_over
        try:
            if await self._look() is None:
                return self._write.outcome(WriteStatus.DELETED)
        except UpstreamError:
            is_over = False
        if is_over:
            return self._write.failed(doubt.problem)
        return self._write.outcome(WriteStatus.UNKNOWN, problem=replace(doubt.problem, hint=_REPEAT))

    async def _look(self) -> StoredEvent | None:
        """The event, or None where it is gone. Raises UpstreamError, NotFound for the calendar."""
        place = self._write.place
        return (await self._write.look(Span(place.start, place.start + 1))).get(place.id)
