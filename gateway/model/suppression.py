"""What the events of an ML calendar mute: anomaly detection jobs, and the windows in their buckets. Pure.

A job works in buckets. It ignores whole ones: from the bucket that an event begins in to the one that it
ends in, in whole seconds (Elasticsearch's ScheduledEvent.toDetectionRule).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from gateway.errors import InvalidTime
from gateway.model.time import EPOCH

ALL_JOBS: Final = "_all"
"""What stands in a calendar for every job of the cluster."""
MAX_EVENTS_PER_JOB: Final = 1000
"""A job loads so many events that are ahead of it, and none after them, before it loads them anew."""
_SECOND: Final = timedelta(seconds=1)


class Job(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An anomaly detection job. `bucket_span` is in whole seconds, never zero."""

    id: str
    groups: tuple[str, ...] = ()
    bucket_span: timedelta


class MutedJobs(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The jobs that a calendar's events mute, by id, and those of its names that mean no job or group."""

    jobs: tuple[Job, ...] = ()
    unknown: tuple[str, ...] = ()


class SuppressionWindow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What jobs of one bucket span ignore for an event, [start, end); nothing where the two are equal."""

    bucket_span: timedelta
    start: datetime
    end: datetime
    job_ids: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        return self.start == self.end

    @property
    def length(self) -> timedelta:
        return self.end - self.start


def muted_jobs(names: Iterable[str], jobs: Collection[Job]) -> MutedJobs:
    """The jobs that names mean: those of jobs, of groups, or `_all`."""
    wanted = set(names)
    meant = {job.id for job in jobs} | {group for job in jobs for group in job.groups} | {ALL_JOBS}
    found = (job for job in jobs if ALL_JOBS in wanted or not wanted.isdisjoint((job.id, *job.groups)))
    return MutedJobs(jobs=tuple(sorted(found, key=lambda job: job.id)), unknown=tuple(sorted(wanted - meant)))


def by_bucket_span(jobs: Iterable[Job]) -> Mapping[timedelta, tuple[str, ...]]:
    """The ids of jobs by their bucket span, the shortest first."""
    found: dict[timedelta, list[str]] = {}
    for job in jobs:
        found.setdefault(job.bucket_span, []).append(job.id)
    return {span: tuple(sorted(found[span])) for span in sorted(found)}


def suppression_windows(
    start: datetime, end: datetime, spans: Mapping[timedelta, tuple[str, ...]]
) -> list[SuppressionWindow]:
    """What an event from `start` to `end` mutes of jobs `by_bucket_span`. Raises InvalidTime."""
    try:
        return [
            SuppressionWindow(
                bucket_span=span,
                start=bucket_start(_whole_seconds(start), span),
                end=_bucket_end(_whole_seconds(end), span),
                job_ids=ids,
            )
            for span, ids in spans.items()
        ]
    except OverflowError as exc:
        raise InvalidTime("The buckets of the event lead beyond the calendar.") from exc


def begun_before(start: datetime, jobs: Collection[Job], latest: Mapping[str, datetime]) -> Sequence[Job]:
    """The jobs that have left the bucket behind in which an event begins: their results stay."""
    first = _whole_seconds(start)
    left = {span: bucket_start(first, span) + span for span in {job.bucket_span for job in jobs}}
    return [job for job in jobs if job.id in latest and latest[job.id] >= left[job.bucket_span]]


def bucket_start(instant: datetime, span: timedelta) -> datetime:
    """Where the bucket begins that an instant is in. Buckets are counted from the epoch."""
    return EPOCH + (instant - EPOCH) // span * span


def _bucket_end(instant: datetime, span: timedelta) -> datetime:
    """The first end of a bucket that is not before the instant."""
    return EPOCH - (EPOCH - instant) // span * span


def _whole_seconds(instant: datetime) -> datetime:
    return bucket_start(instant, _SECOND)
