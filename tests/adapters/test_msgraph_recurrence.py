"""RRULE as patternedRecurrence and back, against an oracle that reads Graph's documentation day by day."""

import sys
from datetime import date, datetime, timedelta
from itertools import islice

import msgspec
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from gateway.adapters.msgraph.recurrence import from_pattern, to_pattern
from gateway.adapters.msgraph.wire import PatternedRecurrence
from gateway.errors import InvalidInput, Unsupported
from gateway.model.recurrence.days import days
from gateway.model.recurrence.occurrences import check_start, expand
from gateway.model.recurrence.rule import RecurrenceRule
from gateway.model.time import EventTime, at_wall_clock, midnight, parse_local
from tests.model.recurrence_rules import rules

BERLIN = "Europe/Berlin"
DAYS = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"]
INDEXES = ["first", "second", "third", "fourth"]
FOUR_YEARS = timedelta(days=1500)
WEEKDAYS = DAYS[1:6]
rule = RecurrenceRule.parse


def at(local, zone=BERLIN):
    return EventTime(instant=at_wall_clock(parse_local(local), zone)[0], zone=zone)


def sent(text, start):
    return as_json(to_pattern(rule(text), start))


def as_json(recurrence):
    return msgspec.json.decode(msgspec.json.encode(recurrence))


def read(pattern, zone=BERLIN, *, is_all_day=False, **span):
    span = {"type": "noEnd", "startDate": "2027-01-01", **span}
    recurrence = msgspec.convert({"pattern": {"interval": 1, **pattern}, "range": span}, PatternedRecurrence)
    return from_pattern(recurrence, zone, is_all_day=is_all_day)


