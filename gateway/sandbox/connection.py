"""One client's connection to an emulator: HTTP/1.1 by h11, gzip both ways, a request at a time."""

import asyncio
import gzip
import zlib
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import format_datetime
from http.client import NO_CONTENT, REQUEST_ENTITY_TOO_LARGE, responses

import h11

from gateway.sandbox.http import Headers, Request, Response

CHUNK = 65536
MAX_HEAD = 65536
MAX_BODY = 100 * 1024 * 1024
"""Elasticsearch's limit. Graph's own is far below, and it refuses what exceeds that itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer and how to send it: a truncated one breaks off halfway through its body."""

    response: Response
    is_truncated: bool = False


class Connection:
    """Answers a client's requests with `exchange` until either side has had enough."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        exchange: Callable[[Request], Awaitable[Reply | None]],
        now: Callable[[], datetime],
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._exchange = exchange
        self._now = now
        self._wire = h11.Connection(h11.SERVER, max_incomplete_event_size=MAX_HEAD)

    async def serve(self) -> None:
        try:
            with suppress(ConnectionError):  # the client hung up: there is nobody to tell
                await self._talk()
                self._writer.close()
                await self._writer.wait_closed()
        finally:
            self._writer.transport.abort()

    async def _talk(self) -> None:
        try:
            while (request := await self._receive()) is not None:
                reply = await self._exchange(request)
                if reply is None:
                    self._writer.transport.abort()
                    return
                if not await self._send(request, reply):
                    return
                self._wire.start_next_cycle()
        except h11.RemoteProtocolError as error:
            self._refuse(error)

    async def _receive(self) -> Request | None:
        """The next request, None once the client has no more."""
        head, body = None, bytearray()
        while True:
            event = await self._event()
            if isinstance(event, h11.Request):
                head = event
                _require_small(_announced_length(head))
            elif isinstance(event, h11.Data):
                body += event.data
                _require_small(len(body))
            elif isinstance(event, h11.EndOfMessage) and head is not None:
                return _request(head, bytes(body))
            else:
                return None

    async def _event(self) -> h11.Event | type[h11.NEED_DATA | h11.PAUSED]:
        while (event := self._wire.next_event()) is h11.NEED_DATA:
            if self._wire.they_are_waiting_for_100_continue:
                self._put(h11.InformationalResponse(status_code=100, headers=[]))
            self._wire.receive_data(await self._reader.read(CHUNK))
        return event

    async def _send(self, request: Request, reply: Reply) -> bool:
        """Whether the connection may serve another request."""
        response = _compressed(request, reply.response)
        body = response.body[: len(response.body) // 2] if reply.is_truncated else response.body
        self._put(self._head(response))
        if body and request.method != "HEAD":
            self._put(h11.Data(data=body))
        if not reply.is_truncated:
            self._put(h11.EndOfMessage())
        await self._writer.drain()
        return self._wire.our_state is h11.DONE and self._wire.their_state is h11.DONE

    def _head(self, response: Response) -> h11.Response:
        headers = [*_lines(response.headers), ("Date", format_datetime(self._now(), usegmt=True))]
        if response.status != NO_CONTENT:
            headers.append(("Content-Length", str(len(response.body))))
        reason = responses.get(response.status, "")
        return h11.Response(status_code=response.status, headers=headers, reason=reason.encode())

    def _refuse(self, error: h11.RemoteProtocolError) -> None:
        """Answer what is not HTTP or too large, if the connection can still take an answer."""
        if self._wire.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            head = h11.Response(
                status_code=error.error_status_hint,
                headers=[("Content-Length", "0"), ("Connection", "close")],
            )
            self._put(head)
            self._put(h11.EndOfMessage())

    def _put(self, event: h11.Event) -> None:
        data = self._wire.send(event)
        if data:
            self._writer.write(data)


def _lines(headers: Headers) -> Iterator[tuple[str, str]]:
    for name, value in headers.items():
        for single in (value,) if isinstance(value, str) else value:
            yield name, single


def _announced_length(head: h11.Request) -> int:
    """What Content-Length says; h11 has seen that it is a number."""
    return next((int(value) for name, value in head.headers if name == b"content-length"), 0)


def _require_small(length: int) -> None:
    if length > MAX_BODY:
        raise h11.RemoteProtocolError("the body is too large", error_status_hint=REQUEST_ENTITY_TOO_LARGE)


def _request(head: h11.Request, body: bytes) -> Request:
    headers: dict[str, str] = {}
    for raw_name, raw_value in head.headers:
        name, value = raw_name.decode("ascii"), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    if headers.get("content-encoding", "").lower() == "gzip":
        body = _decompressed(body)
    return Request(
        method=head.method.decode("ascii"), target=head.target.decode("ascii"), headers=headers, body=body
    )


def _decompressed(body: bytes) -> bytes:
    try:
        return gzip.decompress(body)
    except (OSError, EOFError, zlib.error) as error:
        raise h11.RemoteProtocolError(f"the body is not gzip: {error}") from error


def _compressed(request: Request, response: Response) -> Response:
    if not response.body or "gzip" not in request.headers.get("accept-encoding", ""):
        return response
    headers = {**response.headers, "Content-Encoding": "gzip"}
    return replace(response, headers=headers, body=gzip.compress(response.body, mtime=0))
