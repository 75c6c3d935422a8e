"""Times as the schema takes them: an instant, a wall clock in a zone, or whole days."""

from datetime import date, datetime, timedelta
from typing import Final

import strawberry

from gateway.errors import GatewayError, InvalidInput, InvalidTime, located
from gateway.model import time as model
from gateway.model.time import EventTime
from gateway.model.zones import zone, zone_info
from gateway.schema.enums import Disambiguation
from gateway.schema.scalars import Date, DateTime, Duration, LocalDateTime, TimeZone

_AT_START: Final = located("start")
_AT_END: Final = located("end")


@strawberry.input(description="What a wall clock shows in a zone.")
class ZonedTimeInput:
    local: LocalDateTime = strawberry.field(description="The wall-clock time.")
    time_zone: TimeZone = strawberry.field(description="The zone, by its IANA or Windows name.")
    disambiguation: Disambiguation = strawberry.field(
        default=Disambiguation.REJECT,
        description="What to do where clocks change, if the time exists twice or not at all.",
    )

    def to_model(self) -> EventTime:
        name = zone(self.time_zone)
        found = model.candidates(self.local, name)
        if len(found) > 1 and self.disambiguation is Disambiguation.REJECT:
            raise _ambiguous(self.local, name)
        return EventTime(
            instant=found[-1] if self.disambiguation is Disambiguation.LATER else found[0], zone=name
        )


@strawberry.input(description="The first day of an event that lasts whole days.")
class AllDayInput:
    date: Date = strawberry.field(description="The first day.")
    time_zone: TimeZone | None = strawberry.field(
        default=None,
        description="The zone whose days are meant; without it, the `time_zone` that the configuration gives "
        "the alias or the source.",
    )


@strawberry.input(one_of=True, description="When an event begins: in exactly one of three ways.")
class EventTimeInput:
    instant: DateTime | None = strawberry.field(default=strawberry.UNSET, description="At an instant.")
    zoned: ZonedTimeInput | None = strawberry.field(
        default=strawberry.UNSET, description="When the wall clock in a zone shows a time."
    )
    all_day: AllDayInput | None = strawberry.field(
        default=strawberry.UNSET, description="With a day; the event then lasts whole days."
    )


@strawberry.input(
    one_of=True,
    description="When an event ends, exclusive: in exactly one of four ways. `allDay` and a duration of "
    "whole days go with a start that is `allDay`.",
)
class EventEndInput:
    instant: DateTime | None = strawberry.field(default=strawberry.UNSET, description="At an instant.")
    zoned: ZonedTimeInput | None = strawberry.field(
        default=strawberry.UNSET, description="When the wall clock in a zone shows a time."
    )
    all_day: Date | None = strawberry.field(
        default=strawberry.UNSET, description="Before this day begins: the day after the last one."
    )
    after: Duration | None = strawberry.field(
        default=strawberry.UNSET, description="This long after the start."
    )


def span(start: EventTimeInput, end: EventEndInput, default_zone: str | None) -> tuple[EventTime, EventTime]:
    """When an event begins and ends. Raises InvalidInput; its path says which of the two is at fault."""
    begins, ends = start.instant, end.instant
    if begins and ends and model.EARLIEST <= begins < ends < model.LATEST:  # as most do, in half the time
        return EventTime(instant=begins), EventTime(instant=ends)
    first = start_of(start, default_zone)
    return first, end_of(first, end)


def start_of(start: EventTimeInput, default_zone: str | None) -> EventTime:
    """When an event begins; whole days are those of `default_zone` unless it says otherwise."""
    try:
        instant = start.instant
        first = EventTime(instant=instant) if instant else _on_clock(start, default_zone)
        if not model.EARLIEST <= first.instant < model.LATEST:
            raise _out_of_bounds(first.instant)
    except GatewayError:  # entered only here, for each event has two times
        with _AT_START:
            raise
    return first


def end_of(first: EventTime, end: EventEndInput) -> EventTime:
    """When an event ends that begins at `first`."""
    try:
        instant = end.instant
        if instant and not first.day:
            last = EventTime(instant=instant, zone=first.zone)
        else:
            last = _all_day_end(first, end) if first.day else _timed_end(first, end)
        if not model.EARLIEST <= last.instant < model.LATEST:
            raise _out_of_bounds(last.instant)
        if last.instant <= first.instant or (first.day and last.day and last.day <= first.day):
            raise _not_after(first, last)
    except GatewayError:
        with _AT_END:
            raise
    return last


