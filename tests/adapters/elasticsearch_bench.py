"""The bench of the Elasticsearch adapter: its emulator behind a socket, and a proxy to stand before it."""

from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime, timedelta

from gateway.adapters.elasticsearch.source import ElasticsearchSource
from gateway.adapters.transport import Transport
from gateway.model.ids import CalendarId, EventId
from gateway.sandbox.elasticsearch import ElasticsearchEmulator
from gateway.sandbox.http import Request, Response
from gateway.sandbox.principals import MANAGE_ML
from gateway.sandbox.seed import world
from gateway.sandbox.server import EmulatorServer
from gateway.sandbox.world import ElasticsearchWorld

from .conformance import HOUR, Bench
from .retry_clock import RetryClock

NOW = datetime(2026, 11, 18, 15, 30, 12, tzinfo=UTC)
READ = "GET /_ml/calendars/{calendar_id}/events"
WRITE = "POST /_ml/calendars/{calendar_id}/events"
REMOVE = "DELETE /_ml/calendars/{calendar_id}/events/{event_id}"
EMPTY = CalendarId("elasticsearch", ("empty",))


def connect(url: str, timeout: timedelta = HOUR, *, authorization=MANAGE_ML.authorization, **options):
    options.setdefault("retries", RetryClock().retries())
    options.setdefault("now", lambda: NOW)
    transport = Transport(url, source="elasticsearch", timeout=timeout)
    return ElasticsearchSource("elasticsearch", transport=transport, authorization=authorization, **options)


class Proxy:
    """What may stand before a cluster: it answers some routes itself, passing the request on if told so."""

    name = "proxy"

    def __init__(self, behind: ElasticsearchEmulator, answers: Mapping[str, Response], *, passes_on=False):
        self.behind = behind
        self.answers = answers
        self.passes_on = passes_on

    def route(self, request: Request) -> str:
        return self.behind.route(request)

    def answer(self, request: Request, *, lose: frozenset[int] = frozenset()) -> Response:
        own = self.answers.get(self.route(request))
        if own is None or self.passes_on:
            answer = self.behind.answer(request, lose=lose)
        return own or answer

    def error(self, status: int, retry_after: str | None = None) -> Response:
        return self.behind.error(status, retry_after)


def emulator(elasticsearch: ElasticsearchWorld | None = None) -> ElasticsearchEmulator:
    return ElasticsearchEmulator(elasticsearch or world(NOW).elasticsearch, now=lambda: NOW)


@asynccontextmanager
async def open_bench() -> AsyncIterator[Bench]:
    async with EmulatorServer(emulator()) as server:
        bench = Bench(
            server=server,
            connect=connect,
            calendar=EMPTY,
            unknown_calendar=CalendarId("elasticsearch", ("nobody-made-this",)),
            unknown_event=EventId("elasticsearch", ("empty", "events", "1800000000000", "nothing")),
            read_route=READ,
            write_route=WRITE,
            change_routes=(WRITE, REMOVE),
            remove_route=REMOVE,
        )
        yield bench
        await bench.aclose()


async def behind_proxy(bench, answers, work, *, passes_on=False):
    """What `work` makes of an adapter on the bench, behind a proxy that answers some routes itself."""
    proxy = Proxy(bench.server.emulator, answers, passes_on=passes_on)
    async with EmulatorServer(proxy) as server, aclosing(connect(server.url)) as source:
        return await work(source.adapter(bench.call()))


def sent(bench, method="POST"):
    """The requests that arrived, newest last."""
    return [exchange.request for exchange in bench.server.exchanges if exchange.request.method == method]
