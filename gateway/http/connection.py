"""Connections that are a burden are cut off: heads that do not come or end, answers that are not taken."""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, ClassVar, Final, cast
from urllib.parse import unquote

import httptools
import structlog
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from gateway.http.exchange import Exchange
from gateway.http.patience import Patience
from gateway.http.remembered import Remembered
from gateway.http.request import RECEIVED

_MOST_WITHOUT_BODY: Final = 64 * 1024
"""How many bytes of a head, or of whatever is no body, may come in a row. The parser has no such limit."""
_TOO_LONG: Final = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
)
_IDLE: Final = 5.0
"""So many seconds a connection may wait for its next request, as uvicorn has it."""
_FORWARDED: Final = frozenset({"x-forwarded-for", "x-forwarded-proto"})
_log = structlog.get_logger(__name__)


class _Lenient:
    """A transport that takes what is written though its client has just gone, as asyncio's own does.

    uvloop's raises until the connection is known to be lost, which would be logged as a fault of ours.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self.is_closing = transport.is_closing
        self.get_write_buffer_size = transport.get_write_buffer_size

    def write(self, data: bytes) -> None:
        if not self.is_closing():
            self._transport.write(data)

    def writelines(self, lines: Iterable[bytes]) -> None:
        if not self.is_closing():
            self._transport.writelines(lines)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class PunctualConnection(HttpToolsProtocol):
    """uvicorn's connection with `patience`, in seconds.

    So long the head of a request may take, its first as well as those that follow, and so long a client may
    take nothing of an answer. The body's time is the endpoint's business.

    Of all answers `most` bytes may wait to be taken. Beyond that the client goes whose answer waits longest.
    """

    patience: ClassVar[float]
    most: ClassVar[int]
    waiting: ClassVar[dict["PunctualConnection", None]]
    idle: ClassVar[Patience["PunctualConnection"]]

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        self._head: asyncio.TimerHandle | None = None
        self._taking: asyncio.TimerHandle | None = None
        self._bytes_without_body = 0
        self._is_in_head = False
        self._received: dict[str, str] = {}
        super().connection_made(cast("asyncio.Transport", _Lenient(transport)))
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_came()
        if self._taking is not None:
            self._taking.cancel()
        self.waiting.pop(self, None)
        self.idle.end(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._bytes_without_body += len(data)
        super().data_received(data)
        if self._is_in_head:
            self._expect_head()
        if self._bytes_without_body > _MOST_WITHOUT_BODY:
            self._refuse_head()

    def on_message_begin(self) -> None:
        self._is_in_head = True
        self._received = {}
        self.url = b""
        self.headers = []
        self.expect_100_continue = False

    def on_header(self, name: bytes, value: bytes) -> None:
        small, text = _NAMES[name]
        self.headers.append((small, value))
        self._received.setdefault(text, value.decode("latin-1"))
        if small == b"expect" and value.lower() == b"100-continue":
            self.expect_100_continue = True

    def on_headers_complete(self) -> None:
        """As uvicorn's, without what is not served here, such as WebSockets."""
        self._bytes_without_body = 0
        self._is_in_head = False
        self._head_came()
        parser: Any = self.parser  # which is None, later on
        before, version = self.cycle, parser.get_http_version()
        received, self._received = self._received, {}  # what follows a body in its trailer is no header
        path, raw_path, query = _parted(self.url) if b"?" in self.url else _TARGETS[self.url]
        scope: Any = {
            "type": "http",
            "asgi": {"version": self.asgi_version, "spec_version": "2.3"},
            "http_version": version,
            "server": self.server,
            "client": self.client,
            "scheme": self.scheme,
            "method": parser.get_method().decode("ascii"),
            "root_path": self.root_path,
            "path": self.root_path + path,
            "raw_path": self.root_path.encode("ascii") + raw_path,
            "query_string": query,
            "headers": self.headers,
            "state": self.app_state.copy(),
            RECEIVED: received,
        }
        keep_alive = version != "1.0" and parser.should_keep_alive()
        self.cycle = Exchange(self, scope, keep_alive=keep_alive)
        if getattr(before, "response_complete", True):  # there is none before the first
            self._start_asgi_task(self.cycle, self._way_in(received))
        else:
            self.flow.pause_reading()
            self.pipeline.appendleft((self.cycle, self._way_in(received)))

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        """As uvicorn's, whose callback at the end of a task costs a turn of the loop.

        `reset_contextvars` is not asked for: each request sets anew what is read of its context.
        """
        self.tasks.add(self.loop.create_task(cycle.answered(app, self.tasks)))

    def _way_in(self, received: Mapping[str, str]) -> Any:
        """The application, behind what reads a proxy's headers where there are any."""
        if _FORWARDED.isdisjoint(received) and isinstance(self.app, ProxyHeadersMiddleware):
            return self.app.app
        return self.app

    def on_body(self, body: bytes) -> None:
        self._bytes_without_body = 0
        super().on_body(body)

    def on_response_complete(self) -> None:
        """As uvicorn's, which sets a timer for each answer."""
        self.server_state.total_requests += 1
        if not self.transport.is_closing():
            self.flow.resume_reading()
            if self.pipeline:
                self._start_asgi_task(*self.pipeline.pop())
            else:
                self.idle.begin(self, self.loop)
        self._expect_taking()

    def _unset_keepalive_if_required(self) -> None:
        self.idle.end(self)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._expect_taking()
        self.waiting[self] = None
        self._make_room()

    def resume_writing(self) -> None:
        self.waiting.pop(self, None)
        super().resume_writing()

    def _expect_head(self) -> None:
        if self._head is None:
            self._head = self.loop.call_later(self.patience, self.cut_off)

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
            self.cut_off()
        else:
            self._expect_taking()

    def _refuse_head(self) -> None:
        """Says so, unless an answer is under way, into which it would be written."""
        if getattr(self.cycle, "response_complete", True):  # there is none before the first head
            self.transport.write(_TOO_LONG)
            self.transport.close()
        else:
            self.cut_off()

    def cut_off(self) -> None:
        """Ends the connection at once. What is still made for it is not written any more."""
        self.pipeline.clear()
        if self.cycle is not None:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.transport.abort()

    def _make_room(self) -> None:
        """One answer may be as long as it is."""
        untaken = sum(each.transport.get_write_buffer_size() for each in self.waiting)
        while untaken > self.most and len(self.waiting) > 1:
            oldest = next(iter(self.waiting))
            untaken -= oldest.transport.get_write_buffer_size()
            del self.waiting[oldest]
            oldest.cut_off()
            _log.warning("connection.cut_off", setting="limits.max_untaken_bytes")


def _named(written: bytes) -> tuple[bytes, str]:
    """A header's name in small letters, as ASGI has it and as text."""
    small = written.lower()
    return small, small.decode("latin-1")


def _parted(url: bytes) -> tuple[str, bytes, bytes]:
    """The path that a request asks for, as text and as it came, and its query."""
    parsed = httptools.parse_url(url)
    path = parsed.path.decode("ascii")
    return unquote(path) if "%" in path else path, parsed.path, parsed.query or b""


_NAMES: Final = Remembered(_named, most=256, longest=64)
_TARGETS: Final = Remembered(_parted)
"""Of those without a query, which may hold a document and its variables."""


def punctual(patience: timedelta, most: int) -> type[PunctualConnection]:
    """Connections with that patience, of which all together hold so many bytes that are not taken."""
    idle = Patience(_IDLE, HttpToolsProtocol.timeout_keep_alive_handler)
    values = {"patience": patience.total_seconds(), "most": most, "waiting": {}, "idle": idle}
    return type("Punctual", (PunctualConnection,), values)
