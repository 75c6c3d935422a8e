"""Making mutes follow what is announced under their keys: moved, extended, renamed, topped up, called off.

Nothing is made that was not muted before, nothing is touched that has no key, and nothing is removed unless
all of the announcing calendars was read and none of them has the event.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from gateway.adapters.together import together
from gateway.errors import GatewayError, InvalidInput, Problem, TooMany
from gateway.model.time import Window
from gateway.service import side
from gateway.service.audit import AuditTrail
from gateway.service.coverage import LONGEST
from gateway.service.fan_out import apply_all, check_calls
from gateway.service.following import Following
from gateway.service.lanes import Lanes
from gateway.service.mute_write import MuteWrite
from gateway.service.report import BatchStatus, EventRow, WriteReport, status_of
from gateway.service.session import Session
from gateway.service.side import Side
from gateway.service.survey import NEEDED, Survey, survey

MAX_CHANGES: Final = 50


class Reconcile(msgspec.Struct, frozen=True, kw_only=True):
    """Whose mutes are to follow whose announcements. More than `max_changes` rows are not changed at all."""

    announced: Sequence[str]
    suppressed: Sequence[str]
    window: Window
    now: datetime
    max_changes: int = MAX_CHANGES
    dry_run: bool = True


class Reconciled(msgspec.Struct, frozen=True, kw_only=True):
    """A row per key and calendar of mutes, in order of the keys, and what the mutes of each row follow."""

    report: WriteReport
    followings: tuple[Following, ...] = ()
    is_complete: bool = True


async def reconcile(session: Session, audit: AuditTrail, command: Reconcile) -> Reconciled:
    """Makes the mutes follow, or with `dry_run` says what would be done."""
    try:
        ours, theirs = await _sides(session, command)
    except GatewayError as exc:
        return _refused(exc.problem)
    if ours.problems or theirs.problems:
        return _refused(*ours.problems, *theirs.problems)
    ours, theirs = await asyncio.gather(
        side.read(session, ours, command.window, NEEDED), side.read(session, theirs, command.window, NEEDED)
    )
    found = await survey(session, ours, theirs)
    writes = [
        MuteWrite(session, audit, each.target, each.followings, now=command.now, dry_run=command.dry_run)
        for each in found.calendars
    ]
    lanes = Lanes(session.log)
    await together(write.prepare(lanes) for write in writes)
    too_many = _too_many(sum(write.changes for write in writes), command.max_changes)
    if too_many and not command.dry_run:
        return _refused(too_many)
    await _carry_out(session, writes, dry_run=command.dry_run)
    return _reconciled(session, found, writes, too_many, dry_run=command.dry_run)


async def _sides(session: Session, command: Reconcile) -> tuple[Side, Side]:
    """The calendars of both sides. Raises InvalidInput, TooMany."""
    if command.window.end - command.window.start > LONGEST:
        raise TooMany(f"A window is at most {LONGEST.days} days long.", path=("window",))
    if command.max_changes < 0:
        raise InvalidInput("The most changes cannot be negative.", path=("maxChanges",))
    ours = await side.choose(session, command.announced, name="announced", mutes=False)
    theirs = await side.choose(session, command.suppressed, name="suppressed", mutes=True)
    for each, name in ((ours, "announced"), (theirs, "suppressed")):
        if not each.targets and not each.problems:
            raise InvalidInput(f"None of the names stands for a calendar that is {name}.", path=(name,))
    return ours, theirs


def _too_many(changes: int, limit: int) -> Problem | None:
    if changes <= limit:
        return None
    error = TooMany(
        f"{changes} rows would change, and at most {limit} may: nothing is done.",
        path=("maxChanges",),
        hint="Look at a dry run. If all of it is meant, allow more changes.",
    )
    return error.problem


async def _carry_out(session: Session, writes: Sequence[MuteWrite], *, dry_run: bool) -> None:
    parts = [part for write in writes for part in write.writes]
    check_calls(parts, session.log.allowance)
    if dry_run:
        for write in writes:
            write.show()
    else:
        await apply_all(parts, session.log)


def _reconciled(
    session: Session, found: Survey, writes: Sequence[MuteWrite], too_many: Problem | None, *, dry_run: bool
) -> Reconciled:
    keys = sorted({key for write in writes for key in write.followings})
    placed = [
        (write.row(key, index), write.followings[key])
        for index, key in enumerate(keys)
        for write in writes
        if key in write.followings
    ]
    rows = tuple(row for row, _ in placed)
    problems = (*found.problems, *((too_many,) if too_many else ()))
    return Reconciled(
        report=WriteReport(
            status=_status(rows, problems, dry_run=dry_run),
            rows=rows,
            requests=session.call.log.requests,
            problems=problems,
        ),
        followings=tuple(following for _, following in placed),
        is_complete=found.is_complete,
    )


def _status(rows: Sequence[EventRow], problems: Sequence[Problem], *, dry_run: bool) -> BatchStatus:
    """A call with problems is no success, however its rows fared."""
    status = status_of(rows, dry_run=dry_run)
    if problems and status in {BatchStatus.SUCCEEDED, BatchStatus.PLANNED}:
        return BatchStatus.PARTIAL if rows else BatchStatus.FAILED
    return status


def _refused(*problems: Problem) -> Reconciled:
    return Reconciled(report=WriteReport(status=BatchStatus.FAILED, problems=problems))
