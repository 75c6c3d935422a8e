"""One calendar's copy of an event under a key, as a call changes or removes it: a row, whatever holds it."""

from collections.abc import Iterable, Sequence
from typing import cast

import msgspec

from gateway.adapters.base import KeyIndex, WriteStatus
from gateway.errors import AmbiguousKey, GatewayError, NotFound, Problem, located
from gateway.model.elasticsearch import ElasticsearchEventDetails
from gateway.model.event import Event
from gateway.model.key import checked
from gateway.service.audit import AuditTrail
from gateway.service.catalog import Target
from gateway.service.event_write import Copies, EventOrder, EventWrite, Found
from gateway.service.report import EventRow, combined
from gateway.service.session import Session


class CopyWrite:
    """What becomes of the copy in one calendar. `parts` are its events: several if it is a series in ML."""

    def __init__(
        self, session: Session, audit: AuditTrail, order: EventOrder, copies: Copies, target: Target
    ) -> None:
        self._session = session
        self._audit = audit
        self._order = order
        self._key = copies.key
        self._target = target
        self._settled: EventRow | None = None
        self.parts: Sequence[EventWrite] = ()

    @property
    def lane(self) -> str:
        return str(self._target.canonical)

    async def find(self) -> Iterable[Problem]:
        """Looks for the events under the key. Gives what speaks against doing anything to them."""
        try:
            self._take(await self._look())
        except GatewayError as exc:
            self.refuse(exc.problem)
            return (exc.problem,)
        return ()

    def refuse(self, problem: Problem) -> None:
        """Keeps the copy as it is."""
        self._settle(WriteStatus.FAILED, problem)

    def row(self, index: int) -> EventRow:
        """The row of the copy, whatever became of it."""
        row = self._settled or combined([part.row(index) for part in self.parts])
        return msgspec.structs.replace(
            row,
            event_index=index,
            calendar_index=self._target.index,
            calendar_id=row.calendar_id or self._target.known_id,
            key=self._key,
        )

    async def _look(self) -> Sequence[Event]:
        """Raises GatewayError for a calendar that may not be written to or cannot be read."""
        with located("target", "key"):
            checked(self._key)
        with located("target", "key", "calendars", self._target.index):
            self._target.check_allowed()
            if not self._order.dry_run:
                self._target.source.check_write()
            adapter = cast("KeyIndex", self._session.adapter(self._target.source))
            return await adapter.by_key(self._target.calendar, self._key)

    def _take(self, events: Sequence[Event]) -> None:
        """Raises NotFound, and GatewayError for a series that cannot be changed as a whole."""
        if not events:
            self._take_none()
        elif len(events) > 1 and not is_series(events):
            self._settle(WriteStatus.CONFLICT, ambiguous(self._key, events).problem, events)
        else:
            if len(events) > 1 and self._order.check_series:
                self._order.check_series()
            self.parts = [self._part(event) for event in events]

    def _take_none(self) -> None:
        if self._order.amend is not None:
            raise NotFound(f"There is no event under the key {self._key}.")
        self._settle(WriteStatus.DELETED, None)  # as was asked: it is not there

    def _part(self, event: Event) -> EventWrite:
        found = Found(event=event, time_zone=self._target.time_zone)
        return EventWrite(self._session, self._audit, self._order, event.id, found)

    def _settle(self, status: WriteStatus, problem: Problem | None, events: Sequence[Event] = ()) -> None:
        self._settled = EventRow(
            event_index=self._order.path[1],
            status=status,
            event_ids=tuple(event.id for event in events),
            problem=problem and problem.at(*self._order.path),
        )


def is_series(events: Sequence[Event]) -> bool:
    """Whether events under one key in one calendar are the occurrences of one series."""
    details = [event.details for event in events]
    occurrences = {it.occurrence for it in details if isinstance(it, ElasticsearchEventDetails)}
    return len(occurrences) == len(events) and None not in occurrences


def ambiguous(key: str, events: Sequence[Event]) -> AmbiguousKey:
    """What to say of several events under one key in one calendar."""
    there = " and ".join(event.id for event in events)
    return AmbiguousKey(
        f"Several events are under the key {key}: {there}.",
        hint="Remove all but one of them, each by its id.",
    )
