"""The six patterns and the three ranges, as days."""

from datetime import date
from itertools import islice, pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.sandbox.msgraph.recurrence import days
from gateway.sandbox.msgraph.resources import PatternedRecurrence
from gateway.sandbox.msgraph.series import occurrence_id, split_id


def recurrence(pattern, **bounds):
    bounds = {"type": "noEnd", "startDate": "2026-01-31", **bounds}
    return msgspec.convert({"pattern": {"interval": 1, **pattern}, "range": bounds}, PatternedRecurrence)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ({"type": "daily", "interval": 3}, ["01-31", "02-03", "02-06"]),
        ({"type": "weekly", "daysOfWeek": ["saturday", "monday"]}, ["01-31", "02-02", "02-07"]),
        # The week of 31 January, a Saturday, ends with it or goes on with Sunday.
        (
            {"type": "weekly", "interval": 2, "daysOfWeek": ["sunday", "saturday"]},
            ["01-31", "02-08", "02-14"],
        ),
        (
            {
                "type": "weekly",
                "interval": 2,
                "daysOfWeek": ["sunday", "saturday"],
                "firstDayOfWeek": "monday",
            },
            ["01-31", "02-01", "02-14"],
        ),
        ({"type": "absoluteMonthly", "dayOfMonth": 31}, ["01-31", "02-28", "03-31"]),
        ({"type": "absoluteMonthly", "dayOfMonth": 15, "interval": 2}, ["03-15", "05-15", "07-15"]),
        (
            {"type": "relativeMonthly", "daysOfWeek": ["tuesday"], "index": "second"},
            ["02-10", "03-10", "04-14"],
        ),
        ({"type": "relativeMonthly", "daysOfWeek": ["friday"], "index": "last"}, ["02-27", "03-27", "04-24"]),
        ({"type": "relativeMonthly", "daysOfWeek": ["saturday", "sunday"]}, ["02-01", "03-01", "04-04"]),
    ],
)
def test_patterns_within_a_year(pattern, expected):
    assert [f"{found:%m-%d}" for found in islice(days(recurrence(pattern)), 3)] == expected


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (
            {"type": "absoluteYearly", "dayOfMonth": 29, "month": 2},
            [date(2026, 2, 28), date(2027, 2, 28), date(2028, 2, 29)],
        ),
        (
            {
                "type": "relativeYearly",
                "daysOfWeek": ["thursday"],
                "month": 11,
                "index": "fourth",
                "interval": 2,
            },
            [date(2026, 11, 26), date(2028, 11, 23), date(2030, 11, 28)],
        ),
    ],
)
def test_patterns_over_years(pattern, expected):
    assert list(islice(days(recurrence(pattern)), 3)) == expected


def test_a_range_ends_with_its_date_included():
    found = days(recurrence({"type": "daily"}, type="endDate", endDate="2026-02-02"))
    assert list(found) == [date(2026, 1, 31), date(2026, 2, 1), date(2026, 2, 2)]


def test_a_range_ends_after_its_number():
    found = days(recurrence({"type": "daily"}, type="numbered", numberOfOccurrences=2))
    assert list(found) == [date(2026, 1, 31), date(2026, 2, 1)]


@pytest.mark.parametrize(
    "pattern",
    [
        {"type": "daily"},
        {"type": "weekly", "daysOfWeek": ["monday"]},
        {"type": "absoluteMonthly", "dayOfMonth": 31},
        {"type": "relativeYearly", "daysOfWeek": ["monday"], "month": 3},
    ],
)
def test_a_range_without_end_is_followed_for_a_while_only(pattern):
    *_, last = days(recurrence({**pattern, "interval": 999}))
    assert last.year <= 2200


@given(
    pattern=st.sampled_from(
        [
            {"type": "daily"},
            {"type": "weekly", "daysOfWeek": ["sunday", "wednesday"]},
            {"type": "absoluteMonthly", "dayOfMonth": 30},
            {"type": "relativeMonthly", "daysOfWeek": ["friday"], "index": "third"},
        ]
    ),
    interval=st.integers(1, 12),
    start=st.dates(date(2000, 1, 1), date(2030, 1, 1)),
)
def test_days_only_go_forward_from_the_start(pattern, interval, start):
    rule = recurrence({**pattern, "interval": interval}, startDate=start.isoformat())
    found = list(islice(days(rule), 20))
    assert found[0] >= start
    assert all(one < other for one, other in pairwise(found))


@given(stem=st.text(alphabet="ABCxyz019-_", min_size=4), day=st.dates())
def test_the_id_of_an_occurrence_holds_the_masters_and_the_day(stem, day):
    made = occurrence_id(f"{stem}==", day)
    assert len(made) % 4 == 0
    assert split_id(made) == (stem, day)
