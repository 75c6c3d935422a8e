"""Looking up which events of a mailbox bear a key. Nothing is believed but a property that was seen.

Graph's documentation has the filter of mailboxes, which are said to list their default calendar only: so any
other calendar is asked, too. Upstream may ignore a filter that it does not support, and return whatever
there is; then all events are paged through. Sources: Graph's "Get singleValueLegacyExtendedProperty", and
its known issues.
"""

import asyncio
from collections.abc import AsyncGenerator, Collection, Iterable, Sequence
from contextlib import aclosing
from typing import Final

import msgspec

from gateway.adapters.msgraph.access import sees_basics_only
from gateway.adapters.msgraph.api import GraphApi
from gateway.adapters.msgraph.bearers import Bearer, Bearers, sorted_out
from gateway.adapters.msgraph.events import to_event
from gateway.adapters.msgraph.keys import fingerprint_of, key_of, name_of
from gateway.adapters.msgraph.leaving_out import untold, with_exceptions
from gateway.adapters.msgraph.listing import list_calendars
from gateway.adapters.msgraph.paths import (
    calendar_of,
    canonical,
    event_in_mailbox_of,
    is_group,
    mailbox_of,
    place_of,
)
from gateway.adapters.msgraph.requests import Requests
from gateway.adapters.msgraph.wire import CalendarName, GraphEvent, KeyBearer, Page
from gateway.adapters.upstream import UpstreamRequest
from gateway.errors import Forbidden, LookupUnsupported, NotFound, UpstreamError, UpstreamRefused
from gateway.model.event import Event
from gateway.model.ids import CalendarId, ResourceId
from gateway.model.key import folded

MOST_PAGES: Final = 50
"""How far a calendar is paged through where the filter does not work."""
_LATE_LOOKS: Final = 3


