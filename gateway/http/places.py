"""How many requests are worked on at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from gateway.errors import Code
from gateway.http.refusal import Later


class Places:
    """As many as there are. Nobody waits for one: a queue would only make everybody late."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._free = count

    @contextmanager
    def one(self) -> Iterator[None]:
        """A place, while it is entered. Raises Later if none is free."""
        if not self._free:
            message = (
                f"The gateway works on {self._count} requests already."
                " The setting is limits.max_concurrent_requests."
            )
            raise Later(503, message, code=Code.UNAVAILABLE, wait=timedelta(seconds=1))
        self._free -= 1
        try:
            yield
        finally:
            self._free += 1
