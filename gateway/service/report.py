"""What became of a call that writes: a row per event and calendar, and the status of the whole."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

import msgspec

from gateway.adapters.base import Outcome, SideEffect, TranslationWarning, UpstreamRequest, WriteStatus
from gateway.errors import Code, Problem
from gateway.model.event import Event

_GOOD: Final = frozenset(
    {
        WriteStatus.CREATED,
        WriteStatus.UPDATED,
        WriteStatus.UNCHANGED,
        WriteStatus.DELETED,
        WriteStatus.PLANNED,
    }
)


class BatchStatus(StrEnum):
    """How a whole call fared: every row as wished, some, or none. A dry run without a bad row is PLANNED."""

    SUCCEEDED = "succeeded"
    PLANNED = "planned"
    PARTIAL = "partial"
    FAILED = "failed"


class EventRow(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one event in one calendar. Indexes point into the input and into the request log."""

    event_index: int
    calendar_index: int | None = None
    status: WriteStatus
    calendar_id: str | None = None
    key: str | None = None
    event: Event | None = None
    event_ids: tuple[str, ...] = ()
    previous_id: str | None = None
    stored: bool = False
    problem: Problem | None = None
    warnings: tuple[TranslationWarning, ...] = ()
    effects: tuple[SideEffect, ...] = ()
    requests: tuple[int, ...] = ()


class WriteReport(msgspec.Struct, frozen=True, kw_only=True):
    """Rows in the order asked, events outside, calendars inside; `problems` are those of the whole call."""

    status: BatchStatus
    rows: tuple[EventRow, ...] = ()
    requests: Sequence[UpstreamRequest] = ()
    problems: tuple[Problem, ...] = ()


def status_of(rows: Sequence[EventRow], *, dry_run: bool) -> BatchStatus:
    good = sum(row.status in _GOOD for row in rows)
    if good < len(rows):
        return BatchStatus.PARTIAL if good or _any_unknown(rows) else BatchStatus.FAILED
    return BatchStatus.PLANNED if dry_run else BatchStatus.SUCCEEDED


def _any_unknown(rows: Sequence[EventRow]) -> bool:
    return any(row.status is WriteStatus.UNKNOWN for row in rows)


def interrupted(index: int) -> Outcome:
    """The honest answer where the gateway itself broke, or was stopped, in the middle of a write."""
    problem = Problem(
        code=Code.INTERNAL,
        message="The gateway was interrupted while it wrote: the event may be there or not.",
        hint="Look at the calendar before you repeat the call; the log has the details.",
    )
    return Outcome(index=index, status=WriteStatus.UNKNOWN, problem=problem)
