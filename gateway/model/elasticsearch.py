"""What only Elasticsearch ML calendars have: details of an event, its options, and a calendar's job ids."""

from datetime import datetime

import msgspec

from gateway.model.event import SourceKind


class ElasticsearchEventOptions(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """The three flags of an ML calendar event (Elasticsearch 8.16 and later); None is not sent.

    `force_time_shift` is in whole seconds.
    """

    skip_result: bool | None = None
    skip_model_update: bool | None = None
    force_time_shift: int | None = None


class ElasticsearchEventDetails(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """`skip_result` and `skip_model_update` are None where the cluster is older than 8.16.

    `occurrence` is when the series under the event's key has it begin, if it is a part of one.
    """

    event_id: str
    skip_result: bool | None = None
    skip_model_update: bool | None = None
    force_time_shift: int | None = None
    occurrence: datetime | None = None

    @property
    def mutes(self) -> bool:
        """Whether jobs ignore anything of its time."""
        return self.skip_result is not False or self.skip_model_update is not False

    def options(self) -> tuple[SourceKind, ElasticsearchEventOptions]:
        return SourceKind.ELASTICSEARCH, ElasticsearchEventOptions(
            skip_result=self.skip_result,
            skip_model_update=self.skip_model_update,
            force_time_shift=self.force_time_shift,
        )


class ElasticsearchCalendarDetails(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """`job_ids` as the calendar holds them: job ids, group ids or `_all`, in no order that means anything."""

    job_ids: tuple[str, ...] = ()

    @property
    def applies_to_all_jobs(self) -> bool:
        return "_all" in self.job_ids
