"""What is read at once is what graphql-core and Strawberry make of it; all else is left to them."""

from typing import Any

import pytest
import strawberry
from graphql import (
    GraphQLArgument,
    GraphQLObjectType,
    OperationDefinitionNode,
    get_variable_values,  # type: ignore[attr-defined]  # it is there
    parse,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import event as note
from hypothesis import strategies as st
from strawberry.types.arguments import convert_argument

from gateway.schema.arguments import DirectResolvers, Variables
from gateway.schema.build import core_schema, served_schema
from gateway.schema.event_input import EventInput
from tests.schema.both_ways import ours, theirs, written
from tests.schema.given_values import values
from tests.schema.test_completion import catalog, full, plain

pytestmark = pytest.mark.anyio

OBJECTS = [it for it in core_schema().type_map.values() if isinstance(it, GraphQLObjectType)]
ARGUMENTS = {
    str(value.type): value
    for type_ in OBJECTS
    for field in type_.fields.values()
    for value in field.args.values()
    if not type_.name.startswith("__")
}
"""An argument of each type that arguments have in the schema."""
LEFT = object()
"""What was not read at once."""


def declared(argument: GraphQLArgument) -> OperationDefinitionNode:
    (operation,) = parse(f"query ($it: {argument.type}) {{ __typename }}").definitions
    assert isinstance(operation, OperationDefinitionNode)
    return operation


def at_once(argument: GraphQLArgument, value: Any) -> Any:
    try:
        return Variables(core_schema(), declared(argument)).read({"it": value}).coerced["it"]
    except Exception:  # noqa: BLE001 - whatever is raised
        return LEFT


def step_by_step(argument: GraphQLArgument, value: Any) -> Any:
    """What Strawberry makes of what graphql-core makes of it, or LEFT if it finds errors."""
    schema = served_schema()
    found = get_variable_values(core_schema(), declared(argument).variable_definitions, {"it": value})
    if isinstance(found, list):
        return LEFT
    type_ = argument.extensions["strawberry-definition"].type
    registry = schema.schema_converter.scalar_registry
    return convert_argument(found.coerced["it"], type_, registry, schema.config)


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
@pytest.mark.parametrize("type_", ARGUMENTS)
def test_any_value_is_read_as_strawberry_reads_it_or_left_to_it_if_it_is_wrong(type_: str, data: Any) -> None:
    argument = ARGUMENTS[type_]
    value = data.draw(values(argument.type))
    expected = step_by_step(argument, value)
    note("wrong" if expected is LEFT else "right")
    found = at_once(argument, value)
    assert found == expected
    assert repr(found) == repr(expected)  # true is not 1, and UNSET is not null


def test_a_value_that_is_absent_is_not_one_that_is_null():
    patch = at_once(
        ARGUMENTS["UpdateEventsInput!"],
        {"changes": {"target": {"id": "es:a"}, "set": {"title": None}}},
    )
    (change,) = patch.changes
    assert change.set.title is None
    assert change.set.location is strawberry.UNSET


WINDOW = {"start": "2027-03-01T00:00:00Z", "end": "2027-03-09T00:00:00Z"}
EVENT = {"title": "x", "start": {"instant": "2027-03-02T00:00:00Z"}, "end": {"after": "PT1H"}}
LIST = (
    'query ($calendars: [ID!]! = ["es:a"], $window: TimeWindowInput!, $first: Int = 1, $after: String, '
    "$yes: Boolean! = false) { calendarEvents(calendars: $calendars, window: $window, first: $first, "
    "after: $after) { nodes { id title @include(if: $yes) counterparts(calendars: $calendars) { id } } } }"
)
ROWS = "{ status results { status eventIndex key problem { code message path } warnings { field } } }"
ADD = f"mutation ($input: AddEventsInput!) {{ addEvents(input: $input) {ROWS} }}"
PARTS = (
    "mutation ($calendars: [ID!]!, $event: EventInput!, $dryRun: Boolean!) { addEvents(input: "
    f"{{calendars: $calendars, events: [$event], dryRun: $dryRun}}) {ROWS} }}"
)
DEFAULT = (
    "query ($window: TimeWindowInput! = {start: 1804032000000, end: 1804982400000}) "
    '{ calendarEvents(calendars: "es:a", window: $window) { nodes { id } } }'
)
ASKED: list[tuple[str, dict[str, Any]]] = [
    (LIST, {"window": WINDOW}),
    (LIST, {"window": WINDOW, "calendars": "graph:a", "first": 2, "after": None, "yes": True, "more": 1}),
    (LIST, {"window": WINDOW, "first": None}),
    (LIST, {"window": WINDOW, "yes": None}),
    (LIST, {"window": {**WINDOW, "end": "soon"}, "first": "1", "after": []}),
    (LIST, {"window": {"start": WINDOW["end"], "end": WINDOW["start"]}}),
    (LIST, {"window": None}),
    (LIST, {}),
    (ADD, {"input": {"calendars": ["es:a", "graph:a"], "events": [EVENT, {**EVENT, "title": ""}]}}),
    (ADD, {"input": {"calendars": "es:a", "events": EVENT, "dryRun": True, "onLoss": "FAIL"}}),
    (ADD, {"input": {"calendars": "es:a", "events": [EVENT, {**EVENT, "titel": "x", "end": {}}]}}),
    (ADD, {"input": {"calendars": "es:a", "events": [EVENT], "onLoss": "IGNORE", "dryRun": 1}}),
    (PARTS, {"calendars": "es:a", "event": EVENT, "dryRun": True}),
    (PARTS, {"calendars": "es:a", "event": {**EVENT, "end": None}, "dryRun": True}),
    (DEFAULT, {}),
    (DEFAULT, {"window": WINDOW}),
    ('{ calendarEvents(calendars: "es:a", window: {start: 0, end: 1}) { nodes { id } } }', {}),
    ("query ($name: String!) { __type(name: $name) { name } }", {"name": "Calendar"}),
    (
        "query ($them: [_Any!]!) { _entities(representations: $them) { ... on Calendar { id } } }",
        {"them": [{"__typename": "Calendar", "id": "es:a"}, {"__typename": "Nothing"}]},
    ),
]


@pytest.mark.parametrize(("query", "variables"), ASKED)
async def test_variables_get_to_the_resolvers_or_into_errors_the_same_both_ways(
    query: str, variables: dict[str, Any]
) -> None:
    expected = written(await theirs(catalog(plain(), full()), query, variables))
    assert written(await ours(catalog(plain(), full()), query, variables)) == expected


def test_an_object_that_goes_into_a_literal_is_read_at_once_too():
    (operation,) = parse(PARTS).definitions
    assert isinstance(operation, OperationDefinitionNode)
    read = Variables(core_schema(), operation).read({"calendars": ["es:a"], "event": EVENT, "dryRun": True})
    assert isinstance(read.coerced["event"], EventInput)


def test_a_field_with_arguments_must_be_one_that_can_be_called_directly():
    @strawberry.type
    class Query:
        @strawberry.field
        def sized(self, size: int) -> int:
            return size

    schema = strawberry.Schema(Query)
    with pytest.raises(TypeError, match="sized"):
        DirectResolvers(schema._schema)
