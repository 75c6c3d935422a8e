"""One request over a connection, and its answer."""

import re
from functools import lru_cache
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from gateway.http.headers import Header

_REMEMBERED: Final = 256
_SHORT: Final = 16 * 1024
"""So many bytes are sooner copied than written beside others."""
_UNFIT: Final = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")


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
            if self._is_simple(head, message):
                self._answer(head, message["body"])
                return
            await super().send(head)
        await super().send(message)

    def _is_simple(self, head: Any, message: Any) -> bool:
        headers = dict(head["headers"])
        return (
            headers.get(b"content-length") == b"%d" % len(message.get("body", b""))
            and not message.get("more_body")
            and b"connection" not in headers
            and self.keep_alive
            and self.scope["method"] != "HEAD"
            and not (self.flow.write_paused or self.disconnected)
        )

    def _answer(self, head: Any, body: bytes) -> None:
        headers = map(_line, (*self.default_headers, *head["headers"]))
        self.response_started = self.response_complete = True
        written = b"".join((STATUS_LINE[head["status"]], *headers, b"\r\n"))
        if len(body) < _SHORT:
            self.transport.write(written + body)
        else:
            self.transport.writelines((written, body))
        self.message_event.set()
        self.on_response()


@lru_cache(_REMEMBERED)
def _line(header: Header) -> bytes:
    """A header as it travels. Raises RuntimeError, as uvicorn does, for what would be more than one."""
    if _UNFIT.search(header[1]):
        raise RuntimeError("Invalid HTTP header value.")
    return b"%b: %b\r\n" % header
