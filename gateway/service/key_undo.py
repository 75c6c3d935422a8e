"""Taking back what a call made of a key in a calendar: what is there now is made what was there before."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

import msgspec

from gateway.adapters.base import EventChange, EventRemoval
from gateway.adapters.outcome import Outcome, WriteStatus
from gateway.errors import Conflict, GatewayError, NotUnderKey
from gateway.model.elasticsearch import ElasticsearchEventDetails
from gateway.model.event import Event, draft_of
from gateway.service.edits import check_untouched, differing
from gateway.service.undo import SHARED, Undo, is_back, rolled_back, stays, unsure

Held = Sequence[Event] | GatewayError
"""The events under a key, or why they cannot be told."""
_CLEARED: Final = "What was written of it was taken back: under the key it is as before the call."
_WRITTEN: Final = frozenset({WriteStatus.CREATED, WriteStatus.UPDATED, WriteStatus.UNKNOWN})


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """How the events under a key differ from those before: `changed` has both versions of each event."""

    added: Sequence[Event] = ()
    gone: Sequence[Event] = ()
    changed: Sequence[tuple[Event, Event]] = ()

    @classmethod
    def between(cls, before: Sequence[Event], now: Sequence[Event]) -> "Difference":
        """One that is gone and one that is new, as the same occurrence: so Elasticsearch changes an event."""
        old, new = ({event.id: event for event in events} for events in (before, now))
        added = [event for event in now if event.id not in old]
        gone = [event for event in before if event.id not in new]
        changed = [
            (event, new[event.id])
            for event in before
            if event.id in new and new[event.id].revision != event.revision
        ]
        replaced = _replaced(gone, added)
        paired = {event.id for pair in replaced for event in pair}
        return cls(
            added=[event for event in added if event.id not in paired],
            gone=[event for event in gone if event.id not in paired],
            changed=[*changed, *replaced],
        )

    def __bool__(self) -> bool:
        return bool(self.added or self.gone or self.changed)

    def backwards(self, made: Event | None = None) -> Iterator[EventChange | EventRemoval]:
        """What makes the events of now those of before, in just what the call has changed.

        `made` is how the call left one of them. Raises Conflict where somebody has edited that since.
        """
        for event in self.added:
            yield EventRemoval(event=event)
        for was, now in self.changed:
            draft, left = draft_of(was), draft_of(made if made and made.id == now.id else now)
            names = differing(draft, left)
            check_untouched(left, now, names)
            yield EventChange(event=now, draft=draft, changed=names, restored=was)

    def check_reversible(self) -> None:
        """Raises Conflict where events are gone that nobody can make again just as they were."""
        if self.gone:
            gone = ", ".join(event.id for event in self.gone)
            raise Conflict(f"What was there before is gone, and other events took its place: {gone}.")


class KeyUndo:
    """Makes what is there under a key `now` what was there `before`."""

    def __init__(self, undo: Undo, *, before: Sequence[Event], now: Held) -> None:
        self._undo = undo
        self._before = before
        self._now = now

    async def run(self, done: Outcome) -> Outcome | None:
        """What became of it, if anything was written: not of what others wrote under the key."""
        is_half_done = done.is_partial or (done.status is WriteStatus.CONFLICT and done.stored)
        if done.status not in _WRITTEN and not is_half_done:
            return None
        return await self._undo.guarded(done, lambda: self._run(done))

    async def _run(self, done: Outcome) -> Outcome:
        before, now = self._before, _told(self._now)
        written = Difference.between(before, now)
        if not written and done.status is WriteStatus.UNKNOWN:
            return unsure(done, "It is as before the call")
        if written and _is_doubtful(done, before, now):
            return _left(done, written)
        if written and before and done.status is WriteStatus.UNKNOWN:
            return stays(done, done.problem)  # what was before may still go, and then there would be none
        difference = Difference.between(before, _own(done, before, now))
        difference.check_reversible()
        try:
            actions = list(difference.backwards(done.event))
        except Conflict as exc:
            edited = done.about(difference.changed[0][1], done.event_ids)
            return stays(edited, exc.problem, is_edited=True)
        return await self._take_back(done, difference, actions)

    async def _take_back(
        self, done: Outcome, difference: Difference, actions: Sequence[EventChange | EventRemoval]
    ) -> Outcome:
        outcomes = [await self._undo.apply(action) for action in actions]
        requests = tuple(index for outcome in outcomes for index in outcome.requests)
        kept = [it for it in zip(actions, outcomes, strict=True) if not is_back(it[1])]
        if kept:
            undone = stays(_of(done, [action.event for action, _ in kept]), kept[0][1].problem)
            return msgspec.structs.replace(undone, requests=requests)
        changes = zip(difference.changed, outcomes[len(difference.added) :], strict=True)
        back = {was.id: outcome.event for (was, _), outcome in changes}
        events = [back.get(event.id) or event for event in self._before]
        first, ids = next(iter(events), None), tuple(event.id for event in events)
        undone = rolled_back(done, first, was=next(iter(self._before), None))
        if done.is_partial:
            undone = _cleared(done, first)
        return msgspec.structs.replace(undone, event_ids=ids, requests=requests)


def _replaced(gone: Sequence[Event], added: Sequence[Event]) -> Sequence[tuple[Event, Event]]:
    """Which event took the place of which; none of several that nothing tells apart."""
    old, new = ({_occurrence(event): event for event in events} for events in (gone, added))
    if len(old) < len(gone) or len(new) < len(added):
        return ()
    return [(event, new[occurrence]) for occurrence, event in old.items() if occurrence in new]


def _occurrence(event: Event) -> datetime | None:
    """When its series has it begin, where a calendar holds a series as single events."""
    details = event.details
    return details.occurrence if isinstance(details, ElasticsearchEventDetails) else None


def _told(held: Held) -> Sequence[Event]:
    """Raises GatewayError where it cannot be told what is there. A key in another case is not the call's."""
    if type(held) is NotUnderKey:
        return ()
    if isinstance(held, GatewayError):
        raise held
    return held


