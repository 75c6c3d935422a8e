"""The events of a Graph calendar in a window, strictly ordered, in views as wide as Graph allows."""

from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing
from datetime import timedelta
from typing import Final

from gateway.adapters.msgraph.api import GraphApi
from gateway.adapters.msgraph.events import event_reader
from gateway.adapters.msgraph.paths import canonical
from gateway.adapters.msgraph.selection import page_of, select
from gateway.adapters.msgraph.series_keys import SeriesKeys
from gateway.adapters.ordering import in_order
from gateway.adapters.upstream import UpstreamRequest
from gateway.errors import InvalidTime, TooMany
from gateway.model.event import Event
from gateway.model.fields import EVERYTHING, Fields
from gateway.model.ids import CalendarId
from gateway.model.time import Window

EAST: Final = timedelta(hours=14)
WEST: Final = timedelta(hours=12)
"""How far local midnights lie before and after those of UTC."""
MAX_VIEW: Final = timedelta(days=1825)
_MAX_WINDOWS: Final = 100
ViewRequest = Callable[[Window], UpstreamRequest]


async def read_events(
    api: GraphApi,
    request: ViewRequest,
    calendar: CalendarId,
    window: Window,
    *,
    fields: Fields = EVERYTHING,
    keys: SeriesKeys | None = None,
) -> AsyncGenerator[Sequence[Event]]:
    """The events that overlap the window, by (start, id), none twice, in runs. Raises UpstreamError, TooMany.

    `keys` says which keys occurrences have, if that is asked for.
    """
    for part in parts(window):
        events = _view(api, request(widened(part)), calendar, fields, keys)
        # Graph orders whole days by midnight in UTC, and we by midnight in the event's own zone.
        async with aclosing(in_order(events, lag=EAST + WEST)) as runs:
            async for run in runs:
                yield [event for event in run if _is_of(part, window, event)]


def _is_of(part: Window, window: Window, event: Event) -> bool:
    """Whether a part of a window is the first that an event overlaps."""
    start = event.start.instant
    is_earlier = start < part.start and part.start > window.start
    return not is_earlier and part.overlaps(start, event.end.instant)


def parts(window: Window) -> Iterator[Window]:
    """The window in parts that Graph can view. An event belongs to the first of those that it overlaps.

    Raises TooMany for a window of several centuries.
    """
    step = MAX_VIEW - EAST - WEST
    if window.end - window.start > step * _MAX_WINDOWS:
        raise TooMany(
            f"A window of more than {step.days * _MAX_WINDOWS} days is too long for a Graph calendar."
        )
    start = window.start
    while window.end - start > step:
        yield Window(start=start, end=start + step)
        start += step
    yield Window(start=start, end=window.end)


def widened(window: Window) -> Window:
    """The window in which Graph sees all that we see: it takes whole days for days of UTC.

    Raises InvalidTime at the edges of the calendar.
    """
    try:
        return Window(start=window.start - WEST, end=window.end + EAST)
    except OverflowError as exc:
        raise InvalidTime("The window leads beyond the calendar.") from exc


async def _view(
    api: GraphApi, request: UpstreamRequest, calendar: CalendarId, fields: Fields, keys: SeriesKeys | None
) -> AsyncGenerator[Sequence[Event]]:
    """The events of one view page by page, each once: pages shift while others write, and then overlap."""
    seen: set[str] = set()
    form = page_of(select(fields, version=api.version))
    async with aclosing(api.pages(request, form)) as pages:
        async for page in pages:
            owner = api.owner(calendar, page.context)
            home = canonical(calendar, owner)
            reader = event_reader(source=api.source, owner=owner, calendar=home, fields=fields)
            if keys is not None:
                await keys.learn(page.value)
            fresh = {event.id: event for event in page.value if event.id not in seen}
            seen.update(fresh)
            run: list[Event] = []
            try:
                for event in fresh.values():
                    shown = reader.read(event)
                    run.append(shown if keys is None else keys.on(shown, event))
            finally:  # those before one that cannot be read
                yield run
