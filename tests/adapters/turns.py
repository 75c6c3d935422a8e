"""Requests of several gateways that reach an upstream one by one, in an order that a test chooses."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable, Collection, Coroutine, Iterator, Sequence

from gateway.adapters.transport import Transport


class Turns:
    """Lets one request through at a time. `schedule` says of those who wait whose; then it is the first's.

    `between` is called whenever a request has been answered.
    """

    def __init__(self, schedule: Sequence[int], between: Callable[[], None]) -> None:
        self._schedule: Iterator[int] = iter(schedule)
        self._between = between
        self._waiting: defaultdict[int, deque[asyncio.Future[None]]] = defaultdict(deque)
        self._change = asyncio.Event()
        self._is_busy = False

    async def enter(self, place: int) -> None:
        future = asyncio.get_running_loop().create_future()
        self._waiting[place].append(future)
        self._change.set()
        await future

    def leave(self) -> None:
        self._is_busy = False
        self._between()
        self._change.set()

    async def run(self, works: Sequence[Coroutine]) -> list:
        """What the works give. That at each place makes its requests in the turns of the place."""
        tasks = [asyncio.create_task(work) for work in works]
        for task in tasks:
            task.add_done_callback(lambda _: self._change.set())
        while running := [place for place, task in enumerate(tasks) if not task.done()]:
            if not self._is_busy and all(self._waiting[place] for place in running):
                self._is_busy = True
                place = running[next(self._schedule, 0) % len(running)]
                self._waiting[place].popleft().set_result(None)
            await self._change.wait()
            self._change.clear()
        return [task.result() for task in tasks]


def was_ever_none(moments: Sequence[Collection]) -> bool:
    """Whether nothing was there at a moment after there was something."""
    counts = [len(there) for there in moments]
    return 0 in counts[next((place for place, count in enumerate(counts) if count), 0) :]


class InTurn:
    """A way to an upstream on which requests about events wait for their turn."""

    def __init__(self, way: Transport, turns: Turns, place: int) -> None:
        self.base_url = way.base_url
        self._way = way
        self._turns = turns
        self._place = place

    async def send(self, request, **options):
        if "/events" not in request.path:
            return await self._way.send(request, **options)
        await self._turns.enter(self._place)
        try:
            return await self._way.send(request, **options)
        finally:
            self._turns.leave()

    async def aclose(self) -> None:
        """The way is shared."""
