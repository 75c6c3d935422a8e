"""Executing an operation against the served schema, with a context of its own."""

import asyncio
from collections.abc import Coroutine
from typing import Any, Final

from graphql import GraphQLError, get_operation_ast
from graphql import OperationType as Operation
from strawberry.schema.exceptions import CannotGetOperationTypeError
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType

from gateway.adapters.upstream import Call
from gateway.schema.build import core_schema, served_schema, subgraph_sdl
from gateway.schema.context import Context
from gateway.schema.disclosure import leave_out_suggestions
from gateway.schema.documents import Documents
from gateway.schema.limits import Limits
from gateway.service.audit import AuditTrail
from gateway.service.call_limits import CallLimits
from gateway.service.catalog import Catalog
from gateway.service.session import Session

_LONGEST_ENDING: Final = 5.0


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
        self._schema = served_schema()
        self._limits = limits or Limits()
        self._call_limits = call_limits or CallLimits()
        self._documents = Documents(core_schema(), self._limits)
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
        if name is None and document.is_ambiguous:
            raise CannotGetOperationTypeError(None)  # Strawberry would take the first
        try:
            call.asked.cost += self._documents.cost(document, name, variables or {}, before=call.asked.cost)
        except GraphQLError as exc:
            return ExecutionResult(data=None, errors=[exc])
        allowed = {OperationType.QUERY} if reads_only else {OperationType.QUERY, OperationType.MUTATION}
        session = Session(self._catalog, call, self._call_limits)
        context = Context(session, self._audit, subgraph_sdl, document.ast)
        execution = self._schema.execute(
            query,
            variable_values=variables,
            context_value=context,
            operation_name=name,
            allowed_operation_types=allowed,
        )
        operation = get_operation_ast(document.ast, name) if document.ast else None
        if reads_only or operation is None or operation.operation is not Operation.MUTATION:
            result = await execution
        else:
            result = await self._to_its_end(execution)
        if not self._limits.suggestions:
            leave_out_suggestions(result.errors or ())
        return result

    async def _to_its_end(self, execution: Coroutine[Any, Any, ExecutionResult]) -> ExecutionResult:
        """The result of what goes on although nobody waits for it any more."""
        task = asyncio.create_task(execution)
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)
        return await asyncio.shield(task)

    async def aclose(self) -> None:
        """Lets what is being written come to its end, for some seconds, and cancels the rest."""
        if self._writing:
            await asyncio.wait(self._writing, timeout=_LONGEST_ENDING)
        for task in self._writing:
            task.cancel()
        await asyncio.gather(*self._writing, return_exceptions=True)
