"""The bench of the Graph adapter: its emulator behind a socket, with empty calendars, and sources on it."""

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime, timedelta

import msgspec

from gateway.adapters.msgraph import MSGraphSource
from gateway.adapters.msgraph.adapter import MSGraphAdapter
from gateway.adapters.msgraph.credentials import CallersToken, GivenToken
from gateway.adapters.transport import Transport
from gateway.adapters.upstream import Call
from gateway.model.event import Event
from gateway.model.ids import CalendarId
from gateway.model.msgraph import MSGraphEventDetails
from gateway.model.time import EventTime
from gateway.sandbox.http import Request
from gateway.sandbox.msgraph import MSGraphEmulator
from gateway.sandbox.seed import ALICE, OUTAGES, user_id, world
from gateway.sandbox.server import EmulatorServer

from .conformance import HOUR, MORNING
from .retry_clock import RetryClock

NOW = datetime(2026, 11, 18, 15, 30, 12, tzinfo=UTC)
LIST = "GET /{calendar}/events"
READ = "GET /{calendar}/calendarView"
WRITE = "POST /{calendar}/events"
FIND = "GET /{event}"
CHANGE = "PATCH /{event}"
REMOVE = "DELETE /{event}"
CANCEL = "POST /{event}/cancel"
SOURCE = "msgraph"
REQUEST_ID = "7c0f6a0e-6a5e-4c57-9a3d-3c5f0a1b2c3d"
SRE = user_id("sre@contoso.com")
EMPTY = "AAMkAEmptyCalendar+/=="
UNKNOWN = "AAMkAUnknownAAA="
NASTY = "a/b+c=d%e f?g#h\r\ni é日"

EVENT = Event(
    id="msgraph:users/ops@contoso.com/events/E=",
    source="msgraph",
    calendar_id=None,
    title="Maintenance",
    start=EventTime(instant=MORNING, zone="Europe/Berlin"),
    end=EventTime(instant=MORNING + HOUR, zone="Europe/Berlin"),
    revision='W/"1"',
    details=MSGraphEventDetails(event_id="E="),
)


def event(**values: object) -> Event:
    return msgspec.structs.replace(EVENT, **values)


def connect(
    url: str, timeout: timedelta = timedelta(seconds=20), authorization=None, takes_callers=True, **options
) -> MSGraphSource:
    callers = CallersToken(source=SOURCE) if takes_callers else None
    options.setdefault("retries", RetryClock().retries())
    return MSGraphSource(
        SOURCE,
        transport=Transport(url, source=SOURCE, timeout=timeout),
        credential=GivenToken(source=SOURCE, callers=callers, configured=authorization),
        **options,
    )


@asynccontextmanager
async def acting(server: EmulatorServer, user: str) -> AsyncIterator[MSGraphAdapter]:
    """An adapter with a user's token."""
    source = connect(server.url, authorization=server.emulator.tokens.of(user).authorization)
    async with aclosing(source):
        yield source.adapter(Call(request_id=REQUEST_ID))


@asynccontextmanager
async def open_server(emulator: type[MSGraphEmulator] = MSGraphEmulator) -> AsyncIterator[EmulatorServer]:
    made = emulator(world(NOW).msgraph, now=lambda: NOW)
    for owner in (ALICE, OUTAGES):
        made.state.add_calendar(owner, EMPTY, "Empty")
        made.state.add_calendar(owner, NASTY, "Of a nasty id")
    async with EmulatorServer(made, now=lambda: NOW) as server:
        yield server


def calendar(path: str) -> CalendarId:
    return CalendarId(SOURCE, tuple(path.split("/")))


def sent(server: EmulatorServer, method: str = "POST") -> list[Request]:
    """The requests that arrived, newest last."""
    return [exchange.request for exchange in server.exchanges if exchange.request.method == method]
