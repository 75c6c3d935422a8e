"""The cluster's anomaly detection jobs as one call sees them: each list is asked for once, and not logged.

They are read for what a write would mute as much as for who asks, and so are no part of what a write sends.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Final, Generic, TypeVar

import msgspec

from gateway.adapters.elasticsearch import requests
from gateway.adapters.elasticsearch.api import MLApi
from gateway.errors import GatewayError, UnexpectedAnswer
from gateway.model.suppression import Job
from gateway.model.time import from_millis

_SPAN: Final = re.compile(r"(\d{1,12})(micros|ms|s|m|h|d)", re.ASCII | re.IGNORECASE)
_MICROSECONDS: Final = {
    "micros": 1,
    "ms": 1_000,
    "s": 1_000_000,
    "m": 60_000_000,
    "h": 3_600_000_000,
    "d": 86_400_000_000,
}
T = TypeVar("T")


class _Analysis(msgspec.Struct, frozen=True):
    bucket_span: str = "5m"  # Elasticsearch's own default


class _Job(msgspec.Struct, frozen=True, kw_only=True):
    job_id: str
    groups: tuple[str, ...] = ()
    analysis_config: _Analysis = _Analysis()


class _JobList(msgspec.Struct, frozen=True, kw_only=True):
    count: int
    jobs: tuple[_Job, ...] = ()


class _Counts(msgspec.Struct, frozen=True):
    latest_record_timestamp: int | None = None


class _Statistics(msgspec.Struct, frozen=True, kw_only=True):
    job_id: str
    data_counts: _Counts = _Counts()


class _StatisticsList(msgspec.Struct, frozen=True, kw_only=True):
    jobs: tuple[_Statistics, ...] = ()


class _Count(msgspec.Struct, frozen=True):
    count: int


class ClusterJobs:
    """Implements Jobs."""

    def __init__(self, api: MLApi) -> None:
        self._api = api
        self._all = Once(self._read_all)
        self._latest = Once(self._read_latest)

    async def all(self) -> tuple[Job, ...]:
        """Every job of the cluster. Raises UpstreamError."""
        return await self._all.get()

    async def latest(self) -> Mapping[str, datetime]:
        """The time of the latest record that each job has processed, if it has any. Raises UpstreamError."""
        return await self._latest.get()

    async def events_ahead(self, after: int, job_id: str | None = None) -> int:
        """How many events end after some milliseconds: a job's, or all. Raises UpstreamError."""
        request = requests.events_ahead(self._api.source, after, job_id)
        return (await self._api.read(request, _Count, log=self._api.new_log())).count

    async def _read_all(self) -> tuple[Job, ...]:
        found = await self._api.read(requests.jobs(self._api.source), _JobList, log=self._api.new_log())
        if len(found.jobs) < found.count:
            raise UnexpectedAnswer(
                f"{self._api.source} counts {found.count} jobs and shows {len(found.jobs)}."
            )
        return tuple(
            Job(id=job.job_id, groups=job.groups, bucket_span=parse_span(job.analysis_config.bucket_span))
            for job in found.jobs
        )

    async def _read_latest(self) -> Mapping[str, datetime]:
        request = requests.job_statistics(self._api.source)
        found = await self._api.read(request, _StatisticsList, log=self._api.new_log())
        latest = {job.job_id: job.data_counts.latest_record_timestamp for job in found.jobs}
        return {id_: from_millis(millis) for id_, millis in latest.items() if millis is not None}


def parse_span(text: str) -> timedelta:
    """The bucket span that Elasticsearch writes as `15m`, in whole seconds. Raises UnexpectedAnswer."""
    match = _SPAN.fullmatch(text)
    unit = match[2].lower() if match else ""
    span = timedelta(microseconds=int(match[1]) * _MICROSECONDS[unit]) if match else None
    if span is None or span < timedelta(seconds=1):
        raise UnexpectedAnswer(f"A job's bucket span is {text!r}, which is no time of a second or more.")
    return timedelta(seconds=span // timedelta(seconds=1))


class Once(Generic[T]):
    """Something that is read when it is first asked for. What went wrong is not tried again either."""

    def __init__(self, read: Callable[[], Awaitable[T]]) -> None:
        self._read = read
        self._reading = asyncio.Lock()
        self._found: T | None = None
        self._error: GatewayError | None = None

    async def get(self) -> T:
        async with self._reading:
            if self._found is None and self._error is None:
                try:
                    self._found = await self._read()
                except GatewayError as exc:
                    self._error = exc
        if self._found is None:
            assert self._error is not None  # noqa: S101 - one of the two is there by now
            raise self._error
        return self._found