def graph_recurs_on(pattern, start, day):
    """Whether a pattern that begins at `start` falls on a day, as Graph's documentation says it."""

    def weekday(of):
        return DAYS[(of.weekday() + 1) % 7]

    def last_of_month(of):
        return (of.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)

    def clamped(of):
        return min(pattern["dayOfMonth"], last_of_month(of).day) == of.day

    def indexed(of):
        month = [of.replace(day=1) + timedelta(days=n) for n in range(last_of_month(of).day)]
        matching = [other for other in month if weekday(other) in pattern["daysOfWeek"]]
        place = -1 if pattern.get("index") == "last" else INDEXES.index(pattern.get("index", "first"))
        return matching[place] == of

    def week(of):
        while weekday(of) != pattern.get("firstDayOfWeek", "sunday"):
            of -= timedelta(days=1)
        return of

    months = (day.year - start.year) * 12 + day.month - start.month
    passed, falls = {
        "daily": lambda: ((day - start).days, True),
        "weekly": lambda: ((week(day) - week(start)).days // 7, weekday(day) in pattern["daysOfWeek"]),
        "absoluteMonthly": lambda: (months, clamped(day)),
        "relativeMonthly": lambda: (months, indexed(day)),
        "absoluteYearly": lambda: (day.year - start.year, day.month == pattern["month"] and clamped(day)),
        "relativeYearly": lambda: (day.year - start.year, day.month == pattern["month"] and indexed(day)),
    }[pattern["type"]]()
    return falls and passed % pattern["interval"] == 0


def graph_days(pattern, span, before):
    """The days of a recurrence of Graph's, by looking at each day."""
    start = date.fromisoformat(span["startDate"])
    end = min(before - timedelta(days=1), date.fromisoformat(span.get("endDate", "2200-01-01")))
    each = (start + timedelta(days=n) for n in range((end - start).days + 1))
    found = (day for day in each if graph_recurs_on(pattern, start, day))
    return list(islice(found, span.get("numberOfOccurrences")))


@st.composite
def patterns(draw):
    kind = draw(
        st.sampled_from(
            ["daily", "weekly", "absoluteMonthly", "relativeMonthly", "absoluteYearly", "relativeYearly"]
        )
    )
    pattern = {"type": kind, "interval": draw(st.integers(1, 5))}
    if kind == "weekly" or kind.startswith("relative"):
        chosen = st.lists(st.sampled_from(DAYS), min_size=1, max_size=7, unique=True)
        pattern["daysOfWeek"] = draw(st.one_of(chosen, st.just(WEEKDAYS)))
    if kind.startswith("relative"):
        pattern["index"] = draw(st.sampled_from([*INDEXES, "last"]))
    if kind.startswith("absolute"):
        pattern["dayOfMonth"] = draw(st.one_of(st.integers(1, 31), st.integers(28, 31)))
    if kind.endswith("Yearly"):
        pattern["month"] = draw(st.one_of(st.integers(1, 12), st.just(2)))
    if draw(st.booleans()):
        pattern["firstDayOfWeek"] = draw(st.sampled_from(DAYS))
    return pattern


STARTS = st.dates(date(2026, 1, 1), date(2098, 1, 1))


@given(pattern=patterns(), start=STARTS)
def test_a_pattern_reads_as_the_rule_that_picks_the_days_on_which_graph_recurs(pattern, start):
    found = read(pattern, startDate=start.isoformat())
    before = start + FOUR_YEARS
    assert list(days(found, start, before)) == graph_days(pattern, {"startDate": start.isoformat()}, before)


@given(pattern=patterns(), start=STARTS)
def test_every_pattern_that_is_read_can_be_sent_again(pattern, start):
    first = next(days(read(pattern, startDate=start.isoformat()), start), None)
    assume(first is not None)
    begins = at(f"{first}T10:00")
    known = read(pattern)
    again = as_json(to_pattern(known, begins))
    assert again["pattern"]["type"] == pattern["type"]
    before = first + FOUR_YEARS
    assert graph_days(again["pattern"], again["range"], before) == list(days(known, first, before))


def _accepted(given_rule, begins):
    """What is sent for the rule, or for the nearest one, which the refusal names, and that rule."""
    try:
        return to_pattern(given_rule, begins), given_rule
    except Unsupported as refusal:
        nearest = rule(refusal.problem.hint.removeprefix("Write ").removesuffix("."))
        assert nearest != given_rule
        return to_pattern(nearest, begins), nearest


@given(any_rule=rules(), start=STARTS, hour=st.integers(0, 23))
@settings(suppress_health_check=[HealthCheck.filter_too_much])
def test_what_is_sent_recurs_on_the_days_of_the_rule_and_reads_back_as_them(any_rule, start, hour):
    is_all_day = hour < 12 if any_rule.until is None else not isinstance(any_rule.until, datetime)
    try:
        first = next(days(any_rule, start, start + FOUR_YEARS), None)
    except InvalidInput:  # the day of the month is that of the start, and none of the months has it
        first = None
    assume(first is not None)
    begins = midnight(first, BERLIN) if is_all_day else at(f"{first}T{hour:02}:30")
    try:
        check_start(any_rule, begins)
    except InvalidInput:
        assume(False)
    recurrence, accepted = _accepted(any_rule, begins)
    before = first + FOUR_YEARS
    expected = _first_days(accepted, begins, before)
    back = from_pattern(recurrence, BERLIN, is_all_day=is_all_day)
    assert _first_days(back, begins, before) == expected
    wire = as_json(recurrence)
    assert graph_days(wire["pattern"], wire["range"], before) == expected


def _first_days(of, begins, before):
    """The dates on which the occurrences begin, as they are expanded for a calendar without recurrence."""
    horizon = midnight(before, BERLIN).instant
    found = expand(of, begins, begins, horizon=horizon, limit=FOUR_YEARS.days).occurrences
    return [one.start.day or one.start.local.date() for one in found]


@pytest.mark.parametrize(
    ("text", "start", "pattern"),
    [
        ("FREQ=DAILY;INTERVAL=3", "2027-01-04", {"type": "daily", "interval": 3}),
        (
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR;WKST=SU",
            "2027-01-04",
            {
                "type": "weekly",
                "interval": 2,
                "daysOfWeek": ["monday", "friday"],
                "firstDayOfWeek": "sunday",
            },
        ),
        ("FREQ=WEEKLY", "2027-01-05", {"type": "weekly", "interval": 1, "daysOfWeek": ["tuesday"]}),
        ("FREQ=DAILY;BYDAY=MO,TU", "2027-01-04", {"type": "weekly", "daysOfWeek": ["monday", "tuesday"]}),
        ("FREQ=DAILY;INTERVAL=2;BYDAY=MO", "2027-01-04", {"type": "weekly", "interval": 2}),
        ("FREQ=WEEKLY;BYDAY=MO,TU;BYSETPOS=-1", "2027-01-05", {"type": "weekly", "daysOfWeek": ["tuesday"]}),
        ("FREQ=MONTHLY", "2027-01-15", {"type": "absoluteMonthly", "interval": 1, "dayOfMonth": 15}),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", "2027-04-30", {"type": "absoluteMonthly", "dayOfMonth": 31}),
        (
            "FREQ=MONTHLY;BYMONTHDAY=28,29,30;BYSETPOS=-1",
            "2027-02-28",
            {"type": "absoluteMonthly", "dayOfMonth": 30},
        ),
        ("FREQ=MONTHLY;BYMONTHDAY=30,-1;BYSETPOS=1", "2027-01-30", {"dayOfMonth": 30}),
        ("FREQ=MONTHLY;BYMONTHDAY=30;COUNT=2", "2027-03-30", {"type": "absoluteMonthly", "dayOfMonth": 30}),
        ("FREQ=MONTHLY;INTERVAL=12", "2027-01-31", {"type": "absoluteMonthly", "interval": 12}),
        (
            "FREQ=MONTHLY;BYDAY=2TU",
            "2027-01-12",
            {"type": "relativeMonthly", "daysOfWeek": ["tuesday"], "index": "second"},
        ),
        ("FREQ=MONTHLY;BYDAY=-1FR", "2027-01-29", {"type": "relativeMonthly", "index": "last"}),
        (
            "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
            "2027-01-29",
            {"type": "relativeMonthly", "daysOfWeek": WEEKDAYS, "index": "last"},
        ),
        ("FREQ=MONTHLY;BYDAY=MO;BYMONTHDAY=8,9,10,11,12,13,14", "2027-01-11", {"index": "second"}),
        ("FREQ=MONTHLY;BYDAY=MO", "2027-01-04", {"type": "weekly", "daysOfWeek": ["monday"]}),
        ("FREQ=YEARLY", "2027-03-28", {"type": "absoluteYearly", "month": 3, "dayOfMonth": 28}),
        (
            "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=28,29;BYSETPOS=-1",
            "2027-02-28",
            {"type": "absoluteYearly", "month": 2, "dayOfMonth": 29},
        ),
        (
            "FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU",
            "2027-03-28",
            {"type": "relativeYearly", "month": 3, "daysOfWeek": ["sunday"], "index": "last"},
        ),
        (
            "FREQ=MONTHLY;BYMONTH=1,4,7,10;BYMONTHDAY=1",
            "2027-01-01",
            {"type": "absoluteMonthly", "interval": 3},
        ),
    ],
)
def test_a_rule_is_sent_as_the_pattern_that_means_the_same(text, start, pattern):
    found = sent(text, at(f"{start}T10:00"))["pattern"]
    assert {**found, **pattern} == found
    assert found["firstDayOfWeek"] == pattern.get("firstDayOfWeek", "monday")


@pytest.mark.parametrize(
    ("text", "start", "difference", "nearest"),
    [
        ("FREQ=MONTHLY", "2027-01-31", "adds 2027-02-28", "FREQ=MONTHLY;BYMONTHDAY=-1"),
        (
            "FREQ=MONTHLY;COUNT=9",
            "2027-01-30",
            "adds 2027-02-28",
            "FREQ=MONTHLY;COUNT=9;BYMONTHDAY=28,29,30;BYSETPOS=-1",
        ),
        (
            "FREQ=YEARLY",
            "2028-02-29",
            "adds 2029-02-28",
            "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=28,29;BYSETPOS=-1",
        ),
        ("FREQ=MONTHLY;BYDAY=5MO", "2027-03-29", "adds 2027-04-26", "FREQ=MONTHLY;BYDAY=-1MO"),
        (
            "FREQ=MONTHLY;BYDAY=1MO,3MO;UNTIL=20281231T000000Z",
            "2027-01-04",
            "leaves out 2027-01-18",
            "FREQ=MONTHLY;UNTIL=20281231T000000Z;BYDAY=1MO",
        ),
        ("FREQ=WEEKLY;BYMONTH=6,7,8", "2027-06-07", "adds 2027-09-06", "FREQ=WEEKLY;BYDAY=MO"),
    ],
)
def test_a_rule_without_a_pattern_is_refused_with_the_difference_and_the_nearest_rule(
    text, start, difference, nearest
):
    with pytest.raises(Unsupported, match=difference) as refusal:
        sent(text, at(f"{start}T10:00"))
    assert refusal.value.problem.hint == f"Write {nearest}."


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        ("", {"type": "noEnd"}),
        (";COUNT=3", {"type": "numbered", "numberOfOccurrences": 3}),
        # 22:00 in Berlin is 20:00 in UTC then: the day of UNTIL counts, or only the one before.
        (";UNTIL=20270401T200000Z", {"type": "endDate", "endDate": "2027-04-01"}),
        (";UNTIL=20270401T195959Z", {"type": "endDate", "endDate": "2027-03-31"}),
        (";UNTIL=20270331T230000Z", {"type": "endDate", "endDate": "2027-03-31"}),
    ],
)
def test_a_range_begins_with_the_local_date_and_ends_with_one_inclusive(end, expected):
    found = sent(f"FREQ=DAILY{end}", at("2027-03-20T22:00"))["range"]
    zone = {"startDate": "2027-03-20", "recurrenceTimeZone": "W. Europe Standard Time"}
    assert found == {**expected, **zone}


