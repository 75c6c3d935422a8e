"""Outcomes of events that were seen beside others are as those of any others."""

from datetime import UTC, datetime

from gateway.adapters.outcome import Created, Outcome, Seen, WriteStatus, all_created
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


def test_where_all_was_created_each_outcome_is_of_one_event_in_their_order() -> None:
    created = Created([4, 7, 9], as_run([FIRST, SECOND, THIRD]), (1, 2))
    said = [
        Outcome(index=index, status=WriteStatus.CREATED, event=event, stored=True, requests=(1, 2))
        for index, event in ((4, FIRST), (7, SECOND), (9, THIRD))
    ]
    assert [it.about(it.event, ()) for it in created] == said
    assert [(it.event_id, it.ids, it.event_ids) for it in created[1:]] == [
        (event.id, (event.id,), (event.id,)) for event in (SECOND, THIRD)
    ]


def test_only_of_many_events_nothing_is_said_of_each() -> None:
    events = [event(str(number)) for number in range(11)]
    assert isinstance(all_created([*range(11)], as_run(events), ()), Created)
    few = as_run(events[:3])
    assert all_created([*range(3)], few, ()) == [*Created([*range(3)], few, ())]
