"""A client that takes its answer slowly, under a clock that the test moves, or whose head has no end.

Heads that are slow are in tests/front.
"""

import asyncio
from collections.abc import Callable, Coroutine
from contextvars import Context
from datetime import timedelta
from typing import Any

import pytest
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from gateway.http.answer import Answer, json_response
from gateway.http.connection import _NAMES, _TARGETS, PunctualConnection, punctual
from gateway.http.media import JSON
from gateway.http.request import RECEIVED, Request, received


class Loop:
    """Timers that go off when the test says so."""

    def __init__(self) -> None:
        self.timers: list[Timer] = []
        self.now = 0.0

    def time(self) -> float:
        return self.now

    def call_later(
        self, delay: float, callback: Callable[..., None], *arguments: Any, context: Context | None = None
    ) -> "Timer":
        self.timers.append(Timer(delay, callback, arguments))
        return self.timers[-1]

    def create_task(self, request: Coroutine[Any, Any, None]) -> "Begun":
        request.close()
        return Begun()

    def go_on(self) -> None:
        due, self.timers = self.timers, []
        for timer in due:
            if not timer.cancelled:
                timer.callback(*timer.arguments)


class Begun:
    """A request that is being answered, and never comes to its end."""

    def add_done_callback(self, _: Callable[..., None]) -> None: ...


class Timer:
    cancelled = False

    def __init__(self, delay: float, callback: Callable[..., None], arguments: tuple[Any, ...]) -> None:
        self.delay, self.callback, self.arguments = delay, callback, arguments

    def cancel(self) -> None:
        self.cancelled = True


class Transport(asyncio.Transport):
    """A socket whose other side takes as much as the test says."""

    waiting = 0
    aborted = False
    closed = False
    written = b""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[bytes] = []

    def get_write_buffer_size(self) -> int:
        return self.waiting

    def abort(self) -> None:
        self.aborted = True

    def is_closing(self) -> bool:
        return self.aborted

    def write(self, data: Any) -> None:
        assert not self.aborted
        self.written += data
        self.writes.append(bytes(data))

    def close(self) -> None:
        self.closed = True

    def pause_reading(self) -> None: ...
    def resume_reading(self) -> None: ...


def client(connection: Any) -> Any:
    """The socket of a connection, below what makes it lenient."""
    return connection.transport._transport


def connected() -> Any:
    config = uvicorn.Config(lambda: None, log_config=None, ws="none", lifespan="off")
    made: Any = punctual(timedelta(seconds=30), 1_000_000)(config, ServerState(), {}, _loop=Loop())
    made.connection_made(Transport())
    made._head_came()
    made.loop.timers.clear()
    return made


@pytest.fixture
def connection() -> PunctualConnection:
    made: PunctualConnection = connected()
    return made


def test_one_that_takes_nothing_for_a_while_is_cut_off(connection: Any) -> None:
    client(connection).waiting = 100_000
    connection.pause_writing()
    assert [timer.delay for timer in connection.loop.timers] == [30]
    connection.loop.go_on()
    assert client(connection).aborted


def test_one_that_takes_a_little_each_time_may_go_on(connection: Any) -> None:
    client(connection).waiting = 100_000
    connection.pause_writing()
    for left in (90_000, 50_000, 49_999):
        client(connection).waiting = left
        connection.loop.go_on()
        assert not client(connection).aborted
    connection.loop.go_on()
    assert client(connection).aborted


def test_nothing_is_watched_once_all_was_taken(connection: Any) -> None:
    client(connection).waiting = 100_000
    connection.pause_writing()
    client(connection).waiting = 0
    connection.loop.go_on()
    assert not client(connection).aborted
    assert connection.loop.timers == []


def test_what_is_left_of_a_short_answer_is_watched_too(connection: Any) -> None:
    client(connection).waiting = 10
    connection.on_response_complete()
    connection.loop.go_on()
    assert client(connection).aborted


