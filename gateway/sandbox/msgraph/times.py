"""Points in time as Graph writes them: a wall clock of seven fractional digits, and its zone's name."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from re import fullmatch
from zoneinfo import ZoneInfo

from gateway.sandbox.msgraph.errors import Cause, GraphError
from gateway.sandbox.msgraph.resources import (
    DateTimeTimeZone,
)
from gateway.sandbox.msgraph.unknowns import AmbiguousTimes, Unknowns
from gateway.sandbox.msgraph.zones import zone

YEARS = range(1601, 4501)
NEVER = "0001-01-01T00:00:00Z"


@dataclass(frozen=True, slots=True)
class WallClock:
    """A local time and the name of its zone, as sent."""

    local: datetime
    zone_name: str

    @property
    def instant(self) -> datetime:
        return self.local.replace(tzinfo=zone(self.zone_name)).astimezone(UTC)

    @property
    def is_midnight(self) -> bool:
        return self.local.time() == time.min

    def on(self, zone_name: str) -> "WallClock":
        """The same instant on the clocks of another zone."""
        local = self.instant.astimezone(zone(zone_name)).replace(tzinfo=None)
        return WallClock(local, zone_name)

    def labelled(self, zone_name: str) -> "WallClock":
        """The same wall clock in another zone: another instant."""
        return WallClock(self.local, zone_name)

    def json(self) -> dict[str, str]:
        return {"dateTime": f"{self.local.isoformat(timespec='microseconds')}0", "timeZone": self.zone_name}


def wall_clock(sent: DateTimeTimeZone, default_zone: str, unknowns: Unknowns) -> WallClock:
    """What was sent. A `Z` or an offset fixes the instant, and the zone only labels it."""
    name = default_zone if sent.time_zone is None else sent.time_zone
    where = zone(name, unknowns.iana_names)
    moment = date_time(sent.date_time)
    if moment is None:
        raise GraphError(Cause.BODY_VALUE)
    if moment.tzinfo is not None:
        moment = moment.astimezone(where).replace(tzinfo=None)
    elif unknowns.ambiguous_times is AmbiguousTimes.LATER and _comes_twice(moment, where):
        moment = moment.replace(fold=1)
    clock = WallClock(moment, name)
    if unknowns.refuses_skipped_times and clock.on(name) != clock:
        raise GraphError(Cause.PROPERTY_INVALID)
    return clock


def _comes_twice(local: datetime, where: ZoneInfo) -> bool:
    """Whether clocks are put back over a time. Where they are put forward the offset grows instead."""
    first, second = (local.replace(tzinfo=where, fold=fold).utcoffset() for fold in (0, 1))
    return first is not None and second is not None and first > second


def date_time(text: str) -> datetime | None:
    """A date, or a date and time with up to seven fractional digits, with or without offset.

    None for anything else, and for years that Exchange cannot hold.
    """
    match = fullmatch(
        r"(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d)(:\d\d)?(?:\.(\d{1,7}))?(Z|z|[+-]\d\d:\d\d)?)?", text.strip()
    )
    if match is None:
        return None
    day, minutes, seconds, fraction, offset = match.groups()
    micros = (fraction or "").ljust(6, "0")[:6]
    try:
        moment = datetime.fromisoformat(
            f"{day}T{minutes or '00:00'}{seconds or ':00'}.{micros}{offset or ''}"
        )
    except ValueError:
        return None
    return moment if moment.year in YEARS else None


def instant(text: str) -> datetime | None:
    """A bound of a window: without offset it is UTC."""
    moment = date_time(text)
    if moment is None:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def stamp(moment: datetime) -> str:
    """An Edm.DateTimeOffset in UTC: trailing zeros of the fraction are dropped."""
    fraction = f"{moment:.%f}0".rstrip("0").rstrip(".")
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}{fraction}Z"


def day(text: str) -> date:
    """An Edm.Date; anything else is refused."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise GraphError(Cause.BODY_VALUE) from error
