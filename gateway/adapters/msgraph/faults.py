"""Graph's refusals, and answers that are not its own, as our errors: one table, one place."""

import re
from base64 import b64decode
from datetime import UTC, datetime
from typing import Final

import msgspec

from gateway.adapters.base import UpstreamRequest
from gateway.adapters.retry_after import retry_after
from gateway.adapters.transport import Answer
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
_HINTS_BY_CODE: Final = {
    "ErrorInvalidIdMalformed": "That is no id of Graph's: take one from `calendars`, or from an event.",
    "TimeZoneNotSupportedException": "Give the time as an instant, or in a zone that Graph knows.",
    "MailboxNotEnabledForRESTAPI": "The mailbox is not in Exchange Online, or no longer active.",
    "ErrorOccurrenceCrossingBoundary": "An occurrence must stay between those before and after it.",
    "ErrorInvalidUser": "Check the user's id or principal name, and that it has a mailbox.",
    "Request_ResourceNotFound": "Check the id of the user or the group.",
}
_HINTS_BY_STATUS: Final = {
    401: "Get a new token for Microsoft Graph: this one is missing, expired, or meant for another API.",
    412: "Somebody writes to it at the same moment: look at it, and repeat the call.",
    413: "The whole request may have about 4 MB: shorten the description.",
}
_CLAIMS: Final = re.compile(r'\bclaims="((?:[^"\\]|\\.)+)"')
_CHALLENGED: Final = "Ask for a new token with the `claims` of this problem, and repeat the call with it."
_ME_NEEDS_A_USER: Final = "/me request is only valid"
_CONCURRENT_SAVE: Final = "ConcurrentItemSave"
_GROUP_PERMISSION: Final = (
    "Group calendars take a user's token only: a member of the group, with Group.ReadWrite.All."
)
_MAY_READ: Final = "The token needs Calendars.Read, for another's mailbox its .Shared form and a share."
_MAY_WRITE: Final = "The token needs Calendars.ReadWrite, for another's mailbox its .Shared form and a share."


class _Error(msgspec.Struct):
    code: str = ""
    message: str | None = None


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
        hint=_CHALLENGED if claims else _hint(answer.status, refusal, request),
        retry_after=retry_after(answer.headers, now=datetime.now(UTC)),
        upstream_code=refusal.code or None,
        request_id=answer.headers.get("request-id"),
        claims=claims,
    )


def was_refused(answer: Answer) -> bool:
    """Whether the answer proves that nothing was written: redirects, 4xx, and Graph's own 503.

    A concurrent save may be reported although the event was made; other 5xx, and those of a gateway before
    Graph, prove nothing.
    """
    refusal = _refusal(answer)
    if refusal is not None and refusal.code == _CONCURRENT_SAVE:
        return False
    return 300 <= answer.status < 500 or (answer.status == 503 and refusal is not None)


def challenge(answer: Answer) -> str | None:
    """The claims, as JSON, that a new token must have for Graph to take it; None where none are asked for."""
    match = _CLAIMS.search(answer.headers.get("www-authenticate", "")) if answer.status == 401 else None
    if match is None:
        return None
    try:
        return b64decode(match[1] + "=" * (-len(match[1]) % 4), altchars=b"-_", validate=True).decode()
    except ValueError:
        return match[1].replace('\\"', '"')  # Some services write the JSON itself.


def unreadable(request: UpstreamRequest, why: Exception) -> UnexpectedAnswer:
    """The error for a success whose body is not what the API promises."""
    return UnexpectedAnswer(f"{request.source} answered {request.method} {request.path} unreadably: {why}.")


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


def _hint(status: int, refusal: _Error, request: UpstreamRequest) -> str | None:
    if status == 403:
        return _GROUP_PERMISSION if "/groups/" in request.path else _permission(request)
    if status == 400 and _ME_NEEDS_A_USER in (refusal.message or ""):
        # The code is BadRequest, which says nothing.
        return "An application's token has no `me`: write users/<id or principal name> instead."
    return _HINTS_BY_CODE.get(refusal.code) or _HINTS_BY_STATUS.get(status)


def _permission(request: UpstreamRequest) -> str:
    return _MAY_READ if request.method == "GET" else _MAY_WRITE


def _stranger(answer: Answer, request: UpstreamRequest) -> UnexpectedAnswer:
    """Something answered, and it was not Graph."""
    kind = answer.headers.get("content-type", "nothing that has a type")
    return UnexpectedAnswer(
        f"What answered for {request.source} is not Microsoft Graph: {answer.status} with {kind}.",
        hint="Check the source's address, and what stands before it.",
    )
