"""The connections to one server: opened, kept for a while, and used one by one."""

import asyncio
import socket
import ssl
from collections.abc import Sequence
from functools import cache, partial
from typing import Final

import aiohappyeyeballs
import httpx2

from gateway.adapters.connection import Connection
from gateway.adapters.gate import Gate

_AT_ONCE: Final = 256
_KEPT_SECONDS: Final = 5.0
_READ_AT_ONCE: Final = 32 * 1024
_NEXT_ADDRESS_AFTER: Final = 0.25
"""The seconds that one address of a host has before the next one is tried beside it (RFC 8305)."""


class Connections:
    """Those to the server that `url` names. What is sent over one is sent once, whatever happens to it."""

    def __init__(self, url: str, *, tls: ssl.SSLContext | None = None, at_once: int = _AT_ONCE) -> None:
        server = httpx2.URL(url)
        self._host = server.raw_host.decode("ascii")
        self._tls = _speaking_http1(tls or _trusted_by_the_machine()) if server.scheme == "https" else None
        self._port = server.port or (443 if self._tls else 80)
        self._buffer = memoryview(bytearray(_READ_AT_ONCE))
        self._places = Gate(at_once)
        self._open: set[Connection] = set()
        self._kept: list[tuple[float, Connection]] = []
        self._is_closed = False

    def at_hand(self, now: float) -> Connection | None:
        """The connection that was used last of those that were kept, None if nobody may take one just now."""
        if not self._kept or not self._places.try_take(1):
            return None
        connection = self._fresh(now)
        if connection is None:
            self._places.give_back(1)
        return connection

    async def take(self, until: float) -> Connection:
        """A connection that was kept or, where there is none, a new one; by that time of the event loop.

        Raises httpx2.ConnectTimeout, PoolTimeout or ConnectError.
        """
        if not self._places.try_take(1):
            await self._room(until)
        try:
            return self._fresh(asyncio.get_running_loop().time()) or await self._opened(until)
        except BaseException:
            self._places.give_back(1)
            raise

    def give_back(self, connection: Connection) -> None:
        """Takes back a connection when its exchange is over, or is given up."""
        if connection.release():
            self._kept.append((asyncio.get_running_loop().time() + _KEPT_SECONDS, connection))
        self._places.give_back(1)

    async def aclose(self) -> None:
        """Closes all connections, busy ones too, and those that are still being opened."""
        self._is_closed = True
        connections = tuple(self._open)
        for connection in connections:
            connection.close()
        await asyncio.gather(*(connection.lost for connection in connections))

    async def _room(self, until: float) -> None:
        try:
            async with asyncio.timeout_at(until):
                await self._places.take(1)
        except TimeoutError as exc:
            raise httpx2.PoolTimeout("All connections are in use.") from exc

    def _fresh(self, now: float) -> Connection | None:
        """The connection that was used last of those that were kept and still are some."""
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
        if self._is_closed:
            connection.close()
            raise httpx2.ConnectError("The gateway has ended.")
        return connection

    async def _connect(self) -> Connection:
        loop = asyncio.get_running_loop()
        connected = await aiohappyeyeballs.start_connection(
            await self._addresses(), happy_eyeballs_delay=_NEXT_ADDRESS_AFTER, interleave=1
        )
        name = self._host if self._tls else None
        _, connection = await loop.create_connection(
            partial(Connection, self._buffer), sock=connected, ssl=self._tls, server_hostname=name
        )
        return connection

    async def _addresses(self) -> Sequence[aiohappyeyeballs.AddrInfoType]:
        place, kind = (self._host, self._port), socket.SOCK_STREAM
        try:  # what is an address is no question for a thread
            return socket.getaddrinfo(*place, type=kind, flags=socket.AI_NUMERICHOST)
        except socket.gaierror:
            return await asyncio.get_running_loop().getaddrinfo(*place, type=kind)


def _speaking_http1(tls: ssl.SSLContext) -> ssl.SSLContext:
    tls.set_alpn_protocols(["http/1.1"])
    return tls


@cache
def _trusted_by_the_machine() -> ssl.SSLContext:
    """One for all: reading the machine's certificates takes longer than all else at a start."""
    return httpx2.create_ssl_context(trust_env=False)
