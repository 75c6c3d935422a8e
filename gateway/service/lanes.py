"""The ways to the calendars of one call: a few steps on each at once, none where nobody answers any more."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from typing import Final

from gateway.adapters.deadline import NEVER, Deadline
from gateway.adapters.gate import Gate
from gateway.adapters.upstream import UpstreamLog
from gateway.errors import Code, OutOfCalls, OutOfTime, Problem
from gateway.service.looking import too_slow

_PER_SOURCE: Final = 16
_PER_LANE: Final = 4
_SILENCE: Final = frozenset({Code.NO_ANSWER, Code.UNREACHABLE})


class Lanes:
    """A lane is an id without its end, a calendar's or a mailbox's: what stands or falls together.

    Who waits in a lane holds no place of the source: a silent mailbox does not keep the others waiting. A
    step that is not taken `within` a time is broken off: no step that writes may be.
    """

    def __init__(self, log: UpstreamLog, *, within: Deadline = NEVER) -> None:
        self._log = log
        self._within = within
        self._sources = defaultdict[str, asyncio.Semaphore](lambda: asyncio.Semaphore(_PER_SOURCE))
        self._lanes = defaultdict[str, Gate](lambda: Gate(_PER_LANE))
        self._closed: dict[str, Problem] = {}

    async def run(
        self,
        lane: str,
        step: Callable[[], Awaitable[Iterable[Problem]]],
        *,
        skip: Callable[[Problem], object],
        events: int = 1,
    ) -> None:
        """Takes the step when there is room; skips it if one before it in this lane got no answer.

        It is skipped when its time or the call's is up, too, or the call has sent all requests that it may.

        A step gives its problems; to skip one takes the problem that says so. One with many `events` goes
        alone, so that few are on their way where nobody answers.
        """
        async with self._lanes[lane].enter(events), self._sources[lane.partition(":")[0]]:
            closed = self._closed.get(lane) or self._over()
            if closed is not None:
                skip(closed)
                return
            try:
                with self._within.limit(too_slow):
                    problems = await step()
            except OutOfTime as exc:
                skip(exc.problem)
                return
            silent = next((problem for problem in problems if problem.code in _SILENCE), None)
            if silent is not None:
                self._closed.setdefault(lane, _not_sent(silent))

    def _over(self) -> Problem | None:
        try:
            self._log.check()
        except (OutOfTime, OutOfCalls) as exc:
            return exc.problem
        return None


def _not_sent(before: Problem) -> Problem:
    return replace(
        before,
        message=f"Nothing was sent, since another event there got no answer: {before.message}",
        hint="Repeat it when the source answers again.",
        retryable=True,
    )
