"""What is read at once is what graphql-core and Strawberry make of it; all else is left to them."""

import dataclasses
import inspect
import json
from typing import Any

import pytest
import strawberry
from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    OperationDefinitionNode,
    get_nullable_type,
    get_variable_values,  # type: ignore[attr-defined]  # it is there
    is_required_input_field,
    parse,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import event as note
from hypothesis import strategies as st
from strawberry.types.arguments import convert_argument

from gateway.schema import arguments, twins
from gateway.schema.arguments import DirectResolvers, Variables
from gateway.schema.build import core_schema, served_schema
from gateway.schema.conversion import convert
from gateway.schema.enums import ShowAs
from gateway.schema.event_input import EventInput
from gateway.schema.instants import check, check_plain
from gateway.schema.twins import Form
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
INPUTS = [it for it in core_schema().type_map.values() if isinstance(it, GraphQLInputObjectType)]
EVENT_TYPE = core_schema().type_map["EventInput"]
EVENT = {"title": "x", "start": {"instant": "2027-03-02T00:00:00Z"}, "end": {"after": "PT1H"}}
PLAIN = {**EVENT, "end": {"instant": "2027-03-02T01:00:00+00:00"}}
LEFT = object()
"""What was not read at once."""


def told(value: Any) -> Any:
    """What objects hold: a twin and the object that Strawberry makes are equal but for their class."""
    if isinstance(value, list):
        return [told(each) for each in value]
    made = twins.origin(value) or type(value)
    if not dataclasses.is_dataclass(made):
        return value
    return made.__name__, {it.name: told(getattr(value, it.name)) for it in dataclasses.fields(made)}


def class_of(it: Any) -> type:
    return it.extensions["strawberry-definition"].origin


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
    assert told(found) == told(expected)
    assert repr(told(found)) == repr(told(expected))  # true is not 1, and UNSET is not null


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_many_events_are_read_as_strawberry_reads_them_whether_or_not_they_are_alike(data: Any) -> None:
    argument = ARGUMENTS["AddEventsInput!"]
    kinds = data.draw(st.lists(values(EVENT_TYPE), min_size=1, max_size=3))
    events = data.draw(st.lists(st.sampled_from([EVENT, PLAIN, *kinds]), min_size=2, max_size=9))
    value = {"calendars": ["es:a"], "events": events}
    found, expected = at_once(argument, value), step_by_step(argument, value)
    assert told(found) == told(expected)
    assert repr(told(found)) == repr(told(expected))


def test_a_value_that_is_absent_is_not_one_that_is_null():
    patch = at_once(
        ARGUMENTS["UpdateEventsInput!"],
        {"changes": {"target": {"id": "es:a"}, "set": {"title": None}}},
    )
    (change,) = patch.changes
    assert change.set.title is None
    assert change.set.location is strawberry.UNSET


@pytest.mark.parametrize("form", Form)
@pytest.mark.parametrize("it", INPUTS, ids=lambda it: it.name)
def test_a_twin_has_the_methods_and_the_defaults_of_its_class(it: GraphQLInputObjectType, form: Form) -> None:
    made, twin = class_of(it), twins.twin(it, form)
    own = [name for name in vars(made) if not name.startswith("__")]
    assert [name for name in own if not hasattr(twin, name)] == []
    fields = {it.name: it.default for it in dataclasses.fields(made)}
    left_out = [name for name in fields if name not in twin.__struct_fields__]
    assert form is Form.PLAIN or not left_out
    assert all(getattr(twin, name) is fields[name] for name in left_out)
    methods = [name for name in own if inspect.isroutine(getattr(made, name))]
    assert all(getattr(twin, name) is getattr(made, name) for name in methods)


