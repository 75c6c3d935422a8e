"""The ways to the calendars of one call: a few steps on each at once, none where nobody answers any more."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from typing import Final

import msgspec

from gateway.adapters.deadline import NEVER, Deadline
from gateway.adapters.gate import Gate
from gateway.adapters.together import together
from gateway.adapters.upstream import UpstreamLog
from gateway.errors import Code, OutOfCalls, OutOfTime, Problem
from gateway.service.looking import too_slow

_PER_SOURCE: Final = 16
_PER_LANE: Final = 4
_SILENCE: Final = frozenset({Code.NO_ANSWER, Code.UNREACHABLE})


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be done in a lane, once: `step` gives its problems, `skip` takes the one that keeps it back.

    One with many `events` goes alone, so that few are on their way where nobody answers.
    """

    lane: str
    step: Callable[[], Awaitable[Iterable[Problem]]]
    skip: Callable[[Problem], object]
    events: int = 1


class Lanes:
    """A lane is an id without its end, a calendar's or a mailbox's: what stands or falls together.

    Who waits in a lane holds no place of the source: a silent mailbox does not keep the others waiting. A
    step that is not taken `within` a time is broken off: no step that writes may be.
    """

    def __init__(self, log: UpstreamLog, *, within: Deadline = NEVER) -> None:
        self._log = log
        self._within = within
        self._sources: dict[str, Gate] = {}
        self._lanes: dict[str, Gate] = {}
        self._closed: dict[str, Problem] = {}

    def run_all(self, works: Sequence[Work]) -> Awaitable[object]:
        """Takes all steps, with nobody else in these lanes meanwhile: then one alone waits for no room."""
        return self._take(works[0]) if len(works) == 1 else together(map(self.run, works))

    async def run(self, work: Work) -> None:
        """Takes the step when there is room; skips it if one before it in this lane got no answer.

        It is skipped when its time or the call's is up, too, or the call has sent all requests that it may.
        """
        lane = self._lanes.setdefault(work.lane, Gate(_PER_LANE))
        source = self._sources.setdefault(work.lane.partition(":")[0], Gate(_PER_SOURCE))
        async with lane.enter(work.events), source.enter():
            await self._take(work)

    async def _take(self, work: Work) -> None:
        try:
            self._log.check()
        except (OutOfTime, OutOfCalls) as exc:
            work.skip(self._closed.get(work.lane) or exc.problem)
            return
        if work.lane in self._closed:
            work.skip(self._closed[work.lane])
            return
        try:
            problems = await (work.step() if self._within is NEVER else self._in_time(work))
        except OutOfTime as exc:
            work.skip(exc.problem)
            return
        for problem in problems:
            if problem.code in _SILENCE:
                self._closed.setdefault(work.lane, _not_sent(problem))

    async def _in_time(self, work: Work) -> Iterable[Problem]:
        with self._within.limit(too_slow):
            return await work.step()


def _not_sent(before: Problem) -> Problem:
    return replace(
        before,
        message=f"Nothing was sent, since another event there got no answer: {before.message}",
        hint="Repeat it when the source answers again.",
        retryable=True,
    )
