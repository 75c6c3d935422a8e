"""An operation of a document: what it costs, what it takes, and how it is executed.

graphql-core makes for each execution what is the same for all of an operation: which fields are selected,
and thirty attributes. Here that is made once for each variant of the operation, and each execution is begun
as its copy, with a context, variables and errors of its own.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, Self, TypeGuard, cast

import msgspec
from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLSchema,
    MiddlewareManager,
    OperationDefinitionNode,
    default_field_resolver,
    default_type_resolver,
)
from graphql.execution.collect_fields import FieldDetailsList, FragmentDetails, collect_fields
from graphql.execution.executor import CollectedErrors
from graphql.execution.values import VariableValues
from graphql.pyutils import Path
from strawberry.execution import optimized_is_awaitable
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType

from gateway.schema.arguments import Variables
from gateway.schema.awaited import AwaitedField
from gateway.schema.compiled_execution import CompiledExecution
from gateway.schema.context import Context
from gateway.schema.price import Price
from gateway.schema.variants import Completions

_is_awaitable: Final = cast("Callable[[Any], TypeGuard[Awaitable[Any]]]", optimized_is_awaitable)


class Root(msgspec.Struct, frozen=True, kw_only=True):
    """A field that an operation selects of its root: `known` is its value where all know it."""

    name: str
    details: FieldDetailsList
    path: Path
    awaited: AwaitedField | None
    known: str | None


class Execution(CompiledExecution):
    """An execution of an operation, or what others are begun as."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kind = self.operation.operation
        self._root = cast("GraphQLObjectType", self.schema.get_root_type(kind))
        self._fields = collect_fields(
            self.schema,
            self.fragments,
            self.variable_values,
            self._root,
            self.operation,
            self.hide_suggestions,
        ).grouped_field_set
        self._is_serial = kind.value == "mutation" or len(self._fields) < 2
        self._roots = [self._root_of(*field) for field in self._fields.items()] if self._is_serial else []

    def begun(self, context: object, variables: VariableValues) -> Self:
        """An execution in that context, for variables by which `@skip` and `@include` leave out the same."""
        begun = object.__new__(type(self))
        begun.__dict__ = {
            **self.__dict__,
            "context_value": context,
            "variable_values": variables,
            "collected_errors": CollectedErrors(),
            "background_futures": set(),
            "_infos": {},
            "_has_objects": True,
        }
        return begun

    async def result(self) -> ExecutionResult:
        """What comes of it, as graphql-core executes an operation without `@defer` and `@stream`."""
        data: Any = {}
        try:
            if self._is_serial:
                for root in self._roots:
                    value = root.known or self._value(root)
                    data[root.name] = await value if self.is_awaitable(value) else value
            else:
                data = self.execute_fields(self._root, None, None, self._fields, None)
                data = await data if self.is_awaitable(data) else data
        except GraphQLError as error:
            self.collected_errors.add(error, None)
            data = None
        return ExecutionResult(data=data, errors=self.collected_errors.errors or None)

    def _root_of(self, name: str, details: FieldDetailsList) -> Root:
        return Root(
            name=name,
            details=details,
            path=Path(None, name, self._root.name),
            awaited=self._awaited(self._root, details),
            known=self._root.name if details[0].node.name.value == "__typename" else None,
        )

    def _value(self, root: Root) -> Any:
        """The completed value of a field of the root, or what it is to be awaited of."""
        field = root.awaited if self._has_objects else None
        given = None if field is None else field.arguments(self.variable_values.coerced)
        if field is None or given is None:
            return self.execute_field(self._root, None, root.details, root.path, None)
        return self._resolved(field, None, given, root.details, root.path)


class NotBegun(msgspec.Struct, frozen=True):
    """What is there instead of an execution where the variables are wrong."""

    errors: list[GraphQLError]

    async def result(self) -> ExecutionResult:
        """What is wrong with them."""
        return ExecutionResult(data=None, errors=self.errors)


class Operation:
    """An operation of a valid document."""

    def __init__(
        self,
        schema: GraphQLSchema,
        document: DocumentNode,
        node: OperationDefinitionNode,
        *,
        fragments: Mapping[str, FragmentDefinitionNode],
        price: Price,
        resolvers: MiddlewareManager,
    ) -> None:
        self.name: Final = node.name.value if node.name else None
        self.kind: Final = OperationType(node.operation.value)
        self.price: Final = price
        self._schema = schema
        self._document = document
        self._node = node
        self._fragments = fragments
        self._resolvers = resolvers
        self._completions = Completions(document)
        self._variables = Variables(schema, node)

    def begun(self, context: Context, given: dict[str, object]) -> Execution | NotBegun:
        """An execution in that context and with those variables, or what is wrong with these."""
        try:
            return self._begun(context, given)
        except GraphQLError as error:
            return NotBegun([error])

    def _begun(self, context: Context, given: dict[str, object]) -> Execution | NotBegun:
        """An execution, if its variables can be read at once; else graphql-core's, or its errors."""
        try:
            values = self._variables.read(given)
        except Exception:  # noqa: BLE001 - graphql-core comes to it again, and says where
            return self._built(context, given)
        variant = self._completions.under(values.coerced)
        first: Any = variant.first
        if first is None:
            first = variant.first = self._first(values)
        context.selections = variant.selections
        begun: Execution = first.begun(context, values)
        return begun

    def _first(self, values: VariableValues) -> Execution:
        """What all executions of a variant are begun as."""
        return Execution(
            self._schema,
            self._fragments,
            {name: FragmentDetails(fragment) for name, fragment in self._fragments.items()},
            None,
            None,
            self._node,
            values,
            default_field_resolver,
            default_type_resolver,
            default_field_resolver,
            middleware_manager=self._resolvers,
            is_awaitable=_is_awaitable,
            completions=self._completions,
        ).begun(None, VariableValues({}, {}))

    def _built(self, context: object, given: dict[str, object]) -> Execution | NotBegun:
        execution: Any = Execution.build(
            self._schema,
            self._document,
            context_value=context,
            raw_variable_values=given,
            operation_name=self.name,
            is_awaitable=_is_awaitable,
            completions=self._completions,
        )
        return NotBegun(execution) if isinstance(execution, list) else cast("Execution", execution)
