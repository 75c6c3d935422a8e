"""One draft with a key on its way into an ML calendar: what was seen of it, what is still to do, the end."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

import msgspec

from gateway.adapters.base import PlannedEvent
from gateway.adapters.elasticsearch.faults import Doubt
from gateway.adapters.elasticsearch.holding import Holding, Verdict
from gateway.adapters.elasticsearch.lookup import Found
from gateway.adapters.elasticsearch.plan import KeyedStep
from gateway.adapters.elasticsearch.posting import Posted
from gateway.adapters.elasticsearch.settling import ambiguous, contested, listed, settled
from gateway.adapters.elasticsearch.wire import SentEvent, StoredEvent, to_event
from gateway.adapters.outcome import Outcome, WriteStatus
from gateway.errors import Conflict, NotStored, Problem, UnexpectedAnswer
from gateway.model.key import folded

_NOTHING_WRITTEN: Final = "Nothing was written."
_REPEAT: Final = (
    "Repeating the call with the same key is safe: what is there by then is found, and not written again."
)
_STILL_SHOWN: Final = UnexpectedAnswer("Elasticsearch says that it is removed, and shows it.").problem


class KeyedRow:
    """Told what is seen under its key, it says what is `lacking` and what is `going`, and in the end why."""

    def __init__(
        self, planned: PlannedEvent, wanted: Sequence[SentEvent], step: KeyedStep, now: datetime
    ) -> None:
        self.key: Final = planned.draft.key or ""
        self._planned = planned
        self._wanted = wanted
        self._step = step
        self._now = now
        self._before = self._holding = Holding.of(self.key, wanted, (), now)
        self._settled: Outcome | None = None
        self._doubt: Doubt | None = None
        self._kept: dict[str, Posted] = {}
        self._is_written = False
        self._is_shared = False

    @property
    def lacking(self) -> tuple[SentEvent, ...]:
        """What is to be posted: never again what may still be on its way, nor beside what others wrote."""
        is_open = self._settled is None and self._doubt is None and not self._strangers
        return self._holding.missing if is_open else ()

    @property
    def is_awaited(self) -> bool:
        """Whether something may still be on its way that was posted."""
        return self._settled is None and self._doubt is not None and self._doubt.problem.retryable

    @property
    def going(self) -> Sequence[str]:
        """What is to be deleted: only where all that is wanted was seen."""
        if self._settled is not None or self._doubt is not None or self._holding.missing:
            return ()
        return [event.event_id for event in (*self._superseded, *self._holding.twins)]

    def begin(self, found: Found) -> None:
        """Decides once more, on what is there now. From here on only what was there may be superseded."""
        self.see(found)
        self._before = self._holding
        verdict = self._holding.verdict(self._step.on_existing, self._step.superseded)
        if verdict is not Verdict.WRITE and not (verdict is Verdict.SAME and self._holding.twins):
            self._settled = settled(verdict, self._holding, self._step.calendar)

    def see(self, found: Found) -> None:
        """Takes note of what is there now."""
        self._holding = Holding.of(self.key, self._wanted, found[folded(self.key)], self._now)
        self._is_shared |= self._is_written and bool(self._holding.twins)
        if not self._holding.missing:
            self._doubt = None
        elif self._doubt is not None and self._doubt.is_over:
            self.fail(self._doubt.problem)

    def said(self, posted: Posted) -> None:
        """Takes note of what Elasticsearch said to what was lacking."""
        self._doubt = posted.doubt
        self._is_shared |= posted.doubt is not None  # what is seen then need not be what was sent
        if posted.refused is not None:
            self.fail(posted.refused)
        self._is_written = True

    def kept(self, event_id: str, said: Posted) -> None:
        """Takes note of what Elasticsearch said to the deletion of something that was going."""
        self._is_written = True
        if not _may_yet_go(self._kept.get(event_id)):  # no later refusal ends that
            self._kept[event_id] = said

    def lose_sight(self, problem: Problem) -> None:
        """Takes note that what was written, if that was not seen before, cannot be seen."""
        if self._is_written and (self._holding.missing or self.going):
            self._doubt = Doubt(problem=self._doubt.problem if self._doubt else problem)

    def fail(self, problem: Problem) -> None:
        """Ends where nothing more is done: a refusal, or what was too busy and did not come."""
        hint = _REPEAT if self._is_written else problem.hint or _NOTHING_WRITTEN
        self._settled = self._ended(WriteStatus.FAILED, replace(problem, hint=hint))

    def outcome(self, requests: tuple[int, ...]) -> Outcome:
        """What became of the draft. A series is as good as its worst occurrence."""
        ended = self._settled or self._end()
        return msgspec.structs.replace(ended, index=self._planned.index, requests=requests)

    @property
    def _superseded(self) -> Sequence[StoredEvent]:
        old = {event.event_id for event in self._before.others}
        return [event for event in self._holding.others if event.event_id in old]

    @property
    def _strangers(self) -> Sequence[StoredEvent]:
        """What others wrote under the key meanwhile."""
        old = {event.event_id for event in self._before.others}
        return [event for event in self._holding.others if event.event_id not in old]

    @property
    def _has_written_some(self) -> bool:
        """Whether something that is wanted has come since."""
        old = {event.event_id for event in self._before.same}
        return self._is_written and any(event.event_id not in old for event in self._holding.same)

    def _end(self) -> Outcome:
        if self._doubt is not None:
            return self._ended(WriteStatus.UNKNOWN, replace(self._doubt.problem, hint=_REPEAT))
        if self._strangers:
            return self._contested()
        if self._holding.missing:
            return self._ended(WriteStatus.FAILED, self._lost())
        if self._superseded or self._holding.twins:
            return self._unfinished()
        return self._done()

    def _done(self) -> Outcome:
        if not self._before.live:
            return self._ended(WriteStatus.CREATED)
        is_same = not self._before.missing and not self._before.others
        return self._ended(WriteStatus.UNCHANGED if is_same else WriteStatus.UPDATED)

    def _contested(self) -> Outcome:
        """Others wrote something else under the key at the same time: all of it stays, and is named."""
        if self._holding.missing:
            error = Conflict(
                f"What bears the key {self.key} was changed by somebody else at the same time.",
                hint="Look at what is there now, and decide again.",
            )
            return contested(self._holding, self._step.calendar, error)
        error = ambiguous(self._holding, self._step.calendar)
        return contested(self._holding, self._step.calendar, error)

    def _unfinished(self) -> Outcome:
        """What is wanted is there, and what was to go is too, or may be."""
        going = (*self._superseded, *self._holding.twins)
        answers = [self._kept.get(event.event_id, Posted()) for event in going]
        said = max(answers, key=lambda said: (_may_yet_go(said), said != Posted()))
        why = said.doubt.problem if said.doubt else said.refused or _STILL_SHOWN
        left = [to_event(event, self._step.calendar).id for event in going]
        problem = replace(
            why,
            message=f"What is wanted is there, and so is what was to go, {listed(left)}: {why.message}",
            hint="Remove what was to go by its id to finish the change: that does no harm if it is gone.",
            retryable=False,
        )
        return self._ended(WriteStatus.UNKNOWN if _may_yet_go(said) else WriteStatus.CONFLICT, problem)

    def _lost(self) -> Problem:
        count, missing = len(self._wanted), self._holding.missing
        what = "the event is" if count == 1 else f"{len(missing)} of the {count} occurrences are"
        whether = "repeat the call" if count == len(missing) else "repeat the call with onExisting UPDATE"
        lost = NotStored(
            f"Elasticsearch said yes, and {what} not in the calendar.",
            hint=f"What was lost on its way was sent again, in vain: {whether}, which writes only that.",
        )
        return lost.problem

    def _ended(self, status: WriteStatus, problem: Problem | None = None) -> Outcome:
        events = [to_event(stored, self._step.calendar) for stored in self._holding.same]
        return Outcome(
            index=self._planned.index,
            status=status,
            event=events[0] if events else None,
            event_ids=tuple(event.id for event in events),
            previous_id=self._previous_id() if status is WriteStatus.UPDATED else None,
            stored=not self._holding.missing and self._doubt is None,
            is_shared=self._is_shared,
            is_partial=status is WriteStatus.FAILED and self._has_written_some,
            problem=problem,
        )

    def _previous_id(self) -> str | None:
        """The id of the one event that another one took the place of."""
        if len(self._wanted) > 1 or len(self._before.others) != 1:
            return None
        return to_event(self._before.others[0], self._step.calendar).id


def _may_yet_go(said: Posted | None) -> bool:
    """Whether a deletion may still be carried out, by what was said to it."""
    return said is not None and said.doubt is not None and not said.doubt.is_over
