"""The events of a Graph calendar in a window, strictly ordered, in views as wide as Graph allows."""

from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing
from datetime import timedelta
from typing import Final

from gateway.adapters.msgraph.api import GraphApi
from gateway.adapters.msgraph.events import reader_at
from gateway.adapters.msgraph.reading import EAST, WEST, Reading
from gateway.adapters.msgraph.run import GraphRun
from gateway.adapters.msgraph.selection import page_of
from gateway.adapters.msgraph.series_keys import SeriesKeys
from gateway.adapters.upstream import UpstreamRequest
from gateway.errors import InvalidTime, TooMany
from gateway.model.fields import EVERYTHING, Fields
from gateway.model.ids import CalendarId
from gateway.model.time import Window

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
) -> AsyncGenerator[GraphRun]:
    """The events that overlap the window, by (start, id), none twice, in runs. Raises UpstreamError, TooMany.

    `keys` says which keys occurrences have, if that is asked for.
    """
    form = page_of(fields)
    for part in parts(window):
        reading: Reading | None = None
        async with aclosing(api.pages(request(widened(part)), form)) as pages:
            async for page in pages:
                if reading is None:
                    reader = reader_at(calendar, api.owner(calendar, page.context), fields)
                    reading = Reading(reader, part, window, keys)
                if keys is not None:
                    await keys.learn(page.value)
                for run in reading.runs(page.value, is_last=page.next_link is None):
                    yield run


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
