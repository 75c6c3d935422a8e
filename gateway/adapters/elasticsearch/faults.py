"""Elasticsearch's refusals, and answers that are not its own, as our errors: one table, one place."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final, TypeVar

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

_MAX_REASON: Final = 500
_MAX_CAUSES: Final = 10
_ERRORS: Final[dict[int, type[UpstreamError]]] = {
    401: Unauthenticated,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    429: RateLimited,
}
_BY_CLASS: Final[dict[int, type[UpstreamError]]] = {4: UpstreamRefused, 5: Unavailable}
_HINTS: Final = {
    401: "Check the API key or password of this source: it may have expired.",
    405: "Is this an Elasticsearch of 7.14 or later, with machine learning enabled?",
    406: "Does something between the gateway and Elasticsearch change the headers of requests?",
    413: "Add fewer events in one call, or raise http.max_content_length of the cluster.",
}
_PRIVILEGES: Final = {"GET": "monitor_ml", "POST": "manage_ml", "PUT": "manage_ml", "DELETE": "manage_ml"}
_NO_HANDLER: Final = "no handler found"
_MEDIA_TYPE: Final = "media_type_header_exception"
T = TypeVar("T")


class _Cause(msgspec.Struct):
    """What went wrong, and why. All that may be missing may be missing."""

    type: str | None = None
    reason: str | None = None
    caused_by: "_Cause | None" = None
    root_cause: "list[_Cause]" = []


class _Refusal(msgspec.Struct):
    """The body of an error: of 405, 406 and "no handler" the error is a string."""

    error: _Cause | str


def fault(answer: Answer, request: UpstreamRequest) -> UpstreamError | None:
    """The error that an answer means, or None if it is a success of Elasticsearch's own."""
    if answer.ok:
        return None if is_elasticsearch(answer) else _stranger(answer, request)
    refusal = _refusal(answer)
    error = _ERRORS.get(answer.status) or _BY_CLASS.get(answer.status // 100)
    if error is None or (error is NotFound and refusal is None):
        return _stranger(answer, request)
    cause = refusal if isinstance(refusal, _Cause) else _Cause(reason=refusal)
    return error(
        f"{request.source} answered {answer.status}{_reason(cause) or _content(answer)}.",
        hint=_hint(answer.status, cause, request),
        retry_after=retry_after(answer.headers, now=datetime.now(UTC)),
        upstream_code=cause.type,
        request_id=answer.headers.get("x-opaque-id"),
    )


def is_elasticsearch(answer: Answer) -> bool:
    """Whether it says that it comes from Elasticsearch; all but 401 and 403 do, from 7.14 on."""
    return answer.headers.get("x-elastic-product") == "Elasticsearch"


def was_refused(answer: Answer) -> bool:
    """Whether the answer proves that nothing was written: redirects, 4xx, and Elasticsearch's own 503.

    A proxy's 5xx proves nothing: it may have lost the answer of an Elasticsearch that did the work.
    """
    return 300 <= answer.status < 500 or (answer.status == 503 and is_elasticsearch(answer))


def is_of_another_version(answer: Answer) -> bool:
    """Whether it refuses the language of the request, so that the request was not even looked at."""
    if answer.status == 406:
        return True
    refusal = _refusal(answer) if answer.status == 400 else None
    return isinstance(refusal, _Cause) and refusal.type == _MEDIA_TYPE


def read(answer: Answer, request: UpstreamRequest, form: type[T]) -> T:
    """What is promised of a successful answer. Raises UpstreamError for any other."""
    error = fault(answer, request)
    if error is not None:
        raise error
    try:
        return msgspec.json.decode(answer.body, type=form)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
        what = f"{request.source} answered {request.method} {request.path} unreadably: {exc}."
        raise UnexpectedAnswer(what) from exc


def _refusal(answer: Answer) -> _Cause | str | None:
    """Elasticsearch's account of an error, or None where the body holds none."""
    try:
        return msgspec.json.decode(answer.body, type=_Refusal).error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _reason(cause: _Cause) -> str:
    """The reasons from the outermost in, none twice: the telling one is often the last."""
    reasons = dict.fromkeys(each.reason for each in _chain(cause) if each.reason)
    text = ": ".join(reason.rstrip(".:") for reason in reasons)
    shown = text if len(text) <= _MAX_REASON else f"{text[:_MAX_REASON]}…"
    return f": {shown}" if shown else ""


def _chain(cause: _Cause) -> Iterator[_Cause]:
    inner: _Cause | None = cause
    for _ in range(_MAX_CAUSES):
        if inner is None:
            break
        yield inner
        inner = inner.caused_by
    yield from cause.root_cause[:1]


def _hint(status: int, cause: _Cause, request: UpstreamRequest) -> str | None:
    if status == 403:
        return f"The credential needs the cluster privilege {_PRIVILEGES[request.method]}."
    if cause.reason and cause.reason.startswith(_NO_HANDLER):
        return _HINTS[405]
    return _HINTS.get(status)


def _stranger(answer: Answer, request: UpstreamRequest) -> UnexpectedAnswer:
    """Something answered, and it was not Elasticsearch."""
    return UnexpectedAnswer(
        f"What answered for {request.source} is not Elasticsearch: {answer.status}{_content(answer)}.",
        hint="Check the source's address, its path too, and what stands before the cluster.",
    )


def _content(answer: Answer) -> str:
    return f" with {answer.headers.get('content-type', 'nothing that has a type')}"
