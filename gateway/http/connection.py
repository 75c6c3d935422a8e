"""Connections that keep others waiting are cut off: heads that do not come, answers that are not taken."""

import asyncio
from datetime import timedelta
from typing import ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class PunctualConnection(HttpToolsProtocol):
    """uvicorn's connection with `patience`, in seconds.

    So long the head of a request may take, its first as well as those that follow, and so long a client may
    take nothing of an answer. The body's time is the endpoint's business.
    """

    patience: ClassVar[float]

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        self._head: asyncio.TimerHandle | None = None
        self._taking: asyncio.TimerHandle | None = None
        super().connection_made(transport)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_came()
        if self._taking is not None:
            self._taking.cancel()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        self._expect_head()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._head_came()
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._expect_taking()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._expect_taking()

    def _expect_head(self) -> None:
        if self._head is None:
            self._head = self.loop.call_later(self.patience, self.transport.abort)

    def _head_came(self) -> None:
        if self._head is not None:
            self._head.cancel()
            self._head = None

    def _expect_taking(self) -> None:
        """Looks after a while whether the client has taken anything of what waits for it."""
        waiting = self.transport.get_write_buffer_size()
        if waiting and self._taking is None:
            self._taking = self.loop.call_later(self.patience, self._see_taking, waiting)

    def _see_taking(self, waited: int) -> None:
        self._taking = None
        if self.transport.get_write_buffer_size() >= waited:
            self.transport.abort()
        else:
            self._expect_taking()


def punctual(patience: timedelta) -> type[PunctualConnection]:
    """Connections with that patience."""
    return type("Punctual", (PunctualConnection,), {"patience": patience.total_seconds()})
