"""Adding events to calendars of either kind: check, plan, then write; a row per event and calendar.

Sources that write in silence go first and those that can send invitations last, for mail cannot be unsent.
"""

from collections.abc import Callable, Sequence
from itertools import chain
from typing import Final

from gateway.errors import GatewayError, InvalidInput, Problem
from gateway.service.atomicity import Atomicity, apply, check_allowance, hold_back
from gateway.service.audit import AuditTrail
from gateway.service.calendar_write import CalendarWrite
from gateway.service.call_limits import check_calendars, check_rows
from gateway.service.catalog import Target, Unresolved
from gateway.service.drafts import AddEvents, Drafts
from gateway.service.fan_out import check_invitations, in_order
from gateway.service.lanes import Lanes, Work
from gateway.service.looking import time_to_look
from gateway.service.report import REFUSED, BatchStatus, EventRow, WriteReport, status_of
from gateway.service.session import Session

_NO_EVENTS: Final = InvalidInput(
    "There are no events to add.", path=("events",), hint="Give at least one."
).problem
_NEGATIVE: Final = InvalidInput("The most invitations cannot be negative.", path=("maxInvitations",)).problem


async def add_events(session: Session, audit: AuditTrail, command: AddEvents) -> WriteReport:
    """Writes each event to each calendar, or with `dry_run` says what would be written."""
    resolved = session.catalog.resolve(command.calendars)
    problems = _problems_of_call(command, len(resolved), session)
    if problems:
        return WriteReport(status=BatchStatus.FAILED, problems=problems)
    targets = [item for item in resolved if isinstance(item, Target)]
    if len(targets) > 1:
        targets = await session.distinct(targets)
    drafts = Drafts(command.drafts(), command.keys)
    writes = [CalendarWrite(session, audit, command, target, drafts) for target in targets]
    await _prepare(session, writes, command)
    if command.atomicity is Atomicity.ALL_OR_NOTHING:
        hold_back(writes, others_refused=any(isinstance(it, Unresolved) for it in resolved))
    check_allowance(writes, session, command.atomicity)
    if command.dry_run:
        for write in in_order(writes):
            write.show()
    else:
        await apply(writes, session, command.atomicity)
    rows_of = {id(write.target): write.rows(drafts.keys) for write in writes}
    columns = [
        _unresolved(item, drafts.keys) if isinstance(item, Unresolved) else rows_of[id(item)]
        for item in resolved
        if isinstance(item, Unresolved) or id(item) in rows_of
    ]
    rows = columns[0] if len(columns) == 1 else [*chain.from_iterable(zip(*columns, strict=True))]
    return WriteReport(
        status=status_of(rows, dry_run=command.dry_run), rows=rows, requests=session.call.log.requests
    )


async def _prepare(session: Session, writes: Sequence[CalendarWrite], command: AddEvents) -> None:
    """Whom a change sends mail shows only in its plan."""
    sources = [write.source_name for write in writes]
    lanes = Lanes(session.log, within=time_to_look(session.log, sources, dry_run=command.dry_run))
    await lanes.run_all([_preparation(write) for write in writes])
    refused = check_invitations(writes, command.max_invitations)
    if refused:
        await lanes.run_all([_preparation(write) for write in refused])


def _preparation(write: CalendarWrite) -> Work:
    return Work(lane=write.lane, step=write.prepare, skip=write.refuse)


def _unresolved(item: Unresolved, keys: Sequence[str | None]) -> list[EventRow]:
    """The rows of events in a calendar that there is not."""
    return [
        EventRow(
            event_index=index,
            calendar_index=item.index,
            key=key,
            outcome=REFUSED,
            problem=item.problem,
        )
        for index, key in enumerate(keys)
    ]


def _problems_of_call(command: AddEvents, calendars: int, session: Session) -> tuple[Problem, ...]:
    """What is wrong with the call as a whole, so that nothing of it is done."""
    events, most = len(command.keys), command.max_invitations
    problems = (
        *(() if events else (_NO_EVENTS,)),
        *_problem_of(session.count_events, events, ("events",)),
        *_problem_of(check_calendars, calendars),
        *((_NEGATIVE,) if most is not None and most < 0 else ()),
    )
    return problems or _problem_of(check_rows, events * calendars, ("events",))


def _problem_of(check: Callable[..., None], *given: object) -> tuple[Problem, ...]:
    try:
        check(*given)
    except GatewayError as exc:
        return (exc.problem,)
    return ()
