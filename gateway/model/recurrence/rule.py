"""Recurrence rules: iCalendar's RRULE (RFC 5545, 3.3.10) over days, as a value that cannot be built wrong.

DAILY to YEARLY, and no parts for times of the day, days of the year or weeks of the year: an occurrence
begins when its first one did, and Microsoft Graph has no word for the others.
"""

import re
from calendar import monthrange
from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime
from enum import IntEnum, StrEnum
from typing import Any, Final, NamedTuple, Self

import msgspec

from gateway.errors import InvalidInput

_LONGEST: Final = 1000
_LEAP_YEAR: Final = 2000
_WHOLE: Final = re.compile(r"[+-]?[0-9]{1,5}")
_DAY: Final = re.compile(r"(?P<ordinal>[+-]?[0-9]{1,2})?(?P<weekday>MO|TU|WE|TH|FR|SA|SU)")
_UNTIL: Final = re.compile(r"[0-9]{8}(?P<time>T[0-9]{6}Z)?")
_PARTS: Final = (
    "FREQ",
    "INTERVAL",
    "COUNT",
    "UNTIL",
    "BYMONTH",
    "BYMONTHDAY",
    "BYDAY",
    "BYSETPOS",
    "WKST",
)
_NONE: Final = frozenset[Any]().copy
"""No constant, as there are many empty sets: see the audit's fingerprints."""


class Frequency(StrEnum):
    DAILY = "DAILY"
    WEEKLY = "WEEKLY"
    MONTHLY = "MONTHLY"
    YEARLY = "YEARLY"


class Weekday(IntEnum):
    """Numbered like Python's date.weekday()."""

    MO = 0
    TU = 1
    WE = 2
    TH = 3
    FR = 4
    SA = 5
    SU = 6


class ByDay(NamedTuple):
    """A weekday: all of the period's, or the one with the ordinal, which counts from its end if negative."""

    weekday: Weekday
    ordinal: int = 0

    def __str__(self) -> str:
        return f"{self.ordinal or ''}{self.weekday.name}"


