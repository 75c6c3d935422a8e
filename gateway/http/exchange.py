"""One request over a connection, and its answer."""

from asyncio import Event, Task, current_task
from functools import lru_cache
from typing import Any, Final, cast

from uvicorn.protocols.http.httptools_impl import (
    HEADER_RE,
    HEADER_VALUE_RE,
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

from gateway.http.headers import Header

_REMEMBERED: Final = 256
_SHORT: Final = 16 * 1024
"""So many bytes are sooner copied than written beside others."""


class Exchange(RequestResponseCycle):
    """uvicorn's, of which an answer that comes in one piece leaves in one write with its head.

    uvicorn calls the kernel for either, and looks through all headers of every answer. What is not so simple,
    such as the last answer of a connection, is left to it.
    """

    _head: Any = None
    disconnected = response_started = response_complete = False
    chunked_encoding: bool | None = None
    expected_content_length = 0
    more_body = True

    def __init__(self, connection: HttpToolsProtocol, scope: Any, *, keep_alive: bool) -> None:
        """As uvicorn's, whose fourteen arguments cost twice of what they are."""
        self.scope = scope
        self.transport = connection.transport
        self.flow = connection.flow
        self.logger = connection.logger
        self.access_logger = connection.access_logger
        self.access_log = connection.access_log
        self.default_headers = connection.server_state.default_headers
        self.message_event = Event()
        self.on_response = connection.on_response_complete
        self.keep_alive = keep_alive
        self.waiting_for_100_continue = connection.expect_100_continue
        self.body = bytearray()

    async def answered(self, app: Any, tasks: set[Task[None]]) -> None:
        """Runs the application, then takes its own task out of `tasks`.

        A task that is cancelled before it begins stays in.
        """
        try:
            await self.run_asgi(app)
        finally:
            tasks.discard(cast("Task[None]", current_task()))

    def whole_body(self) -> bytes | None:
        """The body, if all of it has come. It is taken by that; None if it is to be received."""
        if self.more_body or self.disconnected:
            return None
        self.waiting_for_100_continue = False  # nor has anybody to say so (RFC 9110, 10.1.1)
        body, self.body = bytes(self.body), bytearray()
        self.message_event.clear()
        self.flow.resume_reading()
        return body

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start" and not self.response_started:
            self._head = message
            return
        head, self._head = self._head, None
        if head is not None:
            if not message.get("more_body") and self._has_answered(head, message.get("body", b"")):
                return
            await super().send(head)
        await super().send(message)

    def answer(self, status: int, lines: bytes, body: bytes | memoryview) -> bool:
        """Whether an answer has left, whose headers are those lines with the usual ones of the server.

        The connection stays. The body is as long as the headers say, in the coding that they say, and the
        status is one that has a body: not 204 or 304.
        """
        is_simple = (
            self.keep_alive
            and self.scope["method"] != "HEAD"
            and not (self.response_started or self.flow.write_paused or self.disconnected)
        )
        if is_simple:
            self.response_started = self.response_complete = True
            self.waiting_for_100_continue = False
            head = b"".join([STATUS_LINE[status], *map(line, self.default_headers), lines, b"\r\n"])
            if len(body) < _SHORT:
                self.transport.write(head + body)
            else:
                self.transport.writelines((head, body))
            self.message_event.set()
            self.on_response()
        return is_simple

    def _has_answered(self, head: Any, body: bytes) -> bool:
        """Whether the head is one of which all is known here, and so has left with the body."""
        lines = [*map(line, head.get("headers", ()))]
        is_known = b"content-length: %d\r\n" % len(body) in lines
        if not is_known or any(it.startswith(b"connection: ") for it in lines):
            return False
        return self.answer(head["status"], b"".join(lines), body)


@lru_cache(_REMEMBERED)
def line(header: Header) -> bytes:
    """A header as it travels. Raises RuntimeError, as uvicorn does, for what would be more than one."""
    name, value = header
    if HEADER_RE.search(name) or HEADER_VALUE_RE.search(value):
        raise RuntimeError("Invalid HTTP header.")
    return b"%b: %b\r\n" % (name.lower(), value)
