"""Looking keys up in an ML calendar, which cannot be asked for one: its events are read through.

What ended long ago is not looked at. One look is for any number of keys.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

from gateway.adapters.elasticsearch.api import MLApi
from gateway.adapters.elasticsearch.fields import WHOLE, WireFields
from gateway.adapters.elasticsearch.mark import parted
from gateway.adapters.elasticsearch.requests import Span
from gateway.adapters.elasticsearch.wire import StoredEvent
from gateway.adapters.upstream import UpstreamLog
from gateway.model.ids import CalendarId
from gateway.model.key import folded
from gateway.model.time import to_millis

DEFAULT_LOOKBACK: Final = timedelta(days=400)
Found = Mapping[str, tuple[StoredEvent, ...]]
"""The events under each key that was looked up, keys that differ in case together, by start and id."""


def span_of_keys(now: datetime, lookback: timedelta, starts: Iterable[int] = ()) -> Span:
    """Where keys are looked up: what ends after `lookback` ago, or after a draft's start if that is earlier.

    By whole days, so that a dry run and the real one agree.
    """
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return Span(min((to_millis(today - lookback), *starts)), None)


async def look_up(
    api: MLApi,
    calendar: CalendarId,
    keys: Collection[str],
    span: Span,
    *,
    size: int,
    log: UpstreamLog,
    fields: WireFields = WHOLE,
) -> Found:
    """The events of the span under each of the keys. Raises UpstreamError."""
    found: dict[str, list[StoredEvent]] = {folded(key): [] for key in keys}
    events = await api.look(
        calendar,
        span,
        size=size,
        log=log,
        fields=fields,
        keep=lambda run: [event for event in run if _key(event) in found],
    )
    for event in sorted(events, key=lambda event: (event.start_time, event.event_id)):
        found[_key(event)].append(event)
    return {key: tuple(bearers) for key, bearers in found.items()}


def _key(event: StoredEvent) -> str:
    _, mark = parted(event.description)
    return folded(mark.key) if mark else ""
