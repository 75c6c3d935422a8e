"""Changing and removing events, a row per order, or per copy where it names a key; silent sources first."""

from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import Final

import msgspec

from gateway.adapters.deadline import Deadline
from gateway.errors import GatewayError, InvalidInput, Problem, located
from gateway.service.atomicity import Atomicity, apply, check_allowance, hold_back
from gateway.service.audit import AuditTrail
from gateway.service.call_limits import check_calendars, check_rows
from gateway.service.catalog import Target, Unresolved
from gateway.service.copy_write import CopyWrite
from gateway.service.event_order import Copies, EventOrder
from gateway.service.event_write import EventWrite
from gateway.service.fan_out import check_invitations, in_order
from gateway.service.key_lookup import look_up
from gateway.service.lanes import Lanes, Work
from gateway.service.looking import time_to_look
from gateway.service.report import REFUSED, BatchStatus, EventRow, WriteReport, status_of
from gateway.service.session import Session

_TARGET: Final = ("target", "key")
_CALENDARS: Final = (*_TARGET, "calendars")

Part = EventWrite | CopyWrite | Unresolved
"""What a row is about."""


class Amendments(msgspec.Struct, frozen=True, kw_only=True):
    """Orders to carry out; `name` is what the input calls their list."""

    orders: Sequence[EventOrder]
    name: str
    max_invitations: int | None = None
    atomicity: Atomicity = Atomicity.BEST_EFFORT
    dry_run: bool = False


async def carry_out(session: Session, audit: AuditTrail, command: Amendments) -> WriteReport:
    """Changes or removes the events, or with `dry_run` says what would be done."""
    problems = _problems_of_call(command, session)
    if problems:
        return WriteReport(status=BatchStatus.FAILED, problems=problems)
    parts = [await _parts(session, audit, order) for order in command.orders]
    flat = [part for found in parts for part in found]
    sources = [part.lane.partition(":")[0] for part in flat if not isinstance(part, Unresolved)]
    looking = partial(time_to_look, session.log, sources, dry_run=command.dry_run)
    await _find(session, [part for part in flat if isinstance(part, CopyWrite)], within=looking())
    writes = [write for part in flat for write in _writes(part)]
    await _prepare(session, writes, command.max_invitations, within=looking())
    if command.atomicity is Atomicity.ALL_OR_NOTHING:
        hold_back(writes, others_refused=any(map(_is_refused, flat)))
    check_allowance(writes, session, command.atomicity)
    if command.dry_run:
        for write in in_order(writes):
            write.show()
    else:
        await apply(writes, session, command.atomicity)
    rows = tuple(
        _row(part, index, order) for index, order in enumerate(command.orders) for part in parts[index]
    )
    return WriteReport(
        status=status_of(rows, dry_run=command.dry_run), rows=rows, requests=session.call.log.requests
    )


async def _parts(session: Session, audit: AuditTrail, order: EventOrder) -> Sequence[Part]:
    """What an order is about: the event of an id, or a copy in each calendar, whatever these are called."""
    if not isinstance(order.target, Copies):
        return [EventWrite(session, audit, order, order.target)]
    resolved = session.catalog.resolve(order.target.calendars)
    targets = await session.distinct([item for item in resolved if isinstance(item, Target)])
    chosen = set(map(id, targets))
    return [
        item if isinstance(item, Unresolved) else CopyWrite(session, audit, order, order.target, item)
        for item in resolved
        if isinstance(item, Unresolved) or id(item) in chosen
    ]


async def _find(session: Session, copies: Sequence[CopyWrite], *, within: Deadline) -> None:
    """Looks the copies up that may be written to."""
    for copy in copies:
        copy.check()
    wanted = {copy: copy.wanted for copy in copies if copy.wanted}
    found = await look_up(session, list(wanted.values()), within=within, wide=True)
    for copy, there in zip(wanted, found, strict=True):
        copy.take(there)


def _writes(part: Part) -> Sequence[EventWrite]:
    if isinstance(part, EventWrite):
        return (part,)
    return part.parts if isinstance(part, CopyWrite) else ()


def _is_refused(part: Part) -> bool:
    """Whether a part that has no writes, or whose writes do not tell, is refused."""
    return isinstance(part, Unresolved) or (isinstance(part, CopyWrite) and part.is_short)


async def _prepare(
    session: Session, writes: Sequence[EventWrite], max_invitations: int | None, *, within: Deadline
) -> None:
    lanes = Lanes(session.log, within=within)
    await lanes.run_all([Work(lane=write.lane, step=write.check, skip=write.refuse) for write in writes])
    _refuse_doubled(writes)
    check_invitations(writes, max_invitations)
    lanes = Lanes(session.log, within=within)  # what was found may be written, whatever else is silent
    found = [write for write in writes if write.event_id is not None]
    await lanes.run_all([Work(lane=write.lane, step=write.plan, skip=write.refuse) for write in found])


def _refuse_doubled(writes: Sequence[EventWrite]) -> None:
    """Refuses whatever is to be done to one event by several orders: by its id, its key, or either."""
    counts = Counter(write.event_id for write in writes)
    for write in writes:
        if write.event_id is not None and counts[write.event_id] > 1:
            write.refuse(_named_twice(write.event_id).problem)


def _row(part: Part, index: int, order: EventOrder) -> EventRow:
    if not isinstance(part, Unresolved):
        return part.row(index)
    assert isinstance(order.target, Copies)  # noqa: S101 - nothing else has calendars to resolve
    return EventRow(
        event_index=index,
        calendar_index=part.index,
        key=order.target.key,
        outcome=REFUSED,
        problem=part.problem.at(*order.path, *_TARGET),
    )


def _problems_of_call(command: Amendments, session: Session) -> tuple[Problem, ...]:
    """What is wrong with the call as a whole, so that nothing of it is done."""
    orders = command.orders
    try:
        if not orders:
            raise InvalidInput("There is nothing to do.", path=(command.name,))
        session.count_events(len(orders), (command.name,))
        if command.max_invitations is not None and command.max_invitations < 0:
            raise InvalidInput("The most invitations cannot be negative.", path=("maxInvitations",))
        _check_twice(command)
        _check_copies(orders)
    except GatewayError as exc:
        return (exc.problem,)
    return ()


def _check_twice(command: Amendments) -> None:
    """Raises InvalidInput where two orders name the same in the same words."""
    named = set[str | Copies]()
    for index, order in enumerate(command.orders):
        if order.target in named:
            raise _named_twice(str(order.target), (command.name, index))
        named.add(order.target)


def _check_copies(orders: Sequence[EventOrder]) -> None:
    """Raises InvalidInput for a key without calendars, TooMany for more than a call can have."""
    rows = 0
    for order in orders:
        calendars = len(order.target.calendars) if isinstance(order.target, Copies) else 1
        with located(*order.path, *_CALENDARS):
            check_calendars(calendars, ())
            rows += calendars
            check_rows(rows, ())


def _named_twice(name: str, path: tuple[str | int, ...] = ()) -> InvalidInput:
    return InvalidInput(
        f"The event {name} is named twice.",
        path=path,
        hint="Put all that is to be done to it into one entry.",
    )
