"""One calendar's copy of an event under a key, as a call changes or removes it: a row, whatever holds it."""

from collections.abc import Sequence

import msgspec

from gateway.adapters.outcome import Outcome, WriteStatus
from gateway.errors import AmbiguousKey, GatewayError, NotFound, Problem, located
from gateway.model.event import Event
from gateway.model.key import checked
from gateway.service.audit import AuditTrail
from gateway.service.catalog import Target
from gateway.service.event_order import Copies, EventOrder
from gateway.service.event_write import EventFound, EventWrite
from gateway.service.key_lookup import Found, Wanted, check_unambiguous
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
        self._place = ("target", "key", "calendars", target.index)
        self._settled: EventRow | None = None
        self.parts: Sequence[EventWrite] = ()

    @property
    def lane(self) -> str:
        return str(self._target.canonical)

    @property
    def wanted(self) -> Wanted | None:
        """What is to be looked up for it; None if nothing may be done to it."""
        return None if self._settled else Wanted(target=self._target, key=self._key)

    @property
    def is_short(self) -> bool:
        """Whether it is refused, or settled otherwise than wished."""
        return self._settled is not None and self._settled.status is not WriteStatus.DELETED

    def check(self) -> None:
        """Holds what is to be done against the guard rails."""
        try:
            self._check()
        except GatewayError as exc:
            self._settle(WriteStatus.FAILED, exc.problem)

    def take(self, found: Found) -> None:
        """Goes on with what was found under the key, or not."""
        if isinstance(found, GatewayError):
            self._settle(WriteStatus.of(found.problem), found.problem.at(*self._place))
        elif not found:
            self._take_none()
        else:
            self._take(found)

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

    def _check(self) -> None:
        """Raises GatewayError for what is no key, or a calendar that may not be written to."""
        with located("target", "key"):
            checked(self._key)
        with located(*self._place):
            self._target.check_allowed()
            if not self._order.dry_run:
                self._target.source.check_write()

    def _take_none(self) -> None:
        if self._order.amend is None:
            self._settle(WriteStatus.DELETED, None)  # as was asked: it is not there
        else:
            missing = NotFound(f"There is no event under the key {self._key}.")
            self._settle(WriteStatus.FAILED, missing.problem.at(*self._place))

    def _take(self, events: Sequence[Event]) -> None:
        try:
            check_unambiguous(self._key, events)
            if len(events) > 1 and self._order.check_series:
                self._order.check_series()
            self.parts = [self._part(event) for event in events]
        except AmbiguousKey as exc:
            self._settle(WriteStatus.CONFLICT, exc.problem, events)
        except GatewayError as exc:
            self._settle(WriteStatus.FAILED, exc.problem)

    def _part(self, event: Event) -> EventWrite:
        there = EventFound(event=event, time_zone=self._target.time_zone)
        return EventWrite(self._session, self._audit, self._order, event.id, there)

    def _settle(self, status: WriteStatus, problem: Problem | None, events: Sequence[Event] = ()) -> None:
        self._settled = EventRow(
            event_index=self._order.path[1],
            outcome=Outcome(index=0, status=status),
            event_ids=tuple(event.id for event in events),
            problem=problem and problem.at(*self._order.path),
        )
