"""Time as the gateway holds it: instants in UTC, wall clocks in a zone, half-open windows, ISO durations.

Instants are aware datetimes in UTC, exact to the microsecond; Elasticsearch's milliseconds are integers.
"""

import re
import struct
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Self

import msgspec

from gateway.errors import InvalidTime
from gateway.model.zones import UTC as UTC_NAME
from gateway.model.zones import zone_info

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)
_LONGEST_EXACT: Final = len("2027-03-28T01:30:00.123456Z")
_MILLISECOND: Final = timedelta(milliseconds=1)
_INSTANT: Final = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?P<offset>[Zz]|[+-]\d\d:?\d\d)?",
    re.ASCII,
)
_LOCAL: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?", re.ASCII)
_DURATION: Final = re.compile(
    r"P(?:(?P<weeks>\d{1,4})W)?(?:(?P<days>\d{1,5})D)?"
    r"(?:T(?=\d)(?:(?P<hours>\d{1,6})H)?(?:(?P<minutes>\d{1,7})M)?(?:(?P<seconds>\d{1,9})S)?)?",
    re.ASCII,
)


class EventTime(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One end of an event: the instant, the zone it is meant in, and the date if the event is all-day."""

    instant: datetime
    zone: str = msgspec.field(default_factory=UTC_NAME.__str__)  # no constant: see the audit's fingerprints
    day: date | None = None

    @property
    def local(self) -> datetime:
        """The wall clock in the zone, without an offset."""
        return self.instant.astimezone(zone_info(self.zone)).replace(tzinfo=None)


def on_clock(time: EventTime, zone: str) -> EventTime:
    """The same instant, meant in another zone."""
    return msgspec.structs.replace(time, zone=zone)


class Window(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A half-open span of time, [start, end). Raises InvalidTime unless end is after start."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise InvalidTime(
                f"The end, {to_rfc3339(self.end)}, is not after the start, {to_rfc3339(self.start)}.",
                path=("end",),
            )

    def overlaps(self, start: datetime, end: datetime) -> bool:
        """Whether [start, end) has a moment in the window; an event without length counts as its instant."""
        return start < self.end and (end > self.start or start >= self.start)


class Duration(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An ISO 8601 duration: `days` are nominal (the same wall clock), `exact` is elapsed time."""

    days: int = 0
    exact: timedelta = timedelta(0)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Weeks, days, hours, minutes and seconds. Raises InvalidTime, for months and years too."""
        match = _DURATION.fullmatch(text)
        if match is None or not any(match.groupdict().values()):
            raise InvalidTime(
                f"{text!r} is no duration.",
                hint="Write ISO 8601 in weeks, days, hours, minutes, seconds: PT90M, P1D, P1DT12H.",
            )
        part = {name: int(value or 0) for name, value in match.groupdict().items()}
        exact = timedelta(hours=part["hours"], minutes=part["minutes"], seconds=part["seconds"])
        return cls(days=part["weeks"] * 7 + part["days"], exact=exact)

    @property
    def longest(self) -> timedelta:
        """The duration with days of 24 hours, for comparing with a limit."""
        return timedelta(days=self.days) + self.exact

    def after(self, start: EventTime) -> datetime:
        """The instant that lies this far after `start`: whole days on its wall clock first, then exactly."""
        try:
            if not self.days:
                return start.instant + self.exact
            return at_wall_clock(start.local + timedelta(days=self.days), start.zone)[1] + self.exact
        except OverflowError as exc:
            raise InvalidTime("The duration leads beyond the calendar.") from exc


def to_millis(instant: datetime) -> int:
    """Milliseconds since the epoch, rounded down; exact, where a float would lose one in 170."""
    since = instant - EPOCH  # divided by a millisecond it takes half as long again
    return since.days * 86_400_000 + since.seconds * 1000 + since.microseconds // 1000


def whole_millis(instants: list[datetime]) -> list[int] | None:
    """`to_millis` of each, where they are 16 to 65,535, and whole seconds from 1970 to 2106; else None.

    Of such C makes four bytes: two fifths of the time.
    """
    packed = f">3x{'2xI' * len(instants)}"  # MessagePack's list of these
    try:
        return [1000 * since for since in struct.unpack(packed, msgspec.msgpack.encode(instants))]
    except struct.error:  # the others take more than four bytes, or their list another head
        return None


def from_millis(millis: int) -> datetime:
    """The instant `millis` milliseconds after the epoch. Raises InvalidTime outside datetime's range."""
    try:
        return EPOCH + millis * _MILLISECOND
    except OverflowError as exc:
        raise InvalidTime(
            "So many milliseconds lead beyond the calendar.", hint="Microseconds instead of milliseconds?"
        ) from exc


def to_rfc3339(instant: datetime) -> str:
    """The instant in UTC, with `Z`; fractions of a second only where there are any."""
    in_utc = instant if instant.tzinfo is UTC else instant.astimezone(UTC)
    written: str = msgspec.to_builtins(in_utc)  # a tenth of the time that isoformat takes
    return written


def parse_instant(value: object) -> datetime:
    """The instant that a string with an offset, or an integer of milliseconds, names. Raises InvalidTime."""
    if isinstance(value, str):
        is_exact = value[10:11] == "T" and len(value) <= _LONGEST_EXACT
        return (is_exact and _parse_by_c(value)) or _parse_written(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidTime(
            f"{value!r} is no instant.",
            hint='Write "2027-03-28T01:30:00+01:00", or milliseconds since the epoch as an integer.',
        )
    return from_millis(value)


def _parse_by_c(value: str) -> datetime | None:
    """A fifth of the time of the rest. It would round what is below a microsecond, or take a blank."""
    try:
        instant = msgspec.convert(value, datetime)
        return instant.astimezone(UTC) if instant.tzinfo else None
    except (msgspec.ValidationError, UnicodeEncodeError, OverflowError):
        return None  # why is said then


def _parse_written(value: str) -> datetime:
    match = _INSTANT.fullmatch(value)
    if match is None:
        raise InvalidTime(f"{value!r} is no instant.", hint='Write "2027-03-28T01:30:00+01:00".')
    if match.lastgroup is None:
        raise InvalidTime(
            f"{value!r} has no offset.", hint=f'Write "{value}Z", or use `zoned` with a time zone.'
        )
    try:
        instant = datetime.fromisoformat(value.upper())  # of nine digits it takes six
        return instant if instant.tzinfo is UTC else instant.astimezone(UTC)
    except (ValueError, OverflowError) as exc:
        raise InvalidTime(f"{value!r} is no instant: {exc}.") from exc


def parse_local(text: str) -> datetime:
    """The wall-clock time `YYYY-MM-DDTHH:MM[:SS[.fff]]`, naive. Raises InvalidTime."""
    if not _LOCAL.fullmatch(text):
        raise InvalidTime(
            f"{text!r} is no wall-clock time.", hint='Write "2027-03-28T22:00:00", without offset.'
        )
    try:
        return datetime.fromisoformat(text)
    except ValueError as exc:
        raise InvalidTime(f"{text!r} is no wall-clock time: {exc}.") from exc


def parse_date(text: str) -> date:
    """The date `YYYY-MM-DD`. Raises InvalidTime."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
        raise InvalidTime(f"{text!r} is no date.", hint='Write "2027-03-28".')
    try:
        return date.fromisoformat(text)
    except ValueError as exc:
        raise InvalidTime(f"{text!r} is no date: {exc}.") from exc


def candidates(local: datetime, zone: str) -> Sequence[datetime]:
    """The instants at which the wall clock shows `local`: one; two in an overlap.

    In a gap, where the clock never shows it, the two at which it would have done so by the rules in force
    before and after; `exists` tells the cases apart. Earlier instant first.
    """
    if zone == UTC_NAME:
        return [local.replace(tzinfo=UTC)]
    rules = zone_info(zone)
    try:
        both = {local.replace(tzinfo=rules, fold=fold).astimezone(UTC) for fold in (0, 1)}
    except OverflowError as exc:
        raise InvalidTime(f"{local.isoformat()} is beyond the calendar.") from exc
    return sorted(both)


def exists(local: datetime, zone: str) -> bool:
    """Whether the wall clock ever shows `local`: it does not in the gap of a change to summer time."""
    rules = zone_info(zone)
    return any(at.astimezone(rules).replace(tzinfo=None) == local for at in candidates(local, zone))


def at_wall_clock(local: datetime, zone: str) -> tuple[datetime, datetime]:
    """The earliest and the latest instant that `local` can mean; equal but in a gap or an overlap."""
    found = candidates(local, zone)
    return found[0], found[-1]


def midnight(day: date, zone: str, *, latest: bool = False) -> EventTime:
    """Where an all-day event begins, or ends if `latest`, on `day`: the earlier start, the later end."""
    earliest, last = at_wall_clock(datetime.combine(day, time()), zone)
    return EventTime(instant=last if latest else earliest, zone=zone, day=day)


def add_days(day: date, days: int) -> date:
    """The day `days` later. Raises InvalidTime beyond the calendar."""
    try:
        return day + timedelta(days=days)
    except OverflowError as exc:
        raise InvalidTime(f"{days} days after {day} is beyond the calendar.") from exc


def to_iso_duration(length: timedelta) -> str:
    """An elapsed time as an ISO 8601 duration in hours, minutes and seconds: `PT36H`, `PT0S`."""
    sign = "-" if length < timedelta(0) else ""
    total = abs(length)
    hours, rest = divmod(total, timedelta(hours=1))
    minutes, rest = divmod(rest, timedelta(minutes=1))
    seconds = f"{rest.total_seconds():.6f}".rstrip("0").rstrip(".")
    parts = [f"{hours}H" if hours else "", f"{minutes}M" if minutes else "", f"{seconds}S" if rest else ""]
    return f"{sign}PT{''.join(parts) or '0S'}"
