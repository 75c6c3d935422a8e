"""An event as a caller writes it: what cannot be meant is refused, with the place in the input."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from gateway.model import elasticsearch as model
from gateway.model.event import ShowAs, SourceKind
from gateway.model.time import Duration
from gateway.schema.elasticsearch import ElasticsearchEventOptions
from gateway.schema.enums import AttendeeType
from gateway.schema.enums import ShowAs as ShowAsEnum
from gateway.schema.event_input import EventBodyInput, EventInput
from gateway.schema.location import CoordinatesInput, EventLocationInput, PostalAddressInput
from gateway.schema.person import AttendeeInput
from gateway.schema.time_input import AllDayInput, EventEndInput, EventTimeInput
from tests.service.fakes import FakeSource

from .both_ways import read
from .conftest import Execute

pytestmark = pytest.mark.anyio

ADD = (
    "mutation($input:AddEventsInput!){addEvents(input:$input)"
    "{status problems{path} results{status requestIndexes problem{code path message hint}}}}"
)
INSTANT = {"instant": 1795208400000}
BERLIN = {"local": "2027-03-28T02:30:00", "timeZone": "Europe/Berlin"}
DAY = {"allDay": {"date": "2027-03-28", "timeZone": "UTC"}}


def an_event(**changes: Any) -> dict[str, Any]:
    return {"title": "x", "start": INSTANT, "end": {"after": "PT1H"}, **changes}


async def add(execute: Execute, *events: dict[str, Any], **members: Any) -> list[dict[str, Any]]:
    result = await execute(ADD, input={"calendars": ["es:a"], "events": list(events), **members})
    assert result.errors is None, result.errors
    return read(result)["addEvents"]["results"]


@pytest.mark.parametrize(
    ("changes", "code", "path"),
    [
        ({"end": INSTANT}, "INVALID_TIME", ["end"]),
        ({"end": {"instant": 1795208399999}}, "INVALID_TIME", ["end"]),
        ({"end": {"after": "PT0S"}}, "INVALID_TIME", ["end"]),
        ({"end": {"after": "P0D"}}, "INVALID_TIME", ["end"]),
        ({"start": DAY, "end": {"allDay": "2027-03-28"}}, "INVALID_TIME", ["end"]),
        ({"start": DAY, "end": {"allDay": "2027-03-27"}}, "INVALID_TIME", ["end"]),
        ({"start": DAY, "end": {"after": "P0D"}}, "INVALID_TIME", ["end"]),
        ({"start": {"zoned": {**BERLIN, "timeZone": "Mars"}}}, "UNKNOWN_TIME_ZONE", ["start", "zoned"]),
        ({"end": {"zoned": {**BERLIN, "timeZone": ""}}}, "UNKNOWN_TIME_ZONE", ["end", "zoned"]),
        (
            {"start": {"allDay": {"date": "2027-03-28", "timeZone": "Mars"}}, "end": {"after": "P1D"}},
            "UNKNOWN_TIME_ZONE",
            ["start", "allDay", "timeZone"],
        ),
        ({"start": {"zoned": BERLIN}}, "INVALID_TIME", ["start", "zoned", "local"]),
        ({"end": {"zoned": BERLIN}}, "INVALID_TIME", ["end", "zoned", "local"]),
        (
            {"start": {"zoned": {**BERLIN, "local": "2027-10-31T02:30:00"}}},
            "INVALID_TIME",
            ["start", "zoned", "local"],
        ),
        ({"start": DAY, "end": INSTANT}, "INVALID_TIME", ["end"]),
        ({"start": DAY, "end": {"zoned": {**BERLIN, "timeZone": "UTC"}}}, "INVALID_TIME", ["end"]),
        ({"start": DAY}, "INVALID_TIME", ["end"]),
        ({"start": DAY, "end": {"after": "P1DT1H"}}, "INVALID_TIME", ["end"]),
        ({"end": {"allDay": "2027-03-29"}}, "INVALID_TIME", ["end", "allDay"]),
        ({"start": {"allDay": {"date": "2027-03-28"}}, "end": {"after": "P1D"}}, "INVALID_TIME",
         ["start", "allDay", "timeZone"]),
        ({"start": {"instant": 1795208400}}, "INVALID_TIME", ["start"]),
        ({"start": {"instant": "1999-12-31T23:59:59Z"}}, "INVALID_TIME", ["start"]),
        ({"start": {"instant": "2200-01-01T00:00:00Z"}}, "INVALID_TIME", ["start"]),
        ({"end": {"after": "P90000D"}}, "INVALID_TIME", ["end"]),
        ({"title": ""}, "INVALID_INPUT", ["title"]),
        ({"title": " \t\u00a0"}, "INVALID_INPUT", ["title"]),
        ({"title": "Upgrade [#CHG-1]"}, "INVALID_INPUT", ["title"]),
        ({"title": "Upgrade [#CHG-1] "}, "INVALID_INPUT", ["title"]),
        ({"title": "Upgrade [#CHG-1@20270329T0030Z]"}, "INVALID_INPUT", ["title"]),
        ({"title": "[#a] Upgrade [#CHG-1]"}, "INVALID_INPUT", ["title"]),
        ({"title": "[#a][#b]"}, "INVALID_INPUT", ["title"]),
        (
            {"location": {"displayName": "a"}, "locations": [{"displayName": "b"}]},
            "INVALID_INPUT",
            ["locations"],
        ),
        ({"location": {"displayName": "a"}, "locations": []}, "INVALID_INPUT", ["locations"]),
        ({"location": {"displayName": " "}}, "INVALID_INPUT", ["location", "displayName"]),
        (
            {"locations": [{"displayName": "a"}, {"displayName": ""}]},
            "INVALID_INPUT",
            ["locations", "1", "displayName"],
        ),
        (
            {"attendees": [{"email": "a@contoso.com"}, {"email": "nobody"}]},
            "INVALID_INPUT",
            ["attendees", "1", "email"],
        ),
        ({"attendees": [{"email": "a b@contoso.com"}]}, "INVALID_INPUT", ["attendees", "0", "email"]),
        ({"attendees": [{"email": "@contoso.com"}]}, "INVALID_INPUT", ["attendees", "0", "email"]),
    ],
)  # fmt: skip
async def test_what_cannot_be_meant_costs_its_row_and_says_where(
    execute: Execute, es: FakeSource, changes: dict[str, Any], code: str, path: list[str]
) -> None:
    before, failed, after = await add(
        execute, an_event(title="before"), an_event(**changes), an_event(title="after")
    )
    assert (before["status"], failed["status"], after["status"]) == ("CREATED", "FAILED", "CREATED")
    assert failed["problem"]["code"] == code
    assert failed["problem"]["path"] == ["events", "1", *path]
    assert failed["requestIndexes"] == []
    assert es.journal[-2:] == ["apply es:a before", "apply es:a after"]


@pytest.mark.parametrize(
    "title", ["[#a] Upgrade", "Upgrade [#a]!", "Upgrade #CHG-1", "[#]", "[# a]", f"[#{'k' * 65}]", "é"]
)
async def test_a_title_that_is_not_marked_at_its_end_is_taken(execute: Execute, title: str) -> None:
    (row,) = await add(execute, an_event(title=title))
    assert row["status"] == "CREATED"


async def test_seconds_for_milliseconds_are_asked_after(execute: Execute) -> None:
    (row,) = await add(execute, an_event(start={"instant": 1795208400}))
    assert row["problem"]["hint"].startswith("Seconds instead of milliseconds?")


async def test_an_ambiguous_time_names_both_candidates(execute: Execute) -> None:
    skipped, twice = await add(
        execute,
        an_event(start={"zoned": BERLIN}),
        an_event(start={"zoned": {**BERLIN, "local": "2027-10-31T02:30:00"}}),
    )
    assert "does not exist" in skipped["problem"]["message"]
    assert "exists twice" in twice["problem"]["message"]
    assert "2027-10-31T02:30:00+02:00 or 2027-10-31T02:30:00+01:00" in twice["problem"]["message"]


@pytest.mark.parametrize(
    ("instant", "status"),
    [
        ("2000-01-01T00:00:00Z", "CREATED"),
        ("1999-12-31T23:59:59.999Z", "FAILED"),
        ("2199-12-31T22:00:00Z", "CREATED"),
        ("2199-12-31T23:00:00Z", "FAILED"),
    ],
)
async def test_events_are_in_the_years_2000_to_2199(execute: Execute, instant: str, status: str) -> None:
    (row,) = await add(execute, an_event(start={"instant": instant}))
    assert row["status"] == status


@pytest.mark.parametrize("count", [0, 1001])
async def test_no_events_and_too_many_refuse_the_call(execute: Execute, es: FakeSource, count: int) -> None:
    result = await execute(ADD, input={"calendars": ["es:a"], "events": [an_event()] * count})
    assert read(result)["addEvents"] == {
        "status": "FAILED",
        "problems": [{"path": ["events"]}],
        "results": [],
    }
    assert es.journal == []


async def test_nothing_is_lost_on_the_way_into_a_draft() -> None:
    written = EventInput(
        title="Upgrade",
        start=EventTimeInput(all_day=AllDayInput(date=date(2027, 3, 28))),
        end=EventEndInput(after=Duration(days=2)),
        description=EventBodyInput(html="<p>x</p>"),
        locations=[
            EventLocationInput(
                display_name="Room 1",
                address=PostalAddressInput(city="Berlin"),
                coordinates=CoordinatesInput(latitude=52.5, longitude=13.4),
                email="room1@contoso.com",
                uri="https://contoso.com/1",
            )
        ],
        categories=["a", "b"],
        show_as=ShowAsEnum.OUT_OF_OFFICE,
        attendees=[AttendeeInput(email=" bob@contoso.com ", name="Bob", type=AttendeeType.OPTIONAL)],
        elasticsearch=ElasticsearchEventOptions(skip_result=False, force_time_shift=3600),
    )
    draft = written.to_draft("Europe/Berlin")
    assert draft.is_all_day
    assert (draft.start.day, draft.end.day, draft.start.zone) == (
        date(2027, 3, 28),
        date(2027, 3, 30),
        "Europe/Berlin",
    )
    assert draft.end.instant - draft.start.instant == timedelta(hours=47)
    assert draft.body is not None
    assert (draft.body.text, draft.body.html) == (None, "<p>x</p>")
    assert draft.location is None
    assert draft.locations is not None
    (place,) = draft.locations
    assert (place.display_name, place.email, place.uri) == (
        "Room 1",
        "room1@contoso.com",
        "https://contoso.com/1",
    )
    assert place.address is not None
    assert place.address.city == "Berlin"
    assert place.coordinates is not None
    assert (place.coordinates.latitude, place.coordinates.longitude) == (52.5, 13.4)
    assert draft.categories == ("a", "b")
    assert draft.show_as is ShowAs.OUT_OF_OFFICE
    assert draft.attendees is not None
    (attendee,) = draft.attendees
    assert (attendee.email, attendee.name, attendee.type.value) == ("bob@contoso.com", "Bob", "optional")
    options = draft.options[SourceKind.ELASTICSEARCH]
    assert options == model.ElasticsearchEventOptions(skip_result=False, force_time_shift=3600)


async def test_what_is_not_given_is_not_empty() -> None:
    written = EventInput(
        title="x",
        start=EventTimeInput(instant=datetime(2027, 3, 28, tzinfo=UTC)),
        end=EventEndInput(after=Duration(exact=timedelta(hours=1))),
        categories=[],
    )
    draft = written.to_draft(None)
    assert (draft.categories, draft.attendees, draft.locations, draft.options) == ((), None, None, {})


async def test_microseconds_for_milliseconds_are_asked_after(execute: Execute) -> None:
    """No instant can be that late, so it is the request that is refused, and not the row."""
    (error,) = (
        await execute(ADD, input={"calendars": [], "events": [an_event(start={"instant": 10**15})]})
    ).errors or ()
    cause: Any = error.original_error
    assert cause.original_error.problem.hint.startswith("Microseconds instead of milliseconds?")
