"""An answer on its way in from an upstream, in HTTP/1: what has come of it, and who waits for the rest."""

import asyncio
from typing import Final, Self

import httptools
import httpx2

Headers = list[tuple[bytes, bytes]]

MAX_WITHOUT_BODY: Final = 256 * 1024
"""How many bytes of headers, or of whatever is no body, may come in a row."""
_HIGH_WATER: Final = 1024 * 1024
_HAS_LENGTH: Final = frozenset({b"content-length", b"transfer-encoding"})


class Incoming:
    """Is fed with what comes, and read by one task: its head, then the parts of its body.

    What goes wrong is raised to that task as an error of httpx.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._is_complete = self._keeps_alive = False
        self._transport = transport
        self._parser = httptools.HttpResponseParser(self)
        self._status = 0
        self._headers: Headers = []
        self._parts: list[bytes] = []
        self._waiting_bytes = self._bytes_without_body = 0
        self._error: Exception | None = None
        self._waiter: asyncio.Future[None] | None = None

    @property
    def may_be_followed(self) -> bool:
        """Whether it has been read to its end, and the server would take another request."""
        return self._keeps_alive and not self._parts

    async def head(self) -> tuple[int, Headers]:
        """The status and the headers."""
        while not self._status:
            await self._more()
        return self._status, self._headers

    def rest(self) -> bytes | None:
        """What was not read yet of a short body, if its end has come; None if it has not."""
        if not self._is_complete or self._waiting_bytes > _HIGH_WATER:
            return None
        rest = b"".join(self._parts)
        self._parts.clear()
        return rest

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        """The next part of the body, as soon as it is there."""
        while not self._parts:
            if self._is_complete:
                raise StopAsyncIteration
            await self._more()
        part = b"".join(self._parts)
        self._parts.clear()
        if self._waiting_bytes > _HIGH_WATER:
            self._transport.resume_reading()
        self._waiting_bytes = 0
        return part

    def feed(self, data: bytes) -> None:
        self._bytes_without_body += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as exc:
            self.fail(httpx2.RemoteProtocolError(f"The server does not answer in HTTP/1.1: {exc}"))
        if self._bytes_without_body > MAX_WITHOUT_BODY:
            self.fail(httpx2.RemoteProtocolError("The server's headers have no end."))
        self._wake()

    def end(self, cause: Exception | None) -> None:
        """The connection is lost: before HTTP/1.1 that is where a body ends."""
        if cause is not None:
            self.fail(httpx2.ReadError(str(cause)))
        elif not self._status:
            self.fail(httpx2.RemoteProtocolError("Server disconnected without sending a response."))
        elif any(name.lower() in _HAS_LENGTH for name, _ in self._headers):
            self.fail(httpx2.RemoteProtocolError("Server disconnected before the end of its response."))
        else:
            self._is_complete = True
            self._wake()

    def fail(self, error: Exception) -> None:
        """Nothing more is to come. What is complete stays so, and nothing may follow."""
        self._keeps_alive = False
        if not self._is_complete and self._error is None:
            self._error = error
            self._wake()

    def expire(self) -> None:
        """The time for it is up."""
        self.fail(httpx2.ReadTimeout("The answer has not come to its end."))

    def close(self) -> None:
        """Ends the reading: lets go of the parser, which holds on to this, and leaves no circle behind."""
        del self._parser

    async def _more(self) -> None:
        """Waits for what comes next. Raises what went wrong."""
        if self._error is not None:
            raise self._error
        self._waiter = asyncio.get_running_loop().create_future()
        await self._waiter

    def _wake(self) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    # What the parser calls.

    def on_message_begin(self) -> None:
        self._keeps_alive = False  # one that follows the answer unasked is none of ours

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._status:
            self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if status < 200:  # the answer is still to come
            self._headers.clear()
        elif not self._is_complete:
            self._status = status

    def on_body(self, body: bytes) -> None:
        if self._is_complete:
            return
        self._bytes_without_body = 0
        self._parts.append(body)
        self._waiting_bytes += len(body)
        if self._waiting_bytes > _HIGH_WATER:
            self._transport.pause_reading()

    def on_message_complete(self) -> None:
        if self._status and not self._is_complete:
            self._is_complete = True
            self._keeps_alive = self._parser.should_keep_alive()
