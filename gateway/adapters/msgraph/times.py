"""Points in time as Graph writes them, a wall clock beside the name of its zone, and ours. Pure."""

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from functools import lru_cache
from typing import Final

import msgspec

from gateway.adapters.msgraph.wire import DateTimeTimeZone
from gateway.adapters.msgraph.zones import SENT_UTC, SentZone, sent_zone
from gateway.errors import InvalidTime, Unsupported
from gateway.model.event import EventWarning
from gateway.model.time import (
    EventTime,
    at_wall_clock,
    candidates,
    midnight,
    parse_instant,
    parse_local,
    to_rfc3339,
)
from gateway.model.zones import UTC, find_zone, zone_info

_NEVER: Final = "0001-01-01"
_STAMP: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z", re.ASCII)
"""A time stamp as Graph writes it."""
_REMEMBERED: Final = 4096
"""A time is asked for when it is planned, when it is sent, and when it is compared with what came of it."""


class SentTime(msgspec.Struct, frozen=True, kw_only=True):
    """A time as it is sent. `change` says why the zone is not the one that was given, if it is not."""

    wire: DateTimeTimeZone
    change: str | None = None


@lru_cache(_REMEMBERED)
def sent_time(given: EventTime) -> SentTime:
    """The same instant on the clock of a zone that Graph knows, at which that clock shows it only once."""
    zone = sent_zone(given.zone)
    local = _clock(given.instant, zone)
    if len(candidates(local, zone.zone)) > 1:
        # Which of the two Graph takes is not documented: the instant matters more than the zone.
        wire = DateTimeTimeZone(date_time=_clock(given.instant, SENT_UTC).isoformat(), time_zone=UTC)
        return SentTime(
            wire=wire, change=f"The clocks of {given.zone} show this time twice: it is sent in UTC."
        )
    wire = DateTimeTimeZone(date_time=local.isoformat(), time_zone=zone.name)
    return SentTime(wire=wire, change=_change(given.zone, zone))


def sent_in_series(given: EventTime) -> SentTime:
    """The wall clock of the first day of a series, and so of all. Raises Unsupported if it is ambiguous."""
    zone = sent_zone(given.zone)
    local = _clock(given.instant, zone)
    if len(candidates(local, zone.zone)) > 1:
        raise Unsupported(
            f"The clocks of {given.zone} show {local.isoformat()} twice: Graph cannot be told which it is.",
            hint="Let the series begin on another day, and add this occurrence as an event of its own.",
        )
    wire = DateTimeTimeZone(date_time=local.isoformat(), time_zone=zone.name)
    return SentTime(wire=wire, change=_change(given.zone, zone))


def sent_day(given: EventTime, zone_name: str) -> SentTime:
    """The midnight of an all-day event's date, in the zone that both its ends share."""
    zone = sent_zone(zone_name)
    local = given.local if given.day is None else datetime.combine(given.day, time())
    wire = DateTimeTimeZone(date_time=local.isoformat(), time_zone=zone.name)
    return SentTime(wire=wire, change=_change(zone_name, zone))


@lru_cache(_REMEMBERED)
def read_time(wire: DateTimeTimeZone, original_zone: str | None) -> EventTime:
    """A point in time, meant in the zone in which the event was made. Raises InvalidTime.

    A zone that nobody knows by its name is read as UTC: see `zone_warnings`.
    """
    shown = find_zone(wire.time_zone or UTC) or UTC
    instant = at_wall_clock(parse_local(wire.date_time), shown)[0]
    return EventTime(instant=instant, zone=find_zone(original_zone or "") or shown)


def zone_of(original: str | None, shown: str | None) -> str:
    """The zone that a time is meant in: that in which its event was made, else the one of what is shown."""
    return find_zone(original or "") or find_zone(shown or UTC) or UTC


def zone_warnings(field: str, wire: DateTimeTimeZone, original_zone: str | None) -> Iterator[EventWarning]:
    """What to say of a time, start or end, whose zones have names that are not known here.

    `Customized Time Zone` and `tzone://Microsoft/Custom` are among them: Graph does not say whose rules
    they have.
    """
    if wire.time_zone and find_zone(wire.time_zone) is None:
        yield _zone_warning(field, wire.time_zone, "The time is read as UTC, and may be hours off.")
    elif original_zone and find_zone(original_zone) is None:
        yield _zone_warning(field, original_zone, "The time is right; days and wall clock are those of UTC.")


def _zone_warning(field: str, given: str, consequence: str) -> EventWarning:
    message = f"{given!r} is no time zone that is known here. {consequence}"
    return EventWarning(field=f"{field}.timeZone", given=given, message=message)


def read_day(wire: DateTimeTimeZone, original_zone: str | None, *, latest: bool) -> EventTime:
    """Where an all-day event begins, or ends if `latest`: midnight in the zone in which it was made.

    Graph shows the same midnights in whatever zone it is asked for, so that only the date counts.
    """
    return midnight(day_of(wire), zone_of(original_zone, None), latest=latest)


def day_of(wire: DateTimeTimeZone) -> date:
    """The date of a midnight. Raises InvalidTime."""
    return parse_local(wire.date_time).date()


def read_instant(text: str | None) -> datetime | None:
    """A time stamp, None for Graph's "never", the first of January of the year 1. Raises InvalidTime."""
    if text is None or text.startswith(_NEVER):
        return None
    if _STAMP.fullmatch(text) is None:
        return parse_instant(text)
    try:
        # It looks neither at what is in the place of the seventh digit nor at all that follows a NUL.
        return datetime.fromisoformat(text)
    except ValueError:  # which is said better there
        return parse_instant(text)


def sortable(instant: datetime) -> str:
    """The instant in UTC as RFC 3339 has it, without its Z: texts have the order of their instants."""
    return to_rfc3339(instant)[:-1]


def all_sortable_utc(date_times: Sequence[str]) -> list[str]:
    """The same of wall clocks' times in UTC. Raises InvalidTime."""
    return [*map(_SORTABLE.__getitem__, date_times)]


class _Sortable(dict[str, str]):
    """The same of each, kept: events begin and end at few times, and are listed again and again."""

    def __missing__(self, date_time: str) -> str:
        try:
            found = _sortable_date(date_time[:10]) + _sortable_time(date_time[10:])
        except InvalidTime:  # its own message is about the whole
            found = sortable(at_wall_clock(parse_local(date_time), UTC)[0])
        if len(self) >= _REMEMBERED:
            self.clear()
        return self.setdefault(date_time, found)


_SORTABLE: Final = _Sortable()


@lru_cache(_REMEMBERED)
def _sortable_date(text: str) -> str:
    return sortable(at_wall_clock(parse_local(f"{text}T00:00"), UTC)[0])[:10]


@lru_cache(_REMEMBERED)
def _sortable_time(text: str) -> str:
    return sortable(at_wall_clock(parse_local(f"2000-01-01{text}"), UTC)[0])[10:]


def _clock(instant: datetime, zone: SentZone) -> datetime:
    return instant.astimezone(zone_info(zone.zone)).replace(tzinfo=None)


def _change(given: str, zone: SentZone) -> str | None:
    if zone.zone == given:
        return None
    return f"Graph has no name for the time zone {given}: the same time is sent in {zone.name}."
