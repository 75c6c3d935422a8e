"""Writing one step to an ML calendar, and seeing for oneself what became of it."""

from collections.abc import Awaitable, Collection, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import accumulate, compress, pairwise
from typing import Final

from gateway.adapters.base import PlannedEvent
from gateway.adapters.elasticsearch.api import MLApi
from gateway.adapters.elasticsearch.faults import Doubt
from gateway.adapters.elasticsearch.plan import MLStep
from gateway.adapters.elasticsearch.posting import ACCEPTED, Posted, Posting, Row
from gateway.adapters.elasticsearch.run import StoredRun
from gateway.adapters.elasticsearch.verify import match
from gateway.adapters.elasticsearch.wire import CONTENT, EventReader, StoredEvent
from gateway.adapters.outcome import Outcome, Seen, WriteStatus, all_created
from gateway.adapters.upstream import UpstreamLog
from gateway.errors import NotStored, Problem, UpstreamError
from gateway.model.fields import EVERYTHING, Fields
from gateway.model.time import from_millis, to_rfc3339

_NOTHING_WRITTEN: Final = "Nothing was written."
_LOOK_FIRST: Final = "It may be there, or still be written: look at the calendar before you repeat the call."
_SHOWN: Final = 3
Found = Sequence[StoredEvent | None]


def write(
    api: MLApi, step: MLStep, *, size: int, log: UpstreamLog, fields: Fields = EVERYTHING
) -> Awaitable[Sequence[Outcome]]:
    """What became of each event of the step. Only what was seen afterwards is created."""
    return _Write(api, step, size, log, fields).run()


class _Write:
    """One step on its way: read, post, read again, compare."""

    def __init__(self, api: MLApi, step: MLStep, size: int, log: UpstreamLog, fields: Fields) -> None:
        self._api = api
        self._step = step
        self._size = size
        self._log = log
        self._rows = step.wanted
        self._reader = EventReader(step.calendar, fields)
        self._sent = step.sent

    async def run(self) -> Sequence[Outcome]:
        _, post, _ = self._step.requests
        try:
            before = {event.event_id for event in await self._look()}
        except UpstreamError as exc:
            return [self._failed(planned, _with_hint(exc.problem)) for planned in self._step.events]
        posted = await Posting(self._api, self._step.calendar, self._rows, post, self._log).run()
        nothing: Found = [None] * len(self._sent)
        if all(said.refused for said in posted):
            return self._outcomes(posted, nothing)
        try:
            after = await self._look()
        except UpstreamError as exc:
            return self._outcomes([_unseen(said, exc.problem) for said in posted], nothing)
        found = self._found(posted, before, after)
        there = [event for event in found if event is not None]
        return self._created(there) if len(there) == len(found) else self._outcomes(posted, found)

    async def _look(self) -> Sequence[StoredEvent]:
        """The events of the span; beyond its first run, for they may be many, those like one that is sent."""
        step, found = self._step, list[StoredEvent]()
        runs = self._api.events(
            step.calendar, step.span, size=self._size, log=self._log, planned=step.requests[0]
        )
        async for run in runs:
            found += [event for event in run if event.content in self._contents] if found else run
        return found

    @cached_property
    def _contents(self) -> Collection[tuple[int, int, str]]:
        return set(map(CONTENT, self._sent))

    def _found(self, posted: Sequence[Posted], before: set[str], after: Sequence[StoredEvent]) -> Found:
        """What each event became. What was refused is not looked for."""
        if posted.count(ACCEPTED) == len(posted):
            return match(self._sent, before, after)
        went = [not said.refused for said, row in zip(posted, self._rows, strict=True) for _ in row]
        found = iter(match([*compress(self._sent, went)], before, after))
        return [next(found) if each else None for each in went]

    def _created(self, events: Sequence[StoredEvent]) -> Sequence[Outcome]:
        """The outcomes where all is there: of one run, whether there is a series or none."""
        indexes = [planned.index for planned in self._step.events]
        run, requests = StoredRun(self._reader, events), tuple(self._log.indexes)
        if len(events) == len(indexes):
            return all_created(indexes, run, requests)
        ids, spans = run.ids, pairwise(accumulate(map(len, self._rows), initial=0))
        return [
            Seen(
                index=index,
                status=WriteStatus.CREATED,
                event_ids=tuple(ids[place:end]),
                stored=True,
                requests=requests,
                run=run,
                place=place,
                event_id=ids[place],
            )
            for index, (place, end) in zip(indexes, spans, strict=True)
        ]

    def _outcomes(self, posted: Sequence[Posted], found: Found) -> list[Outcome]:
        ends = accumulate(map(len, self._rows))
        rows = zip(self._step.events, self._rows, posted, ends, strict=True)
        return [
            self._outcome(planned, row, said, found[end - len(row) : end]) for planned, row, said, end in rows
        ]

    def _outcome(self, planned: PlannedEvent, row: Row, said: Posted, seen: Found) -> Outcome:
        """A series is as good as its worst occurrence."""
        if said.refused is not None:
            return self._failed(planned, said.refused)
        there = StoredRun(self._reader, [event for event in seen if event is not None])
        if said.doubt and said.doubt.is_over and not there:  # that is as good as refused
            return self._failed(planned, _with_hint(said.doubt.problem))
        is_whole = len(there) == len(row)
        return Outcome(
            index=planned.index,
            status=_status(said.doubt, is_whole=is_whole),
            event=there[0] if there else None,
            event_ids=tuple(there.ids),
            stored=is_whole,
            problem=None if is_whole else _problem(said.doubt, row, seen),
            requests=tuple(self._log.indexes),
        )

    def _failed(self, planned: PlannedEvent, problem: Problem) -> Outcome:
        requests = tuple(self._log.indexes)
        return Outcome(index=planned.index, status=WriteStatus.FAILED, problem=problem, requests=requests)


def _unseen(said: Posted, problem: Problem) -> Posted:
    """What to say where nobody could look: what is over is not known to have left nothing behind."""
    return (
        said if said.refused else Posted(doubt=Doubt(problem=said.doubt.problem if said.doubt else problem))
    )


def _with_hint(problem: Problem) -> Problem:
    """That of what has left nothing behind."""
    return replace(problem, hint=problem.hint or _NOTHING_WRITTEN)


def _status(doubt: Doubt | None, *, is_whole: bool) -> WriteStatus:
    if is_whole:
        return WriteStatus.CREATED
    return WriteStatus.UNKNOWN if doubt else WriteStatus.FAILED


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
