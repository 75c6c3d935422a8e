"""All or nothing: a call that succeeds as a whole, or is taken back as far as that can be done."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from enum import StrEnum
from functools import partial
from typing import Any, Final

from gateway.adapters.outcome import WriteStatus
from gateway.errors import NotAll, Problem, TooManyInvitations
from gateway.service.fan_out import Write, apply_all, check_calls
from gateway.service.lanes import Lanes, Work
from gateway.service.session import Session

_FOR_WRITING: Final = 2 / 3
"""The share of the time that is left: the rest is for taking back."""
_CALLS_BACK: Final = 3
"""The requests that taking one event back may take: two looks at it, and what makes it as it was."""
_SKIPPED: Final = NotAll(
    "Nothing was sent: another row failed, and all or nothing was asked for.",
    hint="Mend what the other rows say, and repeat the call.",
).problem
_ONE_MAIL: Final = TooManyInvitations(
    "All or nothing can hold one row that sends mail: what was sent cannot be taken back.",
    hint="Split the call, or take BEST_EFFORT.",
).problem


class Atomicity(StrEnum):
    """BEST_EFFORT does what can be done; ALL_OR_NOTHING takes back what was done if anything fails."""

    BEST_EFFORT = "best_effort"
    ALL_OR_NOTHING = "all_or_nothing"


def hold_back(writes: Sequence[Write], *, others_refused: bool) -> None:
    """Skips all that is planned if any row of the call is refused already, or several would send mail."""
    mailing = [(write, step) for write in writes for step in write.steps if write.mails(step)]
    too_many = sum(write.mails(step) for write, step in mailing) > 1
    if not too_many and not others_refused and not any(write.is_short for write in writes):
        return
    for write in writes:
        for step in write.steps:
            refused = too_many and write.mails(step)
            status = WriteStatus.FAILED if refused else WriteStatus.SKIPPED
            write.skip(step, _ONE_MAIL if refused else _SKIPPED, status)
        write.steps = ()


def check_allowance(writes: Sequence[Write], session: Session, atomicity: Atomicity) -> None:
    """Skips all that is planned if it takes more requests than the operation has left."""
    back = 0 if atomicity is Atomicity.BEST_EFFORT else _calls_back(writes)
    check_calls(writes, session.log.allowance, besides=back)


def apply(writes: Sequence[Write], session: Session, atomicity: Atomicity) -> Awaitable[None]:
    """Applies what is planned."""
    if atomicity is Atomicity.ALL_OR_NOTHING:
        return _apply_whole(writes, session)
    return apply_all(writes, session.log)


async def _apply_whole(writes: Sequence[Write], session: Session) -> None:
    """Applies all steps, silent ones first and mail last; if one fails, takes back what was done."""
    whole = _Whole(writes)
    with session.hurried(_FOR_WRITING), session.log.allowance.keeping(_calls_back(writes)):
        await whole.apply(Lanes(session.log))
    if whole.is_broken:
        await whole.undo(Lanes(session.log))


def _calls_back(writes: Sequence[Write]) -> int:
    """How many requests are kept for taking back what is planned."""
    return _CALLS_BACK * sum(write.size(step) for write in writes for step in write.steps)


class _Whole:
    """The steps of a call in three stages: silent sources, others, mail."""

    def __init__(self, writes: Sequence[Write]) -> None:
        self.is_broken = False
        steps = [(write, step) for write in writes for step in write.steps]
        self._stages = [
            [it for it in steps if (it[0].invites, bool(it[0].mails(it[1]))) == kind]
            for kind in ((False, False), (True, False), (True, True))
        ]
        self._begun = set[int]()

    async def apply(self, lanes: Lanes) -> None:
        for stage in self._stages:
            await _each(lanes, stage, self._take, self._skip)

    async def undo(self, lanes: Lanes) -> None:
        """The last stage first."""
        for stage in reversed(self._stages):
            begun = [(write, step) for write, step in stage if id(step) in self._begun]
            await _each(lanes, begun, lambda write, step: write.undo(step), _strand)

    async def _take(self, write: Write, step: Any) -> Iterable[Problem]:
        if self.is_broken:
            self._skip(write, step, _SKIPPED)
            return ()
        self._begun.add(id(step))
        problems = list(await write.apply(step))
        self.is_broken |= bool(problems)
        return problems

    def _skip(self, write: Write, step: Any, problem: Problem) -> None:
        if self.is_broken:
            write.skip(step, _SKIPPED, WriteStatus.SKIPPED)
        else:
            write.skip(step, problem)
        self.is_broken = True


async def _each(
    lanes: Lanes,
    steps: Sequence[tuple[Write, Any]],
    take: Callable[[Write, Any], Awaitable[Iterable[Problem]]],
    skip: Callable[[Write, Any, Problem], None],
) -> None:
    """Takes the steps, a bounded number at once, and skips those that are not to be taken any more."""
    works = [
        Work(
            lane=write.lane,
            step=partial(take, write, step),
            skip=partial(skip, write, step),
            events=write.size(step),
        )
        for write, step in steps
    ]
    await lanes.run_all(works)


def _strand(write: Write, step: Any, problem: Problem) -> None:
    write.strand(step, problem)
