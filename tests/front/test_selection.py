"""Each field of an event has the same value whether it is asked for alone or with all others."""

from collections.abc import Iterator
from typing import Any

import pytest
from graphql import GraphQLObjectType, GraphQLSchema, build_schema, get_named_type

from gateway.schema.build import client_sdl
from tests.front.test_reads import WEEK

pytestmark = pytest.mark.anyio

QUERY = """query ($calendars: [ID!]!, $window: TimeWindowInput!, $event: ID!) {
  calendarEvents(calendars: $calendars, window: $window) { nodes { ...Shown } }
  calendarEvent(id: $event) { ...Shown }
}"""
ELSEWHERE = {"calendar", "source", "counterparts"}
"""Fields that lead away from the event."""


def whole(schema: GraphQLSchema, type_name: str) -> Iterator[str]:
    """Selections that together show all that an object has, each with all that is below it."""
    for name, field in schema.get_type(type_name).fields.items():
        if name in ELSEWHERE:
            continue
        below = get_named_type(field.type)
        if isinstance(below, GraphQLObjectType):
            yield f"{name} {{ {' '.join(whole(schema, below.name))} }}"
        else:
            yield name


def single(schema: GraphQLSchema) -> Iterator[str]:
    """Each field of an event, and each of its details, alone."""
    for selection in whole(schema, "CalendarEvent"):
        name = selection.partition(" ")[0]
        if name in {"msgraph", "elasticsearch"}:
            type_name = get_named_type(schema.get_type("CalendarEvent").fields[name].type).name
            yield from (f"{name} {{ {below} }}" for below in whole(schema, type_name))
        else:
            yield selection


def part(value: Any, like: Any) -> Any:
    """As much of a value as another one of its shape has."""
    if isinstance(like, dict) and isinstance(value, dict):
        return {name: part(value[name], like[name]) for name in like}
    if isinstance(like, list) and isinstance(value, list) and len(value) == len(like):
        return [part(one, other) for one, other in zip(value, like, strict=True)]
    return value


@pytest.mark.parametrize("calendar", ["msgraph:users/outages@contoso.com", "elasticsearch:planned-outages"])
async def test_a_field_alone_is_what_it_is_among_all_others(front: Any, calendar: str) -> None:
    gateway = await front()
    schema = build_schema(client_sdl())
    ids = f"{QUERY} fragment Shown on CalendarEvent {{ id seriesId }}"
    variables = {"calendars": [calendar], "window": WEEK, "event": calendar}
    listed = await gateway.ask(ids.replace("calendarEvent(", "node("), variables)
    rows = listed["calendarEvents"]["nodes"]
    variables["event"] = next(filter(None, (row["seriesId"] for row in rows)), rows[0]["id"])

    async def shown(selection: str) -> Any:
        query = f"{QUERY} fragment Shown on CalendarEvent {{ {selection} }}"
        return await gateway.ask(query, variables)

    everything = await shown(" ".join(whole(schema, "CalendarEvent")))
    assert everything["calendarEvent"]
    assert len(everything["calendarEvents"]["nodes"]) > 3
    for selection in single(schema):
        alone = await shown(selection)
        assert alone == part(everything, alone), selection


ADD = """mutation ($calendar: ID!) {
  addEvents(input: {calendars: [$calendar], events: [{
    title: "Patch", description: {html: "<p>text</p>"}, categories: ["red"], showAs: FREE
    start: {zoned: {local: "2027-03-15T09:00:00", timeZone: "Europe/Berlin"}}, end: {after: "PT1H"}
    location: {displayName: "Room 1"}, attendees: [{email: "ops@contoso.com", name: "Ops", type: OPTIONAL}]
    msgraph: {importance: HIGH, isReminderOn: true, reminderMinutesBeforeStart: 5, isOnlineMeeting: true}
  }]}) { results { status stored warnings { field } event { SELECTED } } }
}"""
OF_ITS_OWN = {
    *("id", "webUrl", "revision", "createdAt", "updatedAt"),
    *("eventId", "changeKey", "iCalUId", "uid", "transactionId", "joinUrl"),
}
"""Fields in which two events that are made alike differ."""


@pytest.mark.parametrize("calendar", ["msgraph:users/outages@contoso.com", "elasticsearch:planned-outages"])
async def test_a_field_of_an_added_event_alone_is_what_it_is_among_all_others(
    front: Any, calendar: str
) -> None:
    gateway = await front()
    schema = build_schema(client_sdl())

    async def added(selection: str) -> Any:
        answer = await gateway.ask(ADD.replace("SELECTED", selection), {"calendar": calendar})
        (row,) = answer["addEvents"]["results"]
        return row

    everything = await added(" ".join(whole(schema, "CalendarEvent")))
    assert everything["status"] == "CREATED"
    for selection in single(schema):
        alone = await added(selection)
        names = OF_ITS_OWN & set(selection.split())
        assert without(alone, names) == without(part(everything, alone), names), selection


def without(value: Any, names: set[str]) -> Any:
    """A value in which it only counts whether those fields have one."""
    if isinstance(value, dict):
        return {
            name: below is not None if name in names else without(below, names)
            for name, below in value.items()
        }
    return [without(one, names) for one in value] if isinstance(value, list) else value
