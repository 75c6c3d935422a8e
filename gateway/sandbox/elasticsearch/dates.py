"""Dates as Elasticsearch reads and writes them: `strict_date_optional_time||epoch_millis`, with date math."""

import re
from calendar import monthrange
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from gateway.sandbox.elasticsearch.errors import Cause, Failure

FORMAT = "strict_date_optional_time||epoch_millis"
NO_DATE = f"failed to parse date field [{{}}] with format [{FORMAT}]"
NO_INSTANT = (
    "Unable to obtain Instant from TemporalAccessor: {{}},ISO resolved to {} of type java.time.format.Parsed"
)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
DAY_MILLIS = 86_400_000
LAST_PLAIN_YEAR = 9999
LONGS = range(-(2**63), 2**63)

ISO = re.compile(
    r"(?P<year>\d{4})(?:-(?P<month>\d\d)(?:-(?P<day>\d\d)(?:T"
    r"(?:(?P<hour>\d\d)(?::(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<fraction>\d{1,9}))?)?)?"
    r"(?P<zone>Z|[+-]\d\d(?::?\d\d)?|[A-Za-z]+/[A-Za-z_/]+|UTC|GMT)?)?)?)?)?",
    re.ASCII,
)
EPOCH_MILLIS = re.compile(r"-?\d{1,19}(?:\.\d+)?", re.ASCII)
MATH = re.compile(r"([+\-/])(\d{0,9})(\D)", re.ASCII)

PARTS = {"year": 1, "month": 1, "day": 1, "hour": 0, "minute": 0, "second": 0}
"""The parts of a date, and what they are if they are left out."""
DATE_PARTS = ("year", "month", "day")
UNITS = {
    "y": "year",
    "M": "month",
    "w": "week",
    "d": "day",
    "h": "hour",
    "H": "hour",
    "m": "minute",
    "s": "second",
}
LENGTHS = {
    "week": timedelta(weeks=1),
    "day": timedelta(days=1),
    "hour": timedelta(hours=1),
    "minute": timedelta(minutes=1),
    "second": timedelta(seconds=1),
}


@dataclass(frozen=True, slots=True)
class Parsed:
    """A date as written: `known` is its smallest part, `zone` is None where none was given."""

    moment: datetime
    known: str
    zone: tzinfo | None = None

    def instant(self, *, round_up: bool = False) -> datetime:
        """The first moment it may mean, or the last millisecond of it."""
        moment = self.moment
        if round_up and self.known != "fraction":
            moment = shifted(moment, self.known, 1) - MILLISECOND
        return moment.replace(tzinfo=self.zone or UTC).astimezone(UTC)


def millis(instant: datetime) -> int:
    """Milliseconds since the epoch, what is smaller dropped."""
    return (instant - EPOCH) // MILLISECOND


def instant_text(time: int) -> str:
    """An instant as Java writes it: no fraction where it is zero."""
    return _text(time, "" if time % 1000 == 0 else f".{time % 1000:03}")


def timestamp_text(time: int) -> str:
    """An instant as a `…_string` field shows it."""
    return _text(time, f".{time % 1000:03}")


def _text(time: int, fraction: str) -> str:
    days, rest = divmod(time, DAY_MILLIS)
    year, month, day = civil(days)
    seconds = rest // 1000
    sign = "-" if year < 0 else "+" if year > LAST_PLAIN_YEAR else ""
    clock = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f"{sign}{abs(year):04}-{month:02}-{day:02}T{clock}{fraction}Z"


def civil(days: int) -> tuple[int, int, int]:
    """Year, month and day of a day since the epoch, in any year: Java's instants outlast Python's."""
    cycles, day = divmod(days, 146_097)
    date = EPOCH + timedelta(days=day)
    return date.year + 400 * cycles, date.month, date.day


def event_time(text: str, *, naive_is_utc: bool) -> int:
    """The milliseconds that an event's start or end means; it needs a time of day, and knows no date math."""
    parsed = iso(text)
    if parsed is None:
        return _epoch_millis(text)
    if parsed.known in DATE_PARTS or (parsed.zone is None and not naive_is_utc):
        raise Failure(400, Cause("date_time_exception", NO_INSTANT.format(text)))
    # A region such as Europe/Paris is accepted and then forgotten: only an offset counts.
    zone = None if isinstance(parsed.zone, ZoneInfo) else parsed.zone
    with _within_years(text):
        return millis(replace(parsed, zone=zone).instant())


def bound(text: str, now: datetime, *, round_up: bool) -> int:
    """The milliseconds that a bound of a range means. Rounded up, it is the last one that the text covers."""
    with _within_years(text):
        return _bound(text, now, round_up=round_up)


