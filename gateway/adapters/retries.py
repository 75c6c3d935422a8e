"""Reads asked again where an upstream was only busy or out of reach: a few times, with growing waits."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final, TypeVar

import msgspec

from gateway.errors import Problem, UpstreamError

T = TypeVar("T")


class Retries(msgspec.Struct, frozen=True, kw_only=True):
    """How often a read is attempted, and for how long new attempts begin.

    Waits double from `first_wait`, and are spread at random, so that those who failed together do not come
    back together. `chance` gives numbers from 0 to 1.
    """

    attempts: int = 4
    within: timedelta = timedelta(seconds=15)
    first_wait: timedelta = timedelta(milliseconds=250)
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    chance: Callable[[], float] = random.random

    async def read(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """What the first attempt that succeeds gives. Not for writes: an error may hide that they were done.

        Raises what an attempt raised if another one cannot help, or would begin too late: so a Retry-After
        that asks for more time than there is goes to the caller at once.
        """
        deadline = self.clock() + self.within.total_seconds()
        for count in range(self.attempts - 1):
            try:
                return await attempt()
            except UpstreamError as exc:
                wait = self._wait(count, exc.problem)
                if not exc.problem.retryable or self.clock() + wait > deadline:
                    raise
            await self.sleep(wait)
        return await attempt()

    def _wait(self, count: int, problem: Problem) -> float:
        """The seconds to wait before the next attempt: what the upstream asks for, and some more."""
        asked = problem.retry_after.total_seconds() if problem.retry_after else 0.0
        return asked + self.chance() * self.first_wait.total_seconds() * (1 << count)


USUAL: Final = Retries()
