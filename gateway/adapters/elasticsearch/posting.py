"""Posting events to one ML calendar, so that one that is refused does not cost the others.

Elasticsearch takes all events of a POST or refuses them all. What is refused is posted again in parts until
the event at fault stands alone: each is written once at most, for a refusal proves that nothing was.
"""

import re
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate
from typing import Final

import msgspec

from gateway.adapters.elasticsearch import requests
from gateway.adapters.elasticsearch.api import MLApi
from gateway.adapters.elasticsearch.faults import Doubt
from gateway.adapters.elasticsearch.plan import body_of
from gateway.adapters.elasticsearch.wire import SentEvent
from gateway.adapters.upstream import UpstreamLog, UpstreamRequest
from gateway.errors import Problem, UpstreamError
from gateway.model.ids import CalendarId

MAX_POSTS: Final = 64
"""Enough to single out three of a thousand events; whatever is at fault, it is not asked forever."""
_NOTHING_WRITTEN: Final = "Nothing was written."
_TRIED_ENOUGH: Final = "Nothing was written. Too many events were refused to tell which ones: split the call."
_FAULTY: Final = frozenset({400, 413})
"""The statuses that may be due to one event, or to many at once."""
_POSITION: Final = re.compile(r"\[1:(\d{1,9})\] \[scheduled_event\]")
_EMPTY: Final = len(body_of([]))
_BEFORE: Final = _EMPTY - len("]}")
Row = tuple[SentEvent, ...]


class Posted(msgspec.Struct, frozen=True, kw_only=True):
    """What Elasticsearch said to the events of a row: no, or nothing clear; yes where both are None."""

    refused: Problem | None = None
    doubt: Doubt | None = None


ACCEPTED: Final = Posted()


class Posting:
    """Rows of events on their way. A row is one event or a series, and is never torn."""

    def __init__(
        self, api: MLApi, calendar: CalendarId, rows: Sequence[Row], post: UpstreamRequest, log: UpstreamLog
    ) -> None:
        self._api = api
        self._calendar = calendar
        self._rows = rows
        self._log = log
        self._waiting = deque([(list(range(len(rows))), post)])
        self._posts = 0
        self._posted = [ACCEPTED] * len(rows)
        self._stopped: Problem | None = None

    async def run(self) -> list[Posted]:
        """What was said to each row. Raises nothing of the upstream's."""
        while self._waiting:
            places, post = self._waiting.popleft()
            said = self._unsent() or await self._send(places, post)
            if said is not None:
                for place in places:
                    self._posted[place] = said
        return self._posted

    def _unsent(self) -> Posted | None:
        """What to say of what is not sent any more: after a doubt nothing is posted, nor after a plain no."""
        if self._stopped is None:
            return None
        message = f"It was not sent, for what was sent before it went wrong: {self._stopped.message}"
        return Posted(refused=replace(self._stopped, message=message, hint=_NOTHING_WRITTEN))

    async def _send(self, places: Sequence[int], post: UpstreamRequest) -> Posted | None:
        """None where the rows are accepted, or are to be posted again, in parts."""
        self._posts += 1
        sent = len(self._log.indexes)
        try:
            doubt = await self._api.write(post, log=self._log)
        except UpstreamError as exc:
            return self._refused(places, exc.problem, self._status(sent))
        if doubt is None:
            return None
        self._stopped = doubt.problem
        return Posted(doubt=doubt)

    def _status(self, number: int) -> int | None:
        """That of the answer to one of the requests; None where it was not even sent."""
        indexes = self._log.indexes
        return self._log.requests[indexes[-1]].status if len(indexes) > number else None

    def _refused(self, places: Sequence[int], problem: Problem, status: int | None) -> Posted | None:
        if status not in _FAULTY:
            self._stopped = problem
        elif len(places) > 1 and self._posts < MAX_POSTS:
            parts = _parts(places, self._at_fault(places, problem))
            self._waiting.extendleft((part, self._post(part)) for part in reversed(parts))
            return None
        hint = _TRIED_ENOUGH if len(places) > 1 and self._stopped is None else problem.hint
        return Posted(refused=replace(problem, hint=hint or _NOTHING_WRITTEN))

    def _at_fault(self, places: Sequence[int], problem: Problem) -> int | None:
        """The place of the row that the reason points into, if it points anywhere."""
        position = _POSITION.search(problem.message)
        if position is None:
            return None
        lengths = (_length(self._rows[place]) + len(",") for place in places)
        _, *ends = accumulate(lengths, initial=_BEFORE)
        pairs = zip(places, ends, strict=True)
        return next((place for place, end in pairs if int(position[1]) < end), None)

    def _post(self, places: Sequence[int]) -> UpstreamRequest:
        events = (event for place in places for event in self._rows[place])
        return requests.add_events(self._calendar, body_of(events))


def _parts(places: Sequence[int], at_fault: int | None) -> list[list[int]]:
    """What to post instead of all: the others and the one at fault, or else two halves."""
    if at_fault is not None:
        return [[place for place in places if place != at_fault], [at_fault]]
    middle = len(places) // 2
    return [list(places[:middle]), list(places[middle:])]


def _length(row: Row) -> int:
    """How many bytes the row takes in a body."""
    return len(body_of(row)) - _EMPTY
