"""A request as it comes over HTTP: what its head says, and whence the body comes."""

from collections.abc import Mapping
from typing import Final

import msgspec
from starlette.types import Receive, Scope

from gateway.http.exchange import Exchange

RECEIVED: Final = "gateway.received"
"""Where a scope keeps them."""


class Request(msgspec.Struct, frozen=True):
    """A request. `address` is where it comes from, as far as that is known."""

    method: str
    headers: Mapping[str, str]
    query: bytes
    address: str | None
    receive: Receive

    @classmethod
    def of(cls, scope: Scope, receive: Receive) -> "Request":
        client = scope.get("client")
        address = client[0] if client else None
        return cls(scope["method"], received(scope), scope["query_string"], address, receive)

    def body_at_hand(self) -> bytes | None:
        """The body, if the connection is ours and all of it has come. It is taken by that."""
        exchange = getattr(self.receive, "__self__", None)
        return exchange.whole_body() if isinstance(exchange, Exchange) else None


def received(scope: Scope) -> Mapping[str, str]:
    """The headers of a request by their names in small letters; of those of one name the first counts.

    They are read once, by the connection if it is ours, and kept in the scope.
    """
    headers: Mapping[str, str] | None = scope.get(RECEIVED)
    if headers is None:
        headers = scope[RECEIVED] = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in reversed(scope["headers"])
        }
    return headers
