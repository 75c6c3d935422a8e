"""A series in an ML calendar: its occurrences are written, looked for and answered for as one row."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest

from gateway.adapters.base import Plan
from gateway.adapters.elasticsearch.drafts import Terms
from gateway.adapters.elasticsearch.plan import MAX_WRITTEN, prepare, steps
from gateway.adapters.elasticsearch.series import SeriesLimits
from gateway.adapters.losses import Loss, Notice
from gateway.adapters.outcome import WriteStatus
from gateway.errors import Code, Unsupported
from gateway.model.event import Draft, Recurrence
from gateway.model.recurrence.rule import RecurrenceRule
from gateway.model.time import EventTime, from_millis, midnight
from gateway.sandbox.faults import HELD, Cut, Fault

from .conformance import HOUR, change, draft
from .elasticsearch_bench import EMPTY, WRITE, open_bench, sent

pytestmark = pytest.mark.anyio

NOW = datetime(2027, 1, 1, 12, tzinfo=UTC)
BERLIN = "Europe/Berlin"
LIMITS = SeriesLimits(horizon=timedelta(days=365), occurrences=200)


@pytest.fixture
async def bench(anyio_backend):
    async with open_bench() as bench:
        yield bench


def at(*clock, zone=BERLIN):
    return EventTime(instant=datetime(*clock, tzinfo=ZoneInfo(zone)).astimezone(UTC), zone=zone)


def series(rule, start=None, end=None, *, zone=BERLIN, title="Backup", **recurrence):
    start = start or at(2027, 3, 21, 2, 30)
    return Draft(
        title=title,
        start=start,
        end=end or EventTime(instant=start.instant + HOUR, zone=zone),
        is_all_day=start.day is not None,
        recurrence=Recurrence(rule=RecurrenceRule.parse(rule), time_zone=zone, **recurrence),
    )


def planned(*drafts, limits=LIMITS, now=NOW, room=MAX_WRITTEN):
    ready, refused = prepare(drafts, Terms(series=limits, now=now), room=room)
    return Plan(steps=tuple(steps(EMPTY, ready, size=1000)), refused=refused)


def spans(draft, **options):
    ((row,),) = [step.wanted for step in planned(draft, **options).steps]
    return [(from_millis(event.start_time), from_millis(event.end_time)) for event in row]


def until(draft, **options):
    ((event,),) = [step.events for step in planned(draft, **options).steps]
    (warning,) = [each for each in event.warnings if each.field == "recurrence"]
    return warning


# What is sent


def test_an_occurrence_ends_when_the_clock_shows_the_same_time_and_takes_all_of_a_change_of_clocks():
    """In Berlin, 2:30 is skipped on 28 March 2027, and shown twice on 31 October."""
    spring = spans(series("FREQ=WEEKLY;COUNT=3"))
    assert spring == [
        (datetime(2027, 3, 21, 1, 30, tzinfo=UTC), datetime(2027, 3, 21, 2, 30, tzinfo=UTC)),
        (datetime(2027, 3, 28, 0, 30, tzinfo=UTC), datetime(2027, 3, 28, 1, 30, tzinfo=UTC)),
        (datetime(2027, 4, 4, 0, 30, tzinfo=UTC), datetime(2027, 4, 4, 1, 30, tzinfo=UTC)),
    ]
    autumn = series("FREQ=WEEKLY;COUNT=2", at(2027, 10, 24, 2, 30), at(2027, 10, 24, 2, 45))
    assert spans(autumn)[1] == (
        datetime(2027, 10, 31, 0, 30, tzinfo=UTC),
        datetime(2027, 10, 31, 1, 45, tzinfo=UTC),
    )


def test_whole_days_are_from_midnight_to_midnight_also_where_a_day_has_23_hours():
    days = series(
        "FREQ=WEEKLY;COUNT=2", midnight(date(2027, 3, 21), BERLIN), midnight(date(2027, 3, 22), BERLIN)
    )
    assert [end - start for start, end in spans(days)] == [timedelta(hours=24), timedelta(hours=23)]


def test_days_that_are_left_out_are_not_sent_but_counted():
    left_out = series("FREQ=WEEKLY;COUNT=3", except_dates=(date(2027, 3, 28),))
    assert [start.day for start, _ in spans(left_out)] == [21, 4]


def test_a_series_without_any_day_left_is_refused():
    nothing = series("FREQ=DAILY;COUNT=1", except_dates=(date(2027, 3, 21),))
    problem = planned(nothing).refused[0]
    assert (problem.code, problem.path) == (Code.INVALID_INPUT, ("recurrence", "exceptDates"))


def test_a_start_that_the_rule_does_not_pick_is_refused_with_the_first_day_that_it_does():
    problem = planned(series("FREQ=WEEKLY;BYDAY=MO")).refused[0]
    assert (problem.code, problem.path) == (Code.INVALID_INPUT, ("recurrence", "rule"))
    assert "2027-03-22" in problem.hint


# How far


def test_a_whole_series_is_no_loss_and_one_warning_says_until_when():
    warning = until(series("FREQ=WEEKLY;COUNT=3"))
    assert warning.code is Notice.EXPANDED
    assert warning.given == {"rule": "FREQ=WEEKLY;COUNT=3", "timeZone": BERLIN}
    assert warning.sent == {"events": 3, "lastStart": "2027-04-04T00:30:00Z"}


@pytest.mark.parametrize(
    ("limits", "events"),
    [
        (SeriesLimits(horizon=timedelta(days=20), occurrences=200), 3),
        (SeriesLimits(horizon=timedelta(days=365), occurrences=5), 5),
        (LIMITS, 53),
    ],
)
def test_a_series_is_cut_at_the_horizon_or_at_the_most_occurrences_and_that_is_a_loss(limits, events):
    warning = until(series("FREQ=WEEKLY"), limits=limits)
    assert (warning.code, warning.sent["events"]) == (Loss.CUT_OFF, events)


def test_the_horizon_of_a_series_that_began_long_ago_is_counted_from_today():
    old = series("FREQ=MONTHLY", at(2025, 12, 21, 2, 30))
    assert until(old, now=datetime(2027, 1, 1, 23, tzinfo=UTC)).sent["lastStart"] == "2027-12-21T01:30:00Z"


def test_the_hour_of_the_day_makes_no_difference_to_what_is_planned():
    old = series("FREQ=DAILY", at(2026, 12, 25, 2, 30))
    early, late = (planned(old, now=NOW.replace(hour=hour)).steps for hour in (0, 23))
    assert early == late


def test_a_series_that_is_too_much_for_the_call_is_refused_and_costs_itself_only():
    drafts = [series("FREQ=DAILY"), draft(), series("FREQ=DAILY"), series("FREQ=DAILY;COUNT=50")]
    made = planned(*drafts, room=300)
    assert list(made.refused) == [2]
    assert (made.refused[2].code, made.refused[2].path) == (Code.TOO_MANY, ("recurrence",))
    ((first, single, last),) = [step.events for step in made.steps]
    assert [event.held_as for event in (first, single, last)] == [200, 1, 50]


def test_a_series_that_does_not_fit_into_one_request_is_refused_and_not_torn():
    limits = SeriesLimits(occurrences=300)
    made = planned(series("FREQ=DAILY", title="\x01" * 32_766), draft(), limits=limits)
    assert (made.refused[0].code, made.refused[0].path) == (Code.TOO_MANY, ("recurrence",))
    assert "too big" in made.refused[0].message
    assert [event.index for step in made.steps for event in step.events] == [1]


async def test_the_calendars_of_a_call_share_what_it_may_write(bench):
    adapter = bench.adapter()
    many = [series("FREQ=DAILY", title=f"{n}") for n in range(49)]
    assert not (await adapter.plan(EMPTY, many)).refused
    other = msgspec.structs.replace(EMPTY, segments=("holidays",))
    assert sorted((await adapter.plan(other, many[:2])).refused) == [1]
    assert not (await adapter.plan(EMPTY, many)).refused, "planning anew counts once"


# What is written


async def test_a_series_is_one_row_with_all_its_events(bench):
    before, row, after = await bench.write(draft("a"), series("FREQ=WEEKLY;COUNT=3"), draft("b"))
    assert [each.status for each in (before, row, after)] == [WriteStatus.CREATED] * 3
    assert len(sent(bench)) == 1
    assert row.stored
    held = [event.id for event in await bench.read() if event.title == "Backup"]
    assert (len(held), list(row.ids)) == (3, held)
    assert row.event.id == held[0]
    assert len(before.ids) == 1


async def test_a_series_costs_its_neighbours_no_run_and_no_log_of_their_own(bench):
    rows = await bench.write(draft("a"), series("FREQ=WEEKLY;COUNT=3"), draft("b"))
    assert len({id(row.run) for row in rows}) == len({id(row.requests) for row in rows}) == 1
    assert [row.event.title for row in rows] == ["a", "Backup", "b"]
    assert [row.event.id for row in rows] == [row.event_id for row in rows] == [row.ids[0] for row in rows]


async def test_twice_the_same_series_is_twice_all_events(bench):
    first, second = await bench.write(series("FREQ=DAILY;COUNT=5"), series("FREQ=DAILY;COUNT=5"))
    assert len({*first.ids, *second.ids}) == 10


async def test_a_series_is_as_good_as_its_worst_occurrence_and_what_is_there_is_named(bench):
    bench.faults.add(WRITE, Fault(lose=frozenset({1})))
    (row,) = await bench.write(series("FREQ=DAILY;COUNT=3"))
    assert (row.status, row.stored, len(row.ids)) == (WriteStatus.FAILED, False, 2)
    assert (row.problem.code, row.problem.retryable) == (Code.NOT_STORED, False)
    assert "1 of the 3 occurrences" in row.problem.message
    assert "2027-03-22T01:30:00Z" in row.problem.message
    assert len(await bench.read()) == 2


async def test_a_series_of_which_some_may_still_be_written_is_unknown(bench):
    bench.faults.add(WRITE, Fault(cut=Cut.AFTER_WRITE, lose=frozenset({0})))
    (row,) = await bench.write(series("FREQ=DAILY;COUNT=3"))
    assert (row.status, row.stored, len(row.ids)) == (WriteStatus.UNKNOWN, False, 2)
    assert not row.problem.retryable
    bench.faults.clear()
    bench.faults.add(WRITE, Fault(cut=Cut.LATE_WRITE, delay=HELD))
    (row,) = await bench.write(series("FREQ=DAILY;COUNT=3", title="Late"))
    assert (row.status, row.ids) == (WriteStatus.UNKNOWN, ())


async def test_an_event_is_not_made_a_series(bench):
    (old,) = await bench.stored(draft())
    recurrence = series("FREQ=DAILY;COUNT=3").recurrence
    with pytest.raises(Unsupported) as caught:
        await bench.adapter().plan_event(change(old, recurrence=recurrence))
    assert caught.value.problem.path == ("recurrence",)
