"""Plain events, which are a title and two instants, and their drafts: made together, column by column."""

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import repeat
from operator import lt
from typing import Any, Final

from msgspec.structs import astuple

from gateway.model.event import Draft
from gateway.model.time import EARLIEST, LATEST, EventTime
from gateway.model.zones import UTC
from gateway.schema.event_input import EventInput

_MANY: Final = 8
"""Of fewer it takes longer than apart."""
_FIELDS: Final = ("title", "start", "end")
_values: Final[Callable[[Any], tuple[Any, ...]]] = astuple


def plain_drafts(events: Sequence[EventInput]) -> Sequence[Draft]:
    """The drafts of many plain twins; none if one may be wrong, for it is the event that says why."""
    if len(events) < _MANY or {getattr(it, "__struct_fields__", None) for it in set(map(type, events))} != {
        _FIELDS
    }:
        return ()
    titles, starts, ends = zip(*map(_values, events), strict=True)
    begins, closes = [it.instant for it in starts], [it.instant for it in ends]
    if not (_are_titles(titles) and _are_spans(begins, closes)):
        return ()
    in_utc = repeat(UTC)
    return list(map(Draft, titles, map(EventTime, begins, in_utc), map(EventTime, closes, in_utc)))


def _are_titles(titles: Sequence[str]) -> bool:
    """Whether none is blank, or ends as what bears a key does."""
    lines = "\n".join(["", *map(str.strip, titles), ""])
    return "\n\n" not in lines and "]\n" not in lines


def _are_spans(begins: Sequence[datetime], ends: Sequence[datetime]) -> bool:
    return min(begins) >= EARLIEST and max(ends) < LATEST and all(map(lt, begins, ends))
