"""What headers say of time: when an answer was given, and how long an upstream asks to be left alone."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Final

_REMEMBERED: Final = 64
"""Answers of one second have one date."""


def retry_after(headers: Mapping[str, str], *, now: datetime) -> timedelta | None:
    """The wait that an answer asks for: seconds, fractions too, or until a date; None if it names none.

    A date counts from the answer's own Date, so that two clocks need not agree; `now` stands in for that.
    """
    value = headers.get("retry-after", "").strip()
    try:
        wait = timedelta(seconds=float(value))
    except OverflowError:
        return None
    except ValueError:
        until = _date(value)
        return None if until is None else max(until - (dated(headers) or now), timedelta(0))
    return wait if wait >= timedelta(0) else None


def dated(headers: Mapping[str, str]) -> datetime | None:
    """When an answer was given, by the clock of the server; None if it does not say."""
    return _date(headers.get("date", ""))


@lru_cache(_REMEMBERED)
def _date(value: str) -> datetime | None:
    """An HTTP date as an instant, or None if it is none."""
    try:
        parsed = parsedate_to_datetime(value)
    except (ValueError, TypeError):
        return None
    return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
