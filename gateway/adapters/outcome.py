"""What became of one event that was to be written in one calendar, as its adapter tells it."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final, final, overload

import msgspec

from gateway.adapters.byproducts import TranslationWarning
from gateway.errors import Code, Problem
from gateway.model.event import Event
from gateway.model.run import Run

_MANY: Final = 4
"""From so many events on it costs less to say what is equal for all of them only once."""


class WriteStatus(StrEnum):
    """What became of one event in one calendar. UNKNOWN is not FAILED: it may be there."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    DELETED = "deleted"
    PLANNED = "planned"
    CONFLICT = "conflict"
    FAILED = "failed"
    SKIPPED = "skipped"
    ROLLED_BACK = "rolled_back"
    ROLLBACK_FAILED = "rollback_failed"
    UNKNOWN = "unknown"

    @classmethod
    def of(cls, problem: Problem) -> "WriteStatus":
        """That of an event which is left as it is for a problem."""
        return cls.CONFLICT if problem.code in {Code.CONFLICT, Code.AMBIGUOUS_KEY} else cls.FAILED


class Outcome(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What became of one planned event. `stored`: it was seen upstream after the write.

    `previous_id` is the id that the event had before, where a write gave it another one. `event_ids` are all
    events of a series that a calendar holds as one event per occurrence; `event` is the first of them.
    `warnings` are what only the answer tells. `is_shared`: another call may have written the same just then,
    or count on it, as far as was seen. `is_partial`: it failed, and part of it came.
    """

    index: int
    status: WriteStatus
    event: Event | None = None
    event_ids: tuple[str, ...] = ()
    previous_id: str | None = None
    stored: bool = False
    is_shared: bool = False
    is_partial: bool = False
    problem: Problem | None = None
    warnings: tuple[TranslationWarning, ...] = ()
    requests: tuple[int, ...] = ()

    @property
    def event_id(self) -> str | None:
        return None if self.event is None else self.event.id

    @property
    def ids(self) -> tuple[str, ...]:
        """The events that are there, as far as they are known."""
        return self.event_ids or ((self.event.id,) if self.event else ())

    def about(self, event: Event | None, event_ids: tuple[str, ...]) -> "Outcome":
        """The same of another event, of a part of a series, or of none. Nothing else replaces an event."""
        said = {name: getattr(self, name) for name in Outcome.__struct_fields__}
        return Outcome(**(said | {"event": event, "event_ids": event_ids}))


class Seen(Outcome, frozen=True, kw_only=True):
    """The outcome of an event that was seen beside others: it is made of their run when it is asked for.

    `event_ids` are always given. `event_id` is that of its event, which needs not be made for it.
    """

    run: Run
    place: int
    event_id: str  # pyright: ignore[reportIncompatibleMethodOverride] # a value, which no caller can tell

    @property  # type: ignore[misc] # in place of an attribute, of which none is ever set
    def event(self) -> Event:  # pyright: ignore[reportIncompatibleVariableOverride] # as above
        return self.run.event(self.place)


@final
class Created(Sequence[Outcome]):
    """What became of a step's events where each was created as one: an outcome is made when it is asked for.

    `indexes` are theirs, and `run` holds them as they were seen, in the same order.
    """

    def __init__(self, indexes: Sequence[int], run: Run, requests: tuple[int, ...]) -> None:
        self.indexes: Final = indexes
        self.run: Final = run
        self.requests: Final = requests

    def __len__(self) -> int:
        return len(self.indexes)

    @overload
    def __getitem__(self, place: int) -> Outcome: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Outcome]: ...
    def __getitem__(self, place: int | slice) -> Outcome | Sequence[Outcome]:
        if isinstance(place, slice):
            return [self[each] for each in range(len(self))[place]]
        index, event_id = self.indexes[place], self.run.id(place)
        return Seen(
            index=index,
            status=WriteStatus.CREATED,
            event_ids=(event_id,),
            stored=True,
            requests=self.requests,
            run=self.run,
            place=place,
            event_id=event_id,
        )


def all_created(indexes: Sequence[int], run: Run, requests: tuple[int, ...]) -> Sequence[Outcome]:
    """The outcomes where all events are there, each as one: `Created` if they are many."""
    created = Created(indexes, run, requests)
    return created if len(indexes) >= _MANY else created[:]
