"""Making, deleting and changing calendars: resolved, held against the guard rails, planned, carried out."""

from collections.abc import Sequence
from typing import Final, Protocol

import msgspec
import structlog

from gateway.adapters.byproducts import TranslationWarning
from gateway.adapters.management import (
    CalendarCreation,
    CalendarDeletion,
    CalendarManagement,
    CalendarOrder,
    CalendarOutcome,
    CalendarStep,
    JobsChange,
)
from gateway.adapters.outcome import Outcome, WriteStatus
from gateway.adapters.upstream import UpstreamRequest
from gateway.errors import Code, GatewayError, Problem, Unsupported, located
from gateway.model.calendar import Calendar
from gateway.model.ids import CalendarId
from gateway.service.audit import AuditTrail
from gateway.service.audit_line import Action
from gateway.service.catalog import Target
from gateway.service.session import Session

_ACTIONS: Final = {
    CalendarCreation: Action.CREATE_CALENDAR,
    CalendarDeletion: Action.DELETE_CALENDAR,
    JobsChange: Action.SET_CALENDAR_JOBS,
}
_log = structlog.get_logger(__name__)


class OrderOf(Protocol):
    """Makes the order for the calendar that the name turns out to mean."""

    def __call__(self, *, calendar: CalendarId) -> CalendarOrder: ...


class CalendarCommand(msgspec.Struct, frozen=True, kw_only=True):
    """A request about one calendar. `field` is where the input names it."""

    name: str
    field: str
    order: OrderOf
    dry_run: bool = False


class CalendarReport(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a request. `calendar` is as it was seen last: of one that has gone, as it was."""

    status: WriteStatus
    calendar_id: str | None = None
    calendar: Calendar | None = None
    event_count: int | None = None
    problem: Problem | None = None
    warnings: tuple[TranslationWarning, ...] = ()
    requests: Sequence[UpstreamRequest] = ()


async def manage(session: Session, audit: AuditTrail, command: CalendarCommand) -> CalendarReport:
    """Carries the request out, or with `dry_run` says what would be done."""
    return await _Management(session, audit, command).run()


class _Management:
    """One request on its way."""

    def __init__(self, session: Session, audit: AuditTrail, command: CalendarCommand) -> None:
        self._session = session
        self._audit = audit
        self._command = command
        self._calendar_id: str | None = None

    async def run(self) -> CalendarReport:
        try:
            with located(self._command.field):
                target, management = self._resolve()
            step = await self._plan(target, management)
        except GatewayError as exc:
            return CalendarReport(
                status=WriteStatus.FAILED, calendar_id=self._calendar_id, problem=exc.problem
            )
        return self._report(target, step, await self._outcome(target, management, step))

    def _resolve(self) -> tuple[Target, CalendarManagement]:
        """Raises GatewayError for what may not be written to, or not in this way."""
        target = self._session.catalog.calendar(self._command.name)
        self._calendar_id = target.known_id
        management = self._session.adapter(target.source).management
        if management is None:
            raise Unsupported(
                f"Calendars of {target.source.name!r} are not made, deleted or changed here.",
                hint="Only those of Elasticsearch are: sources with the capability MANAGE_CALENDARS.",
            )
        target.check_allowed()
        if not self._command.dry_run:
            target.source.check_write()
        return target, management

    async def _plan(self, target: Target, management: CalendarManagement) -> CalendarStep:
        order = self._command.order(calendar=target.calendar)
        policy = target.source.policy
        if not isinstance(order, CalendarDeletion):
            policy.check_jobs(target.source.name, order.job_ids)
        step = await management.plan(order)
        if step.present is not None and not target.by_alias:
            with located(self._command.field):
                policy.check_mutes(step.present)
        if step.settled is None:
            self._session.log.allowance.check(len(step.requests))
        return step

    async def _outcome(
        self, target: Target, management: CalendarManagement, step: CalendarStep
    ) -> CalendarOutcome:
        if step.settled is not None:
            return step.settled
        if not self._command.dry_run:
            return await self._apply(target, management, step)
        self._session.call.log.requests.extend(step.requests)
        return CalendarOutcome(
            status=WriteStatus.PLANNED, calendar=step.present, event_count=step.event_count
        )

    async def _apply(
        self, target: Target, management: CalendarManagement, step: CalendarStep
    ) -> CalendarOutcome:
        outcome = _INTERRUPTED
        try:
            outcome = await management.apply(step)
        except Exception:  # noqa: BLE001 - a fault of ours must not cost the caller the answer
            _log.exception("write.crashed", source=target.source.name, calendar=self._calendar_id)
        finally:  # a call that is cancelled in the middle leaves its line, too
            self._record(target, step.order, outcome)
        return outcome

    def _record(self, target: Target, order: CalendarOrder, outcome: CalendarOutcome) -> None:
        self._audit.record(
            call=self._session.call,
            action=_ACTIONS[type(order)],
            source=target.source.name,
            calendar=self._calendar_id,
            written=order,
            outcome=Outcome(
                index=0,
                status=outcome.status,
                stored=outcome.status in {WriteStatus.CREATED, WriteStatus.UPDATED},
                problem=outcome.problem,
                requests=outcome.requests,
            ),
        )

    def _report(self, target: Target, step: CalendarStep, outcome: CalendarOutcome) -> CalendarReport:
        mode = target.source.dry_run_warnings() if self._command.dry_run else ()
        return CalendarReport(
            status=outcome.status,
            calendar_id=self._calendar_id,
            calendar=outcome.calendar,
            event_count=outcome.event_count,
            problem=outcome.problem,
            warnings=(*step.warnings, *mode),
            requests=self._session.call.log.requests,
        )


_INTERRUPTED: Final = CalendarOutcome(
    status=WriteStatus.UNKNOWN,
    problem=Problem(
        code=Code.INTERNAL,
        message="The gateway was interrupted while it wrote: it may be done or not.",
        hint="Look at the calendar before you repeat the call; the log has the details.",
    ),
)
"""The honest outcome where the gateway itself broke, or was stopped, in the middle of a write."""
