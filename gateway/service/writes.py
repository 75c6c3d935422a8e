"""Adding events to calendars of either kind: check, plan, then write; a row per event and calendar.

Sources that write in silence go first and those that can send invitations last, for mail cannot be unsent.
"""

import asyncio
from collections.abc import Sequence
from typing import Final

import msgspec

from gateway.adapters.base import WriteStatus
from gateway.errors import GatewayError, InvalidInput, Problem, TooMany
from gateway.service.atomicity import Atomicity, apply, hold_back
from gateway.service.audit import AuditTrail
from gateway.service.calendar_write import CalendarWrite
from gateway.service.call_limits import CallLimits
from gateway.service.catalog import Target, Unresolved
from gateway.service.drafts import AddEvents, Drafts
from gateway.service.fan_out import check_invitations, in_order
from gateway.service.report import BatchStatus, EventRow, WriteReport, status_of
from gateway.service.session import Session

MAX_CALENDARS: Final = 100
MAX_ROWS: Final = 10_000
_SPLIT: Final = "Split the call."


async def add_events(session: Session, audit: AuditTrail, command: AddEvents) -> WriteReport:
    """Writes each event to each calendar, or with `dry_run` says what would be written."""
    resolved = session.catalog.resolve(command.calendars)
    problems = _problems_of_call(command, len(resolved), session.limits)
    if problems:
        return WriteReport(status=BatchStatus.FAILED, problems=problems)
    targets = await session.distinct([item for item in resolved if isinstance(item, Target)])
    writes = {id(target): CalendarWrite(session, audit, command, target) for target in targets}
    drafts = Drafts(command.drafts, command.keys)
    await _prepare(list(writes.values()), drafts, command.max_invitations)
    if command.atomicity is Atomicity.ALL_OR_NOTHING:
        hold_back(list(writes.values()), others_refused=any(isinstance(it, Unresolved) for it in resolved))
    if command.dry_run:
        for write in in_order(list(writes.values())):
            write.show()
    else:
        await apply(list(writes.values()), session, command.atomicity)
    columns = [
        item if isinstance(item, Unresolved) else writes[id(item)]
        for item in resolved
        if isinstance(item, Unresolved) or id(item) in writes
    ]
    rows = tuple(_row(column, index, drafts.key(index)) for index in range(len(drafts)) for column in columns)
    return WriteReport(
        status=status_of(rows, dry_run=command.dry_run), rows=rows, requests=session.call.log.requests
    )


async def _prepare(writes: Sequence[CalendarWrite], drafts: Drafts, max_invitations: int | None) -> None:
    await asyncio.gather(*(write.check(drafts) for write in writes))
    check_invitations(writes, max_invitations)
    await asyncio.gather(*(write.plan() for write in writes))


def _row(column: CalendarWrite | Unresolved, index: int, key: str | None) -> EventRow:
    if isinstance(column, CalendarWrite):
        return msgspec.structs.replace(column.row(index), key=key)
    return EventRow(
        event_index=index,
        calendar_index=column.index,
        key=key,
        status=WriteStatus.FAILED,
        problem=column.problem,
    )


def _problems_of_call(command: AddEvents, calendars: int, limits: CallLimits) -> tuple[Problem, ...]:
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
    try:
        limits.check_events(events, ("events",))
    except TooMany as exc:
        errors.append(exc)
    if calendars > MAX_CALENDARS:
        message = f"The names stand for {calendars} calendars: at most {MAX_CALENDARS} a call."
        errors.append(TooMany(message, path=("calendars",), hint=_SPLIT))
    if not errors and events * calendars > MAX_ROWS:
        message = f"{events} events in {calendars} calendars are too many writes: at most {MAX_ROWS} a call."
        errors.append(TooMany(message, path=("events",), hint=_SPLIT))
    if command.max_invitations is not None and command.max_invitations < 0:
        errors.append(InvalidInput("The most invitations cannot be negative.", path=("maxInvitations",)))
    return tuple(error.problem for error in errors)
