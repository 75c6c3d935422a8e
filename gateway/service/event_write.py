"""One event's part of a call that changes or removes events: found, checked, planned, carried out."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec
import structlog

from gateway.adapters.base import EventChange, EventRemoval, EventStep
from gateway.adapters.byproducts import SideEffect, TranslationWarning
from gateway.adapters.capabilities import Capability
from gateway.adapters.losses import clocks_not_kept
from gateway.adapters.outcome import Outcome, WriteStatus
from gateway.errors import Conflict, GatewayError, NotFound, Problem
from gateway.model.event import Draft, Event
from gateway.model.ids import CalendarId, EventId
from gateway.service.audit import AuditTrail
from gateway.service.audit_line import Action
from gateway.service.calendars import check_event
from gateway.service.catalog import ConfiguredSource
from gateway.service.event_order import EventOrder
from gateway.service.report import REFUSED, EventRow, foreseen, interrupted, is_as_wished
from gateway.service.session import Session
from gateway.service.undo import Undo, stranded

_log = structlog.get_logger(__name__)


class EventFound(msgspec.Struct, frozen=True, kw_only=True):
    """An event that was just read, in a calendar that the call may reach. The zone is for all-day events."""

    event: Event
    time_zone: str | None


class EventWrite:
    """What becomes of one event of a call: the one of the id, or the one that was found already."""

    def __init__(
        self,
        session: Session,
        audit: AuditTrail,
        order: EventOrder,
        event_id: str,
        found: EventFound | None = None,
    ) -> None:
        self._session = session
        self._audit = audit
        self._order = order
        self._event_id = event_id
        self._found = found
        self._source: ConfiguredSource | None = None
        self._action: EventChange | EventRemoval | None = None
        self._problem: Problem | None = None
        self._outcome: Outcome | None = None
        self._warnings: tuple[TranslationWarning, ...] = ()
        self._effects: tuple[SideEffect, ...] = ()
        self.steps: Sequence[EventStep] = ()

    @property
    def source_name(self) -> str:
        return self._source.name if self._source else ""

    @property
    def invites(self) -> bool:
        return self._source is not None and self._source.can(Capability.ATTENDEES)

    @property
    def invitations(self) -> Mapping[int, int]:
        """How many people get mail: all who are or will be invited hear of it."""
        if self._action is None or not self.invites:
            return {}
        people = {attendee.email.lower() for attendee in self._action.event.attendees}
        if isinstance(self._action, EventChange):
            people |= {attendee.email.lower() for attendee in self._action.draft.attendees or ()}
        return {0: len(people)} if people else {}

    @property
    def max_invitations(self) -> int:
        return self._source.policy.max_invitations if self._source else 0

    @property
    def is_short(self) -> bool:
        """Whether it is refused, or settled otherwise than wished."""
        return self._problem is not None or not (self._outcome is None or is_as_wished(self._outcome))

    @property
    def event_id(self) -> str | None:
        """The canonical id of the event that something is to be done to; None where nothing is."""
        return None if self._action is None else self._action.event.id

    @property
    def lane(self) -> str:
        """The calendar or the mailbox, as the event's id names it."""
        return self._event_id.partition("/events/")[0]

    async def check(self) -> Iterable[Problem]:
        """Finds the event and holds what is to be done against the guard rails. Writes nothing.

        Gives what speaks against it.
        """
        try:
            await self._check()
        except GatewayError as exc:
            self.refuse(exc.problem)
            return (exc.problem,)
        return ()

    def refuse(self, problem: Problem) -> None:
        """Keeps the order from being carried out."""
        self._problem = problem.at(*self._order.path)
        self._action = None
        self._effects = ()
        self.steps = ()

    def refuse_invitations(self, problem: Problem) -> None:
        self.refuse(problem)

    async def plan(self) -> Iterable[Problem]:
        """Plans what passed the checks. Writes nothing. Gives what speaks against it."""
        if self._source is None or self._action is None:
            return ()
        try:
            step = await self._session.adapter(self._source).plan_event(self._action)
            self._warnings = step.warnings
            self._order.on_loss.check(self.source_name, step.warnings)
            self._effects = step.effects
            self.steps = (step,)
        except GatewayError as exc:
            in_patch = exc.problem.path and self._order.amend is not None
            self.refuse(exc.problem.at("set") if in_patch else exc.problem)
            return (exc.problem,)
        return ()

    def show(self) -> None:
        """Puts the planned requests into the log, as a dry run shows them."""
        for step in self.steps:
            part = self._session.call.log.part()
            for request in step.requests:
                part.add(request)
            self._outcome = foreseen(0, [step.action.event], part.indexes)
            if step.only_looks:
                unchanged = {"status": WriteStatus.UNCHANGED, "stored": True}
                self._outcome = msgspec.structs.replace(self._outcome, **unchanged)

    def size(self, _step: EventStep, /) -> int:
        """An order is about one event."""
        return 1

    def mails(self, step: EventStep, /) -> int:
        """Whether it sends mail."""
        return int(any(effect.is_mail for effect in step.effects))

    async def apply(self, step: EventStep) -> Iterable[Problem]:
        """Carries the order out and keeps what came of it, in the row and in the audit trail.

        Gives what went wrong.
        """
        assert self._source is not None  # noqa: S101 - only what has a source has a step
        self._outcome = interrupted(0)
        try:
            self._outcome = await self._session.adapter(self._source).apply_event(step)
        except Exception:  # noqa: BLE001 - a fault of ours must not cost the other rows their answer
            _log.exception("write.crashed", source=self._source.name, event_id=self._event_id)
        finally:  # a call that is cancelled in the middle leaves its line, too
            self._record(self._source, step, self._outcome)
        return () if self._outcome.problem is None else (self._outcome.problem,)

    def skip(self, _step: EventStep, problem: Problem, status: WriteStatus = WriteStatus.FAILED, /) -> None:
        """Keeps that the order was not sent."""
        self._outcome = Outcome(index=0, status=status, problem=problem)

    async def undo(self, step: EventStep, /) -> Iterable[Problem]:
        """Takes back what was done, and keeps what came of that. A removal cannot be taken back."""
        assert self._source is not None  # noqa: S101 - only what has a source has a step
        if not isinstance(step.action, EventChange) or self._outcome is None:
            return ()
        undone = await Undo(self._session, self._source).change(self._outcome, step.action)
        return self._keep_undone([] if undone is None else [undone], step)

    def strand(self, step: EventStep, problem: Problem, /) -> None:
        """Keeps that what was done was not taken back."""
        self._keep_undone(stranded([self._outcome] if self._outcome else (), problem), step)

    def _keep_undone(self, outcomes: Sequence[Outcome], step: EventStep) -> Iterable[Problem]:
        assert self._source is not None  # noqa: S101 - as above
        for outcome in outcomes:
            self._outcome = outcome
            self._record(self._source, step, outcome, Action.UNDO)
        return [outcome.problem for outcome in outcomes if outcome.problem is not None]

    def row(self, index: int) -> EventRow:
        """The row of the order, whatever became of it."""
        event = self._action.event if self._action else self._outcome and self._outcome.event
        row = EventRow(
            event_index=index,
            calendar_id=event.calendar_id if event else None,
            key=event.key if event else None,
            outcome=REFUSED,
            problem=self._problem,
            warnings=self._warnings,
        )
        if self._problem is not None or self._outcome is None:
            return row
        outcome = self._outcome
        change = self._action if isinstance(self._action, EventChange) else None  # what goes is nowhere
        dry = self._source.dry_run_warnings() if self._source and self._order.dry_run else ()
        return msgspec.structs.replace(
            row,
            outcome=outcome,
            event_ids=outcome.ids,
            problem=outcome.problem and outcome.problem.at(*self._order.path),
            warnings=(*self._warnings, *outcome.warnings, *dry),
            effects=self._effects,
            at=EventId.parse(change.event.id) if change else None,
            draft=change.draft if change else None,
        )

    async def _check(self) -> None:
        source, event_id = self._session.catalog.event(self._event_id)
        self._source = source
        if not self._order.dry_run:
            source.check_write()
        found = self._found or await self._find(source, event_id)
        if found is None:
            self._outcome = Outcome(index=0, status=WriteStatus.DELETED)  # as was asked: it is not there
            return
        event = found.event
        await self._check_mutes(source, event)
        if self._order.revision not in {None, event.revision}:
            self._outcome = _conflict(event)
            return
        if self._order.amend is None:
            self._action = EventRemoval(
                event=event, comment=self._order.comment, revision=self._order.revision
            )
        else:
            self._change(source, event, *self._order.amend(event, found.time_zone))

    async def _find(self, source: ConfiguredSource, event_id: EventId) -> EventFound | None:
        """None where an event that is to go is not there. Raises NotFound, CalendarNotAllowed."""
        try:
            event = await self._session.adapter(source).find(event_id)
        except NotFound:
            if self._order.amend is not None:
                raise
            return None
        await check_event(self._session, source, event_id, event)
        return EventFound(event=event, time_zone=source.policy.time_zone)

    async def _check_mutes(self, source: ConfiguredSource, event: Event) -> None:
        """Raises CalendarNotAllowed for a calendar that mutes all jobs and is named by a wildcard only."""
        if event.calendar_id is None or not source.can(Capability.ANOMALY_SUPPRESSION):
            return
        calendar = CalendarId.parse(event.calendar_id)
        if not source.policy.names_exactly(calendar):
            source.policy.check_mutes(await self._session.aside.adapter(source).calendar(calendar))

    def _change(self, source: ConfiguredSource, event: Event, draft: Draft, changed: frozenset[str]) -> None:
        if not changed:
            self._warnings = tuple(clocks_not_kept(draft))
            self._outcome = Outcome(index=0, status=WriteStatus.UNCHANGED, event=event, stored=True)
            return
        if self.invites:
            source.policy.check_group_addresses(draft.attendees or ())
        if source.can(Capability.ANOMALY_SUPPRESSION):
            source.policy.check_mute(draft.length, lowered_to=self._order.max_mute)
        self._action = EventChange(event=event, draft=draft, changed=changed, revision=self._order.revision)

    def _record(
        self, source: ConfiguredSource, step: EventStep, outcome: Outcome, undo: Action | None = None
    ) -> None:
        action = step.action
        self._audit.record(
            call=self._session.call,
            action=undo or (Action.CHANGE if isinstance(action, EventChange) else Action.REMOVE),
            source=source.name,
            calendar=action.event.calendar_id,
            written=action.draft if isinstance(action, EventChange) else action.event,
            outcome=outcome,
        )


def _conflict(event: Event) -> Outcome:
    """What to say where the caller has seen another revision of the event."""
    error = Conflict(
        f"The event has been changed since: its revision is {event.revision}.",
        path=("ifRevision",),
        hint="Look at the event as it is, and decide again.",
    )
    return Outcome(index=0, status=WriteStatus.CONFLICT, event=event, problem=error.problem)
