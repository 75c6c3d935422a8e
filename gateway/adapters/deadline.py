"""Until when one call may ask the upstreams, so that its caller has an honest answer in time."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from math import inf, isinf
from typing import Final, Self

import msgspec

from gateway.errors import OutOfTime


def _out_of_time() -> OutOfTime:
    return OutOfTime(
        "The request's time was up, and nothing was sent.",
        hint="Ask for less at once, or have request_timeout_seconds raised.",
    )


class Deadline(msgspec.Struct, frozen=True):
    """A moment on a clock in seconds: after it nothing is sent, and no answer awaited."""

    ends: float = inf
    clock: Callable[[], float] = time.monotonic

    @classmethod
    def after(cls, length: timedelta, *, clock: Callable[[], float] = time.monotonic) -> Self:
        """The one that comes `length` from now."""
        return cls(clock() + length.total_seconds(), clock)

    @property
    def remaining(self) -> float:
        """The seconds until then, 0 when it is over."""
        return max(self.ends - self.clock(), 0.0)

    @property
    def is_over(self) -> bool:
        return self.clock() >= self.ends

    def sooner(self, share: float) -> "Deadline":
        """The one that comes when that share of the remaining time has gone."""
        return Deadline(self.clock() + share * self.remaining, self.clock)

    def left(self) -> float:
        """The seconds until then. Raises OutOfTime when it is over."""
        left = self.ends - self.clock()
        if left <= 0:
            raise _out_of_time()
        return left

    @asynccontextmanager
    async def limit(self, too_slow: Callable[[], OutOfTime] = _out_of_time) -> AsyncIterator[None]:
        """Breaks off what takes longer, before anything is sent. Raises OutOfTime then."""
        try:
            async with asyncio.timeout(None if isinf(self.ends) else self.remaining):
                yield
        except TimeoutError as exc:
            raise too_slow() from exc


NEVER: Final = Deadline()
