"""A server that answers with the very bytes that it is told to, and keeps the very bytes that it was sent."""

import asyncio
from collections.abc import Awaitable, Callable
from ssl import SSLContext
from typing import Self

Script = Callable[["Visit"], Awaitable[None]]


class Visit:
    """One connection to the server, as its script sees it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self._writer = writer
        self.requests: list[bytes] = []

    async def request(self) -> bytes:
        """The next request, head and body. Raises IncompleteReadError if the other side closes instead."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        body = await self.reader.readexactly(int(lengths[0].partition(b":")[2])) if lengths else b""
        self.requests.append(head + body)
        return self.requests[-1]

    async def answer(self, *parts: bytes) -> None:
        for part in parts:
            self._writer.write(part)
            await self._writer.drain()
            await asyncio.sleep(0)

    def close(self) -> None:
        self._writer.close()

    async def left(self) -> bool:
        """Whether the other side closes, without another word, rather than ask for more."""
        return await self.reader.read(1) == b""


class ScriptedServer:
    """Plays a script on every connection, while it is entered; a script that ends closes the connection."""

    def __init__(self, script: Script, *, host: str = "127.0.0.1", tls: SSLContext | None = None) -> None:
        self._script = script
        self._host = host
        self._tls = tls
        self.visits: list[Visit] = []

    @property
    def url(self) -> str:
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"{'https' if self._tls else 'http'}://{host}:{self.port}"

    @property
    def requests(self) -> list[bytes]:
        return [request for visit in self.visits for request in visit.requests]

    async def __aenter__(self) -> Self:
        self._playing: set[asyncio.Task[None]] = set()
        self._server = await asyncio.start_server(self._accept, self._host, 0, ssl=self._tls)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._playing:
            task.cancel()
        await asyncio.gather(*self._playing, return_exceptions=True)
        await self._server.wait_closed()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        visit = Visit(reader, writer)
        self.visits.append(visit)
        task = asyncio.ensure_future(self._script(visit))
        self._playing.add(task)
        try:
            await task
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self._playing.discard(task)
            writer.close()
