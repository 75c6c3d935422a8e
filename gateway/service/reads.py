"""One time-ordered list of events over any set of calendars, with a status per source.

Each calendar is a stream, ordered by (start, id) and read only as far as the page needs; the page is their
merge. A stream that fails ends there and says why; the others go on.
"""

import asyncio
import time
from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import chain
from operator import attrgetter
from typing import Final

import msgspec

from gateway.errors import GatewayError, Problem
from gateway.model.event import Event
from gateway.model.fields import EVERYTHING, Fields
from gateway.model.run import NONE, Merged, Run, Runs, as_run
from gateway.model.time import Window
from gateway.service.call_limits import check_calendars
from gateway.service.catalog import Target, Unresolved
from gateway.service.cursor import EventCursor
from gateway.service.session import Session

_AT_ONCE: Final = 16
_ORDER: Final = attrgetter("order")
Place = tuple[datetime, str]
"""Where an event stands in any list: by its start and id."""


class ReadStatus(StrEnum):
    """OK: all that the page needed was read. PARTIAL: some calendars, or the rest of one, are missing."""

    OK = "ok"
    PARTIAL = "partial"
    FAILED = "failed"


class SourceRead(msgspec.Struct, frozen=True, kw_only=True):
    """How one source fared. `fetched` counts the events drawn from it for this page."""

    source: str
    status: ReadStatus
    fetched: int
    duration: timedelta
    problems: tuple[Problem, ...] = ()


class EventPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of events, ordered by (start, id). Complete only if every source was read in full so far."""

    events: Run
    has_next: bool
    sources: tuple[SourceRead, ...]
    problems: tuple[Problem, ...] = ()

    @property
    def is_complete(self) -> bool:
        return not self.problems and all(source.status is ReadStatus.OK for source in self.sources)


async def read_events(
    session: Session,
    calendars: Sequence[str],
    window: Window,
    *,
    first: int,
    after: EventCursor | None,
    fields: Fields = EVERYTHING,
) -> EventPage:
    """The first events in the window after the cursor, with those fields.

    Raises InvalidInput, TooMany; other troubles are in the page.
    """
    session.limits.check_page(first)
    resolved = session.catalog.resolve(calendars)
    check_calendars(len(resolved))
    targets = [item for item in resolved if isinstance(item, Target)]
    distinct = await session.distinct(targets)
    page = await read_page(session, distinct, window, first=first, after=after, fields=fields)
    if len(targets) == len(resolved):
        return page
    unresolved = [item.problem for item in resolved if isinstance(item, Unresolved)]
    return msgspec.structs.replace(page, problems=tuple(unresolved))


async def read_page(
    session: Session,
    targets: Sequence[Target],
    window: Window,
    *,
    first: int,
    after: EventCursor | None,
    fields: Fields,
) -> EventPage:
    """The first events of those calendars in the window after the cursor, with those fields."""
    streams = [
        _Stream(session, target, window, first=first, after=after, fields=fields) for target in targets
    ]
    try:
        rows = await _merge(streams, first + 1)
    finally:
        for stream in streams:
            if stream.runs is not None:
                await stream.runs.aclose()
    return EventPage(events=rows[:first], has_next=len(rows) > first, sources=_by_source(streams))


class _Stream:
    """One calendar's events after the cursor, and how reading them fared.

    `ahead` are those that were drawn and are not taken, NONE itself if there are no such, and `runs` those
    that may follow.
    """

    def __init__(
        self,
        session: Session,
        target: Target,
        window: Window,
        *,
        first: int,
        after: EventCursor | None,
        fields: Fields,
    ) -> None:
        self.target = target
        self.fetched = 0
        self.ahead: Run = NONE
        self.seconds = 0.0
        self.problem: Problem | None = None
        self._after = after
        self._places: Sequence[Place] | None = None
        self.runs = self._open(session, window, first, fields)

    def _open(self, session: Session, window: Window, first: int, fields: Fields) -> Runs | None:
        try:
            self.target.check_allowed()
            adapter = session.reader(self.target.source)
        except GatewayError as exc:
            self._fail(exc)
            return None
        start = window.start if self._after is None else max(window.start, self._after.start)
        if start >= window.end:
            return None
        rest = Window(start=start, end=window.end)
        return adapter.events(self.target.calendar, rest, page=first + 1, fields=fields)

    async def fill(self) -> None:
        """Draws on until something is ahead, or the stream has ended, for good or ill."""
        began = time.perf_counter()
        try:
            while self.runs is not None and self.ahead is NONE:
                self.ahead = self._behind_cursor(await anext(self.runs, None))
        except GatewayError as exc:
            self._fail(exc)
        finally:
            self.seconds += time.perf_counter() - began

    @property
    def places(self) -> Sequence[Place]:
        """Those of the events ahead."""
        if self._places is None:
            self._places = self.ahead.column("order")
        return self._places

    def take(self, count: int) -> Run:
        """The first events ahead, which then are behind."""
        taken, size = self.ahead, len(self.ahead)
        if count < size:
            taken, self.ahead = taken[:count], taken[count:]
            self._places = self._places and self._places[count:]
        else:
            self.ahead = NONE
        self.fetched += min(count, size)
        return taken

    def _behind_cursor(self, events: Sequence[Event] | None) -> Run:
        """What of a run comes after the cursor. With no run the stream ends."""
        self._places = None
        if events is None:
            self.runs = None
            return NONE
        run = as_run(events)
        if self._after is not None:
            run = run[bisect_right(run, self._after.order, key=_ORDER) :]
        return run if len(run) else NONE

    def _fail(self, exc: GatewayError) -> None:
        self.runs = None
        self.problem = exc.problem.at("calendars", self.target.index)


async def _merge(streams: Sequence[_Stream], wanted: int) -> Run:
    """The first `wanted` events of all streams, by (start, id)."""
    parts: list[Run] = []
    ending: _Stream | None = None
    while wanted:
        dry = [it for it in streams if it.ahead is NONE and it.runs is not None]
        if len(dry) == 1:
            await dry[0].fill()
        elif dry:
            await _fill(dry)
        shown = [it for it in streams if it.ahead is not NONE]
        if not shown:
            break
        part, ending = _settled(shown, wanted) if len(shown) > 1 else (shown[0].take(wanted), shown[0])
        parts.append(part)
        wanted -= len(part)
    for stream in streams:
        if stream.ahead is not NONE and stream is not ending:  # its next event was needed, to know of the end
            stream.fetched += 1
    return parts[0] if len(parts) == 1 else Merged(parts)


async def _fill(streams: Sequence[_Stream]) -> None:
    gate = asyncio.Semaphore(_AT_ONCE)

    async def fill(stream: _Stream) -> None:
        async with gate:
            await stream.fill()

    async with asyncio.TaskGroup() as group:  # a fault of ours stops them all, so that all can be closed
        for stream in streams:
            group.create_task(fill(stream))


def _settled(streams: Sequence[_Stream], wanted: int) -> tuple[Run, _Stream]:
    """What streams show in order, up to the first of their last events: what may follow is behind that.

    At most `wanted` events, and the stream that the last of them comes from. One calendar under two names
    that only it knows to be one shows its events twice.
    """
    until = min(stream.places[-1] for stream in streams)
    known = {place for it in streams for place in it.places[: bisect_right(it.places, until)]}
    rows = sorted(known)[:wanted]
    shown = [stream.places[: bisect_right(stream.places, rows[-1])] for stream in streams]
    where = {place: number for number, place in reversed([*enumerate(chain.from_iterable(shown))])}
    parts = [stream.take(len(places)) for stream, places in zip(streams, shown, strict=True)]
    ending = next(it for it, places in zip(streams, shown, strict=True) if places[-1:] == rows[-1:])
    return Merged(parts, [where[place] for place in rows]), ending


def _by_source(streams: Sequence[_Stream]) -> tuple[SourceRead, ...]:
    groups: dict[str, list[_Stream]] = {}
    for stream in streams:
        groups.setdefault(stream.target.source.name, []).append(stream)
    return tuple([_source_read(name, group) for name, group in groups.items()])


def _source_read(name: str, streams: Sequence[_Stream]) -> SourceRead:
    problems = tuple([it.problem for it in streams if it.problem is not None])
    fetched = sum([it.fetched for it in streams])
    whole = len(problems) == len(streams) and not fetched
    status = ReadStatus.FAILED if whole else ReadStatus.PARTIAL if problems else ReadStatus.OK
    return SourceRead(
        source=name,
        status=status,
        fetched=fetched,
        duration=timedelta(seconds=max([it.seconds for it in streams])),
        problems=problems,
    )
