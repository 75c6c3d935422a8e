"""What only Elasticsearch ML calendars have, in the schema."""

from typing import Self

import strawberry

from gateway.model import elasticsearch as model

_SKIP_RESULT = "Whether no anomalies are reported for the time."
_SKIP_MODEL_UPDATE = "Whether the models do not learn from the time."
_FORCE_TIME_SHIFT = (
    "By how many seconds the models' clock is shifted when the event begins; positive as clocks go "
    "forward. It is not shifted back at the end."
)


@strawberry.type(description="What only an Elasticsearch ML calendar event has.")
class ElasticsearchEventDetails:
    event_id: str = strawberry.field(description="Elasticsearch's own id of the event.")
    skip_result: bool | None = strawberry.field(description=f"{_SKIP_RESULT} Null before Elasticsearch 8.16.")
    skip_model_update: bool | None = strawberry.field(
        description=f"{_SKIP_MODEL_UPDATE} Null before Elasticsearch 8.16."
    )
    force_time_shift: int | None = strawberry.field(description=_FORCE_TIME_SHIFT)

    @classmethod
    def of(cls, details: model.ElasticsearchEventDetails) -> Self:
        return cls(
            event_id=details.event_id,
            skip_result=details.skip_result,
            skip_model_update=details.skip_model_update,
            force_time_shift=details.force_time_shift,
        )


@strawberry.input(
    description="What only Elasticsearch ML calendars understand (8.16 and later). Sent as given, or not at "
    "all."
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

    @classmethod
    def of(cls, details: model.ElasticsearchCalendarDetails) -> Self:
        return cls(job_ids=list(details.job_ids), applies_to_all_jobs=details.applies_to_all_jobs)
