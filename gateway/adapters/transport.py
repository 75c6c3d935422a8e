"""The one way out to an upstream over HTTP: deadlines, bounded answers, a record, one map of errors."""

import asyncio
import ssl
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing, contextmanager
from datetime import timedelta
from functools import lru_cache
from http import HTTPStatus
from typing import Final, Protocol, cast

import httpx2
import msgspec
import structlog
from httpx2 import AsyncByteStream

from gateway.adapters.connections import Connections
from gateway.adapters.upstream import UpstreamLog, UpstreamRequest
from gateway.errors import InvalidInput, NoAnswer, NotSent, UnexpectedAnswer, UpstreamError
from gateway.model.ids import encode, encode_path

_log = structlog.get_logger(__name__)

MAX_ANSWER_BYTES: Final = 32 * 1024 * 1024
_LONG: Final = 1024 * 1024
_LONG_AT_ONCE: Final = 2
"""A longer answer waits until there are fewer of them: what is in memory of all together has a bound."""
_LONGEST_CONNECTING: Final = 5.0
_OF_ALL_REQUESTS: Final = {"user-agent": "calendar-gateway", "accept-encoding": "gzip, deflate"}
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
_FOREIGN: Final = tuple(error for meaning in _MEANINGS for error in meaning.foreign)


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
        _check_headers(headers)
        log.deadline.check()
        log.allowance.take()
        seconds = min(self._timeout, round(log.deadline.remaining, 3))
        index = log.add(request)
        sent = request if content is None else msgspec.structs.replace(request, body=content)
        began = time.perf_counter()
        status: int | None = None
        came: Mapping[str, str] = {}
        try:
            with translated(self._source, seconds):
                async with aclosing(await self._begin(sent, headers, seconds)) as response:
                    status, came = response.status_code, _plain(response.headers)
                    body = await self._read(response, is_coded="content-encoding" in came)
        finally:
            took = timedelta(seconds=time.perf_counter() - began)
            log.requests[index] = msgspec.structs.replace(
                request, status=status, duration=took, request_id=came.get("request-id")
            )
            _note(log.requests[index])
        return Answer(status=response.status_code, headers=came, body=body)

    async def aclose(self) -> None:
        await self._connections.aclose()

    async def _begin(
        self, request: UpstreamRequest, headers: Mapping[str, str], seconds: float
    ) -> httpx2.Response:
        """The answer as far as its headers."""
        sent = httpx2.Request(
            request.method,
            _url(self.base_url + request.path),
            headers={**headers, **_OF_ALL_REQUESTS},
            content=request.body,
            extensions={"timeout": {"connect": _connecting(seconds), "read": seconds}},
        )
        return await self._connections.handle_async_request(sent)

    async def _read(self, response: httpx2.Response, *, is_coded: bool) -> bytes:
        chunks: list[bytes] = []
        size = 0
        async with AsyncExitStack() as held:
            async for chunk in (
                response.aiter_bytes() if is_coded else cast("AsyncByteStream", response.stream)
            ):
                if size <= _LONG < size + len(chunk):
                    await held.enter_async_context(self._long)
                size += len(chunk)
                if size > MAX_ANSWER_BYTES:
                    raise UnexpectedAnswer(f"{self._source} sent more than {MAX_ANSWER_BYTES} bytes.")
                chunks.append(chunk)
            return b"".join(chunks)


@lru_cache(maxsize=1024)
def _url(text: str) -> httpx2.URL:
    """Kept, for taking one apart takes longer than what is done with it."""
    return httpx2.URL(text)


def _plain(headers: httpx2.Headers) -> dict[str, str]:
    found: dict[str, str] = {}
    for raw_name, raw_value in headers.raw:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found


def _note(request: UpstreamRequest) -> None:
    """Logs a request without a success, by no more than its method: there are people in its path."""
    if request.status is None or request.status >= HTTPStatus.BAD_REQUEST:
        _log.info(
            "upstream.failed",
            source=request.source,
            method=request.method,
            status=request.status,
            upstream_request_id=request.request_id,
        )


def _check_headers(headers: Mapping[str, str]) -> None:
    for name, value in headers.items():
        if not (value.isascii() and value.isprintable()):
            raise InvalidInput(f"The header {name} holds a character that HTTP cannot carry.")


def request_path(segments: Sequence[str], query: Sequence[tuple[str, str | int]] = ()) -> str:
    """A path below the upstream's root as it goes on the request line: every segment encoded on its own."""
    path = encode_path(tuple(segments))
    if not query:
        return path
    asked = [f"{encode(name, safe='$')}={encode(str(value), safe='$')}" for name, value in query]
    return f"{path}?{'&'.join(asked)}"


@contextmanager
def translated(source: str, seconds: float) -> Iterator[None]:
    """Raises what the HTTP client raises as an error of ours, for a `source` that has that many seconds."""
    try:
        yield
    except _FOREIGN as exc:
        meaning = next(meaning for meaning in _MEANINGS if isinstance(exc, meaning.foreign))
        message = meaning.message.format(
            source=source,
            seconds=seconds,
            connecting=_connecting(seconds),
            reason=str(exc).rstrip(".") or type(exc).__name__,
        )
        raise meaning.ours(message, hint=meaning.hint) from exc


def _connecting(seconds: float) -> float:
    """How much of the time a connection may take."""
    return min(_LONGEST_CONNECTING, seconds)
