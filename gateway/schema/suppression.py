"""What ML calendars mute, in the schema: anomaly detection jobs, and windows in their buckets."""

from typing import Self

import strawberry

from gateway.model import suppression as model
from gateway.schema.context import Context
from gateway.schema.scalars import DateTime, Duration, elapsed


@strawberry.type(description="An anomaly detection job of an Elasticsearch cluster.")
class AnomalyDetectionJob:
    source: strawberry.Private[str]

    id: str = strawberry.field(description="Elasticsearch's own id of the job.")
    groups: list[str] = strawberry.field(description="The groups that it is in.")
    bucket_span: Duration = strawberry.field(
        description="How long its buckets are: it is muted for whole ones."
    )

    @strawberry.field(
        description="The time of the latest record that it has processed; null before the first, or, with "
        "an error, where it cannot be read. Results before it are not revised."
    )
    async def latest_processed(self, info: strawberry.Info[Context]) -> DateTime | None:
        found = (await info.context.jobs(self.source).latest()).get(self.id)
        return None if found is None else DateTime(found)

    @classmethod
    def of(cls, job: model.Job, source: str) -> Self:
        return cls(source=source, id=job.id, groups=list(job.groups), bucket_span=elapsed(job.bucket_span))


@strawberry.type(
    description="What jobs of one bucket span ignore for an event: its start rounded down and its end "
    "rounded up to their buckets."
)
class SuppressionWindow:
    bucket_span: Duration = strawberry.field(description="How long the jobs' buckets are.")
    start: DateTime = strawberry.field(description="When they begin to ignore what they see.")
    end: DateTime = strawberry.field(description="When they look again.")
    job_ids: list[str] = strawberry.field(description="Which jobs.")

    @classmethod
    def of(cls, window: model.SuppressionWindow) -> Self:
        return cls(
            bucket_span=elapsed(window.bucket_span),
            start=DateTime(window.start),
            end=DateTime(window.end),
            job_ids=list(window.job_ids),
        )
