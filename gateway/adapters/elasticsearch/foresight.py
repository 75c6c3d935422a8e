"""Telling what a write will mute before it is done. A write never fails for it, nor waits long.

All it asks is asked aside: a write's own requests are what it sends.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec

from gateway.adapters.base import EventChange, EventStep, Plan, PlannedEvent, Step, UpstreamLog
from gateway.adapters.elasticsearch import requests
from gateway.adapters.elasticsearch.api import MLApi
from gateway.adapters.elasticsearch.ids import calendar_at, place_named
from gateway.adapters.elasticsearch.jobs import ClusterJobs, Once
from gateway.adapters.elasticsearch.muting import Muting
from gateway.adapters.elasticsearch.plan import sent_in, sent_in_change
from gateway.adapters.elasticsearch.wire import CalendarList, SentEvent
from gateway.errors import NotFound, UpstreamError
from gateway.model.event import SourceKind
from gateway.model.ids import CalendarId
from gateway.model.suppression import MAX_EVENTS_PER_JOB, Job, by_bucket_span, muted_jobs
from gateway.model.time import to_millis

_LONGEST_ASKING: Final = 5.0
_COUNTED_JOBS: Final = 50
_AT_ONCE: Final = 8


class Foresight:
    """What one call can tell of its calendars. Each is looked at once."""

    def __init__(self, api: MLApi, jobs: ClusterJobs) -> None:
        self._api = api
        self._jobs = jobs
        self._calendars: dict[CalendarId, Once[Muting]] = {}

    async def plan(self, calendar: CalendarId, plan: Plan) -> Plan:
        """The plan, with what is muted and what to know of it."""
        if not plan.steps:
            return plan
        count = sum(event.held_as for step in plan.steps for event in step.events)
        muting = await self._crowded(await self._muting(calendar), count)
        return msgspec.structs.replace(plan, steps=tuple(_told(step, muting) for step in plan.steps))

    async def change(self, step: EventStep) -> EventStep:
        """The step, with what is muted and what to know of it where it changes when, or how, that is."""
        if not isinstance(step.action, EventChange) or not _changes_mute(step.action):
            return step
        event = step.action.event
        muting = await self._muting(calendar_at(event.source, place_named(event.id)))
        told = muting.tell([sent_in_change(step, step.action)], step.effects)
        return msgspec.structs.replace(step, warnings=(*step.warnings, *told.warnings), effects=told.effects)

    async def _muting(self, calendar: CalendarId) -> Muting:
        once = self._calendars.setdefault(calendar, Once(lambda: self._look(calendar)))
        return await once.get()

    async def _look(self, calendar: CalendarId) -> Muting:
        """What can be told of a calendar. Raises nothing of the upstream's."""
        try:
            async with asyncio.timeout(_LONGEST_ASKING):
                names = await self._names(calendar)
                found = muted_jobs(names, await self._jobs.all() if names else ())
                muting = Muting(
                    calendar=calendar,
                    jobs=found.jobs,
                    spans=by_bucket_span(found.jobs),
                    unknown=found.unknown,
                )
        except NotFound:
            return Muting(calendar=calendar)  # the write itself is about to say so
        except UpstreamError as exc:
            return Muting(calendar=calendar, untold=(exc.problem.message,))
        except TimeoutError:
            return Muting(calendar=calendar, untold=(f"No answer within {_LONGEST_ASKING:g} s.",))
        return await self._with_latest(muting)

    async def _with_latest(self, muting: Muting) -> Muting:
        try:
            async with asyncio.timeout(_LONGEST_ASKING):
                latest = await self._jobs.latest() if muting.jobs else {}
        except UpstreamError as exc:
            return _untold(muting, f"how far its jobs are. {exc.problem.message}")
        except TimeoutError:
            return _untold(muting, f"how far its jobs are. No answer within {_LONGEST_ASKING:g} s.")
        return msgspec.structs.replace(muting, latest=latest)

    async def _names(self, calendar: CalendarId) -> Sequence[str]:
        found = await self._api.read(requests.calendar(calendar), CalendarList, log=UpstreamLog())
        return [name for each in found.calendars for name in each.job_ids]

    async def _crowded(self, muting: Muting, added: int) -> Muting:
        """With the jobs that would have more events ahead of them than they take."""
        if not muting.jobs or muting.untold:
            return muting
        try:
            async with asyncio.timeout(_LONGEST_ASKING):
                ahead = await self._ahead(muting.jobs, muting.latest, added)
        except UpstreamError as exc:
            return _untold(muting, f"how many events its jobs have. {exc.problem.message}")
        except TimeoutError:
            return _untold(muting, f"how many events its jobs have. No answer within {_LONGEST_ASKING:g} s.")
        return msgspec.structs.replace(muting, ahead=ahead)

    async def _ahead(
        self, jobs: Sequence[Job], latest: Mapping[str, datetime], added: int
    ) -> Mapping[str, int]:
        """Asks for each job only where all calendars together have more than one job takes."""
        after = {job.id: to_millis(latest[job.id]) if job.id in latest else 0 for job in jobs}
        if await self._jobs.events_ahead(min(after.values())) + added <= MAX_EVENTS_PER_JOB:
            return {}
        gate = asyncio.Semaphore(_AT_ONCE)

        async def count(job: str) -> tuple[str, int]:
            async with gate:
                return job, added + await self._jobs.events_ahead(after[job], job)

        counted = await asyncio.gather(*(count(job) for job in list(after)[:_COUNTED_JOBS]))
        return {job: ahead for job, ahead in counted if ahead > MAX_EVENTS_PER_JOB}


def _untold(muting: Muting, why: str) -> Muting:
    return msgspec.structs.replace(muting, untold=(*muting.untold, why))


def _told(step: Step, muting: Muting) -> Step:
    events = zip(step.events, sent_in(step), strict=True)
    return msgspec.structs.replace(step, events=tuple(_told_event(*event, muting) for event in events))


def _told_event(planned: PlannedEvent, sent: Sequence[SentEvent], muting: Muting) -> PlannedEvent:
    told = muting.tell(sent, planned.effects)
    return msgspec.structs.replace(
        planned, warnings=(*planned.warnings, *told.warnings), effects=told.effects
    )


def _changes_mute(change: EventChange) -> bool:
    own = f"{SourceKind.ELASTICSEARCH}."
    return any(name in {"start", "end"} or name.startswith(own) for name in change.changed)
