"""A clock that goes on only while somebody sleeps, for tests of what is tried again."""

from datetime import timedelta

from gateway.adapters.retries import Retries


class RetryClock:
    """Remembers each sleep, and takes no time for it."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def retries(self, *, chance: float = 1.0, **values: int | timedelta) -> Retries:
        return Retries(clock=lambda: self.now, sleep=self.sleep, chance=lambda: chance, **values)