class RecurrenceRule(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Which days an event recurs on. Lists are sets: neither order nor repetition has a meaning in a rule.

    `until` is inclusive: an instant in UTC, or a date for an event that lasts whole days. `str` gives the
    canonical text. Raises InvalidInput for what RFC 5545 forbids, and for days that no calendar has.
    """

    frequency: Frequency
    interval: int = 1
    count: int | None = None
    until: date | datetime | None = None
    by_month: frozenset[int] = msgspec.field(default_factory=_NONE)
    by_month_day: frozenset[int] = msgspec.field(default_factory=_NONE)
    by_day: frozenset[ByDay] = msgspec.field(default_factory=_NONE)
    by_set_position: frozenset[int] = msgspec.field(default_factory=_NONE)
    week_start: Weekday = Weekday.MO

    def __post_init__(self) -> None:
        _check_ranges(self)
        _check_combination(self)
        _check_dates(self)

    @classmethod
    def parse(cls, text: str) -> Self:
        """The rule that an RRULE spells, with or without `RRULE:`. Raises InvalidInput."""
        part = _parts(text)
        return cls(
            frequency=_frequency(part.get("FREQ")),
            interval=_whole("INTERVAL", part.get("INTERVAL", "1")),
            count=_whole("COUNT", part["COUNT"]) if "COUNT" in part else None,
            until=_until(part["UNTIL"]) if "UNTIL" in part else None,
            by_month=_wholes("BYMONTH", part),
            by_month_day=_wholes("BYMONTHDAY", part),
            by_day=frozenset(map(_by_day, part["BYDAY"].split(","))) if "BYDAY" in part else frozenset(),
            by_set_position=_wholes("BYSETPOS", part),
            week_start=_weekday("WKST", part.get("WKST", "MO")),
        )

    def __str__(self) -> str:
        written = (
            self.frequency.value,
            self.interval if self.interval > 1 else "",
            self.count or "",
            _until_text(self.until),
            _list_text(self.by_month),
            _list_text(self.by_month_day),
            _list_text(self.by_day),
            _list_text(self.by_set_position),
            "" if self.week_start is Weekday.MO else self.week_start.name,
        )
        return ";".join(f"{name}={value}" for name, value in zip(_PARTS, written, strict=True) if value)


def _parts(text: str) -> Mapping[str, str]:
    if len(text) > _LONGEST:
        raise InvalidInput(f"A rule of {len(text)} characters is too long: at most {_LONGEST}.")
    found: dict[str, str] = {}
    for part in text.strip().upper().removeprefix("RRULE:").split(";"):
        name, _, value = part.partition("=")
        if name not in _PARTS:
            raise InvalidInput(
                f"{part!r} is no part of a rule that is supported here.",
                hint=f"A rule is made of {', '.join(_PARTS)}: FREQ=WEEKLY;BYDAY=MO,WE;COUNT=10.",
            )
        if name in found:
            raise InvalidInput(f"The rule says {name} twice.")
        found[name] = value
    return found


def _frequency(text: str | None) -> Frequency:
    if text is None or text not in Frequency.__members__:
        raise InvalidInput(
            "The rule has no FREQ." if text is None else f"FREQ={text} is not supported here.",
            hint="FREQ is one of DAILY, WEEKLY, MONTHLY, YEARLY.",
        )
    return Frequency[text]


def _whole(name: str, text: str) -> int:
    if not _WHOLE.fullmatch(text):
        raise InvalidInput(f"{name}={text} is no whole number, or too large.")
    return int(text)


def _wholes(name: str, part: Mapping[str, str]) -> frozenset[int]:
    return (
        frozenset(_whole(name, number) for number in part[name].split(",")) if name in part else frozenset()
    )


def _by_day(text: str) -> ByDay:
    match = _DAY.fullmatch(text)
    if match is None:
        raise InvalidInput(
            f"BYDAY={text} is no day of the week.", hint="Write MO, 2TU, or -1FR for the last."
        )
    ordinal = match["ordinal"]
    if ordinal is not None and int(ordinal) == 0:
        raise InvalidInput(f"BYDAY={text} counts from 1, or from -1 for the last.")
    return ByDay(Weekday[match["weekday"]], int(ordinal or 0))


def _weekday(name: str, text: str) -> Weekday:
    if text not in Weekday.__members__:
        raise InvalidInput(
            f"{name}={text} is no day of the week.", hint="Write MO, TU, WE, TH, FR, SA or SU."
        )
    return Weekday[text]


def _until(text: str) -> date | datetime:
    match = _UNTIL.fullmatch(text)
    if match is None:
        raise InvalidInput(
            f"UNTIL={text} is neither a date nor an instant in UTC.",
            hint="Write 20270331 for events that last whole days, 20270331T215959Z for all others.",
        )
    try:
        return datetime.fromisoformat(text) if match["time"] else date.fromisoformat(text)
    except ValueError as exc:
        raise InvalidInput(f"UNTIL={text} is on no calendar: {exc}.") from exc


def _until_text(until: date | datetime | None) -> str:
    if until is None:
        return ""
    # strftime would not fill the years before 1000 up to four digits.
    if isinstance(until, datetime):
        instant = until.astimezone(UTC).isoformat(timespec="seconds")
        return instant.replace("-", "").replace(":", "").replace("+0000", "Z")
    return until.isoformat().replace("-", "")


def _list_text(values: Collection[int] | Collection[ByDay]) -> str:
    return ",".join(map(str, sorted(values)))


def _check_ranges(rule: RecurrenceRule) -> None:
    """Numbers within RFC 5545's ranges; INTERVAL and COUNT within ours, which no calendar exceeds."""
    ordinals = {day.ordinal for day in rule.by_day if day.ordinal}
    is_of_month = rule.frequency is Frequency.MONTHLY or bool(rule.by_month)
    for name, values, smallest, largest in (
        ("INTERVAL", {rule.interval}, 1, 999),
        ("COUNT", {rule.count} if rule.count is not None else set(), 1, 99_999),
        ("BYMONTH", rule.by_month, 1, 12),
        ("BYMONTHDAY", map(abs, rule.by_month_day), 1, 31),
        ("BYSETPOS", map(abs, rule.by_set_position), 1, 366),
        ("The ordinals of BYDAY", map(abs, ordinals), 1, 5 if is_of_month else 53),
    ):
        wrong = next((value for value in values if not smallest <= value <= largest), None)
        if wrong is not None:
            raise InvalidInput(f"{name} has {wrong}, which is not within {smallest} to {largest}.")


def _check_combination(rule: RecurrenceRule) -> None:
    """What may not stand together: the first row that holds is the fault."""
    has_ordinals = any(day.ordinal for day in rule.by_day)
    is_short = rule.frequency in (Frequency.DAILY, Frequency.WEEKLY)
    lists = rule.by_month or rule.by_month_day or rule.by_day
    for is_wrong, message in (
        (
            rule.count is not None and rule.until is not None,
            "A rule ends with COUNT or UNTIL, not with both.",
        ),
        (isinstance(rule.until, datetime) and rule.until.tzinfo is None, "UNTIL is an instant in UTC."),
        (has_ordinals and is_short, f"BYDAY with ordinals has no meaning with FREQ={rule.frequency}."),
        (rule.by_month_day and rule.frequency is Frequency.WEEKLY, "BYMONTHDAY cannot go with FREQ=WEEKLY."),
        (rule.by_set_position and not lists, "BYSETPOS needs BYDAY, BYMONTHDAY or BYMONTH to choose from."),
    ):
        if is_wrong:
            raise InvalidInput(message)


def _check_dates(rule: RecurrenceRule) -> None:
    """A day of the month that none of the months has, such as 30 February, would be looked for in vain."""
    if not rule.by_month or not rule.by_month_day:
        return
    longest = max(monthrange(_LEAP_YEAR, month)[1] for month in rule.by_month)
    if min(map(abs, rule.by_month_day)) > longest:
        raise InvalidInput(
            f"BYMONTHDAY={_list_text(rule.by_month_day)} never comes in BYMONTH={_list_text(rule.by_month)}."
        )
