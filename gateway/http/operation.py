"""A GraphQL operation, or a batch of them, out of an HTTP request, or what is wrong with the request."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final
from urllib.parse import parse_qs

import msgspec
from starlette.requests import ClientDisconnect

from gateway.http.refusal import BadRequest
from gateway.http.remembered import Remembered
from gateway.http.request import Request

LARGEST_BODY: Final = 8 * 1024 * 1024

_DIGITS: Final = 20
_NO_HURRY: Final = nullcontext()


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """What a request asks to execute."""

    query: str
    variables: dict[str, Any] | None = None
    name: str | None = None


class _Posted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An operation as it is posted. Of what else comes with it msgspec would not see whether it is JSON."""

    query: str
    variables: dict[str, Any] | None = None
    name: str | None = msgspec.field(name="operationName", default=None)
    extensions: dict[str, Any] | None = None


_decode: Final = msgspec.json.Decoder(_Posted).decode

Batch = tuple[Operation, ...]
"""Operations that came in one list, each to be answered in its place."""


async def read_operation(
    request: Request,
    *,
    largest_body: int = LARGEST_BODY,
    largest_batch: int = 0,
    take: Callable[[int], object] = lambda _: None,
    in_time: AbstractContextManager[None] = _NO_HURRY,
) -> Operation | Batch:
    """The operation in a GET's query string, or what is in a POST's body. Raises BadRequest.

    `take` is called with the length of each piece of a body before it is kept, and may refuse it. What has
    not come yet is waited for `in_time`.

    A batch is refused as a whole if it has a member that is no operation.
    """
    if request.method in {"GET", "HEAD"}:
        return _checked(_from_query(request.query))
    if request.method == "POST":
        _check_content_type(request.headers.get("content-type", ""))
        _check_announced(request.headers.get("content-length", ""), largest_body)
        body = request.body_at_hand()
        if body is None:
            with in_time:
                body = await _body(request, largest_body, take)
        else:
            _check_size(len(body), largest_body)
            take(len(body))
        return _posted(body, largest_batch)
    message = f"{request.method} is not served here: use GET for queries, POST for all."
    raise BadRequest(405, message, {"allow": "GET, POST"})


def _posted(body: bytes, largest_batch: int) -> Operation | Batch:
    """What is in a body. What is no operation is read again, for all that can be said of it."""
    try:
        given = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        given = None
    if given is not None and given.query:
        return Operation(query=given.query, variables=given.variables, name=given.name)
    other = _decoded(body, "The body")
    return _batch(other, largest_batch) if isinstance(other, list) else _checked(other)


def _from_query(raw: bytes) -> dict[str, Any]:
    try:
        given = {name: values[-1] for name, values in parse_qs(raw.decode(), errors="strict").items()}
    except UnicodeDecodeError as exc:
        raise BadRequest(400, "The query string is not UTF-8.") from exc
    parameters: dict[str, Any] = {key: given[key] for key in ("query", "operationName") if key in given}
    for key in ("variables", "extensions"):
        if key in given:
            parameters[key] = _decoded(given[key].encode(), f"The parameter {key}")
    return parameters


async def _body(request: Request, largest: int, take: Callable[[int], object]) -> bytes:
    """Refused as soon as it is too long."""
    chunks: list[bytes] = []
    size = 0
    more = True
    while more:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunk = message.get("body", b"")
        size += len(chunk)
        _check_size(size, largest)
        take(len(chunk))
        chunks.append(chunk)
        more = message.get("more_body", False)
    return b"".join(chunks)


def _check_announced(length: str, largest: int) -> None:
    """What is said to be too long is refused before it has come."""
    if length.isdecimal():
        _check_size(int(length[:_DIGITS]), largest)


def _check_size(size: int, largest: int) -> None:
    if size > largest:
        message = f"The body is above the limit of {largest} bytes. The setting is limits.max_body_bytes."
        raise BadRequest(413, message, {"connection": "close"})


def _as_json(header: str) -> None:
    media, *parameters = [part.strip().lower() for part in header.split(";")]
    if media != "application/json":
        raise BadRequest(
            415, "The Content-Type must be application/json.", {"accept-post": "application/json"}
        )
    charsets = [part.partition("=")[2].strip('"') for part in parameters if part.startswith("charset=")]
    if any(charset not in {"utf-8", "utf8"} for charset in charsets):
        raise BadRequest(415, "The charset must be UTF-8.", {"accept-post": "application/json"})


_check_content_type: Final = Remembered(_as_json).__getitem__


def _decoded(raw: bytes, what: str) -> Any:
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError) as exc:
        raise BadRequest(400, f"{what} is not JSON: {exc}") from exc
    except RecursionError as exc:
        raise BadRequest(400, f"{what} is nested too deeply.") from exc


def _batch(members: list[Any], largest: int) -> Batch:
    if not largest:
        message = "Batches are not served: send one operation in an object. The setting is limits.max_batch."
        raise BadRequest(400, message)
    if not members:
        raise BadRequest(400, "The batch is empty.")
    if len(members) > largest:
        message = (
            f"A batch of {len(members)} is above the limit of {largest}. The setting is limits.max_batch."
        )
        raise BadRequest(400, message)
    return tuple(_member_of_batch(number, member) for number, member in enumerate(members, 1))


def _member_of_batch(number: int, member: Any) -> Operation:
    try:
        return _checked(member)
    except BadRequest as exc:
        raise BadRequest(exc.status, f"Operation {number} of the batch: {exc.message}") from exc


def _checked(parameters: Any) -> Operation:
    if not isinstance(parameters, dict):
        raise BadRequest(400, "The request must be a JSON object.")
    query = _member(parameters, "query", str, "a string")
    if not query:
        raise BadRequest(400, 'There is no query: send {"query": "…"}.')
    _member(parameters, "extensions", dict, "an object")
    return Operation(
        query=query,
        variables=_member(parameters, "variables", dict, "an object"),
        name=_member(parameters, "operationName", str, "a string"),
    )


def _member(parameters: dict[str, Any], name: str, kind: type, article: str) -> Any:
    value = parameters.get(name)
    if value is not None and not isinstance(value, kind):
        raise BadRequest(400, f"`{name}` must be {article}.")
    return value
