"""What is announced against what is muted: who has whom, what is not covered, and what nobody announced."""

import asyncio
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from gateway.adapters.groups import in_groups
from gateway.errors import GatewayError, Problem, TooMany
from gateway.model.elasticsearch import ElasticsearchCalendarDetails, ElasticsearchEventDetails
from gateway.model.event import Event, EventStatus
from gateway.model.fields import ALWAYS, Fields
from gateway.model.intervals import Interval, length, without
from gateway.model.suppression import Job, by_bucket_span, muted_jobs, suppression_windows
from gateway.model.time import Window
from gateway.service import side
from gateway.service.pairing import Pair, interval, pair
from gateway.service.reads import ReadStatus, SourceRead
from gateway.service.session import Session

LONGEST: Final = timedelta(days=366)
_NEEDED: Final[Fields] = ALWAYS | {"key", "title", "status", "elasticsearch.skip_result"}
_UNROUNDED: Final = timedelta(seconds=1)
"""The bucket of jobs that nobody knows."""


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """A time that is announced and that jobs look at. No jobs: those of a calendar that applies to none."""

    job_ids: tuple[str, ...]
    bucket_span: timedelta
    start: datetime
    end: datetime


class CoveredEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A pair, and what is not covered of it. `uncovered` is the time of the job that sees most of it."""

    pair: Pair
    gaps: tuple[Gap, ...]
    uncovered: timedelta

    @property
    def muted_until(self) -> datetime:
        return max(mute.end.instant for mute in self.pair.mutes)


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """All announced events and mutes of a window, each in one place. Complete only if all was read."""

    covered: tuple[CoveredEvent, ...] = ()
    announced_only: tuple[Event, ...] = ()
    mutes_only: tuple[Event, ...] = ()
    sources: tuple[SourceRead, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def is_complete(self) -> bool:
        return not self.problems and all(source.status is ReadStatus.OK for source in self.sources)


class Muted(msgspec.Struct, frozen=True, kw_only=True):
    """When jobs of one bucket span are muted by calendars that apply to them: intervals in order, apart.

    Without jobs: the calendar applies to none, or nobody knows to which.
    """

    calendars: frozenset[str]
    job_ids: tuple[str, ...]
    bucket_span: timedelta
    intervals: tuple[Interval, ...]

    def gaps(self, whole: Interval) -> Sequence[Interval]:
        """What of an interval is not muted."""
        first = max(bisect_left(self.intervals, (whole.start,)) - 1, 0)
        last = bisect_left(self.intervals, (whole.end,))
        return without(whole, self.intervals[first:last])


async def coverage(
    session: Session, announced: Sequence[str], suppressed: Sequence[str], window: Window, fields: Fields
) -> Coverage:
    """The events of both sides in a window. Raises InvalidInput, TooMany; other troubles are in the report.

    An alias stands on each side for those of its calendars that announce, or that mute.
    """
    if window.end - window.start > LONGEST:
        raise TooMany(f"A window is at most {LONGEST.days} days long.", path=("window",))
    wanted = fields | _NEEDED
    ours = await side.choose(session, announced, name="announced", mutes=False)
    theirs = await side.choose(session, suppressed, name="suppressed", mutes=True)
    ours, theirs = await asyncio.gather(
        side.read(session, ours, window, wanted), side.read(session, theirs, window, wanted)
    )
    found = pair(
        [event for event in ours.events if event.status is not EventStatus.CANCELLED],
        [event for event in theirs.events if skips_results(event)],
    )
    muted, problems = await _muted(session, [mute for mute in theirs.events if skips_results(mute)])
    whole = Interval(window.start, window.end)
    return Coverage(
        covered=tuple(_covered(each, muted, whole) for each in found.pairs),
        announced_only=found.announced_only,
        mutes_only=found.mutes_only,
        sources=(*ours.sources, *theirs.sources),
        problems=(*ours.problems, *theirs.problems, *problems),
    )


def skips_results(event: Event) -> bool:
    """Whether no anomalies are reported for an event's time; clusters before 8.16 know no other events."""
    details = event.details
    return not isinstance(details, ElasticsearchEventDetails) or details.skip_result is not False


