"""Operations over sources in memory."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from strawberry.types import ExecutionResult

from gateway.adapters.upstream import Call
from gateway.model.ids import CalendarId
from gateway.schema.execution import Executor
from gateway.service.audit import AuditTrail
from gateway.service.catalog import Alias, Catalog
from tests.service.fakes import INVITING, FakeSource, configured

Execute = Callable[..., Awaitable[ExecutionResult]]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def es() -> FakeSource:
    return FakeSource("es")


@pytest.fixture
def graph() -> FakeSource:
    return FakeSource("graph", capabilities=INVITING)


@pytest.fixture
def execute(es: FakeSource, graph: FakeSource) -> Execute:
    """Executes an operation with variables given by name."""
    aliases = {"payments": Alias(calendars=(CalendarId("graph", ("a",)), CalendarId("es", ("a",))))}
    executor = Executor(Catalog([configured(es), configured(graph)], aliases), AuditTrail([].append))

    async def run(query: str, **variables: Any) -> ExecutionResult:
        return await executor.execute(Call(request_id="r-1"), query, variables)

    return run
