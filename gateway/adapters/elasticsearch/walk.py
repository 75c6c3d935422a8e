"""Reading a calendar's events page by page, past the 10,000 that one window shows."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Final

from gateway.adapters.elasticsearch.requests import Span
from gateway.adapters.elasticsearch.wire import EventList, StoredEvent
from gateway.errors import UnexpectedAnswer, UpstreamRefused

MAX_RESULT_WINDOW: Final = 10_000
"""`from` + `size` of a request never exceed this (index.max_result_window)."""

Fetch = Callable[[Span, int, int], Awaitable[EventList]]
"""A page of the events that overlap a span: the span, how many to skip, how many to show."""


async def walk(fetch: Fetch, span: Span, *, size: int) -> AsyncGenerator[StoredEvent]:
    """The events that overlap the span, by start, none twice, read as far as they are drawn.

    Where a window shows no more, or the total fell because an event was deleted meanwhile (so that one may
    have slipped to a page already read), the walk goes on in a window that begins at the last start.
    """
    walked = _Walked(span)
    while True:
        page = await fetch(walked.window, walked.offset, min(size, MAX_RESULT_WINDOW - walked.offset))
        if walked.has_shrunk(page):
            walked.reopen()
            continue
        for event in walked.news(page):
            yield event
        if walked.offset >= page.count:
            return
        if not page.events:
            raise UnexpectedAnswer(f"Elasticsearch counts {page.count} events and shows {walked.offset}.")
        if walked.offset >= MAX_RESULT_WINDOW:
            walked.reopen()


class _Walked:
    """How far a walk has come: the window that is open, and what to leave out because it was passed on."""

    def __init__(self, window: Span) -> None:
        self.window = window
        self.offset = 0
        self._count: int | None = None
        self._reached: int | None = None
        self._floor: int | None = None
        self._recent: dict[str, int] = {}
        self._has_news = False

    def has_shrunk(self, page: EventList) -> bool:
        return self._count is not None and page.count < self._count

    def news(self, page: EventList) -> list[StoredEvent]:
        """The events of a page that were not passed on before, now counted as passed on."""
        fresh = [
            event for event in page.events if event.event_id not in self._recent and self._is_ahead(event)
        ]
        self._count = page.count
        self.offset += len(page.events)
        if fresh:
            self._reached, self._has_news = fresh[-1].start_time, True
        ties = {name: start for name, start in self._recent.items() if start == self._reached}
        self._recent = ties | {event.event_id: event.start_time for event in page.events}
        return fresh

    def reopen(self) -> None:
        """Goes on in a window that begins at the last start. Raises UpstreamRefused if that is no way on."""
        if self._reached is None or not self._has_news:
            raise UpstreamRefused(
                f"More than {MAX_RESULT_WINDOW} events overlap one moment, or they change while being read.",
                hint="Elasticsearch shows no more of a window: keep fewer events in one calendar.",
            )
        self.window = Span(max(self.window.start, self._reached), self.window.end)
        self.offset, self._count, self._has_news = 0, None, False
        self._floor = self._reached

    def _is_ahead(self, event: StoredEvent) -> bool:
        return self._floor is None or event.start_time >= self._floor
