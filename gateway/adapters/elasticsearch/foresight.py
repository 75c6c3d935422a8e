"""Telling what a write will mute before it is done. A write never fails for it, nor waits long.

All it asks is asked aside: a write's own requests are what it sends.
"""

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from datetime import datetime
from typing import Final, TypeVar

import msgspec

from gateway.adapters.base import EventChange, EventStep, PlannedEvent
from gateway.adapters.elasticsearch.api import MLApi
from gateway.adapters.elasticsearch.calendar_plan import find, names_of
from gateway.adapters.elasticsearch.ids import calendar_at, place_named
from gateway.adapters.elasticsearch.jobs import ClusterJobs, Once
from gateway.adapters.elasticsearch.muting import Muting, Told
from gateway.adapters.elasticsearch.plan import MLStep, sent_in_change
from gateway.errors import UpstreamError
from gateway.model.calendar import Calendar
from gateway.model.event import SourceKind
from gateway.model.ids import CalendarId
from gateway.model.suppression import MAX_EVENTS_PER_JOB, Job, MutedJobs, by_bucket_span, muted_jobs
from gateway.model.time import to_millis

_LONGEST_ASKING: Final = 5.0
_COUNTED_JOBS: Final = 50
_AT_ONCE: Final = 8
T = TypeVar("T")


class Foresight:
    """What one call can tell of its calendars. Each is looked at once."""

    def __init__(self, api: MLApi, jobs: ClusterJobs) -> None:
        self._api = api
        self._jobs = jobs
        self._calendars: dict[CalendarId, Once[Muting]] = {}

    async def steps(self, steps: Sequence[MLStep], known: Calendar | None) -> Sequence[MLStep]:
        """Steps of one calendar, with what is muted and what to know of it."""
        if not steps:
            return ()
        muting = await self._crowded(await self._muting(steps[0].calendar, known), steps)
        return [_told(step, muting) for step in steps]

    async def change(self, step: EventStep) -> EventStep:
        """The step, with what is muted and what to know of it where it changes when, or how, that is."""
        if not isinstance(step.action, EventChange) or not _changes_mute(step.action):
            return step
        event = step.action.event
        muting = await self._muting(calendar_at(event.source, place_named(event.id)))
        (told,) = muting.tell([[sent_in_change(step, step.action)]])
        return msgspec.structs.replace(
            step,
            warnings=(*step.warnings, *told.warnings),
            effects=told.effects if step.effects else (),
        )

    async def _muting(self, calendar: CalendarId, known: Calendar | None = None) -> Muting:
        once = self._calendars.setdefault(calendar, Once(lambda: self._look(calendar, known)))
        return await once.get()

    async def _look(self, calendar: CalendarId, known: Calendar | None) -> Muting:
        """What can be told of a calendar. Raises nothing of the upstream's."""
        found, untold = await _ask(self._muted(calendar, known))
        if found is None:
            return Muting(calendar=calendar, untold=untold)
        latest, untold = await _ask(self._latest(found.jobs), "how far its jobs are. ")
        return Muting(
            calendar=calendar,
            jobs=found.jobs,
            spans=by_bucket_span(found.jobs),
            unknown=found.unknown,
            latest=latest or {},
            untold=untold,
        )

    async def _muted(self, calendar: CalendarId, known: Calendar | None) -> MutedJobs | None:
        """The jobs of a calendar; None where there is none, as the write itself is about to say."""
        found = known or await find(self._api, calendar, log=self._api.new_log())
        if found is None:
            return None
        names = names_of(found)
        return muted_jobs(names, await self._jobs.all() if names else ())

    async def _latest(self, jobs: Sequence[Job]) -> Mapping[str, datetime]:
        return await self._jobs.latest() if jobs else {}

    async def _crowded(self, muting: Muting, steps: Sequence[MLStep]) -> Muting:
        """With the jobs that would have more events ahead of them than they take, with those of the steps."""
        if not muting.jobs or muting.untold:
            return muting
        ends = [event.end_time for step in steps for event in step.sent]
        ahead, untold = await _ask(
            self._ahead(muting.jobs, muting.latest, ends), "how many events its jobs have. "
        )
        return msgspec.structs.replace(muting, ahead=ahead or {}, untold=untold)

    async def _ahead(
        self, jobs: Sequence[Job], latest: Mapping[str, datetime], ends: Sequence[int]
    ) -> Mapping[str, int]:
        """Asks for each job only where all calendars together have more than one job takes."""
        after = {job.id: to_millis(latest[job.id]) if job.id in latest else 0 for job in jobs}
        if await self._jobs.events_ahead(min(after.values())) + len(ends) <= MAX_EVENTS_PER_JOB:
            return {}
        gate = asyncio.Semaphore(_AT_ONCE)

        async def count(job: str) -> int:
            async with gate:
                return await self._jobs.events_ahead(after[job], job)

        asked = list(after)[:_COUNTED_JOBS]
        counts = await asyncio.gather(*map(count, asked), return_exceptions=True)
        total: dict[str, int] = {}
        for job, counted in zip(asked, counts, strict=True):
            if isinstance(counted, BaseException):
                raise counted
            total[job] = counted + sum(end > after[job] for end in ends)
        return {job: ahead for job, ahead in total.items() if ahead > MAX_EVENTS_PER_JOB}


async def _ask(reading: Awaitable[T], what: str = "") -> tuple[T | None, tuple[str, ...]]:
    """What is read; or None, and why it could not be. Raises nothing of the upstream's."""
    try:
        async with asyncio.timeout(_LONGEST_ASKING):
            return await reading, ()
    except UpstreamError as exc:
        return None, (what + exc.problem.message,)
    except TimeoutError:
        return None, (f"{what}No answer within {_LONGEST_ASKING:g} s.",)


def _told(step: MLStep, muting: Muting) -> MLStep:
    told = zip(step.events, muting.tell(step.wanted), strict=True)
    return msgspec.structs.replace(step, events=tuple([_told_event(*event) for event in told]))


def _told_event(planned: PlannedEvent, told: Told) -> PlannedEvent:
    return msgspec.structs.replace(
        planned, warnings=(*planned.warnings, *told.warnings), effects=told.effects
    )


def _changes_mute(change: EventChange) -> bool:
    own = f"{SourceKind.ELASTICSEARCH}."
    return any(name in {"start", "end"} or name.startswith(own) for name in change.changed)
