"""Adding events to calendars of either kind: check, plan, then write; a row per event and calendar.

Sources that write in silence go first and those that can send invitations last, for mail cannot be unsent.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from gateway.adapters.outcome import WriteStatus
from gateway.adapters.together import together
from gateway.errors import GatewayError, InvalidInput, Problem
from gateway.service.atomicity import Atomicity, apply, check_allowance, hold_back
from gateway.service.audit import AuditTrail
from gateway.service.calendar_write import CalendarWrite
from gateway.service.call_limits import check_calendars, check_rows
from gateway.service.catalog import Target, Unresolved
from gateway.service.drafts import AddEvents, Drafts
from gateway.service.fan_out import check_invitations, in_order
from gateway.service.lanes import Lanes
from gateway.service.looking import time_to_look
from gateway.service.report import BatchStatus, EventRow, WriteReport, status_of
from gateway.service.session import Session


async def add_events(session: Session, audit: AuditTrail, command: AddEvents) -> WriteReport:
    """Writes each event to each calendar, or with `dry_run` says what would be written."""
    resolved = session.catalog.resolve(command.calendars)
    problems = _problems_of_call(command, len(resolved), session)
    if problems:
        return WriteReport(status=BatchStatus.FAILED, problems=problems)
    targets = await session.distinct([item for item in resolved if isinstance(item, Target)])
    drafts = Drafts(command.drafts, command.keys)
    writes = {id(target): CalendarWrite(session, audit, command, target, drafts) for target in targets}
    await _prepare(session, list(writes.values()), command)
    if command.atomicity is Atomicity.ALL_OR_NOTHING:
        hold_back(list(writes.values()), others_refused=any(isinstance(it, Unresolved) for it in resolved))
    check_allowance(list(writes.values()), session, command.atomicity)
    if command.dry_run:
        for write in in_order(list(writes.values())):
            write.show()
    else:
        await apply(list(writes.values()), session, command.atomicity)
    columns = [
        partial(_unresolved, item) if isinstance(item, Unresolved) else writes[id(item)].row
        for item in resolved
        if isinstance(item, Unresolved) or id(item) in writes
    ]
    keys = map(drafts.key, range(len(drafts)))
    rows = tuple([row(index, key) for index, key in enumerate(keys) for row in columns])
    return WriteReport(
        status=status_of(rows, dry_run=command.dry_run), rows=rows, requests=session.call.log.requests
    )


async def _prepare(session: Session, writes: Sequence[CalendarWrite], command: AddEvents) -> None:
    """Whom a change sends mail shows only in its plan."""
    sources = [write.source_name for write in writes]
    lanes = Lanes(session.log, within=time_to_look(session.log, sources, dry_run=command.dry_run))
    await together(lanes.run(write.lane, write.prepare, skip=write.refuse) for write in writes)
    refused = check_invitations(writes, command.max_invitations)
    await together(lanes.run(write.lane, write.prepare, skip=write.refuse) for write in refused)


def _unresolved(item: Unresolved, index: int, key: str | None) -> EventRow:
    """The row of an event in a calendar that there is not."""
    return EventRow(
        event_index=index,
        calendar_index=item.index,
        key=key,
        status=WriteStatus.FAILED,
        problem=item.problem,
    )


def _problems_of_call(command: AddEvents, calendars: int, session: Session) -> tuple[Problem, ...]:
    """What is wrong with the call as a whole, so that nothing of it is done."""
    events = len(command.drafts)
    checks = (
        partial(_check_any, events),
        partial(session.count_events, events, ("events",)),
        partial(check_calendars, calendars),
        partial(_check_invitations, command.max_invitations),
    )
    problems = tuple(problem for check in checks for problem in _problem_of(check))
    return problems or tuple(_problem_of(partial(check_rows, events * calendars, ("events",))))


def _problem_of(check: Callable[[], None]) -> Iterable[Problem]:
    try:
        check()
    except GatewayError as exc:
        yield exc.problem


def _check_any(events: int) -> None:
    if not events:
        raise InvalidInput("There are no events to add.", path=("events",), hint="Give at least one.")


def _check_invitations(limit: int | None) -> None:
    if limit is not None and limit < 0:
        raise InvalidInput("The most invitations cannot be negative.", path=("maxInvitations",))
