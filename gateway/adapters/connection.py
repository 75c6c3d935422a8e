"""One connection to an upstream: a request at a time, and the answer to it, in HTTP/1."""

import asyncio
import select
from math import inf
from typing import Final, Self, cast

import httptools
import httpx2

MAX_WITHOUT_BODY: Final = 256 * 1024
"""How many bytes of headers, or of whatever is no body, may come in a row."""
_HIGH_WATER: Final = 1024 * 1024
_EARLY: Final = 0.001
"""Event loops count in milliseconds: a timer may be as much too early."""
_HAS_LENGTH: Final = frozenset({"content-length", "transfer-encoding"})


class Connection(asyncio.Protocol):
    """Made by an event loop. `lost` is done when it is closed for good.

    `status` and `headers` are those of the answer that is coming, 0 until its headers are there. Names of
    headers are lower case. What goes wrong is raised to whoever waits for it, as an error of httpx.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.lost: Final[asyncio.Future[None]] = self._loop.create_future()
        self._parser = httptools.HttpResponseParser(self)
        self._timer: asyncio.TimerHandle | None = None
        self._rings = self._until = inf
        self._expect(is_asked=False)

    def _expect(self, *, is_asked: bool) -> None:
        """Forgets the last answer."""
        self._is_asked = is_asked
        self._is_complete = self._keeps_alive = False
        self.status = 0
        self.headers: dict[str, str] = {}
        self._parts: list[bytes] = []
        self._waiting_bytes = self._bytes_without_body = 0
        self._error: Exception | None = None
        self._waiter: asyncio.Future[None] | None = None

    def is_fresh(self) -> bool:
        """Whether a request may go out: nothing has come unasked, be it only the server's farewell."""
        return not (self._transport.is_closing() or self._poll.poll(0))

    def ask(self, request: bytes, until: float) -> None:
        """Sends a request, whose answer is to come to its end by that time of the event loop."""
        self._expect(is_asked=True)
        self._until = until
        if until < self._rings:
            self._set_timer()
        self._transport.write(request)

    async def more(self) -> None:
        """Waits for all of the answer, or for a large part. Raises what went wrong."""
        if self._error is None and not self._is_complete and self._waiting_bytes <= _HIGH_WATER:
            self._waiter = self._loop.create_future()
            await self._waiter
        if self._error is not None:
            raise self._error

    def rest(self) -> bytes | None:
        """What was not read yet of a short body, if its end has come; None if it is to be read in parts."""
        is_short = self._is_complete and self._waiting_bytes <= _HIGH_WATER
        return self._drawn() if is_short else None

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        """The next part of the body: a large one, or the last."""
        await self.more()
        if not self._parts:
            raise StopAsyncIteration
        is_paused = self._waiting_bytes > _HIGH_WATER
        part = self._drawn()
        if is_paused:
            self._transport.resume_reading()
        return part

    def release(self) -> bool:
        """Ends the exchange. Whether another one may follow: else the connection closes."""
        self._is_asked = False
        is_read = self._keeps_alive and not self._parts
        if is_read and not self._transport.get_write_buffer_size() and not self._transport.is_closing():
            return True
        self.close()
        return False

    def close(self) -> None:
        """Closes at once, in the midst of whatever is going on."""
        self._transport.abort()

    def _drawn(self) -> bytes:
        part = b"".join(self._parts)
        self._parts.clear()
        self._waiting_bytes = 0
        return part

    def _wake(self) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    def _fail(self, error: Exception) -> None:
        """Nothing more is to come. What is complete stays so, and nothing may follow."""
        self._keeps_alive = False
        if not self._is_complete and self._error is None:
            self._error = error
            self._wake()

    def _set_timer(self) -> None:
        """One timer serves many requests: each has about as much time as the one before."""
        if self._timer is not None:
            self._timer.cancel()
        self._rings = self._until
        self._timer = self._loop.call_at(self._until, self._ring)

    def _ring(self) -> None:
        self._rings = inf
        if self._is_asked and self._loop.time() < self._until - _EARLY:
            self._set_timer()
        elif self._is_asked:
            self._fail(httpx2.ReadTimeout("The answer has not come to its end."))

    # What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._poll = select.poll()
        self._poll.register(transport.get_extra_info("socket").fileno(), select.POLLIN)

    def data_received(self, data: bytes) -> None:
        if not self._is_asked:
            self.close()
            return
        self._bytes_without_body += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as exc:
            self._fail(httpx2.RemoteProtocolError(f"The server does not answer in HTTP/1.1: {exc}"))
        if self._bytes_without_body > MAX_WITHOUT_BODY:
            self._fail(httpx2.RemoteProtocolError("The server's headers have no end."))
        if self._is_complete or self._waiting_bytes > _HIGH_WATER:
            self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        """Before HTTP/1.1 that is where a body ends."""
        if exc is not None:
            self._fail(httpx2.ReadError(str(exc)))
        elif not self.status:
            self._fail(httpx2.RemoteProtocolError("Server disconnected without sending a response."))
        elif not _HAS_LENGTH.isdisjoint(self.headers):
            self._fail(httpx2.RemoteProtocolError("Server disconnected before the end of its response."))
        else:
            self._is_complete = True
            self._wake()
        if self._timer is not None:
            self._timer.cancel()
        del self._parser  # which holds on to this
        self.lost.set_result(None)

    # What the parser calls.

    def on_message_begin(self) -> None:
        self._keeps_alive = False  # one that follows the answer unasked is none of ours

    def on_header(self, raw_name: bytes, raw_value: bytes) -> None:
        if not self.status:
            name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
            self.headers[name] = f"{self.headers[name]}, {value}" if name in self.headers else value

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if status < 200:  # the answer is still to come
            self.headers.clear()
        elif not self._is_complete:
            self.status = status

    def on_body(self, body: bytes) -> None:
        if self._is_complete:
            return
        self._bytes_without_body = 0
        self._parts.append(body)
        self._waiting_bytes += len(body)
        if self._waiting_bytes > _HIGH_WATER:
            self._transport.pause_reading()

    def on_message_complete(self) -> None:
        if self.status and not self._is_complete:
            self._is_complete = True
            self._keeps_alive = self._parser.should_keep_alive()
