"""How long is waited for each of many things that are alike, most of which come in time."""

import asyncio
from collections.abc import Callable
from contextvars import Context
from typing import Generic, TypeVar

K = TypeVar("K")


class Patience(Generic[K]):
    """So many seconds for each thing; `lost` is called with one that takes longer, in nobody's context.

    What it raises goes to the loop, and what else is lost is lost all the same.
    There is one timer, for the oldest: to set and cancel one for each costs more than an entry of a dict.
    """

    def __init__(self, seconds: float, lost: Callable[[K], object]) -> None:
        self._seconds = seconds
        self._lost = lost
        self._begun: dict[K, float] = {}
        self._ticking: asyncio.AbstractEventLoop | None = None

    def begin(self, thing: K, loop: asyncio.AbstractEventLoop) -> None:
        """Begins to wait for a thing that is not waited for yet. What another loop waited for is dropped."""
        if self._ticking is not loop:
            self._begun.clear()
            self._ticking = loop
            loop.call_later(self._seconds, self._look, loop, context=Context())
        self._begun[thing] = loop.time()

    def end(self, thing: K) -> None:
        """It came, or is not waited for any more."""
        self._begun.pop(thing, None)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._ticking is not loop:
            return
        longest = loop.time() - self._seconds
        try:
            self._lose(longest)
        finally:
            oldest = next(iter(self._begun.values()), None)
            if oldest is None:
                self._ticking = None
            else:
                loop.call_later(max(0, oldest - longest), self._look, loop, context=Context())

    def _lose(self, longest: float) -> None:
        while self._begun:
            thing, begun = next(iter(self._begun.items()))
            if begun > longest:
                return
            del self._begun[thing]
            self._lost(thing)
