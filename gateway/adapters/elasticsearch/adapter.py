"""An Elasticsearch source as one call sees it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import Final

from gateway.adapters.base import (
    EventChange,
    EventRemoval,
    EventStep,
    Health,
    Listing,
    OnExisting,
    Plan,
    Step,
)
from gateway.adapters.elasticsearch import plan, requests
from gateway.adapters.elasticsearch.api import MLApi
from gateway.adapters.elasticsearch.calendar_management import ElasticsearchCalendars
from gateway.adapters.elasticsearch.change import change
from gateway.adapters.elasticsearch.drafts import Ready, Terms
from gateway.adapters.elasticsearch.event_write import EventWrite
from gateway.adapters.elasticsearch.fields import wire_fields
from gateway.adapters.elasticsearch.finding import find_events
from gateway.adapters.elasticsearch.foresight import Foresight
from gateway.adapters.elasticsearch.ids import calendar_at, place_of
from gateway.adapters.elasticsearch.jobs import ClusterJobs
from gateway.adapters.elasticsearch.keyed_plan import Lookup, plan_keyed
from gateway.adapters.elasticsearch.keyed_write import write_keyed
from gateway.adapters.elasticsearch.lookup import look_up, span_of_keys
from gateway.adapters.elasticsearch.plan import KeyedStep, MLStep
from gateway.adapters.elasticsearch.reading import Reading
from gateway.adapters.elasticsearch.removal import remove
from gateway.adapters.elasticsearch.requests import Span
from gateway.adapters.elasticsearch.series import SeriesLimits
from gateway.adapters.elasticsearch.settling import under
from gateway.adapters.elasticsearch.walk import MAX_RESULT_WINDOW
from gateway.adapters.elasticsearch.wire import (
    CalendarList,
    EventReader,
    to_calendar,
)
from gateway.adapters.elasticsearch.writing import write
from gateway.adapters.gate import Gate
from gateway.adapters.groups import in_groups
from gateway.adapters.outcome import Outcome, WriteStatus
from gateway.adapters.upstream import Call
from gateway.errors import (
    Forbidden,
    GatewayError,
    NoAnswer,
    NotSent,
    OutOfTime,
    Refused,
    UnexpectedAnswer,
    UpstreamError,
    UpstreamRefused,
)
from gateway.model.calendar import Calendar
from gateway.model.event import Draft, Event
from gateway.model.fields import EVERYTHING, Fields
from gateway.model.ids import CalendarId, EventId
from gateway.model.key import folded
from gateway.model.time import Window

_MIN_PAGE: Final = 10


class ElasticsearchAdapter:
    """Implements CalendarAdapter. `writing` gives the gate that a write to a calendar passes."""

    def __init__(
        self,
        api: MLApi,
        *,
        call: Call,
        page_size: int,
        writing: Callable[[CalendarId], Gate],
        series: SeriesLimits,
        lookback: timedelta,
        now: Callable[[], datetime],
    ) -> None:
        self._api = api
        self._call = call
        self._page_size = page_size
        self._writing = writing
        self._series = series
        self._lookback = lookback
        self._now = now
        self._written: dict[CalendarId, int] = {}

    @property
    def jobs(self) -> ClusterJobs:
        return self._jobs

    @property
    def management(self) -> ElasticsearchCalendars:
        return ElasticsearchCalendars(self._api, self._jobs, call=self._call, writing=self._writing)

    @cached_property
    def _jobs(self) -> ClusterJobs:
        return ClusterJobs(self._api)

    @cached_property
    def _foresight(self) -> Foresight:
        return Foresight(self._api, self._jobs)

    async def calendars(self) -> Listing:
        """All calendars, by id. Raises UpstreamRefused where there are more than Elasticsearch lists."""
        found: dict[str, Calendar] = {}
        offset, count = 0, 1
        while offset < count:
            size = min(self._page_size, MAX_RESULT_WINDOW - offset)
            if size == 0:
                raise UpstreamRefused(f"{self._api.source} has {count} calendars and lists {offset} only.")
            page = await self._calendar_page(offset, size)
            found.update((each.calendar_id, to_calendar(each, self._api.source)) for each in page.calendars)
            offset, count = offset + len(page.calendars), page.count
        return Listing(calendars=tuple(sorted(found.values(), key=lambda calendar: calendar.id)))

    async def calendar(self, calendar: CalendarId) -> Calendar:
        found = await self._api.read(requests.calendar(calendar), CalendarList)
        if len(found.calendars) != 1:
            raise UnexpectedAnswer(
                f"{self._api.source} shows {len(found.calendars)} calendars for {calendar}."
            )
        return to_calendar(found.calendars[0], self._api.source)

    def events(
        self,
        calendar: CalendarId,
        window: Window,
        *,
        page: int,
        fields: Fields = EVERYTHING,
    ) -> Reading:
        """The events that overlap the window, ordered by (start, id), read as far as they are drawn."""
        # The place of the last one is settled by the next, and that it is the only one by another.
        size = min(max(page + 2, _MIN_PAGE), self._page_size)
        walk = self._api.events(calendar, Span.around(window), size=size, fields=wire_fields(fields))
        return Reading(walk, EventReader(calendar, fields), window)

    async def find(self, event: EventId, *, fields: Fields = EVERYTHING) -> Event:
        (found,) = await self.find_each([event], fields=fields)
        if isinstance(found, GatewayError):
            raise found
        return found

    async def find_each(
        self, events: Sequence[EventId], *, fields: Fields = EVERYTHING
    ) -> Sequence[Event | GatewayError]:
        """One look at each calendar, unless too much lies between its events."""
        return await find_events(self._api, events, size=self._page_size, fields=wire_fields(fields))

    async def calendars_of(self, events: Sequence[EventId]) -> Sequence[Calendar | GatewayError]:
        async def of_calendar(those: Sequence[EventId]) -> Sequence[Calendar | GatewayError]:
            return [await self.calendar(calendar_at(self._api.source, place_of(those[0])))] * len(those)

        return await in_groups(events, lambda event: place_of(event).calendar, of_calendar)

    async def identity(self, calendar: CalendarId) -> str:
        return str(calendar)

    async def by_keys(
        self, calendar: CalendarId, keys: Collection[str], *, fields: Fields = EVERYTHING, wide: bool = False
    ) -> Mapping[str, Sequence[Event] | UpstreamError]:
        """All events under each key, by start and id: those of a series, or several by mistake.

        NotUnderKey where all have it in another case.
        """
        del wide  # ML events are not moved to other calendars
        found = await look_up(
            self._api,
            calendar,
            keys,
            span_of_keys(self._now(), self._lookback),
            size=self._page_size,
            log=self._call.log,
            fields=wire_fields(fields | {"key"}),
        )
        return {key: under(key, found[folded(key)], calendar) for key in keys}

    async def plan(
        self, calendar: CalendarId, drafts: Sequence[Draft], *, on_existing: OnExisting = OnExisting.RETURN
    ) -> Plan:
        has_flags = (await self._api.version()).has_event_flags
        terms = Terms(has_flags=has_flags, series=self._series, now=self._now())
        elsewhere = sum(count for other, count in self._written.items() if other != calendar)
        ready, refused = plan.prepare(drafts, terms, room=plan.MAX_WRITTEN - elsewhere)
        with_keys = [each for each in ready if each.draft.key is not None]
        plain = [each for each in ready if each.draft.key is None] if with_keys else ready
        keyed, settled = await self._plan_keyed(calendar, with_keys, on_existing) if with_keys else ((), {})
        steps = (*plan.steps(calendar, plain, size=self._page_size), *keyed)
        self._written[calendar] = sum([sum(map(len, step.wanted)) for step in steps])
        return Plan(steps=steps, refused=refused, settled=settled)

    async def foretell(self, steps: Sequence[Step], calendar: Calendar | None = None) -> Sequence[Step]:
        """With what is muted of the jobs of the calendar, and what to know of it."""
        return await self._foresight.steps([plan.as_planned(step) for step in steps], calendar)

    async def _plan_keyed(
        self, calendar: CalendarId, ready: Sequence[Ready], on_existing: OnExisting
    ) -> tuple[Sequence[MLStep], Mapping[int, Outcome]]:
        """What is to be written of drafts with keys, after one look at what is there, and what is not."""
        log, now = self._call.log.part(), self._now()
        span = span_of_keys(now, self._lookback, (each.sent[0].start_time for each in ready))
        keys = [each.draft.key or "" for each in ready]
        found = await look_up(self._api, calendar, keys, span, size=self._page_size, log=log)
        lookup = Lookup(
            calendar=calendar,
            span=span,
            size=self._page_size,
            found=found,
            now=now,
            indexes=tuple(log.indexes),
        )
        return plan_keyed(lookup, ready, on_existing)

    async def apply(self, step: Step, *, fields: Fields = EVERYTHING) -> Sequence[Outcome]:
        """Writes a step and sees for itself: one at a time, for two could not tell their events apart."""
        log = self._call.log.part()
        try:
            async with self._writing(step.calendar).enter(deadline=log.deadline):
                if isinstance(step, KeyedStep):
                    return await write_keyed(self._api, step, size=self._page_size, log=log, now=self._now)
                return await write(
                    self._api, plan.as_planned(step), size=self._page_size, log=log, fields=fields
                )
        except OutOfTime as exc:
            return [_not_done(exc, planned.index) for planned in step.events]

    async def plan_event(self, action: EventChange | EventRemoval) -> EventStep:
        """Raises Refused for an event whose time shift has begun, InvalidInput for what would be refused."""
        plan.check_shift(action.event, self._now())
        if isinstance(action, EventChange):
            return await self._foresight.change(plan.plan_change(action, size=self._page_size))
        return plan.plan_removal(action, size=self._page_size)

    async def apply_event(self, step: EventStep) -> Outcome:
        """Changes or removes an event and sees for itself, one write to a calendar at a time."""
        event, log = step.action.event, self._call.log.part()
        write = EventWrite(self._api, step, size=self._page_size, log=log)
        try:
            gate = self._writing(calendar_at(event.source, write.place))
            async with gate.enter(deadline=log.deadline):
                plan.check_shift(event, self._now())
                if isinstance(step.action, EventChange):
                    return await change(write, step.action)
                return await remove(write)
        except (Refused, OutOfTime) as exc:
            return _not_done(exc)

    async def health(self) -> Health:
        """The version, where the credential may ask for it, and a look at the calendars."""
        version: str | None = None
        try:
            version = await self._version()
            await self._calendar_page(0, 1)
        except UpstreamError as exc:
            reachable = not isinstance(exc, NotSent | NoAnswer)
            return Health(reachable=reachable, version=version, problem=exc.problem)
        return Health(reachable=True, version=version)

    async def _version(self) -> str | None:
        """What the cluster says; None where a key with ML privileges only may not ask."""
        try:
            version = await self._api.present_version()
        except Forbidden:
            return None
        return version.number

    async def _calendar_page(self, offset: int, size: int) -> CalendarList:
        """A page of calendars. Raises UnexpectedAnswer for one that is empty before the end."""
        request = requests.calendars(self._api.source, offset=offset, size=size)
        page = await self._api.read(request, CalendarList)
        if not page.calendars and offset < page.count:
            raise UnexpectedAnswer(f"{self._api.source} counts {page.count} calendars and shows {offset}.")
        return page


def _not_done(error: GatewayError, index: int = 0) -> Outcome:
    """The outcome where nothing was sent."""
    return Outcome(index=index, status=WriteStatus.FAILED, problem=error.problem)
