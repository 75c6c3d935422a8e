"""One request over a connection, and its answer."""

from functools import lru_cache
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import (
    HEADER_RE,
    HEADER_VALUE_RE,
    STATUS_LINE,
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

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start" and not self.response_started:
            self._head = message
            return
        head, self._head = self._head, None
        if head is not None:
            if self._is_whole(message) and self._has_answered(head, message.get("body", b"")):
                return
            await super().send(head)
        await super().send(message)

    def _is_whole(self, message: Any) -> bool:
        return (
            not message.get("more_body")
            and self.keep_alive
            and self.scope["method"] != "HEAD"
            and not (self.flow.write_paused or self.disconnected)
        )

    def _has_answered(self, head: Any, body: bytes) -> bool:
        """Whether the head is one of which all is known here, and so is written with the body."""
        headers = map(_line, (*self.default_headers, *head.get("headers", ())))
        written = b"".join((STATUS_LINE[head["status"]], *headers, b"\r\n"))
        if b"\r\ncontent-length: %d\r\n" % len(body) not in written or b"\r\nconnection: " in written:
            return False
        self.response_started = self.response_complete = True
        if len(body) < _SHORT:
            self.transport.write(written + body)
        else:
            self.transport.writelines((written, body))
        self.message_event.set()
        self.on_response()
        return True


@lru_cache(_REMEMBERED)
def _line(header: Header) -> bytes:
    """A header as it travels. Raises RuntimeError, as uvicorn does, for what would be more than one."""
    name, value = header
    if HEADER_RE.search(name) or HEADER_VALUE_RE.search(value):
        raise RuntimeError("Invalid HTTP header.")
    return b"%b: %b\r\n" % (name.lower(), value)
