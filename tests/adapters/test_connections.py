"""The connections to an upstream: all that HTTP/1.1 lets a server do, and what it does not."""

import asyncio
import gc
import gzip
import socket
import ssl
import zlib
from contextlib import aclosing, asynccontextmanager, closing
from datetime import timedelta
from math import inf
from weakref import ref

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.adapters.connection import Connection
from gateway.adapters.connections import Connections
from gateway.adapters.outgoing import fields
from gateway.adapters.transport import MAX_ANSWER_BYTES, Answer, Transport
from gateway.adapters.upstream import UpstreamLog, UpstreamRequest
from gateway.errors import InvalidInput, NoAnswer, NotSent, UnexpectedAnswer, UpstreamError

from .identity import Identity
from .scripted_server import ScriptedServer, Visit

pytestmark = pytest.mark.anyio


@pytest.fixture(params=[False, True], ids=["asyncio", "uvloop"])
def anyio_backend(request):
    return "asyncio", {"use_uvloop": request.param}


def has_ipv6() -> bool:
    with closing(socket.socket(socket.AF_INET6)) as probe:
        try:
            probe.bind(("::1", 0))
        except OSError:
            return False
    return True


OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


def always(*parts: bytes):
    """The script of a server that gives every request the same answer."""

    async def script(visit: Visit) -> None:
        while await visit.request():
            await visit.answer(*parts)

    return script


def once(*parts: bytes):
    """The script of a server that gives one answer and closes the connection."""

    async def script(visit: Visit) -> None:
        await visit.request()
        await visit.answer(*parts)

    return script


@asynccontextmanager
async def connected(script, *, host="127.0.0.1", seconds=20.0):
    async with ScriptedServer(script, host=host) as server:
        transport = Transport(server.url, source="es", timeout=timedelta(seconds=seconds))
        async with aclosing(transport):
            yield server, transport


async def ask(transport: Transport, *, method="GET", path="/x", body=None, headers=None, log=None) -> Answer:
    request = UpstreamRequest(source="es", method=method, path=path, body=body)
    return await transport.send(request, fields=fields(headers or {}), log=log or UpstreamLog())


async def answered(*parts: bytes) -> Answer:
    async with connected(once(*parts)) as (_, transport):
        return await ask(transport)


async def failure(script, **asked) -> UpstreamError:
    async with connected(script) as (server, transport):
        with pytest.raises(UpstreamError) as caught:
            await ask(transport, **asked)
        assert len(server.requests) == 1
    return caught.value


async def test_a_request_goes_out_byte_by_byte_as_it_was_made():
    async with connected(always(OK)) as (server, transport):
        path = "/a%2Fb/..%2F%2e/%C3%A9?filter_path=x,y&a=%20$"
        await ask(transport, method="POST", path=path, body=b"\x00{}", headers={"accept": "a/b", "x-id": "7"})
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    first, *fields = head.split(b"\r\n")
    assert first == b"POST /a%2Fb/..%2F%2e/%C3%A9?filter_path=x,y&a=%20$ HTTP/1.1"
    assert sorted(field.lower() for field in fields) == [
        b"accept-encoding: gzip, deflate",
        b"accept: a/b",
        b"content-length: 3",
        f"host: 127.0.0.1:{server.port}".encode(),
        b"user-agent: calendar-gateway",
        b"x-id: 7",
    ]
    assert body == b"\x00{}"


@pytest.mark.parametrize(("method", "length"), [("PUT", [b"0"]), ("GET", []), ("DELETE", [])])
async def test_a_request_without_a_body_says_so_where_one_is_usual(method, length):
    async with connected(always(OK)) as (server, transport):
        await ask(transport, method=method)
    fields = server.requests[0].lower().split(b"\r\n")
    assert [field[16:] for field in fields if field.startswith(b"content-length: ")] == length


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("/a b/é?x=<y>", b"/a%20b/%C3%A9?x=%3Cy%3E"),
        ("/a/../b/./c#d", b"/b/c"),
        ("/a'b?c='d'", b"/a'b?c='d'"),
    ],
)
async def test_a_path_that_an_upstream_gave_is_mended(path, line):
    async with connected(always(OK)) as (server, transport):
        await ask(transport, path=path)
    assert server.requests[0].startswith(b"GET %b HTTP/1.1\r\n" % line)