def _own(done: Outcome, before: Sequence[Event], now: Sequence[Event]) -> Sequence[Event]:
    """What is there now without what others wrote meanwhile, which stays."""
    known = {*done.ids, *(event.id for event in before)}
    return [event for event in now if event.id in known]


def _is_doubtful(done: Outcome, before: Sequence[Event], now: Sequence[Event]) -> bool:
    """Whether nobody can tell what of it this call wrote: others may have written the same just then."""
    own = _own(done, before, now)
    others = [event for event in now if event not in own]
    if done.status is WriteStatus.UNKNOWN and (others or Difference.between(before, own).changed):
        return True
    if done.status is WriteStatus.UPDATED and not before:
        return True  # it has changed what somebody else has made meanwhile
    return done.is_shared or any(_is_alike(event, done, own) for event in others)


def _is_alike(event: Event, done: Outcome, own: Sequence[Event]) -> bool:
    """Whether an event may be a twin of the call's own, which may be gone for it by now."""
    ours = [one for one in (done.event, *own) if one is not None]
    is_of_series = len(done.ids) > 1 and event.title in {one.title for one in ours}
    return is_of_series or _content(event) in map(_content, ours)


def _left(done: Outcome, written: Difference) -> Outcome:
    """The outcome where what is new stays, whoever wrote it."""
    new = [*written.added, *(now for _, now in written.changed)]
    return stays(_of(done, new) if new else done, SHARED)


def _cleared(done: Outcome, first: Event | None) -> Outcome:
    """The outcome of what has failed by itself, once what was written of it is gone."""
    problem = done.problem and replace(done.problem, hint=_CLEARED)
    of_first = done.about(first, done.event_ids)
    return msgspec.structs.replace(of_first, is_partial=False, problem=problem)


def _of(done: Outcome, events: Sequence[Event]) -> Outcome:
    """The outcome as one of just those events."""
    ids = tuple(event.id for event in events)
    return done.about(events[0], ids)


def _content(event: Event) -> tuple[object, ...]:
    return event.title, event.start.instant, event.end.instant