def _not_after(first: EventTime, last: EventTime) -> InvalidTime:
    ends, starts = model.to_rfc3339(last.instant), model.to_rfc3339(first.instant)
    return InvalidTime(
        f"The end, {ends}, is not after the start, {starts}.",
        hint="The end is exclusive: an event on the 28th alone ends on the 29th.",
    )


def zones_given(start: EventTimeInput | None, end: EventEndInput | None) -> dict[str, str]:
    """The zones in which a wall clock is given, by the names of the fields. Raises InvalidTime."""
    named = (("start", start), ("end", end))
    return {name: zone(given.zoned.time_zone) for name, given in named if given and given.zoned}


def check_clock(start: EventTimeInput | None, end: EventEndInput | None, first: EventTime) -> None:
    """Raises InvalidTime for a time that the clocks skip: the series could not have it on its other days.

    `first` is when the event begins.
    """
    for name, given in (("start", start), ("end", end)):
        if given and given.zoned:
            _check_exists(given.zoned.local, zone(given.zoned.time_zone), (name, "zoned", "local"))
    if end and end.after and not end.after.exact and first.day is None:
        _check_exists(first.local + timedelta(days=end.after.days), first.zone, ("end", "after"))


def _check_exists(local: datetime, name: str, path: tuple[str, ...]) -> None:
    if not model.exists(local, name):
        raise InvalidTime(
            f"The clocks of {name} skip {local.isoformat()}: a series shows on all days what it shows first.",
            path=path,
            hint="Let the series begin on another day.",
        )


def _on_clock(start: EventTimeInput, default_zone: str | None) -> EventTime:
    if start.zoned:
        with located("zoned"):
            return start.zoned.to_model()
    with located("allDay"):
        return _first_day(start.all_day, default_zone)


def _first_day(day: AllDayInput | None, default_zone: str | None) -> EventTime:
    if day is None:  # @oneOf has made sure that one of the three is there
        raise InvalidInput("A start needs instant, zoned or allDay.")
    written = day.time_zone or default_zone
    if written is None:
        raise InvalidTime(
            "An event that lasts whole days needs a time zone.",
            path=("timeZone",),
            hint="Give timeZone, or set time_zone of the alias or the source.",
        )
    with located("timeZone"):
        name = zone(written)
    return model.midnight(day.date, name)


def _timed_end(start: EventTime, end: EventEndInput) -> EventTime:
    if end.zoned:
        with located("zoned"):
            return end.zoned.to_model()
    if end.after:
        with located("after"):
            return EventTime(instant=end.after.after(start), zone=start.zone)
    raise InvalidTime(
        "An event that starts at a time cannot end with a day.",
        path=("allDay",),
        hint="Give both start and end as allDay, or neither.",
    )


def _all_day_end(start: EventTime, end: EventEndInput) -> EventTime:
    day: date | None = end.all_day or None
    if end.after and not end.after.exact and start.day:
        with located("after"):
            day = model.add_days(start.day, end.after.days)
    if day is None:
        raise InvalidTime(
            "An event that starts with a day cannot end at a time.",
            hint="Give the end as allDay, exclusive, or as a duration of whole days: P1D.",
        )
    return model.midnight(day, start.zone, latest=True)


def _out_of_bounds(instant: datetime) -> InvalidTime:
    is_early = instant < model.EARLIEST
    side, unit = ("before the year 2000", "Seconds") if is_early else ("after the year 2199", "Microseconds")
    return InvalidTime(
        f"{model.to_rfc3339(instant)} is {side}.",
        hint=f"{unit} instead of milliseconds? Integers are milliseconds since the epoch.",
    )


def _ambiguous(local: datetime, name: str) -> InvalidTime:
    earlier, later = (
        instant.astimezone(zone_info(name)).isoformat() for instant in model.candidates(local, name)
    )
    how = "exists twice" if model.exists(local, name) else "does not exist: clocks go forward over it"
    return InvalidTime(
        f"{local.isoformat()} in {name} {how}. It can mean {earlier} or {later}.",
        path=("local",),
        hint="Set disambiguation to EARLIER or LATER, or give the instant.",
    )
