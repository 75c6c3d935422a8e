"""Making, deleting and changing ML calendars, and seeing for oneself what became of it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import msgspec

from gateway.adapters.elasticsearch.api import MLApi
from gateway.adapters.elasticsearch.calendar_plan import (
    CalendarPlanner,
    check_count,
    count_events,
    exists,
    find,
    names_of,
    writes,
)
from gateway.adapters.elasticsearch.faults import Doubt
from gateway.adapters.elasticsearch.jobs import ClusterJobs
from gateway.adapters.gate import Gate
from gateway.adapters.management import (
    CalendarCreation,
    CalendarDeletion,
    CalendarOrder,
    CalendarOutcome,
    CalendarStep,
    JobsChange,
)
from gateway.adapters.outcome import WriteStatus
from gateway.adapters.upstream import Call, UpstreamLog
from gateway.errors import Conflict, NotFound, NotStored, Problem, UnexpectedAnswer, UpstreamError
from gateway.model.calendar import Calendar
from gateway.model.ids import CalendarId

_LOOK_FIRST: Final = (
    "It may be done, or still be on its way: look at the calendar before you repeat the call."
)
_STILL_SHOWN: Final = UnexpectedAnswer("Elasticsearch says that it is deleted, and shows it.").problem
_NOTHING_WRITTEN: Final = "Nothing was written."


class ElasticsearchCalendars:
    """Implements CalendarManagement. `writing` gives the lock that a write to a calendar holds."""

    def __init__(
        self, api: MLApi, jobs: ClusterJobs, *, call: Call, writing: Callable[[CalendarId], Gate]
    ) -> None:
        self._api = api
        self._planner = CalendarPlanner(api, jobs)
        self._call = call
        self._writing = writing

    async def plan(self, order: CalendarOrder) -> CalendarStep:
        return await self._planner.plan(order)

    async def apply(self, step: CalendarStep) -> CalendarOutcome:
        log = self._call.log.part()
        try:
            async with self._writing(step.order.calendar).enter(deadline=log.deadline):
                outcome = await _Apply(self._api, step, log).run()
        except UpstreamError as exc:
            outcome = _refused(exc.problem, step.present)
        return msgspec.structs.replace(outcome, requests=tuple(log.indexes))


class _Apply:
    """One step on its way. What it raises, UpstreamError, says that nothing was written."""

    def __init__(self, api: MLApi, step: CalendarStep, log: UpstreamLog) -> None:
        self._api = api
        self._step = step
        self._log = log
        self._calendar = step.order.calendar

    async def run(self) -> CalendarOutcome:
        order = self._step.order
        if isinstance(order, CalendarCreation):
            return await self._create(order)
        if isinstance(order, CalendarDeletion):
            return await self._delete(order)
        return await self._set_jobs(order)

    async def _create(self, order: CalendarCreation) -> CalendarOutcome:
        refusal: UpstreamError | None = None
        doubt: Doubt | None = None
        try:
            doubt = await self._api.write(self._step.requests[0], log=self._log)
        except UpstreamError as exc:
            refusal = exc  # somebody else may have made it just then
        try:
            found = await self._find()
        except UpstreamError as exc:
            if refusal is not None:
                raise refusal from exc
            return _unknown(doubt.problem if doubt else exc.problem, None)
        if refusal is not None:
            if found is None:
                raise refusal
            return exists(found)
        return _made(order, found, doubt)

    async def _delete(self, order: CalendarDeletion) -> CalendarOutcome:
        count = await count_events(self._api, self._calendar, log=self._log)
        present = self._step.present
        assert present is not None  # noqa: S101 - only what is there is planned to go
        changed = check_count(order, present, count)
        if changed is not None:
            return changed
        try:
            doubt = await self._api.write(self._step.requests[1], log=self._log)
        except NotFound:
            doubt = None
        outcome = await self._gone(present, doubt)
        return msgspec.structs.replace(outcome, event_count=count)

    async def _gone(self, present: Calendar, doubt: Doubt | None) -> CalendarOutcome:
        """What a look says of a calendar that is to be gone."""
        try:
            found = await self._find()
        except UpstreamError as exc:
            return _unknown(doubt.problem if doubt else exc.problem, present)
        if found is None:
            return CalendarOutcome(status=WriteStatus.DELETED, calendar=present)
        return _unknown(doubt.problem if doubt else _STILL_SHOWN, found)

    async def _set_jobs(self, order: JobsChange) -> CalendarOutcome:
        before = await self._find()
        present = self._step.present
        if before is None or present is None or names_of(before) != names_of(present):
            error = Conflict(
                f"Somebody else changed {self._calendar} just then.",
                hint="Look at the calendar as it is now, and decide again. Nothing was written.",
            )
            return CalendarOutcome(status=WriteStatus.CONFLICT, calendar=before, problem=error.problem)
        refused, doubt = await self._write_all()
        try:
            found = await self._find()
        except UpstreamError as exc:
            return _unknown(refused or doubt or exc.problem, before)
        return _set(order, before, found, refused=refused, doubt=doubt)

    async def _write_all(self) -> tuple[Problem | None, Problem | None]:
        """Adds, then removes, up to the first that is refused or in doubt. Raises if nothing was written.

        What is over and in doubt counts as refused: the look that follows tells.
        """
        for number, request in enumerate(writes(self._step.requests)):
            try:
                doubt = await self._api.write(request, log=self._log)
            except UpstreamError as exc:
                if number == 0:
                    raise
                return exc.problem, None
            if doubt is not None:
                return (doubt.problem, None) if doubt.is_over else (None, doubt.problem)
        return None, None

    async def _find(self) -> Calendar | None:
        return await find(self._api, self._calendar, log=self._log)


def _made(order: CalendarCreation, found: Calendar | None, doubt: Doubt | None) -> CalendarOutcome:
    """What a look says of a calendar that was to be made."""
    if found is None:
        if doubt is not None:
            return _refused(doubt.problem, None) if doubt.is_over else _unknown(doubt.problem, None)
        lost = NotStored("Elasticsearch said yes, and the calendar is not there.", hint="Repeat the call.")
        return CalendarOutcome(status=WriteStatus.FAILED, problem=lost.problem)
    if (names_of(found), found.description) != (frozenset(order.job_ids), order.description):
        return exists(found)
    return CalendarOutcome(status=WriteStatus.CREATED, calendar=found)


def _set(
    order: JobsChange,
    before: Calendar,
    found: Calendar | None,
    *,
    refused: Problem | None,
    doubt: Problem | None,
) -> CalendarOutcome:
    """What a look says of a calendar whose jobs were to change."""
    if found is not None and names_of(found) == frozenset(order.job_ids):
        return CalendarOutcome(status=WriteStatus.UPDATED, calendar=found)
    if doubt is not None:
        return _unknown(doubt, found or before)
    if refused is not None and found is not None and names_of(found) == names_of(before):
        return _refused(refused, found)
    half_done = Conflict(
        f"{before.id} does not hold just the jobs that were asked for."
        + (f" {refused.message}" if refused else " Somebody else changed it meanwhile."),
        hint="It is shown as it is now. Repeat the call if that is still what you want: it does no harm.",
    )
    return CalendarOutcome(status=WriteStatus.CONFLICT, calendar=found, problem=half_done.problem)


def _refused(problem: Problem, calendar: Calendar | None) -> CalendarOutcome:
    """The outcome where nothing was written."""
    problem = replace(problem, hint=problem.hint or _NOTHING_WRITTEN)
    return CalendarOutcome(status=WriteStatus.FAILED, calendar=calendar, problem=problem)


def _unknown(doubt: Problem, calendar: Calendar | None) -> CalendarOutcome:
    problem = replace(doubt, hint=_LOOK_FIRST, retryable=False)
    return CalendarOutcome(status=WriteStatus.UNKNOWN, calendar=calendar, problem=problem)
