"""GraphQL documents at random, by the schema: fields that exist, with values that are seldom meant."""

from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    get_named_type,
    is_interface_type,
    is_leaf_type,
    is_object_type,
    is_union_type,
    print_ast,
)
from graphql.language import ast
from hypothesis import strategies as st

from gateway.schema.build import client_sdl

SCHEMA: GraphQLSchema = build_schema(client_sdl())

IDS = (
    "elasticsearch:planned-outages",
    "msgraph:users/outages@contoso.com/calendar",
    "payments-maintenance",
    "msgraph:me",
    "elasticsearch:..",
    "msgraph:users/%2e%2e/calendar",
    "nowhere:x",
    "",
    ":",
    "elasticsearch:planned-outages/events/1/x",
)
TEXTS = (
    "2026-11-18T10:00:00Z",
    "2026-11-18T10:00:00",
    "2026-11-18",
    "9999-12-31",
    "0001-01-01",
    "2026-02-30",
    "P1D",
    "PT1H",
    "P99999999999D",
    "-PT1H",
    "PT0S",
    "FREQ=DAILY;COUNT=3",
    "FREQ=DAILY;INTERVAL=999999999",
    "FREQ=YEARLY;BYDAY=5MO",
    "Europe/Berlin",
    "W. Europe Standard Time",
    "../etc/passwd",
    "UTC",
    "outages@contoso.com",
    "",
    "\0",
    "a" * 300,
    "é\u202e",
    "2026-11-18T10:00:00+99:99",
    "1e999",
    "[#KEY]",
    "<script>",
    "9" * 99,
    "\ud7ff",
    "_all",
)
NUMBERS = (0, -1, 1, 2, 1000, 2**31 - 1, -(2**31), 1_800_000_000_000, 10**99)

STRINGS = st.one_of(st.sampled_from(TEXTS), st.text(max_size=12))
SCALARS = {
    "Int": st.sampled_from(NUMBERS).map(lambda number: ast.IntValueNode(value=str(number))),
    "Float": st.sampled_from(("0.5", "-1e9", "1e400")).map(lambda number: ast.FloatValueNode(value=number)),
    "Boolean": st.booleans().map(lambda value: ast.BooleanValueNode(value=value)),
    "ID": st.one_of(st.sampled_from(IDS), STRINGS).map(lambda text: ast.StringValueNode(value=text)),
}
TEXT = st.one_of(
    STRINGS.map(lambda text: ast.StringValueNode(value=text)),
    st.sampled_from(NUMBERS).map(lambda number: ast.IntValueNode(value=str(number))),
)
DEEPEST = 5


@st.composite
def documents(draw: st.DrawFn) -> str:
    """One operation, valid as far as its shape goes."""
    operation = draw(st.sampled_from([ast.OperationType.QUERY, ast.OperationType.MUTATION]))
    root = SCHEMA.get_root_type(operation)
    assert root is not None
    definition = ast.OperationDefinitionNode(operation=operation, selection_set=selections(draw, root, 0))
    return print_ast(ast.DocumentNode(definitions=(definition,)))


def selections(draw: st.DrawFn, type_: Any, depth: int) -> ast.SelectionSetNode:
    nodes: list[Any] = [ast.FieldNode(name=ast.NameNode(value="__typename"))]
    if is_object_type(type_) or is_interface_type(type_):
        fitting = [name for name, field in type_.fields.items() if depth < DEEPEST or is_leaf(field.type)]
        most = 4 if depth else 2
        few = st.lists(st.sampled_from(fitting or [""]), min_size=1, max_size=most, unique=True)
        chosen = draw(few) if fitting else []
        nodes += [selected(draw, name, type_.fields[name], depth) for name in chosen]
    return ast.SelectionSetNode(selections=tuple(nodes))


def selected(draw: st.DrawFn, name: str, field: Any, depth: int) -> ast.FieldNode:
    wanted = [
        (name, argument)
        for name, argument in field.args.items()
        if isinstance(argument.type, GraphQLNonNull) or draw(st.booleans())
    ]
    arguments = [
        ast.ArgumentNode(name=ast.NameNode(value=name), value=literal(draw, argument.type, 0))
        for name, argument in wanted
    ]
    below = get_named_type(field.type)
    has_more = isinstance(below, GraphQLObjectType) or is_interface_type(below) or is_union_type(below)
    return ast.FieldNode(
        name=ast.NameNode(value=name),
        arguments=tuple(arguments),
        selection_set=selections(draw, below, depth + 1) if has_more else None,
    )


def literal(draw: st.DrawFn, type_: Any, depth: int) -> ast.ValueNode:
    """A value that fits the type's shape."""
    if isinstance(type_, GraphQLNonNull):
        return literal(draw, type_.of_type, depth)
    if isinstance(type_, GraphQLList):
        count = draw(st.integers(0, 2))
        return ast.ListValueNode(values=tuple(literal(draw, type_.of_type, depth) for _ in range(count)))
    if isinstance(type_, GraphQLEnumType):
        return ast.EnumValueNode(value=draw(st.sampled_from(sorted(type_.values))))
    if isinstance(type_, GraphQLInputObjectType):
        return members(draw, type_, depth)
    return draw(SCALARS.get(type_.name, TEXT))


def members(draw: st.DrawFn, type_: GraphQLInputObjectType, depth: int) -> ast.ObjectValueNode:
    needed = [name for name, field in type_.fields.items() if isinstance(field.type, GraphQLNonNull)]
    others = sorted(set(type_.fields) - set(needed))
    if type_.is_one_of:
        chosen = [draw(st.sampled_from(others))]
    else:
        few = (
            st.lists(st.sampled_from(others), max_size=3, unique=True)
            if others and depth < DEEPEST
            else st.just([])
        )
        chosen = needed + draw(few)
    return ast.ObjectValueNode(
        fields=tuple(
            ast.ObjectFieldNode(
                name=ast.NameNode(value=name), value=literal(draw, type_.fields[name].type, depth + 1)
            )
            for name in chosen
        )
    )


def is_leaf(type_: Any) -> bool:
    return is_leaf_type(get_named_type(type_))
