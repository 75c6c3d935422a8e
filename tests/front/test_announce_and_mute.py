"""The main job: one mutation announces in Outlook and mutes in Elasticsearch."""

import json
from typing import Any

import pytest

from gateway.sandbox.faults import Cut, Fault

pytestmark = pytest.mark.anyio

ADD = """
mutation Add($input: AddEventsInput!) {
  addEvents(input: $input) {
    status
    counts { total created planned failed unknown }
    results {
      eventIndex calendarIndex calendarId status stored eventId
      event { title calendarId start { instant local timeZone date } end { instant date } isAllDay }
      problem { code message path hint retryable }
      warnings { code field given sent }
      effects { kind count }
      requestIndexes
    }
    requests { source { name } method path body status durationMs }
    problems { code path message }
  }
}
"""
UPGRADE = {
    "title": "Database upgrade",
    "description": {"text": "Payments stop."},
    "start": {"zoned": {"local": "2026-11-20T22:00:00", "timeZone": "Europe/Berlin"}},
    "end": {"after": "PT2H"},
    "location": {"displayName": "Bridge"},
    "categories": ["Payments"],
    "attendees": [{"email": "alice.nguyen@contoso.com"}],
    "elasticsearch": {"skipResult": True, "skipModelUpdate": False, "forceTimeShift": 3600},
}
BOTH = ["msgraph:users/outages@contoso.com/calendar", "elasticsearch:planned-outages"]


def added(*calendars: str, events: list[dict[str, Any]] | None = None, **rest: Any) -> dict[str, Any]:
    return {"input": {"calendars": list(calendars), "events": events or [UPGRADE], **rest}}


async def add(gateway: Any, *calendars: str, **rest: Any) -> dict[str, Any]:
    data = await gateway.ask(ADD, added(*calendars, **rest))
    return data["addEvents"]


async def test_an_alias_writes_to_both_kinds_and_both_are_seen(front: Any) -> None:
    gateway = await front()
    report = await add(gateway, "payments-maintenance")
    assert report["status"] == "SUCCEEDED"
    assert report["counts"] == {"total": 2, "created": 2, "planned": 0, "failed": 0, "unknown": 0}
    announced, muted = report["results"]
    assert [row["calendarId"] for row in report["results"]] == BOTH
    assert [row["calendarIndex"] for row in report["results"]] == [0, 0]
    assert announced["stored"]
    assert muted["stored"]
    assert announced["event"]["start"] == {
        "instant": "2026-11-20T21:00:00Z",
        "local": "2026-11-20T22:00:00",
        "timeZone": "Europe/Berlin",
        "date": None,
    }
    assert muted["event"]["start"]["instant"] == "2026-11-20T21:00:00Z"
    listed = await gateway.ask(
        """query ($calendars: [ID!]!) {
          calendarEvents(
            calendars: $calendars, window: { start: "2026-11-20T21:30:00Z", end: "2026-11-20T22:00:00Z" }
          ) { nodes { id title } isComplete }
        }""",
        {"calendars": ["payments-maintenance"]},
    )
    titled = {row["id"]: row["title"] for row in listed["calendarEvents"]["nodes"]}
    assert titled.items() >= {(row["eventId"], "Database upgrade") for row in report["results"]}


async def test_elasticsearch_is_written_before_anybody_is_invited(front: Any) -> None:
    gateway = await front()
    report = await add(gateway, "payments-maintenance")
    posts = [request["source"]["name"] for request in report["requests"] if request["method"] == "POST"]
    assert posts == ["elasticsearch", "msgraph"]


async def test_the_three_flags_are_sent_as_given(front: Any) -> None:
    gateway = await front()
    await add(gateway, "elasticsearch:planned-outages")
    (post,) = gateway.seen("elasticsearch")
    (event,) = json.loads(post.body)["events"]
    assert event == {
        "description": "Database upgrade",
        "start_time": 1795208400000,
        "end_time": 1795215600000,
        "skip_result": True,
        "skip_model_update": False,
        "force_time_shift": 3600,
    }


async def test_what_a_calendar_cannot_hold_is_a_warning_per_field(front: Any) -> None:
    gateway = await front()
    announced, muted = (await add(gateway, "payments-maintenance"))["results"]
    assert {warning["field"] for warning in announced["warnings"]} == {
        "elasticsearch.skipResult",
        "elasticsearch.skipModelUpdate",
        "elasticsearch.forceTimeShift",
    }
    lost = {warning["field"]: (warning["given"], warning["sent"]) for warning in muted["warnings"]}
    assert lost["attendees"] == ([{"email": "alice.nguyen@contoso.com"}], None)
    assert lost["location"] == ({"displayName": "Bridge"}, None)
    assert lost["description"] == ({"text": "Payments stop."}, None)
    assert lost["categories"] == (["Payments"], None)


async def test_a_dry_run_shows_the_requests_that_a_real_run_sends_and_writes_nothing(front: Any) -> None:
    gateway = await front()
    planned = await add(gateway, "payments-maintenance", dryRun=True)
    assert planned["status"] == "PLANNED"
    assert [row["status"] for row in planned["results"]] == ["PLANNED", "PLANNED"]
    assert not gateway.seen("elasticsearch")
    assert not gateway.seen("msgraph")
    assert all(request["status"] is None and request["durationMs"] is None for request in planned["requests"])
    assert gateway.audit == []
    real = await add(gateway, "payments-maintenance")
    assert list(map(_comparable, planned["requests"])) == list(map(_comparable, real["requests"]))
    assert [row["warnings"] for row in planned["results"]] == [row["warnings"] for row in real["results"]]
    assert planned["results"][0]["effects"] == [{"kind": "SENDS_INVITATIONS", "count": 1}]


