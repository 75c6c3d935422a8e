"""How many requests are worked on at once."""

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
        self._taken: dict[str, int] = {}

    def take(self, caller: str) -> None:
        """Takes a place for the caller. Raises Later if none is free for him."""
        taken = self._taken.get(caller, 0)
        if not self._free or taken >= self._for_one:
            message = (
                f"The gateway works on {sum(self._taken.values())} requests already, {taken} of them"
                " of this caller. The setting is limits.max_concurrent_requests."
            )
            raise Later(503, message, code=Code.UNAVAILABLE, wait=timedelta(seconds=1))
        self._free -= 1
        self._taken[caller] = taken + 1

    def leave(self, caller: str) -> None:
        """Gives a place back that the caller took."""
        self._free += 1
        self._taken[caller] -= 1
        if not self._taken[caller]:
            del self._taken[caller]
