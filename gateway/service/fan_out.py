"""Carrying out the planned parts of a call: all invitations or none, silent sources before the others."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Protocol, TypeVar

from gateway.adapters.allowance import Allowance
from gateway.adapters.outcome import WriteStatus
from gateway.adapters.upstream import UpstreamLog
from gateway.errors import OutOfCalls, Problem, TooManyInvitations
from gateway.service.lanes import Lanes, Work


class Write(Protocol):
    """A part of a call: events that are added to one calendar, or one event that is changed or removed."""

    @property
    def source_name(self) -> str: ...
    @property
    def invites(self) -> bool:
        """Whether its source can send mail at all."""
        ...

    @property
    def invitations(self) -> Mapping[int, int]:
        """How many people get mail, by the index of the event."""
        ...

    @property
    def max_invitations(self) -> int: ...
    @property
    def lane(self) -> str:
        """Where its steps lead."""
        ...

    steps: Sequence[Any]

    @property
    def is_short(self) -> bool:
        """Whether anything of it is refused, or will not be as wished, before anything is sent."""
        ...

    def refuse_invitations(self, problem: Problem) -> None:
        """Keeps back what would send mail. To be called before planning, or to be planned anew."""
        ...

    def size(self, step: Any, /) -> int:
        """How many events a step writes, each occurrence being one where a series is held so."""
        ...

    def mails(self, step: Any, /) -> int:
        """About how many events of a step somebody gets mail."""
        ...

    async def apply(self, step: Any) -> Iterable[Problem]:
        """Writes one step and keeps what came of it; gives what went wrong."""
        ...

    def skip(self, step: Any, problem: Problem, status: WriteStatus = WriteStatus.FAILED, /) -> None:
        """Keeps that a step was not sent."""
        ...

    async def undo(self, step: Any, /) -> Iterable[Problem]:
        """Takes back what a step wrote, and keeps what came of that; gives what went wrong."""
        ...

    def strand(self, step: Any, problem: Problem, /) -> None:
        """Keeps that what a step wrote was not taken back."""
        ...


W = TypeVar("W", bound=Write)


def check_invitations(writes: Sequence[W], limit: int | None) -> list[W]:
    """Refuses what would send mail: a source's part above its limit, or all of it above the call's.

    Gives the writes of which something was refused.
    """
    inviting = [write for write in writes if write.invitations]
    if not inviting:
        return []
    for group in _by_source(inviting):
        _keep_within(group, min(write.max_invitations for write in group))
    if limit is not None:
        _keep_within([write for write in inviting if write.invitations], limit)
    return [write for write in inviting if not write.invitations]


def _by_source(writes: Sequence[Write]) -> Iterable[Sequence[Write]]:
    groups: dict[str, list[Write]] = {}
    for write in writes:
        groups.setdefault(write.source_name, []).append(write)
    return groups.values()


def _keep_within(writes: Sequence[Write], limit: int) -> None:
    total = sum(sum(write.invitations.values()) for write in writes)
    if total <= limit:
        return
    error = TooManyInvitations(
        f"The call would send {total} invitations, and {limit} are allowed.",
        hint="Invitations cannot be unsent. Split the call, or raise max_invitations of the source.",
    )
    for write in writes:
        write.refuse_invitations(error.problem)


def check_calls(writes: Sequence[Write], allowance: Allowance, *, besides: int = 0) -> None:
    """Skips all that is planned if it takes more requests than are left, so that nothing is half done.

    `besides` is how many it may take beside what is planned.
    """
    needed = 0
    for write in writes:
        for step in write.steps:
            needed += len(step.requests)
    if not needed:
        return
    try:
        allowance.check(needed + besides)
    except OutOfCalls as exc:
        for write in writes:
            for step in write.steps:
                write.skip(step, exc.problem)
            write.steps = ()


def in_order(writes: Sequence[W]) -> list[W]:
    """The writes in the order in which they are applied: those that send no mail first."""
    return sorted(writes, key=lambda write: write.invites)


async def apply_all(writes: Sequence[Write], log: UpstreamLog) -> None:
    """Applies all steps, a bounded number at once, the silent sources' before the others'."""
    lanes = Lanes(log)
    for inviting in (False, True):
        works = [
            Work(
                lane=write.lane,
                step=partial(write.apply, step),
                skip=partial(write.skip, step),
                events=write.size(step),
            )
            for write in writes
            if bool(write.invites) is inviting
            for step in write.steps
        ]
        if works:
            await lanes.run_all(works)
