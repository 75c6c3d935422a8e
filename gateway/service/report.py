"""What became of a call that writes: a row per event and calendar, and the status of the whole."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from functools import cached_property
from operator import attrgetter
from typing import Any, Final, TypeVar, final, overload

import msgspec

from gateway.adapters.base import PlannedEvent
from gateway.adapters.byproducts import SideEffect, TranslationWarning
from gateway.adapters.outcome import Created, Outcome, WriteStatus
from gateway.adapters.upstream import UpstreamRequest
from gateway.errors import Code, Problem
from gateway.model.event import Draft, Event
from gateway.model.ids import CalendarId, EventId

T = TypeVar("T", TranslationWarning, SideEffect)

_GOOD: Final = frozenset(
    {
        WriteStatus.CREATED,
        WriteStatus.UPDATED,
        WriteStatus.UNCHANGED,
        WriteStatus.DELETED,
        WriteStatus.PLANNED,
    }
)
_DONE: Final = _GOOD | {WriteStatus.UNKNOWN, WriteStatus.ROLLBACK_FAILED}
"""What may have changed something, or is as wished."""


_WORST_FIRST: Final = (
    WriteStatus.ROLLBACK_FAILED,
    WriteStatus.UNKNOWN,
    WriteStatus.FAILED,
    WriteStatus.CONFLICT,
    WriteStatus.ROLLED_BACK,
    WriteStatus.SKIPPED,
    WriteStatus.PLANNED,
    WriteStatus.UPDATED,
    WriteStatus.CREATED,
    WriteStatus.DELETED,
    WriteStatus.UNCHANGED,
)
"""Of the good ones those that say that something was done."""


REFUSED: Final = Outcome(index=0, status=WriteStatus.FAILED)
"""What is to be said of an event that no adapter was asked to write, for a problem that its row has."""


_STATUS: Final = "outcome.status"
_ALIKE: Final = {"calendar_index", "calendar_id", _STATUS, "outcome.stored", "outcome.previous_id"}
"""What rows of events that were created together have in common."""
_OWN: Final[Mapping[str, Callable[[Created], Sequence[Any]]]] = {
    "event_index": lambda created: created.indexes,
    "outcome.event_id": lambda created: created.run.column("id"),
}
"""What is known of each of them without its row."""


class BatchStatus(StrEnum):
    """How a whole call fared: every row as wished, some, or none. A dry run without a bad row is PLANNED."""

    SUCCEEDED = "succeeded"
    PLANNED = "planned"
    PARTIAL = "partial"
    FAILED = "failed"


class EventRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What became of one event in one calendar. Indexes point into the input and into the request log.

    `outcome` is what the adapter said of it, with the event, or what is to be said without having asked it;
    `problem` has the path in the input. `draft` is what was to be in the calendar `at`, or in that of the
    event `at`; None for a row that was refused.
    """

    event_index: int
    calendar_index: int | None = None
    calendar_id: str | None = None
    key: str | None = None
    outcome: Outcome
    event_ids: tuple[str, ...] = ()
    problem: Problem | None = None
    warnings: tuple[TranslationWarning, ...] = ()
    effects: tuple[SideEffect, ...] = ()
    at: CalendarId | EventId | None = None
    draft: Draft | None = None

    @property
    def status(self) -> WriteStatus:
        return self.outcome.status

    @property
    def event(self) -> Event | None:
        return self.outcome.event

    @property
    def stored(self) -> bool:
        return self.outcome.stored

    @property
    def requests(self) -> tuple[int, ...]:
        return self.outcome.requests


class WriteReport(msgspec.Struct, frozen=True, kw_only=True):
    """Rows in the order asked, events outside, calendars inside; `problems` are those of the whole call."""

    status: BatchStatus
    rows: Sequence[EventRow] = ()
    requests: Sequence[UpstreamRequest] = ()
    problems: tuple[Problem, ...] = ()


