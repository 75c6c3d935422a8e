"""What is in a calendar already at the time of an event that is written there."""

from contextlib import aclosing
from typing import Final

from gateway.adapters.base import CalendarAdapter
from gateway.errors import GatewayError
from gateway.model.event import Event
from gateway.model.fields import Fields
from gateway.model.ids import CalendarId, EventId
from gateway.model.time import Window
from gateway.service.report import EventRow
from gateway.service.session import Session

MOST: Final = 50


async def overlaps(session: Session, row: EventRow, fields: Fields) -> list[Event]:
    """The first events that overlap the row's, by start and id, without itself. Raises UpstreamError.

    None for a row that was refused: nothing is read for it.
    """
    at, draft = row.at, row.draft
    if at is None or draft is None:
        return []
    adapter = session.aside.adapter(session.catalog.sources[at.source])
    calendar = at if isinstance(at, CalendarId) else await _home(adapter, at)
    own = {*row.event_ids, str(at)}
    found: list[Event] = []
    window = Window(start=draft.start.instant, end=draft.end.instant)
    events = adapter.events(calendar, window, page=MOST, fields=fields)
    async with aclosing(events) as runs:
        async for run in runs:
            found += [event for event in run if event.id not in own]
            if len(found) >= MOST:
                break
    return found[:MOST]


async def _home(adapter: CalendarAdapter, event: EventId) -> CalendarId:
    """The calendar that holds an event. Raises UpstreamError."""
    (home,) = await adapter.calendars_of([event])
    if isinstance(home, GatewayError):
        raise home
    return CalendarId.parse(home.id)
