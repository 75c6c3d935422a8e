"""Taking back what a call made of a key in a calendar: what is there now is made what was there before."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from gateway.adapters.base import EventChange, EventRemoval, Outcome, WriteStatus
from gateway.errors import Code, Conflict, UpstreamError
from gateway.model.event import Draft, Event, SourceKind, draft_of
from gateway.service.undo import Undo, is_back, rolled_back, stays, unsure

Held = Sequence[Event] | UpstreamError
"""The events under a key, or why they cannot be told."""
_WRITTEN = frozenset({WriteStatus.CREATED, WriteStatus.UPDATED, WriteStatus.UNKNOWN})


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """How the events under a key differ from those before: `changed` has both versions of each event."""

    added: Sequence[Event] = ()
    gone: Sequence[Event] = ()
    changed: Sequence[tuple[Event, Event]] = ()

    @classmethod
    def between(cls, before: Sequence[Event], now: Sequence[Event]) -> "Difference":
        """One event that is gone and one that is new are two versions of one: so Elasticsearch changes it."""
        old, new = ({event.id: event for event in events} for events in (before, now))
        added = [event for event in now if event.id not in old]
        gone = [event for event in before if event.id not in new]
        changed = [
            (event, new[event.id])
            for event in before
            if event.id in new and new[event.id].revision != event.revision
        ]
        if len(added) == len(gone) == 1:
            return cls(changed=[*changed, (gone[0], added[0])])
        return cls(added=added, gone=gone, changed=changed)

    def __bool__(self) -> bool:
        return bool(self.added or self.gone or self.changed)

    def backwards(self) -> Iterator[EventChange | EventRemoval]:
        """What makes the events of now those of before."""
        for event in self.added:
            yield EventRemoval(event=event)
        for was, now in self.changed:
            draft = draft_of(was)
            yield EventChange(event=now, draft=draft, changed=differing(draft, draft_of(now)))

    def check_reversible(self) -> None:
        """Raises Conflict where events are gone that nobody can make again just as they were."""
        if self.gone:
            gone = ", ".join(event.id for event in self.gone)
            raise Conflict(f"What was there before is gone, and other events took its place: {gone}.")


class KeyUndo:
    """Makes what is there under a key `now` what was there `before`."""

    def __init__(self, undo: Undo, *, before: Held, now: Held) -> None:
        self._undo = undo
        self._before = before
        self._now = now

    async def run(self, done: Outcome) -> Outcome | None:
        """What became of it, if anything was written: not of what others wrote under the key."""
        lost = done.problem is not None and done.problem.code is Code.NOT_STORED
        if done.status not in _WRITTEN and not lost:
            return None
        return await self._undo.guarded(done, lambda: self._run(done))

    async def _run(self, done: Outcome) -> Outcome:
        before, now = _told(self._before), _told(self._now)
        difference = Difference.between(before, _own(done, before, now))
        if not difference and done.status is WriteStatus.UNKNOWN:
            return unsure(done, "It is as before the call")
        difference.check_reversible()
        outcomes = [await self._undo.apply(action) for action in difference.backwards()]
        requests = tuple(index for outcome in outcomes for index in outcome.requests)
        kept = next((outcome for outcome in outcomes if not is_back(outcome)), None)
        if kept is not None:
            return msgspec.structs.replace(stays(done, kept.problem), requests=requests)
        was = before[0] if before else None
        restored = next((outcome.event for outcome in outcomes if outcome.event is not None), was)
        return msgspec.structs.replace(rolled_back(done, restored, was=was), requests=requests)


def _told(held: Held) -> Sequence[Event]:
    """Raises UpstreamError where it cannot be told what is there."""
    if isinstance(held, UpstreamError):
        raise held
    return held


def _own(done: Outcome, before: Sequence[Event], now: Sequence[Event]) -> Sequence[Event]:
    """What is there now without what others wrote meanwhile, which stays: as far as the call knows its own.

    Twins of its own are its own too.
    """
    if done.status is WriteStatus.UNKNOWN:
        return now
    old = {event.id for event in before}
    own = {_content(event) for event in now if event.id in done.ids}
    return [event for event in now if event.id in old or _content(event) in own]


def _content(event: Event) -> tuple[object, ...]:
    return event.title, event.start.instant, event.end.instant


def differing(one: Draft, other: Draft) -> frozenset[str]:
    """The attributes in which drafts differ, options as `<kind>.<attribute>`."""
    names = set(Draft.__struct_fields__) - {"options", "key"}
    found = {name for name in names if getattr(one, name) != getattr(other, name)}
    for kind in one.options.keys() | other.options.keys():
        left, right = _options(one.options, kind), _options(other.options, kind)
        found |= {f"{kind}.{name}" for name in left | right if left.get(name) != right.get(name)}
    return frozenset(found)


def _options(options: Mapping[SourceKind, msgspec.Struct], kind: SourceKind) -> dict[str, object]:
    return msgspec.structs.asdict(options[kind]) if kind in options else {}
