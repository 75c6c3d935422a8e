"""Writing one step to an ML calendar, and seeing for oneself what became of it."""

from dataclasses import replace
from typing import Final

from gateway.adapters.base import Outcome, PlannedEvent, Step, UpstreamLog, WriteStatus
from gateway.adapters.elasticsearch.api import MLApi
from gateway.adapters.elasticsearch.plan import span_of
from gateway.adapters.elasticsearch.verify import match
from gateway.adapters.elasticsearch.wire import StoredEvent, to_event, to_wire
from gateway.errors import NotStored, Problem, UpstreamError
from gateway.model.event import Event

_NOTHING_WRITTEN: Final = "Nothing was written."
_LOOK_FIRST: Final = "It may be there, or still be written: look at the calendar before you repeat the call."


async def write(api: MLApi, step: Step, *, size: int, log: UpstreamLog) -> list[Outcome]:
    """What became of each event of the step. Only what was seen afterwards is created."""
    return await _Write(api, step, size, log).run()


class _Write:
    """One step on its way: read, post, read again, compare."""

    def __init__(self, api: MLApi, step: Step, size: int, log: UpstreamLog) -> None:
        self._api = api
        self._step = step
        self._size = size
        self._log = log
        self._sent = [to_wire(planned.draft) for planned in step.events]
        self._span = span_of(self._sent)
        self._contents = {event.content for event in self._sent}

    async def run(self) -> list[Outcome]:
        _, post, _ = self._step.requests
        try:
            before = {event.event_id for event in await self._look()}
            doubt = await self._api.write(post, log=self._log)
        except UpstreamError as exc:
            hint = exc.problem.hint or _NOTHING_WRITTEN
            return self._all(WriteStatus.FAILED, replace(exc.problem, hint=hint))
        try:
            after = await self._look()
        except UpstreamError as exc:
            return self._all(WriteStatus.UNKNOWN, _look_first(doubt or exc.problem))
        found = match(self._sent, before, after)
        pairs = zip(self._step.events, found, strict=True)
        return [self._seen(planned, stored, doubt) for planned, stored in pairs]

    async def _look(self) -> list[StoredEvent]:
        """The events that have the content of one that is sent."""
        return await self._api.look(
            self._step.calendar,
            self._span,
            size=self._size,
            log=self._log,
            keep=lambda event: event.content in self._contents,
        )

    def _seen(self, planned: PlannedEvent, stored: StoredEvent | None, doubt: Problem | None) -> Outcome:
        if stored is not None:
            event = to_event(stored, self._step.calendar)
            return self._outcome(planned, WriteStatus.CREATED, event=event, stored=True)
        if doubt is not None:
            return self._outcome(planned, WriteStatus.UNKNOWN, problem=_look_first(doubt))
        lost = NotStored(
            "Elasticsearch said yes, and the event is not in the calendar.",
            hint="It was lost on the way into the index: repeat it.",
        )
        return self._outcome(planned, WriteStatus.FAILED, problem=lost.problem)

    def _all(self, status: WriteStatus, problem: Problem) -> list[Outcome]:
        return [self._outcome(planned, status, problem=problem) for planned in self._step.events]

    def _outcome(
        self,
        planned: PlannedEvent,
        status: WriteStatus,
        *,
        event: Event | None = None,
        stored: bool = False,
        problem: Problem | None = None,
    ) -> Outcome:
        return Outcome(
            index=planned.index,
            status=status,
            event=event,
            stored=stored,
            problem=problem,
            requests=tuple(self._log.indexes),
        )


def _look_first(problem: Problem) -> Problem:
    """The trouble of a write that may have been done: repeating it blindly could do it twice."""
    return replace(problem, hint=_LOOK_FIRST, retryable=False)
