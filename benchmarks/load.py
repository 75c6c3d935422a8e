"""Clients that ask one server over and over, each on a connection of its own."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import httptools
from workload import Workload


class Wrong(Exception):
    """A server did not answer as it must."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What clients have done together: requests, and seconds that each took, in order of time."""

    requests: int
    seconds: float
    latencies: Sequence[float]


async def ask(port: int, path: str, workload: Workload, *, seconds: float) -> Asked:
    """All clients at once for some seconds. Raises Wrong."""
    loop = asyncio.get_running_loop()
    until = time.perf_counter() + seconds
    asking = [
        _Client(_request(path, workload.body(number)), workload, until) for number in range(workload.clients)
    ]
    began = time.perf_counter()
    for client in asking:
        await loop.create_connection(lambda client=client: client, "127.0.0.1", port)
    await asyncio.gather(*(client.done for client in asking))
    latencies = sorted(each for client in asking for each in client.latencies)
    return Asked(requests=len(latencies), seconds=time.perf_counter() - began, latencies=latencies)


def _request(path: str, body: bytes) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n"
    return f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


class _Client(asyncio.Protocol):
    """The first answer is examined; all others must equal it."""

    def __init__(self, request: bytes, workload: Workload, until: float) -> None:
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.latencies: list[float] = []
        self._request = request
        self._workload = workload
        self._until = until
        self._answer: bytes | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._ask()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(
                Wrong(f"{self._workload.document[:40]}: the connection was closed: {exc}")
            )

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        self._parts.append(body)

    def on_message_complete(self) -> None:
        now = time.perf_counter()
        self.latencies.append(now - self._asked)
        try:
            self._examine(self._parser.get_status_code(), b"".join(self._parts))
        except Wrong as exc:
            self.done.set_exception(exc)
            self._transport.close()
            return
        if now < self._until:
            self._ask()
        else:
            self.done.set_result(None)
            self._transport.close()

    def _ask(self) -> None:
        self._parts: list[bytes] = []
        self._parser = httptools.HttpResponseParser(self)
        self._asked = time.perf_counter()
        self._transport.write(self._request)

    def _examine(self, status: int, answer: bytes) -> None:
        if status != 200 or (self._answer is not None and answer != self._answer):
            raise Wrong(f"{self._workload.document[:40]}: {status} {answer[:2000].decode(errors='replace')}")
        if self._answer is None:
            try:
                self._workload.check(answer)
            except (ValueError, LookupError, TypeError) as exc:
                raise Wrong(str(exc)) from exc
            self._answer = answer
