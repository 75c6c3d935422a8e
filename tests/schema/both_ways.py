"""Executing an operation as the gateway does, and as Strawberry and graphql-core would all by themselves."""

from typing import Any

import msgspec
from strawberry.types import ExecutionResult

from gateway.adapters.upstream import Call
from gateway.schema.build import served_schema, subgraph_sdl
from gateway.schema.context import Context
from gateway.schema.execution import Executor
from gateway.schema.limits import Limits
from gateway.service.audit import AuditTrail
from gateway.service.call_limits import CallLimits
from gateway.service.catalog import Catalog
from gateway.service.session import Session

ROOMY = Limits(
    tokens=10**6,
    fragments=1000,
    depth=200,
    root_fields=1000,
    aliases=10**4,
    fields=10**6,
    repeated_fields=10**4,
    cost=10**9,
)


async def ours(catalog: Catalog, query: str, variables: dict[str, Any] | None = None) -> ExecutionResult:
    """The result by the gateway's own way."""
    executor = Executor(catalog, AuditTrail([].append), ROOMY)
    return await executor.execute(Call(request_id="r-1"), query, variables)


async def theirs(catalog: Catalog, query: str, variables: dict[str, Any] | None = None) -> ExecutionResult:
    """The result by Strawberry's way."""
    session = Session(catalog, Call(request_id="r-1"), CallLimits())
    context = Context(session, AuditTrail([].append), subgraph_sdl)
    return await served_schema().execute(query, variables, context)


def read(result: ExecutionResult) -> Any:
    """The data of a result, which may hold JSON already."""
    return msgspec.json.decode(msgspec.json.encode(result.data))


def written(result: ExecutionResult) -> bytes:
    """The result as it goes over the wire, errors with all that is known of them."""
    errors = [error.formatted for error in result.errors or ()]
    return msgspec.json.encode({"data": result.data, "errors": errors})
