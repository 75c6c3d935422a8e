"""A write to one event of an ML calendar: which event it is, whether it is still that, what became of it."""

from collections.abc import Container, Sequence
from dataclasses import replace

from gateway.adapters.base import EventStep
from gateway.adapters.elasticsearch.api import MLApi
from gateway.adapters.elasticsearch.deletion import delete
from gateway.adapters.elasticsearch.ids import calendar_at, place_named
from gateway.adapters.elasticsearch.mark import Mark, parted
from gateway.adapters.elasticsearch.requests import Span, remove_event
from gateway.adapters.elasticsearch.verify import identity
from gateway.adapters.elasticsearch.wire import StoredEvent, to_event
from gateway.adapters.outcome import Outcome, WriteStatus
from gateway.adapters.upstream import UpstreamLog
from gateway.errors import Conflict, NotFound, Problem, UpstreamError
from gateway.model.event import Event
from gateway.model.key import folded


class EventWrite:
    """What a change and a removal have in common."""

    def __init__(self, api: MLApi, step: EventStep, *, size: int, log: UpstreamLog) -> None:
        self.api = api
        self.step = step
        self.requests = step.requests
        self.log = log
        self.old_id = step.action.event.id
        self.place = place_named(self.old_id)
        self._revision = step.action.revision
        self._calendar = calendar_at(step.action.event.source, self.place)
        self._size = size

    async def look(
        self, span: Span, contents: Container[tuple[int, int, str]] = ()
    ) -> dict[str, StoredEvent]:
        """By their ids the event itself, if it is there, and those of a content. Raises UpstreamError."""
        found = await self.api.look(
            self._calendar,
            span,
            size=self._size,
            log=self.log,
            keep=lambda run: [it for it in run if it.event_id == self.place.id or it.content in contents],
        )
        return {event.event_id: event for event in found}

    async def rivals(self, own: StoredEvent) -> list[StoredEvent]:
        """Other events that bear the key of one, as the same occurrence; none where it has no key.

        Raises UpstreamError.
        """
        mark = _marked(own)
        if mark is None:
            return []
        return await self.api.look(
            self._calendar,
            Span(0, None),
            size=self._size,
            log=self.log,
            keep=lambda run: [it for it in run if it.event_id != own.event_id and _marked(it) == mark],
        )

    async def without_twins(self, bearers: Sequence[StoredEvent]) -> Sequence[StoredEvent]:
        """Those that stay of events under one key: of twins the one with the smallest id, else all.

        Whoever sees twins agrees which that is: so one stays, and never none. Those that shift clocks stay,
        for they may have begun to.
        """
        first, *others = sorted(bearers, key=lambda event: event.event_id)
        if first.force_time_shift or any(identity(twin) != identity(first) for twin in others):
            return bearers
        return first, *[twin for twin in others if not await self._remove(twin)]

    async def _remove(self, twin: StoredEvent) -> bool:
        """Whether a twin is gone."""
        request = remove_event(self._calendar, twin.event_id)
        try:
            return await delete(self.api, request, log=self.log) is None
        except UpstreamError as exc:
            return isinstance(exc, NotFound)

    def check_revision(self, present: StoredEvent) -> Outcome | None:
        """The conflict, where the event is not what it must still be."""
        event = self.event(present)
        if self._revision in {None, event.revision}:
            return None
        error = Conflict(
            f"The revision of {event.id} is {event.revision}, not {self._revision}.",
            hint="Look at the event as it is now, and decide again. Nothing was written.",
        )
        return self.outcome(WriteStatus.CONFLICT, event=event, problem=error.problem)

    def event(self, stored: StoredEvent) -> Event:
        return to_event(stored, self._calendar)

    def failed(self, problem: Problem) -> Outcome:
        """The outcome where nothing was written."""
        hint = problem.hint or "Nothing was written."
        return self.outcome(WriteStatus.FAILED, problem=replace(problem, hint=hint))

    def outcome(
        self,
        status: WriteStatus,
        *,
        event: Event | None = None,
        previous_id: str | None = None,
        stored: bool = False,
        problem: Problem | None = None,
    ) -> Outcome:
        return Outcome(
            index=0,
            status=status,
            event=event,
            previous_id=previous_id,
            stored=stored,
            problem=problem,
            requests=tuple(self.log.indexes),
        )


def _marked(event: StoredEvent) -> Mark | None:
    """The mark of an event, as keys count: ignoring case."""
    _, mark = parted(event.description)
    return None if mark is None else Mark(folded(mark.key), mark.occurrence)
