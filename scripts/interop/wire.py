"""What went over the wire between a client and the sandbox's Graph."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import OK

from gateway.sandbox import Sandbox
from gateway.sandbox.http import Request
from gateway.sandbox.msgraph.batch import item_target
from gateway.sandbox.msgraph.routes import BATCH
from gateway.sandbox.server import Exchange


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What went over the wire in one exchange with Graph, or in one item of a batch."""

    route: str
    version: str
    status: int
    request: str
    response: str


def bodies(exchange: Exchange, sandbox: Sandbox) -> Iterator[Body]:
    """Those of an exchange that was not made to fail; of a batch, those of its items, too."""
    if exchange.response is None or exchange.fault.status is not None:
        return
    sent, answered = exchange.request.body.decode(), exchange.response.body.decode()
    version = exchange.request.segments[0]
    yield Body(
        route=exchange.route,
        version=version,
        status=exchange.response.status,
        request=sent,
        response=answered,
    )
    if exchange.route != f"POST {BATCH}" or exchange.response.status != OK:
        return
    items = {item["id"].lower(): item for item in json.loads(sent)["requests"]}
    for answer in json.loads(answered)["responses"]:
        item = items[answer["id"].lower()]
        asked = Request(method=item["method"].upper(), target=item_target(item["url"], version))
        yield Body(
            route=sandbox.msgraph.emulator.route(asked),
            version=version,
            status=answer["status"],
            request=json.dumps(item["body"]) if "body" in item else "",
            response=json.dumps(answer["body"]) if "body" in answer else "",
        )