def test_no_timer_outlives_a_connection(connection: Any) -> None:
    client(connection).waiting = 10
    connection._expect_head()
    connection.pause_writing()
    connection.connection_lost(None)
    assert [timer.cancelled for timer in connection.loop.timers] == [True, True]


def test_of_answers_that_wait_the_oldest_is_given_up_where_they_are_too_much() -> None:
    kind = punctual(timedelta(seconds=30), 250_000)
    config = uvicorn.Config(lambda: None, log_config=None, ws="none", lifespan="off")
    made: list[Any] = [kind(config, ServerState(), {}, _loop=Loop()) for _ in range(4)]
    for each in made:
        each.connection_made(Transport())
        client(each).waiting = 100_000
    for each in made[:3]:
        each.pause_writing()
    assert [client(each).aborted for each in made] == [True, False, False, False]
    client(made[1]).waiting = 10_000
    made[1].resume_writing()
    made[3].pause_writing()
    assert [client(each).aborted for each in made] == [True, False, False, False]


def test_one_answer_may_be_as_long_as_it_is(connection: Any) -> None:
    client(connection).waiting = 100_000_000
    connection.pause_writing()
    assert not client(connection).aborted


def test_what_is_written_to_a_client_that_has_just_gone_is_no_fault(connection: Any) -> None:
    client(connection).aborted = True  # any write would raise
    connection.transport.write(b"HTTP/1.1 200 OK")
    connection.transport.writelines((b"HTTP/1.1 200 OK", b"body"))


def answer(connection: Any, *messages: dict[str, Any], request: bytes = b"GET / HTTP/1.1\r\n\r\n") -> None:
    """A request, and its answer as ASGI has it."""
    connection.data_received(request)
    for message in messages:
        with pytest.raises(StopIteration):
            connection.cycle.send(message).send(None)


def head(*headers: tuple[bytes, bytes]) -> dict[str, Any]:
    return {"type": "http.response.start", "status": 200, "headers": list(headers)}


def body(piece: bytes, *, more: bool = False) -> dict[str, Any]:
    return {"type": "http.response.body", "body": piece, "more_body": more}


@pytest.mark.parametrize("length", [0, 3, 100_000])
def test_an_answer_in_one_piece_goes_out_with_its_head(connection: Any, length: int) -> None:
    for written in (1, 2):
        answer(connection, head((b"content-length", b"%d" % length), (b"x", b"y")), body(b"a" * length))
        whole = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\nx: y\r\n\r\n" % length + b"a" * length
        assert client(connection).writes == [whole] * written
    assert not client(connection).closed


@pytest.mark.parametrize(
    ("request_line", "headers", "pieces", "written"),
    [
        (
            b"GET / HTTP/1.1",
            (),
            (b"ab", b"c"),
            b"transfer-encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n",
        ),
        (b"GET / HTTP/1.1", ((b"content-length", b"3"),), (b"ab", b"c"), b"content-length: 3\r\n\r\nabc"),
        (b"HEAD / HTTP/1.1", ((b"content-length", b"3"),), (b"abc",), b"content-length: 3\r\n\r\n"),
        (
            b"GET / HTTP/1.0",
            ((b"content-length", b"3"),),
            (b"abc",),
            b"content-length: 3\r\nconnection: close\r\n\r\nabc",
        ),
        (
            b"GET / HTTP/1.1",
            ((b"content-length", b"1"), (b"connection", b"close")),
            (b"a",),
            b"content-length: 1\r\nconnection: close\r\n\r\na",
        ),
    ],
)
def test_other_answers_are_as_long_as_they_say_and_end_as_they_say(
    connection: Any,
    request_line: bytes,
    headers: tuple[tuple[bytes, bytes], ...],
    pieces: tuple[bytes, ...],
    written: bytes,
) -> None:
    *begin, end = pieces
    messages = [*(body(piece, more=True) for piece in begin), body(end)]
    answer(connection, head(*headers), *messages, request=request_line + b"\r\n\r\n")
    assert client(connection).written == b"HTTP/1.1 200 OK\r\n" + written
    assert client(connection).closed == (b"close" in written)


