"""Graph's refusals, and answers that are not its own, as our errors: one table, one place."""

import re
from base64 import b64decode
from datetime import UTC, datetime
from typing import Final

import msgspec

from gateway.adapters.msgraph.hints import hint_for
from gateway.adapters.retry_after import retry_after
from gateway.adapters.transport import Answer
from gateway.adapters.upstream import UpstreamRequest
from gateway.errors import (
    Conflict,
    Forbidden,
    NotFound,
    RateLimited,
    Unauthenticated,
    Unavailable,
    UnexpectedAnswer,
    UpstreamError,
    UpstreamRefused,
)

_MAX_MESSAGE: Final = 500
_BY_STATUS: Final[dict[int, type[UpstreamError]]] = {
    401: Unauthenticated,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    412: Conflict,
    429: RateLimited,
}
_BY_CLASS: Final[dict[int, type[UpstreamError]]] = {4: UpstreamRefused, 5: Unavailable}
_BY_CODE: Final[dict[str, type[UpstreamError]]] = {"ErrorDuplicateTransactionId": Conflict}
_CLAIMS: Final = re.compile(r'\bclaims="((?:[^"\\]|\\.)+)"')
_CHALLENGED: Final = "Ask for a new token with the `claims` of this problem, and repeat the call with it."
_CONCURRENT_SAVES: Final = frozenset({"ConcurrentItemSave", "ErrorConcurrentItemSave"})
_TURNED_AWAY: Final = frozenset(
    {
        "ApplicationThrottled",
        "ErrorMailboxMoveInProgress",
        "ErrorMailboxStoreUnavailable",
        "ErrorServerBusy",
    }
)
"""What a 503 says that comes before anything is done."""


class _Error(msgspec.Struct):
    code: str = ""
    message: str | None = None
    inner_error: object = msgspec.field(default=None, name="innerError")

    @property
    def request_id(self) -> str | None:
        """Graph's name for the exchange: in a batch no header says it."""
        inner = self.inner_error if isinstance(self.inner_error, dict) else {}
        found = inner.get("request-id")
        return found if isinstance(found, str) else None


class _Refusal(msgspec.Struct):
    """The body of an error. Gateways before Graph answer in HTML."""

    error: _Error


def fault(answer: Answer, request: UpstreamRequest) -> UpstreamError | None:
    """The error that an answer means, or None if it is a success."""
    if answer.ok:
        return None
    refusal = _refusal(answer)
    error = _BY_STATUS.get(answer.status) or _BY_CLASS.get(answer.status // 100)
    if error is None or (error is NotFound and refusal is None):
        return _stranger(answer, request)
    refusal, claims = refusal or _Error(), challenge(answer)
    return _BY_CODE.get(refusal.code, error)(
        f"{request.source} answered {answer.status}{_reason(refusal, answer)}",
        hint=_CHALLENGED if claims else hint_for(answer.status, refusal.code, refusal.message or "", request),
        retry_after=retry_after(answer.headers, now=datetime.now(UTC)),
        upstream_code=refusal.code or None,
        request_id=answer.headers.get("request-id") or refusal.request_id,
        claims=claims,
    )


def was_refused(answer: Answer) -> bool:
    """Whether the answer proves that nothing was written: redirects, 4xx, and a 503 of a busy server.

    A concurrent save may be reported although the event was made; other 5xx, and those of a gateway before
    Graph, prove nothing.
    """
    refusal = _refusal(answer)
    if refusal is not None and refusal.code in _CONCURRENT_SAVES:
        return False
    return 300 <= answer.status < 500 or (
        answer.status == 503 and refusal is not None and refusal.code in _TURNED_AWAY
    )


def refuses_credential(answer: Answer | UpstreamError) -> bool:
    return isinstance(answer, Answer) and answer.status == 401


def challenge(answer: Answer) -> str | None:
    """The claims, as JSON, that a new token must have for Graph to take it; None where none are asked for."""
    match = _CLAIMS.search(answer.headers.get("www-authenticate", "")) if answer.status == 401 else None
    if match is None:
        return None
    try:
        return b64decode(match[1] + "=" * (-len(match[1]) % 4), altchars=b"-_", validate=True).decode()
    except ValueError:
        return match[1].replace('\\"', '"')  # Some services write the JSON itself.


def unreadable(answer: Answer, request: UpstreamRequest, why: Exception) -> UnexpectedAnswer:
    """The error for a success whose body is not what the API promises."""
    return UnexpectedAnswer(
        f"{request.source} answered {request.method} {request.path} unreadably: {why}.",
        request_id=answer.headers.get("request-id"),
    )


def _refusal(answer: Answer) -> _Error | None:
    """Graph's account of an error, or None where the body holds none."""
    try:
        return msgspec.json.decode(answer.body, type=_Refusal).error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _reason(refusal: _Error, answer: Answer) -> str:
    if not refusal.code and not refusal.message:
        return f" with {answer.headers.get('content-type', 'nothing that has a type')}."
    text = (refusal.message or "").strip()
    shown = text if len(text) <= _MAX_MESSAGE else f"{text[:_MAX_MESSAGE]}…"
    return f" {refusal.code}: {shown}" if shown else f" {refusal.code}."


def _stranger(answer: Answer, request: UpstreamRequest) -> UnexpectedAnswer:
    """Something answered, and it was not Graph."""
    kind = answer.headers.get("content-type", "nothing that has a type")
    return UnexpectedAnswer(
        f"What answered for {request.source} is not Microsoft Graph: {answer.status} with {kind}.",
        hint="Check the source's address, and what stands before it.",
        request_id=answer.headers.get("request-id"),
    )
