"""Whether a client is still there while it is worked for."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final, TypeVar

from starlette.requests import ClientDisconnect
from starlette.types import Receive

from gateway.http.patience import Patience

T = TypeVar("T")

_SOON: Final = 0.02
"""Most work takes fewer seconds: who leaves before is not looked for."""


class Presence:
    """Looks out for clients that leave while something is done for them."""

    def __init__(self) -> None:
        self._soon: Patience[_Watch] = Patience(_SOON, _Watch.begin)

    async def unless_left(
        self,
        receive: Receive,
        working: asyncio.Task[Any],
        work: Coroutine[Any, Any, T],
        last: Callable[[], Awaitable[object]],
    ) -> T:
        """What comes of the work of a task, which is cancelled when the client leaves.

        Raises ClientDisconnect then, after what is to be done `last`. To be called when the body was read.
        """
        watch = _Watch(receive, working)
        self._soon.begin(watch, working.get_loop())
        try:
            return await work
        except asyncio.CancelledError:
            if not watch.has_left:
                raise
            working.uncancel()
            await last()
            raise ClientDisconnect from None
        finally:
            self._soon.end(watch)
            if watch.watching is not None:
                watch.watching.cancel()
                await asyncio.gather(watch.watching, return_exceptions=True)


class _Watch:
    """A look-out for a client's leaving, which ends what is done for it."""

    has_left = False
    watching: asyncio.Task[None] | None = None

    def __init__(self, receive: Receive, working: asyncio.Task[Any]) -> None:
        self._receive = receive
        self._working = working

    def begin(self) -> None:
        self.watching = asyncio.create_task(self._watch())

    async def _watch(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self.has_left = self._working.cancel()
