"""Rows of a report that belong together: columns of what was created together, one row of several."""

import gc
import weakref
from datetime import UTC, datetime, timedelta
from operator import attrgetter

from gateway.adapters.outcome import Created, Outcome, WriteStatus
from gateway.errors import Code, Problem
from gateway.model.event import Event
from gateway.model.run import Made
from gateway.model.time import EventTime
from gateway.service.report import BatchStatus, CreatedRows, EventRow, WriteReport, combined, statuses

START = datetime(2027, 3, 2, 8, tzinfo=UTC)
BEHIND = Problem(code=Code.UNAVAILABLE, message="It is down.")


def event(number: int) -> Event:
    start = START + timedelta(hours=number)
    return Event(
        id=f"es:{number}",
        source="es",
        calendar_id="es:a",
        title=f"No. {number}",
        start=EventTime(instant=start),
        end=EventTime(instant=start + timedelta(hours=1)),
    )


def row(outcome: Outcome, key: str | None) -> EventRow:
    place = outcome.index
    return EventRow(
        event_index=place,
        calendar_index=0,
        calendar_id="es:a",
        key=key,
        outcome=outcome,
        event_ids=outcome.ids,
    )


ATTRIBUTES = (
    *(
        "event_index",
        "calendar_index",
        "calendar_id",
        "key",
        "event_ids",
        "event.title",
        "event.start.instant",
    ),
    *("outcome.status", "outcome.event_id", "outcome.previous_id", "outcome.stored"),
)


def test_rows_of_events_that_were_created_together_are_those_of_each_and_so_are_their_columns() -> None:
    created = Created([*range(12)], Made([event(number) for number in range(12)]), (1, 2))
    keys = [f"key {place}" for place in range(12)]
    rows = CreatedRows(created, keys, row)
    each = [*rows]
    assert each == [*map(row, created, keys)]
    assert (rows[3], rows[4:6], len(rows)) == (each[3], each[4:6], 12)
    for path in ATTRIBUTES:
        assert rows.column(path) == [attrgetter(path)(it) for it in each]
    assert rows.column("event") == [True] * 12
    assert statuses(rows) == statuses(each)


def test_the_outcome_of_several_rows_has_the_problem_that_its_status_comes_of():
    good = Outcome(index=0, status=WriteStatus.CREATED, event=event(0), stored=True)
    bad = Outcome(index=1, status=WriteStatus.FAILED, problem=BEHIND)
    rows = [EventRow(event_index=0, outcome=good), EventRow(event_index=0, outcome=bad, problem=BEHIND)]
    for order in (rows, rows[::-1]):
        row = combined(order)
        assert (row.status, row.outcome.problem) == (WriteStatus.FAILED, BEHIND)
        assert row.problem is not None
        assert row.problem.message == "1 of 2 occurrences: It is down."


class Writer:
    """It holds a report whose rows it makes."""

    def __init__(self) -> None:
        created = Created([0], Made([event(0)]), ())
        self.report = WriteReport(status=BatchStatus.SUCCEEDED, rows=CreatedRows(created, [None], self.row))

    def row(self, outcome: Outcome, key: str | None) -> EventRow:
        return row(outcome, key)


def test_the_garbage_collector_finds_a_report_whose_rows_refer_to_who_holds_it() -> None:
    writer = weakref.ref(Writer())
    gc.collect()
    assert writer() is None
