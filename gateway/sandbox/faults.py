"""Faults on demand: what goes wrong with a request, by its route and call number or by a seeded die."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from math import inf, isfinite
from random import Random

HELD = inf
"""A delay without end: the request waits until `Faults.release`."""


class Cut(StrEnum):
    """When the connection is cut: before the write, after it, or with the write `delay` seconds behind."""

    BEFORE_WRITE = "before_write"
    AFTER_WRITE = "after_write"
    LATE_WRITE = "late_write"


class Garble(StrEnum):
    """What becomes of the answer's body: cut off in mid-air, or whole by its length but no JSON."""

    TRUNCATED = "truncated"
    MALFORMED = "malformed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What goes wrong with one request; parts may be combined.

    `delay` is in seconds, or `HELD`. With `status` the emulator's own error is the answer, and nothing is
    written unless `is_written`. `lose` are the indexes of items that are not stored although the answer says
    so.
    """

    delay: float = 0
    status: int | None = None
    error: str | None = None
    """The type of Elasticsearch's error, where it has several of that status."""
    retry_after: str | None = None
    is_written: bool = False
    cut: Cut | None = None
    garble: Garble | None = None
    lose: frozenset[int] = frozenset()


NO_FAULT = Fault()


class _Rule:
    """A fault for the calls of a route: all, some by number, or some by chance."""

    def __init__(self, route: str, fault: Fault, calls: Iterable[int] | None, probability: float) -> None:
        self.fault = fault
        self._route = route
        self._calls = None if calls is None else frozenset(calls)
        self._probability = probability
        self._seen = 0

    def strikes(self, route: str, die: Random) -> bool:
        if not fnmatchcase(route, self._route):
            return False
        self._seen += 1
        is_due = self._calls is None or self._seen in self._calls
        return is_due and (self._probability >= 1 or die.random() < self._probability)


class Faults:
    """The faults of one emulator, and what they hold back. The same seed rolls the same dice."""

    def __init__(self, seed: int = 0) -> None:
        self._die = Random(seed)  # noqa: S311 chance that can be repeated is the point
        self._rules: list[_Rule] = []
        self._held: dict[int, tuple[Callable[[], object], asyncio.TimerHandle | None]] = {}
        self.struck = 0
        """How many calls a rule has struck so far."""
        self._next = 0
        self._arrival = asyncio.Event()

    def add(
        self, route: str, fault: Fault, *, calls: Iterable[int] | None = None, probability: float = 1
    ) -> None:
        """Let `fault` strike `route`, in which "*" stands for anything.

        `calls` are numbers counted from 1 for the next call on; without them it strikes every call.
        The first rule that strikes wins.
        """
        self._rules.append(_Rule(route, fault, calls, probability))

    def clear(self) -> None:
        """Forget all rules. What is held stays held."""
        self._rules.clear()

    def draw(self, route: str) -> Fault:
        """The fault for the next call of `route`."""
        struck = [rule.fault for rule in self._rules if rule.strikes(route, self._die)]
        self.struck += bool(struck)
        return struck[0] if struck else NO_FAULT

    def later(self, delay: float, action: Callable[[], object]) -> None:
        """Do `action` after `delay` seconds, or at `release` if that comes first."""
        key, self._next = self._next, self._next + 1
        timer = asyncio.get_running_loop().call_later(delay, self._run, key) if isfinite(delay) else None
        self._held[key] = action, timer
        self._arrival.set()

    async def pause(self, delay: float) -> None:
        """Wait for `delay` seconds, or for `release` if that comes first."""
        if delay > 0:
            go_on = asyncio.Event()
            self.later(delay, go_on.set)
            await go_on.wait()

    async def arrival(self) -> None:
        """Wait until something is held."""
        await self._arrival.wait()

    def release(self) -> None:
        """Let everything go on that is held. Late writes are done when this returns."""
        for key in list(self._held):
            self._run(key)

    def drop(self) -> None:
        """Forget what is held: late writes never happen."""
        for _, timer in self._held.values():
            if timer is not None:
                timer.cancel()
        self._held.clear()
        self._arrival.clear()

    def _run(self, key: int) -> None:
        action, timer = self._held.pop(key)
        if timer is not None:
            timer.cancel()
        if not self._held:
            self._arrival.clear()
        action()