def test_the_range_of_a_series_of_whole_days_is_that_of_its_dates():
    found = sent("FREQ=DAILY;UNTIL=20270401", midnight(date(2027, 3, 20), BERLIN))["range"]
    assert (found["startDate"], found["endDate"]) == ("2027-03-20", "2027-04-01")


def test_the_end_of_a_range_is_read_in_its_own_zone():
    span = {"type": "endDate", "endDate": "2027-03-31"}
    pattern = {"type": "daily"}
    assert str(read(pattern, **span)) == "FREQ=DAILY;UNTIL=20270331T215959Z"
    assert str(read(pattern, is_all_day=True, **span)) == "FREQ=DAILY;UNTIL=20270331"
    tokyo = {**span, "recurrenceTimeZone": "Tokyo Standard Time"}
    assert str(read(pattern, **tokyo)) == "FREQ=DAILY;UNTIL=20270331T145959Z"
    nameless = {**span, "recurrenceTimeZone": "tzone://Microsoft/Custom"}
    assert str(read(pattern, **nameless)) == "FREQ=DAILY;UNTIL=20270331T215959Z"


def test_what_a_type_does_not_use_is_ignored_in_what_graph_shows():
    echoed = {"month": 0, "dayOfMonth": 0, "firstDayOfWeek": "sunday", "index": "first", "daysOfWeek": []}
    found = read(
        {**echoed, "type": "daily"},
        endDate="0001-01-01",
        numberOfOccurrences=0,
        recurrenceTimeZone="Pacific Standard Time",
    )
    assert str(found) == "FREQ=DAILY"


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ({"type": "weekly", "daysOfWeek": ["monday"]}, "FREQ=WEEKLY;BYDAY=MO;WKST=SU"),
        ({"type": "absoluteMonthly", "dayOfMonth": 28}, "FREQ=MONTHLY;BYMONTHDAY=28"),
        ({"type": "absoluteMonthly", "dayOfMonth": 29}, "FREQ=MONTHLY;BYMONTHDAY=28,29;BYSETPOS=-1"),
        ({"type": "absoluteMonthly", "dayOfMonth": 31}, "FREQ=MONTHLY;BYMONTHDAY=-1"),
        ({"type": "absoluteYearly", "dayOfMonth": 31, "month": 4}, "FREQ=YEARLY;BYMONTH=4;BYMONTHDAY=30"),
        (
            {"type": "absoluteYearly", "dayOfMonth": 29, "month": 2},
            "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=28,29;BYSETPOS=-1",
        ),
        ({"type": "relativeMonthly", "daysOfWeek": ["friday"]}, "FREQ=MONTHLY;BYDAY=1FR"),
    ],
)
def test_a_pattern_has_one_text(pattern, text):
    assert str(read(pattern)) == text


