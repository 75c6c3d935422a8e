"""The schema's scalars, each with what it accepts and how it is written out."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final, NewType, TypeVar

import strawberry
from strawberry.types.scalar import ScalarDefinition

from gateway.errors import InvalidInput
from gateway.model import time as model

T = TypeVar("T")

DateTime = NewType("DateTime", datetime)
Date = NewType("Date", date)
LocalDateTime = NewType("LocalDateTime", datetime)
TimeZone = NewType("TimeZone", str)
RecurrenceRule = NewType("RecurrenceRule", str)
URL = NewType("URL", str)
JSON = NewType("JSON", object)
Duration = model.Duration


def elapsed(length: timedelta) -> Duration:
    """An elapsed time as the Duration scalar holds it."""
    return Duration(exact=length)


def milliseconds(length: timedelta) -> float:
    """An elapsed time in milliseconds, to the microsecond."""
    return length / timedelta(milliseconds=1)


def _text(parse: Callable[[str], T]) -> Callable[[Any], T]:
    """`parse` as a scalar's input coercion. What it raises becomes an error of the request."""

    def parse_text(value: Any) -> T:
        if not isinstance(value, str):
            raise InvalidInput(f"{value!r} is no string.")
        return parse(value)

    return parse_text


def as_it_is(value: T) -> T:
    """What writes out a scalar that is text already."""
    return value


def _same(value: T) -> T:
    return value


def _output_only(value: Any) -> Any:
    raise InvalidInput(f"{value!r} cannot be given: this is for answers only.")


def _local_text(local: datetime) -> str:
    return local.isoformat()


def _duration_text(duration: model.Duration) -> str:
    return model.to_iso_duration(duration.longest)


SCALARS: Final[Mapping[object, ScalarDefinition]] = {
    DateTime: strawberry.scalar(
        name="DateTime",
        description="An instant. Written out as RFC 3339 with an offset: `2027-03-28T00:30:00Z`. Accepted: "
        "the same, or an integer of milliseconds since the epoch. Booleans and floats are refused.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc3339",
        serialize=model.to_rfc3339,
        parse_value=model.parse_instant,
    ),
    Date: strawberry.scalar(
        name="Date",
        description="A day of the calendar: `2027-03-28`.",
        serialize=date.isoformat,
        parse_value=_text(model.parse_date),
    ),
    LocalDateTime: strawberry.scalar(
        name="LocalDateTime",
        description="A wall-clock time, without an offset: `2027-03-28T22:00:00`.",
        serialize=_local_text,
        parse_value=_text(model.parse_local),
    ),
    TimeZone: strawberry.scalar(
        name="TimeZone",
        description="A time zone. Written out as its IANA name: `Europe/Berlin`. Accepted: an IANA or a "
        "Windows name, such as `W. Europe Standard Time`.",
        serialize=as_it_is,
        parse_value=_text(str),
    ),
    RecurrenceRule: strawberry.scalar(
        name="RecurrenceRule",
        description="Which days an event recurs on, as an RRULE of iCalendar: "
        "`FREQ=WEEKLY;BYDAY=MO,WE;COUNT=10`, with FREQ from DAILY to YEARLY. Accepted with and without "
        "`RRULE:`, written out without.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc5545#section-3.3.10",
        serialize=as_it_is,
        parse_value=_text(str),
    ),
    Duration: strawberry.scalar(
        name="Duration",
        description="An ISO 8601 duration in weeks, days, hours, minutes and seconds. Days and weeks are "
        "nominal, the same wall clock later: `P1D`; hours are exact: `PT24H`. Written out in hours and less.",
        serialize=_duration_text,
        parse_value=_text(model.Duration.parse),
    ),
    URL: strawberry.scalar(
        name="URL",
        description="An absolute URL.",
        serialize=as_it_is,
        parse_value=_output_only,
    ),
    JSON: strawberry.scalar(
        name="JSON",
        description="Any JSON value.",
        serialize=_same,
        parse_value=_same,
    ),
}
