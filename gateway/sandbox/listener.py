"""Where an emulator listens: every client has a task of its own, and none is left when it is closed."""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable
from typing import Final

LOOPBACK: Final = "127.0.0.1"
_PAUSE_SECONDS: Final = 1.0

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Listener:
    """Listens on a port, on any free one for 0, and has `talk` serve each client.

    A server of asyncio that is closed has lost sight of the clients that it took a moment before: their
    sockets stay open. Raises OSError if the port is taken.
    """

    def __init__(self, port: int, talk: Talk, *, tls: ssl.SSLContext | None = None) -> None:
        self._talk = talk
        self._tls = tls
        self._loop = asyncio.get_running_loop()
        self.clients: set[asyncio.Task[None]] = set()
        """The tasks that serve those who are there."""
        self._pause: asyncio.TimerHandle | None = None
        self._socket = socket.create_server((LOOPBACK, port))
        self._socket.setblocking(False)
        self.port: Final[int] = self._socket.getsockname()[1]
        self._listen()

    async def aclose(self) -> None:
        """Takes no more clients, and hangs up on those that are there."""
        if self._pause is not None:
            self._pause.cancel()
        self._loop.remove_reader(self._socket)
        self._socket.close()
        for client in self.clients:
            client.cancel()
        await asyncio.gather(*self.clients, return_exceptions=True)

    def _listen(self) -> None:
        self._loop.add_reader(self._socket, self._take)

    def _take(self) -> None:
        try:
            client, _ = self._socket.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return  # it has left again
        except OSError:  # too many files are open, and will be for a while
            self._loop.remove_reader(self._socket)
            self._pause = self._loop.call_later(_PAUSE_SECONDS, self._listen)
            raise
        client.setblocking(False)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # asyncio does not see that it is TCP
        task = self._loop.create_task(self._serve(client))
        self.clients.add(task)
        task.add_done_callback(self.clients.discard)
        task.add_done_callback(lambda _: client.close())  # also where the task has never begun

    async def _serve(self, client: socket.socket) -> None:
        reader = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(reader)
        try:
            transport, _ = await self._loop.connect_accepted_socket(lambda: protocol, client, ssl=self._tls)
        except OSError:
            return  # it has left, or does not trust us: there is nobody to tell
        await self._talk(reader, asyncio.StreamWriter(transport, protocol, reader, self._loop))
