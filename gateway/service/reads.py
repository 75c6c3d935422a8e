"""One time-ordered list of events over any set of calendars, with a status per source.

Each calendar is a stream, ordered by (start, id) and read only as far as the page needs; the page is their
merge. A stream that fails ends there and says why; the others go on.
"""

import asyncio
import time
from bisect import bisect_right
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import AsyncExitStack, aclosing
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import chain, groupby
from operator import attrgetter
from typing import Final, cast

import msgspec

from gateway.errors import GatewayError, Problem
from gateway.model.event import Event
from gateway.model.fields import EVERYTHING, Fields
from gateway.model.time import Window
from gateway.service.call_limits import check_calendars
from gateway.service.catalog import Target, Unresolved
from gateway.service.cursor import EventCursor
from gateway.service.session import Session

_AT_ONCE: Final = 16
_ORDER: Final = attrgetter("order")


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

    events: tuple[Event, ...]
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
    targets = await session.distinct([item for item in resolved if isinstance(item, Target)])
    page = await read_page(session, targets, window, first=first, after=after, fields=fields)
    unresolved = tuple(item.problem for item in resolved if isinstance(item, Unresolved))
    return msgspec.structs.replace(page, problems=unresolved)


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
    async with AsyncExitStack() as stack:
        for stream in streams:
            await stack.enter_async_context(aclosing(stream))
        rows = await _merge(streams, first + 1)
    return EventPage(
        events=tuple(rows[:first]),
        has_next=len(rows) > first,
        sources=_by_source(streams),
    )


class _Stream:
    """One calendar's events after the cursor, and how reading them fared."""

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
        self.ahead: Sequence[Event] = ()
        self.seconds = 0.0
        self.problem: Problem | None = None
        self._after = after
        self._last: Event | None = None
        self._runs = self._open(session, window, first, fields)

    def _open(
        self, session: Session, window: Window, first: int, fields: Fields
    ) -> AsyncIterator[Sequence[Event]] | None:
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

    @property
    def is_dry(self) -> bool:
        """Whether nothing is ahead, and more may come."""
        return self._runs is not None and not self.ahead

    async def fill(self) -> None:
        """Draws on until something is ahead, or the stream has ended, for good or ill."""
        began = time.perf_counter()
        try:
            while self._runs is not None and not self.ahead:
                self.ahead = self._behind_cursor(await anext(self._runs, None))
        except GatewayError as exc:
            self._fail(exc)
        finally:
            self.seconds += time.perf_counter() - began

    def take(self, place: tuple[datetime, str]) -> None:
        """Puts what is ahead up to that place behind."""
        count = bisect_right(self.ahead, place, key=_ORDER)
        if count:
            self._last, self.ahead = self.ahead[count - 1], self.ahead[count:]
            self.fetched += count

    def end(self, last: Event) -> None:
        """The page ends there. If not by this stream, its next event was needed to know that."""
        if self.ahead and self._last is not last:
            self.fetched += 1

    async def aclose(self) -> None:
        if self._runs is not None:
            await cast("AsyncGenerator[Sequence[Event]]", self._runs).aclose()

    def _behind_cursor(self, run: Sequence[Event] | None) -> Sequence[Event]:
        """What of a run comes after the cursor. With no run the stream ends."""
        if run is None:
            self._runs = None
            return ()
        return run if self._after is None else run[bisect_right(run, self._after.order, key=_ORDER) :]

    def _fail(self, exc: GatewayError) -> None:
        self._runs = None
        self.problem = exc.problem.at("calendars", self.target.index)


async def _merge(streams: Sequence[_Stream], wanted: int) -> list[Event]:
    """The first `wanted` events of all streams, by (start, id)."""
    rows: list[Event] = []
    while len(rows) < wanted:
        await _fill([stream for stream in streams if stream.is_dry])
        shown = [stream.ahead for stream in streams if stream.ahead]
        if not shown:
            break
        rows += _settled(shown)[: wanted - len(rows)]
        for stream in streams:
            stream.take(rows[-1].order)
    if rows:
        for stream in streams:
            stream.end(rows[-1])
    return rows


async def _fill(streams: Sequence[_Stream]) -> None:
    if len(streams) == 1:
        await streams[0].fill()
        return
    gate = asyncio.Semaphore(_AT_ONCE)

    async def fill(stream: _Stream) -> None:
        async with gate:
            await stream.fill()

    async with asyncio.TaskGroup() as group:  # a fault of ours stops them all, so that all can be closed
        for stream in streams:
            group.create_task(fill(stream))


def _settled(shown: Sequence[Sequence[Event]]) -> Sequence[Event]:
    """What streams show in order, up to the first of their last events: what may follow is behind that."""
    if len(shown) == 1:
        return shown[0]
    until = min(run[-1].order for run in shown)
    runs = (run[: bisect_right(run, until, key=_ORDER)] for run in shown)
    merged = sorted(chain.from_iterable(runs), key=_ORDER)
    # One calendar under two names that only it knows to be one shows its events twice.
    return [next(same) for _, same in groupby(merged, key=_ORDER)]


def _by_source(streams: Sequence[_Stream]) -> tuple[SourceRead, ...]:
    groups: dict[str, list[_Stream]] = {}
    for stream in streams:
        groups.setdefault(stream.target.source.name, []).append(stream)
    return tuple(_source_read(name, group) for name, group in groups.items())


def _source_read(name: str, streams: Sequence[_Stream]) -> SourceRead:
    problems = tuple(stream.problem for stream in streams if stream.problem is not None)
    fetched = sum(stream.fetched for stream in streams)
    whole = len(problems) == len(streams) and not fetched
    status = ReadStatus.FAILED if whole else ReadStatus.PARTIAL if problems else ReadStatus.OK
    return SourceRead(
        source=name,
        status=status,
        fetched=fetched,
        duration=timedelta(seconds=max(stream.seconds for stream in streams)),
        problems=problems,
    )