@pytest.mark.parametrize(
    ("more", "held"),
    [
        ({}, {"title", "start", "end"}),
        ({"end": {"instant": "2027-03-29T00:30:00.5Z"}}, {"title", "start", "end"}),
        ({"key": "CHG-1"}, {it.name for it in dataclasses.fields(EventInput)}),
        ({"location": None}, {it.name for it in dataclasses.fields(EventInput)}),
    ],
)
def test_events_are_plain_twins_unless_one_of_them_has_more_than_it_must(
    more: dict[str, Any], held: set[str]
) -> None:
    end = {"instant": "2027-03-28T00:30:00Z"}
    value = {
        "calendars": ["es:a"],
        "dryRun": True,
        "events": [{**EVENT, "end": end}, {**EVENT, "end": end, **more}],
    }
    read = convert(ARGUMENTS["AddEventsInput!"].type)(value)
    assert read.dry_run
    assert [{*each.__struct_fields__} for each in read.events] == [held, held]
    assert told(read) == told(step_by_step(ARGUMENTS["AddEventsInput!"], value))


@pytest.mark.parametrize(
    "instant",
    [
        "2027-03-28T00:30:00Z",
        "2027-03-28T00:30:00+00:00",
        "2027-03-28T00:30:00.000Z",
        "2027-03-28T00:30:00.123456Z",
    ],
)
def test_what_programs_write_is_read_by_c(instant: str) -> None:
    by_c = convert(ARGUMENTS["AddEventsInput!"].type)
    event = {**EVENT, "start": {"instant": instant}, "showAs": "FREE", "key": "CHG-1", "categories": ["a"]}
    options = {"onExisting": "UPDATE", "maxMute": "PT1H", "dryRun": True, "maxInvitations": 0}
    assert by_c({"calendars": ["es:a"], "events": [event], **options}).events[0].show_as is ShowAs.FREE


@pytest.mark.parametrize(
    "instant",
    [
        "2027-03-28 00:30:00Z",
        "2027-03-28T00:30:00.9999999Z",
        "2027-03-28T00:30:00.0000000Z",
        "2027-03-28T00:30:00+01:00",
        "2027-03-28t00:30:00+01:00",
        "2027-03-28T00:30:00+00:30",
        "2027-03-28T00:30:00-01:00",
        "2027-03-28T00:30:00-00:00",
        "2027-03-28T00:30:00-00:30",
        "2027-03-28T00:30:00",
        1795208400000,
        "Z",
        None,
    ],
)
@pytest.mark.parametrize("other", [EVENT, PLAIN])
def test_an_instant_that_c_would_read_otherwise_than_we_do_is_not_read_by_it(
    instant: object, other: dict[str, Any]
) -> None:
    by_c = convert(ARGUMENTS["AddEventsInput!"].type)
    for event in ({**other, "start": {"instant": instant}}, {**PLAIN, "end": {"instant": instant}}):
        with pytest.raises(ValueError):  # noqa: PT011 - it is caught by that name, whatever it says
            by_c({"calendars": ["es:a"], "events": [other, event]})


@pytest.mark.parametrize(
    "start", [{}, {"instant": "2027-03-28T00:30:00Z", "allDay": {"date": "2027-03-28"}}, {"allDay": None}]
)
def test_a_start_that_is_given_in_no_way_or_in_two_is_not_read_by_c(start: object) -> None:
    by_c = convert(ARGUMENTS["AddEventsInput!"].type)
    with pytest.raises(ValueError):  # noqa: PT011 - as above
        by_c({"calendars": ["es:a"], "events": [{**EVENT, "start": start}]})


WINDOW = {"start": "2027-03-01T00:00:00Z", "end": "2027-03-09T00:00:00Z"}
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
    assert twins.origin(read.coerced["event"]) is EventInput


def test_of_plain_items_it_is_known_where_instants_are() -> None:
    type_: Any = core_schema().type_map["AddEventsInput"]
    are_exact, value = check_plain(type_), smallest(type_)
    assert are_exact is not None
    coarse = json.loads(json.dumps(value).replace(":00Z", ":00.1234567Z"))
    assert coarse != value
    assert (
        [are_exact(value), are_exact(coarse)] == [check(type_)(value), check(type_)(coarse)] == [True, False]
    )


