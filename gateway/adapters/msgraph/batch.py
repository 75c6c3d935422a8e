"""A JSON batch: several requests to one mailbox in one, each answered by itself. Pure.

Source: "Combine multiple HTTP requests using JSON batching" of Microsoft Graph.
"""

from base64 import b64decode
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec

from gateway.adapters.msgraph import faults
from gateway.adapters.transport import Answer
from gateway.adapters.upstream import UpstreamRequest
from gateway.errors import UnexpectedAnswer, UpstreamError

MAX_ITEMS: Final = 20
MAX_BYTES: Final = 4_000_000
"""Of a batch: about as much as Graph takes of any request, of which the limit is not documented exactly."""
_PATH: Final = "$batch"
_ROOM: Final = 500
"""What an item takes beside its path and its body: its headers, above all."""


class _Item(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    method: str
    url: str
    headers: Mapping[str, str]
    body: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class _Batch(msgspec.Struct, frozen=True, kw_only=True):
    requests: tuple[_Item, ...]


class _ItemAnswer(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    status: int
    headers: Mapping[str, str | None] | None = None
    body: msgspec.Raw = msgspec.Raw()


class _BatchAnswer(msgspec.Struct, frozen=True, kw_only=True):
    responses: tuple[_ItemAnswer, ...]


def bundles(requests: Sequence[UpstreamRequest]) -> Iterator[Sequence[UpstreamRequest]]:
    """The requests in order, as many together as one batch takes."""
    bundle: list[UpstreamRequest] = []
    size = 0
    for request in requests:
        length = len(request.path) + len(request.body or b"") + _ROOM
        if bundle and (len(bundle) == MAX_ITEMS or size + length > MAX_BYTES):
            yield bundle
            bundle, size = [], 0
        bundle.append(request)
        size += length
    if bundle:
        yield bundle


def pack(requests: Sequence[UpstreamRequest], *, headers: Mapping[str, str]) -> UpstreamRequest:
    """One request that holds several to one mailbox. Their `headers` are not inherited."""
    _, version, _ = requests[0].path.split("/", 2)
    items = tuple(
        _Item(
            id=str(number),
            method=request.method,
            url=request.path.removeprefix(f"/{version}"),
            headers=headers if request.body is not None else _without_content_type(headers),
            body=msgspec.UNSET if request.body is None else msgspec.Raw(request.body),
        )
        for number, request in enumerate(requests, 1)
    )
    return UpstreamRequest(
        source=requests[0].source,
        method="POST",
        path=f"/{version}/{_PATH}",
        body=msgspec.json.encode(_Batch(requests=items)),
    )


def items_of(request: UpstreamRequest) -> list[UpstreamRequest]:
    """The requests that a batch holds; a request that is no batch holds itself."""
    root, _, last = request.path.rpartition("/")
    if last != _PATH or request.body is None:
        return [request]
    batch = msgspec.json.decode(request.body, type=_Batch)
    return [
        UpstreamRequest(
            source=request.source,
            method=item.method,
            path=root + item.url,
            body=None if isinstance(item.body, msgspec.UnsetType) else bytes(item.body),
        )
        for item in batch.requests
    ]


def unpack(answer: Answer, request: UpstreamRequest, count: int) -> list[Answer | UpstreamError]:
    """The answer to each of `count` items. A batch that is refused as a whole answers for each.

    Items are answered in any order. One that is not answered, or twice, has an error for an answer.
    """
    if not answer.ok:
        return [answer] * count
    try:
        responses = msgspec.json.decode(answer.body, type=_BatchAnswer, strict=False).responses
        times = Counter(response.id for response in responses)
        date = answer.headers.get("date")
        answers = {one.id: _answer(one, date) for one in responses if times[one.id] == 1}
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
        return [faults.unreadable(answer, request, exc)] * count
    unanswered = UnexpectedAnswer(f"{request.source} answered a batch, but not this item of it, or twice.")
    return [answers.get(str(number), unanswered) for number in range(1, count + 1)]


def _without_content_type(headers: Mapping[str, str]) -> Mapping[str, str]:
    return {name: value for name, value in headers.items() if name.lower() != "content-type"}


def _answer(item: _ItemAnswer, date: str | None) -> Answer:
    """An item's answer as it would have come by itself, of the batch's date."""
    headers = {name.lower(): value for name, value in (item.headers or {}).items() if value is not None}
    if date is not None:
        headers.setdefault("date", date)
    return Answer(status=item.status, headers=headers, body=_body(bytes(item.body)))


def _body(body: bytes) -> bytes:
    """JSON stands there as it is, anything else in base64."""
    if not body.startswith(b'"'):
        return body
    text = msgspec.json.decode(body, type=str)
    try:
        return b64decode(text, validate=True)
    except ValueError:
        return text.encode()
