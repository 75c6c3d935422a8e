"""Rows of a report that belong together: columns of those that were seen together, and one row of several."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.adapters.outcome import Outcome, Seen, WriteStatus
from gateway.errors import Code, Problem
from gateway.model.event import Event
from gateway.model.run import Made
from gateway.model.time import EventTime
from gateway.service.report import EventRow, SeenRows, combined, with_columns

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


def seen_together(lengths: list[int]) -> tuple[EventRow, ...]:
    """The rows of single events and of series, which have so many."""
    run = Made([event(number) for number in range(sum(lengths))])
    places = [sum(lengths[:index]) for index in range(len(lengths))]
    return tuple(
        EventRow(
            event_index=index,
            outcome=Seen(
                index=index,
                status=WriteStatus.CREATED,
                event_ids=tuple(run[each].id for each in range(place, place + length)),
                run=run,
                place=place,
                event_id=run[place].id,
            ),
        )
        for index, (place, length) in enumerate(zip(places, lengths, strict=True))
    )


@pytest.mark.parametrize(
    ("lengths", "have"),
    [([1] * 13, True), ([1] * 12 + [3], False), ([3] + [1] * 12, False), ([1] * 9, False)],
    ids=["single events", "a series at the end", "a series at the beginning", "few"],
)
def test_rows_have_columns_where_each_is_of_one_event_and_they_are_many(
    lengths: list[int], *, have: bool
) -> None:
    rows = with_columns(seen_together(lengths))
    assert isinstance(rows, SeenRows) is have
    if isinstance(rows, SeenRows):
        for path in ("event_index", "event", "event.title", "event.start.instant"):
            assert len(rows.column(path)) == len(rows)


def test_the_outcome_of_several_rows_has_the_problem_that_its_status_comes_of():
    good = Outcome(index=0, status=WriteStatus.CREATED, event=event(0), stored=True)
    bad = Outcome(index=1, status=WriteStatus.FAILED, problem=BEHIND)
    rows = [EventRow(event_index=0, outcome=good), EventRow(event_index=0, outcome=bad, problem=BEHIND)]
    for order in (rows, rows[::-1]):
        row = combined(order)
        assert (row.status, row.outcome.problem) == (WriteStatus.FAILED, BEHIND)
        assert row.problem is not None
        assert row.problem.message == "1 of 2 occurrences: It is down."
