"""The days that rules pick: the examples of RFC 5545, and python-dateutil where it reads the RFC as we do."""

from datetime import date, datetime, time, timedelta
from itertools import islice, takewhile

import msgspec
import pytest
from dateutil.rrule import rrulestr
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from gateway.model.recurrence.days import LAST, days
from gateway.model.recurrence.rule import Frequency, RecurrenceRule
from tests.model.recurrence_rules import rules


def picked(text, start, count):
    found = islice(days(RecurrenceRule.parse(text), date.fromisoformat(start)), count)
    return [day.isoformat() for day in found]


# RFC 5545, 3.8.5.3, as far as its examples are about days.
@pytest.mark.parametrize(
    ("text", "start", "expected"),
    [
        ("FREQ=DAILY;INTERVAL=10;COUNT=5", "1997-09-02", "09-02 09-12 09-22 10-02 10-12"),
        ("FREQ=WEEKLY;INTERVAL=2;WKST=SU", "1997-09-02", "09-02 09-16 09-30 10-14 10-28 11-11"),
        ("FREQ=WEEKLY;WKST=SU;BYDAY=TU,TH", "1997-09-02", "09-02 09-04 09-09 09-11"),
        ("FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=MO,WE,FR", "1997-09-01", "09-01 09-03 09-05 09-15 09-17"),
        ("FREQ=MONTHLY;BYDAY=1FR", "1997-09-05", "09-05 10-03 11-07 12-05"),
        ("FREQ=MONTHLY;INTERVAL=2;BYDAY=1SU,-1SU", "1997-09-07", "09-07 09-28 11-02 11-30"),
        ("FREQ=MONTHLY;BYDAY=-2MO", "1997-09-22", "09-22 10-20 11-17 12-22"),
        ("FREQ=MONTHLY;BYMONTHDAY=-3", "1997-09-28", "09-28 10-29 11-28 12-29"),
        ("FREQ=MONTHLY;BYMONTHDAY=1,-1", "1997-09-30", "09-30 10-01 10-31 11-01 11-30 12-01 12-31"),
        ("FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", "1998-02-13", "02-13 03-13 11-13"),
        ("FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13", "1997-09-13", "09-13 10-11 11-08 12-13"),
        ("FREQ=MONTHLY;BYDAY=TU,WE,TH;BYSETPOS=3", "1997-09-04", "09-04 10-07 11-06"),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2", "1997-09-29", "09-29 10-30 11-27 12-30"),
        ("FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5", "2007-01-15", "01-15 01-30 02-15 03-15 03-30"),
        ("FREQ=YEARLY;BYMONTH=6,7", "1997-06-10", "06-10 07-10"),
        ("FREQ=YEARLY;BYDAY=20MO", "1997-05-19", "05-19"),
        ("FREQ=YEARLY;BYMONTH=3;BYDAY=TH", "1997-03-13", "03-13 03-20 03-27"),
    ],
)
def test_the_examples_of_the_rfc_hold(text, start, expected):
    expected = expected.split()
    assert [day[5:] for day in picked(text, start, len(expected))] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO", "08-05 08-10 08-19 08-24"),
        ("FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU", "08-05 08-17 08-19 08-31"),
    ],
)
def test_the_first_day_of_the_week_decides_which_weeks_count(text, expected):
    assert [day[5:] for day in picked(text, "1997-08-05", 9)] == expected.split()


@pytest.mark.parametrize(
    ("text", "start", "expected"),
    [
        ("FREQ=MONTHLY", "2027-01-31", ["2027-01-31", "2027-03-31", "2027-05-31"]),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", "2027-01-31", ["2027-01-31", "2027-02-28", "2027-03-31"]),
        (
            "FREQ=MONTHLY;BYMONTHDAY=28,29,30;BYSETPOS=-1",
            "2027-01-30",
            ["2027-01-30", "2027-02-28", "2027-03-30"],
        ),
        ("FREQ=YEARLY", "2096-02-29", ["2096-02-29", "2104-02-29", "2108-02-29"]),
        (
            "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=28,29;BYSETPOS=-1",
            "2027-02-28",
            ["2027-02-28", "2028-02-29", "2029-02-28"],
        ),
    ],
)
def test_days_that_a_month_lacks_are_skipped_unless_the_rule_asks_for_its_end(text, start, expected):
    assert picked(text, start, 3) == expected


@pytest.mark.parametrize(
    "text",
    [
        "FREQ=YEARLY;BYDAY=MO;BYSETPOS=366",
        "FREQ=MONTHLY;BYDAY=MO;BYMONTHDAY=13;BYSETPOS=2",
        "FREQ=WEEKLY;BYDAY=MO;BYSETPOS=7",
        "FREQ=DAILY;BYDAY=MO;BYSETPOS=2",
        "FREQ=DAILY;INTERVAL=7;BYDAY=TU",
        "FREQ=YEARLY;INTERVAL=4;BYMONTH=2;BYMONTHDAY=29",
    ],
)
def test_a_rule_that_never_comes_true_comes_to_an_end(text):
    assert picked(text, "2027-01-04", 1) == []


def test_a_rule_without_end_is_followed_to_the_end_of_the_gateways_calendar():
    *_, last = days(RecurrenceRule.parse("FREQ=WEEKLY"), date(2027, 1, 4))
    assert LAST - timedelta(days=7) <= last < LAST


def _reads_alike(rule, start):
    """Whether dateutil, in which these are known bugs, takes the rule as the RFC says it."""
    ordinals = {bool(day.ordinal) for day in rule.by_day}
    is_mixed = len(ordinals) > 1  # it wants a day to be both
    is_partial_week = rule.frequency is Frequency.WEEKLY and start.weekday() != rule.week_start
    return not is_mixed and not (rule.by_set_position and is_partial_week)  # it forgets the days before


@given(rule=rules(), start=st.dates(date(2000, 1, 1), date(2100, 1, 1)), span=st.integers(1, 2500))
@settings(suppress_health_check=[HealthCheck.filter_too_much])
def test_dateutil_picks_the_same_days(rule, start, span):
    endless = msgspec.structs.replace(rule, count=None, until=None)
    before = start + timedelta(days=span)
    assume(_reads_alike(rule, start))
    # dateutil looks for the next day up to the year 9999.
    assume(any(day >= before for day in days(endless, start, before + timedelta(days=2500))))
    found = (at.date() for at in rrulestr(str(endless), dtstart=datetime.combine(start, time())))
    expected = islice(takewhile(lambda day: day < before, found), rule.count)
    assert list(days(rule, start, before)) == list(expected)
