"""Equal queries of one caller at the same time cost the upstream one read, and the log says so."""

import asyncio

import anyio
import pytest
from structlog.testing import capture_logs

from gateway.sandbox.faults import HELD, Fault

pytestmark = pytest.mark.anyio

LIST = """query ($calendars: [ID!]!) {
  calendarEvents(
    calendars: $calendars, window: {start: "2026-11-16T00:00:00Z", end: "2026-11-23T00:00:00Z"}
  ) {
    isComplete nodes { id title } } }"""
READS = {
    "elasticsearch:planned-outages": ("elasticsearch", "GET /_ml/calendars/{calendar_id}/events"),
    "msgraph:users/outages@contoso.com/calendar": ("msgraph", "GET /{calendar}/calendarView"),
}


@pytest.mark.parametrize("calendar", READS)
async def test_two_equal_queries_at_once_are_one_request_upstream(front, calendar):
    gateway = await front()
    source, route = READS[calendar]
    emulator = getattr(gateway.sandbox, source)
    emulator.faults.add(route, Fault(delay=HELD), calls=[1])

    async def query():
        return await gateway.ask(LIST, {"calendars": [calendar]})

    with capture_logs() as logs:
        first = asyncio.create_task(query())
        await emulator.faults.arrival()
        second = asyncio.create_task(query())
        await anyio.wait_all_tasks_blocked()
        emulator.faults.release()
        assert await first == await second
    assert (await first)["calendarEvents"]["nodes"]
    reads = [exchange for exchange in emulator.exchanges if exchange.route == route]
    assert len(reads) == 1
    lines = [line for line in logs if line["event"] == "operation"]
    assert sorted((line["upstream_requests"], line["upstream_shared"]) for line in lines) == [(0, 1), (1, 0)]
