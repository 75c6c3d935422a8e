"""Sending events again that Graph was too busy for, or whose answer was lost: how often, and when."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from gateway.adapters.deadline import NEVER, Deadline
from gateway.adapters.retries import Retries
from gateway.errors import NoAnswer, NotSent, UpstreamError
from gateway.model.ids import CalendarId

MOST: Final = 4
"""How often a step's events are sent again."""
LONGEST: Final = 60.0
"""How many seconds one call waits for one calendar, all in all."""
_FIRST_WAIT: Final = 1.0

Send = Callable[[], Awaitable[Sequence[UpstreamError]]]
"""Sends what is still to be sent, and gives the errors of what may be sent once more."""


class Repeats:
    """The repeats of one call: one step's at a time for a calendar, and none after one that got nowhere.

    A connection that was cut costs no event then, and a mailbox that is silent no more than one wait. What
    hangs there may still count as in flight, so that Graph answers 429.
    """

    def __init__(self, retries: Retries, *, deadline: Deadline = NEVER) -> None:
        self._retries = retries
        self._deadline = deadline
        self._turns: dict[CalendarId, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._waited: dict[CalendarId, float] = defaultdict(float)

    async def run(self, calendar: CalendarId, send: Send) -> None:
        """Sends once, and again as long as that leaves errors, may help, and there is time."""
        errors = await send()
        if not errors:
            return
        due = self._due(errors, 0)
        async with self._turns[calendar]:
            for number in range(1, MOST + 1):
                if not await self._wait(calendar, due):
                    return
                errors = await send()
                if not errors:
                    return
                if any(isinstance(error, NoAnswer | NotSent) for error in errors):
                    break
                due = self._due(errors, number)
            self._waited[calendar] = LONGEST

    def _due(self, errors: Sequence[UpstreamError], number: int) -> float:
        """When to send again: after the longest wait that Graph asks for, else later each time."""
        asked = [error.problem.retry_after.total_seconds() for error in errors if error.problem.retry_after]
        wait = max(asked, default=_FIRST_WAIT * 2**number * (0.5 + self._retries.chance() / 2))
        return self._retries.clock() + wait

    async def _wait(self, calendar: CalendarId, due: float) -> bool:
        """Whether there was time to wait."""
        wait = max(due - self._retries.clock(), 0)
        if self._waited[calendar] + wait >= LONGEST or wait >= self._deadline.remaining:
            return False
        self._waited[calendar] += wait
        await self._retries.sleep(wait)
        return True