@final
class CreatedRows(Sequence[EventRow]):
    """The rows of all events of a call, which were created together: made when one is asked for, or columns.

    `row` makes one, with the key of its event.
    """

    def __init__(
        self, created: Created, keys: Sequence[str | None], row: Callable[[Outcome, str | None], EventRow]
    ) -> None:
        self._created = created
        self._keys = keys
        self._row = row

    def __len__(self) -> int:
        return len(self._keys)

    @overload
    def __getitem__(self, place: int) -> EventRow: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[EventRow]: ...
    def __getitem__(self, place: int | slice) -> EventRow | Sequence[EventRow]:
        return self._rows[place]

    def __iter__(self) -> Iterator[EventRow]:
        return iter(self._rows)

    def column(self, path: str) -> Sequence[Any]:
        """An attribute of each row; below `event` that of its event."""
        first, _, below = path.partition(".")
        if path in _ALIKE:
            return [attrgetter(path)(self._first)] * len(self)
        if first == "event":
            return self._created.run.column(below) if below else [True] * len(self)
        if path in _OWN:
            return _OWN[path](self._created)
        return self._keys if path == "key" else [*map(attrgetter(path), self._rows)]

    @cached_property
    def _first(self) -> EventRow:
        return self._row(self._created[0], self._keys[0])

    @cached_property
    def _rows(self) -> Sequence[EventRow]:
        return [*map(self._row, self._created, self._keys)]


def combined(rows: Sequence[EventRow]) -> EventRow:
    """The row of a series that is held as several events: the worst of their statuses, and all their ids."""
    if len(rows) == 1:
        return rows[0]
    worst = min(rows, key=lambda row: _WORST_FIRST.index(row.status))
    first, ids = rows[0].outcome, tuple(id_ for row in rows for id_ in row.event_ids)
    return msgspec.structs.replace(
        worst,
        outcome=msgspec.structs.replace(
            first.about(first.event, ids),
            status=worst.status,
            problem=worst.outcome.problem,
            stored=all(row.stored for row in rows),
            requests=tuple(index for row in rows for index in row.requests),
        ),
        event_ids=ids,
        problem=worst.problem and _of_several(worst, rows, worst.problem),
        warnings=_each_once(warning for row in rows for warning in row.warnings),
        effects=_each_once(effect for row in rows for effect in row.effects),
    )


def _of_several(worst: EventRow, rows: Sequence[EventRow], problem: Problem) -> Problem:
    alike = sum(row.status is worst.status for row in rows)
    return replace(problem, message=f"{alike} of {len(rows)} occurrences: {problem.message}")


def _each_once(items: Iterable[T]) -> tuple[T, ...]:
    """Without what says the same to people, as every occurrence does."""
    return tuple({item.message: item for item in items}.values())


def statuses(rows: Sequence[EventRow]) -> Sequence[WriteStatus]:
    """That of each row."""
    return rows.column(_STATUS) if type(rows) is CreatedRows else [row.outcome.status for row in rows]


def status_of(rows: Sequence[EventRow], *, dry_run: bool) -> BatchStatus:
    found = {*statuses(rows)}
    if found <= _GOOD:
        return BatchStatus.PLANNED if dry_run else BatchStatus.SUCCEEDED
    return BatchStatus.FAILED if found.isdisjoint(_DONE) else BatchStatus.PARTIAL


def is_as_wished(outcome: Outcome) -> bool:
    return outcome.status in _GOOD


def foreseen(index: int, existing: Sequence[Event], requests: Sequence[int]) -> Outcome:
    """What a dry run says of an event that would be written: it is there as these, or not yet."""
    return Outcome(
        index=index,
        status=WriteStatus.PLANNED,
        event=existing[0] if existing else None,
        event_ids=tuple(event.id for event in existing),
        requests=tuple(requests),
    )


def interrupted(index: int) -> Outcome:
    """The honest answer where the gateway itself broke, or was stopped, in the middle of a write."""
    problem = Problem(
        code=Code.INTERNAL,
        message="The gateway was interrupted while it wrote: the event may be there or not.",
        hint="Look at the calendar before you repeat the call; the log has the details.",
    )
    return Outcome(index=index, status=WriteStatus.UNKNOWN, problem=problem)


def of_each(events: Sequence[PlannedEvent], outcomes: Sequence[Outcome]) -> Sequence[Outcome]:
    """An outcome for each of the events, whatever was said."""
    if type(outcomes) is Created:
        return outcomes
    said = {outcome.index: outcome for outcome in outcomes}
    return [said.get(it.index) or interrupted(it.index) for it in events]
