"""A gate with a number of places: who holds some of them may go on."""

from asyncio import Lock, Semaphore
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Gate:
    """Places given in the order in which they are asked for, several at once if so asked."""

    def __init__(self, places: int) -> None:
        self._all = places
        self._places = Semaphore(places)
        self._door = Lock()

    @asynccontextmanager
    async def enter(self, places: int = 1) -> AsyncIterator[None]:
        """Holds so many places, at most all."""
        held = 0
        try:
            async with self._door:  # two who want several would else each wait for what the other holds
                while held < min(places, self._all):
                    await self._places.acquire()
                    held += 1
            yield
        finally:
            for _ in range(held):
                self._places.release()