async def test_paths_lie_below_that_of_the_upstreams_root():
    async with ScriptedServer(always(OK)) as server:
        transport = Transport(f"{server.url}/es/", source="es", timeout=timedelta(seconds=20))
        async with aclosing(transport):
            for path in ("/x?y=z", "/x y"):
                await ask(transport, path=path)
    lines = [request.partition(b" HTTP/1.1\r\n")[0] for request in server.requests]
    assert lines == [b"GET /es/x?y=z", b"GET /es/x%20y"]


@pytest.mark.parametrize("value", ["a\r\nb: c", "a\x00", "é"])
async def test_a_value_that_no_header_can_carry_is_not_sent_and_not_quoted(value):
    async with connected(always(OK)) as (server, transport):
        with pytest.raises(InvalidInput) as caught:
            await ask(transport, headers={"authorization": value})
    assert (
        caught.value.problem.message == "The header authorization holds a character that HTTP cannot carry."
    )
    assert server.requests == []


async def test_a_connection_is_kept_and_used_again():
    async with connected(always(OK)) as (server, transport):
        for _ in range(3):
            assert (await ask(transport)).body == b"ok"
        assert [len(visit.requests) for visit in server.visits] == [3]


async def test_requests_at_the_same_time_have_a_connection_each():
    everybody = asyncio.Barrier(3)

    async def script(visit):
        while await visit.request():
            await everybody.wait()
            await visit.answer(OK)

    async with connected(script) as (server, transport):
        await asyncio.gather(*(ask(transport) for _ in range(3)))
        assert [len(visit.requests) for visit in server.visits] == [1, 1, 1]


@pytest.mark.parametrize(
    "closing",
    [
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nConnection: close\r\n\r\nok",
        b"HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok",
        pytest.param(OK + OK, id="an answer that nobody has asked for"),
        pytest.param(OK + b"HTTP", id="the beginning of one"),
    ],
)
async def test_a_connection_that_the_answer_ends_or_spoils_is_not_used_again(closing):
    async with connected(always(closing)) as (server, transport):
        for _ in range(2):
            assert (await ask(transport)).body == b"ok"
        assert [len(visit.requests) for visit in server.visits] == [1, 1]


async def test_what_comes_between_two_requests_ends_the_connection():
    late = asyncio.Event()

    async def script(visit):
        await visit.request()
        await visit.answer(OK)
        await visit.answer(OK)
        late.set()
        await visit.request()

    async with connected(script) as (server, transport):
        await ask(transport)
        await late.wait()
        await ask(transport)
        assert [len(visit.requests) for visit in server.visits] == [1, 1]


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
async def test_a_connection_closed_between_two_requests_is_not_used_and_nothing_is_lost(method):
    async with connected(once(OK)) as (server, transport):
        for _ in range(3):
            assert (await ask(transport, method=method)).body == b"ok"
            assert await asyncio.wait_for(server.visits[-1].left(), 20)
        assert [len(visit.requests) for visit in server.visits] == [1, 1, 1]


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
async def test_a_request_that_has_left_is_never_repeated_behind_the_log(method):
    async def script(visit):
        await visit.request()
        await visit.answer(OK)
        await visit.request()

    log = UpstreamLog()
    async with connected(script) as (server, transport):
        await ask(transport)
        with pytest.raises(NoAnswer, match="without sending a response"):
            await ask(transport, method=method, log=log)
        assert len(server.requests) == 2
    assert [(request.method, request.status) for request in log.requests] == [(method, None)]


