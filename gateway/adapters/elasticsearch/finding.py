"""ML events by their ids. There is no get by id: a calendar is read through from the first start to the last.

One look is for any number of events of a calendar. Where too much lies between them, each has a look of its
own, at the millisecond in which it starts.
"""

from collections.abc import Collection, Sequence

from gateway.adapters.elasticsearch.api import MLApi
from gateway.adapters.elasticsearch.fields import WireFields
from gateway.adapters.elasticsearch.ids import EventPlace, calendar_at, place_of
from gateway.adapters.elasticsearch.requests import Span
from gateway.adapters.elasticsearch.wire import StoredEvent, to_event
from gateway.adapters.groups import in_groups
from gateway.errors import GatewayError, NotFound, UnexpectedAnswer, UpstreamRefused
from gateway.model.event import Event
from gateway.model.ids import CalendarId, EventId

Found = dict[EventPlace, StoredEvent]


class Finding:
    """Looks at one calendar for events whose places are known, in pages of `size`."""

    def __init__(self, api: MLApi, calendar: CalendarId, *, size: int, fields: WireFields) -> None:
        self._api = api
        self._calendar = calendar
        self._size = size
        self._fields = fields

    async def find(self, events: Sequence[EventId]) -> list[Event | GatewayError]:
        """Each of the events, or why not. Raises UpstreamError where the calendar cannot be read."""
        found, is_all = await self._look({place_of(event) for event in events})
        if is_all:
            return [self._shown(event, found) for event in events]

        async def by_itself(those: Sequence[EventId]) -> list[Event | GatewayError]:
            place = place_of(those[0])
            one = found if place in found else (await self._look({place}))[0]
            return [self._shown(event, one) for event in those]

        return await in_groups(events, place_of, by_itself)

    def _shown(self, event: EventId, found: Found) -> Event | GatewayError:
        stored = found.get(place_of(event))
        if stored is None:
            return NotFound(f"There is no event {event}.")
        try:
            return to_event(stored, self._calendar)
        except UnexpectedAnswer as exc:
            return exc

    async def _look(self, places: Collection[EventPlace]) -> tuple[Found, bool]:
        """Those that are there, and whether they are all. Raises UpstreamError."""
        found: Found = {}
        try:
            return found, await self._fill(found, places)
        except UpstreamRefused:  # too much at one moment between them, perhaps
            if len(places) == 1:
                raise
            return found, False

    async def _fill(self, found: Found, places: Collection[EventPlace]) -> bool:
        """Adds those that are there; false if telling all takes more than a look for each."""
        starts = [place.start for place in places]
        span = Span(min(starts), max(starts) + 1)
        most = self._size * len(places) if len(places) > 1 else None
        drawn = 0
        async for run in self._api.events(self._calendar, span, size=self._size, fields=self._fields):
            at = {EventPlace(self._calendar.segments[0], one.start_time, one.event_id): one for one in run}
            found.update((place, at[place]) for place in places if place in at)
            drawn += len(run)
            if len(found) == len(places) or (most is not None and drawn >= most):
                return len(found) == len(places)
        return True


async def find_events(
    api: MLApi, events: Sequence[EventId], *, size: int, fields: WireFields
) -> list[Event | GatewayError]:
    """Each of the events of any calendars, in their order, or why not."""

    async def of_calendar(those: Sequence[EventId]) -> list[Event | GatewayError]:
        calendar = calendar_at(api.source, place_of(those[0]))
        return await Finding(api, calendar, size=size, fields=fields).find(those)

    return await in_groups(events, lambda event: place_of(event).calendar, of_calendar)
