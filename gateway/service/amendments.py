"""Changing and removing events, one row per order; silent sources first."""

import asyncio
from collections.abc import Sequence
from typing import Final

import msgspec

from gateway.errors import InvalidInput, Problem, TooMany
from gateway.service.audit import AuditTrail
from gateway.service.event_write import EventOrder, EventWrite
from gateway.service.fan_out import apply_all, check_invitations, in_order
from gateway.service.lanes import Lanes
from gateway.service.report import BatchStatus, WriteReport, status_of
from gateway.service.session import Session

MAX_ORDERS: Final = 1000


class Amendments(msgspec.Struct, frozen=True, kw_only=True):
    """Orders to carry out; `name` is what the input calls their list."""

    orders: Sequence[EventOrder]
    name: str
    max_invitations: int | None = None
    dry_run: bool = False


async def carry_out(session: Session, audit: AuditTrail, command: Amendments) -> WriteReport:
    """Changes or removes the events, or with `dry_run` says what would be done."""
    problems = _problems_of_call(command)
    if problems:
        return WriteReport(status=BatchStatus.FAILED, problems=problems)
    writes = [EventWrite(session, audit, order) for order in command.orders]
    await _prepare(writes, command.max_invitations)
    if command.dry_run:
        for write in in_order(writes):
            write.show()
    else:
        await apply_all(writes)
    rows = tuple(write.row(index) for index, write in enumerate(writes))
    return WriteReport(
        status=status_of(rows, dry_run=command.dry_run), rows=rows, requests=session.call.log.requests
    )


async def _prepare(writes: Sequence[EventWrite], max_invitations: int | None) -> None:
    lanes = Lanes()
    await asyncio.gather(*(lanes.run(write.lane, write.check, skip=write.refuse) for write in writes))
    check_invitations(writes, max_invitations)
    await asyncio.gather(*(write.plan() for write in writes))


def _problems_of_call(command: Amendments) -> tuple[Problem, ...]:
    """What is wrong with the call as a whole, so that nothing of it is done."""
    ids = [order.event_id for order in command.orders]
    if not ids:
        return (InvalidInput("There is nothing to do.", path=(command.name,)).problem,)
    if len(ids) > MAX_ORDERS:
        message = f"{len(ids)} events are too many: at most {MAX_ORDERS} a call."
        return (TooMany(message, path=(command.name,)).problem,)
    if command.max_invitations is not None and command.max_invitations < 0:
        return (InvalidInput("The most invitations cannot be negative.", path=("maxInvitations",)).problem,)
    twice = next((index for index, id_ in enumerate(ids) if id_ in ids[:index]), None)
    if twice is not None:
        error = InvalidInput(
            f"The event {ids[twice]} is named twice.",
            path=(command.name, twice),
            hint="Put all that is to be done to it into one entry.",
        )
        return (error.problem,)
    return ()
