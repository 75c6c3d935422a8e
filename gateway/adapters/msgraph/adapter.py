"""A Microsoft Graph source as one call sees it."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from typing import Final

import msgspec

from gateway.adapters.base import EventChange, EventRemoval, EventStep, Health, Outcome, Plan, Step
from gateway.adapters.msgraph.api import GraphApi
from gateway.adapters.msgraph.calendars import to_calendar
from gateway.adapters.msgraph.event_plan import plan_event
from gateway.adapters.msgraph.event_write import EventWrite
from gateway.adapters.msgraph.events import to_event
from gateway.adapters.msgraph.paths import (
    ME,
    canonical,
    user,
)
from gateway.adapters.msgraph.plan import plan
from gateway.adapters.msgraph.requests import Requests
from gateway.adapters.msgraph.view import read_events
from gateway.adapters.msgraph.wire import GraphCalendar, GraphEvent, Page
from gateway.adapters.msgraph.writing import SecondAttempts, write
from gateway.errors import NoAnswer, NotSent, UpstreamError
from gateway.model.calendar import Calendar
from gateway.model.event import Draft, Event
from gateway.model.ids import CalendarId, EventId, ResourceId
from gateway.model.time import Window

_MIN_PAGE: Final = 10
_MAX_PAGE: Final = 1000


class MSGraphAdapter:
    """Implements CalendarAdapter. `mailboxes` are whose calendars an application lists."""

    def __init__(self, api: GraphApi, *, mailboxes: Sequence[str]) -> None:
        self._api = api
        self._requests = Requests(source=api.source, version=api.version)
        self._mailboxes = tuple(mailboxes)
        self._second_attempts = SecondAttempts()

    async def calendars(self) -> Sequence[Calendar]:
        """The calendars of the user whose token it is, or of all mailboxes configured for an application."""
        found: dict[str, Calendar] = {}
        for mailbox in self._mailboxes_listed():
            async with aclosing(self._calendars_of(mailbox)) as calendars:
                found.update({calendar.id: calendar async for calendar in calendars})
        return [found[calendar_id] for calendar_id in sorted(found)]

    async def calendar(self, calendar: CalendarId) -> Calendar:
        """The calendar under the id that it was asked by, made canonical."""
        found = await self._api.read(self._requests.calendar(calendar), GraphCalendar)
        asked = canonical(calendar, self._api.owner(calendar, found.context))
        return msgspec.structs.replace(self._calendar(found, calendar, found.context), id=str(asked))

    def events(self, calendar: CalendarId, window: Window, *, page: int) -> AsyncIterator[Event]:
        """The events that overlap the window, ordered by (start, id), read as far as they are drawn."""
        size = min(max(page + 1, _MIN_PAGE), _MAX_PAGE)  # the last one's place is settled by the next
        return read_events(self._api, self._requests, calendar, window, size=size)

    async def find(self, event: EventId) -> Event:
        found = await self._api.read(self._requests.event(event), GraphEvent)
        owner = self._api.owner(event, found.context)
        return to_event(found, source=self._api.source, owner=owner, calendar=None)

    async def calendar_of(self, event: EventId) -> Calendar:
        found = await self._api.read(self._requests.calendar_of(event), GraphCalendar)
        return self._calendar(found, event, found.context)

    async def identity(self, calendar: CalendarId) -> str:
        """Graph's own id of it, and its owner: a mailbox is reached by `me`, by its id and by its names."""
        found = await self._api.read(self._requests.calendar_identity(calendar), GraphCalendar)
        owner = found.owner.address if found.owner else None
        return f"{(owner or '').lower()} {found.id}"

    async def plan(self, calendar: CalendarId, drafts: Sequence[Draft]) -> Plan:
        self._api.check(calendar)
        return plan(calendar, drafts, requests=self._requests)

    async def apply(self, step: Step) -> Sequence[Outcome]:
        """Posts the event, and believes the answer: Graph shows what it has stored."""
        return [await write(self._api, step, second_attempts=self._second_attempts)]

    async def plan_event(self, action: EventChange | EventRemoval) -> EventStep:
        self._api.check(EventId.parse(action.event.id))
        return plan_event(action, requests=self._requests)

    async def apply_event(self, step: EventStep) -> Outcome:
        look = self._requests.event(EventId.parse(step.action.event.id))
        return await EventWrite(self._api, step, look=look).run()

    async def health(self) -> Health:
        """One look at the first of the calendars that would be listed. Without a credential, none."""
        try:
            await self._api.read(
                self._requests.calendars(self._mailboxes_listed()[0], size=1), Page[GraphCalendar]
            )
        except UpstreamError as exc:
            return Health(reachable=not isinstance(exc, NotSent | NoAnswer), problem=exc.problem)
        return Health(reachable=True, version=self._api.version)

    async def _calendars_of(self, mailbox: ResourceId) -> AsyncGenerator[Calendar]:
        async with aclosing(self._api.pages(self._requests.calendars(mailbox), Page[GraphCalendar])) as pages:
            async for page in pages:
                for calendar in page.value:
                    yield self._calendar(calendar, mailbox, page.context)

    def _mailboxes_listed(self) -> list[ResourceId]:
        """Whose calendars are listed: `me`, unless an application asks, which has none."""
        if self._mailboxes and self._api.claims.is_application is not False:
            return [user(self._api.source, mailbox) for mailbox in self._mailboxes]
        return [ResourceId(self._api.source, (ME,))]

    def _calendar(self, calendar: GraphCalendar, address: ResourceId, context: str | None) -> Calendar:
        owner = self._api.owner(address, context)
        return to_calendar(calendar, source=self._api.source, owner=owner)