class KeyLookup:
    """The look-ups of one write or one read in one calendar; only the calendar's own id is remembered."""

    def __init__(
        self, api: GraphApi, requests: Requests, calendar: CalendarId, *, identity: str | None = None
    ) -> None:
        self.log: Final = api.new_log()
        self._api = api
        self._requests = requests
        self._calendar = calendar
        self._identity = identity
        self._context: str | None = None

    async def identity(self) -> str:
        """Graph's own id of the calendar, the same however it is addressed. Raises UpstreamError."""
        if self._identity is None:
            self._identity = await self._read_identity()
        return self._identity

    async def find(self, keys: Iterable[str]) -> dict[str, Bearers]:
        """Who bears each of the keys, in this case or another. Raises UpstreamError.

        Raises LookupUnsupported where Graph does not tell, Forbidden where the token may not see it.
        """
        return await self._find(keys, _places(self._calendar), ())

    async def find_again(self, keys: Iterable[str], made: Collection[str]) -> dict[str, Bearers]:
        """The same after a write that made some events here, by their ids: no moved ones are looked for."""
        return await self._find(keys, _places(self._calendar)[-1:], made)

    async def find_late(self, key: str) -> Bearers:
        """The same a few times more, while nobody bears the key: what was just written may not show yet.

        Raises OutOfTime where there is no time for that, and other UpstreamErrors.
        """
        found = Bearers()
        for count in range(_LATE_LOOKS):
            if found.shown:
                break
            await self._api.pause(count)
            found = (await self.find_again([key], ()))[key]
        return found

    async def find_elsewhere(self, keys: Collection[str]) -> dict[str, Bearers]:
        """Those that bear the keys in the other calendars of the mailbox, if they were made for this one.

        Raises UpstreamError, also where the calendars cannot be listed.
        """
        places = await self._other_calendars() if keys and not is_group(self._calendar) else ()
        return await self._find(keys, places, ()) if places else dict.fromkeys(keys, Bearers())

    async def find_made(self, name: str, key: str) -> tuple[bool, Bearers]:
        """Whether the event of that id is in the calendar; and what it is to the key, wherever it is.

        Raises UpstreamError.
        """
        event = await self._event(name)
        homes = await self._homes([name]) if event is not None else {}
        if event is None or name not in homes:
            return False, Bearers()
        bearer, identity = await self._bearer(event, homes[name]), await self.identity()
        return bearer.home == identity, self._sorted_out(key, [bearer], identity)

    async def _other_calendars(self) -> Sequence[CalendarId]:
        mailbox, identity = mailbox_of(self._calendar), await self.identity()
        listed = await list_calendars(self._api, self._requests, [mailbox], log=self.log)
        names = {place_of(CalendarId.parse(calendar.id))[-1] for calendar in listed.calendars}
        return [
            CalendarId(mailbox.source, (*mailbox.segments, "calendars", name))
            for name in sorted(names - {identity})
        ]

    async def _find(
        self, keys: Iterable[str], places: Sequence[ResourceId], made: Collection[str]
    ) -> dict[str, Bearers]:
        self._check_sight(sees_basics_only(self._api.claims) and not is_group(self._calendar))
        wanted = sorted({*keys})
        identity, found = await asyncio.gather(self.identity(), self._at_places(places, wanted))
        events = {event.id: event for at_place in found for event in at_place if not event.is_cancelled}
        here = {*made}
        if is_group(self._calendar) or places[-1] == self._calendar:
            here |= {event.id for event in found[-1]}
        homes = dict.fromkeys(here, identity) | await self._homes(events.keys() - here)
        bearers = [await self._bearer(events[name], homes[name]) for name in sorted(events.keys() & homes)]
        return {key: self._sorted_out(key, bearers, identity) for key in wanted}

    async def _at_places(self, places: Sequence[ResourceId], keys: Sequence[str]) -> list[list[GraphEvent]]:
        return await asyncio.gather(*(self._bearing(place, keys) for place in places))

    def _sorted_out(self, key: str, bearers: Sequence[Bearer], identity: str) -> Bearers:
        those = [bearer for bearer in bearers if folded(bearer.key) == folded(key)]
        return sorted_out(key, those, identity, origin=name_of(identity), of_group=is_group(self._calendar))

    async def _read_identity(self) -> str:
        place = place_of(self._calendar)
        if len(place) > 1:
            return place[-1]
        if is_group(self._calendar):
            return "/".join(mailbox_of(self._calendar).segments)
        request = self._requests.calendar_identity(self._calendar)
        return (await self._api.read(request, CalendarName, log=self.log)).id

    async def _bearing(self, place: ResourceId, keys: Sequence[str]) -> list[GraphEvent]:
        """The events at a place that bear one of the keys."""
        requests = [self._requests.events_with(key, place) for key in keys]
        pages = await self._api.read_all(requests, Page[GraphEvent], log=self.log)
        found: list[GraphEvent] = []
        for key, page in zip(keys, pages, strict=True):
            if isinstance(page, UpstreamError) and not isinstance(page, UpstreamRefused):
                raise page
            events = None if isinstance(page, UpstreamRefused) else await self._whole(page, key)
            if events is None:
                return await self._paged_through(place, keys)
            found += events
        return found

    async def _whole(self, page: Page[GraphEvent], key: str) -> list[GraphEvent] | None:
        """A filtered collection by its first page; None if an event shows that the filter was ignored."""
        self._context = self._context or page.context
        for event in page.value:
            if folded(key_of(event) or "") != folded(key):
                self._check_sight(event.body is None and event.body_preview is None)
                return None
        following = self._api.path_of(page.next_link)
        if following is None:
            return list(page.value)
        request = msgspec.structs.replace(self._requests.all_keys(self._calendar), path=following)
        rest = await self._whole(await self._api.read(request, Page[GraphEvent], log=self.log), key)
        return None if rest is None else [*page.value, *rest]

    async def _paged_through(self, place: ResourceId, keys: Sequence[str]) -> list[GraphEvent]:
        """The same without a filter. Raises LookupUnsupported."""
        wanted = {folded(key) for key in keys}
        names: list[str] = []
        try:
            async with aclosing(self._pages(self._requests.all_keys(place))) as pages:
                async for page in pages:
                    names += [one.id for one in page.value if folded(key_of(one) or "") in wanted]
        except UpstreamRefused as exc:
            raise self._unsupported(exc.problem.message) from exc
        found = [await self._event(name) for name in dict.fromkeys(names)]
        return [event for event in found if event is not None]

    async def _pages(self, request: UpstreamRequest) -> AsyncGenerator[Page[KeyBearer]]:
        number = 0
        async with aclosing(self._api.pages(request, Page[KeyBearer], log=self.log)) as pages:
            async for page in pages:
                number += 1
                if number > MOST_PAGES:
                    raise self._unsupported(f"There are more than {MOST_PAGES} pages of events.")
                self._check_sight(any(one.body_preview is None for one in page.value))
                yield page

    async def _event(self, name: str) -> GraphEvent | None:
        """One event, None if it is gone by now."""
        request = self._requests.event(event_in_mailbox_of(self._calendar, name))
        try:
            found = await self._api.read(request, GraphEvent, log=self.log)
        except NotFound:
            return None
        self._context = self._context or found.context
        return found

    async def _homes(self, names: Collection[str]) -> dict[str, str]:
        """Graph's own ids of the calendars that events are in; none of an event that is gone by now."""
        events = [event_in_mailbox_of(self._calendar, name) for name in sorted(names)]
        requests = [self._requests.calendar_id_of(event) for event in events]
        homes: dict[str, str] = {}
        found = await self._api.read_all(requests, CalendarName, log=self.log)
        for event, home in zip(events, found, strict=True):
            if isinstance(home, CalendarName):
                homes[event.segments[-1]] = home.id
            elif not isinstance(home, NotFound):
                raise home
        return homes

    async def _bearer(self, graph: GraphEvent, home: str) -> Bearer:
        owner = self._api.owner(self._calendar, self._context)
        is_here = home == await self.identity()
        calendar = (
            canonical(self._calendar, owner) if is_here else calendar_of(self._calendar.source, owner, home)
        )
        event = to_event(graph, source=self._api.source, owner=owner, calendar=calendar)
        return Bearer(
            graph=graph,
            event=await self._whole_series(event, graph),
            key=key_of(graph) or "",
            fingerprint=fingerprint_of(graph),
            home=home,
        )

    async def _whole_series(self, event: Event, graph: GraphEvent) -> Event:
        """The event; a series with the days that it leaves out, if Graph tells."""
        series = event_in_mailbox_of(self._calendar, graph.id)
        try:
            return await with_exceptions(self._api, self._requests, series, event, log=self.log)
        except UpstreamRefused as exc:
            return untold(event, exc)

    def _check_sight(self, is_blind: bool) -> None:
        if is_blind:
            raise Forbidden(
                f"The token for {self._api.source} may read the basics of events only, and no keys.",
                hint="It needs Calendars.Read, or Calendars.Read.Shared for another's mailbox.",
            )

    def _unsupported(self, why: str) -> LookupUnsupported:
        return LookupUnsupported(
            f"{self._api.source} cannot look up keys in {self._calendar}: no filter works there. {why}",
            hint="Nothing was written. Events without a key can be added.",
        )


def looks(requests: Requests, calendar: CalendarId, keys: Iterable[str]) -> list[UpstreamRequest]:
    """What `find_again` sends, one by one or in batches, where nothing stands in the way."""
    place = _places(calendar)[-1]
    return [requests.events_with(key, place) for key in sorted({*keys})]


def _places(calendar: CalendarId) -> tuple[ResourceId, ...]:
    """The mailbox, and after it the calendar if that is another than the default one."""
    mailbox = mailbox_of(calendar)
    return (mailbox, calendar) if len(place_of(calendar)) > 1 else (mailbox,)
