"""How often a caller may ask: a bucket of tokens for each, in the memory of this process."""

import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import timedelta
from typing import Final

import msgspec

from gateway.errors import Code
from gateway.http.refusal import Later

_REMEMBERED: Final = 10_000


class _Bucket(msgspec.Struct):
    tokens: float
    at: float


class Rate:
    """So many requests a minute of each caller, and so many at once. `clock` counts seconds.

    Of callers only those that asked last are remembered: the others' buckets are full again.
    """

    def __init__(self, per_minute: int, burst: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_second = per_minute / 60
        self._per_minute = per_minute
        self._burst = burst
        self._clock = clock
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def take(self, caller: str, count: int = 1) -> None:
        """Counts requests, at most as many as may come at once. Raises Later if there were too many."""
        count = min(count, self._burst)
        now = self._clock()
        bucket = self._buckets.get(caller) or self._new(caller, now)
        bucket.tokens = min(self._burst, bucket.tokens + (now - bucket.at) * self._per_second)
        bucket.at = now
        self._buckets.move_to_end(caller)
        if bucket.tokens < count:
            wait = timedelta(seconds=(count - bucket.tokens) / self._per_second)
            message = (
                f"More than {self._per_minute} requests a minute of one caller."
                " The setting is limits.max_requests_per_minute."
            )
            raise Later(429, message, code=Code.RATE_LIMITED, wait=wait)
        bucket.tokens -= count

    def _new(self, caller: str, now: float) -> _Bucket:
        self._buckets[caller] = _Bucket(self._burst, now)
        if len(self._buckets) > _REMEMBERED:
            self._buckets.popitem(last=False)
        return self._buckets[caller]
