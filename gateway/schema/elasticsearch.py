"""What only Elasticsearch ML calendars have, in the schema."""

from typing import Self

import strawberry

from gateway.model import elasticsearch as model
from gateway.model.event import Event
from gateway.model.suppression import MutedJobs, by_bucket_span, muted_jobs, suppression_windows
from gateway.schema.context import Context
from gateway.schema.scalars import DateTime
from gateway.schema.shown import shown
from gateway.schema.suppression import AnomalyDetectionJob, SuppressionWindow

_SKIP_RESULT = "Whether no anomalies are reported for the time."
_SKIP_MODEL_UPDATE = "Whether the models do not learn from the time."
_FORCE_TIME_SHIFT = (
    "By how many seconds the models' clock is shifted when the event begins; positive as clocks go "
    "forward. It is not shifted back at the end. At most a year."
)


@strawberry.type(description="What only an Elasticsearch ML calendar event has.")
class ElasticsearchEventDetails:
    details: strawberry.Private[model.ElasticsearchEventDetails]
    event: strawberry.Private[Event]

    event_id: str = shown("details.event_id", description="Elasticsearch's own id of the event.")

    occurrence: DateTime | None = shown(
        "details.occurrence",
        description="When the series that it is a part of has it begin, whenever it does. Null for single "
        "events, and where a series has no key.",
    )

    skip_result: bool | None = shown(
        "details.skip_result", description=f"{_SKIP_RESULT} Null before Elasticsearch 8.16."
    )

    skip_model_update: bool | None = shown(
        "details.skip_model_update", description=f"{_SKIP_MODEL_UPDATE} Null before Elasticsearch 8.16."
    )

    force_time_shift: int | None = shown("details.force_time_shift", description=_FORCE_TIME_SHIFT)

    @strawberry.field(
        description="What is really muted: by bucket span, the time that the calendar's jobs ignore. Empty "
        "where no job does. Null, with an error, where the jobs cannot be read."
    )
    async def effective_windows(self, info: strawberry.Info[Context]) -> list[SuppressionWindow] | None:
        if not self.details.mutes:
            return []
        calendar = await info.context.calendar(str(self.event.calendar_id))
        names = (
            calendar.details.job_ids
            if isinstance(calendar.details, model.ElasticsearchCalendarDetails)
            else ()
        )
        jobs = muted_jobs(names, await info.context.jobs(self.event.source).all()).jobs
        windows = suppression_windows(self.event.start.instant, self.event.end.instant, by_bucket_span(jobs))
        return [SuppressionWindow.of(window) for window in windows if not window.is_empty]

    @strawberry.field(
        description="Until when its key mutes: the end of the last event under that key in its calendar, so "
        "of a series of its last occurrence. Null where it has no key, or what bears it mutes nothing, and, "
        "with an error, where the key cannot be looked up."
    )
    async def muted_until(self, info: strawberry.Info[Context]) -> DateTime | None:
        if self.event.key is None:
            return None
        end = await info.context.muted_until.load((str(self.event.calendar_id), self.event.key))
        own = self.event.end.instant if self.details.mutes else None  # too long ago to be looked up, maybe
        ends = [each for each in (end, own) if each is not None]
        return DateTime(max(ends)) if ends else None


@strawberry.input(
    description="What only Elasticsearch ML calendars understand, from 8.16 on. What an older cluster lacks "
    "is left out, with a warning."
)
class ElasticsearchEventOptions:
    skip_result: bool | None = strawberry.field(default=None, description=_SKIP_RESULT)
    skip_model_update: bool | None = strawberry.field(default=None, description=_SKIP_MODEL_UPDATE)
    force_time_shift: int | None = strawberry.field(default=None, description=_FORCE_TIME_SHIFT)

    def to_model(self) -> model.ElasticsearchEventOptions:
        return model.ElasticsearchEventOptions(
            skip_result=self.skip_result,
            skip_model_update=self.skip_model_update,
            force_time_shift=self.force_time_shift,
        )


@strawberry.type(description="What only an Elasticsearch ML calendar has.")
class ElasticsearchCalendarDetails:
    job_ids: list[str] = strawberry.field(
        description="The jobs, job groups, or `_all`, for which the calendar's events count."
    )
    applies_to_all_jobs: bool = strawberry.field(
        description="Whether its events mute every job of the source."
    )

    source: strawberry.Private[str]

    @strawberry.field(
        description="The jobs that its events mute, by id: its job ids, groups and `_all`, resolved. Null, "
        "with an error, where the jobs cannot be read."
    )
    async def jobs(self, info: strawberry.Info[Context]) -> list[AnomalyDetectionJob] | None:
        found = await self._muted(info.context)
        return [AnomalyDetectionJob.of(job, self.source) for job in found.jobs]

    @strawberry.field(
        description="Those of `jobIds` that are neither a job nor a group of the cluster: they mute nothing. "
        "Null, with an error, where the jobs cannot be read."
    )
    async def unknown_job_ids(self, info: strawberry.Info[Context]) -> list[str] | None:
        return list((await self._muted(info.context)).unknown)

    async def _muted(self, context: Context) -> MutedJobs:
        return muted_jobs(self.job_ids, await context.jobs(self.source).all() if self.job_ids else ())

    @classmethod
    def of(cls, details: model.ElasticsearchCalendarDetails, source: str) -> Self:
        return cls(
            source=source,
            job_ids=list(details.job_ids),
            applies_to_all_jobs=details.applies_to_all_jobs,
        )
