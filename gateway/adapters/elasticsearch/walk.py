"""Reading a calendar's events page by page, past the 10,000 that one window shows."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Self

from gateway.adapters.elasticsearch.requests import Span
from gateway.adapters.elasticsearch.wire import EventList, StoredEvent
from gateway.errors import UnexpectedAnswer, UpstreamRefused

MAX_RESULT_WINDOW: Final = 10_000
"""`from` + `size` of a request never exceed this (index.max_result_window)."""

Fetch = Callable[[Span, int, int], Awaitable[EventList]]
"""A page of the events that overlap a span: the span, how many to skip, how many to show."""


class Walk:
    """The events that overlap a span, by start, none twice, a run from each page that is drawn.

    Equal events have no certain order, and may have another on each page. So the events of one start are
    passed on only from a page that shows them all: the next page begins with the last start of this one.
    Where a window shows no more, or the total fell because an event was deleted meanwhile (so that one may
    have slipped to a page already read), the walk goes on in a window that begins at that start.

    All that starts before `_floor` was passed on, and nothing else.
    """

    def __init__(self, fetch: Fetch, span: Span, *, size: int) -> None:
        self._fetch = fetch
        self._window = span
        self._offset = 0
        self._page = self._wanted = size
        self._count: int | None = None
        self._floor: int | None = None
        self._opened: int | None = None
        self._behind: EventList | None = None
        self._is_over = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Sequence[StoredEvent]:
        while not self._is_over:
            if self._behind is not None:
                self._step(self._behind)
            page = await self._fetch(self._window, self._offset, self._size)
            if run := self._drawn(page):
                return run
        raise StopAsyncIteration

    def _drawn(self, page: EventList) -> Sequence[StoredEvent]:
        """What the next page shows that was not passed on before."""
        if self._has_shrunk(page):
            self._behind = None
            self._reopen()
            return ()
        self._behind = page
        self._is_over = self._offset + len(page.events) >= page.count
        return self._ahead(page.events if self._is_over else _whole_starts(page))

    @property
    def _size(self) -> int:
        """How many events the next page may show."""
        return min(self._wanted, MAX_RESULT_WINDOW - self._offset)

    def _has_shrunk(self, page: EventList) -> bool:
        """Whether the events that were skipped may be others than those that were read."""
        return self._offset > 0 and self._count is not None and page.count < self._count

    def _ahead(self, events: Sequence[StoredEvent]) -> Sequence[StoredEvent]:
        """Those that were not passed on before."""
        floor = self._floor
        return events if floor is None else [event for event in events if event.start_time >= floor]

    def _step(self, page: EventList) -> None:
        """Goes on behind a page that is not the last. Raises UnexpectedAnswer, UpstreamRefused."""
        shown, passed = len(page.events), len(_whole_starts(page))
        if shown == 0 or (passed == 0 and shown < self._size):
            raise UnexpectedAnswer(
                f"Elasticsearch counts {page.count} events and shows {self._offset + shown}."
            )
        last = page.events[-1].start_time
        self._floor = last if self._floor is None else max(last, self._floor)
        self._count = page.count
        if self._offset + shown >= MAX_RESULT_WINDOW:
            self._reopen()
            return
        self._offset += passed
        self._wanted = self._page if passed else 2 * self._wanted

    def _reopen(self) -> None:
        """Goes on in a window that begins at the last start. Raises UpstreamRefused if that is no way on."""
        if self._floor is None or self._floor == self._opened:
            raise UpstreamRefused(
                f"More than {MAX_RESULT_WINDOW} events overlap one moment, or they change while being read.",
                hint="Elasticsearch shows no more of a window: keep fewer events in one calendar.",
            )
        self._window = Span(max(self._window.start, self._floor), self._window.end)
        self._offset, self._wanted, self._count = 0, self._page, None
        self._opened = self._floor


def _whole_starts(page: EventList) -> Sequence[StoredEvent]:
    """The events of a page but those of its last start: there may be more of these on the next one."""
    last = page.events[-1].start_time if page.events else 0
    return [event for event in page.events if event.start_time < last]