def smallest(type_: Any) -> Any:
    """What C reads as a type: an object has what it must have, or the first of what it may have one of."""
    type_ = get_nullable_type(type_)
    if isinstance(type_, GraphQLList):
        return [smallest(type_.of_type)]
    if isinstance(type_, GraphQLEnumType):
        return next(iter(type_.values))
    if not isinstance(type_, GraphQLInputObjectType):
        return LEAVES[type_.name]
    needed = [name for name, field in type_.fields.items() if is_required_input_field(field)]
    return {name: smallest(type_.fields[name].type) for name in needed or [*type_.fields][:1]}


LEAVES: dict[str, Any] = {
    "String": "x",
    "ID": "es:a",
    "Boolean": True,
    "Int": 1,
    "Float": 1,
    "DateTime": "2027-03-28T00:30:00Z",
    "Date": "2027-03-28",
    "LocalDateTime": "2027-03-28T22:00",
    "TimeZone": "Europe/Berlin",
    "Duration": "PT1H",
    "RecurrenceRule": "FREQ=DAILY;COUNT=3",
    "JSON": {},
}


@pytest.mark.parametrize("it", INPUTS, ids=lambda it: it.name)
def test_each_input_is_read_by_c_with_or_without_an_instant_within(it: GraphQLInputObjectType) -> None:
    assert twins.origin(convert(it)(smallest(it))) is class_of(it)
    assert convert(it)(None) is None
    with pytest.raises(ValueError):  # noqa: PT011 - as above
        convert(GraphQLNonNull(it))(None)


@pytest.mark.parametrize("number", [2**53, 2**53 + 1, -(2**53) - 1, 2**64, 2**64 + 1, 1e300])
def test_a_float_that_may_have_been_rounded_is_not_read_by_c(number: float) -> None:
    by_c = convert(core_schema().type_map["CoordinatesInput"])  # type: ignore[arg-type]
    with pytest.raises(ValueError):  # noqa: PT011 - as above
        by_c({"latitude": number, "longitude": 1})
    assert by_c({"latitude": 2**53 - 1, "longitude": 1.5}).latitude == 2**53 - 1
    event = {**EVENT, "location": {"coordinates": {"latitude": number, "longitude": 1}}}
    value = {"calendars": ["es:a"], "events": [event]}
    argument = ARGUMENTS["AddEventsInput!"]
    assert told(at_once(argument, value)) == told(step_by_step(argument, value))


def variables(text: str) -> Variables:
    (operation,) = parse(text).definitions
    assert isinstance(operation, OperationDefinitionNode)
    return Variables(core_schema(), operation)


@pytest.mark.parametrize("type_", ["EventInput", "EventInput!", "[EventInput]", "[EventInput!]!"])
def test_variables_of_a_type_share_what_reads_it_whatever_document_declares_them(type_: str) -> None:
    documents = (f"query ($a: {type_}, $b: {type_}) {{ __typename }}", f"query ($c: {type_}) {{ id }}")
    reads = [read for text in documents for _, read in variables(text)._readers]
    assert len(reads) == 3
    assert len(set(reads)) == 1


@pytest.mark.parametrize("depth", [2, 3, 50])
def test_a_list_of_lists_in_a_document_keeps_nothing_beyond_it(depth: int) -> None:
    known = len(arguments._BY_C)
    read = variables(f"query ($a: {'[' * depth}EventInput{']' * depth}) {{ __typename }}").read
    assert len(arguments._BY_C) == known
    found = read({"a": EVENT}).coerced["a"]
    for _ in range(depth):
        (found,) = found
    assert found.title == EVENT["title"]


def test_a_field_with_arguments_must_be_one_that_can_be_called_directly():
    @strawberry.type
    class Query:
        @strawberry.field
        def sized(self, size: int) -> int:
            return size

    schema = strawberry.Schema(Query)
    with pytest.raises(TypeError, match="sized"):
        DirectResolvers(schema._schema)
