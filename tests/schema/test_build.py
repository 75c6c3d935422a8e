"""The schema says of every name what it means, and is printed as it is served."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    NonNullTypeNode,
    SchemaDefinitionNode,
    build_ast_schema,
    build_schema,
    get_introspection_query,
    graphql_sync,
    parse,
    print_ast,
)
from graphql.utilities import build_client_schema

from gateway.schema.build import client_sdl, served_schema, subgraph_sdl

ROOT = Path(__file__).parents[2]
BUILT_IN = {"String", "Int", "Float", "Boolean", "ID"}
FEDERATION = """
scalar _Any
scalar federation__FieldSet
scalar link__Import
enum link__Purpose { SECURITY EXECUTION }
directive @key(fields: federation__FieldSet!, resolvable: Boolean = true) repeatable on OBJECT | INTERFACE
directive @link(
  url: String, as: String, for: link__Purpose, import: [link__Import]
) repeatable on SCHEMA
"""


def introspected() -> GraphQLSchema:
    schema = build_schema(client_sdl())
    return build_client_schema(
        graphql_sync(schema, get_introspection_query(input_value_deprecation=True)).data
    )


def described(schema: GraphQLSchema) -> Iterator[tuple[str, str | None]]:
    """Each public name with its description."""
    for name, type_ in schema.type_map.items():
        if name.startswith("__") or name in BUILT_IN:
            continue
        yield name, type_.description
        if isinstance(type_, GraphQLEnumType):
            yield from ((f"{name}.{value}", it.description) for value, it in type_.values.items())
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            for field, definition in type_.fields.items():
                yield f"{name}.{field}", definition.description
                arguments: dict[str, GraphQLArgument] = getattr(definition, "args", {})
                yield from ((f"{name}.{field}({arg})", it.description) for arg, it in arguments.items())


def test_every_public_name_has_a_description() -> None:
    names = dict(described(introspected()))
    assert {
        "Query",
        "Query.calendarEvents(window)",
        "WriteStatus.UNKNOWN",
        "EventInput.title",
        "DateTime",
    } <= set(names)
    assert [name for name, description in names.items() if not (description or "").strip()] == []


def test_descriptions_are_sentences() -> None:
    assert [
        name for name, text in described(introspected()) if not (text or "").endswith((".", "!", "?", "…"))
    ] == []


def test_the_printed_schema_is_the_one_in_the_repository() -> None:
    assert client_sdl() == (ROOT / "schema.graphql").read_text(encoding="utf-8")


def test_the_printed_schema_is_what_is_served() -> None:
    served = served_schema().introspect()["__schema"]["types"]
    names = {it["name"] for it in served if not it["name"].startswith(("_", "link__", "federation__"))}
    printed = {name for name in introspected().type_map if not name.startswith("__")}
    assert names == printed


def test_clients_see_nothing_of_federation() -> None:
    sdl = client_sdl()
    build_schema(sdl)
    for word in ("@key", "@link", "_Any", "_entities", "_service", "federation", "_Entity"):
        assert word not in sdl


def test_the_subgraph_can_be_built_with_the_directives_of_federation() -> None:
    schema = build_ast_schema(parse(subgraph_sdl() + FEDERATION), assume_valid_sdl=True)
    assert schema.query_type is not None
    assert {"node", "nodes"} & set(schema.query_type.fields) == set()
    assert {"calendar", "calendarEvent", "calendarEvents", "_service", "_entities"} <= set(
        schema.query_type.fields
    )
    assert schema.mutation_type is not None


def test_calendars_and_events_alone_are_entities_by_id_and_events_by_calendar_and_key() -> None:
    keys: dict[str, list[str]] = {}
    for node in parse(subgraph_sdl()).definitions:
        for directive in getattr(node, "directives", None) or ():
            if directive.name.value == "key":
                keys.setdefault(node.name.value, []).extend(arg.value.value for arg in directive.arguments)
    assert keys == {"Calendar": ["id"], "CalendarEvent": ["id", "calendarId key"]}


def test_the_supergraph_is_told_to_keep_that_inputs_are_one_of() -> None:
    sdl = subgraph_sdl()
    (schema,) = (node for node in parse(sdl).definitions if isinstance(node, SchemaDefinitionNode))
    assert '@federation__composeDirective(name: "@oneOf")' in print_ast(schema)
    (link,) = (print_ast(it) for it in schema.directives if "oneOf/v1.0" in print_ast(it))
    assert link.endswith('import: ["@oneOf"])')
    assert "composeDirective" not in client_sdl()


def test_the_subgraph_is_of_federation_2_9() -> None:
    assert "https://specs.apollo.dev/federation/v2.9" in subgraph_sdl()


def test_the_subgraph_has_all_that_clients_see_but_node_and_nodes() -> None:
    client, subgraph = (
        build_schema(client_sdl()),
        build_ast_schema(parse(subgraph_sdl() + FEDERATION), assume_valid_sdl=True),
    )
    for name, type_ in client.type_map.items():
        if name.startswith("__"):
            continue
        mine = subgraph.type_map[name]
        assert type(mine) is type(type_)
        expected = set(getattr(type_, "fields", {})) - ({"node", "nodes"} if name == "Query" else set())
        assert expected <= set(getattr(mine, "fields", {}))


def test_there_are_no_subscriptions() -> None:
    assert introspected().subscription_type is None


@pytest.mark.parametrize("name", ["EventTimeInput", "EventEndInput", "EventBodyInput"])
def test_alternatives_are_one_of(name: str) -> None:
    assert f"input {name} @oneOf" in client_sdl()


def test_what_has_a_default_cannot_be_null() -> None:
    """An explicit null would pass where the default is meant."""
    inputs = [
        it for it in build_schema(client_sdl()).type_map.values() if isinstance(it, GraphQLInputObjectType)
    ]
    nodes = [field.ast_node for type_ in inputs for field in type_.fields.values()]
    defaulted = [node for node in nodes if node.default_value and print_ast(node.default_value) != "null"]
    assert "dryRun" in {node.name.value for node in defaulted}
    assert [node.name.value for node in defaulted if not isinstance(node.type, NonNullTypeNode)] == []
