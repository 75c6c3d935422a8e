"""Dates as Elasticsearch reads and writes them."""

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.sandbox.elasticsearch.dates import bound, event_time, instant_text, millis, timestamp_text
from gateway.sandbox.elasticsearch.errors import Failure

NOW = datetime(2026, 11, 18, 15, 30, 12, 345000, tzinfo=UTC)


@given(st.datetimes(timezones=st.just(UTC)))
def test_an_instant_is_written_as_the_calendar_has_it(instant):
    time = millis(instant)
    expected = instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    assert timestamp_text(time) == expected
    assert instant_text(time) == expected.replace(".000Z", "Z")


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_written_instant_is_read_back(instant):
    time = millis(instant)
    assert event_time(timestamp_text(time), naive_is_utc=True) == time


def test_instants_beyond_pythons_years_are_written():
    assert instant_text(253402300800000) == "+10000-01-01T00:00:00Z"
    assert instant_text(-62167219200001) == "-0001-12-31T23:59:59.999Z"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1513641600000", "2017-12-19T00:00:00Z"),
        ("-1", "1969-12-31T23:59:59.999Z"),
        ("1513641600000.9", "2017-12-19T00:00:00Z"),
        ("2017-12-19T00:00:00+01:00", "2017-12-18T23:00:00Z"),
        ("2017-12-19T00:00-0130", "2017-12-19T01:30:00Z"),
        ("2017-12-19T00+01", "2017-12-18T23:00:00Z"),
        ("2017-12-19T00:00:00,123456789Z", "2017-12-19T00:00:00.123Z"),
        ("2017-12-19T00:00:00", "2017-12-19T00:00:00Z"),
        ("2017-12-19T00:00:00Europe/Paris", "2017-12-19T00:00:00Z"),
    ],
)
def test_event_times_are_read(text, expected):
    assert instant_text(event_time(text, naive_is_utc=True)) == expected


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("2017", "date_time_exception"),
        ("2017-12", "date_time_exception"),
        ("2017-12-01", "date_time_exception"),
        ("2017-12-01T", "date_time_exception"),
        ("2017-12-01T24:00:00Z", "illegal_argument_exception"),
        ("2017-02-30T00:00:00Z", "illegal_argument_exception"),
        ("2017-12-01 00:00:00Z", "illegal_argument_exception"),
        ("2017-12-01T00:00:00Nowhere/Else", "illegal_argument_exception"),
        ("9999-12-31T23:00:00-02:00", "illegal_argument_exception"),
        ("now", "illegal_argument_exception"),
        ("1e12", "illegal_argument_exception"),
        ("99999999999999999999", "illegal_argument_exception"),
        ("", "illegal_argument_exception"),
    ],
)
def test_event_times_without_a_time_of_day_or_sense_are_refused(text, kind):
    with pytest.raises(Failure) as caught:
        event_time(text, naive_is_utc=True)
    assert caught.value.cause.type == kind


@pytest.mark.parametrize(
    ("text", "down", "up"),
    [
        ("now", "2026-11-18T15:30:12.345Z", "2026-11-18T15:30:12.345Z"),
        ("now-1d", "2026-11-17T15:30:12.345Z", "2026-11-17T15:30:12.345Z"),
        ("now/d", "2026-11-18T00:00:00Z", "2026-11-18T23:59:59.999Z"),
        ("now/w", "2026-11-16T00:00:00Z", "2026-11-22T23:59:59.999Z"),
        ("now-1M/M", "2026-10-01T00:00:00Z", "2026-10-31T23:59:59.999Z"),
        ("now+2y/y", "2028-01-01T00:00:00Z", "2028-12-31T23:59:59.999Z"),
        ("now/h+30m", "2026-11-18T15:30:00Z", "2026-11-18T16:29:59.999Z"),
        ("2024-01-31||+1M", "2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z"),
        ("2024-01-31", "2024-01-31T00:00:00Z", "2024-01-31T23:59:59.999Z"),
        ("2024-02", "2024-02-01T00:00:00Z", "2024-02-29T23:59:59.999Z"),
        ("2024", "2024-01-01T00:00:00Z", "2024-12-31T23:59:59.999Z"),
        ("2024-01-31T03:00:00Z", "2024-01-31T03:00:00Z", "2024-01-31T03:00:00.999Z"),
        ("2024-01-31T03:00:00.5Z", "2024-01-31T03:00:00.500Z", "2024-01-31T03:00:00.500Z"),
        ("2024-01-31T03:00+01:00", "2024-01-31T02:00:00Z", "2024-01-31T02:00:59.999Z"),
        ("2024-07-01T00:00:00Europe/Paris", "2024-06-30T22:00:00Z", "2024-06-30T22:00:00.999Z"),
        ("1513641600000", "2017-12-19T00:00:00Z", "2017-12-19T00:00:00Z"),
    ],
)
def test_bounds_round_down_to_their_first_millisecond_and_up_to_their_last(text, down, up):
    assert instant_text(bound(text, NOW, round_up=False)) == down
    assert instant_text(bound(text, NOW, round_up=True)) == up


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("now*1d", "operator not supported for date math [*1d]"),
        ("now+", "truncated date math [+]"),
        ("now+1", "truncated date math [+1]"),
        ("now+1x", "unit [x] not supported for date math [+1x]"),
        ("now/2d", "rounding `/` can only be used on single unit types [/2d]"),
    ],
)
def test_wrong_date_math_is_refused(text, reason):
    with pytest.raises(Failure) as caught:
        bound(text, NOW, round_up=False)
    assert caught.value.cause.reason == reason


@given(st.text(alphabet="now0123456789-+/|:TZ.yMwdhms", max_size=24))
def test_whatever_is_no_bound_is_refused_and_nothing_else_happens(text):
    with suppress(Failure):
        assert isinstance(bound(text, NOW, round_up=True), int)
