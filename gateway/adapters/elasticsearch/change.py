"""Changing one event of an ML calendar: Elasticsearch cannot, so another takes its place.

The new event is added and seen before the old one goes: there is never a moment without the mute.
"""

from dataclasses import replace
from typing import Final

import msgspec

from gateway.adapters.base import EventChange
from gateway.adapters.elasticsearch.deletion import delete
from gateway.adapters.elasticsearch.event_write import EventWrite
from gateway.adapters.elasticsearch.faults import Doubt
from gateway.adapters.elasticsearch.plan import sent_in_change, span_of_change
from gateway.adapters.elasticsearch.verify import identity, match
from gateway.adapters.elasticsearch.wire import StoredEvent
from gateway.adapters.outcome import Outcome, WriteStatus
from gateway.errors import AmbiguousKey, NotFound, NotStored, Problem, UnexpectedAnswer, UpstreamError

_LOOK_FIRST: Final = (
    "The old event is left as it was. The new one may be there, or still be written: look at the calendar "
    "before you repeat the call."
)
_LOOK_AT_KEY: Final = (
    "Look whether another event bears the key now: somebody else removed the old one, or changed it."
)
_STILL_SHOWN: Final = UnexpectedAnswer("Elasticsearch says that it is removed, and shows it.").problem


async def change(write: EventWrite, wanted: EventChange) -> Outcome:
    """What became of the event: it is UPDATED where the new one was seen, and the old one seen to be gone."""
    return await _Change(write, wanted).run()


class _Change:
    """One change on its way: read, post, read, delete, read; or read only, where nothing would differ."""

    def __init__(self, write: EventWrite, wanted: EventChange) -> None:
        self._write = write
        self._sent = sent_in_change(write.step, wanted)
        self._span = span_of_change(write.place, self._sent)
        self._has_removed = False
        self._is_shared = False

    async def run(self) -> Outcome:
        try:
            before = await self._look()
            settled = self._settle(before)
            if settled is not None:
                return settled
            doubt = await self._write.api.write(self._write.requests[1], log=self._write.log)
        except UpstreamError as exc:
            return self._write.failed(exc.problem)
        return await self._see(before, doubt)

    def _settle(self, before: dict[str, StoredEvent]) -> Outcome | None:
        """What a look settles before anything is written. Raises NotFound."""
        present = before.get(self._write.place.id)
        if present is None:
            raise NotFound(
                f"There is no event {self._write.old_id} any more.",
                hint="It was removed, or changed and so replaced by another. Nothing was written.",
            )
        conflict = self._write.check_revision(present)
        if conflict is not None or len(self._write.requests) > 1:
            return conflict
        return self._write.outcome(WriteStatus.UNCHANGED, event=self._write.event(present), stored=True)

    async def _see(self, before: dict[str, StoredEvent], doubt: Doubt | None) -> Outcome:
        """Goes on only with a new event that was seen."""
        try:
            after = await self._look()
        except UpstreamError as exc:
            return self._unseen(doubt.problem if doubt else exc.problem)
        (new,) = match([self._sent], before, after.values())
        if new is not None:
            return await self._retire(new)
        if doubt is not None:
            return self._write.failed(doubt.problem) if doubt.is_over else self._unseen(doubt.problem)
        lost = NotStored(
            "Elasticsearch said yes, and the new event is not in the calendar.",
            hint="It was lost on its way, and the old one is left as it was: repeat the change.",
        )
        return self._write.outcome(WriteStatus.FAILED, problem=lost.problem)

    def _unseen(self, why: Problem) -> Outcome:
        problem = replace(why, hint=_LOOK_FIRST, retryable=False)
        return self._write.outcome(WriteStatus.UNKNOWN, problem=problem)

    async def _retire(self, new: StoredEvent) -> Outcome:
        """Removes the old event, and sees what is there then."""
        status, why = await self._delete()
        try:
            after = await self._look()
        except UpstreamError as exc:
            return self._half_done(new, WriteStatus.UNKNOWN, exc.problem)
        there = new if new.event_id in after else await self._twin(new)
        if there is None:
            return self._write.outcome(WriteStatus.UNKNOWN, problem=self._vanished(new))
        self._is_shared = there is not new
        if self._write.place.id in after:
            return self._half_done(there, status, why)
        is_alone = self._has_removed and not self._is_shared
        return self._replaced(there, WriteStatus.UPDATED) if is_alone else await self._beside(there)

    async def _twin(self, new: StoredEvent) -> StoredEvent | None:
        """What stayed in the place of the new event, which is gone; None where nobody can tell."""
        try:
            rivals = await self._write.rivals(new)
        except UpstreamError:
            return None
        return next((rival for rival in rivals if identity(rival) == identity(new)), None)

    async def _beside(self, new: StoredEvent) -> Outcome:
        """The outcome where perhaps somebody else removed the old event, to put another in its place."""
        try:
            rivals = await self._write.rivals(new)
        except UpstreamError as exc:
            return self._replaced(new, WriteStatus.UNKNOWN, replace(exc.problem, hint=_LOOK_AT_KEY))
        if not rivals:
            return self._replaced(new, WriteStatus.UPDATED)
        first, *others = await self._write.without_twins((new, *rivals))
        if not others:
            self._is_shared = True
            return self._replaced(first, WriteStatus.UPDATED)
        ids = tuple(self._write.event(event).id for event in (first, *others))
        error = AmbiguousKey(
            f"Somebody else changed the event at the same time; now these bear its key: {', '.join(ids)}.",
            hint="Remove those that are not meant, by their ids.",
        )
        conflict = self._replaced(new, WriteStatus.CONFLICT, error.problem)
        return msgspec.structs.replace(conflict, event_ids=ids)

    async def _delete(self) -> tuple[WriteStatus, Problem]:
        """What to say, and why, if the old event is still there: that it stays, or that it may yet go."""
        *_, request, _ = self._write.requests
        try:
            doubt = await delete(self._write.api, request, log=self._write.log)
        except UpstreamError as exc:
            return WriteStatus.CONFLICT, exc.problem
        if doubt is None:
            self._has_removed = True
            return WriteStatus.CONFLICT, _STILL_SHOWN
        return (WriteStatus.CONFLICT if doubt.is_over else WriteStatus.UNKNOWN), doubt.problem

    def _half_done(self, new: StoredEvent, status: WriteStatus, why: Problem) -> Outcome:
        """The outcome where the new event is there, and the old one is or may be."""
        there, old = self._write.event(new).id, self._write.old_id
        verb = "is" if status is WriteStatus.CONFLICT else "may be"
        problem = replace(
            why,
            message=f"{there} is there, and the old {old} {verb} there too: {why.message}",
            hint=f"Remove {old} to finish the change: that does no harm if it is gone by then.",
            retryable=False,
        )
        return self._replaced(new, status, problem)

    def _replaced(self, new: StoredEvent, status: WriteStatus, problem: Problem | None = None) -> Outcome:
        outcome = self._write.outcome(
            status,
            event=self._write.event(new),
            previous_id=self._write.old_id,
            stored=True,
            problem=problem,
        )
        return msgspec.structs.replace(outcome, is_shared=self._is_shared)

    def _vanished(self, new: StoredEvent) -> Problem:
        error = NotStored(
            f"{self._write.event(new).id} was there, and was so no more when {self._write.old_id} was to go.",
            hint="Did someone else remove or change it just then? Look at the calendar.",
        )
        return replace(error.problem, retryable=False)

    async def _look(self) -> dict[str, StoredEvent]:
        return await self._write.look(self._span, {self._sent.content})
