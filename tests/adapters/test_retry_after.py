"""The Retry-After header."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.adapters.retry_after import retry_after

NOW = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("30", 30),
        ("1.5", 1.5),
        (" 0 ", 0),
        ("Sat, 21 Nov 2026 12:00:20 GMT", 20),
        ("Sat, 21 Nov 2026 11:00:00 GMT", 0),
        ("-3", None),
        ("soon", None),
        ("inf", None),
        ("nan", None),
        ("", None),
    ],
)
def test_seconds_fractions_and_dates_are_understood_and_nothing_else(value, seconds):
    expected = None if seconds is None else timedelta(seconds=seconds)
    assert retry_after({"retry-after": value}, now=NOW) == expected


def test_without_the_header_there_is_no_wait():
    assert retry_after({}, now=NOW) is None


def test_a_date_counts_from_the_answers_own_clock():
    headers = {"retry-after": "Sat, 21 Nov 2026 15:00:05 GMT", "date": "Sat, 21 Nov 2026 15:00:00 GMT"}
    assert retry_after(headers, now=NOW) == timedelta(seconds=5)
