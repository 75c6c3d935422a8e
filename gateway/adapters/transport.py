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

from gateway.adapters.connection import Connection
from gateway.adapters.connections import Connections
from gateway.adapters.outgoing import Root
from gateway.adapters.parsing import Part
from gateway.adapters.unpacking import alone, unpacked, unpacked_at_once
from gateway.adapters.upstream import UpstreamLog, UpstreamRequest
from gateway.errors import NoAnswer, NotSent, UnexpectedAnswer, UpstreamError
from gateway.model.ids import encode, encode_path

_log = structlog.get_logger(__name__)

MAX_ANSWER_BYTES: Final = 32 * 1024 * 1024
_LONG: Final = 1024 * 1024
"""As much as a part of a body has at most whose length is known: who waits has one, and the next comes."""
_LONG_AT_ONCE: Final = 2
"""A long answer waits until there are fewer of them: what is in memory of all together has a bound."""
_LONGEST_CONNECTING: Final = 5.0
_ERRORS: Final = int(HTTPStatus.BAD_REQUEST)
"""From there on a status is one: an enumeration's members are slow to name."""
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
    body: Part

    @property
    def ok(self) -> bool:
        return self.status // 100 == 2


class Way(Protocol):
    """What carries requests to an upstream: one connection pool, or several."""

    async def send(
        self,
        request: UpstreamRequest,
        *,
        fields: str,
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
        fields: str,
        log: UpstreamLog,
        content: bytes | None = None,
    ) -> Answer:
        """The answer to `request`, whatever its status. `content` is its body in another coding, if in any.

        `fields` are its headers as they are written.
        Raises NotSent where no connection came about, so that nothing can have been done; NoAnswer where the
        request left and no whole answer came back, so that it may have been; UnexpectedAnswer above 32 MiB.
        Raises OutOfTime after the deadline of the log, and waits for no answer beyond it; OutOfCalls if the
        operation has sent all that it may.
        """
        seconds = min(self._timeout, log.deadline.left())
        log.allowance.take()
        index = log.add(request)
        began = time.perf_counter()
        connection: Connection | None = None
        try:
            body = request.body if content is None else content
            sent = self._root.request(request.method, request.path, fields, body)
            now = asyncio.get_running_loop().time()
            connection = self._connections.at_hand(now)
            if connection is None:
                connection = await self._connections.take(now + min(seconds, _LONGEST_CONNECTING))
            connection.ask(sent, now + seconds)
            await connection.more()
            coding = connection.headers.get("content-encoding")
            whole = connection.rest() if coding is None else None
            if whole is None:
                whole = await self._unpacked(connection, coding)
            return Answer(status=connection.status, headers=connection.headers, body=whole)
        except FOREIGN as exc:
            raise translation(exc, self._source, seconds) from exc
        finally:
            log.requests[index] = done = _done(request, connection, time.perf_counter() - began)
            if done.status is None or done.status >= _ERRORS:
                _note(done)
            if connection is not None:
                self._connections.give_back(connection)

    async def aclose(self) -> None:
        await self._connections.aclose()

    async def _unpacked(self, connection: Connection, coding: str | None) -> Part:
        """A body that is long, or packed."""
        packed = connection.rest()
        if packed is None:
            return await self._read(unpacked(connection, coding))
        whole = unpacked_at_once(packed, coding)
        return await self._read(unpacked(alone(packed), coding)) if whole is None else whole

    async def _read(self, parts: AsyncIterator[Part]) -> bytes:
        chunks: list[Part] = []
        size, is_long = 0, False
        try:
            async for chunk in parts:
                size += len(chunk)
                if size >= _LONG and not is_long:
                    is_long = await self._long.acquire()
                if size > MAX_ANSWER_BYTES:
                    raise UnexpectedAnswer(f"{self._source} sent more than {MAX_ANSWER_BYTES} bytes.")
                chunks.append(chunk)
            return b"".join(chunks)
        finally:
            if is_long:
                self._long.release()


def _done(request: UpstreamRequest, connection: Connection | None, seconds: float) -> UpstreamRequest:
    """A request, with what has come of it."""
    return UpstreamRequest(
        source=request.source,
        method=request.method,
        path=request.path,
        body=request.body,
        status=connection.status or None if connection else None,
        seconds=seconds,
        request_id=connection.headers.get("request-id") if connection else None,
    )


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
        seconds=round(seconds, 3),
        connecting=round(min(seconds, _LONGEST_CONNECTING), 3),
        reason=str(foreign).rstrip(".") or type(foreign).__name__,
    )
    return meaning.ours(message, hint=meaning.hint)
