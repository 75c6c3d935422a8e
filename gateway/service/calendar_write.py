"""One calendar's part of a call that adds events: what is refused, what is planned, what came of it."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Final

import msgspec
import structlog

from gateway.adapters.base import Plan, PlannedEvent, Step
from gateway.adapters.outcome import Outcome, WriteStatus
from gateway.errors import GatewayError, Problem, Refused
from gateway.model.calendar import Calendar
from gateway.model.event import Draft
from gateway.service.atomicity import Atomicity
from gateway.service.audit import AuditTrail
from gateway.service.audit_line import Action
from gateway.service.calendar_undo import CalendarUndo
from gateway.service.catalog import Target
from gateway.service.drafts import AddEvents, Drafts
from gateway.service.keeping import Keeping
from gateway.service.report import (
    REFUSED,
    CreatedRows,
    EventRow,
    foreseen,
    interrupted,
    is_as_wished,
    of_each,
)
from gateway.service.session import Session
from gateway.service.undo import stranded

_log = structlog.get_logger(__name__)


class CalendarWrite:
    """The part of a call that concerns one calendar: what is refused, what is planned, what came of it."""

    def __init__(
        self, session: Session, audit: AuditTrail, command: AddEvents, target: Target, drafts: Drafts
    ) -> None:
        self.target = target
        self._session = session
        self._command = command
        self._policy = target.source.policy
        self._longest_mute = self._policy.longest_mute(command.max_mute) if target.can_mute else timedelta.max
        self._mode_warnings = target.source.dry_run_warnings() if command.dry_run else ()
        self.source_name: Final = target.source.name
        self.invites: Final = target.can_invite
        self.max_invitations: Final = self._policy.max_invitations
        self.lane: Final = target.known_id or str(target.calendar)
        made, refused = drafts.in_zone(target.time_zone)
        self.drafts, self.refused = dict(made), dict(refused)  # what others refuse is none of ours
        self.steps: Sequence[Step] = ()
        self._kept = Keeping(session, audit, target, self.drafts, events=len(drafts.keys))
        self._planned: dict[int, PlannedEvent] = {}
        self._found: Calendar | None = None

    @property
    def invitations(self) -> dict[int, int]:
        """How many people get mail of each event that is to be written."""
        counts: dict[int, int] = {}
        settled = self._kept.outcomes
        for index, draft in self.drafts.items() if self.invites else ():
            planned = self._planned.get(index)
            if index not in settled and (draft.attendees or (planned and planned.effects)):
                counts[index] = _hearing(draft, planned)
        return counts and {index: count for index, count in counts.items() if count}

    @property
    def is_short(self) -> bool:
        """Whether an event is refused, or settled otherwise than wished."""
        return bool(self.refused) or not all(map(is_as_wished, self._kept.outcomes.values()))

    async def prepare(self) -> Iterable[Problem]:
        """Plans what passes the guard rails: exact requests, warnings, effects. Writes nothing.

        Gives what keeps all of it from being written. What is left after a refusal can be prepared anew.
        """
        try:
            self._check_target()
            await self._look_at_calendar()
            self._check_drafts()
            await self._plan()
        except GatewayError as exc:
            self.refuse(exc.problem)
            return (exc.problem,)
        return ()

    def refuse(self, problem: Problem) -> None:
        """Keeps all events from being written."""
        self._refuse(self.drafts, problem.at("calendars", self.target.index))

    def refuse_invitations(self, problem: Problem) -> None:
        """Keeps back what would send mail. What is left is to be prepared anew."""
        for index in self.invitations:
            path = ("attendees",) if self.drafts[index].attendees else ()
            self._refuse((index,), problem.at("events", index, *path))

    def _check_target(self) -> None:
        self.target.check_allowed()
        if not self._command.dry_run:
            self.target.source.check_write()

    async def _look_at_calendar(self) -> None:
        """Only where it must be known: whether it is there, or, named by a wildcard, mutes all jobs."""
        could_mute_all = self.target.can_mute and not self.target.is_named
        must_be_there = self._command.dry_run or self._command.atomicity is Atomicity.ALL_OR_NOTHING
        if self._found is not None or not (could_mute_all or must_be_there):
            return
        found = await self._session.aside.adapter(self.target.source).calendar(self.target.calendar)
        self._found, self._kept.calendar_id = found, found.id
        if could_mute_all:
            self._policy.check_mutes(found)

    def _check_drafts(self) -> None:
        drafts = self.drafts
        doubtful = {index for index, draft in drafts.items() if draft.attendees} if self.invites else set()
        if self.target.can_mute:
            longest = self._longest_mute
            long = [index for index, it in drafts.items() if it.end.instant - it.start.instant > longest]
            doubtful.update(long)
        for index in sorted(doubtful):
            draft = drafts[index]
            try:
                if self.invites:
                    self._policy.check_group_addresses(draft.attendees or ())
                self._check_mute(draft.length)
            except GatewayError as exc:
                self._refuse((index,), exc.problem.at("events", index))

    async def _plan(self) -> None:
        """A step is never cut: what shows only in a plan is refused, and the others are planned anew.

        That ends, for they are ever fewer.
        """
        steps: list[Step] = []
        is_planned = False
        while not is_planned:
            self._kept.outcomes.clear()
            steps = []
            for indexes in self._together():
                steps += await self._plan_together(indexes)
            is_planned = not self._refuse_planned(steps)
        self.steps = steps

    def _together(self) -> Iterable[Sequence[int]]:
        """The drafts that may share a step: where all or nothing is wanted, those that invite go last."""
        if self._command.atomicity is Atomicity.BEST_EFFORT or not self.invitations:
            return [list(self.drafts)] if self.drafts else []
        silent = [index for index in self.drafts if index not in self.invitations]
        return [silent, list(self.invitations)] if silent else [list(self.invitations)]

    async def _plan_together(self, indexes: Sequence[int]) -> Sequence[Step]:
        """The steps for some of the drafts, in order. An adapter knows these by their places."""
        drafts = self.target.announced([self.drafts[index] for index in indexes])
        adapter = self._session.adapter(self.target.source)
        plan = await adapter.plan(self.target.calendar, drafts, on_existing=self._command.on_existing)
        foretells = self._command.foretells
        steps = await adapter.foretell(plan.steps, self._found) if foretells else plan.steps
        if indexes[-1] != len(indexes) - 1:
            steps = [step.renumbered(indexes) for step in steps]
        planned = {event.index: event for step in steps for event in step.events}
        self._planned |= planned
        if plan.settled:
            self._kept.outcomes.update(_settled(plan, indexes))
        for place, problem in plan.refused.items():
            self._refuse((indexes[place],), problem.at("events", indexes[place]))
        if len(planned) < len(indexes):
            forgotten = set(indexes) - planned.keys() - self.refused.keys() - self._kept.outcomes.keys()
            if forgotten:
                raise RuntimeError(f"{self.source_name} planned nothing for the events {sorted(forgotten)}")
        return steps

    def _refuse_planned(self, steps: Iterable[Step]) -> bool:
        """Whether anything was refused: for what would be lost, or for a series that mutes on and on."""
        refused, longest = len(self.refused), self._longest_mute
        for planned in [it for each in steps for it in each.events if it.warnings or it.unbroken > longest]:
            try:
                if planned.warnings:
                    self._command.on_loss.check(self.source_name, planned.warnings)
                self._check_mute(planned.unbroken)
            except Refused as exc:
                self._refuse((planned.index,), exc.problem.at("events", planned.index))
        return len(self.refused) > refused

    def _check_mute(self, length: timedelta) -> None:
        if length > self._longest_mute:
            self._policy.check_mute(length, lowered_to=self._command.max_mute)

    def _refuse(self, indexes: Iterable[int], problem: Problem) -> None:
        """Keeps events from being written. A step is never cut: whoever refuses does so before planning."""
        self.steps = ()
        for index in list(indexes):
            self.refused[index] = problem
            self.drafts.pop(index, None)

    def show(self) -> None:
        """Puts the planned requests into the log, as a dry run shows them."""
        for step in self.steps:
            part = self._session.call.log.part()
            for request in step.requests:
                part.add(request)
            for event in step.events:
                self._kept.outcomes[event.index] = foreseen(event.index, event.existing, part.indexes)

    def size(self, step: Step) -> int:
        return sum([event.held_as for event in step.events])

    def mails(self, step: Step) -> int:
        """How many events of the step send mail."""
        return sum(any(effect.is_mail for effect in planned.effects) for planned in step.events)

    async def apply(self, step: Step) -> Iterable[Problem]:
        """Writes one step and keeps what came of it, in the rows and in the audit trail.

        Gives what went wrong.
        """
        outcomes: Sequence[Outcome] = ()
        try:
            adapter = self._session.adapter(self.target.source)
            outcomes = await adapter.apply(step, fields=self._command.read)
        except Exception:  # noqa: BLE001 - a fault of ours must not cost the other rows their answer
            _log.exception("write.crashed", source=self.source_name, calendar=str(step.calendar))
        finally:  # a call that is cancelled in the middle leaves its line, too
            problems = self._kept.keep(of_each(step.events, outcomes), Action.ADD)
        return problems

    def skip(self, step: Step, problem: Problem, status: WriteStatus = WriteStatus.FAILED) -> None:
        """Keeps that a step was not sent: that is no line in the audit trail."""
        for planned in step.events:
            self._kept.outcomes[planned.index] = Outcome(index=planned.index, status=status, problem=problem)

    async def undo(self, step: Step) -> Iterable[Problem]:
        """Takes back what a step wrote, and keeps what came of that as `apply` does."""
        undo = CalendarUndo(self._session, self.target)
        return self._kept.keep(await undo.take_back(step, self._kept.outcomes), Action.UNDO)

    def strand(self, step: Step, problem: Problem) -> None:
        """Keeps that what a step wrote was not taken back."""
        self._kept.keep(stranded((self._kept.outcomes[it.index] for it in step.events), problem), Action.UNDO)

    def rows(self, keys: Sequence[str | None]) -> Sequence[EventRow]:
        """A row per event, whatever became of it."""
        if self._kept.created is not None:
            return CreatedRows(self._kept.created, keys, self._row)
        outcomes = self._kept.outcomes
        return [
            self._refusal(index, key)
            if index in self.refused
            else self._row(outcomes.get(index) or interrupted(index), key)
            for index, key in enumerate(keys)
        ]

    def _row(self, outcome: Outcome, key: str | None) -> EventRow:
        index, target = outcome.index, self.target
        planned = self._planned.get(index)
        return EventRow(
            event_index=index,
            calendar_index=target.index,
            calendar_id=self._kept.home(outcome),
            key=key,
            outcome=outcome,
            event_ids=outcome.event_ids or outcome.ids,
            problem=outcome.problem and outcome.problem.at("events", index),
            warnings=(planned.warnings if planned else ()) + outcome.warnings + self._mode_warnings,
            effects=planned.effects if planned else (),
            at=target.calendar,
            draft=self.drafts[index],
        )

    def _refusal(self, index: int, key: str | None) -> EventRow:
        planned = self._planned.get(index)
        return EventRow(
            event_index=index,
            calendar_index=self.target.index,
            calendar_id=self._kept.calendar_id,
            key=key,
            outcome=REFUSED,
            problem=self.refused[index],
            warnings=planned.warnings if planned else (),
        )


def _hearing(draft: Draft, planned: PlannedEvent | None) -> int:
    """Whom the draft invites; where an event is to be changed, all who were invited before, too."""
    effects = planned.effects if planned else ()
    mailed = sum(effect.count or 0 for effect in effects if effect.is_mail)
    return max(len(draft.attendees or ()), mailed)


def _settled(plan: Plan, indexes: Sequence[int]) -> Iterable[tuple[int, Outcome]]:
    """What needs no write, by the index in the call: what is wrong is the key, if nothing else is said."""
    for place, outcome in plan.settled.items():
        problem = outcome.problem
        if problem is not None and not problem.path:
            problem = problem.at("key")
        yield indexes[place], msgspec.structs.replace(outcome, index=indexes[place], problem=problem)
