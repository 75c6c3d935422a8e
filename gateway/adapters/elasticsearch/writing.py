"""Writing one step to an ML calendar, and seeing for oneself what became of it."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from typing import Final

from gateway.adapters.base import PlannedEvent
from gateway.adapters.elasticsearch.api import MLApi
from gateway.adapters.elasticsearch.faults import Doubt
from gateway.adapters.elasticsearch.plan import MLStep
from gateway.adapters.elasticsearch.posting import Posted, Posting, Row
from gateway.adapters.elasticsearch.verify import match
from gateway.adapters.elasticsearch.wire import CONTENT, EventReader, StoredEvent
from gateway.adapters.outcome import Outcome, WriteStatus
from gateway.adapters.upstream import UpstreamLog
from gateway.errors import NotStored, Problem, UpstreamError
from gateway.model.fields import EVERYTHING, Fields
from gateway.model.time import from_millis, to_rfc3339

_NOTHING_WRITTEN: Final = "Nothing was written."
_LOOK_FIRST: Final = "It may be there, or still be written: look at the calendar before you repeat the call."
_SHOWN: Final = 3
Found = Sequence[StoredEvent | None]


async def write(
    api: MLApi, step: MLStep, *, size: int, log: UpstreamLog, fields: Fields = EVERYTHING
) -> list[Outcome]:
    """What became of each event of the step. Only what was seen afterwards is created."""
    return await _Write(api, step, size, log, fields).run()


class _Write:
    """One step on its way: read, post, read again, compare."""

    def __init__(self, api: MLApi, step: MLStep, size: int, log: UpstreamLog, fields: Fields) -> None:
        self._api = api
        self._step = step
        self._size = size
        self._log = log
        self._rows = step.wanted
        self._reader = EventReader(step.calendar, fields)
        sent = [event for row in self._rows for event in row]
        self._contents = set(map(CONTENT, sent))

    async def run(self) -> list[Outcome]:
        _, post, _ = self._step.requests
        try:
            before = {event.event_id for event in await self._look()}
        except UpstreamError as exc:
            hint = exc.problem.hint or _NOTHING_WRITTEN
            return [self._failed(planned, replace(exc.problem, hint=hint)) for planned in self._step.events]
        posted = await Posting(self._api, self._step.calendar, self._rows, post, self._log).run()
        if all(said.refused for said in posted):
            return self._outcomes(posted, [()] * len(posted))
        try:
            after = await self._look()
        except UpstreamError as exc:
            doubt = Doubt(problem=exc.problem)
            unseen = [said if said.refused or said.doubt else Posted(doubt=doubt) for said in posted]
            return self._outcomes(unseen, [(None,) * len(row) for row in self._rows])
        found = self._found(posted, before, after)
        return self._outcomes(list(map(_settled, posted, found)), found)

    async def _look(self) -> list[StoredEvent]:
        """The events that have the content of one that is sent."""
        return await self._api.look(
            self._step.calendar,
            self._step.span,
            size=self._size,
            log=self._log,
            keep=lambda event: CONTENT(event) in self._contents,
        )

    def _found(self, posted: Sequence[Posted], before: set[str], after: Sequence[StoredEvent]) -> list[Found]:
        """For each row what its events became. What was refused is not looked for."""
        looked_for = [() if said.refused else row for said, row in zip(posted, self._rows, strict=True)]
        found = iter(match([event for row in looked_for for event in row], before, after))
        return [tuple(islice(found, len(row))) for row in looked_for]

    def _outcomes(self, posted: Sequence[Posted], found: Sequence[Found]) -> list[Outcome]:
        rows = zip(self._step.events, self._rows, posted, found, strict=True)
        indexes = tuple(self._log.indexes)
        return [self._outcome(*row, indexes) for row in rows]

    def _outcome(
        self, planned: PlannedEvent, row: Row, said: Posted, found: Found, indexes: tuple[int, ...]
    ) -> Outcome:
        """A series is as good as its worst occurrence."""
        if said.refused is not None:
            return self._failed(planned, said.refused)
        events = [self._reader.read(stored) for stored in found if stored is not None]
        is_whole = len(events) == len(row)
        status = WriteStatus.UNKNOWN if said.doubt else WriteStatus.FAILED
        return Outcome(
            index=planned.index,
            status=WriteStatus.CREATED if is_whole else status,
            event=events[0] if events else None,
            event_ids=tuple([event.id for event in events]),
            stored=is_whole,
            problem=None if is_whole else _problem(said.doubt, row, found),
            requests=indexes,
        )

    def _failed(self, planned: PlannedEvent, problem: Problem) -> Outcome:
        requests = tuple(self._log.indexes)
        return Outcome(index=planned.index, status=WriteStatus.FAILED, problem=problem, requests=requests)


def _settled(said: Posted, found: Found) -> Posted:
    """What is over and has left nothing behind is as good as refused."""
    if said.doubt is None or not said.doubt.is_over or any(stored is not None for stored in found):
        return said
    problem = said.doubt.problem
    return Posted(refused=replace(problem, hint=problem.hint or _NOTHING_WRITTEN))


def _problem(doubt: Doubt | None, row: Row, found: Found) -> Problem:
    """Why events were not seen, where repeating the call blindly could write those twice that are there."""
    missing = [sent.start_time for sent, stored in zip(row, found, strict=True) if stored is None]
    if doubt is not None:
        return replace(doubt.problem, hint=_LOOK_FIRST, retryable=False)
    if len(missing) == len(row):
        return NotStored(
            "Elasticsearch said yes, and the event is not in the calendar.",
            hint="It was lost on the way into the index: repeat it.",
        ).problem
    shown = ", ".join(to_rfc3339(from_millis(start)) for start in missing[:_SHOWN])
    more = "" if len(missing) <= _SHOWN else f" and {len(missing) - _SHOWN} more"
    lost = NotStored(
        f"Elasticsearch said yes, and {len(missing)} of the {len(row)} occurrences are not in the calendar: "
        f"those that begin at {shown}{more}.",
        hint="The others are there: add those that are missing as events of their own.",
    )
    return replace(lost.problem, retryable=False)
