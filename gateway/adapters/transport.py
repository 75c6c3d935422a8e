"""The one way out to an upstream over HTTP: deadlines, bounded answers, a record, one map of errors."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta
from http import HTTPStatus
from typing import Final, Protocol

import httpx2
import msgspec
import structlog

from gateway.adapters.connections import Connections, Exchange
from gateway.adapters.incoming import Headers
from gateway.adapters.outgoing import Root, written
from gateway.adapters.unpacking import unpacked
from gateway.adapters.upstream import UpstreamLog, UpstreamRequest
from gateway.errors import NoAnswer, NotSent, UnexpectedAnswer, UpstreamError
from gateway.model.ids import encode, encode_path

_log = structlog.get_logger(__name__)

MAX_ANSWER_BYTES: Final = 32 * 1024 * 1024
_LONG: Final = 1024 * 1024
_LONG_AT_ONCE: Final = 2
"""A longer answer waits until there are fewer of them: what is in memory of all together has a bound."""
_LONGEST_CONNECTING: Final = 5.0
_HINT: Final = "Nothing was sent, so nothing was changed. Check the source's address and that it is up."


class _Meaning(msgspec.Struct, frozen=True, kw_only=True):
    """What errors of the HTTP client mean."""

    foreign: tuple[type[Exception], ...]
    ours: type[UpstreamError]
    message: str
    hint: str | None = None


_MEANINGS: Final = (
    _Meaning(
        foreign=(httpx2.ConnectTimeout, httpx2.PoolTimeout),
        ours=NotSent,
        message="No connection to {source} within {connecting:g} s.",
        hint=_HINT,
    ),
    _Meaning(
        foreign=(httpx2.ConnectError, httpx2.UnsupportedProtocol, httpx2.ProxyError),
        ours=NotSent,
        message="No connection to {source}: {reason}.",
        hint=_HINT,
    ),
    _Meaning(
        foreign=(httpx2.InvalidURL,),
        ours=NotSent,
        message="The address of a request to {source} is none: {reason}.",
        hint="Nothing was sent, so nothing was changed. Look for a very long id.",
    ),
    _Meaning(
        foreign=(TimeoutError, httpx2.TimeoutException),
        ours=NoAnswer,
        message="{source} did not answer to the end within {seconds:g} s.",
    ),
    _Meaning(
        foreign=(httpx2.HTTPError, httpx2.StreamError, httpx2.CookieConflict),
        ours=NoAnswer,
        message="{source} did not answer to the end: {reason}.",
    ),
)
"""The first that fits counts. In doubt a request has left."""
FOREIGN: Final = tuple(error for meaning in _MEANINGS for error in meaning.foreign)


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """An upstream's whole answer. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def ok(self) -> bool:
        return self.status // 100 == 2


class Way(Protocol):
    """What carries requests to an upstream: one connection pool, or several."""

    async def send(
        self,
        request: UpstreamRequest,
        *,
        headers: Mapping[str, str],
        log: UpstreamLog,
        content: bytes | None = None,
    ) -> Answer:
        """As Transport has it."""
        ...

    async def aclose(self) -> None: ...


