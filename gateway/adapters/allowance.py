"""How many requests may be sent upstream for one of ours: all count, retries and pages too."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from gateway.errors import OutOfCalls

_HINT: Final = "Ask for less at once. The setting is limits.max_upstream_calls."


class Allowance:
    """What a request, or a batch, has left of those. Whatever works for it takes from the same one.

    Without `most` there is no end to it. Requests that callers share, for a token or a version, are nobody's.
    """

    def __init__(self, most: int | None = None) -> None:
        self._most = most
        self._taken = 0
        self._kept = 0

    def take(self) -> None:
        """Counts a request that is about to be sent. Raises OutOfCalls where none is left."""
        self.check()
        self._taken += 1

    def check(self, needed: int = 1) -> None:
        """Raises OutOfCalls where fewer are left than are needed."""
        if self._most is None:
            return
        left = self._most - self._taken - self._kept
        if needed > left:
            raise OutOfCalls(
                f"Nothing was sent: it takes {needed} more requests upstream, and {max(left, 0)} are left"
                f" of the {self._most} that may be sent for one request.",
                hint=_HINT,
            )

    @contextmanager
    def keeping(self, count: int) -> Iterator[None]:
        """Keeps so many for what comes after, such as taking back what is done within."""
        self._kept += count
        try:
            yield
        finally:
            self._kept -= count
