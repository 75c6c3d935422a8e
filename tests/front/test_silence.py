"""A source that stops answering in the middle of a call: it costs one wait, not one for each event."""

from typing import Any

import pytest

from gateway.sandbox.faults import HELD, Cut, Fault

from .conftest import CONFIGURATION

pytestmark = pytest.mark.anyio

IMPATIENT = CONFIGURATION.replace('mode = "write"', 'mode = "write"\nupstream_timeout_seconds = 0.25')
ROWS = (
    "results { calendarIndex status stored eventId problem { code message hint retryable } requestIndexes }"
    " requests { method path status }"
)
ADD = f"mutation ($input: AddEventsInput!) {{ addEvents(input: $input) {{ {ROWS} }} }}"
UPDATE = f"mutation ($input: UpdateEventsInput!) {{ updateEvents(input: $input) {{ {ROWS} }} }}"
OUTLOOK = "msgraph:users/outages@contoso.com/calendar"
ALICE = "msgraph:users/alice.nguyen@contoso.com/calendar"
ML = "elasticsearch:planned-outages"
HELD_BACK = Fault(delay=HELD)


def upgrade(minute: int) -> dict[str, Any]:
    local = f"2026-11-20T22:{minute:02}:00"
    return {
        "title": "Database upgrade",
        "start": {"zoned": {"local": local, "timeZone": "Europe/Berlin"}},
        "end": {"after": "PT2H"},
    }


async def add(gateway: Any, *calendars: str, count: int) -> dict[str, Any]:
    given = {"calendars": list(calendars), "events": [upgrade(minute) for minute in range(count)]}
    return (await gateway.ask(ADD, {"input": given}))["addEvents"]


def outcomes(rows: list[dict[str, Any]]) -> list[tuple[str, str | None]]:
    return [(row["status"], row["problem"] and row["problem"]["code"]) for row in rows]


async def test_a_mailbox_that_never_answers_gets_no_more_than_what_was_on_its_way(front: Any) -> None:
    gateway = await front(IMPATIENT)
    gateway.sandbox.msgraph.faults.add("POST *", HELD_BACK)
    report = await add(gateway, OUTLOOK, count=44)
    gateway.sandbox.msgraph.faults.drop()
    rows = report["results"]
    assert outcomes(rows) == [("UNKNOWN", "NO_ANSWER")] * 20 + [("FAILED", "NO_ANSWER")] * 24
    assert len(report["requests"]) == 2  # the batch that was on its way, and a second attempt
    assert [len(row["requestIndexes"]) for row in rows] == [2] * 20 + [0] * 24
    for row in rows[20:]:
        assert row["problem"]["message"] == (
            "Nothing was sent, since another event there got no answer: "
            "msgraph did not answer to the end within 0.25 s."
        )
        assert row["problem"]["retryable"]
    assert not any(row["problem"]["retryable"] for row in rows[:20])
    assert len(gateway.audit) == 20


async def test_a_silent_mailbox_costs_no_other_calendar_its_events(front: Any) -> None:
    gateway = await front(IMPATIENT)
    # The first of two batches to arrive is held, and when it comes again.
    gateway.sandbox.msgraph.faults.add("POST *", HELD_BACK, calls=(1, 3))
    report = await add(gateway, OUTLOOK, ALICE, ML, count=9)
    gateway.sandbox.msgraph.faults.drop()
    by_calendar = [outcomes([r for r in report["results"] if r["calendarIndex"] == i]) for i in range(3)]
    created, unknown = [("CREATED", None)] * 9, [("UNKNOWN", "NO_ANSWER")] * 9
    assert by_calendar in ([unknown, created, created], [created, unknown, created])


@pytest.mark.parametrize(("count", "cut", "requests"), [(4, 4, 8), (12, 1, 2)])
async def test_connections_that_are_cut_cost_no_event(
    front: Any, count: int, cut: int, requests: int
) -> None:
    gateway = await front()
    gateway.sandbox.msgraph.faults.add("POST *", Fault(cut=Cut.AFTER_WRITE), calls=range(1, cut + 1))
    report = await add(gateway, OUTLOOK, count=count)
    assert outcomes(report["results"]) == [("CREATED", None)] * count
    assert len({row["eventId"] for row in report["results"]}) == count
    assert len(report["requests"]) == requests


async def test_an_address_where_nobody_is_is_tried_a_few_times_only(front: Any) -> None:
    gateway = await front(CONFIGURATION.replace('url = "{graph}"', 'url = "http://127.0.0.1:9"'))
    report = await add(gateway, OUTLOOK, count=24)
    assert outcomes(report["results"]) == [("FAILED", "UNREACHABLE")] * 24
    assert len(report["requests"]) == 1
    assert all(row["problem"]["retryable"] for row in report["results"])


async def test_a_calendar_of_a_cluster_that_never_answers_is_given_up_too(front: Any) -> None:
    gateway = await front(IMPATIENT)
    events = [row["eventId"] for row in (await add(gateway, ML, count=12))["results"]]
    gateway.sandbox.elasticsearch.faults.add("*", HELD_BACK)
    changes = [{"target": {"id": id_}, "set": {"title": "Changed"}} for id_ in events]
    report = (await gateway.ask(UPDATE, {"input": {"changes": changes}}))["updateEvents"]
    gateway.sandbox.elasticsearch.faults.drop()
    assert outcomes(report["results"]) == [("FAILED", "NO_ANSWER")] * 12
    assert len(report["requests"]) == 4 * 4  # four looks, and four attempts at each
    messages = [row["problem"]["message"] for row in report["results"]]
    assert [message.startswith("Nothing was sent, since") for message in messages] == [False] * 4 + [True] * 8


async def test_changes_in_a_mailbox_that_stops_answering_are_not_all_tried(front: Any) -> None:
    gateway = await front(IMPATIENT)
    events = [row["eventId"] for row in (await add(gateway, OUTLOOK, count=12))["results"]]
    gateway.sandbox.msgraph.faults.add("PATCH *", HELD_BACK)
    changes = [{"target": {"id": id_}, "set": {"title": "Changed"}} for id_ in events]
    report = (await gateway.ask(UPDATE, {"input": {"changes": changes}}))["updateEvents"]
    gateway.sandbox.msgraph.faults.drop()
    assert outcomes(report["results"]) == [("UNKNOWN", "NO_ANSWER")] * 4 + [("FAILED", "NO_ANSWER")] * 8
