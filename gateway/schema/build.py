"""The schemas: the one that is served, and the two that are printed, for clients and for a supergraph."""

from collections.abc import Iterable, Iterator
from functools import cache, partial
from typing import Final

import strawberry
from graphql import (
    REMOVE,
    DirectiveNode,
    FieldDefinitionNode,
    Node,
    OperationDefinitionNode,
    SchemaDefinitionNode,
    TypeDefinitionNode,
    Visitor,
    parse,
    print_ast,
    visit,
)
from strawberry.extensions import MaxTokensLimiter, ParserCache, SchemaExtension, ValidationCache
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.exceptions import CannotGetOperationTypeError
from strawberry.types.execution import ExecutionContext

from gateway.schema.calendar import Calendar
from gateway.schema.entities import ServedQuery
from gateway.schema.event import CalendarEvent
from gateway.schema.mutation import Mutation
from gateway.schema.query import SubgraphQuery
from gateway.schema.scalars import SCALARS

FEDERATION: Final = "2.9"
MAX_TOKENS: Final = 4000
CACHED_DOCUMENTS: Final = 256
_FEDERATION_DIRECTIVES: Final = frozenset({"key", "link"})


class GatewaySchema(strawberry.federation.Schema):
    """The served schema. Errors are reported by whoever answers the request, which knows the request."""

    def process_errors(
        self, errors: Iterable[object], execution_context: ExecutionContext | None = None
    ) -> None:
        """Logs nothing: a client's mistake is no error of ours."""


class ChosenOperation(SchemaExtension):
    """Refuses a document of several operations of which none is chosen: Strawberry would take the first."""

    def on_parse(self) -> Iterator[None]:
        yield
        context = self.execution_context
        document = context.graphql_document
        given = context._provided_operation_name  # noqa: SLF001 - `operation_name` makes one up
        if document is None or given is not None:
            return
        if sum(isinstance(it, OperationDefinitionNode) for it in document.definitions) > 1:
            raise CannotGetOperationTypeError(None)


@cache
def served_schema() -> GatewaySchema:
    """The schema that requests are executed against. Built once."""
    return GatewaySchema(
        query=ServedQuery,
        mutation=Mutation,
        types=[Calendar, CalendarEvent],
        config=_config(),
        federation_version=FEDERATION,
        extensions=[
            ChosenOperation,
            partial(MaxTokensLimiter, MAX_TOKENS),
            partial(ParserCache, CACHED_DOCUMENTS),
            partial(ValidationCache, CACHED_DOCUMENTS),
        ],
    )


@cache
def subgraph_sdl() -> str:
    """The SDL that a supergraph is composed from: with `@key`, without `node` and `nodes`."""
    schema = strawberry.federation.Schema(
        query=SubgraphQuery,
        mutation=Mutation,
        types=[Calendar, CalendarEvent],
        config=_config(),
        federation_version=FEDERATION,
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
