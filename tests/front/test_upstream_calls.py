"""How many requests one operation sends upstream: never more than it may, nothing half done in silence."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest

from gateway.sandbox.faults import Fault

from .conftest import CONFIGURATION
from .test_all_or_nothing import ALICE, EVERYWHERE, HOLIDAYS, ML, OUTLOOK, UPGRADE, there

pytestmark = pytest.mark.anyio

ROWS = (
    "status results { calendarId status eventId problem { code message hint retryable } } problems { code }"
)
ADD = f"mutation ($input: AddEventsInput!) {{ addEvents(input: $input) {{ {ROWS} }} }}"
REMOVE = f"mutation ($input: RemoveEventsInput!) {{ removeEvents(input: $input) {{ {ROWS} }} }}"
UPDATE = f"mutation ($input: UpdateEventsInput!) {{ updateEvents(input: $input) {{ {ROWS} }} }}"
CREATE = """mutation ($input: CreateCalendarInput!) {
  createCalendar(input: $input) { status problem { code hint } }
}"""
PAGE = """{
  calendarEvents(
    calendars: ["payments-maintenance", "elasticsearch:holidays"]
    window: { start: "2026-11-16T00:00:00Z", end: "2026-11-23T00:00:00Z" }
  ) { isComplete nodes { id } sources { status problem { code hint } } }
}"""
WRITERS = ("POST", "PUT", "PATCH", "DELETE")
SHARED = ("/", "/_ml/info")
"""What asks for a cluster's version, on behalf of all callers."""


async def limited(front: Any, most: int) -> Any:
    return await front(f"{CONFIGURATION}\n[limits]\nmax_upstream_calls = {most}\n")


def sent(gateway: Any) -> int:
    """How many requests reached the upstreams, but for those that callers share."""
    exchanges = [*gateway.sandbox.elasticsearch.exchanges, *gateway.sandbox.msgraph.exchanges]
    return sum(exchange.request.path not in SHARED for exchange in exchanges)


def forget(gateway: Any) -> None:
    gateway.sandbox.elasticsearch.exchanges.clear()
    gateway.sandbox.msgraph.exchanges.clear()


def written(gateway: Any) -> int:
    return sum(len(gateway.seen(source, it)) for source in ("elasticsearch", "msgraph") for it in WRITERS)


def given(calendars: Sequence[str], **rest: Any) -> dict[str, Any]:
    return {"calendars": list(calendars), "events": [UPGRADE], **rest}


async def test_a_read_that_would_take_more_says_which_source_is_missing(front: Any) -> None:
    gateway = await limited(front, 2)
    page = (await gateway.ask(PAGE))["calendarEvents"]
    failed = [it["problem"] for it in page["sources"] if it["status"] != "OK"]
    assert {problem["code"] for problem in failed} == {"TOO_MANY"}
    assert all("limits.max_upstream_calls" in problem["hint"] for problem in failed)
    assert not page["isComplete"]
    assert sent(gateway) == 2


async def test_retries_are_counted(front: Any) -> None:
    gateway = await limited(front, 3)
    gateway.sandbox.elasticsearch.faults.add("GET /_ml/*", Fault(status=503))
    answer = await gateway.answer('{ calendar(id: "elasticsearch:holidays") { id } }')
    (error,) = answer["errors"]
    assert error["extensions"]["code"] == "TOO_MANY"
    assert sent(gateway) == 3


@pytest.mark.parametrize("dry_run", [True, False])
@pytest.mark.parametrize("atomicity", ["BEST_EFFORT", "ALL_OR_NOTHING"])
async def test_what_takes_more_than_is_left_is_refused_before_anything_is_written(
    front: Any, atomicity: str, dry_run: bool
) -> None:
    gateway = await limited(front, 6)
    values = given(EVERYWHERE, atomicity=atomicity, dryRun=dry_run)
    report = (await gateway.ask(ADD, {"input": values}))["addEvents"]
    assert report["status"] == "FAILED"
    assert [row["status"] for row in report["results"]] == ["FAILED"] * 4
    for row in report["results"]:
        assert row["problem"]["code"] == "TOO_MANY"
        assert "limits.max_upstream_calls" in row["problem"]["hint"]
        assert row["eventId"] is None
    assert written(gateway) == 0
    assert gateway.audit == []


async def test_all_or_nothing_keeps_what_it_takes_to_take_things_back(front: Any) -> None:
    """Three requests for each of two events."""
    values = given([ML, HOLIDAYS], atomicity="ALL_OR_NOTHING")
    gateway = await front()
    assert (await gateway.ask(ADD, {"input": values}))["addEvents"]["status"] == "SUCCEEDED"
    enough = sent(gateway) + 2 * 3
    for most, status in ((enough - 1, "FAILED"), (enough, "SUCCEEDED")):
        gateway = await limited(front, most)
        assert (await gateway.ask(ADD, {"input": values}))["addEvents"]["status"] == status


