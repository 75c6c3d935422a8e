"""Every property of Graph's event, v1.0 and beta: read and written by us, or the reason why it is not.

`tests/cases/msgraph_properties.json` lists the properties and enumerations by Graph's names, each with its
place in our schema. What is listed as read is read out of an event that has it all, and what is listed as
written is found in the request that a full input leads to.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLObjectType, build_schema
from strawberry.types import has_object_definition

from gateway.adapters.msgraph.events import to_event
from gateway.adapters.msgraph.wire import GraphEvent
from gateway.model.ids import CalendarId
from gateway.schema import enums
from gateway.schema.build import client_sdl
from gateway.schema.event import CalendarEvent

ROOT = Path(__file__).parents[2]
TABLE = json.loads((ROOT / "tests/cases/msgraph_properties.json").read_text(encoding="utf-8"))
TYPES: dict[str, dict[str, Any]] = TABLE["types"]
ENUMS: dict[str, dict[str, Any]] = TABLE["enums"]
ROWS = [
    pytest.param(type_, name, row, id=f"{type_}.{name}")
    for type_, rows in TYPES.items()
    for name, row in rows.items()
]
SCHEMA = build_schema(client_sdl())
CALENDAR = CalendarId("msgraph", ("users", "U", "calendars", "C"))

SAMPLES = {
    "boolean": True,
    "integer(int32)": 1,
    "number(double)": 1.5,
    "string": "text",
    "string(date)": "2027-03-15",
    "string(date-time)": "2027-03-15T09:00:00Z",
    "dateTimeTimeZone": {"dateTime": "2027-03-15T09:00:00.0000000", "timeZone": "UTC"},
    "itemBody": {"contentType": "html", "content": "<p>text</p>"},
}
"""One value of each type that is no structure; times of a structure are a structure with a grammar."""
FULL_INPUT = """
mutation ($calendar: ID!) {
  addEvents(input: {calendars: [$calendar], events: [{
    title: "Patch", description: {html: "<p>text</p>"}, categories: ["red"], showAs: BUSY
    start: {allDay: {date: "2027-03-15", timeZone: "Europe/Berlin"}}, end: {after: "P1D"}
    recurrence: {rule: "FREQ=WEEKLY;BYDAY=MO;COUNT=3"}
    attendees: [{email: "ops@contoso.com", name: "Ops", type: OPTIONAL}]
    PLACE
    msgraph: {
      importance: HIGH, sensitivity: PRIVATE, isReminderOn: true, reminderMinutesBeforeStart: 5
      responseRequested: false, allowNewTimeProposals: false, hideAttendees: true
      isOnlineMeeting: true, onlineMeetingProvider: TEAMS_FOR_BUSINESS
      singleValueExtendedProperties: [
        {id: "String {66f5a359-4659-4830-9070-00047ec6ac6e} Name Ticket", value: "CHG-1"}]
      multiValueExtendedProperties: [
        {id: "StringArray {66f5a359-4659-4830-9070-00050ec6ac6e} Name Hosts", value: ["a", "b"]}]
      extensions: [{name: "com.contoso.change", data: {ticket: "CHG-1", hosts: [1, 2]}}]
    }
  }]}) { results { status problem { message path } } }
}
"""
PLACE = """{
  displayName: "Room 1", email: "room1@contoso.com", uri: "https://contoso.com/room1"
  type: CONFERENCE_ROOM, uniqueId: "room1@contoso.com", uniqueIdType: DIRECTORY
  address: {street: "Street 1", city: "Berlin", state: "BE", countryOrRegion: "DE", postalCode: "10115"}
  coordinates: {latitude: 52.5, longitude: 13.4, altitude: 34, accuracy: 5, altitudeAccuracy: 5}
}"""


@pytest.mark.parametrize(("type_", "name", "row"), ROWS)
def test_a_property_is_mapped_or_the_reason_is_given(type_: str, name: str, row: dict[str, Any]):
    assert ("read" in row) != ("notRead" in row)
    assert ("write" in row) != ("notWritten" in row)
    assert row["versions"] in (["v1.0", "beta"], ["v1.0"], ["beta"])
    assert has_field(row.get("read"), GraphQLObjectType)
    assert has_field(row.get("write"), GraphQLInputObjectType)


def has_field(path: str | None, kind: type) -> bool:
    if path is None:
        return True
    type_name, field = path.split(".")
    type_ = SCHEMA.type_map[type_name]
    return isinstance(type_, kind) and field in type_.fields


def test_no_type_that_a_property_has_is_left_out():
    plain = {"string", "boolean", "integer(int32)", "number(double)", "string(date)", "string(date-time)"}
    for rows in TYPES.values():
        for row in rows.values():
            if "read" in row and not row["read"].startswith("CalendarEvent.calendar"):
                assert row["type"].strip("[]") in plain | TYPES.keys() | ENUMS.keys()


@pytest.mark.parametrize("name", ENUMS)
def test_an_enumeration_has_graphs_words_or_the_reason_is_given(name: str):
    row = ENUMS[name]
    assert ("enum" in row) != ("notMapped" in row)
    if "enum" in row:
        type_ = SCHEMA.type_map[row["enum"]]
        assert isinstance(type_, GraphQLEnumType)
        members = getattr(enums, row["enum"].removeprefix("MSGraph"))
        assert set(members.__members__) == set(type_.values)
        assert {member.value for member in members} == set(row["values"])


def sample(type_: str) -> Any:
    """A value with every member that is listed as read, and the first word of an enumeration."""
    if type_.startswith("["):
        return [sample(type_[1:-1])]
    if type_ in SAMPLES:
        return SAMPLES[type_]
    if type_ in ENUMS:
        return ENUMS[type_]["values"][0]
    return {name: sample(row["type"]) for name, row in TYPES.get(type_, {}).items() if "read" in row}


def test_every_property_that_is_listed_as_read_is_read():
    wire = msgspec.convert(sample("event"), GraphEvent)
    event = CalendarEvent.of(to_event(wire, source="msgraph", owner=("users", "U"), calendar=CALENDAR))
    found = set(read(event))
    wanted = {row["read"] for rows in TYPES.values() for row in rows.values() if "read" in row}
    assert wanted - found <= {"CalendarEvent.calendar"}  # that is a resolver of its own


def read(value: Any) -> Iterator[str]:
    """The names of all fields below a value of the schema that are not null."""
    for field in value.__strawberry_definition__.fields:
        resolver = field.base_resolver
        if resolver is not None and (resolver.is_async or resolver.info_parameter is not None):
            continue
        member = getattr(value, field.python_name) if resolver is None else resolver.wrapped_func(value)
        type_ = value.__strawberry_definition__.name
        if member not in (None, []):
            graphql_name = field.graphql_name or camel_case(field.python_name)
            yield f"{type_}.{graphql_name}"
        for item in member if isinstance(member, list) else [member]:
            if has_object_definition(item):
                yield from read(item)


def camel_case(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(map(str.capitalize, rest))


@pytest.mark.anyio
@pytest.mark.parametrize("place", [f"location: {PLACE}", f"locations: [{PLACE}]"])
async def test_every_property_that_is_listed_as_written_is_sent(front: Any, place: str):
    gateway = await front()
    query = FULL_INPUT.replace("PLACE", place)
    answer = await gateway.ask(query, {"calendar": "msgraph:users/outages@contoso.com/calendar"})
    assert answer["addEvents"]["results"] == [{"status": "CREATED", "problem": None}]
    (request,) = gateway.seen("msgraph")
    other = "location" if "locations" in place else "locations"
    assert set(unsent("event", json.loads(request.body))) == {f"event.{other}"}


def unsent(type_: str, body: dict[str, Any]) -> Iterator[str]:
    """The properties that are listed as written and that a body does not have."""
    for name, row in TYPES[type_].items():
        if "write" not in row:
            continue
        if name not in body:
            yield f"{type_}.{name}"
            continue
        inner = row["type"].strip("[]")
        if inner in TYPES:
            value = body[name][0] if row["type"].startswith("[") else body[name]
            yield from unsent(inner, value)


def test_the_docs_show_the_same_table():
    page = (ROOT / "docs/reference/graph-properties.md").read_text(encoding="utf-8")
    for type_, rows in TYPES.items():
        assert table(type_, rows) in page
    for name, row in ENUMS.items():
        assert f"| `{name}` | {where(row, 'enum', 'notMapped')} |" in page


def table(type_: str, rows: dict[str, Any]) -> str:
    """The table of one type, as the docs have it."""
    lines = [f"### {type_}", "| Property | Type | Read as | Written as |", "|---|---|---|---|"]
    for name, row in rows.items():
        only = f" ({row['versions'][0]} only)" if len(row["versions"]) == 1 else ""
        places = where(row, "read", "notRead"), where(row, "write", "notWritten")
        lines.append(f"| `{name}`{only} | {row['type']} | {places[0]} | {places[1]} |")
    return "\n".join(lines) + "\n"


def where(row: dict[str, Any], place: str, reason: str) -> str:
    return f"`{row[place]}`" if place in row else f"– {row[reason]}"