@pytest.mark.parametrize(
    "pattern",
    [
        {"type": "hebrewMonthly"},
        {"type": "weekly", "daysOfWeek": ["someday"]},
        {"type": "weekly", "daysOfWeek": ["monday"], "firstDayOfWeek": "today"},
        {"type": "relativeMonthly", "daysOfWeek": ["monday"], "index": "fifth"},
    ],
)
def test_a_word_that_is_not_known_makes_no_rule(pattern):
    assert read(pattern) is None


def test_a_range_that_is_not_known_makes_no_rule():
    assert read({"type": "daily"}, type="forAWhile") is None


@pytest.mark.parametrize(
    ("pattern", "span"),
    [
        ({"type": "weekly"}, {}),
        ({"type": "relativeYearly", "month": 2}, {}),
        ({"type": "absoluteMonthly"}, {}),
        ({"type": "absoluteYearly", "dayOfMonth": 1}, {}),
        ({"type": "daily", "interval": 0}, {}),
        ({"type": "daily"}, {"type": "numbered"}),
        ({"type": "daily"}, {"type": "endDate"}),
    ],
)
def test_a_recurrence_that_lacks_what_its_type_needs_is_refused(pattern, span):
    with pytest.raises(InvalidInput):
        read(pattern, **span)


def test_a_start_that_does_not_match_is_refused_and_the_first_match_named():
    with pytest.raises(InvalidInput) as refusal:
        sent("FREQ=MONTHLY;BYDAY=1MO", at("2027-01-05T10:00"))
    assert "2027-02-01" in refusal.value.problem.hint


