"""A clock that can be stopped: at now while an answer is made, or in the past to make it again."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime


class Clock:
    """Runs as `now` does, but for the time that it is stopped."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._stopped: datetime | None = None

    def __call__(self) -> datetime:
        return self._now() if self._stopped is None else self._stopped

    @contextmanager
    def at(self, instant: datetime) -> Iterator[None]:
        self._stopped = instant
        try:
            yield
        finally:
            self._stopped = None
