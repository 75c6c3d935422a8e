"""In what a mute no longer is as its event is announced. Pure."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import StrEnum

import msgspec

from gateway.model.event import Event
from gateway.model.time import to_millis, to_rfc3339
from gateway.service.pairing import Certainty, Pair, by_calendar


class DriftKind(StrEnum):
    START = "start"
    END = "end"
    TITLE = "title"


class Drift(msgspec.Struct, frozen=True, kw_only=True):
    """One difference, as text: how it is announced, and how it is muted."""

    kind: DriftKind
    announced: str
    muted: str


def drift(pair: Pair) -> Iterator[Drift]:
    """The differences, of the mutes of each calendar together, each once.

    Elasticsearch counts in milliseconds; titles say something only under one key.
    """
    moved = (each for mutes in by_calendar(pair.mutes) for each in _moved_in(pair.announced, mutes))
    yield from dict.fromkeys(moved)
    if pair.certainty is Certainty.CERTAIN:
        other = next((it.title for it in pair.mutes if it.title != pair.announced.title), None)
        if other is not None:
            yield Drift(kind=DriftKind.TITLE, announced=pair.announced.title, muted=other)


def _moved_in(event: Event, mutes: Sequence[Event]) -> Iterator[Drift]:
    yield from _moved(DriftKind.START, event.start.instant, min(it.start.instant for it in mutes))
    yield from _moved(DriftKind.END, event.end.instant, max(it.end.instant for it in mutes))


def _moved(kind: DriftKind, announced: datetime, muted: datetime) -> Iterator[Drift]:
    if to_millis(announced) != to_millis(muted):
        yield Drift(kind=kind, announced=to_rfc3339(announced), muted=to_rfc3339(muted))