def test_headers_and_a_body_that_asgi_lets_be_absent_may_be_absent(connection: Any) -> None:
    start, end = {"type": "http.response.start", "status": 200}, {"type": "http.response.body"}
    answer(connection, start, body(b"a"))
    answer(connection, head((b"content-length", b"0")), end)
    chunked = b"transfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"
    lines = (b"HTTP/1.1 200 OK\r\n" + rest for rest in (chunked, b"content-length: 0\r\n\r\n"))
    assert client(connection).written == b"".join(lines)


def test_names_of_headers_are_small_and_as_good_in_capitals(connection: Any) -> None:
    answer(connection, head((b"Content-Length", b"1"), (b"X-Y", b"Z")), body(b"a"))
    assert client(connection).writes == [b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\nx-y: Z\r\n\r\na"]
    assert not client(connection).closed
    answer(connection, head((b"Content-Length", b"1"), (b"Connection", b"close")), body(b"a"))
    assert client(connection).written.endswith(b"\r\nconnection: close\r\n\r\na")
    assert client(connection).closed


def test_nothing_is_answered_to_a_client_that_has_gone(connection: Any) -> None:
    connection.data_received(b"GET / HTTP/1.1\r\n\r\n")
    connection.cycle.disconnected = True
    for message in (head((b"content-length", b"1")), body(b"a")):
        with pytest.raises(StopIteration):
            connection.cycle.send(message).send(None)
    assert client(connection).written == b""


REFUSED = [(b"a", b"b\r\nc: d"), (b"a: b\r\nc", b"d"), (b"a", b"b\0"), (b"a", b"\x1b[1m"), (b"a b", b"c")]
"""Headers that would be two, or do what no header may: they would steer a terminal, or end a text."""


@pytest.mark.parametrize("refused", REFUSED)
def test_no_header_becomes_two_or_holds_control_characters(
    connection: Any, refused: tuple[bytes, bytes]
) -> None:
    with pytest.raises(RuntimeError, match="header"):
        answer(connection, head((b"content-length", b"1"), refused), body(b"a"))
    assert client(connection).written == b""


async def leave(answer: Answer, connection: Any, *, is_seen: bool) -> None:
    """Has a connection write an answer whose messages somebody in between sees, or nobody."""
    cycle = connection.cycle

    async def see(message: Any) -> None:
        await cycle.send(message)

    await answer(cycle.scope, cycle.receive, see if is_seen else cycle.send)


@pytest.mark.anyio
@pytest.mark.parametrize("end", [b"", b"accept-encoding: gzip\r\n"])
@pytest.mark.parametrize("begin", [b"POST / HTTP/1.1", b"HEAD / HTTP/1.1", b"POST / HTTP/1.0"])
@pytest.mark.parametrize("length", [0, 2000, 20_000, 200_000])
@pytest.mark.parametrize("headers", [{}, {"retry-after": "1"}, {"connection": "close"}])
async def test_an_answer_looks_the_same_whether_its_messages_are_seen_or_not(
    begin: bytes, end: bytes, length: int, headers: dict[str, str]
) -> None:
    written = []
    for is_seen in (False, True):
        one = connected()
        one.data_received(begin + b"\r\nhost: x\r\n" + end + b"\r\n")
        answer = json_response("a" * length, 200, JSON, headers)
        answer.request_id = "1"
        await leave(answer, one, is_seen=is_seen)
        written.append((client(one).written, client(one).closed))
    assert written[0] == written[1]
    assert b"x-request-id: 1\r\n" in written[0][0]


@pytest.mark.anyio
@pytest.mark.parametrize("refused", REFUSED)
async def test_no_header_of_an_answer_becomes_two_or_holds_control_characters(
    connection: Any, refused: tuple[bytes, bytes]
) -> None:
    connection.data_received(b"POST / HTTP/1.1\r\n\r\n")
    name, value = refused
    answer = json_response({}, 200, JSON, {name.decode("latin-1"): value.decode("latin-1")})
    with pytest.raises(RuntimeError, match="header"):
        await leave(answer, connection, is_seen=False)
    assert client(connection).written == b""


def at_hand(connection: Any) -> bytes | None:
    return Request.of(connection.cycle.scope, connection.cycle.receive).body_at_hand()


def test_a_body_is_at_hand_once_all_of_it_has_come(connection: Any) -> None:
    connection.data_received(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\nab")
    assert at_hand(connection) is None
    connection.data_received(b"cd")
    assert at_hand(connection) == b"abcd"


def test_the_body_of_a_client_that_has_left_is_not_at_hand(connection: Any) -> None:
    connection.data_received(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\nab")
    connection.connection_lost(None)
    assert at_hand(connection) is None


@pytest.mark.anyio
async def test_who_took_a_body_at_hand_is_told_next_that_the_client_leaves(connection: Any) -> None:
    connection.data_received(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\nab")
    assert at_hand(connection) == b"ab"
    told = asyncio.create_task(connection.cycle.receive())
    await asyncio.sleep(0)
    assert not told.done()
    connection.connection_lost(None)
    assert (await told)["type"] == "http.disconnect"


WAITING = b"POST / HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n"


@pytest.mark.anyio
async def test_who_waits_before_the_body_is_told_to_go_on_once_it_is_asked_for(connection: Any) -> None:
    connection.data_received(WAITING)
    assert at_hand(connection) is None
    assert client(connection).written == b""
    receiving = asyncio.create_task(connection.cycle.receive())
    await asyncio.sleep(0)
    assert client(connection).written == b"HTTP/1.1 100 Continue\r\n\r\n"
    connection.data_received(b"ab")
    assert (await receiving)["body"] == b"ab"


@pytest.mark.anyio
async def test_nobody_is_told_to_go_on_whose_body_was_at_hand(connection: Any) -> None:
    connection.data_received(WAITING + b"ab")
    assert at_hand(connection) == b"ab"
    told = asyncio.create_task(connection.cycle.receive())
    await asyncio.sleep(0)
    assert client(connection).written == b""
    connection.connection_lost(None)
    assert (await told)["type"] == "http.disconnect"


@pytest.mark.anyio
async def test_nobody_is_told_to_go_on_after_the_answer(connection: Any) -> None:
    connection.data_received(WAITING)
    await leave(json_response({}, 200, JSON), connection, is_seen=False)
    assert (await connection.cycle.receive())["type"] == "http.disconnect"
    assert client(connection).written.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"100 Continue" not in client(connection).written


def test_headers_are_those_of_the_head(connection: Any) -> None:
    """Of those of one name the first counts, and what follows the body is none."""
    connection.data_received(HEAD + b"X-One: \xe9\r\nx-one: 2\r\n\r\n1\r\nx\r\n0\r\nX-Two: 2\r\n\r\n")
    assert received(connection.cycle.scope) == {
        "host": "localhost",
        "transfer-encoding": "chunked",
        "x-one": "é",
    }
    known = [(b"host", b"localhost"), (b"transfer-encoding", b"chunked")]
    assert connection.cycle.scope["headers"][:4] == [*known, (b"x-one", b"\xe9"), (b"x-one", b"2")]


def test_long_names_of_headers_are_read_but_not_remembered(connection: Any) -> None:
    kept = dict(_NAMES)
    for number in range(10):
        name = b"%d-" % number + b"x" * 100
        answer(
            connection,
            head((b"content-length", b"0")),
            body(b""),
            request=b"GET / HTTP/1.1\r\n" + name.upper() + b": y\r\n\r\n",
        )
        assert received(connection.cycle.scope) == {name.decode(): "y"}
    assert dict(_NAMES) == kept


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        (b"/graphql?query=%7Ba%7D", "/graphql", b"query=%7Ba%7D"),
        (b"/a%20b", "/a b", b""),
        (b"http://x/graphql", "/graphql", b""),
    ],
)
def test_a_target_is_taken_apart_each_time_it_comes(
    connection: Any, target: bytes, path: str, query: bytes
) -> None:
    for _ in range(2):
        answer(
            connection,
            head((b"content-length", b"0")),
            body(b""),
            request=b"GET " + target + b" HTTP/1.1\r\n\r\n",
        )
        scope = connection.cycle.scope
        assert (scope["path"], scope["query_string"], scope["method"]) == (path, query, "GET")


def test_targets_that_are_long_or_hold_a_query_are_read_but_not_remembered(connection: Any) -> None:
    for target in (b"/graphql?query=%7Ba%7D", b"/" + b"a" * 60_000, b"/healthz"):
        request = b"GET " + target + b" HTTP/1.1\r\n\r\n"
        answer(connection, head((b"content-length", b"0")), body(b""), request=request)
        assert connection.cycle.scope["raw_path"] == target.partition(b"?")[0]
        assert (target in _TARGETS) is (target == b"/healthz")


def test_an_exchange_has_what_uvicorn_s_has_and_its_scope_too(connection: Any) -> None:
    config = uvicorn.Config(lambda: None, log_config=None, ws="none", lifespan="off")
    theirs: Any = HttpToolsProtocol(config, ServerState(), {}, _loop=Loop())  # type: ignore[arg-type]
    theirs.connection_made(Transport())
    for each in (connection, theirs):
        each.data_received(b"POST /a%20b?c HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n\r\n")
    assert connection.cycle.scope == {**theirs.cycle.scope, RECEIVED: {"host": "x", "expect": "100-continue"}}
    plain = {
        name: value
        for name, value in vars(theirs.cycle).items()
        if name not in {"scope", "transport", "flow", "message_event", "on_response"}
    }
    assert {name: getattr(connection.cycle, name) for name in plain} == plain
    assert all(hasattr(connection.cycle, name) for name in vars(theirs.cycle))


def test_a_connection_that_asks_for_nothing_more_is_closed(connection: Any) -> None:
    answer(connection, head((b"content-length", b"1")), body(b"a"))
    connection.loop.now += 4
    answer(connection, head((b"content-length", b"1")), body(b"a"))
    connection.loop.now += 1
    connection.loop.go_on()
    assert not client(connection).closed
    assert [timer.delay for timer in connection.loop.timers] == [4]
    connection.loop.now += 4
    connection.loop.go_on()
    assert client(connection).closed


HEAD = b"POST /graphql HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n"


def feed(connection: Any, piece: bytes, times: int) -> None:
    for _ in range(times):
        connection.data_received(piece)


@pytest.mark.parametrize(
    ("begun", "endless"),
    [
        (b"GET /", b"a" * 1024),
        (HEAD, b"x: y\r\n" * 200),
        (HEAD + b"x: ", b"y" * 1024),
        (b"", b"\r\n" * 512),
    ],
)
def test_a_head_without_an_end_is_refused(connection: Any, begun: bytes, endless: bytes) -> None:
    connection.data_received(begun)
    feed(connection, endless, 40)
    assert client(connection).written == b""
    feed(connection, endless, 25)
    assert client(connection).written.startswith(b"HTTP/1.1 431 ")
    assert client(connection).closed


def test_a_body_may_be_longer_than_a_head_however_it_comes(connection: Any) -> None:
    connection.data_received(HEAD + b"\r\n")
    feed(connection, b"1\r\nx\r\n", 20_000)
    feed(connection, b"400\r\n" + b"x" * 1024 + b"\r\n", 100)
    assert not client(connection).aborted
    assert (client(connection).written, client(connection).closed) == (b"", False)


def test_what_comes_after_a_body_has_an_end_too(connection: Any) -> None:
    connection.data_received(HEAD + b"\r\n1\r\nx\r\n0\r\n")
    feed(connection, b"x: y\r\n" * 200, 60)
    assert client(connection).aborted
