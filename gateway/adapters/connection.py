"""One connection to an upstream: a request at a time, for as long as both sides keep it."""

import asyncio
import select
from typing import Final, cast

from gateway.adapters.incoming import Incoming


class Connection(asyncio.Protocol):
    """Made by an event loop. `lost` is done when it is closed for good."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._incoming: Incoming | None = None
        self._timer: asyncio.TimerHandle | None = None
        self.lost: Final[asyncio.Future[None]] = self._loop.create_future()

    def is_fresh(self) -> bool:
        """Whether a request may go out: nothing has come unasked, be it only the server's farewell."""
        return not (self._transport.is_closing() or self._poll.poll(0))

    def send(self, request: bytes, until: float) -> Incoming:
        """Sends a request, and gives its answer, still to come: to its end by that time of the event loop."""
        self._incoming = Incoming(self._transport)
        self._timer = self._loop.call_at(until, self._incoming.expire)
        self._transport.write(request)
        return self._incoming

    def release(self) -> bool:
        """Ends the exchange. Whether another one may follow: else the connection closes."""
        answer, self._incoming = self._incoming, None
        if self._timer is not None:
            self._timer.cancel()
        if answer is not None:
            answer.close()
            is_sent = self._transport.get_write_buffer_size() == 0
            if answer.may_be_followed and is_sent and not self._transport.is_closing():
                return True
        self.close()
        return False

    def close(self) -> None:
        """Closes at once, in the midst of whatever is going on."""
        self._transport.abort()

    # What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._poll = select.poll()
        self._poll.register(transport.get_extra_info("socket").fileno(), select.POLLIN)

    def data_received(self, data: bytes) -> None:
        if self._incoming is None:
            self.close()
        else:
            self._incoming.feed(data)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._incoming is not None:
            self._incoming.end(exc)
        self.lost.set_result(None)
