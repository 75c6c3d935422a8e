"""Whether a client is still there while it is worked for."""

import asyncio
from collections.abc import Coroutine
from typing import Any, Final, Generic, TypeVar

from starlette.requests import ClientDisconnect, Request

T = TypeVar("T")

_SOON: Final = 0.02
"""Most work takes fewer seconds: who leaves before is not looked for."""


async def unless_left(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """What comes of the work, which is cancelled when the client leaves. Raises ClientDisconnect then.

    To be called when the body has been read.
    """
    working = asyncio.create_task(work)
    watch = _Watch(request, working)
    soon = asyncio.get_running_loop().call_later(_SOON, watch.begin)
    try:
        return await working
    except asyncio.CancelledError:
        if watch.has_left:
            raise ClientDisconnect from None
        raise
    finally:
        soon.cancel()
        await watch.end()


class _Watch(Generic[T]):
    """A look-out for a client's leaving, which ends what is done for it."""

    def __init__(self, request: Request, working: asyncio.Task[T]) -> None:
        self.has_left = False
        self._request = request
        self._working = working
        self._watching: asyncio.Task[None] | None = None

    def begin(self) -> None:
        self._watching = asyncio.create_task(self._watch())

    async def end(self) -> None:
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)

    async def _watch(self) -> None:
        while (await self._request.receive())["type"] != "http.disconnect":
            pass
        self.has_left = self._working.cancel()
