"""Calendars and single events, found by id or listed over all sources."""

import asyncio
import time
from collections.abc import Sequence
from datetime import timedelta

import msgspec

from gateway.errors import GatewayError, NotFound
from gateway.model.calendar import Calendar
from gateway.model.event import Event
from gateway.model.fields import EVERYTHING, Fields
from gateway.model.ids import CalendarId, EventId
from gateway.service.catalog import ConfiguredSource
from gateway.service.reads import ReadStatus, SourceRead
from gateway.service.session import Session


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
        return await session.adapter(target.source).calendar(target.calendar)
    except NotFound:
        return None


async def find_event(session: Session, name: str, fields: Fields = EVERYTHING) -> Event | None:
    """The event that an id names, with those fields; None if there is none. Raises CalendarNotAllowed."""
    source, event_id = session.catalog.event(name)
    try:
        event = await session.adapter(source).find(event_id, fields=fields)
    except NotFound:
        return None
    await check_event(session, source, event_id, event)
    return event


async def calendar_of(session: Session, name: str) -> Calendar:
    """The calendar that holds an event. Raises NotFound, CalendarNotAllowed."""
    source, event_id = session.catalog.event(name)
    calendar = await session.adapter(source).calendar_of(event_id)
    source.policy.check_found(calendar)
    return calendar


async def check_event(session: Session, source: ConfiguredSource, event_id: EventId, event: Event) -> None:
    """Raises CalendarNotAllowed. Costs a read only where the id alone does not tell the event's calendar."""
    if source.policy.allows_all:
        return
    if event.calendar_id is None:
        source.policy.check_found(await session.adapter(source).calendar_of(event_id))
    else:
        source.policy.check_calendar(CalendarId.parse(event.calendar_id))


async def _list(session: Session, source: ConfiguredSource) -> tuple[Sequence[Calendar], SourceRead]:
    began = time.perf_counter()
    found: Sequence[Calendar] = ()
    try:
        listed = await session.adapter(source).calendars()
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
