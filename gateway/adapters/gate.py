"""A gate with a number of places: who holds some of them may go on."""

import asyncio
from collections import deque
from contextlib import AbstractAsyncContextManager
from typing import Final, Generic, TypeVar

from gateway.adapters.deadline import NEVER, Deadline

_KEPT: Final = 1024
K = TypeVar("K")


class Gate:
    """Places given in the order in which they are asked for, several at once if so asked."""

    def __init__(self, places: int) -> None:
        self._all = self._free = places
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    @property
    def is_idle(self) -> bool:
        """Whether nobody is in or waits."""
        return self._free == self._all and not self._waiting

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
    """A gate for each thing that is used, all with as many places. Of many those that are idle are forgotten.

    A gate is to be entered at once: it is idle until then.
    """

    def __init__(self, places: int) -> None:
        self.places: Final = places
        self._gates: dict[K, Gate] = {}

    def of(self, key: K) -> Gate:
        gate = self._gates.get(key)
        if gate is None:
            if len(self._gates) >= _KEPT:
                self._gates = {key: gate for key, gate in self._gates.items() if not gate.is_idle}
            gate = self._gates[key] = Gate(self.places)
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
