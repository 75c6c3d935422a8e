"""The result of an operation as an HTTP response, with errors that say what clients can use, and no more."""

import zlib
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final

import msgspec
import structlog
from graphql import GraphQLError
from starlette.concurrency import run_in_threadpool
from starlette.types import Receive, Scope, Send
from strawberry.types import ExecutionResult

from gateway.errors import Code, GatewayError, Problem
from gateway.http.exchange import Exchange, line
from gateway.http.headers import LEVEL, POLICIES, SMALL, TAKES_GZIP, VARY, Header
from gateway.http.media import GRAPHQL
from gateway.http.refusal import Refusal
from gateway.http.request import received
from gateway.model.time import to_iso_duration

_GZIP: Final = 16 + zlib.MAX_WBITS
_NO_CODING: Final[Sequence[Header]] = ()
_PACKED: Final = (b"content-encoding", b"gzip")
_LONG: Final = 128 * 1024
"""So many bytes take so long to pack that a thread does it: none of those in which look-ups may hang."""
_log = structlog.get_logger(__name__)


class Answer:
    """A response whose headers are known and complete, and need not be made by way of Starlette's.

    One without `more` of them leaves as a whole where the connection is ours, and nothing in between.
    `request_id` names the request that it answers, where it has one.
    """

    request_id: str | None = None

    def __init__(self, body: bytes, status: int, media: str, more: Sequence[Header] = ()) -> None:
        self.body: Final = body
        self.status_code: Final = status
        self._media = media
        self._more = more

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        body, coding = self.body, _NO_CODING
        if len(body) >= SMALL:
            body, coding = await _coded(body, received(scope).get("accept-encoding"))
        exchange = getattr(send, "__self__", None)
        if isinstance(exchange, Exchange) and not self._more:
            lines = self._lines(body, coding)
            if exchange.answer(self.status_code, lines, body):
                return
        headers = self.headers(body, coding)
        await send({"type": "http.response.start", "status": self.status_code, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def headers(self, body: bytes, coding: Sequence[Header] = ()) -> list[Header]:
        """All headers, with those of the body as it travels, in their order."""
        named = [(b"x-request-id", self.request_id.encode())] if self.request_id else []
        length = (b"content-length", b"%d" % len(body))
        return [*_usual(self._media), length, *self._more, *named, *coding]

    def _lines(self, body: bytes, coding: Sequence[Header]) -> bytes:
        """The same as they travel, if there are no more."""
        named = f"x-request-id: {self.request_id}\r\n".encode() if self.request_id else b""
        usual, coded = _usual_lines(self._media), b"".join(map(line, coding))
        return b"%bcontent-length: %d\r\n%b%b" % (usual, len(body), named, coded)


@cache
def _usual(media: str) -> Sequence[Header]:
    """The headers of any answer of that type."""
    type_ = (b"content-type", f"{media}; charset=utf-8".encode())
    return (b"cache-control", b"no-store"), type_, *POLICIES


@cache
def _usual_lines(media: str) -> bytes:
    """The same as they travel."""
    return b"".join(map(line, _usual(media)))


async def _coded(body: bytes, accepted: str | None) -> tuple[bytes, Sequence[Header]]:
    """What is not small as it travels to who accepts such codings, and the headers that tell of it."""
    if not TAKES_GZIP[accepted]:
        return body, (VARY,)
    if len(body) < _LONG:
        return _packed(body), (VARY, _PACKED)
    return await run_in_threadpool(_packed, body), (VARY, _PACKED)


def _packed(body: bytes) -> bytes:
    return zlib.compress(body, LEVEL, _GZIP)


def answer(result: ExecutionResult, media: str) -> Answer:
    """The response to an operation that was understood as far as it was.

    An operation that was not executed has no data; that is 400 in the newer media type and 200 in the older.
    """
    if not result.errors:
        return Answer(msgspec.json.encode({"data": result.data}), 200, media)
    content = content_of(result)
    status = 400 if media == GRAPHQL and "data" not in content else 200
    return json_response(content, status, media)


def content_of(result: ExecutionResult) -> dict[str, Any]:
    """What an operation is answered with: no data if it was not executed."""
    if not result.errors:
        return {"data": result.data}
    content: dict[str, Any] = {"errors": [_formatted(error) for error in result.errors]}
    if result.data is not None or any(error.path for error in result.errors):
        content["data"] = result.data
    return content


def refused(refusal: Refusal, media: str) -> Answer:
    """The response to a request that is not served."""
    return json_response(content_of_refusal(refusal), refusal.status, media, refusal.headers)


def content_of_refusal(refusal: Refusal) -> dict[str, Any]:
    """What is said to what is not served."""
    extensions: dict[str, Any] = {"code": refusal.code}
    if refusal.retry_after is not None:
        extensions |= {"retryable": True, "retryAfter": to_iso_duration(refusal.retry_after)}
    error = {"message": refusal.message, "extensions": extensions}
    return {"errors": [error]}


def json_response(
    content: object, status: int, media: str, headers: Mapping[str, str] | None = None
) -> Answer:
    """JSON under a media type."""
    more = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in (headers or {}).items()]
    return Answer(msgspec.json.encode(content), status, media, more)


def _formatted(error: GraphQLError) -> dict[str, Any]:
    """An entry of `errors`. What nobody raised on purpose is logged, and masked."""
    cause = _cause(error)
    if isinstance(cause, GatewayError):
        problem = cause.problem
        message = problem.message if error.path else error.message
        return {**error.formatted, "message": message, "extensions": _extensions(problem)}
    if cause is None:
        return {**error.formatted, "extensions": error.extensions or {"code": "BAD_REQUEST"}}
    _log.error("operation.crashed", path=error.path, exc_info=cause)
    return {
        **error.formatted,
        "message": "The gateway failed. Its log has the details, under this answer's X-Request-Id.",
        "extensions": {"code": Code.INTERNAL.value},
    }


def _cause(error: GraphQLError) -> Exception | None:
    """What was raised, below any number of wrappings in GraphQL's own error; None if that is all."""
    found: Exception | None = error
    while isinstance(found, GraphQLError):
        found = found.original_error
    return found


def _extensions(problem: Problem) -> dict[str, Any]:
    """What a program can use of a problem."""
    extensions: dict[str, Any] = {"code": problem.code.value, "retryable": problem.retryable}
    optional: Sequence[tuple[str, object]] = (
        ("hint", problem.hint),
        ("inputPath", problem.path),
        ("retryAfter", problem.retry_after and to_iso_duration(problem.retry_after)),
        ("upstreamCode", problem.upstream_code),
        ("upstreamRequestId", problem.request_id),
        ("claims", problem.claims),
    )
    return extensions | {name: value for name, value in optional if value}
