"""Finding many ML events by their ids with few requests, on the emulator."""

from contextlib import aclosing
from datetime import timedelta

import pytest

from gateway.adapters.upstream import Call
from gateway.errors import NotFound
from gateway.model.event import Event
from gateway.model.ids import CalendarId, EventId
from gateway.model.time import to_millis
from gateway.sandbox.http import Request
from gateway.sandbox.principals import MANAGE_ML
from gateway.sandbox.server import EmulatorServer
from gateway.sandbox.world import ElasticsearchWorld, MLCalendar, ScheduledEvent

from .conformance import DAY, HOUR, MORNING
from .elasticsearch_bench import connect, emulator

pytestmark = pytest.mark.anyio

READ = "GET /_ml/calendars/{calendar_id}/events"


def world(number: int, *, every: timedelta, lasting: timedelta = HOUR) -> ElasticsearchWorld:
    events = tuple(
        ScheduledEvent(
            id=f"id{n:05}", description=f"{n}", start=MORNING + n * every, end=MORNING + n * every + lasting
        )
        for n in range(number)
    )
    return ElasticsearchWorld(calendars=(MLCalendar(id="full", events=events),), principals=(MANAGE_ML,))


def id_of(n: int, *, every: timedelta) -> EventId:
    start = to_millis(MORNING + n * every)
    return EventId("elasticsearch", ("full", "events", str(start), f"id{n:05}"))


async def found(server: EmulatorServer, events: list[EventId], *, page_size: int = 1000) -> list[str]:
    async with aclosing(connect(server.url, page_size=page_size)) as source:
        shown = await source.adapter(Call(request_id="r")).find_each(events)
    return [one.title if isinstance(one, Event) else type(one).__name__ for one in shown]


def looks(server: EmulatorServer) -> list[Request]:
    return [exchange.request for exchange in server.exchanges if exchange.route == READ]


async def test_a_hundred_events_of_one_calendar_take_one_look(anyio_backend):
    async with EmulatorServer(emulator(world(300, every=HOUR))) as server:
        wanted = [id_of(n, every=HOUR) for n in range(298, 98, -2)]
        assert await found(server, wanted) == [str(n) for n in range(298, 98, -2)]
        assert len(looks(server)) == 1


async def test_events_that_are_not_there_take_no_look_more(anyio_backend):
    async with EmulatorServer(emulator(world(50, every=HOUR))) as server:
        wanted = [id_of(n, every=HOUR) for n in (3, 60, 4, 61)]
        assert await found(server, wanted) == ["3", "NotFound", "4", "NotFound"]
        assert len(looks(server)) == 1


async def test_reading_on_ends_with_the_last_event_that_is_wanted(anyio_backend):
    async with EmulatorServer(emulator(world(300, every=HOUR, lasting=300 * HOUR))) as server:
        wanted = [id_of(n, every=HOUR) for n in range(100, 120)]
        assert await found(server, wanted, page_size=30) == [str(n) for n in range(100, 120)]
        assert len(looks(server)) == 5


async def test_where_too_much_lies_between_two_events_each_has_a_look_of_its_own(anyio_backend):
    async with EmulatorServer(emulator(world(300, every=DAY))) as server:
        wanted = [id_of(n, every=DAY) for n in (0, 299, 7000)]
        assert await found(server, wanted, page_size=10) == ["0", "299", "NotFound"]
        assert len(looks(server)) <= 2 * len(wanted)


async def test_a_moment_too_crowded_to_be_shown_costs_its_own_events_only(anyio_backend):
    crowd = [
        ScheduledEvent(id=f"crowd{n:05}", description="crowd", start=MORNING, end=MORNING + HOUR)
        for n in range(10_001)
    ]
    calendar = world(100, every=DAY).calendars[0]
    crowded = MLCalendar(id="full", events=(*crowd, *calendar.events[1:]))
    there = ElasticsearchWorld(calendars=(crowded,), principals=(MANAGE_ML,))
    async with EmulatorServer(emulator(there)) as server, aclosing(connect(server.url)) as source:
        start = str(to_millis(MORNING))
        wanted = [EventId("elasticsearch", ("full", "events", start, "crowd10000")), id_of(50, every=DAY)]
        lost, shown = await source.adapter(Call(request_id="r")).find_each(wanted)
    assert not isinstance(lost, Event | NotFound)
    assert isinstance(shown, Event)


async def test_calendars_of_many_events_take_one_read_each(anyio_backend):
    async with EmulatorServer(emulator(world(10, every=HOUR))) as server:
        async with aclosing(connect(server.url)) as source:
            wanted = [id_of(n, every=HOUR) for n in range(10)]
            homes = await source.adapter(Call(request_id="r")).calendars_of(wanted)
        assert [str(CalendarId.parse(home.id)) for home in homes] == ["elasticsearch:full"] * 10
        assert [one.route for one in server.exchanges].count("GET /_ml/calendars/{calendar_id}") == 1
