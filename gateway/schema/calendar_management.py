"""Making, deleting and changing calendars, in the schema."""

from functools import partial
from typing import Self

import strawberry

from gateway.adapters.management import CalendarCreation, CalendarDeletion, JobsChange
from gateway.model.elasticsearch import ElasticsearchCalendarDetails
from gateway.schema.calendar import Calendar
from gateway.schema.context import Context
from gateway.schema.enums import WriteStatus, by_name
from gateway.schema.problem import Problem
from gateway.schema.writes import TranslationWarning, UpstreamRequest
from gateway.service.calendar_management import CalendarCommand, CalendarReport

_NAME = "Its id, or an alias of just one calendar."
_DRY_RUN = "Plan all, show the exact requests, write nothing."
_JOBS = (
    "Ids of anomaly detection jobs, or of groups of them. Each must be there. `_all`, for every job of the "
    "cluster, is taken only where the configuration allows it."
)
_REQUESTS = "What was asked of the upstream, or in a dry run would be, in order."


@strawberry.input(description="A calendar that is to be made.")
class CreateCalendarInput:
    id: strawberry.ID = strawberry.field(description="The id that it is to have: `elasticsearch:new-one`.")
    description: str | None = strawberry.field(
        default=None, description="What it is for. It cannot be changed later."
    )
    jobs: list[str] = strawberry.field(default_factory=list, description=_JOBS)
    dry_run: bool = strawberry.field(default=False, description=_DRY_RUN)

    def to_model(self) -> CalendarCommand:
        order = partial(
            CalendarCreation, description=self.description, job_ids=tuple(dict.fromkeys(self.jobs))
        )
        return CalendarCommand(name=str(self.id), field="id", order=order, dry_run=self.dry_run)


@strawberry.input(description="A calendar that is to go, with all its events.")
class DeleteCalendarInput:
    calendar: strawberry.ID = strawberry.field(description=_NAME)
    expected_event_count: int = strawberry.field(
        description="How many events it holds, of all times. With another number nothing is deleted."
    )
    dry_run: bool = strawberry.field(default=False, description=_DRY_RUN)

    def to_model(self) -> CalendarCommand:
        order = partial(CalendarDeletion, expected_events=self.expected_event_count)
        return CalendarCommand(name=str(self.calendar), field="calendar", order=order, dry_run=self.dry_run)


@strawberry.input(description="The jobs that a calendar is to apply to.")
class SetCalendarJobsInput:
    calendar: strawberry.ID = strawberry.field(description=_NAME)
    jobs: list[str] = strawberry.field(
        description=f"All of them, in any order: others are taken out. {_JOBS}"
    )
    dry_run: bool = strawberry.field(default=False, description=_DRY_RUN)

    def to_model(self) -> CalendarCommand:
        order = partial(JobsChange, job_ids=tuple(dict.fromkeys(self.jobs)))
        return CalendarCommand(name=str(self.calendar), field="calendar", order=order, dry_run=self.dry_run)


@strawberry.type(description="What became of a calendar that was to be made or changed.")
class CalendarPayload:
    report: strawberry.Private[CalendarReport]

    status: WriteStatus = strawberry.field(description="What became of it.")
    calendar: Calendar | None = strawberry.field(
        description="The calendar as it is now, if it is there; in a conflict, the one that is in the way."
    )
    problem: Problem | None = strawberry.field(description="What went wrong, if anything.")
    warnings: list[TranslationWarning] = strawberry.field(description="What to know of it.")

    @strawberry.field(description=_REQUESTS)
    def requests(self, info: strawberry.Info[Context]) -> list[UpstreamRequest]:
        return [UpstreamRequest.of(request, info.context) for request in self.report.requests]

    @classmethod
    def of(cls, report: CalendarReport) -> Self:
        return cls(
            report=report,
            status=by_name(WriteStatus, report.status),
            calendar=Calendar.of(report.calendar) if report.calendar else None,
            problem=Problem.of(report.problem) if report.problem else None,
            warnings=[TranslationWarning.of(warning) for warning in report.warnings],
        )


@strawberry.type(description="What became of a calendar that was to be deleted, and what went with it.")
class DeleteCalendarPayload:
    report: strawberry.Private[CalendarReport]

    status: WriteStatus = strawberry.field(description="What became of it.")
    calendar_id: strawberry.ID | None = strawberry.field(
        description="The calendar's id; null if the name means none."
    )
    event_count: int | None = strawberry.field(
        description="How many events it held just before; null if that was not to be known."
    )
    job_ids: list[str] = strawberry.field(description="The jobs, groups or `_all` that it applied to.")
    problem: Problem | None = strawberry.field(description="What went wrong, if anything.")
    warnings: list[TranslationWarning] = strawberry.field(description="What to know of it.")

    @strawberry.field(description=_REQUESTS)
    def requests(self, info: strawberry.Info[Context]) -> list[UpstreamRequest]:
        return [UpstreamRequest.of(request, info.context) for request in self.report.requests]

    @classmethod
    def of(cls, report: CalendarReport) -> Self:
        details = report.calendar.details if report.calendar else None
        return cls(
            report=report,
            status=by_name(WriteStatus, report.status),
            calendar_id=None if report.calendar_id is None else strawberry.ID(report.calendar_id),
            event_count=report.event_count,
            job_ids=list(details.job_ids) if isinstance(details, ElasticsearchCalendarDetails) else [],
            problem=Problem.of(report.problem) if report.problem else None,
            warnings=[TranslationWarning.of(warning) for warning in report.warnings],
        )
