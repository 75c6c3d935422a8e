"""Whose request is begun next: one with each turn of the event loop, and the callers one after the other."""

import asyncio
from collections import OrderedDict, deque


class Turns:
    """Lines of requests, one for each caller. Who asks for much waits behind himself, and nobody behind him.

    While the gateway has little to do, nobody waits. When it has much, a turn takes as long as a bit of work
    on each request that has begun: few are begun then, and those that are come to their end soon.
    """

    def __init__(self) -> None:
        self._lines: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()
        self._is_turning = False

    async def take(self, caller: str, loop: asyncio.AbstractEventLoop) -> None:
        """Waits for the caller's turn, if another request has begun in this one."""
        if not self._is_turning:
            self._is_turning = True
            loop.call_soon(self._turn, loop, caller)
            return
        mine = loop.create_future()
        line = self._lines.get(caller)
        if line is None:
            line = self._lines[caller] = deque()
        line.append(mine)
        await mine

    def _turn(self, loop: asyncio.AbstractEventLoop, last: str) -> None:
        """The next turn, after that of the `last` caller, who is behind all others now."""
        self._is_turning = bool(self._lines)
        if not self._is_turning:
            return
        if last in self._lines:
            self._lines.move_to_end(last)
        caller, line = next(iter(self._lines.items()))
        begun = line.popleft()
        if not line:
            del self._lines[caller]
        if not begun.done():  # who has left is not waited for
            begun.set_result(None)
        loop.call_soon(self._turn, loop, caller)
