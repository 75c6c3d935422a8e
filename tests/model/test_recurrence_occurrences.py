"""Series as single events: wall clocks, changes of the clocks, exceptions, ends and cuts."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import InvalidInput, InvalidTime
from gateway.model.recurrence.occurrences import check_start, end_of, expand, last_day
from gateway.model.recurrence.rule import RecurrenceRule
from gateway.model.time import EventTime, add_days, at_wall_clock, midnight, parse_local, to_rfc3339

FAR = datetime(2040, 1, 1, tzinfo=UTC)
BERLIN = "Europe/Berlin"
rule = RecurrenceRule.parse


def at(local, zone=BERLIN, *, latest=False):
    return EventTime(instant=at_wall_clock(parse_local(local), zone)[latest], zone=zone)


def expanded(text, start, end, *, horizon=FAR, limit=5, **more):
    return expand(rule(text), start, end, horizon=horizon, limit=limit, **more)


def spans(expansion):
    return [
        (to_rfc3339(found.start.instant)[:16], to_rfc3339(found.end.instant)[:16])
        for found in expansion.occurrences
    ]


def test_each_occurrence_begins_and_ends_by_the_wall_clock():
    found = expanded("FREQ=WEEKLY;COUNT=3", at("2027-03-21T22:00"), at("2027-03-22T06:00"))
    assert spans(found) == [
        ("2027-03-21T21:00", "2027-03-22T05:00"),
        ("2027-03-28T20:00", "2027-03-29T04:00"),
        ("2027-04-04T20:00", "2027-04-05T04:00"),
    ]


def test_an_occurrence_over_a_change_of_the_clocks_is_longer_or_shorter():
    found = expanded("FREQ=DAILY;COUNT=2", at("2027-03-26T22:00"), at("2027-03-27T06:00"))
    assert spans(found)[1] == ("2027-03-27T21:00", "2027-03-28T04:00")


def test_an_occurrence_in_a_gap_takes_the_earlier_start_and_the_later_end():
    found = expanded("FREQ=DAILY;COUNT=2", at("2027-03-27T02:15"), at("2027-03-27T02:45"))
    assert spans(found)[1] == ("2027-03-28T00:15", "2027-03-28T01:45")


def test_an_occurrence_in_an_overlap_takes_the_earlier_start_and_the_later_end():
    found = expanded("FREQ=DAILY;COUNT=2", at("2027-10-30T02:15"), at("2027-10-30T02:45"))
    assert spans(found)[1] == ("2027-10-31T00:15", "2027-10-31T01:45")


def test_the_first_occurrence_is_as_it_was_given():
    start, end = at("2027-10-31T02:15", latest=True), at("2027-10-31T02:45", latest=True)
    found = expanded("FREQ=DAILY;COUNT=2", start, end)
    assert spans(found) == [
        ("2027-10-31T01:15", "2027-10-31T01:45"),
        ("2027-11-01T01:15", "2027-11-01T01:45"),
    ]


def test_a_first_occurrence_during_which_clocks_go_back_lends_its_length():
    found = expanded("FREQ=DAILY;COUNT=2", at("2027-10-31T02:45"), at("2027-10-31T02:15", latest=True))
    assert spans(found) == [
        ("2027-10-31T00:45", "2027-10-31T01:15"),
        ("2027-11-01T01:45", "2027-11-01T02:15"),
    ]


def test_the_zone_of_the_start_is_the_one_whose_clock_counts():
    end = EventTime(instant=at("2027-03-21T23:00").instant, zone="America/New_York")
    found = expanded("FREQ=WEEKLY;COUNT=2", at("2027-03-21T22:00"), end)
    assert spans(found)[1] == ("2027-03-28T20:00", "2027-03-28T21:00")
    assert [(one.start.zone, one.end.zone) for one in found.occurrences] == [
        (BERLIN, "America/New_York"),
        (BERLIN, "America/New_York"),
    ]


def test_whole_days_recur_by_dates():
    start = midnight(date(2027, 3, 27), BERLIN)
    found = expanded("FREQ=DAILY;INTERVAL=2;COUNT=3", start, midnight(date(2027, 3, 29), BERLIN, latest=True))
    assert [(one.start.day, one.end.day) for one in found.occurrences] == [
        (date(2027, 3, 27), date(2027, 3, 29)),
        (date(2027, 3, 29), date(2027, 3, 31)),
        (date(2027, 3, 31), date(2027, 4, 2)),
    ]
    assert spans(found)[:2] == [
        ("2027-03-26T23:00", "2027-03-28T22:00"),
        ("2027-03-28T22:00", "2027-03-30T22:00"),
    ]


def test_a_whole_day_without_midnight_lacks_no_moment():
    havana = "America/Havana"  # where clocks go from 00:00 to 01:00 on 14 March 2027
    found = expanded(
        "FREQ=DAILY;COUNT=3",
        midnight(date(2027, 3, 12), havana),
        midnight(date(2027, 3, 13), havana, latest=True),
    )
    ends, starts = [span[1] for span in spans(found)], [span[0] for span in spans(found)]
    assert all(end >= start for end, start in zip(ends, starts[1:], strict=False))


def test_an_excepted_date_is_left_out_and_counted():
    found = expanded(
        "FREQ=DAILY;COUNT=3",
        at("2027-01-01T00:30"),
        at("2027-01-01T01:00"),
        except_dates={date(2027, 1, 2)},
    )
    assert [one.start.local.day for one in found.occurrences] == [1, 3]
    assert not found.is_cut


def test_a_series_may_be_all_exceptions():
    found = expanded(
        "FREQ=DAILY;COUNT=1",
        at("2027-01-01T10:00"),
        at("2027-01-01T11:00"),
        except_dates={date(2027, 1, 1)},
    )
    assert found.occurrences == ()


@pytest.mark.parametrize(
    ("text", "horizon", "limit", "count", "is_cut"),
    [
        ("FREQ=DAILY", FAR, 5, 5, True),
        ("FREQ=DAILY;COUNT=5", FAR, 5, 5, False),
        ("FREQ=DAILY;COUNT=6", FAR, 5, 5, True),
        ("FREQ=DAILY", datetime(2027, 1, 3, 9, tzinfo=UTC), 5, 2, True),
        ("FREQ=DAILY", datetime(2027, 1, 3, 9, 0, 1, tzinfo=UTC), 5, 3, True),
        ("FREQ=DAILY;UNTIL=20270103T090000Z", datetime(2027, 1, 4, 9, tzinfo=UTC), 5, 3, False),
        # Nothing lies between the horizon and UNTIL.
        ("FREQ=YEARLY;UNTIL=20271231T000000Z", datetime(2027, 2, 1, tzinfo=UTC), 5, 1, False),
        ("FREQ=DAILY", datetime(2026, 1, 1, tzinfo=UTC), 5, 0, True),
    ],
)
def test_a_series_says_whether_it_was_cut(text, horizon, limit, count, is_cut):
    start, end = at("2027-01-01T10:00"), at("2027-01-01T11:00")
    found = expanded(text, start, end, horizon=horizon, limit=limit)
    assert (len(found.occurrences), found.is_cut) == (count, is_cut)


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("FREQ=WEEKLY;BYDAY=TU", "2027-01-05"),
        ("FREQ=MONTHLY;BYMONTHDAY=31", "2027-01-31"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "2028-02-29"),
        ("FREQ=MONTHLY;INTERVAL=5;BYMONTHDAY=3", "2027-06-03"),
    ],
)
def test_a_start_that_does_not_match_is_refused_and_the_first_match_named(text, first):
    with pytest.raises(InvalidInput) as refusal:
        expanded(text, at("2027-01-04T00:30"), at("2027-01-04T01:00"))
    assert f"The first one is {first}" in refusal.value.problem.hint


@pytest.mark.parametrize(
    "text", ["FREQ=MONTHLY;BYDAY=MO;BYSETPOS=9", "FREQ=WEEKLY;BYDAY=FR;UNTIL=20270105T000000Z"]
)
def test_a_rule_without_any_day_is_refused(text):
    with pytest.raises(InvalidInput, match="neither the day of the start, 2027-01-04, nor one in"):
        check_start(rule(text), at("2027-01-04T10:00"))


def test_the_day_that_must_match_is_the_one_on_the_series_own_clock():
    tuesday_in_tokyo = EventTime(instant=datetime(2027, 1, 4, 20, tzinfo=UTC), zone="Asia/Tokyo")
    check_start(rule("FREQ=WEEKLY;BYDAY=TU"), tuesday_in_tokyo)


@pytest.mark.parametrize(
    ("until", "last"),
    [
        ("20270110T210000Z", "2027-01-10"),
        ("20270110T205959Z", "2027-01-09"),
        ("20270110T235959Z", "2027-01-10"),
        ("99991231T235959Z", "2199-12-31"),
    ],
)
def test_until_is_an_instant_and_counts_the_occurrence_that_begins_at_it(until, last):
    start = at("2027-01-04T22:00")
    assert last_day(rule(f"FREQ=DAILY;UNTIL={until}"), start) == date.fromisoformat(last)


def test_until_reaches_an_occurrence_that_a_gap_moved_to_the_evening_before():
    havana = "America/Havana"  # its clocks never show 00:30 on 14 March 2027
    start = at("2027-03-10T00:30", havana)
    gap = at("2027-03-14T00:30", havana)
    assert gap.local.date() == date(2027, 3, 13)
    text = f"FREQ=DAILY;UNTIL={gap.instant:%Y%m%dT%H%M%SZ}"
    found = expanded(text, start, at("2027-03-10T01:30", havana))
    assert found.occurrences[-1].start == gap
    assert not found.is_cut


@pytest.mark.parametrize("until", ["20261231", "00010101"])
def test_a_series_of_whole_days_that_ends_before_it_starts_is_refused(until):
    with pytest.raises(InvalidTime, match="ends before the event starts"):
        check_start(rule(f"FREQ=DAILY;UNTIL={until}"), midnight(date(2027, 1, 1), BERLIN))


@pytest.mark.parametrize("until", ["20270104T085959Z", "00010101T000000Z"])
def test_a_series_that_ends_before_it_starts_is_refused(until):
    with pytest.raises(InvalidTime, match="ends before the event starts"):
        check_start(rule(f"FREQ=DAILY;UNTIL={until}"), at("2027-01-04T10:00"))


def test_until_as_a_date_is_refused_for_times_and_the_instant_given():
    with pytest.raises(InvalidInput, match="UNTIL is a date") as refusal:
        check_start(rule("FREQ=DAILY;UNTIL=20270331"), at("2027-01-04T10:00"))
    assert refusal.value.problem.hint == "Write FREQ=DAILY;UNTIL=20270331T215959Z."


@pytest.mark.parametrize(
    ("until", "written"),
    [
        ("20270331T220000Z", "20270401"),
        ("99991231T235959Z", "22000101"),
        ("00010101T000000Z", "19700101"),
    ],
)
def test_until_as_an_instant_is_refused_for_whole_days_and_the_date_given(until, written):
    with pytest.raises(InvalidInput, match="UNTIL is an instant") as refusal:
        check_start(rule(f"FREQ=DAILY;UNTIL={until}"), midnight(date(2027, 1, 1), BERLIN))
    assert refusal.value.problem.hint == f"Write FREQ=DAILY;UNTIL={written}."


@given(
    day=st.dates(date(2026, 1, 1), date(2028, 1, 1)),
    minute=st.integers(0, 24 * 60 - 1),
    length=st.integers(1, 4000),
    zone=st.sampled_from([BERLIN, "America/Havana", "Australia/Lord_Howe", "UTC", "Asia/Kathmandu"]),
)
def test_every_occurrence_shows_the_same_clock_or_lies_round_a_change_of_it(day, minute, length, zone):
    begins = datetime.combine(day, datetime.min.time()) + timedelta(minutes=minute)
    start = EventTime(instant=at_wall_clock(begins, zone)[0], zone=zone)
    end = EventTime(instant=at_wall_clock(begins + timedelta(minutes=length), zone)[1], zone=zone)
    found = expanded("FREQ=DAILY;INTERVAL=5", start, end, limit=80).occurrences
    wall = end.local - start.local
    for index, one in enumerate(found):
        shown = datetime.combine(add_days(start.local.date(), 5 * index), start.local.time())
        assert one.start.instant <= one.end.instant
        # A change moves clocks by an hour, or half of one.
        assert abs(one.start.local - shown) <= timedelta(hours=1)
        assert abs(one.end.local - (shown + max(wall, end.instant - start.instant))) <= timedelta(hours=2)


@given(day=st.dates(date(2026, 1, 1), date(2028, 1, 1)), minute=st.integers(0, 24 * 60 - 1))
def test_the_end_of_a_day_lets_all_begin_on_it_and_none_on_the_next(day, minute):
    begins = datetime.combine(day, datetime.min.time()) + timedelta(minutes=minute)
    assert at_wall_clock(begins, BERLIN)[1] <= end_of(day, BERLIN)
    assert at_wall_clock(begins + timedelta(days=1), BERLIN)[0] > end_of(day, BERLIN)
