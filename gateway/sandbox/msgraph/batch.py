"""A batch: up to twenty requests in one, each answered by itself."""

from base64 import b64decode, b64encode
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import msgspec
from msgspec import UNSET

from gateway.sandbox.http import Request, Response
from gateway.sandbox.msgraph.errors import Cause, GraphError
from gateway.sandbox.msgraph.resources import BatchIn, BatchItem, read
from gateway.sandbox.msgraph.routes import VERSIONS
from gateway.sandbox.msgraph.unknowns import Unknowns

MAX_ITEMS = 20
OWN_HEADERS = ("authorization", "host")

Answerer = Callable[[int, Request], Response]
"""Answers the item of that index."""


def answer_batch(request: Request, version: str, answer: Answerer, unknowns: Unknowns) -> dict[str, Any]:
    """The body of the answer. Items that do not depend on each other are answered in no certain order."""
    items = read(request, BatchIn).requests
    if len(items) > MAX_ITEMS:
        raise GraphError(Cause.BATCH_TOO_BIG, unknowns.batch_limit_text)
    _check(items)
    inherited = OWN_HEADERS + (("prefer",) if unknowns.batch_inherits_prefer else ())
    answers: dict[str, dict[str, Any]] = {}
    for index, item in enumerate(items):
        if any(answers[name.lower()]["status"] >= 400 for name in item.depends_on):
            answers[item.id.lower()] = _failed_dependency(item)
        else:
            response = answer(index, _request(request, item, version, inherited))
            answers[item.id.lower()] = _item(item, response)
    # The last answer comes first: who relies on the order of the requests shall notice.
    return {"responses": list(reversed(answers.values()))}


def _check(items: tuple[BatchItem, ...]) -> None:
    names = [item.id.lower() for item in items]
    if not items or len(set(names)) < len(names):
        raise GraphError(Cause.BATCH_INVALID)
    for index, item in enumerate(items):
        if not {name.lower() for name in item.depends_on} <= set(names[:index]):
            raise GraphError(Cause.BATCH_DEPENDENCY, item.id)
    wanted = [[], *([name] for name in names[:-1])]
    given = [[name.lower() for name in item.depends_on] for item in items]
    if any(given) and given != wanted:
        raise GraphError(Cause.BATCH_MIXED)


def _request(outer: Request, item: BatchItem, version: str, inherited: tuple[str, ...]) -> Request:
    headers = {name: value for name, value in outer.headers.items() if name in inherited}
    headers |= {name.lower(): value for name, value in item.headers.items()}
    return Request(
        method=item.method.upper(), target=item_target(item.url, version), headers=headers, body=_body(item)
    )


def item_target(url: str, version: str) -> str:
    """The target of an item. Clients also send absolute addresses, version included."""
    parts = urlsplit(url)
    path = f"/{parts.path.lstrip('/')}"
    if parts.netloc and path.split("/")[1].lower() in VERSIONS:
        path = f"/{'/'.join(path.split('/')[2:])}"
    return f"/{version}{path}" + (f"?{parts.query}" if parts.query else "")


def _body(item: BatchItem) -> bytes:
    """JSON stands as it is, anything else in base64."""
    if item.body is UNSET:
        return b""
    content_type = next((value for name, value in item.headers.items() if name.lower() == "content-type"), "")
    if "json" in content_type or not isinstance(item.body, str):
        return msgspec.json.encode(item.body)
    try:
        return b64decode(item.body, validate=True)
    except ValueError as error:
        raise GraphError(Cause.BATCH_INVALID) from error


def _item(item: BatchItem, response: Response) -> dict[str, Any]:
    shown: dict[str, Any] = {"id": item.id, "status": response.status, "headers": dict(response.headers)}
    if "json" in response.headers.get("Content-Type", ""):
        shown["body"] = msgspec.Raw(response.body)
    elif response.body:
        shown["body"] = b64encode(response.body).decode()
    return shown


def _failed_dependency(item: BatchItem) -> dict[str, Any]:
    cause = Cause.DEPENDENCY_FAILED
    error = {"code": cause.code, "message": cause.message}
    return {"id": item.id, "status": cause.status, "headers": {}, "body": {"error": error}}
