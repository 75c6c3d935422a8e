"""Writing one step to an ML calendar, and seeing for oneself what became of it."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate
from typing import Final

from gateway.adapters.base import PlannedEvent
from gateway.adapters.elasticsearch.api import MLApi
from gateway.adapters.elasticsearch.faults import Doubt
from gateway.adapters.elasticsearch.plan import MLStep
from gateway.adapters.elasticsearch.posting import Posted, Posting, Row
from gateway.adapters.elasticsearch.run import StoredRun
from gateway.adapters.elasticsearch.verify import match
from gateway.adapters.elasticsearch.wire import CONTENT, EventReader, StoredEvent
from gateway.adapters.outcome import Outcome, Seen, WriteStatus
from gateway.adapters.upstream import UpstreamLog
from gateway.errors import NotStored, Problem, UpstreamError
from gateway.model.fields import EVERYTHING, Fields
from gateway.model.run import Run
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
        rows = zip(posted, found, strict=True)
        return self._outcomes([_settled(it.doubt, seen) if it.doubt else it for it, seen in rows], found)

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
        found = match([event for row in looked_for for event in row], before, after)
        ends = accumulate(map(len, looked_for))
        return [found[end - len(row) : end] for row, end in zip(looked_for, ends, strict=True)]

    def _outcomes(self, posted: Sequence[Posted], found: Sequence[Found]) -> list[Outcome]:
        """A series is as good as its worst occurrence."""
        run = StoredRun(self._reader, [event for seen in found for event in seen if event is not None])
        ends = accumulate([len(seen) - seen.count(None) for seen in found])
        rows = zip(self._step.events, self._rows, posted, found, ends, strict=True)
        ids, requests = run.ids, tuple(self._log.indexes)
        outcomes: list[Outcome] = []
        place = 0
        for planned, row, said, seen, end in rows:
            outcomes.append(
                Seen(
                    index=planned.index,
                    status=WriteStatus.CREATED,
                    event_ids=tuple(ids[place:end]),
                    stored=True,
                    requests=requests,
                    run=run,
                    place=place,
                    event_id=ids[place],
                )
                if end - place == len(row)
                else self._short(planned, row, said, seen, run[place:end])
            )
            place = end
        return outcomes

    def _short(self, planned: PlannedEvent, row: Row, said: Posted, seen: Found, there: Run) -> Outcome:
        """The outcome of what was refused, or was not seen, or not the whole of it."""
        if said.refused is not None:
            return self._failed(planned, said.refused)
        return Outcome(
            index=planned.index,
            status=WriteStatus.UNKNOWN if said.doubt else WriteStatus.FAILED,
            event=there[0] if there else None,
            event_ids=tuple([event.id for event in there]),
            problem=_problem(said.doubt, row, seen),
            requests=tuple(self._log.indexes),
        )

    def _failed(self, planned: PlannedEvent, problem: Problem) -> Outcome:
        requests = tuple(self._log.indexes)
        return Outcome(index=planned.index, status=WriteStatus.FAILED, problem=problem, requests=requests)


def _settled(doubt: Doubt, found: Found) -> Posted:
    """What is over and has left nothing behind is as good as refused."""
    if not doubt.is_over or any(stored is not None for stored in found):
        return Posted(doubt=doubt)
    return Posted(refused=replace(doubt.problem, hint=doubt.problem.hint or _NOTHING_WRITTEN))


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
