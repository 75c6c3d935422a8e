"""Taking back what a call added to one calendar, by keys where the events have them."""

import asyncio
from collections.abc import Mapping
from typing import Final

from gateway.adapters.base import PlannedEvent, Step
from gateway.adapters.outcome import Outcome
from gateway.errors import GatewayError, NotFound, NotUnderKey, UpstreamError
from gateway.model.event import Event
from gateway.model.ids import EventId
from gateway.service.catalog import Target
from gateway.service.key_undo import Held, KeyUndo
from gateway.service.session import Session
from gateway.service.undo import Undo

_AT_ONCE: Final = 4


class CalendarUndo:
    """Takes back steps of a call. What was there before under the keys is what the plan has found."""

    def __init__(self, session: Session, target: Target) -> None:
        self._session = session
        self._target = target

    async def take_back(self, step: Step, outcomes: Mapping[int, Outcome]) -> list[Outcome]:
        """What became of the step's events, of those of which there was anything to take back."""
        now = await self._now(step, outcomes)
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
        return await KeyUndo(undo, before=event.existing, now=now[key]).run(done)

    async def _now(self, step: Step, outcomes: Mapping[int, Outcome]) -> Mapping[str, Held]:
        """What is under each key of a step now, or why that cannot be told."""
        keyed = {event.draft.key: event for event in step.events if event.draft.key is not None}
        if not keyed:
            return {}
        known = {
            id_: key
            for key, event in keyed.items()
            for id_ in (*outcomes[event.index].ids, *(there.id for there in event.existing))
        }
        adapter = self._session.adapter(self._target.source)
        try:
            found: Mapping[str, Held] = await adapter.by_keys(self._target.calendar, keyed.keys())
            return await self._unseen(found, known)
        except UpstreamError as exc:
            return dict.fromkeys(keyed, exc)

    async def _unseen(self, found: Mapping[str, Held], known: Mapping[str, str]) -> Mapping[str, Held]:
        """With the known events, given with their keys, that are there and no look at the keys shows.

        What ended long ago is not looked up by its key, and what was just written may not be shown yet.
        """
        shown = {event.id for held in found.values() if not isinstance(held, GatewayError) for event in held}
        unseen = [id_ for id_ in known if id_ not in shown]
        events = await self._session.adapter(self._target.source).find_each([*map(EventId.parse, unseen)])
        whole = dict(found)
        for id_, event in zip(unseen, events, strict=True):
            if not isinstance(event, NotFound):
                whole[known[id_]] = _with(whole[known[id_]], event)
        return whole


def _with(held: Held, event: Event | GatewayError) -> Held:
    """The events under a key with another one, if all of that can be told."""
    if isinstance(event, GatewayError):
        return event
    if isinstance(held, GatewayError):
        return (event,) if type(held) is NotUnderKey else held
    return (*held, event)
