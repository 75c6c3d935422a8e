"""Reads asked again where an upstream was only busy or out of reach: a few times, with growing waits."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final, ParamSpec, TypeVar

import msgspec

from gateway.adapters.deadline import NEVER, Deadline
from gateway.errors import OutOfTime, Problem, UpstreamError

P = ParamSpec("P")
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

    def wait(self, count: int, problem: Problem | None = None) -> float:
        """The seconds before the next attempt: what the upstream asks for, and some more each time."""
        asked = problem.retry_after.total_seconds() if problem and problem.retry_after else 0.0
        return asked + self.chance() * self.first_wait.total_seconds() * (1 << count)


class ReadRetries:
    """The retries of one call's reads of one source.

    They share their time while the source fails: many reads of one that is down take no longer than a few.
    """

    def __init__(self, retries: Retries, *, deadline: Deadline = NEVER) -> None:
        self._retries = retries
        self._deadline = deadline
        self._failing_since: float | None = None

    async def read(self, attempt: Callable[P, Awaitable[T]], *args: P.args, **named: P.kwargs) -> T:
        """What the first attempt that succeeds gives. Not for writes: an error may hide that they were done.

        Raises what an attempt raised if another one cannot help, or would begin too late: so a Retry-After
        that asks for more time than there is goes to the caller at once. Nothing begins after the deadline.
        """
        began, count = self._retries.clock(), 0
        while True:
            try:
                answer = await attempt(*args, **named)
            except UpstreamError as exc:
                wait = self._retries.wait(count, exc.problem)
                count += 1
                if count == self._retries.attempts or not self._may_follow(exc, began, wait):
                    raise
            else:
                self._failing_since = None
                return answer
            await self._retries.sleep(wait)

    async def pause(self, count: int, problem: Problem | None = None) -> bool:
        """Waits before what may be done again after a problem; False where there is no time for that."""
        wait = self._retries.wait(count, problem)
        if wait >= self._deadline.remaining:
            return False
        await self._retries.sleep(wait)
        return True

    def _may_follow(self, error: UpstreamError, began: float, wait: float) -> bool:
        """Whether another attempt may follow, that long after the error: it can help, and is in time."""
        if not error.problem.retryable or isinstance(error, OutOfTime):
            return False
        return self._retries.clock() + wait <= self._until(began) and wait < self._deadline.remaining

    def _until(self, began: float) -> float:
        """When the last attempt may begin of a read that has just failed."""
        if self._failing_since is None:
            self._failing_since = self._retries.clock()
        return min(began, self._failing_since) + self._retries.within.total_seconds()


USUAL: Final = Retries()
