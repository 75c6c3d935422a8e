"""What one call asks of the upstreams, and what they may know of it."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import msgspec

from gateway.adapters.allowance import Allowance
from gateway.adapters.deadline import NEVER, Deadline


class UpstreamRequest(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One request to an upstream, planned or sent. No header is in it, so no credential can be.

    `path` is as it goes on the request line, query included; `status` and the `seconds` that it took are None
    until sent, and `status` stays None where no answer came. `request_id` is the upstream's own name for the
    exchange.
    """

    source: str
    method: str
    path: str
    body: bytes | None = None
    status: int | None = None
    seconds: float | None = None
    request_id: str | None = None

    @property
    def duration(self) -> timedelta | None:
        return None if self.seconds is None else timedelta(seconds=self.seconds)


class UpstreamLog(msgspec.Struct, eq=False):
    """What one call asked of the upstreams, in order; `indexes` are the places of its own requests.

    A part shares the whole's list and keeps its own indexes: that is how a row of a write knows its requests.
    After the `deadline` nothing more is asked, nor beyond the `allowance`. `shared` counts the reads that
    were not sent, since the answer to an equal one was on its way.
    """

    requests: list[UpstreamRequest] = []
    deadline: Deadline = NEVER
    allowance: Allowance = msgspec.field(default_factory=Allowance)
    indexes: list[int] = []
    shared: int = 0

    def add(self, request: UpstreamRequest) -> int:
        index = len(self.requests)
        self.requests.append(request)
        self.indexes.append(index)
        return index

    def part(self) -> "UpstreamLog":
        return UpstreamLog(self.requests, self.deadline, self.allowance)

    def apart(self) -> "UpstreamLog":
        """A log of its own, of a call that has the same time and the same requests left."""
        return UpstreamLog(deadline=self.deadline, allowance=self.allowance)

    def check(self) -> None:
        """Raises OutOfTime or OutOfCalls where nothing more may be asked."""
        self.deadline.left()
        self.allowance.check()


class Asked(msgspec.Struct, kw_only=True):
    """What a request has asked for so far, in all its operations: what that costs, and events to write.

    `unfinished` is what is still being written although nobody waits for it any more.
    """

    cost: int = 0
    events: int = 0
    unfinished: asyncio.Task[Any] | None = None


class Call(msgspec.Struct, kw_only=True):
    """What an adapter may know of the call it works for.

    `credentials` are the caller's own for each source: the value of an Authorization header. `client` is the
    address that the call came from, `caller` the name of who was recognized there, and `scopes` what he may
    do; None where nobody is asked who he is. `asked` is counted by whoever limits it. `shares_reads` says
    that an answer may be that to an equal read of the same caller which is under way.
    """

    request_id: str
    client: str | None = None
    caller: str | None = None
    scopes: frozenset[str] | None = None
    credentials: Mapping[str, str] = {}
    log: UpstreamLog = msgspec.field(default_factory=UpstreamLog)
    asked: Asked = msgspec.field(default_factory=Asked)
    shares_reads: bool = False