def test_a_series_that_ends_before_it_starts_is_refused():
    with pytest.raises(InvalidInput, match="ends before"):
        sent("FREQ=DAILY;UNTIL=20270104T085959Z", at("2027-01-04T10:00"))


def test_a_zone_that_graph_has_no_name_for_is_refused():
    with pytest.raises(Unsupported, match="Antarctica/Troll"):
        sent("FREQ=DAILY", at("2027-01-04T10:00", "Antarctica/Troll"))


def test_a_zone_that_is_sent_as_another_must_show_the_same_time_on_each_day():
    vienna = to_pattern(rule("FREQ=DAILY"), at("2027-01-04T10:00", "Europe/Vienna"))
    assert vienna.range.recurrence_time_zone == "W. Europe Standard Time"
    # Its only name is that of the Azores, whose clocks are an hour ahead.
    with pytest.raises(Unsupported, match="America/Scoresbysund") as refusal:
        to_pattern(rule("FREQ=DAILY"), at("2027-01-04T10:00", "America/Scoresbysund"))
    assert refusal.value.problem.path == ("timeZone",)


HOSTILE = [
    "FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYSETPOS=2",
    "FREQ=DAILY;BYDAY=MO;BYSETPOS=2",
    "FREQ=DAILY;COUNT=99999",
    "FREQ=DAILY;UNTIL=99991231T235959Z",
    "FREQ=DAILY;INTERVAL=999;BYMONTHDAY=4",
    "FREQ=WEEKLY;BYDAY=MO;BYSETPOS=7",
    "FREQ=MONTHLY;BYDAY=MO;BYMONTHDAY=4;BYSETPOS=1",
    "FREQ=YEARLY;BYDAY=MO;BYSETPOS=366",
    "FREQ=YEARLY;BYDAY=1MO,-1MO,53MO;BYSETPOS=-1,1",
    "FREQ=YEARLY;BYMONTH=1;BYMONTHDAY=4;BYDAY=MO",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_the_steps_that_any_rule_takes_are_bounded(text):
    calls = 0

    def count(_frame, event, _argument):
        nonlocal calls
        calls += event == "call"

    parsed, start = rule(text), at("2027-01-04T10:00")
    before = sys.getprofile()
    sys.setprofile(count)
    try:
        to_pattern(parsed, start)
    except (InvalidInput, Unsupported):
        pass
    finally:
        sys.setprofile(before)
    assert 0 < calls < 50_000
