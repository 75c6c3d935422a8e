"""Throttling: how many requests an application may make of one mailbox, at once and in ten minutes."""

from collections import Counter, deque
from collections.abc import Callable
from datetime import datetime, timedelta
from email.utils import format_datetime
from enum import auto

import msgspec

from gateway.sandbox.choice import Choice
from gateway.sandbox.http import Request
from gateway.sandbox.msgraph.errors import Cause, GraphError

Key = tuple[str, str]
"""An application and the owner of a mailbox."""


class RetryAfter(Choice):
    """How Retry-After is written."""

    SECONDS = auto()
    FRACTION = auto()
    DATE = auto()


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Graph's own limits for Outlook, and what it says when they are exceeded."""

    concurrent: int = 4
    requests: int = 10_000
    window: timedelta = timedelta(minutes=10)
    wait: timedelta = timedelta(seconds=10)
    retry_after: RetryAfter = RetryAfter.SECONDS
    service_time: timedelta | None = None
    """How long a request keeps its place before it is answered. Without any, none are ever at once."""


class Throttled(GraphError):
    """A request too many, and when to come back."""

    def __init__(self, cause: Cause, retry_after: str) -> None:
        super().__init__(cause)
        self.retry_after = retry_after


class Throttle:
    """Counts the requests that are running and those of the last minutes."""

    def __init__(self, limits: Limits, now: Callable[[], datetime]) -> None:
        self._limits = limits
        self._now = now
        self._running: dict[int, tuple[Key, Request]] = {}
        self._concurrent: set[int] = set()
        self._times: dict[Key, deque[datetime]] = {}

    def begin(self, key: Key, request: Request) -> None:
        """A request arrives; the fifth at once is refused."""
        at_once = Counter(running for running, _ in self._running.values())
        if at_once[key] >= self._limits.concurrent:
            raise self.refusal(Cause.TOO_CONCURRENT)
        equal = [number for number, (_, other) in self._running.items() if _are_equal(other, request)]
        if equal:
            self._concurrent.update(equal, [id(request)])
        self._running[id(request)] = key, request

    def end(self, request: Request) -> None:
        self._running.pop(id(request), None)
        self._concurrent.discard(id(request))

    def is_concurrent(self, request: Request) -> bool:
        """Whether an equal request was running at the same time."""
        return id(request) in self._concurrent

    def count(self, key: Key) -> None:
        """Count a request. Those that are refused count too."""
        now, times = self._now(), self._times.setdefault(key, deque())
        while times and times[0] <= now - self._limits.window:
            times.popleft()
        times.append(now)
        if len(times) > self._limits.requests:
            raise self.refusal(Cause.THROTTLED)

    def refusal(self, cause: Cause) -> Throttled:
        return Throttled(cause, self._retry_after())

    def _retry_after(self) -> str:
        seconds = self._limits.wait.total_seconds()
        match self._limits.retry_after:
            case RetryAfter.SECONDS:
                return str(round(seconds))
            case RetryAfter.FRACTION:
                return f"{seconds:.3f}"
            case RetryAfter.DATE:
                return format_datetime(self._now() + self._limits.wait, usegmt=True)


def _are_equal(one: Request, other: Request) -> bool:
    return (one.method, one.target, one.body) == (other.method, other.target, other.body)
