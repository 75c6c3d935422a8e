"""The emulators' server over real sockets: raw targets, keep-alive, faults, a clean end."""

import asyncio
import gc
import gzip
import socket
import sys
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta

import httpx2
import pytest

from gateway.sandbox.faults import HELD, Cut, Fault, Faults, Garble
from gateway.sandbox.http import Request, Response
from gateway.sandbox.server import EmulatorServer
from tests import loopback

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 18, 15, 30, 12, tzinfo=UTC)


class Diary:
    """An emulator that remembers what it was told."""

    name = "diary"

    def __init__(self):
        self.entries = []
        self.lost = []

    def route(self, request):
        return f"{request.method} /{request.segments[0]}"

    def answer(self, request: Request, *, lose: frozenset[int] = frozenset()) -> Response:
        if request.segments[0] == "broken":
            raise ValueError("a bug of the emulator")
        self.entries.append(request.body)
        self.lost.extend(lose)
        if request.method == "DELETE":
            return Response(status=204)
        return Response(status=200, headers={"Content-Type": "application/json"}, body=b'{"ok": true}')

    def error(self, status: int, retry_after: str | None = None) -> Response:
        headers = {} if retry_after is None else {"Retry-After": retry_after}
        return Response(status=status, headers=headers, body=b'{"error": "as asked"}')


