"""Graph events by their ids, and their calendars: those of one mailbox are read together, many in batches."""

from collections.abc import Sequence

from gateway.adapters.groups import in_groups
from gateway.adapters.msgraph.api import GraphApi
from gateway.adapters.msgraph.calendars import to_calendar
from gateway.adapters.msgraph.events import to_event
from gateway.adapters.msgraph.exceptions import cancelled_days
from gateway.adapters.msgraph.keys import key_of
from gateway.adapters.msgraph.leaving_out import leaving_out, untold
from gateway.adapters.msgraph.paths import owner_of
from gateway.adapters.msgraph.requests import Requests
from gateway.adapters.msgraph.series_keys import SeriesKeys
from gateway.adapters.msgraph.wire import CancelledOccurrences, GraphCalendar, GraphEvent
from gateway.errors import GatewayError, UnexpectedAnswer, UpstreamError, UpstreamRefused
from gateway.model.calendar import Calendar
from gateway.model.event import Event
from gateway.model.fields import Fields
from gateway.model.ids import EventId


class Finding:
    """Looks for events wherever they are. What one look does not show takes a few more for all of them."""

    def __init__(self, api: GraphApi, requests: Requests) -> None:
        self._api = api
        self._requests = requests

    async def events(self, events: Sequence[EventId], fields: Fields) -> list[Event | GatewayError]:
        """Each of the events with those fields, in their order, or why not."""

        async def in_mailbox(those: Sequence[EventId]) -> list[Event | GatewayError]:
            reads = [self._requests.event(event, fields=fields) for event in those]
            found = await self._api.read_all(reads, GraphEvent)
            shown = [self._shown(*pair) for pair in zip(those, found, strict=True)]
            if "key" in fields:
                shown = await self._with_keys(those[0], found, shown)
            return await self._with_exceptions(those, shown) if "recurrence" in fields else shown

        return await in_groups(events, owner_of, in_mailbox)

    async def calendars(self, events: Sequence[EventId]) -> list[Calendar | GatewayError]:
        """The calendar that holds each of the events, or why that cannot be told."""

        async def in_mailbox(those: Sequence[EventId]) -> list[Calendar | GatewayError]:
            reads = [self._requests.calendar_of(event) for event in those]
            found = await self._api.read_all(reads, GraphCalendar)
            return [self._calendar(*pair) for pair in zip(those, found, strict=True)]

        return await in_groups(events, owner_of, in_mailbox)

    def _shown(self, event: EventId, found: GraphEvent | UpstreamError) -> Event | GatewayError:
        if isinstance(found, UpstreamError):
            return found
        try:
            owner = self._api.owner(event, found.context)
            return to_event(found, source=self._api.source, owner=owner, calendar=None)
        except UpstreamError as exc:
            return exc

    def _calendar(self, event: EventId, found: GraphCalendar | UpstreamError) -> Calendar | GatewayError:
        if isinstance(found, UpstreamError):
            return found
        try:
            owner = self._api.owner(event, found.context)
        except UpstreamError as exc:
            return exc
        return to_calendar(found, source=self._api.source, owner=owner)

    async def _with_keys(
        self,
        mailbox: EventId,
        found: Sequence[GraphEvent | UpstreamError],
        shown: Sequence[Event | GatewayError],
    ) -> list[Event | GatewayError]:
        """The events with the keys of their series; in the place of those that may have one, why not."""
        keys = SeriesKeys(self._api, self._requests, mailbox)
        problem: UpstreamError | None = None
        try:
            await keys.learn(event for event in found if isinstance(event, GraphEvent))
        except UpstreamError as exc:
            problem = exc
        return [
            event
            if isinstance(event, GatewayError) or not isinstance(wire, GraphEvent)
            else problem
            if problem is not None and wire.series_master_id is not None and key_of(wire) is None
            else keys.on(event, wire)
            for event, wire in zip(shown, found, strict=True)
        ]

    async def _with_exceptions(
        self, events: Sequence[EventId], shown: Sequence[Event | GatewayError]
    ) -> list[Event | GatewayError]:
        """The events; series with the days that they leave out, of which Graph tells only if asked."""
        series = {
            event: one
            for event, one in zip(events, shown, strict=True)
            if isinstance(one, Event) and one.recurrence is not None
        }
        asked = [self._requests.cancelled_occurrences(event) for event in series]
        told = await self._api.read_all(asked, CancelledOccurrences)
        whole = {event: _leaving_out(series[event], days) for event, days in zip(series, told, strict=True)}
        return [whole.get(event, one) for event, one in zip(events, shown, strict=True)]


def _leaving_out(series: Event, told: CancelledOccurrences | UpstreamError) -> Event | GatewayError:
    if isinstance(told, UpstreamRefused):
        return untold(series, told)
    if isinstance(told, UpstreamError):
        return told
    try:
        return leaving_out(series, cancelled_days(told))
    except UnexpectedAnswer as exc:
        return exc
