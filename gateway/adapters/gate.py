"""A gate with a number of places: who holds some of them may go on."""

import asyncio
from collections import deque
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Final, Generic, TypeVar
from weakref import ref

from gateway.adapters.deadline import NEVER, Deadline

K = TypeVar("K")


class Gate:
    """Places given in the order in which they are asked for, several at once if so asked."""

    def __init__(self, places: int) -> None:
        self._all = self._free = places
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    def enter(self, places: int = 1, *, deadline: Deadline = NEVER) -> AbstractAsyncContextManager[None]:
        """Holds so many places, at most all. Entering raises OutOfTime if it takes too long."""
        return _Places(self, min(places, self._all), deadline)

    def try_take(self, places: int) -> bool:
        """Takes the places if they are free, and nobody waits for some."""
        if self._waiting or places > self._free:
            return False
        self._free -= places
        return True

    async def take(self, places: int) -> None:
        """Waits for the places behind all who wait already."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((places, turn))
        try:
            await turn
        except asyncio.CancelledError:
            self.give_back(0 if turn.cancelled() else places)
            raise

    def give_back(self, places: int) -> None:
        """Lets in those who come next, as many as there is room for."""
        self._free += places
        while self._waiting and (self._waiting[0][1].cancelled() or self._waiting[0][0] <= self._free):
            wanted, turn = self._waiting.popleft()
            if not turn.cancelled():
                self._free -= wanted
                turn.set_result(None)


class Gates(Generic[K]):
    """A gate for each thing that is used, all with as many places; forgotten when nobody holds it any more.

    Things are what callers name, and may be their credentials: nothing of them stays.
    """

    def __init__(self, places: int) -> None:
        self.places: Final = places
        self._gates: dict[K, ref[Gate]] = {}

    def of(self, key: K) -> Gate:
        """The gate of a thing: the same for all who hold it at the same time."""
        known = self._gates.get(key)
        gate = None if known is None else known()
        if gate is None:
            gate = Gate(self.places)
            # What a WeakValueDictionary does, without its frames: `pop` is called when the gate goes.
            self._gates[key] = ref(gate, partial(self._gates.pop, key))
        return gate


class _Places(AbstractAsyncContextManager[None]):
    """Some places of a gate, while they are held."""

    def __init__(self, gate: Gate, count: int, deadline: Deadline) -> None:
        self._gate = gate
        self._count = count
        self._deadline = deadline

    async def __aenter__(self) -> None:
        if not self._gate.try_take(self._count):
            with self._deadline.limit():
                await self._gate.take(self._count)

    async def __aexit__(self, *_: object) -> None:
        self._gate.give_back(self._count)
