"""A series in an ML calendar, which knows none: the single events that it is held as. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from gateway.adapters.byproducts import TranslationWarning
from gateway.adapters.losses import Loss, Notice
from gateway.errors import InvalidInput, Unsupported, located
from gateway.model.event import Draft, Recurrence
from gateway.model.recurrence.occurrences import expand
from gateway.model.time import LATEST, to_rfc3339

MAX_OCCURRENCES: Final = 1000
"""The most that one series may be held as: so many events may a job know."""


class SeriesLimits(msgspec.Struct, frozen=True, kw_only=True):
    """How far a series is written out: `horizon` from its start or from today, whichever is later.

    `occurrences` counts those that are not over before today: so a series that is added again goes on.
    """

    horizon: timedelta = timedelta(days=365)
    occurrences: int = 200

    def until(self, start: datetime, now: datetime) -> datetime:
        """No occurrence begins from here on. By whole days, so that a dry run and the real one agree."""
        begins = max(start, _day_of(now))
        return LATEST if LATEST - begins < self.horizon else begins + self.horizon


DEFAULT_LIMITS: Final = SeriesLimits()


def check_single(draft: Draft) -> None:
    """Raises Unsupported for a series."""
    if draft.recurrence is not None:
        raise Unsupported(
            "An ML calendar holds single events: a change cannot make one of them a series.",
            path=("recurrence",),
            hint="Remove the event, and add the series with addEvents.",
        )


def written_out(
    draft: Draft, recurrence: Recurrence, limits: SeriesLimits, now: datetime
) -> tuple[Sequence[Draft], TranslationWarning | None]:
    """The single events that a series is held as, in order, and until when.

    Raises InvalidInput where rule and start do not go together, or no occurrence is left.
    """
    with located("recurrence", "rule"):
        found = expand(
            recurrence.rule,
            draft.start,
            draft.end,
            except_dates=frozenset(recurrence.except_dates),
            horizon=limits.until(draft.start.instant, now),
            limit=limits.occurrences,
            since=_day_of(now),
        )
    if not found.occurrences:
        raise InvalidInput("All occurrences are left out.", path=("recurrence", "exceptDates"))
    singles = tuple(
        msgspec.structs.replace(draft, start=each.start, end=each.end, recurrence=None)
        for each in found.occurrences[:MAX_OCCURRENCES]
    )
    is_cut = found.is_cut or len(singles) < len(found.occurrences)
    return singles, _until(recurrence, singles, is_cut=is_cut)


def unbroken(singles: Sequence[Draft]) -> timedelta:
    """The longest time without a gap that the events take, which begin in order."""
    longest, begins, ends = timedelta(0), singles[0].start.instant, singles[0].end.instant
    for single in singles:
        if single.start.instant > ends:
            begins = single.start.instant
        ends = max(ends, single.end.instant)
        longest = max(longest, ends - begins)
    return longest


def _day_of(now: datetime) -> datetime:
    return now.replace(hour=0, minute=0, second=0, microsecond=0)


def _until(recurrence: Recurrence, singles: Sequence[Draft], *, is_cut: bool) -> TranslationWarning:
    last = to_rfc3339(singles[-1].start.instant)
    held = f"An ML calendar knows no series: it holds single events, {len(singles)} of them until {last}."
    return TranslationWarning(
        code=Loss.CUT_OFF if is_cut else Notice.EXPANDED,
        field="recurrence",
        message=f"{held} What the series goes on with is not muted." if is_cut else held,
        given={"rule": str(recurrence.rule), "timeZone": recurrence.time_zone},
        sent={"events": len(singles), "lastStart": last},
    )