async def test_two_fields_share_what_their_operation_may_send(front: Any) -> None:
    gateway = await front()
    await gateway.ask(ADD, {"input": given([ML])})
    gateway = await limited(front, sent(gateway) + 1)
    query = f"""mutation ($input: AddEventsInput!) {{
      first: addEvents(input: $input) {{ {ROWS} }} second: addEvents(input: $input) {{ {ROWS} }}
    }}"""
    done = await gateway.ask(query, {"input": given([ML])})
    assert done["first"]["status"] == "SUCCEEDED"
    assert [row["problem"]["code"] for row in done["second"]["results"]] == ["TOO_MANY"]
    assert len(gateway.seen("elasticsearch")) == 2


async def test_where_requests_run_out_no_event_is_taken_to_be_at_fault(front: Any) -> None:
    """Elasticsearch refuses all four events, and they cannot be posted in parts to the end."""
    given_ = {"calendars": [ML], "events": [{**UPGRADE, "title": f"Upgrade {n}"} for n in range(4)]}
    gateway = await front()
    await gateway.ask(ADD, {"input": {**given_, "dryRun": True}})
    gateway = await limited(front, sent(gateway) + 2)  # a dry run reads the calendar besides
    gateway.sandbox.elasticsearch.faults.add("POST *", Fault(status=400))
    report = (await gateway.ask(ADD, {"input": given_}))["addEvents"]
    problems = [row["problem"] for row in report["results"]]
    assert [problem["code"] for problem in problems] == ["TOO_MANY"] * 4
    assert "It was not sent" in problems[-1]["message"]
    assert len(gateway.seen("elasticsearch")) == 2


async def test_a_calendar_is_not_half_made(front: Any) -> None:
    values = {"id": "elasticsearch:new", "jobs": ["payments-latency"]}
    gateway = await limited(front, 2)
    made = (await gateway.ask(CREATE, {"input": values}))["createCalendar"]
    assert (made["status"], made["problem"]["code"]) == ("FAILED", "TOO_MANY")
    assert written(gateway) == 0


@pytest.mark.parametrize(
    ("most", "atomicity"),
    [
        *((most, "BEST_EFFORT") for most in (1, 3, 5, *range(16, 24))),
        *((most, "ALL_OR_NOTHING") for most in (3, 5, *range(31, 39))),
    ],
)
async def test_however_few_it_may_send_every_row_says_what_became_of_it(
    front: Any, most: int, atomicity: str
) -> None:
    """Graph is asked again, and Elasticsearch's answer is lost: more is needed than was planned."""
    gateway = await limited(front, most)
    before = await everything(front, gateway)
    gateway.sandbox.elasticsearch.faults.add("GET /_ml/*/events", Fault(status=503), calls=(3, 4, 5))
    gateway.sandbox.elasticsearch.faults.add("POST *", Fault(status=503, is_written=True), calls=(1,))
    gateway.sandbox.msgraph.faults.add("POST *", Fault(status=503), calls=(1, 2))
    values = given([ML, OUTLOOK, HOLIDAYS, ALICE], atomicity=atomicity)
    report = (await gateway.ask(ADD, {"input": values}))["addEvents"]
    assert sent(gateway) <= most
    gateway.sandbox.elasticsearch.faults.clear()
    gateway.sandbox.msgraph.faults.clear()
    after = await everything(front, gateway)
    new = Counter(calendar for calendar, *_ in after) - Counter(calendar for calendar, *_ in before)
    rows = {row["calendarId"].removesuffix("/calendar"): row for row in report["results"]}
    for calendar, row in rows.items():
        assert (row["status"] == "CREATED") == (row["problem"] is None)
        if new[calendar]:
            assert row["status"] in {"CREATED", "UNKNOWN", "ROLLBACK_FAILED"}, row
        else:
            assert row["status"] != "CREATED"
    assert new.keys() <= rows.keys()


async def everything(front: Any, gateway: Any) -> list[tuple[str, str, str, str]]:
    """What all calendars hold, read by a gateway of its own; what that asks is not counted."""
    reader = await front(CONFIGURATION)
    found = await there(reader)
    forget(gateway)
    return found


@pytest.mark.parametrize("most", range(1, 12))
async def test_however_few_it_may_send_changes_and_removals_say_what_became_of_them(
    front: Any, most: int
) -> None:
    whole = await front(CONFIGURATION)
    made = (await whole.ask(ADD, {"input": given([ML, OUTLOOK, HOLIDAYS])}))["addEvents"]
    ids = [row["eventId"] for row in made["results"]]
    for query, field, orders in (
        (
            UPDATE,
            "updateEvents",
            {"changes": [{"target": {"id": id_}, "set": {"title": "New"}} for id_ in ids]},
        ),
        (REMOVE, "removeEvents", {"removals": [{"target": {"id": id_}} for id_ in ids]}),
    ):
        gateway = await limited(front, most)
        before = await everything(front, gateway)
        report = (await gateway.ask(query, {"input": orders}))[field]
        assert sent(gateway) <= most
        changed = await everything(front, gateway) != before
        assert changed <= any(row["status"] in {"UPDATED", "DELETED", "UNKNOWN"} for row in report["results"])
        for row in report["results"]:
            assert row["status"] in {"UPDATED", "DELETED"} or row["problem"], row
        if report["status"] == "SUCCEEDED" and field == "updateEvents":
            ids = [row["eventId"] for row in report["results"]]
