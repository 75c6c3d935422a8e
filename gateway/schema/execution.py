"""Executing an operation against the served schema, with a context of its own."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import closing
from typing import Any, Final, TypeGuard, cast

from graphql import GraphQLError, default_field_resolver, default_type_resolver
from graphql.execution.collect_fields import FragmentDetails
from strawberry.execution import optimized_is_awaitable
from strawberry.schema.exceptions import InvalidOperationTypeError
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType

from gateway.adapters.upstream import Call
from gateway.errors import OutOfTime
from gateway.schema.arguments import DirectResolvers
from gateway.schema.build import core_schema, subgraph_sdl
from gateway.schema.completion import CompiledExecution
from gateway.schema.context import Context
from gateway.schema.disclosure import leave_out_suggestions
from gateway.schema.documents import Documents, Operation
from gateway.schema.limits import Limits
from gateway.schema.long_answers import LongAnswers
from gateway.service.audit import AuditTrail
from gateway.service.call_limits import CallLimits
from gateway.service.catalog import Catalog
from gateway.service.session import Session

_LONGEST_ENDING: Final = 5.0
_is_awaitable: Final = cast("Callable[[Any], TypeGuard[Awaitable[Any]]]", optimized_is_awaitable)


class Executor:
    """Executes operations over a catalog of sources."""

    def __init__(
        self,
        catalog: Catalog,
        audit: AuditTrail,
        limits: Limits | None = None,
        call_limits: CallLimits | None = None,
    ) -> None:
        self._catalog = catalog
        self._audit = audit
        self._schema = core_schema()
        self._resolvers = DirectResolvers(self._schema)
        self._limits = limits or Limits()
        self._call_limits = call_limits or CallLimits()
        self._documents = Documents(self._schema, self._limits)
        self._long_answers = LongAnswers(self._limits.cost_at_once)
        self._writing: set[asyncio.Task[ExecutionResult]] = set()

    async def execute(
        self,
        call: Call,
        query: str,
        variables: dict[str, object] | None = None,
        name: str | None = None,
        *,
        reads_only: bool = False,
    ) -> ExecutionResult:
        """The result of the operation. With `reads_only`, one that changes something is refused.

        A mutation goes on to its end if whoever waits for it is cancelled: a client that leaves does not stop
        a write in the middle.

        Raises InvalidOperationTypeError for that, CannotGetOperationTypeError if `name` names no operation.
        """
        document = self._documents.get(query)
        if document.errors:
            return ExecutionResult(data=None, errors=list(document.errors))
        operation = document.operation(name)
        try:
            cost = self._documents.cost(operation, variables or {}, before=call.asked.cost)
        except GraphQLError as exc:
            return ExecutionResult(data=None, errors=[exc])
        call.asked.cost += cost
        kind = OperationType(operation.node.operation.value)
        if kind is OperationType.SUBSCRIPTION or (reads_only and kind is OperationType.MUTATION):
            raise InvalidOperationTypeError(kind)
        context = Context(Session(self._catalog, call, self._call_limits), self._audit, subgraph_sdl)
        execution = self._executed(operation, context, variables or {})
        if kind is OperationType.QUERY:
            result = await self._at_its_time(execution, call, cost)
        else:
            result = await self._to_its_end(execution, call)
        if not self._limits.suggestions:
            leave_out_suggestions(result.errors or ())
        return result

    async def _executed(
        self, operation: Operation, context: Context, given: dict[str, object]
    ) -> ExecutionResult:
        """What graphql-core makes of it, without the wrappings that Strawberry puts around for extensions."""
        execution = self._prepared(operation, context, given)
        if isinstance(execution, list):
            return ExecutionResult(data=None, errors=execution)
        result: Any = execution.execute_operation()
        if _is_awaitable(result):
            result = await result
        return ExecutionResult(data=result.data, errors=result.errors)

    def _prepared(
        self, operation: Operation, context: Context, given: dict[str, object]
    ) -> CompiledExecution | list[GraphQLError]:
        """The execution, if its variables can be read at once; else graphql-core's, or its errors."""
        try:
            values = operation.variables.read(given)
        except Exception:  # noqa: BLE001 - graphql-core comes to it again, and says where
            return self._built(operation, context, given)
        return CompiledExecution(
            self._schema,
            operation.fragments,
            {name: FragmentDetails(fragment) for name, fragment in operation.fragments.items()},
            None,
            context,
            operation.node,
            values,
            default_field_resolver,
            default_type_resolver,
            default_field_resolver,
            middleware_manager=self._resolvers,
            is_awaitable=_is_awaitable,
            completions=operation.completions,
        )

    def _built(
        self, operation: Operation, context: Context, given: dict[str, object]
    ) -> CompiledExecution | list[GraphQLError]:
        execution: Any = CompiledExecution.build(
            self._schema,
            operation.completions.document,
            context_value=context,
            raw_variable_values=given,
            operation_name=operation.name,
            is_awaitable=_is_awaitable,
            completions=operation.completions,
        )
        return cast("CompiledExecution | list[GraphQLError]", execution)

    async def _at_its_time(
        self, execution: Coroutine[Any, Any, ExecutionResult], call: Call, cost: int
    ) -> ExecutionResult:
        """The result of a read, which waits for other long ones of the caller if it is long."""
        with closing(execution):  # if it is not even begun
            try:
                async with self._long_answers.one(call, cost):
                    return await execution
            except OutOfTime as exc:
                error = GraphQLError(exc.problem.message, original_error=exc)
                return ExecutionResult(data=None, errors=[error])

    async def _to_its_end(
        self, execution: Coroutine[Any, Any, ExecutionResult], call: Call
    ) -> ExecutionResult:
        """The result of what goes on, as the call's `unfinished`, although nobody waits for it any more."""
        task = asyncio.create_task(execution)
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            call.asked.unfinished = task
            raise

    async def aclose(self) -> None:
        """Lets what is being written come to its end, for some seconds, and cancels the rest."""
        if self._writing:
            await asyncio.wait(self._writing, timeout=_LONGEST_ENDING)
        for task in self._writing:
            task.cancel()
        await asyncio.gather(*self._writing, return_exceptions=True)
