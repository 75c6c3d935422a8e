"""Taking back what a call wrote, where the call as a whole did not succeed: never by mail, never by guess."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from typing import Final

import msgspec
import structlog

from gateway.adapters.base import EventChange, EventRemoval
from gateway.adapters.outcome import Outcome, WriteStatus
from gateway.errors import Conflict, GatewayError, InvalidId, NotAll, NotFound, Problem, Refused
from gateway.model.event import Draft, Event, draft_of
from gateway.model.ids import CalendarId, EventId, ResourceId
from gateway.model.time import Window
from gateway.service.catalog import ConfiguredSource
from gateway.service.edits import check_untouched, touched
from gateway.service.report import interrupted
from gateway.service.session import Session

_AT_ONCE: Final = 4
_PAGE: Final = 50
_AS_BEFORE: Final = "It was written and taken back, since another row failed: it is as before the call."
_MAY_COME: Final = "Look again before you repeat the call."
_MAY_GO: Final = (
    "It may still be removed, even when the call was repeated and has found it. Remove it by its id first:"
    " once that has succeeded, nothing that comes late can remove what the repeated call writes."
)
SHARED: Final = NotAll(
    "Another call may have written it, or count on it: nobody can tell, and so it stays.",
    hint="Repeating the call is safe where the event has a key. If nobody wants it, put it right by its id.",
).problem
_log = structlog.get_logger(__name__)


class Undo:
    """Takes back the writes of one call to one source, one at a time. It raises nothing."""

    def __init__(self, session: Session, source: ConfiguredSource) -> None:
        self._session = session
        self._source = source

    async def creation(self, done: Outcome, draft: Draft, calendar: CalendarId) -> Outcome | None:
        """What became of an event that was added, if there is anything to take back."""
        if done.status in {WriteStatus.UNCHANGED, WriteStatus.CONFLICT}:
            return None
        if done.status is WriteStatus.FAILED and not done.ids:
            return None
        return await self.guarded(done, lambda: self._creation(done, draft, calendar))

    async def change(self, done: Outcome, action: EventChange) -> Outcome | None:
        """What became of an event that was changed, if there is anything to take back."""
        is_half_done = done.status is WriteStatus.CONFLICT and done.previous_id is not None
        if done.status not in {WriteStatus.UPDATED, WriteStatus.UNKNOWN} and not is_half_done:
            return None
        return await self.guarded(done, lambda: self._change(done, action))

    async def guarded(self, done: Outcome, undo: Callable[[], Awaitable[Outcome]]) -> Outcome:
        """What `undo` makes of it. What it raises is why it stays."""
        try:
            undone = await undo()
        except GatewayError as exc:
            undone = stays(done, exc.problem)
        except Exception:  # noqa: BLE001 - a fault of ours must not cost the other rows their undoing
            _log.exception("undo.crashed", source=self._source.name, event_ids=done.ids)
            undone = stays(done, interrupted(0).problem)
        requests = (*done.requests, *undone.requests)
        return msgspec.structs.replace(undone, index=done.index, requests=requests)

    async def _creation(self, done: Outcome, draft: Draft, calendar: CalendarId) -> Outcome:
        gate = asyncio.Semaphore(_AT_ONCE)

        async def remove(id_: str) -> Outcome:
            async with gate:
                return await self._remove(id_, done.event)

        removed = await asyncio.gather(*map(remove, done.ids))
        left = [outcome for outcome in removed if not is_back(outcome)]
        requests = tuple(index for outcome in removed for index in outcome.requests)
        if left:
            ids = tuple(id_ for id_, it in zip(done.ids, removed, strict=True) if it in left)
            undone = stays(done.about(left[0].event, ids), left[0].problem)
        elif done.status is WriteStatus.UNKNOWN:
            undone = unsure(done, await self._told(draft, calendar))
        elif done.status is WriteStatus.FAILED:
            undone = done.about(None, ())
        else:
            undone = rolled_back(done, None)
        return msgspec.structs.replace(undone, requests=requests)

    async def _change(self, done: Outcome, action: EventChange) -> Outcome:
        if done.is_shared:
            return stays(done, SHARED)
        present = await self._find(done.event.id if done.event else action.event.id)
        if done.status is not WriteStatus.UPDATED:
            if done.previous_id is not None and await self._find(done.previous_id) is not None:
                is_certain = done.status is WriteStatus.CONFLICT
                return await self._remove_copy(done, action) if is_certain else stays(done, done.problem)
            if present is None or not touched(draft_of(action.event), present, action.changed):
                return unsure(done, "It is as before the call" if present else "It is not there")
        if present is None:
            raise NotFound("It is not there any more, neither as it was nor as it was changed.")
        return await self._restore(done, action, present)

    async def _remove_copy(self, done: Outcome, action: EventChange) -> Outcome:
        """Where a change was to replace an event, and that stayed beside its replacement."""
        assert done.event is not None  # noqa: S101 - what has a previous id has an event
        removed = await self._remove(done.event.id, done.event)
        undone = rolled_back(done, action.event) if is_back(removed) else stays(done, removed.problem)
        return msgspec.structs.replace(undone, requests=removed.requests)

    async def _restore(self, done: Outcome, action: EventChange, present: Event) -> Outcome:
        """Changes it back, unless somebody else has meanwhile edited what the call changed."""
        is_ours = done.status is WriteStatus.UPDATED or done.previous_id is not None
        made = draft_of(done.event) if done.event and is_ours else action.draft
        try:
            check_untouched(made, present, action.changed)
        except Conflict as exc:
            return stays(done.about(present, done.event_ids), exc.problem, is_edited=True)
        was = action.event
        back = EventChange(event=present, draft=draft_of(was), changed=action.changed, restored=was)
        restored = await self.apply(back)
        undone = stays(done, restored.problem)
        if is_back(restored):
            undone = rolled_back(done, restored.event, was=action.event)
        return msgspec.structs.replace(undone, requests=restored.requests)

    async def _remove(self, id_: str, known: Event | None) -> Outcome:
        """Removes one event, which the outcome has; one that is gone is as good as removed."""
        event = known if known is not None and known.id == id_ else await self._find(id_)
        if event is None:
            return Outcome(index=0, status=WriteStatus.DELETED)
        return (await self.apply(EventRemoval(event=event))).about(event, ())

    async def apply(self, action: EventChange | EventRemoval) -> Outcome:
        """Changes or removes an event, unless that sends mail, which would be nothing but noise.

        Where a removal may yet come, the hint says how to repeat the call all the same.
        """
        adapter = self._session.adapter(self._source)
        try:
            step = await adapter.plan_event(action)
            if any(effect.is_mail for effect in step.effects):
                raise Refused("To take it back would send mail.", hint="Decide by yourself what to do.")
        except GatewayError as exc:
            return Outcome(index=0, status=WriteStatus.FAILED, problem=exc.problem)
        outcome = await adapter.apply_event(step)
        return _going(outcome) if isinstance(action, EventRemoval) else outcome

    async def _find(self, id_: str) -> Event | None:
        try:
            return await self._session.adapter(self._source).find(self._event_id(id_))
        except NotFound:
            return None

    def _event_id(self, id_: str) -> EventId:
        event_id = self._source.source.event_id(ResourceId.parse(id_))
        if event_id is None:
            raise InvalidId(f"{id_} is not the id of an event.")
        return event_id

    async def _told(self, draft: Draft, calendar: CalendarId) -> str:
        """What a look at the calendar tells of an event without a name of its own."""
        window = Window(start=draft.start.instant, end=draft.end.instant)
        runs = self._session.adapter(self._source).events(calendar, window, page=_PAGE)
        alike = [event.id async for run in runs for event in run if _is_alike(event, draft)]
        if not alike:
            return "It is not in the calendar"
        return f"{_listed(alike)} may be it, or an older one that is alike"


def is_back(outcome: Outcome) -> bool:
    """Whether a change or removal that takes something back was made."""
    return outcome.status in {WriteStatus.DELETED, WriteStatus.UPDATED, WriteStatus.UNCHANGED}


def stranded(outcomes: Iterable[Outcome], why: Problem) -> list[Outcome]:
    """The outcomes of what was written, or may have been, where it was not taken back."""
    done = {WriteStatus.CREATED, WriteStatus.UPDATED, WriteStatus.UNKNOWN}
    return [stays(outcome, why) for outcome in outcomes if outcome.status in done or outcome.is_partial]


def _is_alike(event: Event, draft: Draft) -> bool:
    return (event.title, event.start.instant, event.end.instant) == (
        draft.title,
        draft.start.instant,
        draft.end.instant,
    )


def rolled_back(done: Outcome, event: Event | None, *, was: Event | None = None) -> Outcome:
    """The outcome where all is as before; `event` is what is there now, and `was` what it was called."""
    previous = was.id if was is not None and event is not None and event.id != was.id else None
    return Outcome(
        index=done.index,
        status=WriteStatus.ROLLED_BACK,
        event=event,
        previous_id=previous,
        stored=event is not None,
        problem=NotAll(_AS_BEFORE).problem,
    )


def stays(done: Outcome, why: Problem | None, *, is_edited: bool = False) -> Outcome:
    """The outcome where something of the write stays, as it seems, with the reason.

    `is_edited`: by somebody else, so that it is not just as the call made it.
    """
    cause = why or NotAll("It could not be taken back.").problem
    as_made = "" if is_edited else " as the call made it"
    there = f"{_listed(done.ids)} is there{as_made}" if done.ids else "It may be there"
    problem = replace(
        cause,
        message=f"{there}, though another row failed: {cause.message}",
        hint=cause.hint or "Put it right by hand.",
        retryable=False,
        path=(),
    )
    return msgspec.structs.replace(done, status=WriteStatus.ROLLBACK_FAILED, problem=problem)


def unsure(done: Outcome, told: str) -> Outcome:
    """The outcome where nobody knows, with what a look told."""
    before = done.problem or NotAll("Whether it was written is not known.").problem
    problem = replace(before, message=f"{told}, when looked at afterwards: {before.message}", hint=_MAY_COME)
    return Outcome(index=done.index, status=WriteStatus.UNKNOWN, problem=problem)


def _going(removal: Outcome) -> Outcome:
    """What became of a removal, with the hint for where it may yet come."""
    if removal.status is not WriteStatus.UNKNOWN or removal.problem is None:
        return removal
    return msgspec.structs.replace(removal, problem=replace(removal.problem, hint=_MAY_GO))


def _listed(ids: Sequence[str]) -> str:
    return " and ".join(_first(ids))


def _first(ids: Sequence[str], most: int = 3) -> Iterable[str]:
    yield from ids[:most]
    if len(ids) > most:
        yield f"{len(ids) - most} more"
