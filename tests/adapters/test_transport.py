"""The way out to an upstream: every error of the HTTP client is one of ours, in words that tell."""

import inspect
from contextlib import aclosing
from datetime import timedelta

import httpx2
import pytest

from gateway.adapters.transport import FOREIGN, Transport, translation
from gateway.adapters.upstream import UpstreamLog, UpstreamRequest
from gateway.errors import NoAnswer, NotSent, UpstreamError
from gateway.sandbox.faults import HELD, Fault
from gateway.sandbox.http import Request, Response
from gateway.sandbox.server import EmulatorServer

from .msgraph_bench import open_server

pytestmark = pytest.mark.anyio

ERRORS = [
    found
    for found in vars(httpx2).values()
    if inspect.isclass(found) and issubclass(found, Exception) and found.__module__ != "builtins"
]
BEFORE_SENDING = {
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.InvalidURL,
    httpx2.PoolTimeout,
    httpx2.ProxyError,
    httpx2.UnsupportedProtocol,
}


def of_transport(error: Exception) -> UpstreamError:
    assert isinstance(error, FOREIGN)
    return translation(error, "es", 30)


def request(path: str = "/v1.0/me/calendars") -> UpstreamRequest:
    return UpstreamRequest(source="es", method="GET", path=path)


async def error_of(transport: Transport, asked: UpstreamRequest) -> tuple[str, type[UpstreamError]]:
    async with aclosing(transport):
        with pytest.raises(UpstreamError) as caught:
            await transport.send(asked, fields="", log=UpstreamLog())
    return caught.value.problem.message, type(caught.value)


@pytest.mark.parametrize("foreign", ERRORS)
def test_every_error_of_the_http_client_has_one_of_ours(foreign: type[Exception]) -> None:
    assert len(ERRORS) > 20
    error = of_transport(foreign.__new__(foreign, "why"))
    assert type(error) is (NotSent if foreign in BEFORE_SENDING else NoAnswer)


def test_an_error_of_ours_and_a_fault_of_ours_pass() -> None:
    for own in (NoAnswer("No."), ZeroDivisionError("a fault of ours")):
        assert not isinstance(own, FOREIGN)


def test_a_reason_that_is_a_sentence_does_not_end_in_two_dots() -> None:
    error = of_transport(httpx2.RemoteProtocolError("Server disconnected without sending a response."))
    assert str(error) == "es did not answer to the end: Server disconnected without sending a response."


def test_an_error_without_words_is_named() -> None:
    assert str(of_transport(httpx2.ReadError(""))) == "es did not answer to the end: ReadError."


@pytest.mark.parametrize("error", [TimeoutError(), httpx2.ReadTimeout(""), httpx2.WriteTimeout("")])
def test_an_answer_that_takes_too_long_says_how_long_that_is(error: Exception) -> None:
    assert str(of_transport(error)) == "es did not answer to the end within 30 s."


@pytest.mark.parametrize("error", [httpx2.ConnectTimeout(""), httpx2.PoolTimeout("")])
def test_a_connection_that_takes_too_long_says_how_long_that_is(error: Exception) -> None:
    assert str(of_transport(error)) == "No connection to es within 5 s."


@pytest.mark.parametrize("error", [httpx2.ConnectTimeout(""), httpx2.ReadTimeout("")])
def test_what_is_left_of_a_time_is_said_to_the_millisecond(error: Exception) -> None:
    assert str(translation(error, "es", 3.2165438)).endswith(" within 3.217 s.")


async def test_an_upstream_that_never_answers_is_given_its_time_and_no_more() -> None:
    async with open_server() as server:
        server.faults.add("*", Fault(delay=HELD))
        transport = Transport(server.url, source="es", timeout=timedelta(seconds=0.25))
        message, error = await error_of(transport, request())
        server.faults.release()
    assert (message, error) == ("es did not answer to the end within 0.25 s.", NoAnswer)


@pytest.mark.parametrize("path", ["/\x7f", "/" + "x" * 70_000])
async def test_what_is_no_address_is_not_sent(path: str) -> None:
    transport = Transport("http://127.0.0.1:9", source="es", timeout=timedelta(seconds=1))
    message, error = await error_of(transport, request(path))
    assert error is NotSent
    assert message.startswith("The address of a request to es is none: ")


class Baker:
    """Gives every caller a cookie, and keeps what it is shown."""

    name = "baker"

    def __init__(self) -> None:
        self.seen: list[str | None] = []

    def route(self, request: Request) -> str:
        return request.method

    def answer(self, request: Request, *, lose: frozenset[int] = frozenset()) -> Response:
        self.seen.append(request.headers.get("cookie"))
        return Response(status=200, headers={"set-cookie": "session=of-the-first-caller; Path=/"})

    def error(self, status: int, retry_after: str | None = None) -> Response:
        return Response(status=status)


async def test_no_cookie_of_one_caller_travels_with_another() -> None:
    baker = Baker()
    async with EmulatorServer(baker) as server:
        transport = Transport(server.url, source="es", timeout=timedelta(seconds=20))
        async with aclosing(transport):
            for _ in range(2):
                await transport.send(request(), fields="", log=UpstreamLog())
    assert baker.seen == [None, None]