def _comparable(request: dict[str, Any]) -> str:
    body = request["body"]
    if body and "transactionId" in body:
        body = {**body, "transactionId": "<assigned>"}
    return json.dumps([request["source"]["name"], request["method"], request["path"], body])


async def test_a_dry_run_says_what_would_fail(front: Any) -> None:
    gateway = await front()
    for name, code in (
        ("elasticsearch:not-there", "NOT_FOUND"),
        ("msgraph:users/nobody@contoso.com/calendar", "NOT_FOUND"),
        ("msgraph:users/ceo@contoso.com/calendar", "FORBIDDEN"),
    ):
        (row,) = (await add(gateway, name, dryRun=True))["results"]
        assert (row["status"], row["problem"]["code"]) == ("FAILED", code)
        assert row["problem"]["path"][:2] == ["calendars", "0"]


async def test_a_calendar_that_is_named_twice_is_written_once(front: Any) -> None:
    gateway = await front()
    report = await add(
        gateway,
        "payments-maintenance",
        "elasticsearch:planned-outages",
        "msgraph:users/Outages@Contoso.com",
        "msgraph:users/outages@contoso.com/calendar",
    )
    assert [row["calendarId"] for row in report["results"]] == BOTH
    assert len(gateway.seen("elasticsearch")) == 1
    assert len(gateway.seen("msgraph")) == 1


async def test_rows_come_events_outside_and_calendars_inside(front: Any) -> None:
    gateway = await front()
    events = [{**UPGRADE, "title": title, "attendees": None} for title in ("first", "second")]
    report = await add(gateway, "elasticsearch:holidays", "payments-maintenance", events=events)
    assert [(row["eventIndex"], row["calendarIndex"]) for row in report["results"]] == [
        (0, 0),
        (0, 1),
        (0, 1),
        (1, 0),
        (1, 1),
        (1, 1),
    ]
    assert [row["event"]["title"] for row in report["results"]] == ["first"] * 3 + ["second"] * 3


async def test_an_upstream_that_refuses_costs_its_own_rows_only(front: Any) -> None:
    gateway = await front()
    gateway.sandbox.msgraph.faults.add("POST *", Fault(status=403))
    announced, muted = (await add(gateway, "payments-maintenance"))["results"]
    assert (announced["status"], announced["problem"]["code"]) == ("FAILED", "FORBIDDEN")
    assert muted["status"] == "CREATED"


async def test_an_event_that_elasticsearch_lost_is_not_created(front: Any) -> None:
    gateway = await front()
    gateway.sandbox.elasticsearch.faults.add("POST *", Fault(lose=frozenset({0})))
    (row,) = (await add(gateway, "elasticsearch:planned-outages"))["results"]
    assert (row["status"], row["stored"], row["problem"]["code"]) == ("FAILED", False, "NOT_STORED")


async def test_an_older_identical_event_does_not_stand_in_for_a_lost_one(front: Any) -> None:
    gateway = await front()
    first = await add(gateway, "elasticsearch:planned-outages")
    assert first["status"] == "SUCCEEDED"
    gateway.sandbox.elasticsearch.faults.add("POST *", Fault(lose=frozenset({0})))
    (row,) = (await add(gateway, "elasticsearch:planned-outages"))["results"]
    assert row["status"] == "FAILED"


async def test_a_connection_cut_after_the_write_is_settled_by_looking(front: Any) -> None:
    gateway = await front()
    gateway.sandbox.elasticsearch.faults.add("POST *", Fault(cut=Cut.AFTER_WRITE))
    (row,) = (await add(gateway, "elasticsearch:planned-outages"))["results"]
    assert (row["status"], row["stored"]) == ("CREATED", True)
    assert len(gateway.seen("elasticsearch")) == 1


async def test_a_connection_cut_before_the_write_leaves_it_unknown(front: Any) -> None:
    gateway = await front()
    gateway.sandbox.elasticsearch.faults.add("POST *", Fault(cut=Cut.BEFORE_WRITE))
    report = await add(gateway, "elasticsearch:planned-outages")
    (row,) = report["results"]
    assert (row["status"], row["stored"]) == ("UNKNOWN", False)
    assert row["problem"]["hint"]
    assert report["status"] == "PARTIAL"
    assert len(gateway.seen("elasticsearch")) == 1


async def test_whole_days_take_the_zone_of_the_configuration(front: Any) -> None:
    gateway = await front()
    events = [
        {
            "title": "Freeze",
            "start": {"allDay": {"date": "2027-03-28"}},
            "end": {"allDay": "2027-03-29"},
        }
    ]
    announced, muted = (await add(gateway, "payments-maintenance", events=events))["results"]
    assert announced["event"]["isAllDay"]
    assert announced["event"]["start"]["date"] == "2027-03-28"
    assert announced["event"]["end"]["date"] == "2027-03-29"
    assert muted["event"]["start"]["instant"] == "2027-03-27T23:00:00Z"
    assert muted["event"]["end"]["instant"] == "2027-03-28T22:00:00Z"
    assert "start" in {warning["field"].partition(".")[0] for warning in muted["warnings"]}


async def test_every_write_leaves_a_line_without_a_secret(front: Any) -> None:
    gateway = await front()
    await gateway.ask(
        ADD, added("payments-maintenance"), authorization="Bearer very-secret", **{"x-request-id": "0" * 32}
    )
    assert {line["calendar"] for line in gateway.audit} == set(BOTH)
    assert {line["status"] for line in gateway.audit} == {"created"}
    assert {line["request_id"] for line in gateway.audit} == {"00000000-0000-0000-0000-000000000000"}
    assert "very-secret" not in json.dumps(gateway.audit)
    graph = next(line for line in gateway.audit if line["source"] == "msgraph")
    assert graph["upstream_request_ids"]
