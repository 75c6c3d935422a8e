"""Serves the upstreams of a benchmark, as cheaply as Python can: `python stub.py`, which prints its port."""

import asyncio
import re
from typing import Final, cast

import uvloop
from upstream import Unknown, Upstreams

_LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_VENDOR: Final = b"application/vnd.elasticsearch+json"
_HEAD: Final = (
    b"HTTP/1.1 %d %b\r\nX-elastic-product: Elasticsearch\r\nContent-Type: %b\r\nContent-Length: %d\r\n\r\n"
)
_REASONS: Final = {200: b"OK", 201: b"Created", 404: b"Not Found"}


class Connection(asyncio.Protocol):
    """HTTP/1.1 as clients of an upstream speak it: lengths are given, and connections kept."""

    def __init__(self, upstreams: Upstreams) -> None:
        self._upstreams = upstreams
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            head = self._received[:end]
            found = _LENGTH.search(head)
            rest = end + 4 + (int(found[1]) if found else 0)
            if len(self._received) < rest:
                return
            self._transport.write(self._answer(head, self._received[end + 4 : rest]))
            self._received = self._received[rest:]

    def _answer(self, head: bytes, body: bytes) -> bytes:
        method, target, _ = head[: head.find(b"\r\n")].decode().split(" ")
        try:
            status, said = self._upstreams.answer(method, target, body)
        except Unknown:
            status, said = 404, b"{}"
        media = _VENDOR + b";compatible-with=9" if _VENDOR in head else b"application/json"
        return _HEAD % (status, _REASONS[status], media, len(said)) + said


async def serve() -> None:
    upstreams = Upstreams()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(upstreams), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve())