class Transport:
    """One upstream's connection pool. Redirects are not followed, the environment's proxies not used.

    `base_url` is the upstream's root, without a slash at its end: every request's path is below it. `tls`
    says which servers are trusted, if not those that the machine trusts.
    """

    def __init__(
        self, base_url: str, *, source: str, timeout: timedelta, tls: ssl.SSLContext | None = None
    ) -> None:
        self._source = source
        self.base_url: Final = base_url.rstrip("/")
        self._timeout = timeout.total_seconds()
        self._root = Root(self.base_url)
        self._connections = Connections(self.base_url, tls=tls)
        self._long = asyncio.Semaphore(_LONG_AT_ONCE)

    async def send(
        self,
        request: UpstreamRequest,
        *,
        headers: Mapping[str, str],
        log: UpstreamLog,
        content: bytes | None = None,
    ) -> Answer:
        """The answer to `request`, whatever its status. `content` is its body in another coding, if in any.

        Raises InvalidInput for a header value that HTTP cannot carry, without quoting it: it may be secret.
        Raises NotSent where no connection came about, so that nothing can have been done; NoAnswer where the
        request left and no whole answer came back, so that it may have been; UnexpectedAnswer above 32 MiB.
        Raises OutOfTime after the deadline of the log, and waits for no answer beyond it; OutOfCalls if the
        operation has sent all that it may.
        """
        fields = written(headers)
        seconds = min(self._timeout, round(log.deadline.left(), 3))
        log.allowance.take()
        index = log.add(request)
        began = time.perf_counter()
        status: int | None = None
        came: Mapping[str, str] = {}
        try:
            body = request.body if content is None else content
            sent = self._root.request(request.method, request.path, fields, body)
            exchange = await self._connections.begin(sent, connecting=_connecting(seconds), seconds=seconds)
            try:
                status, came = exchange.status, _plain(exchange.headers)
                coding = came.get("content-encoding")
                whole = exchange.rest() if coding is None else None
                if whole is None:
                    whole = await self._read(_parts(exchange, coding))
            finally:
                exchange.close()
        except FOREIGN as exc:
            raise translation(exc, self._source, seconds) from exc
        finally:
            took = timedelta(seconds=time.perf_counter() - began)
            log.requests[index] = done = msgspec.structs.replace(
                request, status=status, duration=took, request_id=came.get("request-id")
            )
            if status is None or status >= HTTPStatus.BAD_REQUEST:
                _note(done)
        return Answer(status=exchange.status, headers=came, body=whole)

    async def aclose(self) -> None:
        await self._connections.aclose()

    async def _read(self, parts: AsyncIterator[bytes]) -> bytes:
        chunks: list[bytes] = []
        size, is_long = 0, False
        try:
            async for chunk in parts:
                size += len(chunk)
                if size > _LONG and not is_long:
                    is_long = await self._long.acquire()
                if size > MAX_ANSWER_BYTES:
                    raise UnexpectedAnswer(f"{self._source} sent more than {MAX_ANSWER_BYTES} bytes.")
                chunks.append(chunk)
            return b"".join(chunks)
        finally:
            if is_long:
                self._long.release()


def _parts(exchange: Exchange, coding: str | None) -> AsyncIterator[bytes]:
    """Those of a body as it was before it was packed."""
    if coding is None:
        return aiter(exchange)
    return unpacked(exchange) if coding == "gzip" else exchange.response().aiter_bytes()


def _plain(headers: Headers) -> dict[str, str]:
    found: dict[str, str] = {}
    for raw_name, raw_value in headers:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found


def _note(request: UpstreamRequest) -> None:
    """Logs a request without a success, by no more than its method: there are people in its path."""
    _log.info(
        "upstream.failed",
        source=request.source,
        method=request.method,
        status=request.status,
        upstream_request_id=request.request_id,
    )


def request_path(segments: Sequence[str], query: Sequence[tuple[str, str | int]] = ()) -> str:
    """A path below the upstream's root as it goes on the request line: every segment encoded on its own.

    Names in a query are as the upstream's API has them.
    """
    path = encode_path(segments)
    if not query:
        return path
    asked = [
        f"{name}={value if isinstance(value, int) else encode(value, safe='$')}" for name, value in query
    ]
    return f"{path}?{'&'.join(asked)}"


def translation(foreign: Exception, source: str, seconds: float) -> UpstreamError:
    """What the HTTP client raises, as an error of ours, for a `source` that has that many seconds."""
    meaning = next(meaning for meaning in _MEANINGS if isinstance(foreign, meaning.foreign))
    message = meaning.message.format(
        source=source,
        seconds=seconds,
        connecting=_connecting(seconds),
        reason=str(foreign).rstrip(".") or type(foreign).__name__,
    )
    return meaning.ours(message, hint=meaning.hint)


def _connecting(seconds: float) -> float:
    """How much of the time a connection may take."""
    return min(_LONGEST_CONNECTING, seconds)
