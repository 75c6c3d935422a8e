"""One connection to an upstream: a request at a time, and the answer to it, in HTTP/1."""

import asyncio
import select
from collections.abc import Mapping, Sequence
from math import inf
from typing import Final, Self, cast

import httpx2

from gateway.adapters.parsing import Parsing, Part

_HIGH_WATER: Final = 1024 * 1024
"""How much of a body waits to be drawn before the server has to.

One of a known length goes in parts of that size, if it is longer and does not come at once.
"""
_EARLY: Final = 0.001
"""Event loops count in milliseconds: a timer may be as much too early."""
_NONE_YET: Final[Mapping[str, str]] = {}
_HAS_LENGTH: Final = frozenset({"content-length", "transfer-encoding"})


class Connection(asyncio.BufferedProtocol):
    """Made by an event loop. `lost` is done when it is closed for good.

    Reads into `buffer`, which all connections of a loop may have together. A body of a known length that does
    not come at once is read to where it stays.

    `status` and `headers` are those of the answer that is coming, 0 until its headers are there. Names of
    headers are lower case. What goes wrong is raised to whoever waits for it, as an error of httpx.
    """

    def __init__(self, buffer: memoryview) -> None:
        self._buffer = buffer
        self._loop = asyncio.get_running_loop()
        self.lost: Final[asyncio.Future[None]] = self._loop.create_future()
        self._parsing = Parsing()
        self._timer: asyncio.TimerHandle | None = None
        self._rings = self._until = inf
        self._is_asked = self._is_complete = self._keeps_alive = self._is_paused = False
        self.status = 0
        self.headers: Mapping[str, str] = _NONE_YET
        self._parts: list[Part] = []
        self._space: memoryview | None = None  # what is still to come of the last part
        self._left = 0  # what is to come behind that, where a body's length is known
        self._waiting_bytes = 0
        self._error: Exception | None = None
        self._waiter: asyncio.Future[None] | None = None

    def is_fresh(self) -> bool:
        """Whether a request may go out: nothing has come unasked, be it only the server's farewell."""
        return not (self._transport.is_closing() or self._poll.poll(0))

    def ask(self, request: bytes, until: float) -> None:
        """Sends a request, whose answer is to come to its end by that time of the event loop."""
        self._is_asked, self._is_complete = True, False  # all else is as it was, or this were closed
        self.status, self.headers = 0, _NONE_YET
        self._parsing.begin()
        self._until = until
        if until < self._rings:
            self._set_timer()
        self._transport.write(request)

    async def more(self) -> None:
        """Waits for all of the answer, or for a large part. Raises what went wrong."""
        if self._error is None and not self._is_complete and not self._is_paused:
            self._waiter = self._loop.create_future()
            await self._waiter
        if self._error is not None:
            raise self._error

    def rest(self) -> Part | None:
        """What was not read yet of a short body, if its end has come; None if it is to be read in parts."""
        return self._drawn() if self._is_complete and not self._is_paused else None

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Part:
        """The next part of the body: a large one, or the last."""
        await self.more()
        if not self._parts:
            raise StopAsyncIteration
        part = self._drawn()
        if self._is_paused:
            self._is_paused = False
            self._transport.resume_reading()
        return part

    def release(self) -> bool:
        """Ends the exchange. Whether another one may follow: else the connection closes."""
        self._is_asked = False
        is_read = self._is_complete and self._keeps_alive and not self._parts
        if is_read and not self._transport.get_write_buffer_size() and not self._transport.is_closing():
            return True
        self.close()
        return False

    def close(self) -> None:
        """Closes at once, in the midst of whatever is going on."""
        self._transport.abort()

    def _drawn(self) -> Part:
        part = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
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

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 - it is the loop's guess
        if self._left and self._space is None:
            self._make_space(b"")
        return self._buffer if self._space is None else self._space

    def buffer_updated(self, nbytes: int) -> None:
        if self._space is not None:
            self._fill(self._space[nbytes:])
        elif not self._is_asked:
            self.close()
        elif self._is_complete:
            self._keeps_alive = False  # what follows the answer unasked is none of ours
        else:
            self._read(self._buffer[:nbytes])

    def connection_lost(self, exc: Exception | None) -> None:
        """Before HTTP/1.1 that is where a body ends."""
        if exc is not None:
            self._fail(httpx2.ReadError(str(exc)))
        elif not self.status:
            self._fail(httpx2.RemoteProtocolError("Server disconnected without sending a response."))
        elif not _HAS_LENGTH.isdisjoint(self.headers):
            self._fail(httpx2.RemoteProtocolError("Server disconnected before the end of its response."))
        else:
            self._end(keeps_alive=False)
        if self._timer is not None:
            self._timer.cancel()
        self._parsing.end()
        self.lost.set_result(None)

    # What comes.

    def _read(self, data: memoryview) -> None:
        parsing = self._parsing
        wrong = parsing.feed(data)
        parts, parsing.parts = parsing.parts, []  # or they stayed until the next answer comes
        self.status, self.headers = parsing.status, parsing.headers
        if parsing.is_complete:
            self._parts += parts
            self._end(keeps_alive=parsing.keeps_alive)
        elif wrong is None and parsing.length is not None:
            self._read_to_its_place(parsing, parsing.length, parts)
        else:
            self._keep(parts)
        if wrong is not None:
            self._fail(wrong)

    def _read_to_its_place(self, parsing: Parsing, length: int, begun: Sequence[Part]) -> None:
        """Reads the rest of a body of that length past the parser: the next answer has another one."""
        self._keeps_alive = parsing.keeps_alive
        self._left = length
        self._make_space(b"".join(begun))
        parsing.end()
        self._parsing = Parsing()

    def _keep(self, parts: Sequence[Part]) -> None:
        """Parts of a body whose length is not known."""
        self._parts += parts
        self._waiting_bytes += sum(map(len, parts))
        if self._waiting_bytes > _HIGH_WATER:
            self._pause()

    def _end(self, *, keeps_alive: bool) -> None:
        """The answer has come to its end."""
        self._is_complete, self._keeps_alive = True, keeps_alive
        self._wake()

    def _make_space(self, begun: Part) -> None:
        """For the next part of a body, which has begun to come."""
        part = bytearray(min(self._left, _HIGH_WATER))
        space = memoryview(part)
        space[: len(begun)] = begun
        self._space = space[len(begun) :]
        self._left -= len(part)
        self._parts.append(part)

    def _fill(self, space: memoryview) -> None:
        """So much is left of the space."""
        self._space = space if len(space) else None
        if self._space is None and self._left:
            self._pause()
        elif self._space is None:
            self._end(keeps_alive=self._keeps_alive)

    def _pause(self) -> None:
        """Until somebody draws what there is."""
        self._is_paused = True
        self._transport.pause_reading()
        self._wake()
