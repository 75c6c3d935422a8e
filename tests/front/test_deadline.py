"""One deadline for the whole request: every row and every source still says truly how it fared."""

import asyncio
from typing import Any

import pytest

from gateway.sandbox.faults import HELD, Fault

from .conftest import CONFIGURATION
from .test_keys import BOTH, OUTLOOK, UPDATE, add, by_key, copies, remove, statuses, update

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


LOOKS_AFTER_THE_FIRST = range(2, 100)
UNSEEN = ("FAILED", "DEADLINE", 0)
"""What becomes of Graph's row where Graph does not even tell what is there: half of the time goes by."""


def fates(report: dict[str, Any]) -> tuple[tuple[str, str | None, int], ...]:
    """The status of each row, its problem, and how many writes were sent for it."""
    methods = [request["method"] for request in report["requests"]]
    return tuple(
        (
            row["status"],
            row["problem"] and row["problem"]["code"],
            sum(methods[index] != "GET" for index in row["requestIndexes"]),
        )
        for row in report["results"]
    )


@pytest.mark.parametrize(
    ("route", "calls", "expected", "again"),
    [
        ("*", None, (UNSEEN, ("CREATED", None, 1)), ["CREATED", "UNCHANGED"]),
        ("POST *", None, (("UNKNOWN", "NO_ANSWER", 1), ("CREATED", None, 1)), ["UNCHANGED", "UNCHANGED"]),
        (
            "GET */events",
            LOOKS_AFTER_THE_FIRST,
            (("UNKNOWN", "NO_ANSWER", 1), ("CREATED", None, 1)),
            ["UNCHANGED", "UNCHANGED"],
        ),
    ],
    ids=["from the first look on", "when it is written", "when it is looked for after that"],
)
async def test_where_graph_falls_silent_each_row_with_a_key_says_what_is_known_and_can_be_repeated(
    front: Any, route: str, calls: range | None, expected: object, again: list[str]
) -> None:
    gateway = await front(HURRIED)
    graph = gateway.sandbox.msgraph.faults
    graph.add(route, Fault(delay=HELD), calls=calls)
    report = await add(gateway, BOTH)
    assert fates(report) == expected
    announced, _ = report["results"]
    assert (announced["status"] == "UNKNOWN") is ("with the same key is safe" in str(announced["problem"]))
    graph.clear()
    graph.release()  # what was sent is carried out, late
    assert statuses(await add(gateway, BOTH)) == again
    assert len(await by_key(gateway, BOTH)) == 2


@pytest.mark.parametrize(
    ("route", "expected", "then"),
    [
        ("*", (UNSEEN, ("UPDATED", None, 2)), ["UPDATED", "UNCHANGED"]),
        ("PATCH *", (("UNKNOWN", "NO_ANSWER", 1), ("UPDATED", None, 2)), ["UNCHANGED", "UNCHANGED"]),
    ],
)
async def test_where_graph_falls_silent_each_copy_that_is_changed_says_what_is_known(
    front: Any, route: str, expected: object, then: list[str]
) -> None:
    gateway = await front(HURRIED)
    await add(gateway, BOTH)
    graph = gateway.sandbox.msgraph.faults
    graph.add(route, Fault(delay=HELD))
    assert fates(await update(gateway, copies(BOTH), set={"title": "Other"})) == expected
    graph.clear()
    graph.release()
    assert statuses(await update(gateway, copies(BOTH), set={"title": "Other"})) == then
    assert [event["title"] for event in await by_key(gateway, BOTH)] == ["Other"] * 2


@pytest.mark.parametrize(
    ("route", "expected", "there"),
    [
        ("*", (UNSEEN, ("DELETED", None, 1)), 1),
        ("DELETE *", (("UNKNOWN", "NO_ANSWER", 1), ("DELETED", None, 1)), 0),
    ],
)
async def test_where_graph_falls_silent_each_copy_that_is_removed_says_what_is_known(
    front: Any, route: str, expected: object, there: int
) -> None:
    gateway = await front(HURRIED)
    await add(gateway, BOTH)
    graph = gateway.sandbox.msgraph.faults
    graph.add(route, Fault(delay=HELD))
    assert fates(await remove(gateway, copies(BOTH))) == expected
    graph.clear()
    graph.release()
    assert len(await by_key(gateway, BOTH)) == there
    assert statuses(await remove(gateway, copies(BOTH))) == ["DELETED", "DELETED"]


async def test_where_only_looks_are_wanted_or_only_one_source_they_have_all_the_time(front: Any) -> None:
    gateway = await front(HURRIED)
    gateway.sandbox.msgraph.faults.add("*", Fault(delay=HELD))
    unseen, planned = fates(await add(gateway, BOTH, dryRun=True))
    assert (unseen, planned) == (("FAILED", "NO_ANSWER", 0), ("PLANNED", None, 1))
    assert fates(await add(gateway, OUTLOOK)) == (("FAILED", "NO_ANSWER", 0),)


async def test_events_that_are_changed_by_their_ids_wait_for_no_silent_source_either(front: Any) -> None:
    gateway = await front(HURRIED)
    there = (await add(gateway, BOTH))["results"]
    gateway.sandbox.msgraph.faults.add("*", Fault(delay=HELD))
    changes = [{"target": {"id": row["eventId"]}, "set": {"title": "Other"}} for row in there]
    report = (await gateway.ask(UPDATE, {"input": {"changes": changes}}))["updateEvents"]
    assert fates(report) == (UNSEEN, ("UPDATED", None, 2))


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
