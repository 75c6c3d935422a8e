"""Calendars and single events, found by id or listed over all sources."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import TypeVar

import msgspec

from gateway.adapters.groups import in_groups
from gateway.errors import CalendarNotAllowed, GatewayError, NotFound
from gateway.model.calendar import Calendar
from gateway.model.event import Event
from gateway.model.fields import EVERYTHING, Fields
from gateway.model.ids import CalendarId, EventId
from gateway.service.catalog import ConfiguredSource
from gateway.service.reads import ReadStatus, SourceRead
from gateway.service.session import Session

T = TypeVar("T")


class CalendarPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of calendars, ordered by id. Complete only if every source could be listed."""

    calendars: tuple[Calendar, ...]
    has_next: bool
    sources: tuple[SourceRead, ...]

    @property
    def is_complete(self) -> bool:
        return all(source.status is ReadStatus.OK for source in self.sources)


async def list_calendars(session: Session, *, first: int, after: str | None) -> CalendarPage:
    """The first calendars whose id follows `after`, of all sources, those only that may be read."""
    session.limits.check_page(first)
    lists = await asyncio.gather(*(_list(session, source) for source in session.catalog.sources.values()))
    calendars = sorted(
        (calendar for found, _ in lists for calendar in found), key=lambda calendar: calendar.id
    )
    rest = [calendar for calendar in calendars if after is None or calendar.id > after]
    return CalendarPage(
        calendars=tuple(rest[:first]), has_next=len(rest) > first, sources=tuple(read for _, read in lists)
    )


async def find_calendar(session: Session, name: str) -> Calendar | None:
    """The calendar that an id, or an alias of one calendar, names; None if the upstream has none."""
    target = session.catalog.calendar(name)
    target.check_allowed()
    try:
        return await session.reader(target.source).calendar(target.calendar)
    except NotFound:
        return None


async def find_events(
    session: Session, names: Sequence[str], fields: Fields = EVERYTHING
) -> list[Event | GatewayError | None]:
    """The event that each id names, with those fields; None if there is none, or why it cannot be told."""

    async def of_source(source: ConfiguredSource, events: Sequence[EventId]) -> list[Event | GatewayError]:
        found = await session.reader(source).find_each(events, fields=fields)
        return await _allowed(session, source, events, found)

    found = await _by_source(session, names, of_source)
    return [None if isinstance(one, NotFound) else one for one in found]


async def calendars_of(session: Session, names: Sequence[str]) -> list[Calendar | GatewayError]:
    """The calendar that holds each event, or why it cannot be told, such as that it may not be read."""

    async def of_source(source: ConfiguredSource, events: Sequence[EventId]) -> list[Calendar | GatewayError]:
        return await _homes(session, source, events)

    return await _by_source(session, names, of_source)


async def check_event(session: Session, source: ConfiguredSource, event_id: EventId, event: Event) -> None:
    """Raises CalendarNotAllowed. Costs a read only where the id alone does not tell the event's calendar."""
    (allowed,) = await _allowed(session, source, [event_id], [event])
    if isinstance(allowed, GatewayError):
        raise allowed


async def _by_source(
    session: Session,
    names: Sequence[str],
    ask: Callable[[ConfiguredSource, Sequence[EventId]], Awaitable[Sequence[T | GatewayError]]],
) -> list[T | GatewayError]:
    """What each event's source answers for it. A name that is none has its error for an answer."""

    async def of_source(named: Sequence[str]) -> Sequence[T | GatewayError]:
        parsed = [session.catalog.event(name) for name in named]
        return await ask(parsed[0][0], [event for _, event in parsed])

    return await in_groups(names, lambda name: _source_of(session, name), of_source)


def _source_of(session: Session, name: str) -> str:
    """The source of an event; a name that is none is by itself."""
    try:
        return session.catalog.event(name)[0].name
    except GatewayError:
        return f"{name}:"


async def _allowed(
    session: Session,
    source: ConfiguredSource,
    events: Sequence[EventId],
    found: Sequence[Event | GatewayError],
) -> list[Event | GatewayError]:
    """What was found, with CalendarNotAllowed for the events of other calendars than those allowed.

    Costs reads only where ids alone do not tell the events' calendars.
    """
    if source.policy.allows_all:
        return list(found)
    pairs = list(zip(events, found, strict=True))
    untold = [id_ for id_, event in pairs if isinstance(event, Event) and event.calendar_id is None]
    homes = dict(zip(untold, await _homes(session, source, untold), strict=True))
    return [_if_allowed(source, event, homes.get(id_)) for id_, event in pairs]


def _if_allowed(
    source: ConfiguredSource, event: Event | GatewayError, home: Calendar | GatewayError | None
) -> Event | GatewayError:
    """`home` is the calendar that holds it, where that had to be asked for."""
    if isinstance(event, GatewayError) or isinstance(home, Calendar):
        return event
    if home is not None:
        return home
    try:
        source.policy.check_calendar(CalendarId.parse(event.calendar_id or ""))
    except GatewayError as exc:
        return exc
    return event


async def _homes(
    session: Session, source: ConfiguredSource, events: Sequence[EventId]
) -> list[Calendar | GatewayError]:
    """The calendars that hold the events, those only that may be read."""
    homes = await session.adapter(source).calendars_of(events)
    return [_if_readable(source, home) for home in homes]


def _if_readable(source: ConfiguredSource, calendar: Calendar | GatewayError) -> Calendar | GatewayError:
    try:
        if isinstance(calendar, Calendar):
            source.policy.check_found(calendar)
    except CalendarNotAllowed as exc:
        return exc
    return calendar


async def _list(session: Session, source: ConfiguredSource) -> tuple[Sequence[Calendar], SourceRead]:
    began = time.perf_counter()
    found: Sequence[Calendar] = ()
    try:
        listed = await session.reader(source).calendars()
        found = [calendar for calendar in listed.calendars if source.policy.allows(calendar)]
        problems = listed.problems
        status = ReadStatus.PARTIAL if problems else ReadStatus.OK
    except GatewayError as exc:
        problems, status = (exc.problem,), ReadStatus.FAILED
    return found, SourceRead(
        source=source.name,
        status=status,
        fetched=len(found),
        duration=timedelta(seconds=time.perf_counter() - began),
        problems=problems,
    )