@pytest.mark.parametrize(
    ("parts", "body"),
    [
        pytest.param([b"HTTP/1.1 200 OK\r\n", b"\r\n", b"to the", b" end"], b"to the end", id="by closing"),
        pytest.param([b"HTTP/1.0 200 OK\r\n\r\nold"], b"old", id="HTTP/1.0"),
        pytest.param(
            [
                b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5;x=y\r\nchunk\r\n",
                b"1\r\n!\r\n0\r\na: b\r\n\r\n",
            ],
            b"chunk!",
            id="chunked",
        ),
        pytest.param([b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n", OK], b"ok", id="hints before it"),
        pytest.param([b"HTTP/1.1 100 Continue\r\n\r\n" * 2 + OK], b"ok", id="continue before it"),
        pytest.param([b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"], b"", id="empty"),
        pytest.param([b"HTTP/1.1 200\r\ncontent-length: 2\r\n\r\nok"], b"ok", id="without a reason"),
    ],
)
async def test_an_answer_ends_where_http_says(parts, body):
    answer = await answered(*parts)
    assert (answer.status, answer.body) == (200, body)


@pytest.mark.parametrize("status", [204, 304])
async def test_an_answer_that_has_no_body_ends_with_its_headers(status):
    async with connected(always(b"HTTP/1.1 %d X\r\netag: y\r\n\r\n" % status)) as (server, transport):
        for _ in range(2):
            assert (await ask(transport)).status == status
        assert len(server.visits) == 1


async def test_headers_are_in_small_letters_and_those_of_one_name_together():
    answer = await answered(b"HTTP/1.1 200 OK\r\nX-A: 1\r\nx-a: 2\r\nX-B: \xe9\r\ncontent-length: 0\r\n\r\n")
    assert answer.headers == {"x-a": "1, 2", "x-b": "é", "content-length": "0"}


async def test_headers_may_be_large():
    answer = await answered(b"HTTP/1.1 200 OK\r\nx: %b\r\ncontent-length: 0\r\n\r\n" % (b"y" * 100_000))
    assert len(answer.headers["x"]) == 100_000


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ([b""], "without sending a response"),
        ([b"HTTP/1.1 200 OK\r\nx: y"], "without sending a response"),
        ([b"HTTP/1.1 100 Continue\r\n\r\n"], "without sending a response"),
        ([b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nfour"], "before the end of its response"),
        (
            [b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nchunk\r\n"],
            "before the end of its response",
        ),
        ([b"SSH-2.0-OpenSSH_9.6\r\n"], "does not answer in HTTP/1.1"),
        ([b"\x15\x03\x03\x00\x02\x02\x16"], "does not answer in HTTP/1.1"),
        (
            [b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nx"],
            "does not answer in HTTP/1.1",
        ),
        (
            [b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"],
            "HTTP/1.1",
        ),
        ([b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n"], "HTTP/1.1"),
        ([b"HTTP/1.1 200 OK\r\nx: ", b"y" * 600_000], "headers have no end"),
        ([b"HTTP/1.1 200 OK\r\n", b"x: y\r\n" * 100_000], "headers have no end"),
        ([b"HTTP/1.1 100 Continue\r\n\r\n" * 30_000], "headers have no end"),
        (
            [b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n", b"x: y\r\n" * 100_000],
            "headers have no end",
        ),
        (
            [b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 3\r\n\r\nabc"],
            "did not answer to the end",
        ),
    ],
)
async def test_what_is_no_whole_answer_in_http_is_no_answer(parts, reason):
    error = await failure(once(*parts))
    assert isinstance(error, NoAnswer)
    assert reason in error.problem.message


async def test_a_redirect_is_an_answer_like_any_other():
    async with connected(always(b"HTTP/1.1 302 Found\r\nlocation: /y\r\ncontent-length: 0\r\n\r\n")) as (
        server,
        transport,
    ):
        assert (await ask(transport)).status == 302
        assert len(server.requests) == 1


async def test_no_proxy_of_the_environment_is_asked(monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    async with connected(always(OK)) as (_, transport):
        assert (await ask(transport)).ok


def tls(folder) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """What a server shows, and what trusts it."""
    authority = Identity("an authority", is_authority=True)
    file = folder / "authority.pem"
    file.write_bytes(authority.pem)
    trusting = ssl.create_default_context(cafile=file)
    trusting.verify_flags &= ~ssl.VERIFY_X509_STRICT  # 3.13 has it on: an authority's key is not named
    return Identity("server", authority).context(folder), trusting


def coded(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)


async def test_a_compressed_body_is_unpacked():
    assert (await answered(coded(gzip.compress(b"flat " * 9999)))).body == b"flat " * 9999


@pytest.mark.parametrize("coding", ["gzip", "GZIP", "deflate"])
async def test_whatever_way_of_compressing_is_asked_for_is_understood(coding):
    body = bytes(range(256)) * 9999
    packed = zlib.compress(body, 0) if coding == "deflate" else gzip.compress(body, 0)
    head = b"HTTP/1.1 200 OK\r\ncontent-encoding: %b\r\ncontent-length: %d\r\n\r\n"
    parts = [packed[start : start + 500_000] for start in range(0, len(packed), 500_000)]
    assert (await answered(head % (coding.encode(), len(packed)), *parts)).body == body


async def test_a_body_that_unpacks_to_more_than_the_most_is_refused():
    error = await failure(once(coded(gzip.compress(bytes(MAX_ANSWER_BYTES + 1), 1))))
    assert isinstance(error, UnexpectedAnswer)


async def test_of_long_bodies_two_are_read_at_once():
    size = 16 * 1024 * 1024
    almost, rest, sent = asyncio.Event(), asyncio.Event(), []

    async def script(visit):
        await visit.request()
        await visit.answer(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % size, bytes(size - 1))
        sent.append(visit)
        if len(sent) == 2:
            almost.set()
        await rest.wait()
        await visit.answer(b"0")

    async with connected(script) as (_, transport):
        asking = [asyncio.create_task(ask(transport)) for _ in range(3)]
        await almost.wait()
        assert len(sent) == 2
        rest.set()
        assert [len(answer.body) for answer in await asyncio.gather(*asking)] == [size] * 3


async def test_a_body_without_end_is_broken_off():
    async def script(visit):
        await visit.request()
        await visit.answer(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            await visit.answer(bytes(1024 * 1024))

    assert isinstance(await failure(script), UnexpectedAnswer)


class Socket:
    """As much of a transport as an answer needs."""

    def __init__(self, server: socket.socket) -> None:
        self.is_reading = True
        self._server = server

    def get_extra_info(self, _: str) -> socket.socket:
        return self._server

    def write(self, data: bytes) -> None:
        """It is for nobody."""

    def pause_reading(self) -> None:
        self.is_reading = False

    def resume_reading(self) -> None:
        self.is_reading = True


def receive(connection: Connection, data: bytes) -> None:
    """As much of the data as the connection takes at once."""
    space = connection.get_buffer(-1)[: len(data)]
    space[:] = data[: len(space)]
    connection.buffer_updated(len(space))


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(b"HTTP/1.1 200 OK\r\n\r\n", id="by closing"),
        pytest.param(b"HTTP/1.1 200 OK\r\ncontent-length: 100000000\r\n\r\n", id="of a known length"),
    ],
)
async def test_an_answer_that_nobody_draws_is_not_read_on(head):
    with closing(socket.socket()) as server:
        wire, connection = Socket(server), Connection(memoryview(bytearray(100_000)))
        connection.connection_made(wire)
        connection.ask(b"GET /x HTTP/1.1\r\n\r\n", inf)
        receive(connection, head)
        for _ in range(2000):
            if wire.is_reading:
                receive(connection, bytes(100_000))
        assert not wire.is_reading
        await connection.more()
        assert connection.status == 200
        assert connection.rest() is None
        assert 1_000_000 < len(await anext(connection)) < 2_000_000
        assert wire.is_reading


def begun(wire: Socket, *data: bytes) -> Connection:
    """A connection over which a request has gone, and so much of its answer has come."""
    connection = Connection(memoryview(bytearray(100_000)))
    connection.connection_made(wire)
    connection.ask(b"GET /x HTTP/1.1\r\n\r\n", inf)
    for each in data:
        receive(connection, each)
    return connection


async def test_a_long_answer_waits_for_its_turn_with_one_part_while_the_next_one_comes():
    size = 4 * MIB
    transport = Transport("http://127.0.0.1:9", source="es", timeout=timedelta(seconds=20))
    with closing(socket.socket()) as server:
        wires = [Socket(server) for _ in range(3)]
        connections = [begun(it, b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % size) for it in wires]
        reading = [asyncio.create_task(transport._read(it)) for it in connections]

        async def come(most: int) -> list[int]:
            """How much comes of each while they are read, of so much that is sent."""
            for _ in range(size // 65_536):
                for number, (wire, connection) in enumerate(zip(wires, connections, strict=True)):
                    while wire.is_reading and came[number] < most:
                        receive(connection, bytes(65_536))
                        came[number] += 65_536
                await asyncio.sleep(0)
            return came

        came = [0, 0, 0]
        assert await come(size - 65_536) == [size - 65_536, size - 65_536, 2 * MIB]
        assert await come(size) == [size] * 3
        assert [len(body) for body in await asyncio.gather(*reading)] == [size] * 3
    await transport.aclose()


@pytest.mark.parametrize(
    "answer", [OK, b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"]
)
async def test_a_connection_that_waits_for_its_next_request_holds_no_body(answer):
    with closing(socket.socket()) as server:
        connection = begun(Socket(server), answer)
        body = connection.rest()
        assert body == b"ok"
        assert not [it for it in gc.get_referrers(body) if isinstance(it, list)]


@pytest.mark.parametrize(
    "answer",
    [
        [],
        [OK],
        [b"HTTP/1.1 200 OK\r\ncontent-length: 300000\r\n\r\n", b"begun"],
        [b"HTTP/1.1 200 OK\r\n\r\nbegun"],
        [b"SSH-2.0"],
    ],
)
async def test_what_reads_a_connection_that_is_lost_needs_no_collector_to_go(answer):
    gc.disable()
    try:
        with closing(socket.socket()) as server:
            connection = begun(Socket(server))
            kept = [ref(connection), ref(connection._parsing)]
            for data in answer:
                receive(connection, data)
            kept.append(ref(connection._parsing))  # another one behind a long body
            connection.connection_lost(None)
            del connection
            assert [it() for it in kept] == [None] * 3
    finally:
        gc.enable()


async def exchange(connections: Connections, seconds: float) -> bytes | None:
    time = asyncio.get_running_loop().time
    connection = await connections.take(time() + 20)
    try:
        connection.ask(b"GET /x HTTP/1.1\r\n\r\n", time() + seconds)
        await connection.more()
        return connection.rest()
    finally:
        connections.give_back(connection)


async def test_every_request_over_a_connection_has_its_own_time():
    loop, late = asyncio.get_running_loop(), asyncio.Event()

    async def script(visit):
        await visit.request()
        await visit.answer(OK)
        await visit.request()
        await late.wait()
        await visit.answer(OK)
        await visit.request()
        await visit.left()

    async with ScriptedServer(script) as server, aclosing(Connections(server.url)) as connections:
        began = loop.time()
        assert await exchange(connections, 0.2) == b"ok"
        loop.call_at(began + 0.3, late.set)
        assert await exchange(connections, 20) == b"ok"
        with pytest.raises(httpx2.ReadTimeout):
            await exchange(connections, 0.05)
        assert len(server.visits) == 1


def pattern(length: int) -> bytes:
    """Bytes of which none can stand for another one of the last thousand."""
    return b"".join(b"%07d," % number for number in range(length // 8 + 1))[:length]


MIB = 1024 * 1024
LENGTHS = [0, 1, 65_000, 300_000, MIB - 1, MIB, MIB + 1, 2 * MIB, 3 * MIB + 5]


@pytest.mark.parametrize("has_tls", [False, True], ids=["plain", "TLS"])
async def test_bodies_of_all_lengths_come_whole_one_after_another(has_tls, tmp_path):
    async def script(visit):
        for length in LENGTHS:
            await visit.request()
            await visit.answer(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (length, pattern(length)))
        await visit.left()

    shown, trusting = tls(tmp_path) if has_tls else (None, None)
    async with ScriptedServer(script, tls=shown) as server:
        transport = Transport(server.url, source="es", timeout=timedelta(seconds=20), tls=trusting)
        async with aclosing(transport):
            for length in LENGTHS:
                assert (await ask(transport)).body == pattern(length)
            assert len(server.visits) == 1


@pytest.mark.parametrize("length", [300_000, 3 * MIB])
@pytest.mark.parametrize(
    ("sent", "reason"),
    [(-1, "before the end"), (-100_000, "before the end"), (0, None), (1, None), (9999, None)],
)
async def test_a_long_body_has_the_length_that_was_promised_or_there_is_no_answer(length, sent, reason):
    async def script(visit):
        await visit.request()
        await visit.answer(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % length, pattern(length + sent))

    async with connected(script) as (server, transport):
        for _ in range(2):
            if reason is None:
                assert (await ask(transport)).body == pattern(length)
            else:
                with pytest.raises(NoAnswer, match=reason):
                    await ask(transport)
        assert [len(visit.requests) for visit in server.visits] == [1, 1]


@pytest.mark.parametrize("field", [b"connection: close", b"proxy-connection: close"])
async def test_a_connection_that_ends_with_a_long_body_is_not_used_again(field):
    head = b"HTTP/1.1 200 OK\r\n%b\r\ncontent-length: 300000\r\n\r\n" % field
    async with connected(always(head, pattern(300_000))) as (server, transport):
        for _ in range(2):
            assert (await ask(transport)).body == pattern(300_000)
        assert [len(visit.requests) for visit in server.visits] == [1, 1]


async def test_a_long_body_that_stays_away_is_waited_for_no_longer_than_there_is_time():
    async def script(visit):
        await visit.request()
        await visit.answer(b"HTTP/1.1 200 OK\r\ncontent-length: 300000\r\n\r\n", pattern(200_000))
        assert await visit.left()

    async with connected(script, seconds=0.2) as (_, transport):
        with pytest.raises(NoAnswer, match="to the end within"):
            await ask(transport)


async def test_an_answer_before_the_request_has_left_ends_the_connection():
    async def script(visit):
        await visit.reader.readuntil(b"\r\n\r\n")
        await visit.answer(b"HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n")
        await asyncio.Event().wait()

    async with connected(script) as (server, transport):
        for _ in range(2):
            assert (await ask(transport, method="POST", body=bytes(30_000_000))).status == 413
        assert len(server.visits) == 2


async def test_a_request_that_is_given_up_closes_its_connection_and_leaves_its_place():
    arrived, left = asyncio.Event(), asyncio.Event()

    async def script(visit):
        await visit.request()
        arrived.set()
        assert await visit.left()
        left.set()

    async with ScriptedServer(script) as server, aclosing(Connections(server.url, at_once=1)) as connections:
        for _ in range(2):
            arrived.clear()
            left.clear()
            asked = asyncio.create_task(exchange(connections, 20))
            await arrived.wait()
            asked.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asked
            await left.wait()


async def test_a_place_is_waited_for_no_longer_than_a_connection():
    time = asyncio.get_running_loop().time
    async with (
        ScriptedServer(always(OK)) as server,
        aclosing(Connections(server.url, at_once=1)) as connections,
    ):
        first = await connections.take(time() + 20)
        with pytest.raises(httpx2.PoolTimeout):
            await connections.take(time() + 0.05)
        second = asyncio.create_task(exchange(connections, 20))
        connections.give_back(first)
        assert await second == b"ok"


@pytest.mark.skipif(not has_ipv6(), reason="there is no IPv6 here")
async def test_an_upstream_over_ipv6_is_reached():
    async with connected(always(OK), host="::1") as (server, transport):
        assert (await ask(transport)).ok
        assert f"host: [::1]:{server.port}".encode() in server.requests[0].lower()


async def test_a_host_with_several_addresses_is_reached_by_the_one_that_answers():
    async with ScriptedServer(always(OK)) as server:
        transport = Transport(f"http://localhost:{server.port}", source="es", timeout=timedelta(seconds=20))
        async with aclosing(transport):
            assert (await ask(transport)).ok


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://nowhere.invalid", "https://127.0.0.1:1"])
async def test_where_nobody_listens_nothing_is_sent(url):
    transport = Transport(url, source="es", timeout=timedelta(seconds=20))
    async with aclosing(transport):
        with pytest.raises(NotSent, match=r"^No connection to es: ."):
            await ask(transport)


async def test_tls_with_a_server_that_speaks_none_sends_nothing():
    shown = []

    async def script(visit):
        shown.append(await visit.reader.read(4096))
        await visit.answer(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    async with ScriptedServer(script) as server:
        url = server.url.replace("http:", "https:")
        transport = Transport(url, source="es", timeout=timedelta(seconds=20))
        async with aclosing(transport):
            with pytest.raises(NotSent, match="SSL"):
                await ask(transport, headers={"authorization": "ApiKey secret"})
    assert b"secret" not in shown[0]


async def test_closing_breaks_off_what_is_under_way():
    arrived = asyncio.Event()

    async def script(visit):
        await visit.request()
        arrived.set()
        await visit.left()

    async with connected(script) as (_, transport):
        asked = asyncio.create_task(ask(transport))
        await arrived.wait()
        await transport.aclose()
        with pytest.raises(NoAnswer):
            await asked


ANSWERS = [
    b"HTTP/1.1 200 OK\r\nx: y\r\ncontent-length: 5\r\n\r\nhello",
    b"HTTP/1.1 102\r\n\r\nHTTP/1.1 200\r\nx: y\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    b"HTTP/1.0 200 OK\r\nx: y\r\n\r\nhello",
]


@settings(max_examples=60, deadline=None)
@given(data=st.data(), whole=st.sampled_from(ANSWERS))
def test_an_answer_is_the_same_in_whatever_pieces_it_comes(data, whole):
    cuts = sorted(data.draw(st.sets(st.integers(1, len(whole) - 1))))
    pieces = [whole[start:end] for start, end in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    answer = asyncio.run(answered(*pieces))
    assert (answer.status, answer.headers["x"], answer.body) == (200, "y", b"hello")


async def test_what_is_still_being_opened_when_all_is_closed_is_closed_too():
    loop = asyncio.get_running_loop()
    async with ScriptedServer(always(OK)) as server:
        connections = Connections(server.url)
        opening = asyncio.create_task(connections.take(loop.time() + 20))
        await asyncio.sleep(0)
        await connections.aclose()
        with pytest.raises(httpx2.ConnectError):
            await opening
