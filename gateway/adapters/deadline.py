"""Until when one call may ask the upstreams, so that its caller has an honest answer in time."""

import asyncio
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from math import inf
from typing import Any, Final

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

    def limit(self, too_slow: Callable[[], OutOfTime] = _out_of_time) -> AbstractContextManager[None]:
        """Breaks off what takes longer, before anything is sent. Raises OutOfTime then."""
        return _Limit(self, too_slow)


class _Limit(AbstractContextManager[None]):
    """What `asyncio.timeout` does, without its coroutines, and without a timer where there is no end."""

    def __init__(self, deadline: Deadline, too_slow: Callable[[], OutOfTime]) -> None:
        self._deadline = deadline
        self._too_slow = too_slow
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[Any] | None = None

    def __enter__(self) -> None:
        if self._deadline.ends < inf:
            task = asyncio.current_task()
            assert task is not None  # noqa: S101 - whatever waits is a task
            self._cancelled = task.cancelling()
            self._timer = asyncio.get_running_loop().call_later(self._deadline.remaining, self._end, task)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if self._timer is not None:
            self._timer.cancel()
        is_broken_off = self._task is not None and self._task.uncancel() <= self._cancelled
        if is_broken_off and kind is asyncio.CancelledError:
            raise self._too_slow() from error

    def _end(self, task: asyncio.Task[Any]) -> None:
        self._task = task
        task.cancel()


NEVER: Final = Deadline()
