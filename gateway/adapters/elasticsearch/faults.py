"""Elasticsearch's refusals, and answers that are not its own, as our errors: one table, one place."""

from datetime import UTC, datetime
from typing import Final, TypeVar

import msgspec

from gateway.adapters.elasticsearch.hints import hint
from gateway.adapters.elasticsearch.refusal import Refusal
from gateway.adapters.retry_after import retry_after
from gateway.adapters.transport import Answer
from gateway.adapters.upstream import UpstreamRequest
from gateway.errors import (
    Conflict,
    Forbidden,
    NotFound,
    Problem,
    RateLimited,
    Unauthenticated,
    Unavailable,
    UnexpectedAnswer,
    UpstreamError,
    UpstreamRefused,
)

_BY_STATUS: Final[dict[int, type[UpstreamError]]] = {
    401: Unauthenticated,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    429: RateLimited,
}
_BY_CLASS: Final[dict[int, type[UpstreamError]]] = {4: UpstreamRefused, 5: Unavailable}
_BLOCKED: Final = "cluster_block_exception"
_OWN: Final = frozenset({404, 409})
"""What a stranger says of what is there, or is not, counts for nothing."""
_BUSY: Final = frozenset({429, 503})
_MEDIA_TYPE: Final = "media_type_header_exception"
T = TypeVar("T")


class Doubt(msgspec.Struct, frozen=True, kw_only=True):
    """Why nobody can tell whether a write was done; `is_over` where a look can, for nothing more comes."""

    problem: Problem
    is_over: bool = False


def fault(answer: Answer, request: UpstreamRequest) -> UpstreamError | None:
    """The error that an answer means, or None if it is a success of Elasticsearch's own."""
    if answer.ok:
        return None if is_elasticsearch(answer) else _stranger(answer, request)
    refusal = Refusal.of(answer.body)
    error = _error(answer, refusal)
    if error is None:
        return _stranger(answer, request)
    words = refusal.words if refusal else ""
    return error(
        f"{request.source} answered {answer.status}{f': {words}' if words else _content(answer)}.",
        hint=hint(answer.status, refusal, request),
        retry_after=retry_after(answer.headers, now=datetime.now(UTC)),
        upstream_code=refusal.type if refusal else None,
        request_id=answer.headers.get("x-opaque-id"),
    )


def is_elasticsearch(answer: Answer) -> bool:
    """Whether it says that it comes from Elasticsearch; all but 401 and 403 do, from 7.14 on."""
    return answer.headers.get("x-elastic-product") == "Elasticsearch"


def was_refused(answer: Answer) -> bool:
    """Whether the answer proves that nothing was written, as redirects and 4xx do.

    A 5xx proves nothing: a proxy may have lost the answer of an Elasticsearch that did the work. Nor does
    its 406, which may be about the type of that answer, or a 408: somebody has waited for long enough.
    """
    if answer.status == 406:
        return is_elasticsearch(answer)
    return 300 <= answer.status < 500 and answer.status != 408 and not is_over(answer)


def is_over(answer: Answer) -> bool:
    """Whether Elasticsearch itself was too busy, be it before it wrote or after.

    Once a calendar has changed it looks for the open jobs to tell, and where that search fails it answers
    so for the whole. What is not there by then will not come.
    """
    return answer.status in _BUSY and is_elasticsearch(answer)


def is_of_another_version(answer: Answer, request: UpstreamRequest) -> bool:
    """Whether it refuses the language of the request, and the request may be sent again in another.

    Elasticsearch has not even looked at it then. Who else says so may have passed a write on before.
    """
    if answer.status == 406:
        return request.method == "GET" or is_elasticsearch(answer)
    refusal = Refusal.of(answer.body) if answer.status == 400 else None
    return refusal is not None and refusal.type == _MEDIA_TYPE


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


def _error(answer: Answer, refusal: Refusal | None) -> type[UpstreamError] | None:
    """What an answer means, None where it must be Elasticsearch's own to mean anything.

    A block, as where a disk is full, may be a 403 or a 429, and is no matter of privileges or of pace.
    """
    if refusal is not None and refusal.type == _BLOCKED:
        return Unavailable
    if answer.status in _OWN and not is_elasticsearch(answer):
        return None
    return _BY_STATUS.get(answer.status) or _BY_CLASS.get(answer.status // 100)


def _stranger(answer: Answer, request: UpstreamRequest) -> UnexpectedAnswer:
    """Something answered, and it was not Elasticsearch."""
    return UnexpectedAnswer(
        f"What answered for {request.source} is not Elasticsearch: {answer.status}{_content(answer)}.",
        hint="Check the source's address, its path too, and what stands before the cluster.",
    )


def _content(answer: Answer) -> str:
    return f" with {answer.headers.get('content-type', 'nothing that has a type')}"
