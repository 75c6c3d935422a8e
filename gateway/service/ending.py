"""When all copies of an event end: so much later than is planned, or now."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from gateway.adapters.capabilities import Capability
from gateway.errors import (
    AmbiguousKey,
    GatewayError,
    InvalidInput,
    InvalidTime,
    NotFound,
    NotUnderKey,
    Unsupported,
)
from gateway.model.elasticsearch import ElasticsearchEventDetails
from gateway.model.event import Draft, Event, draft_of
from gateway.model.time import Duration, EventTime
from gateway.service.amendments import Amendments, carry_out
from gateway.service.audit import AuditTrail
from gateway.service.event_order import Copies, EventOrder
from gateway.service.key_lookup import Found, Wanted, check_unambiguous, key_targets, look_up
from gateway.service.report import WriteReport
from gateway.service.session import Session


class Ending(msgspec.Struct, frozen=True, kw_only=True):
    """The copies of an event that are to end so much `later` than is planned; without it, now."""

    copies: Copies
    now: datetime
    later: Duration | None = None
    dry_run: bool = False


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """A row per copy, and when they end. Not complete where a calendar did not tell whether it has one."""

    report: WriteReport
    end: datetime | None
    is_complete: bool = True


async def change_end(session: Session, audit: AuditTrail, command: Ending) -> Ended:
    """Lets all copies end at one time. Raises GatewayError, with nothing written, where there is none."""
    targets = key_targets(session, command.copies.key, command.copies.calendars)
    wanted = [Wanted(target=each, key=command.copies.key) for each in targets]
    found = await look_up(session, wanted, wide=True)
    unread = [it for it in found if isinstance(it, GatewayError) and not isinstance(it, NotUnderKey)]
    events = [event for each in found for event in _copies(command.copies.key, each)]
    for event in events:
        _check_single(event)
    end = command.now if command.later is None else _later(session, events, command.later)
    order = EventOrder(
        target=command.copies, path=("copies", 0), amend=_Amend(end, command), dry_run=command.dry_run
    )
    report = await carry_out(
        session, audit, Amendments(orders=[order], name="copies", dry_run=command.dry_run)
    )
    return Ended(report=report, end=end, is_complete=not unread)


class _Amend:
    """What an event is to become that is to end at a time."""

    def __init__(self, end: datetime | None, command: Ending) -> None:
        self._end = end
        self._ends_now = command.later is None

    def __call__(self, event: Event, _: str | None) -> tuple[Draft, frozenset[str]]:
        """Raises InvalidTime for an event that has not begun by then, NotFound for one that was just made."""
        if self._end is None:
            raise NotFound("It was not there a moment ago: when it ends is not known.")
        before = draft_of(event)
        if event.start.instant >= self._end:
            raise InvalidTime(
                "It has not begun: it cannot end now.",
                hint="What does not take place is removed: removeEvents with its key.",
            )
        is_over = self._ends_now and event.end.instant <= self._end
        if is_over or event.end.instant == self._end:
            return before, frozenset()
        end = EventTime(instant=self._end, zone=before.end.zone)
        return msgspec.structs.replace(before, end=end), frozenset({"end"})


def _copies(key: str, found: Found) -> Sequence[Event]:
    """What is known of a calendar's copy: nothing where there are several, whose row is about to say so."""
    if isinstance(found, GatewayError):
        return ()
    try:
        check_unambiguous(key, found)
    except AmbiguousKey:
        return ()
    return found


def _check_single(event: Event) -> None:
    """Raises Unsupported for a series, and for whole days."""
    details = event.details
    is_occurrence = isinstance(details, ElasticsearchEventDetails) and details.occurrence is not None
    if event.recurrence is not None or is_occurrence:
        raise Unsupported(
            f"{event.id} is a series: not all of it ends at one time.",
            hint="Change the one occurrence in Outlook, or the series by updateEvents.",
        )
    if event.is_all_day:
        raise Unsupported(
            f"{event.id} takes whole days.", hint="Give it times by updateEvents, with a start and an end."
        )


def _later(session: Session, events: Sequence[Event], later: Duration) -> datetime | None:
    """The time that is so much later than the event is announced to end; without announcement, than it mutes.

    So a copy that follows already is not put off twice, if the call is repeated for the sake of another. None
    if there is no event. Raises InvalidInput.
    """
    if not later.longest:
        raise InvalidInput("It is to end later, and that is no time later.")
    sources = session.catalog.sources
    announced = [it for it in events if not sources[it.source].can(Capability.ANOMALY_SUPPRESSION)]
    ends = [event.end for event in announced or events]
    return max((later.after(end) for end in ends), default=None)
