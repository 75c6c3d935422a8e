"""One deadline for the whole request: every row and every source still says truly how it fared."""

import asyncio
from typing import Any

import pytest

from gateway.sandbox.faults import HELD, Fault

from .conftest import CONFIGURATION

pytestmark = pytest.mark.anyio

HURRIED = f"request_timeout_seconds = 1.5\n{CONFIGURATION}"
EVENT = {"title": "Upgrade", "start": {"instant": "2026-11-20T21:00:00Z"}, "end": {"after": "PT2H"}}
ADD = """mutation ($input: AddEventsInput!) {
  addEvents(input: $input) { status results { calendarId status problem { code retryable } requestIndexes } }
}"""
READ = """{
  calendarEvents(
    calendars: ["payments-maintenance"]
    window: { start: "2026-11-16T00:00:00Z", end: "2026-11-23T00:00:00Z" }
  ) { isComplete nodes { id } sources { source { name } status problem { code } } }
}"""


async def test_what_was_sent_without_an_answer_is_unknown_and_what_was_not_sent_has_failed(
    front: Any,
) -> None:
    gateway = await front(HURRIED)
    gateway.sandbox.elasticsearch.faults.add("POST *", Fault(delay=HELD))
    given = {"calendars": ["payments-maintenance"], "events": [EVENT]}
    report = (await gateway.ask(ADD, {"input": given}))["addEvents"]
    gateway.sandbox.elasticsearch.faults.drop()
    announced, muted = report["results"]
    assert (muted["status"], muted["problem"]["code"]) == ("UNKNOWN", "NO_ANSWER")
    assert (announced["status"], announced["problem"]["code"]) == ("FAILED", "DEADLINE")
    assert announced["problem"]["retryable"]
    assert announced["requestIndexes"] == gateway.seen("msgraph") == []
    assert [line["status"] for line in gateway.audit] == ["unknown"]


async def test_a_source_that_does_not_answer_in_time_has_failed_and_the_other_is_shown(front: Any) -> None:
    gateway = await front(HURRIED)
    gateway.sandbox.elasticsearch.faults.add("GET /_ml/*", Fault(delay=HELD))
    page = (await gateway.ask(READ))["calendarEvents"]
    gateway.sandbox.elasticsearch.faults.drop()
    statuses = {it["source"]["name"]: (it["status"], it["problem"]) for it in page["sources"]}
    assert statuses == {"msgraph": ("OK", None), "elasticsearch": ("FAILED", {"code": "NO_ANSWER"})}
    assert page["nodes"]
    assert not page["isComplete"]


async def test_a_client_that_leaves_does_not_stop_a_write_in_the_middle(front: Any) -> None:
    gateway = await front()
    gateway.sandbox.elasticsearch.faults.add("POST *", Fault(delay=HELD))
    given = {"calendars": ["payments-maintenance"], "events": [EVENT]}
    asking = asyncio.create_task(gateway.ask(ADD, {"input": given}))
    await gateway.sandbox.elasticsearch.faults.arrival()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    gateway.sandbox.elasticsearch.faults.release()
    await gateway.leave()
    assert [line["status"] for line in gateway.audit] == ["created", "created"]
