"""How many requests are worked on at once."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from gateway.errors import Code
from gateway.http.refusal import Later


class Places:
    """As many as there are. Nobody waits for one: a queue would only make everybody late.

    One caller gets three quarters of them at most, so that there are some for the others.
    """

    def __init__(self, count: int) -> None:
        self._free = count
        self._for_one = count - count // 4
        self._taken: Counter[str] = Counter()

    @contextmanager
    def one(self, caller: str) -> Iterator[None]:
        """A place, while it is entered. Raises Later if none is free for the caller."""
        if not self._free or self._taken[caller] >= self._for_one:
            message = (
                f"The gateway works on {self._taken.total()} requests already, {self._taken[caller]} of them"
                " of this caller. The setting is limits.max_concurrent_requests."
            )
            raise Later(503, message, code=Code.UNAVAILABLE, wait=timedelta(seconds=1))
        self._free -= 1
        self._taken[caller] += 1
        try:
            yield
        finally:
            self._free += 1
            self._taken[caller] -= 1
            if not self._taken[caller]:
                del self._taken[caller]
