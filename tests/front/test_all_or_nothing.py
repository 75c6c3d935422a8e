"""All or nothing: a call that fails in part leaves everything as it was, or says what it could not."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from gateway.sandbox.faults import HELD, Cut, Fault

from .conftest import CONFIGURATION

pytestmark = pytest.mark.anyio

ROWS = """
  status
  counts { total created updated skipped rolledBack rollbacksFailed failed unknown }
  results {
    eventIndex calendarId status eventId eventIds previousId stored
    event { id title revision }
    problem { code message path hint retryable }
    requestIndexes
  }
  requests { source { name } method path body status }
"""
ADD = f"mutation ($input: AddEventsInput!) {{ addEvents(input: $input) {{ {ROWS} }} }}"
UPDATE = f"mutation ($input: UpdateEventsInput!) {{ updateEvents(input: $input) {{ {ROWS} }} }}"
READ = """query ($calendars: [ID!]!) {
  calendarEvents(
    calendars: $calendars, first: 500
    window: { start: "2026-11-01T00:00:00Z", end: "2027-02-01T00:00:00Z" }
  ) { nodes { id title start { instant } end { instant } } isComplete }
}"""
OUTLOOK = "msgraph:users/outages@contoso.com/calendar"
ALICE = "msgraph:users/alice.nguyen@contoso.com/calendar"
ML = "elasticsearch:planned-outages"
HOLIDAYS = "elasticsearch:holidays"
EVERYWHERE = (OUTLOOK, ALICE, ML, HOLIDAYS)
UPGRADE = {"title": "Upgrade", "start": {"instant": "2026-11-20T21:00:00Z"}, "end": {"after": "PT2H"}}
INVITING = {**UPGRADE, "title": "Meeting", "attendees": [{"email": "alice.nguyen@contoso.com"}]}


async def add(gateway: Any, calendars: Sequence[str], *events: Any, **rest: Any) -> dict[str, Any]:
    given = {"calendars": list(calendars), "events": list(events), "atomicity": "ALL_OR_NOTHING", **rest}
    return (await gateway.ask(ADD, {"input": given}))["addEvents"]


async def update(gateway: Any, changes: Sequence[Any], **rest: Any) -> dict[str, Any]:
    given = {"changes": list(changes), "atomicity": "ALL_OR_NOTHING", **rest}
    return (await gateway.ask(UPDATE, {"input": given}))["updateEvents"]


async def there(gateway: Any) -> list[tuple[str, str, str, str]]:
    """What all calendars hold, but for the ids, which taking back may change."""
    page = (await gateway.ask(READ, {"calendars": EVERYWHERE}))["calendarEvents"]
    assert page["isComplete"]
    return sorted(
        (it["id"].partition("/events/")[0], it["title"], it["start"]["instant"], it["end"]["instant"])
        for it in page["nodes"]
    )


def statuses(report: dict[str, Any]) -> list[str]:
    return [row["status"] for row in report["results"]]


def codes(report: dict[str, Any]) -> list[str | None]:
    return [row["problem"] and row["problem"]["code"] for row in report["results"]]


def writes(gateway: Any) -> int:
    methods = ("POST", "PATCH", "DELETE")
    return sum(len(gateway.seen(source, it)) for source in ("elasticsearch", "msgraph") for it in methods)


async def test_a_call_that_succeeds_is_as_any_other(front: Any) -> None:
    gateway = await front()
    report = await add(gateway, ["payments-maintenance", HOLIDAYS], UPGRADE, {**UPGRADE, "title": "Second"})
    assert (report["status"], statuses(report)) == ("SUCCEEDED", ["CREATED"] * 6)
    changes = [{"target": {"id": row["eventId"]}, "set": {"title": "Later"}} for row in report["results"][:3]]
    report = await update(gateway, changes)
    assert (report["status"], statuses(report)) == ("SUCCEEDED", ["UPDATED"] * 3)


async def test_if_the_last_row_fails_what_was_created_is_removed_again(front: Any) -> None:
    gateway = await front()
    before = await there(gateway)
    gateway.sandbox.msgraph.faults.add("POST *", Fault(status=403))
    report = await add(gateway, ["payments-maintenance", HOLIDAYS], UPGRADE)
    announced, muted, holiday = report["results"]
    assert (announced["status"], announced["problem"]["code"]) == ("FAILED", "FORBIDDEN")
    for row in (muted, holiday):
        assert (row["status"], row["problem"]["code"]) == ("ROLLED_BACK", "NOT_ALL")
        assert (row["eventId"], row["eventIds"], row["stored"]) == (None, [], False)
        asked = [report["requests"][index]["method"] for index in row["requestIndexes"]]
        assert asked == ["GET", "POST", "GET", "DELETE"]
    assert report["counts"] == {
        "total": 3, "created": 0, "updated": 0, "skipped": 0,
        "rolledBack": 2, "rollbacksFailed": 0, "failed": 1, "unknown": 0,
    }  # fmt: skip
    assert report["status"] == "FAILED"
    gateway.sandbox.msgraph.faults.clear()
    assert await there(gateway) == before


async def test_many_that_were_created_together_are_removed_again(front: Any) -> None:
    gateway = await front()
    before = await there(gateway)
    gateway.sandbox.elasticsearch.faults.add("POST *", Fault(status=403), calls=(2,))
    events = [{**UPGRADE, "title": f"No. {number}"} for number in range(12)]
    report = await add(gateway, [ML, HOLIDAYS], *events)
    assert sorted(statuses(report)) == ["FAILED"] * 12 + ["ROLLED_BACK"] * 12
    assert len({row["calendarId"] for row in report["results"] if row["status"] == "ROLLED_BACK"}) == 1
    assert [line["status"] for line in gateway.audit if line["action"] == "undo"] == ["rolled_back"] * 12
    assert await there(gateway) == before


async def test_silent_sources_are_undone_last_and_every_undoing_leaves_a_line(front: Any) -> None:
    gateway = await front()
    gateway.sandbox.msgraph.faults.add("POST /{calendar}/events", Fault(status=403), calls=(2,))
    report = await add(gateway, [OUTLOOK, ML], UPGRADE, INVITING)
    assert statuses(report) == ["ROLLED_BACK", "ROLLED_BACK", "FAILED", "ROLLED_BACK"]
    undone = [(line["source"], line["status"]) for line in gateway.audit if line["action"] == "undo"]
    assert undone == [("msgraph", "rolled_back"), *[("elasticsearch", "rolled_back")] * 2]
    assert [line["action"] for line in gateway.audit] == ["add"] * 4 + ["undo"] * 3


async def test_if_a_row_fails_what_was_not_begun_is_skipped(front: Any) -> None:
    gateway = await front()
    gateway.sandbox.elasticsearch.faults.add("POST *", Fault(status=403))
    report = await add(gateway, ["payments-maintenance"], UPGRADE)
    assert statuses(report) == ["SKIPPED", "FAILED"]
    assert codes(report) == ["NOT_ALL", "FORBIDDEN"]
    assert gateway.seen("msgraph") == []


@pytest.mark.parametrize("dry", [True, False])
async def test_a_row_that_is_refused_beforehand_keeps_all_from_being_sent(front: Any, dry: bool) -> None:
    gateway = await front()
    bad = {**UPGRADE, "title": " "}
    for calendars, events in (
        (["payments-maintenance"], [UPGRADE, bad]),
        ([ML, "elasticsearch:.."], [UPGRADE]),
        ([ML, "no-such-alias"], [UPGRADE]),
        ([ML, "elasticsearch:not-there"], [UPGRADE]),
        ([ML, OUTLOOK], [UPGRADE, {**UPGRADE, "location": {"displayName": "Bridge"}}]),
    ):
        report = await add(gateway, calendars, *events, onLoss="REJECT", dryRun=dry)
        assert set(statuses(report)) == {"FAILED", "SKIPPED"}
        assert (report["status"], report["requests"]) == ("FAILED", [])
    assert writes(gateway) == 0
    assert gateway.audit == []


@pytest.mark.parametrize("dry", [True, False])
async def test_two_rows_that_send_mail_are_refused_for_mail_cannot_be_taken_back(
    front: Any, dry: bool
) -> None:
    gateway = await front()
    for calendars, events in (([OUTLOOK, ALICE, ML], [INVITING]), ([OUTLOOK], [INVITING, INVITING])):
        report = await add(gateway, calendars, *events, dryRun=dry)
        assert codes(report).count("TOO_MANY_INVITATIONS") == 2
        assert report["requests"] == []
    assert writes(gateway) == 0


async def test_the_row_that_sends_mail_goes_last_and_is_not_sent_if_another_fails(front: Any) -> None:
    gateway = await front()
    events = [INVITING, *[{**UPGRADE, "title": str(number)} for number in range(5)]]
    report = await add(gateway, [OUTLOOK, ML], *events)
    posts = [it for it in report["requests"] if it["method"] == "POST"]
    assert [it["source"]["name"] for it in posts] == ["elasticsearch", "msgraph", "msgraph"]
    assert posts[-1]["body"]["subject"] == "Meeting"
    gateway.sandbox.msgraph.faults.add("POST *", Fault(status=403), calls=(1,))
    report = await add(gateway, [OUTLOOK], INVITING, UPGRADE)
    assert statuses(report) == ["SKIPPED", "FAILED"]


async def test_changes_are_taken_back_to_what_was_before(front: Any) -> None:
    gateway = await front()
    place = {"location": {"displayName": "Bridge"}, "categories": ["Payments"]}
    given = await add(gateway, [OUTLOOK, ALICE, ML, HOLIDAYS], {**UPGRADE, **place})
    before = await there(gateway)
    first, second, muted, holiday = (row["eventId"] for row in given["results"])
    moved = {"start": {"instant": "2026-11-21T21:00:00Z"}, "title": "Moved"}
    changes = [
        {
            "target": {"id": first},
            "set": {**moved, "location": None, "categories": ["Other"], "showAs": "FREE"},
        },
        {"target": {"id": muted}, "set": moved},
        {"target": {"id": holiday}, "set": moved},
        {"target": {"id": second}, "set": moved},
    ]
    gateway.sandbox.msgraph.faults.add("PATCH *", Fault(status=403), calls=(2,))
    report = await update(gateway, changes)
    assert statuses(report) == ["ROLLED_BACK"] * 3 + ["FAILED"]
    graph, *ml, _ = report["results"]
    assert (graph["eventId"], graph["previousId"], graph["event"]["title"]) == (first, None, "Upgrade")
    assert [row["previousId"] for row in ml] == [muted, holiday]
    assert all(row["eventId"] not in {None, row["previousId"]} and row["stored"] for row in ml)
    gateway.sandbox.msgraph.faults.clear()
    assert await there(gateway) == before
    found = await gateway.ask(
        "query ($id: ID!) { calendarEvent(id: $id) { location { displayName } categories showAs } }",
        {"id": first},
    )
    assert found["calendarEvent"] == {
        "location": {"displayName": "Bridge"}, "categories": ["Payments"], "showAs": "BUSY"
    }  # fmt: skip


async def test_what_cannot_be_taken_back_is_said_to_be_there(front: Any) -> None:
    gateway = await front()
    gateway.sandbox.msgraph.faults.add("POST *", Fault(status=403))
    gateway.sandbox.elasticsearch.faults.add("DELETE *", Fault(status=403))
    report = await add(gateway, ["payments-maintenance"], UPGRADE)
    assert (report["status"], statuses(report)) == ("PARTIAL", ["FAILED", "ROLLBACK_FAILED"])
    row = report["results"][1]
    assert row["problem"]["code"] == "FORBIDDEN"
    assert f"{row['eventId']} is there" in row["problem"]["message"]
    assert row["eventIds"] == [row["eventId"]]
    assert ("elasticsearch:planned-outages", "Upgrade") in {it[:2] for it in await there(gateway)}


async def test_an_event_that_is_gone_by_then_is_as_good_as_taken_back(front: Any) -> None:
    gateway = await front()
    gateway.sandbox.msgraph.faults.add("POST *", Fault(status=403))
    gateway.sandbox.elasticsearch.faults.add("DELETE *", Fault(status=404, is_written=True))
    report = await add(gateway, ["payments-maintenance"], UPGRADE)
    assert statuses(report) == ["FAILED", "ROLLED_BACK"]


async def test_a_series_is_taken_back_with_all_its_occurrences(front: Any) -> None:
    gateway = await front()
    before = await there(gateway)
    gateway.sandbox.msgraph.faults.add("POST *", Fault(status=403))
    series = {**UPGRADE, "recurrence": {"rule": "FREQ=DAILY;COUNT=12"}}
    report = await add(gateway, ["payments-maintenance"], series)
    assert statuses(report) == ["FAILED", "ROLLED_BACK"]
    assert len(gateway.seen("elasticsearch", "DELETE")) == 12
    gateway.sandbox.msgraph.faults.clear()
    assert await there(gateway) == before


async def test_of_a_series_just_what_stays_is_said_to_be_there(front: Any) -> None:
    gateway = await front()
    gateway.sandbox.msgraph.faults.add("POST *", Fault(status=403))
    gateway.sandbox.elasticsearch.faults.add("DELETE *", Fault(status=403), calls=(2, 3))
    series = {**UPGRADE, "recurrence": {"rule": "FREQ=DAILY;COUNT=3"}}
    _, row = (await add(gateway, ["payments-maintenance"], series))["results"]
    page = (await gateway.ask(READ, {"calendars": [ML]}))["calendarEvents"]
    stay = [it["id"] for it in page["nodes"] if it["title"] == "Upgrade"]
    assert (row["status"], row["eventIds"], len(stay)) == ("ROLLBACK_FAILED", stay, 2)
    assert (row["eventId"], row["event"]["id"]) == (stay[0], stay[0])
    assert row["problem"]["message"].startswith(f"{' and '.join(stay)} is there")


async def test_a_shift_of_clocks_that_has_begun_is_not_taken_back(front: Any) -> None:
    gateway = await front()
    gateway.sandbox.msgraph.faults.add("POST *", Fault(status=403))
    shifting = {
        "title": "Clocks",
        "start": {"instant": "2026-11-18T09:00:00Z"},
        "end": {"instant": "2026-11-18T11:00:00Z"},
        "elasticsearch": {"forceTimeShift": 3600},
    }
    report = await add(gateway, ["payments-maintenance"], shifting)
    announced, muted = report["results"]
    assert (announced["status"], muted["status"]) == ("FAILED", "ROLLBACK_FAILED")
    assert (muted["problem"]["code"], gateway.seen("elasticsearch", "DELETE")) == ("REFUSED", [])


async def test_a_row_nobody_knows_of_is_looked_at_and_said_not_to_be_there(front: Any) -> None:
    gateway = await front()
    gateway.sandbox.elasticsearch.faults.add("POST *", Fault(cut=Cut.BEFORE_WRITE))
    report = await add(gateway, ["payments-maintenance"], UPGRADE)
    assert statuses(report) == ["SKIPPED", "UNKNOWN"]
    muted = report["results"][1]
    assert muted["problem"]["message"].startswith("It is not in the calendar, when looked at afterwards")
    assert muted["problem"]["hint"]


async def test_a_row_nobody_knows_of_is_not_taken_for_an_older_event_that_is_alike(front: Any) -> None:
    gateway = await front()
    older = (await add(gateway, [ML], UPGRADE))["results"][0]["eventId"]
    gateway.sandbox.elasticsearch.faults.add("POST *", Fault(cut=Cut.BEFORE_WRITE))
    (row,) = (await add(gateway, [ML], UPGRADE))["results"]
    assert row["status"] == "UNKNOWN"
    assert row["problem"]["message"].startswith(f"{older} may be it, or an older one")
    assert gateway.seen("elasticsearch", "DELETE") == []


async def test_a_change_nobody_knows_of_is_taken_back_if_it_is_seen(front: Any) -> None:
    gateway = await front()
    (given,) = (await add(gateway, [OUTLOOK], UPGRADE))["results"]
    faults = gateway.sandbox.msgraph.faults
    faults.add("PATCH *", Fault(cut=Cut.AFTER_WRITE), calls=(1,))
    faults.add("GET /{event}", Fault(status=403), calls=(2,))
    change = {"target": {"id": given["eventId"]}, "set": {"title": "Later"}}
    report = await update(gateway, [change])
    assert statuses(report) == ["ROLLED_BACK"]
    assert report["results"][0]["event"]["title"] == "Upgrade"
    subjects = [json.loads(it.body)["subject"] for it in gateway.seen("msgraph", "PATCH")]
    assert subjects == ["Later", "Upgrade"]


async def test_there_is_time_left_to_take_back_what_was_done_when_time_is_up(front: Any) -> None:
    gateway = await front(f"request_timeout_seconds = 3\n{CONFIGURATION}")
    before = await there(gateway)
    gateway.sandbox.msgraph.faults.add("POST *", Fault(delay=HELD))
    report = await add(gateway, ["payments-maintenance"], UPGRADE)
    gateway.sandbox.msgraph.faults.drop()
    assert statuses(report) == ["UNKNOWN", "ROLLED_BACK"]
    gateway.sandbox.msgraph.faults.clear()
    assert await there(gateway) == before
