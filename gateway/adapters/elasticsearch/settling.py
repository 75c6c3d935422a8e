"""What is said of a key that an ML calendar holds already, and of one that it holds more than once. Pure."""

from collections.abc import Sequence
from typing import Final

from gateway.adapters.elasticsearch.holding import Holding, Verdict, mark_of
from gateway.adapters.elasticsearch.ids import name_of
from gateway.adapters.elasticsearch.plan import shifted
from gateway.adapters.elasticsearch.wire import SentEvent, StoredEvent, to_event
from gateway.adapters.outcome import Outcome, WriteStatus
from gateway.errors import AmbiguousKey, Conflict, GatewayError, KeyExists, NotUnderKey
from gateway.model.event import Event
from gateway.model.ids import CalendarId
from gateway.model.time import from_millis, to_rfc3339

_SHOWN: Final = 3


def settled(verdict: Verdict, holding: Holding, calendar: CalendarId, *, index: int = 0) -> Outcome:
    """The outcome of a draft that is not written, with all events that are there under its key."""
    status, error = _said(verdict, holding, calendar)
    return _outcome(status, error, holding, calendar, index=index)


def contested(holding: Holding, calendar: CalendarId, error: Conflict) -> Outcome:
    """The outcome where others wrote under the same key meanwhile, with all events that are there."""
    return _outcome(WriteStatus.CONFLICT, error, holding, calendar)


def ambiguous(holding: Holding, calendar: CalendarId) -> AmbiguousKey:
    """Several events under one key, which the caller must choose from."""
    ids = [event.id for event in events_of(holding, calendar)]
    return AmbiguousKey(
        f"{len(ids)} events of {name_of(calendar)} that are not the same bear the key {holding.key}:"
        f" {listed(ids)}.",
        hint="Somebody may be writing just now: repeat the call. If they stay, remove by their ids those"
        " that are not meant.",
    )


def under(key: str, bearers: Sequence[StoredEvent], calendar: CalendarId) -> Sequence[Event] | NotUnderKey:
    """The events under a key, of those that bear it in whatever case; if it is none of these, why."""
    events = [to_event(stored, calendar) for stored in bearers]
    held = [event for event in events if event.key == key]
    return _taken(key, events[0]) if events and not held else held


def listed(parts: Sequence[str]) -> str:
    """The first few, and how many more there are."""
    more = "" if len(parts) <= _SHOWN else f" and {len(parts) - _SHOWN} more"
    return f"{', '.join(parts[:_SHOWN])}{more}"


def _outcome(
    status: WriteStatus,
    error: GatewayError | None,
    holding: Holding,
    calendar: CalendarId,
    *,
    index: int = 0,
) -> Outcome:
    events = events_of(holding, calendar)
    return Outcome(
        index=index,
        status=status,
        event=events[0] if events else None,
        event_ids=tuple(event.id for event in events),
        stored=status is WriteStatus.UNCHANGED,
        problem=error.problem if error else None,
    )


def _said(
    verdict: Verdict, holding: Holding, calendar: CalendarId
) -> tuple[WriteStatus, GatewayError | None]:
    match verdict:
        case Verdict.SAME:
            return WriteStatus.UNCHANGED, None
        case Verdict.EXISTS:
            taken = f"An event of {name_of(calendar)} bears the key {holding.key} already."
            return WriteStatus.FAILED, KeyExists(taken, hint="Look at it, or choose another key.")
        case Verdict.SHIFTED:
            return WriteStatus.FAILED, shifted(to_event(holding.shifted[0], calendar).id)
        case Verdict.AMBIGUOUS:
            return WriteStatus.CONFLICT, ambiguous(holding, calendar)
        case Verdict.SPELLED:
            there = next(event for event in holding.others if mark_of(event).key != holding.key)
            return WriteStatus.CONFLICT, _taken(holding.key, to_event(there, calendar))
        case _:
            return WriteStatus.CONFLICT, Conflict(
                f"What bears the key {holding.key} differs: {'; '.join(_differences(holding))}.",
                hint="onExisting UPDATE makes it as it is given here.",
            )


def _taken(key: str, there: Event) -> NotUnderKey:
    return NotUnderKey(
        f"The key {key} is taken: {there.id} bears it as {there.key}, and case does not count.",
        hint="Write the key as that event has it, or take another.",
    )


def _differences(holding: Holding) -> Sequence[str]:
    """What is missing of the draft, and what is there instead."""
    parts = []
    if holding.missing:
        parts.append(f"not there {_described(holding.missing)}")
    if holding.others:
        parts.append(f"there instead {_described(holding.others)}")
    return parts


def _described(events: Sequence[SentEvent]) -> str:
    verb = "is" if len(events) == 1 else "are"
    return f"{verb} " + listed(
        [
            f"{event.description!r} from {to_rfc3339(from_millis(event.start_time))}"
            f" to {to_rfc3339(from_millis(event.end_time))}"
            for event in events
        ]
    )


def events_of(holding: Holding, calendar: CalendarId) -> tuple[Event, ...]:
    """All events under the key, twins too, by start and id."""
    there = sorted((*holding.live, *holding.twins), key=lambda event: (event.start_time, event.event_id))
    return tuple(to_event(stored, calendar) for stored in there)