async def raw(server: EmulatorServer, request: bytes) -> bytes:
    """The whole answer to bytes sent as they are."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(request)
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


@pytest.fixture
async def server(anyio_backend):
    async with EmulatorServer(Diary(), now=lambda: NOW) as server:
        yield server


@pytest.fixture
async def client(server):
    async with loopback.client(base_url=server.url) as client:
        yield client


async def test_the_target_arrives_as_it_was_sent(server):
    answer = await raw(
        server, b"GET /a/../b%2Fc/./d?x=%41&y=+ HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
    )
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert server.exchanges[-1].request.target == "/a/../b%2Fc/./d?x=%41&y=+"


async def test_a_repeated_header_is_joined(server):
    await raw(server, b"GET / HTTP/1.1\r\nHost: h\r\nPrefer: a\r\nPrefer: b\r\nConnection: close\r\n\r\n")
    assert server.exchanges[-1].request.headers["prefer"] == "a, b"


async def test_one_connection_serves_many_requests(server):
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    for _ in range(3):
        writer.write(b"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi")
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200")
        assert await reader.readexactly(12) == b'{"ok": true}'
    writer.close()
    await writer.wait_closed()
    assert server.emulator.entries == [b"hi"] * 3


async def test_what_is_not_http_is_answered_400(server):
    answer = await raw(server, b"GET /a b HTTP/1.1\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400 ")


async def test_the_date_is_the_injected_clocks(client):
    assert (await client.get("/a")).headers["date"] == "Wed, 18 Nov 2026 15:30:12 GMT"


async def test_gzip_is_read_and_written(server, client):
    answer = await client.post("/a", content=gzip.compress(b"hello"), headers={"Content-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.json() == {"ok": True}
    assert server.emulator.entries == [b"hello"]


async def test_a_body_that_is_not_gzip_is_answered_400(client):
    answer = await client.post("/a", content=b"hello", headers={"Content-Encoding": "gzip"})
    assert answer.status_code == 400


async def test_head_has_the_length_and_no_body(client):
    answer = await client.head("/a", headers={"Accept-Encoding": "identity"})
    assert (answer.headers["content-length"], answer.content) == ("12", b"")


async def test_exchanges_are_recorded_with_route_and_answer(server, client):
    await client.put("/a/b")
    exchange = server.exchanges[-1]
    assert (exchange.route, exchange.response.status, exchange.time) == ("PUT /a", 200, NOW)


async def test_a_bug_of_the_emulator_is_a_500_and_is_logged(client, caplog):
    assert (await client.get("/broken")).status_code == 500
    assert "a bug of the emulator" in caplog.text


async def test_a_fault_strikes_its_route_and_call_only(server, client):
    server.faults.add("GET /a", Fault(status=503), calls=[2])
    statuses = [(await client.get(path)).status_code for path in ("/a", "/b", "/a", "/a")]
    assert statuses == [200, 200, 503, 200]


async def test_an_error_may_come_although_the_write_was_done(server, client):
    server.faults.add("*", Fault(status=409, is_written=True), calls=[1])
    assert (await client.post("/a", content=b"once")).status_code == 409
    assert server.emulator.entries == [b"once"]
    server.faults.add("*", Fault(status=409))
    assert (await client.post("/a", content=b"twice")).status_code == 409
    assert server.emulator.entries == [b"once"]


async def test_a_status_fault_writes_nothing_and_carries_retry_after(server, client):
    server.faults.add("*", Fault(status=429, retry_after="7"))
    answer = await client.post("/a", content=b"x")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")
    assert server.emulator.entries == []


async def test_chance_repeats_with_the_seed(server, client):
    async def draw():
        server.faults = Faults(seed=5)
        server.faults.add("*", Fault(status=503), probability=0.5)
        return [(await client.get("/a")).status_code for _ in range(12)]

    first = await draw()
    assert set(first) == {200, 503}
    assert await draw() == first


async def test_a_cut_before_the_write_writes_nothing(server, client):
    server.faults.add("*", Fault(cut=Cut.BEFORE_WRITE))
    with pytest.raises(httpx2.TransportError):
        await client.post("/a", content=b"x")
    assert server.emulator.entries == []
    assert server.exchanges[-1].response is None


async def test_a_cut_after_the_write_has_written(server, client):
    server.faults.add("*", Fault(cut=Cut.AFTER_WRITE))
    with pytest.raises(httpx2.TransportError):
        await client.post("/a", content=b"x")
    assert server.emulator.entries == [b"x"]


async def test_a_late_write_happens_at_release(server, client):
    server.faults.add("*", Fault(cut=Cut.LATE_WRITE, delay=HELD))
    with pytest.raises(httpx2.TransportError):
        await client.post("/a", content=b"x")
    assert server.emulator.entries == []
    server.faults.release()
    assert server.emulator.entries == [b"x"]


async def test_a_held_request_goes_on_at_release(server, client):
    server.faults.add("*", Fault(delay=HELD))
    waiting = asyncio.create_task(client.get("/a"))
    await server.faults.arrival()
    assert not waiting.done()
    server.faults.release()
    assert (await waiting).status_code == 200


async def test_a_delay_of_seconds_can_be_released_too(server, client):
    server.faults.add("*", Fault(delay=3600))
    waiting = asyncio.create_task(client.get("/a"))
    await server.faults.arrival()
    server.faults.release()
    assert (await waiting).status_code == 200


async def test_a_short_delay_ends_by_itself(server, client):
    server.faults.add("*", Fault(delay=0.001))
    assert (await client.get("/a")).status_code == 200


async def test_a_truncated_body_breaks_off(server, client):
    server.faults.add("*", Fault(garble=Garble.TRUNCATED))
    with pytest.raises(httpx2.RemoteProtocolError):
        await client.get("/a")


async def test_a_malformed_body_is_no_json(server, client):
    server.faults.add("*", Fault(garble=Garble.MALFORMED))
    answer = await client.get("/a")
    with pytest.raises(UnicodeDecodeError):
        answer.json()


async def test_an_answer_without_a_body_gets_none_by_a_fault(server, client):
    server.faults.add("*", Fault(garble=Garble.MALFORMED))
    answer = await client.delete("/a")
    assert (answer.status_code, answer.content) == (204, b"")


async def test_lost_items_reach_the_emulator(server, client):
    server.faults.add("*", Fault(lose=frozenset({1})))
    await client.post("/a")
    assert server.emulator.lost == [1]


async def test_closing_leaves_no_task_behind_even_with_a_held_request():
    before = asyncio.all_tasks()
    async with EmulatorServer(Diary()) as server, loopback.client(base_url=server.url) as client:
        server.faults.add("*", Fault(delay=HELD))
        waiting = asyncio.create_task(client.get("/a"))
        await server.faults.arrival()
        await server.__aexit__(None, None, None)
        with pytest.raises(httpx2.TransportError):
            await waiting
    assert asyncio.all_tasks() == before


@pytest.mark.parametrize("turns", range(8))
async def test_closing_leaves_no_socket_behind_whenever_a_client_has_come(monkeypatch, turns):
    left = []
    monkeypatch.setattr(sys, "unraisablehook", lambda unraisable: left.append(str(unraisable.exc_value)))
    async with EmulatorServer(Diary()) as server:
        client = socket.create_connection(("127.0.0.1", server.port), timeout=30)
        for _ in range(turns):
            await asyncio.sleep(0)
    del server
    with closing(client):
        gc.collect()
        assert left == []
        with suppress(ConnectionResetError):
            assert client.recv(1) == b""


class OneAtATime(Diary):
    """A diary that takes one entry at a time."""

    service_time = timedelta(0)

    def __init__(self):
        super().__init__()
        self.is_busy = False

    def begin(self, request: Request) -> Response | None:
        if self.is_busy:
            return self.error(429, "1")
        self.is_busy = True
        return None

    def is_concurrent(self, request: Request) -> bool:
        return False

    def end(self, request: Request) -> None:
        self.is_busy = False


async def test_an_emulator_may_limit_how_many_requests_it_works_on_at_a_time():
    async with EmulatorServer(OneAtATime()) as server, loopback.client(base_url=server.url) as client:
        server.faults.add("*", Fault(delay=HELD), calls=[1])
        first = asyncio.create_task(client.get("/a"))
        await server.faults.arrival()
        assert (await client.get("/a")).status_code == 429
        server.faults.release()
        assert (await first).status_code == 200
        assert (await client.get("/a")).status_code == 200


async def test_a_body_over_100_mb_is_413_without_being_read(server):
    head = b"POST /a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 104857601\r\n\r\n"
    answer = await raw(server, head)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert answer.endswith(b"\r\n\r\n")
    assert not server.exchanges


async def test_a_chunked_body_over_100_mb_is_413_once_it_is_known(server):
    chunk = b"%x\r\n%s\r\n" % (2**20, b"a" * 2**20)
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(b"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(100):
        writer.write(chunk)
        await writer.drain()
    writer.write(b"1\r\na\r\n")
    assert (await reader.readline()).startswith(b"HTTP/1.1 413 ")
    writer.close()


async def test_a_header_with_several_values_is_sent_several_times(server):
    several = Response(status=401, headers={"WWW-Authenticate": ("Basic", "Bearer")})
    server.emulator.error = lambda status, retry_after=None: several
    server.faults.add("*", Fault(status=401), calls=[1])
    answer = await raw(server, b"GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert answer.count(b"WWW-Authenticate: ") == 2
