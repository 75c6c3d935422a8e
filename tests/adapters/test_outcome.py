"""Outcomes of events that were seen beside others are as those of any others."""

from datetime import UTC, datetime

from gateway.adapters.outcome import Outcome, Seen, WriteStatus
from gateway.model.event import Event
from gateway.model.run import as_run
from gateway.model.time import EventTime

NOON = EventTime(instant=datetime(2027, 3, 1, 12, tzinfo=UTC))


def event(name: str) -> Event:
    return Event(id=f"es:a/events/{name}", source="es", calendar_id="es:a", title=name, start=NOON, end=NOON)


FIRST, SECOND, THIRD = map(event, ("first", "second", "third"))
SEEN = Seen(
    index=4,
    status=WriteStatus.CREATED,
    event_ids=(SECOND.id, THIRD.id),
    stored=True,
    requests=(1, 2),
    run=as_run([FIRST, SECOND, THIRD]),
    place=1,
    event_id=SECOND.id,
)


def test_what_was_seen_has_the_event_of_its_place_and_its_id() -> None:
    assert (SEEN.event, SEEN.event_id, SEEN.ids) == (SECOND, SECOND.id, (SECOND.id, THIRD.id))


def test_what_is_said_of_a_part_of_what_was_seen_has_just_that_event() -> None:
    assert SEEN.about(THIRD, (THIRD.id,)) == Outcome(
        index=4,
        status=WriteStatus.CREATED,
        event=THIRD,
        event_ids=(THIRD.id,),
        stored=True,
        requests=(1, 2),
    )


def test_where_nothing_is_left_of_what_was_seen_there_is_neither_event_nor_id() -> None:
    none = SEEN.about(None, ())
    assert (none.event, none.event_id, none.ids) == (None, None, ())
