"""The schemas: the one that is served, and the two that are printed, for clients and for a supergraph."""

from functools import cache
from typing import Final

import strawberry
from graphql import (
    REMOVE,
    DirectiveNode,
    FieldDefinitionNode,
    GraphQLSchema,
    Node,
    SchemaDefinitionNode,
    TypeDefinitionNode,
    Visitor,
    parse,
    print_ast,
    visit,
)
from strawberry.federation.schema_directives import Link
from strawberry.schema.config import StrawberryConfig
from strawberry.schema_directive import Location

from gateway.schema.calendar import Calendar
from gateway.schema.entities import ServedQuery
from gateway.schema.event import CalendarEvent
from gateway.schema.mutation import Mutation
from gateway.schema.query import SubgraphQuery
from gateway.schema.scalars import SCALARS

FEDERATION: Final = "2.9"
_FEDERATION_DIRECTIVES: Final = frozenset({"key", "link"})


@strawberry.schema_directive(
    locations=[Location.SCHEMA], name="federation__composeDirective", print_definition=False
)
class Composed:
    """Keeps a directive in the supergraph: composition drops those that it does not know, such as `@oneOf`.

    Strawberry's own is printed without being imported, so federation's is named in full.
    """

    name: str


@cache
def served_schema() -> strawberry.federation.Schema:
    """The schema that requests are executed against. Built once."""
    return strawberry.federation.Schema(
        query=ServedQuery,
        mutation=Mutation,
        types=[Calendar, CalendarEvent],
        config=_config(),
        federation_version=FEDERATION,
    )


def core_schema() -> GraphQLSchema:
    """The served schema as graphql-core knows it."""
    return served_schema()._schema  # noqa: SLF001 - Strawberry gives no other way to it


@cache
def subgraph_sdl() -> str:
    """The SDL that a supergraph is composed from: with `@key`, without `node` and `nodes`."""
    schema = strawberry.federation.Schema(
        query=SubgraphQuery,
        mutation=Mutation,
        types=[Calendar, CalendarEvent],
        config=_config(),
        federation_version=FEDERATION,
        schema_directives=[
            Link(url="https://spec.graphql.org/oneOf/v1.0", import_=["@oneOf"]),  # type: ignore[list-item]  # a plain name is short for it
            Composed(name="@oneOf"),
        ],
    )
    return schema.as_str() + "\n"


def client_sdl() -> str:
    """The SDL for clients: what is served, less what is there for routers only."""
    return print_ast(visit(parse(served_schema().as_str()), _WithoutFederation())) + "\n"


class _WithoutFederation(Visitor):
    """Takes out federation's directives, and types and fields whose names begin with an underscore."""

    def enter(self, node: Node, *_: object) -> object:
        if isinstance(node, SchemaDefinitionNode):
            return REMOVE
        if isinstance(node, DirectiveNode) and node.name.value in _FEDERATION_DIRECTIVES:
            return REMOVE
        if isinstance(node, TypeDefinitionNode | FieldDefinitionNode) and node.name.value.startswith("_"):
            return REMOVE
        return None


def _config() -> StrawberryConfig:
    return StrawberryConfig(scalar_map=SCALARS)
