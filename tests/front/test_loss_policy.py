"""onLoss: what a calendar cannot hold is a warning, or nothing of the event is written there."""

from typing import Any

import pytest

pytestmark = pytest.mark.anyio

ROWS = """
  status
  results {
    eventIndex calendarId status stored eventIds
    problem { code message path retryable }
    warnings { code field }
    requestIndexes
  }
  requests { method }
"""
ADD = f"mutation ($input: AddEventsInput!) {{ addEvents(input: $input) {{ {ROWS} }} }}"
UPDATE = f"mutation ($input: UpdateEventsInput!) {{ updateEvents(input: $input) {{ {ROWS} }} }}"
ML = "elasticsearch:planned-outages"
PLAIN = {"title": "Plain", "start": {"instant": "2026-11-20T21:00:00Z"}, "end": {"after": "PT2H"}}
RICH = {**PLAIN, "title": "Rich", "location": {"displayName": "Bridge"}, "categories": ["Payments"]}


async def add(gateway: Any, *events: dict[str, Any], calendars: Any = (ML,), **rest: Any) -> dict[str, Any]:
    given = {"calendars": list(calendars), "events": list(events), **rest}
    return (await gateway.ask(ADD, {"input": given}))["addEvents"]


@pytest.mark.parametrize("dry", [False, True])
async def test_what_would_lose_something_is_refused_before_anything_is_sent(front: Any, dry: bool) -> None:
    gateway = await front()
    report = await add(gateway, RICH, onLoss="REJECT", dryRun=dry)
    (row,) = report["results"]
    assert (report["status"], row["status"], row["stored"]) == ("FAILED", "FAILED", False)
    assert (row["problem"]["code"], row["problem"]["path"]) == ("LOSS_REFUSED", ["events", "0"])
    assert "location, categories" in row["problem"]["message"]
    assert [(warning["code"], warning["field"]) for warning in row["warnings"]] == [
        ("NOT_HELD", "location"),
        ("NOT_HELD", "categories"),
    ]
    assert (row["requestIndexes"], report["requests"], row["eventIds"]) == ([], [], [])
    assert not gateway.seen("elasticsearch")


async def test_a_refused_event_costs_itself_only_and_only_where_it_would_lose(front: Any) -> None:
    gateway = await front()
    report = await add(gateway, RICH, PLAIN, calendars=["payments-maintenance"], onLoss="REJECT")
    told = [(row["eventIndex"], row["calendarId"].partition(":")[0]) for row in report["results"]]
    assert told == [(0, "msgraph"), (0, "elasticsearch"), (1, "msgraph"), (1, "elasticsearch")]
    assert [row["status"] for row in report["results"]] == ["CREATED", "FAILED", "CREATED", "CREATED"]
    assert all(len(row["eventIds"]) == row["stored"] for row in report["results"])
    assert len(gateway.seen("elasticsearch")) == 1


async def test_by_default_a_loss_is_a_warning_and_the_event_is_written(front: Any) -> None:
    gateway = await front()
    (row,) = (await add(gateway, RICH))["results"]
    assert (row["status"], len(row["warnings"])) == ("CREATED", 2)


async def test_a_warning_that_is_no_loss_is_not_refused(front: Any) -> None:
    gateway = await front()
    idle = {**PLAIN, "elasticsearch": {"skipResult": False, "skipModelUpdate": False}}
    (row,) = (await add(gateway, idle, onLoss="REJECT"))["results"]
    assert (row["status"], [warning["code"] for warning in row["warnings"]]) == ("CREATED", ["NO_EFFECT"])


async def test_a_change_that_would_lose_something_is_refused_and_one_that_would_not_is_made(
    front: Any,
) -> None:
    gateway = await front()
    report = await add(gateway, PLAIN, {**PLAIN, "title": "Other"})
    first, second = (row["eventIds"][0] for row in report["results"])
    changes = [
        {"target": {"id": first}, "set": {"title": "New", "location": {"displayName": "Bridge"}}},
        {"target": {"id": second}, "set": {"title": "Newer"}},
    ]
    answer = await gateway.ask(UPDATE, {"input": {"changes": changes, "onLoss": "REJECT"}})
    refused, done = answer["updateEvents"]["results"]
    assert (refused["status"], refused["problem"]["code"]) == ("FAILED", "LOSS_REFUSED")
    assert refused["problem"]["path"] == ["changes", "0"]
    assert "hold as given: location." in refused["problem"]["message"]
    assert [warning["field"] for warning in refused["warnings"]] == ["location"]
    assert done["status"] == "UPDATED"
    assert len(gateway.seen("elasticsearch")) == 2, "one POST for the events, one for the change"
