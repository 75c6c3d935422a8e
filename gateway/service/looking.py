"""The time in which it must be known what is there, before a call writes: the rest is for writing."""

from collections.abc import Collection
from typing import Final

from gateway.adapters.deadline import NEVER, Deadline
from gateway.adapters.upstream import UpstreamLog
from gateway.errors import OutOfTime

_SHARE: Final = 1 / 2


def time_to_look(log: UpstreamLog, sources: Collection[str], *, dry_run: bool) -> Deadline:
    """How long each of several sources may be looked at, so that its silence costs no other its writes.

    One alone may take all the time of the call, and so may a dry run.
    """
    is_alone = len({*sources}) < 2
    return NEVER if dry_run or is_alone else log.deadline.sooner(_SHARE)


def too_slow() -> OutOfTime:
    return OutOfTime(
        "What is there was not told in half of the request's time, and nothing was sent.",
        hint="Repeat the call when the source answers again.",
    )
