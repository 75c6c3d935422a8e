"""Adding events to calendars of either kind: check, plan, then write; a row per event and calendar.

Sources that write in silence go first and those that can send invitations last, for mail cannot be unsent.
"""

import asyncio
from collections.abc import Sequence
from enum import StrEnum
from typing import Final

import msgspec

from gateway.adapters.base import Step, UpstreamRequest, WriteStatus
from gateway.errors import GatewayError, InvalidInput, Problem, TooMany, TooManyInvitations
from gateway.service.audit import AuditTrail
from gateway.service.calendar_write import AddEvents, CalendarWrite, Drafts, EventRow
from gateway.service.catalog import Target, Unresolved
from gateway.service.session import Session

MAX_EVENTS: Final = 1000
MAX_ROWS: Final = 10_000
_STEPS_AT_ONCE: Final = 8


class BatchStatus(StrEnum):
    """How a whole call fared: every row as wished, some, or none. A dry run without a bad row is PLANNED."""

    SUCCEEDED = "succeeded"
    PLANNED = "planned"
    PARTIAL = "partial"
    FAILED = "failed"


class WriteReport(msgspec.Struct, frozen=True, kw_only=True):
    """Rows in the order asked, events outside, calendars inside; `problems` are those of the whole call."""

    status: BatchStatus
    rows: tuple[EventRow, ...] = ()
    requests: Sequence[UpstreamRequest] = ()
    problems: tuple[Problem, ...] = ()


async def add_events(session: Session, audit: AuditTrail, command: AddEvents) -> WriteReport:
    """Writes each event to each calendar, or with `dry_run` says what would be written."""
    resolved = session.catalog.resolve(command.calendars)
    problems = _problems_of_call(command, len(resolved))
    if problems:
        return WriteReport(status=BatchStatus.FAILED, problems=problems)
    targets = await session.distinct([item for item in resolved if isinstance(item, Target)])
    writes = {id(target): CalendarWrite(session, audit, command, target) for target in targets}
    await _prepare(list(writes.values()), command)
    if command.dry_run:
        for write in writes.values():
            write.show()
    else:
        await _apply(list(writes.values()))
    columns = [
        item if isinstance(item, Unresolved) else writes[id(item)]
        for item in resolved
        if isinstance(item, Unresolved) or id(item) in writes
    ]
    rows = tuple(_row(column, index) for index in range(len(command.drafts)) for column in columns)
    return WriteReport(status=_status(rows), rows=rows, requests=session.call.log.requests)


async def _prepare(writes: Sequence[CalendarWrite], command: AddEvents) -> None:
    drafts = Drafts(command)
    await asyncio.gather(*(write.check(drafts) for write in writes))
    _check_invitations(writes, command.max_invitations)
    await asyncio.gather(*(write.plan() for write in writes))


def _check_invitations(writes: Sequence[CalendarWrite], limit: int | None) -> None:
    """Refuses all that would send mail if together it is more than the call or a source allows."""
    inviting = [write for write in writes if write.invitations]
    total = sum(sum(write.invitations.values()) for write in inviting)
    limits = [write.max_invitations for write in inviting] + ([] if limit is None else [limit])
    if not inviting or total <= min(limits):
        return
    error = TooManyInvitations(
        f"The call would send {total} invitations, and {min(limits)} are allowed.",
        hint="Invitations cannot be unsent. Split the call, or raise max_invitations of the source.",
    )
    for write in inviting:
        write.refuse_invitations(error.problem)


async def _apply(writes: Sequence[CalendarWrite]) -> None:
    """Applies all steps, a bounded number at once, the silent sources' before the others'."""
    gate = asyncio.Semaphore(_STEPS_AT_ONCE)

    async def one(write: CalendarWrite, step: Step) -> None:
        async with gate:
            await write.apply(step)

    for invites in (False, True):
        phase = [write for write in writes if write.invites is invites]
        await asyncio.gather(*(one(write, step) for write in phase for step in write.steps))


def _row(column: CalendarWrite | Unresolved, index: int) -> EventRow:
    if isinstance(column, CalendarWrite):
        return column.row(index)
    return EventRow(
        event_index=index, calendar_index=column.index, status=WriteStatus.FAILED, problem=column.problem
    )


def _status(rows: Sequence[EventRow]) -> BatchStatus:
    good = sum(row.status in {WriteStatus.CREATED, WriteStatus.PLANNED} for row in rows)
    if good < len(rows):
        return BatchStatus.PARTIAL if good or _any_unknown(rows) else BatchStatus.FAILED
    planned = any(row.status is WriteStatus.PLANNED for row in rows)
    return BatchStatus.PLANNED if planned else BatchStatus.SUCCEEDED


def _any_unknown(rows: Sequence[EventRow]) -> bool:
    return any(row.status is WriteStatus.UNKNOWN for row in rows)


def _problems_of_call(command: AddEvents, calendars: int) -> tuple[Problem, ...]:
    """What is wrong with the call as a whole, so that nothing of it is done."""
    errors: list[GatewayError] = []
    events = len(command.drafts)
    if not events:
        errors.append(
            InvalidInput("There are no events to add.", path=("events",), hint="Give at least one.")
        )
    if not command.calendars:
        errors.append(
            InvalidInput(
                "There are no calendars.", path=("calendars",), hint="Give at least one id or alias."
            )
        )
    if events > MAX_EVENTS:
        errors.append(
            TooMany(f"{events} events are too many: at most {MAX_EVENTS} a call.", path=("events",))
        )
    elif events * calendars > MAX_ROWS:
        message = f"{events} events in {calendars} calendars are too many writes: at most {MAX_ROWS} a call."
        errors.append(TooMany(message, path=("calendars",)))
    if command.max_invitations is not None and command.max_invitations < 0:
        errors.append(InvalidInput("The most invitations cannot be negative.", path=("maxInvitations",)))
    return tuple(error.problem for error in errors)
