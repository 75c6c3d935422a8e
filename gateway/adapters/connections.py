"""The connections to one server, under the API of httpx: opened, kept for a while, and used one by one."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Sequence
from functools import cache
from typing import Final

import aiohappyeyeballs
import httpx2

from gateway.adapters.connection import Connection
from gateway.adapters.gate import Gate
from gateway.adapters.incoming import Headers, Incoming

_AT_ONCE: Final = 256
_KEPT_SECONDS: Final = 5.0
_NEXT_ADDRESS_AFTER: Final = 0.25
"""The seconds that one address of a host has before the next one is tried beside it (RFC 8305)."""


class Connections(httpx2.AsyncBaseTransport):
    """Sends requests to the server that `url` names, each of them once, whatever happens to it."""

    def __init__(self, url: str, *, tls: ssl.SSLContext | None = None, at_once: int = _AT_ONCE) -> None:
        server = httpx2.URL(url)
        self._host = server.raw_host.decode("ascii")
        self._tls = _speaking_http1(tls or _trusted_by_the_machine()) if server.scheme == "https" else None
        self._port = server.port or (443 if self._tls else 80)
        self._places = Gate(at_once)
        self._open: set[Connection] = set()
        self._kept: list[tuple[float, Connection]] = []

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """What `begin` gives, as httpx asks for it: its extension `timeout` has both numbers of seconds."""
        seconds = request.extensions["timeout"]
        exchange = await self.begin(_written(request), connecting=seconds["connect"], seconds=seconds["read"])
        return exchange.response()

    async def begin(self, request: bytes, *, connecting: float, seconds: float) -> "Exchange":
        """The answer to a request as it goes over the wire, once its headers have come.

        Until `connecting` seconds from now a connection must be there, and until `seconds` the answer's end.
        Raises httpx2.TransportError, one of ConnectTimeout, PoolTimeout and ConnectError if nothing was sent.
        """
        now = asyncio.get_running_loop().time()
        connection = await self._place(now + connecting)
        answer = connection.send(request, now + seconds)
        try:
            status, headers = await answer.head()
        except BaseException:
            self.release(connection)
            raise
        return Exchange(self, connection, answer, status, headers)

    async def aclose(self) -> None:
        """Closes all connections, busy ones too."""
        connections = tuple(self._open)
        for connection in connections:
            connection.close()
        await asyncio.gather(*(connection.lost for connection in connections))

    def release(self, connection: Connection) -> None:
        """Takes back a connection when its exchange is over."""
        if connection.release():
            self._kept.append((asyncio.get_running_loop().time() + _KEPT_SECONDS, connection))
        self._places.give_back(1)

    async def _place(self, until: float) -> Connection:
        """A connection that was kept or, where there is none, a new one."""
        if not self._places.try_take(1):
            await self._room(until)
        try:
            return self._fresh() or await self._opened(until)
        except BaseException:
            self._places.give_back(1)
            raise

    async def _room(self, until: float) -> None:
        try:
            async with asyncio.timeout_at(until):
                await self._places.take(1)
        except TimeoutError as exc:
            raise httpx2.PoolTimeout("All connections are in use.") from exc

    def _fresh(self) -> Connection | None:
        """The connection that was used last of those that were kept, if it still is one."""
        now = asyncio.get_running_loop().time()
        while self._kept:
            until, connection = self._kept.pop()
            if now < until and connection.is_fresh():
                return connection
            connection.close()
        return None

    async def _opened(self, until: float) -> Connection:
        try:
            async with asyncio.timeout_at(until):
                connection = await self._connect()
        except TimeoutError as exc:
            raise httpx2.ConnectTimeout("Nobody has taken the connection.") from exc
        except (OSError, UnicodeError) as exc:  # TLS has its errors among the first
            raise httpx2.ConnectError(str(exc)) from exc
        self._open.add(connection)
        connection.lost.add_done_callback(lambda _: self._open.discard(connection))
        return connection

    async def _connect(self) -> Connection:
        loop = asyncio.get_running_loop()
        connected = await aiohappyeyeballs.start_connection(
            await self._addresses(), happy_eyeballs_delay=_NEXT_ADDRESS_AFTER, interleave=1
        )
        name = self._host if self._tls else None
        _, connection = await loop.create_connection(
            Connection, sock=connected, ssl=self._tls, server_hostname=name
        )
        return connection

    async def _addresses(self) -> Sequence[aiohappyeyeballs.AddrInfoType]:
        place, kind = (self._host, self._port), socket.SOCK_STREAM
        try:  # what is an address is no question for a thread
            return socket.getaddrinfo(*place, type=kind, flags=socket.AI_NUMERICHOST)
        except socket.gaierror:
            return await asyncio.get_running_loop().getaddrinfo(*place, type=kind)


class Exchange(httpx2.AsyncByteStream):
    """An answer, its body in parts as they come. Holds the connection until it is closed."""

    def __init__(
        self,
        connections: Connections,
        connection: Connection,
        answer: Incoming,
        status: int,
        headers: Headers,
    ) -> None:
        self.status = status
        self.headers = headers
        self._connections = connections
        self._connection: Connection | None = connection
        self._answer = answer

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._answer

    def rest(self) -> bytes | None:
        """A short body that has come in one go, None if it is to be read in parts."""
        return self._answer.rest()

    def response(self) -> httpx2.Response:
        """The same as httpx has it, which unpacks its body, too."""
        return httpx2.Response(self.status, headers=self.headers, stream=self)

    def close(self) -> None:
        """To be called by whoever has read the body, or wants no more of it."""
        connection, self._connection = self._connection, None
        if connection is not None:
            self._connections.release(connection)

    async def aclose(self) -> None:
        self.close()


def _written(request: httpx2.Request) -> bytes:
    head = [b"%b %b HTTP/1.1" % (request.method.encode("ascii"), request.url.raw_path)]
    head.extend([b"%b: %b" % field for field in request.headers.raw])
    return b"%b\r\n\r\n%b" % (b"\r\n".join(head), request.content)


def _speaking_http1(tls: ssl.SSLContext) -> ssl.SSLContext:
    tls.set_alpn_protocols(["http/1.1"])
    return tls


@cache
def _trusted_by_the_machine() -> ssl.SSLContext:
    """One for all: reading the machine's certificates takes longer than all else at a start."""
    return httpx2.create_ssl_context(trust_env=False)
