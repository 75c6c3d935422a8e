"""An execution makes what it needs, when it needs it."""

import pytest

from gateway.adapters.deadline import Deadline
from gateway.adapters.upstream import Call, UpstreamLog
from gateway.schema.build import core_schema, subgraph_sdl
from gateway.schema.context import Context
from gateway.schema.documents import Documents
from gateway.schema.execution import Executor
from gateway.schema.limits import Limits
from gateway.schema.operation import Execution, Operation
from gateway.service.audit import AuditTrail
from gateway.service.call_limits import CallLimits
from gateway.service.catalog import Catalog
from gateway.service.session import Session
from tests.service.fakes import FakeSource, configured

pytestmark = pytest.mark.anyio

CALENDAR = 'calendar(id: "es:a") { id }'
PAGE = """query ($until: DateTime!) {
  calendarEvents(calendars: ["es:a"], first: 1000, window: { start: "2027-03-01T00:00:00Z", end: $until }) {
    isComplete
  }
}"""


def catalog() -> Catalog:
    return Catalog([configured(FakeSource("es"))], {})


def operation(text: str) -> Operation:
    return Documents(core_schema(), Limits()).get(text).operation(None)


def context() -> Context:
    session = Session(catalog(), Call(request_id="r-1"), CallLimits())
    return Context(session, AuditTrail([].append), subgraph_sdl)


def begun(text: str) -> Execution:
    execution = operation(text).begun(context(), {})
    assert isinstance(execution, Execution)
    return execution


@pytest.mark.parametrize(
    ("text", "roots"),
    [
        (f"{{ {CALENDAR} }}", ["calendar"]),
        (f"{{ one: {CALENDAR} two: {CALENDAR} }}", []),
        ("mutation { one: __typename two: __typename }", ["one", "two"]),
    ],
)
async def test_fields_of_the_root_are_prepared_only_where_one_follows_another(
    text: str, roots: list[str]
) -> None:
    execution = begun(text)
    assert [root.name for root in execution._roots] == roots
    assert (await execution.result()).errors is None


def test_what_a_field_of_the_root_takes_is_found_out_once_for_all_executions() -> None:
    one = operation(f"{{ {CALENDAR} }}")
    first, second = one._built(context(), {}), one._built(context(), {})
    assert isinstance(first, Execution)
    assert isinstance(second, Execution)
    assert first is not second
    assert first._roots[0].awaited is not None
    assert first._roots[0].awaited is second._roots[0].awaited


async def test_the_variables_of_a_long_read_are_not_looked_at_before_its_turn() -> None:
    executor = Executor(catalog(), AuditTrail([].append), Limits(cost_at_once=1000))

    async def ask() -> str:
        """What is said to a caller who has no time to wait, and whose variable is wrong."""
        call = Call(request_id="r-1", log=UpstreamLog(deadline=Deadline(0, lambda: 1)))
        (error,) = (await executor.execute(call, PAGE, {"until": "never"})).errors or ()
        return error.message

    async with executor._long_answers.one(Call(request_id="r-2"), 1000):
        assert "time was up" in await ask()
    assert "'never' is no instant" in await ask()
