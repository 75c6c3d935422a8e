"""What an ML calendar holds under a key, against what it is to: one event, or those of a series. Pure."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Self

import msgspec

from gateway.adapters.base import OnExisting
from gateway.adapters.elasticsearch.mark import Mark, parted
from gateway.adapters.elasticsearch.verify import identity
from gateway.adapters.elasticsearch.wire import SentEvent, StoredEvent
from gateway.model.time import to_millis


class Verdict(StrEnum):
    """What is to be done about a draft with a key.

    WRITE it; or it is there just so (SAME), it must not be there (EXISTS), another is there that DIFFERS, or
    bears the key SPELLED otherwise, more than one are there (AMBIGUOUS), or one that has SHIFTED clocks.
    """

    WRITE = "write"
    SAME = "same"
    EXISTS = "exists"
    DIFFERS = "differs"
    SPELLED = "spelled"
    AMBIGUOUS = "ambiguous"
    SHIFTED = "shifted"


class Holding(msgspec.Struct, frozen=True, kw_only=True):
    """`same` are the events that are there as wanted, `missing` what is wanted and not there.

    `twins` are further ones just like another, of which the one with the smallest id stays; `others` are all
    the rest. No twin and free to go is what has begun to shift clocks.
    """

    key: str
    same: tuple[StoredEvent, ...]
    missing: tuple[SentEvent, ...]
    twins: tuple[StoredEvent, ...]
    others: tuple[StoredEvent, ...]
    shifted: tuple[StoredEvent, ...]

    @classmethod
    def of(cls, key: str, wanted: Sequence[SentEvent], present: Iterable[StoredEvent], now: datetime) -> Self:
        """What there is to know of the events that are `present` under the key."""
        staying: dict[object, StoredEvent] = {}
        twins: list[StoredEvent] = []
        others: list[StoredEvent] = []
        for event in sorted(present, key=lambda event: event.event_id):
            if staying.setdefault(identity(event), event) is not event:
                (others if has_shifted(event, now) else twins).append(event)
        same = [staying.pop(identity(event), None) for event in wanted]
        others.extend(staying.values())
        others.sort(key=lambda event: (event.start_time, event.event_id))
        return cls(
            key=key,
            same=tuple(event for event in same if event is not None),
            missing=tuple(event for event, there in zip(wanted, same, strict=True) if there is None),
            twins=tuple(twins),
            others=tuple(others),
            shifted=tuple(event for event in others if has_shifted(event, now)),
        )

    @property
    def live(self) -> tuple[StoredEvent, ...]:
        """The events that are there, twins counted once."""
        return *self.same, *self.others

    @property
    def is_ambiguous(self) -> bool:
        """Whether the events are more than one event or one series."""
        marks = [mark_of(event) for event in self.live]
        places = {mark.occurrence for mark in marks}
        return len(places) < len(marks) or (None in places and len(places) > 1)

    @property
    def goes_on(self) -> bool:
        """Whether all that is missing comes after all that is there, which is as wanted."""
        if not self.same or not self.missing or self.others:
            return False
        return min(event.start_time for event in self.missing) > self.same[-1].start_time

    def verdict(  # noqa: PLR0911 - a table, in its order
        self, on_existing: OnExisting, superseded: Collection[str] = ()
    ) -> Verdict:
        """What is to be done. What is known to be `superseded` may be there beside what is wanted."""
        if not self.live:
            return Verdict.WRITE
        if on_existing is OnExisting.FAIL:
            return Verdict.EXISTS
        if self.is_ambiguous and not self._is_only(superseded):
            return Verdict.AMBIGUOUS
        if not self.missing and not self.others:
            return Verdict.SAME
        if any(mark_of(event).key != self.key for event in self.others):
            return Verdict.SPELLED
        if on_existing is OnExisting.UPDATE:
            return Verdict.SHIFTED if self.shifted else Verdict.WRITE
        return Verdict.WRITE if self.goes_on else Verdict.DIFFERS

    def _is_only(self, superseded: Collection[str]) -> bool:
        return bool(self.others) and all(event.event_id in superseded for event in self.others)


def has_shifted(event: StoredEvent, now: datetime) -> bool:
    """Whether the event has begun to shift its jobs' clocks, which nothing undoes."""
    return bool(event.force_time_shift) and event.start_time <= to_millis(now)


def mark_of(event: StoredEvent) -> Mark:
    """The mark of an event that was found under a key."""
    _, mark = parted(event.description)
    assert mark is not None  # noqa: S101 - only what has one is found
    return mark