async def _muted(session: Session, mutes: Sequence[Event]) -> tuple[Sequence[Muted], Sequence[Problem]]:
    """What the mutes of all calendars keep which jobs from seeing, and why jobs could not be told."""
    by_calendar: dict[str, list[Event]] = {}
    for mute in mutes:
        by_calendar.setdefault(str(mute.calendar_id), []).append(mute)

    async def ask(those: Sequence[str]) -> Sequence[Sequence[Job]]:
        return [await _jobs(session, calendar) for calendar in those]

    told = await in_groups(list(by_calendar), str, ask)
    problems = [each.problem for each in told if isinstance(each, GatewayError)]
    known = [None if isinstance(each, GatewayError) else each for each in told]
    jobs = dict(zip(by_calendar, known, strict=True))
    return list(_by_jobs(by_calendar, jobs)), problems


def _by_jobs(
    mutes: Mapping[str, Sequence[Event]], jobs: Mapping[str, Sequence[Job] | None]
) -> Iterator[Muted]:
    """A job is muted by all calendars that apply to it; those with the same ones and buckets go together."""
    calendars: dict[Job, frozenset[str]] = {}
    for calendar, of_calendar in jobs.items():
        for job in of_calendar or ():
            calendars[job] = calendars.get(job, frozenset()) | {calendar}
        if not of_calendar:  # Nobody is muted, or nobody knows who: then the events' own time has to do.
            windows = [interval(mute) for mute in mutes[calendar]] if of_calendar is None else []
            yield Muted(
                calendars=frozenset({calendar}),
                job_ids=(),
                bucket_span=_UNROUNDED,
                intervals=tuple(_merged(windows)),
            )
    groups: dict[frozenset[str], list[Job]] = {}
    for job, names in calendars.items():
        groups.setdefault(names, []).append(job)
    for names, of_group in groups.items():
        events = [mute for name in sorted(names) for mute in mutes[name]]
        for span, job_ids in by_bucket_span(of_group).items():
            yield Muted(calendars=names, job_ids=job_ids, bucket_span=span, intervals=_windows(events, span))


def _windows(mutes: Sequence[Event], span: timedelta) -> tuple[Interval, ...]:
    """The time that jobs of a bucket span ignore."""
    windows = (suppression_windows(it.start.instant, it.end.instant, {span: ()}) for it in mutes)
    return tuple(_merged(Interval(each.start, each.end) for found in windows for each in found))


async def _jobs(session: Session, name: str) -> Sequence[Job]:
    """The jobs that a calendar mutes. Raises GatewayError where nobody can tell."""
    target = session.catalog.calendar(name)
    adapter = session.adapter(target.source)
    details = (await adapter.calendar(target.calendar)).details
    names = details.job_ids if isinstance(details, ElasticsearchCalendarDetails) else ()
    if not names or adapter.jobs is None:
        return ()
    return muted_jobs(names, await adapter.jobs.all()).jobs


def _merged(windows: Iterable[Interval]) -> Iterator[Interval]:
    """The same time in intervals that are in order and apart."""
    current: Interval | None = None
    for window in sorted(windows):
        if current is not None and window.start <= current.end:
            current = Interval(current.start, max(current.end, window.end))
            continue
        if current is not None:
            yield current
        current = window
    if current is not None:
        yield current


def _covered(found: Pair, muted: Sequence[Muted], window: Interval) -> CoveredEvent:
    event = interval(found.announced)
    whole = Interval(max(event.start, window.start), min(event.end, window.end))
    calendars = {str(mute.calendar_id) for mute in found.mutes}
    parts = [(each, each.gaps(whole)) for each in muted if not calendars.isdisjoint(each.calendars)]
    return CoveredEvent(
        pair=found,
        gaps=tuple(
            Gap(job_ids=each.job_ids, bucket_span=each.bucket_span, start=part.start, end=part.end)
            for each, left in parts
            for part in left
        ),
        uncovered=max((length(left) for _, left in parts), default=timedelta(0)),
    )