@contextmanager
def _within_years(text: str) -> Iterator[None]:
    """Refuse what lies outside the years 1 to 9999, beyond which the sandbox cannot reckon."""
    try:
        yield
    except (OverflowError, ValueError) as error:
        raise Failure(400, Cause("illegal_argument_exception", NO_DATE.format(text))) from error


def _bound(text: str, now: datetime, *, round_up: bool) -> int:
    if text.startswith("now"):
        return millis(_math(text[3:], now, round_up=round_up))
    date, has_math, math = text.partition("||")
    if not has_math:
        return _point(date, round_up=round_up)
    return millis(_math(math, EPOCH + _point(date, round_up=False) * MILLISECOND, round_up=round_up))


def _point(text: str, *, round_up: bool) -> int:
    parsed = iso(text)
    return _epoch_millis(text) if parsed is None else millis(parsed.instant(round_up=round_up))


def _epoch_millis(text: str) -> int:
    if not text:
        raise Failure(400, Cause("illegal_argument_exception", "cannot parse empty datetime"))
    if not EPOCH_MILLIS.fullmatch(text) or (time := int(text.partition(".")[0])) not in LONGS:
        enclosed = Cause("date_time_parse_exception", "Failed to parse with all enclosed parsers")
        raise Failure(400, Cause("illegal_argument_exception", NO_DATE.format(text), enclosed))
    return time


def iso(text: str) -> Parsed | None:
    """An ISO date or time, None where it is none."""
    found = ISO.fullmatch(text)
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(found[name] or default) for name, default in PARTS.items())
    fraction = found["fraction"]
    known = "fraction" if fraction else [name for name in PARTS if found[name]][-1]
    try:
        moment = datetime(year, month, day, hour, minute, second, int((fraction or "").ljust(6, "0")[:6]))  # noqa: DTZ001 its zone is kept beside it
        return Parsed(moment, known, _zone(found["zone"]))
    except (ValueError, ZoneInfoNotFoundError):
        return None


def _zone(text: str | None) -> tzinfo | None:
    if text is None or text in ("Z", "UTC", "GMT"):
        return UTC if text else None
    if text[0] not in "+-":
        return ZoneInfo(text)
    digits = text[1:].replace(":", "").ljust(4, "0")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if text[0] == "-" else offset)


def _math(math: str, moment: datetime, *, round_up: bool) -> datetime:
    """A moment after date math such as `+1d/h`, applied from left to right."""
    rest = math
    while rest:
        step = MATH.match(rest)
        if step is None or step[3] not in UNITS:
            raise _refused(_complaint(rest, math))
        moment = _step(moment, *step.groups(), math=math, round_up=round_up)
        rest = rest[step.end() :]
    return moment


def _step(moment: datetime, sign: str, number: str, unit: str, *, math: str, round_up: bool) -> datetime:
    if sign != "/":
        return shifted(moment, UNITS[unit], int(f"{sign}{number or 1}"))
    if number not in ("", "1"):
        raise _refused(f"rounding `/` can only be used on single unit types [{math}]")
    start = floor(moment, UNITS[unit])
    return shifted(start, UNITS[unit], 1) - MILLISECOND if round_up else start


def _complaint(rest: str, math: str) -> str:
    if rest[0] not in "+-/":
        return f"operator not supported for date math [{math}]"
    unit = rest[1:].lstrip("0123456789")[:1]
    return f"unit [{unit}] not supported for date math [{math}]" if unit else f"truncated date math [{math}]"


def _refused(reason: str) -> Failure:
    return Failure(400, Cause("parse_exception", reason))


def shifted(moment: datetime, unit: str, number: int) -> datetime:
    """A moment so many units later; a day that the month lacks becomes its last."""
    if unit in LENGTHS:
        return moment + number * LENGTHS[unit]
    months = moment.year * 12 + moment.month - 1 + number * (12 if unit == "year" else 1)
    year, month = months // 12, months % 12 + 1
    return moment.replace(year=year, month=month, day=min(moment.day, monthrange(year, month)[1]))


def floor(moment: datetime, unit: str) -> datetime:
    """The first moment, in UTC, of the unit that a moment is in; weeks begin on Monday."""
    if unit == "week":
        return floor(moment, "day") - timedelta(days=moment.weekday())
    kept = list(PARTS).index(unit) + 1
    year, month, day, hour, minute, second = (
        *moment.timetuple()[:kept],
        *list(PARTS.values())[kept:],
    )
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
