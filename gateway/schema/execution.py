"""Executing an operation against the served schema, with a context of its own."""

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, Final

from graphql import GraphQLError
from strawberry.schema.exceptions import InvalidOperationTypeError
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType

from gateway.adapters.upstream import Call
from gateway.errors import OutOfTime
from gateway.schema.build import core_schema, subgraph_sdl
from gateway.schema.context import Context
from gateway.schema.disclosure import leave_out_suggestions
from gateway.schema.documents import Documents
from gateway.schema.limits import Limits, too_many
from gateway.schema.long_answers import SHORT, LongAnswers
from gateway.schema.operation import Execution, NotBegun
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
        self._limits = limits or Limits()
        self._call_limits = call_limits or CallLimits()
        self._documents = Documents(core_schema(), self._limits)
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
        given = variables or {}
        cost, before = operation.price.cost(given), call.asked.cost
        if before + cost > self._limits.cost:
            value = f"{cost}, after {before} for those before it in the batch" if before else str(cost)
            return ExecutionResult(data=None, errors=[too_many(self._limits, "cost", value)])
        call.asked.cost += cost
        kind = operation.kind
        if kind is OperationType.SUBSCRIPTION or (reads_only and kind is OperationType.MUTATION):
            raise InvalidOperationTypeError(kind)
        context = Context(Session(self._catalog, call, self._call_limits), self._audit, subgraph_sdl)
        if kind is not OperationType.QUERY:
            result = await self._to_its_end(operation.begun(context, given).result(), call)
        elif cost < SHORT:
            result = await operation.begun(context, given).result()
        else:
            result = await self._at_its_time(partial(operation.begun, context, given), call, cost)
        if not self._limits.suggestions:
            leave_out_suggestions(result.errors or ())
        return result

    async def _at_its_time(
        self, begin: Callable[[], Execution | NotBegun], call: Call, cost: int
    ) -> ExecutionResult:
        """The result of a long read, which waits for other long ones of the caller, and is begun then.

        Its variables are read so late, for what is made of them takes more than they do.
        """
        try:
            async with self._long_answers.one(call, cost):
                return await begin().result()
        except OutOfTime as exc:
            error = GraphQLError(exc.problem.message, original_error=exc)
            return ExecutionResult(data=None, errors=[error])

    async def _to_its_end(
        self, execution: Coroutine[Any, Any, ExecutionResult], call: Call
    ) -> ExecutionResult:
        """The result of what goes on, as the call's `unfinished`, although nobody waits for it any more."""
        loop = asyncio.get_running_loop()
        task, ended = loop.create_task(execution), loop.create_future()
        self._writing.add(task)
        task.add_done_callback(partial(self._end, ended))
        try:
            await ended
        except asyncio.CancelledError:
            call.asked.unfinished = task
            raise
        return task.result()

    def _end(self, ended: asyncio.Future[None], task: asyncio.Task[ExecutionResult]) -> None:
        self._writing.discard(task)
        if not ended.done():
            ended.set_result(None)
        elif not task.cancelled():
            task.exception()  # nobody is there to be told of it

    async def aclose(self) -> None:
        """Lets what is being written come to its end, for some seconds, and cancels the rest."""
        if self._writing:
            await asyncio.wait(self._writing, timeout=_LONGEST_ENDING)
        for task in self._writing:
            task.cancel()
        await asyncio.gather(*self._writing, return_exceptions=True)
