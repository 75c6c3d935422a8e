"""Taking back what a call added to one calendar, by keys where the events have them."""

import asyncio
from collections.abc import Collection, Mapping
from typing import Final

from gateway.adapters.base import Outcome, PlannedEvent, Step
from gateway.errors import UpstreamError
from gateway.service.catalog import Target
from gateway.service.key_undo import Held, KeyUndo
from gateway.service.session import Session
from gateway.service.undo import Undo

_AT_ONCE: Final = 4


class CalendarUndo:
    """What is needed to take back what is added to the calendar: above all, what was there before."""

    def __init__(self, session: Session, target: Target) -> None:
        self._session = session
        self._target = target
        self._before: Mapping[str, Held] = {}

    async def remember(self, keys: Collection[str]) -> None:
        """Reads what is there under keys that are about to be written. Raises UpstreamError."""
        if keys:
            self._before = await self._by_keys(keys)

    async def take_back(self, step: Step, outcomes: Mapping[int, Outcome]) -> list[Outcome]:
        """What became of the step's events, of those of which there was anything to take back."""
        keys = {event.draft.key for event in step.events if event.draft.key is not None}
        try:
            now = await self._by_keys(keys) if keys else {}
        except UpstreamError as exc:
            now = dict.fromkeys(keys, exc)
        gate = asyncio.Semaphore(_AT_ONCE)

        async def take_back(event: PlannedEvent) -> Outcome | None:
            async with gate:
                return await self._event(event, outcomes[event.index], step, now)

        undone = await asyncio.gather(*map(take_back, step.events))
        return [outcome for outcome in undone if outcome is not None]

    async def _event(
        self, event: PlannedEvent, done: Outcome, step: Step, now: Mapping[str, Held]
    ) -> Outcome | None:
        undo, key = Undo(self._session, self._target.source), event.draft.key
        if key is None:
            return await undo.creation(done, event.draft, step.calendar)
        return await KeyUndo(undo, before=self._before[key], now=now[key]).run(done)

    async def _by_keys(self, keys: Collection[str]) -> Mapping[str, Held]:
        adapter = self._session.adapter(self._target.source)
        return await adapter.by_keys(self._target.calendar, keys)
