"""RRULE texts as values, and back."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.errors import InvalidInput
from gateway.model.recurrence.rule import ByDay, Frequency, RecurrenceRule, Weekday
from tests.model.recurrence_rules import rules


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("FREQ=DAILY", RecurrenceRule(frequency=Frequency.DAILY)),
        (
            "RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE;WKST=SU;COUNT=10",
            RecurrenceRule(
                frequency=Frequency.WEEKLY,
                interval=2,
                count=10,
                by_day=frozenset({ByDay(Weekday.MO), ByDay(Weekday.WE)}),
                week_start=Weekday.SU,
            ),
        ),
        (
            "FREQ=MONTHLY;BYDAY=+2TU,-1FR;UNTIL=20270331T215959Z",
            RecurrenceRule(
                frequency=Frequency.MONTHLY,
                until=datetime(2027, 3, 31, 21, 59, 59, tzinfo=UTC),
                by_day=frozenset({ByDay(Weekday.TU, 2), ByDay(Weekday.FR, -1)}),
            ),
        ),
        (
            "freq=yearly;bymonth=2;bymonthday=28,29;bysetpos=-1;until=20270331",
            RecurrenceRule(
                frequency=Frequency.YEARLY,
                until=date(2027, 3, 31),
                by_month=frozenset({2}),
                by_month_day=frozenset({28, 29}),
                by_set_position=frozenset({-1}),
            ),
        ),
    ],
)
def test_a_rule_is_what_its_text_says(text, rule):
    assert RecurrenceRule.parse(text) == rule


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("COUNT=3;FREQ=DAILY;INTERVAL=1", "FREQ=DAILY;COUNT=3"),
        ("rrule:freq=weekly;wkst=mo;byday=fr,mo,fr", "FREQ=WEEKLY;BYDAY=MO,FR"),
        ("FREQ=MONTHLY;BYDAY=+1MO,-1MO,TU", "FREQ=MONTHLY;BYDAY=-1MO,1MO,TU"),
        ("FREQ=MONTHLY;BYMONTHDAY=+15,1,-1", "FREQ=MONTHLY;BYMONTHDAY=-1,1,15"),
        (" FREQ=YEARLY;UNTIL=09991231T235959Z\n", "FREQ=YEARLY;UNTIL=09991231T235959Z"),
    ],
)
def test_rules_that_are_the_same_have_the_same_text(text, canonical):
    assert str(RecurrenceRule.parse(text)) == canonical


@given(rule=rules())
def test_the_text_of_a_rule_is_that_rule(rule):
    assert RecurrenceRule.parse(str(rule)) == rule


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no part of a rule"),
        ("FREQ=DAILY;", "no part of a rule"),
        ("INTERVAL=2", "no FREQ"),
        ("FREQ=SECONDLY", "FREQ=SECONDLY is not supported"),
        ("FREQ=MINUTELY;COUNT=2", "FREQ=MINUTELY is not supported"),
        ("FREQ=HOURLY", "FREQ=HOURLY is not supported"),
        ("FREQ=DAILY;BYHOUR=9", "'BYHOUR=9' is no part"),
        ("FREQ=YEARLY;BYWEEKNO=20", "'BYWEEKNO=20' is no part"),
        ("FREQ=YEARLY;BYYEARDAY=100", "'BYYEARDAY=100' is no part"),
        ("FREQ=MONTHLY;RSCALE=GREGORIAN;SKIP=BACKWARD", "is no part"),
        ("DTSTART:20270101T000000Z\nRRULE:FREQ=DAILY", "is no part"),
        ("FREQ=DAILY;FREQ=DAILY", "FREQ twice"),
        ("FREQ=DAILY;COUNT=2;UNTIL=20270101", "not with both"),
        ("FREQ=DAILY;INTERVAL=0", "INTERVAL has 0"),
        ("FREQ=DAILY;INTERVAL=-1", "INTERVAL has -1"),
        ("FREQ=DAILY;INTERVAL=1000", "INTERVAL has 1000"),
        ("FREQ=DAILY;INTERVAL=" + "9" * 500, "no whole number, or too large"),
        ("FREQ=DAILY;INTERVAL=1.5", "no whole number"),
        ("FREQ=DAILY;INTERVAL=٣", "no whole number"),
        ("FREQ=DAILY;INTERVAL", "no whole number"),
        ("FREQ=DAILY;COUNT=0", "COUNT has 0"),
        ("FREQ=DAILY;COUNT=999999999", "too large"),
        ("FREQ=DAILY;UNTIL=20270229", "on no calendar"),
        ("FREQ=DAILY;UNTIL=20270228T250000Z", "on no calendar"),
        ("FREQ=DAILY;UNTIL=20270228T100000", "neither a date nor an instant in UTC"),
        ("FREQ=DAILY;UNTIL=2027-02-28", "neither a date nor an instant in UTC"),
        ("FREQ=WEEKLY;BYDAY=1MO", "BYDAY with ordinals"),
        ("FREQ=DAILY;BYDAY=-1MO", "BYDAY with ordinals"),
        ("FREQ=WEEKLY;BYDAY=XX", "BYDAY=XX is no day of the week"),
        ("FREQ=WEEKLY;BYDAY=", "BYDAY= is no day of the week"),
        ("FREQ=MONTHLY;BYDAY=0MO", "counts from 1"),
        ("FREQ=MONTHLY;BYDAY=6MO", "ordinals of BYDAY has 6"),
        ("FREQ=YEARLY;BYMONTH=3;BYDAY=-6MO", "ordinals of BYDAY has 6"),
        ("FREQ=YEARLY;BYDAY=54MO", "ordinals of BYDAY has 54"),
        ("FREQ=WEEKLY;BYMONTHDAY=1", "BYMONTHDAY cannot go with FREQ=WEEKLY"),
        ("FREQ=MONTHLY;BYMONTHDAY=0", "BYMONTHDAY has 0"),
        ("FREQ=MONTHLY;BYMONTHDAY=-32", "BYMONTHDAY has 32"),
        ("FREQ=YEARLY;BYMONTH=13", "BYMONTH has 13"),
        ("FREQ=YEARLY;BYMONTH=-1", "BYMONTH has -1"),
        ("FREQ=MONTHLY;BYMONTHDAY=1;BYSETPOS=0", "BYSETPOS has 0"),
        ("FREQ=MONTHLY;BYMONTHDAY=1;BYSETPOS=367", "BYSETPOS has 367"),
        ("FREQ=MONTHLY;BYSETPOS=1", "BYSETPOS needs"),
        ("FREQ=WEEKLY;WKST=1", "WKST=1 is no day of the week"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "BYMONTHDAY=30 never comes in BYMONTH=2"),
        ("FREQ=DAILY;BYMONTH=4,6;BYMONTHDAY=31,-31", "never comes"),
        ("FREQ=DAILY;BYMONTH=" + ",".join(["1"] * 600), "too long"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_the_reason(text, reason):
    with pytest.raises(InvalidInput, match=reason.replace("(", r"\(")):
        RecurrenceRule.parse(text)


def test_an_instant_without_a_zone_ends_no_rule():
    with pytest.raises(InvalidInput, match="UTC"):
        RecurrenceRule(frequency=Frequency.DAILY, until=datetime(2027, 1, 1))  # noqa: DTZ001 the point of it


_WORDS = st.sampled_from(
    ["FREQ=DAILY", "FREQ=YEARLY", ";INTERVAL=", ";COUNT=", ";UNTIL=", ";BYDAY=", ";BYMONTH=", ";BYSETPOS="]
)
_VALUES = st.sampled_from(["MO", "-1SU", ",", "29", "1", "20270101T000000Z", "=", ";"])


@given(text=st.one_of(st.text(), st.lists(_WORDS | _VALUES).map("".join)))
@example("FREQ=DAILY;UNTIL=00000000")
@example("FREQ=DAILY;COUNT=²")
@example("FREQ=ﬀ")
def test_any_text_is_refused_or_is_a_rule_that_can_be_written(text):
    try:
        rule = RecurrenceRule.parse(text)
    except InvalidInput:
        return
    assert RecurrenceRule.parse(str(rule)) == rule
