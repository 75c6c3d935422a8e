"""What is planned, everywhere: one list, one cursor, a status per source."""

from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs

from gateway.sandbox.faults import Fault
from tests.front.conftest import CONFIGURATION
from tests.front.test_announce_and_mute import add
from tests.front.test_bad_input import event

pytestmark = pytest.mark.anyio

EVERYWHERE = ["payments-maintenance", "elasticsearch:holidays", "msgraph:users/alice.nguyen@contoso.com"]
WEEK = {"start": "2026-11-16T00:00:00Z", "end": "2026-11-23T00:00:00Z"}
LIST = """
query List($calendars: [ID!]!, $window: TimeWindowInput!, $first: Int! = 50, $after: String) {
  calendarEvents(calendars: $calendars, window: $window, first: $first, after: $after) {
    nodes { id calendarId title start { instant } calendar { id name } source { name } }
    edges { cursor node { id } }
    pageInfo { hasNextPage endCursor }
    sources { source { name } status fetched durationMs problem { code path retryable } }
    problems { code path hint }
    isComplete
  }
}
"""


async def listed(gateway: Any, *calendars: str, **rest: Any) -> dict[str, Any]:
    names = list(calendars or EVERYWHERE)
    data = await gateway.ask(LIST, {"calendars": names, "window": WEEK, **rest})
    return data["calendarEvents"]


async def test_events_of_all_calendars_come_in_time_order(front: Any) -> None:
    gateway = await front()
    page = await listed(gateway)
    order = [(row["start"]["instant"], row["id"]) for row in page["nodes"]]
    assert order == sorted(order)
    assert len({row["calendarId"] for row in page["nodes"]}) >= 4
    assert {row["source"]["name"] for row in page["nodes"]} == {"elasticsearch", "msgraph"}
    assert page["isComplete"]
    assert {source["status"] for source in page["sources"]} == {"OK"}
    assert all(row["calendar"]["id"] == row["calendarId"] for row in page["nodes"])


@pytest.mark.parametrize("first", [1, 2, 3])
async def test_pages_add_up_to_the_whole(front: Any, first: int) -> None:
    gateway = await front()
    whole = [row["id"] for row in (await listed(gateway))["nodes"]]
    assert len(whole) > 5
    paged: list[str] = []
    after = None
    for _ in range(len(whole) + 1):
        page = await listed(gateway, first=first, after=after)
        paged += [row["id"] for row in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert paged == whole


async def test_a_source_that_fails_costs_its_own_rows_and_is_not_shown_as_empty(front: Any) -> None:
    gateway = await front()
    gateway.sandbox.msgraph.faults.add("GET *", Fault(status=503))
    page = await listed(gateway)
    status = {source["source"]["name"]: source for source in page["sources"]}
    assert status["elasticsearch"]["status"] == "OK"
    assert status["msgraph"]["status"] == "FAILED"
    assert status["msgraph"]["problem"] == {
        "code": "UNAVAILABLE",
        "path": ["calendars", "0"],
        "retryable": True,
    }
    assert {row["source"]["name"] for row in page["nodes"]} == {"elasticsearch"}
    assert not page["isComplete"]


async def test_the_names_of_a_failed_exchange_reach_the_caller_and_the_log(front: Any) -> None:
    gateway = await front()
    gateway.sandbox.msgraph.faults.add("GET /{calendar}/calendarView", Fault(status=403))
    query = LIST.replace("problem { code", "problem { requestId hint code")
    body = {"query": query, "variables": {"calendars": EVERYWHERE[:1], "window": WEEK}}
    with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
        response = await gateway.client.post("/graphql", json=body)
    sources = response.json()["data"]["calendarEvents"]["sources"]
    (problem,) = (source["problem"] for source in sources if source["problem"])
    assert "Calendars.Read" in problem["hint"]
    (exchange,) = gateway.sandbox.msgraph.exchanges
    (line,) = (line for line in lines if line["event"] == "upstream.failed")
    assert problem["requestId"] == exchange.response.headers["request-id"] == line["upstream_request_id"]
    assert (
        exchange.request.headers["client-request-id"]
        == response.headers["x-request-id"]
        == line["request_id"]
    )
    assert (line["source"], line["method"], line["status"]) == ("msgraph", "GET", 403)


async def test_a_calendar_that_cannot_be_read_costs_its_own_field_only(front: Any) -> None:
    gateway = await front()
    gateway.sandbox.msgraph.faults.add("GET /{calendar}", Fault(status=503))
    answer = await gateway.answer(LIST, {"calendars": EVERYWHERE, "window": WEEK})
    rows = answer["data"]["calendarEvents"]["nodes"]
    assert {(row["source"]["name"], row["calendar"] is None) for row in rows} == {
        ("elasticsearch", False),
        ("msgraph", True),
    }
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"UNAVAILABLE"}


async def test_one_calendar_that_fails_leaves_its_source_partial(front: Any) -> None:
    gateway = await front()
    page = await listed(gateway, "elasticsearch:holidays", "elasticsearch:not-there")
    (source,) = page["sources"]
    assert (source["status"], source["problem"]["code"]) == ("PARTIAL", "NOT_FOUND")
    assert source["problem"]["path"] == ["calendars", "1"]
    assert page["nodes"]


async def test_a_cluster_is_read_where_one_of_its_nodes_is_gone(front: Any) -> None:
    several = CONFIGURATION.replace('url = "{es}"', 'url = ["http://127.0.0.1:9", "{es}"]')
    gateway = await front(several)
    page = await listed(gateway, "elasticsearch:holidays")
    assert page["isComplete"]
    assert page["nodes"]


async def test_of_ml_events_only_what_is_selected_travels(front: Any) -> None:
    gateway = await front()
    query = """query($window: TimeWindowInput!) {
      calendarEvents(calendars: ["elasticsearch:holidays"], window: $window) { nodes { FIELDS } } }"""
    for selected, travelling in (
        ("id", "end_time"),
        ("title elasticsearch { forceTimeShift }", "end_time%2Cevents.description%2Cevents.force_time_shift"),
    ):
        await gateway.ask(query.replace("FIELDS", selected), {"window": WEEK})
        target = gateway.seen("elasticsearch", "GET")[-1].target
        assert target.endswith(
            f"filter_path=count%2Cevents.event_id%2Cevents.start_time%2Cevents.{travelling}"
        )


async def test_unknown_names_are_problems_and_the_rest_is_listed(front: Any) -> None:
    gateway = await front()
    page = await listed(gateway, "holidays", "elasticsearch:holidays")
    assert [(it["code"], it["path"]) for it in page["problems"]] == [("UNKNOWN_ALIAS", ["calendars", "0"])]
    assert page["nodes"]
    assert not page["isComplete"]


async def test_the_upstreams_are_read_as_far_as_the_page_and_no_further(front: Any) -> None:
    gateway = await front()
    for start in range(3):
        events = [
            event(
                title=f"{start}-{number:03}",
                start={"instant": 1795208400000 + (start * 400 + number) * 60_000},
                end={"after": "PT1M"},
            )
            for number in range(400)
        ]
        await add(gateway, "elasticsearch:empty", events=events)
    before = len(gateway.seen("elasticsearch", "GET"))
    page = await listed(gateway, "elasticsearch:empty", first=20)
    assert len(page["nodes"]) == 20
    assert page["pageInfo"]["hasNextPage"]
    events, calendar = (request.path for request in gateway.seen("elasticsearch", "GET")[before:])
    assert (events, calendar) == ("/_ml/calendars/empty/events", "/_ml/calendars/empty")
    assert page["sources"][0]["fetched"] == 21


async def test_a_forged_cursor_is_refused(front: Any) -> None:
    gateway = await front()
    for cursor in ("x", "WzFd", "e30", "é"):
        variables = {"calendars": EVERYWHERE, "window": WEEK, "after": cursor}
        answer = await gateway.answer(LIST, variables)
        assert answer["errors"][0]["extensions"]["code"] == "INVALID_INPUT"
        assert answer["errors"][0]["extensions"]["inputPath"] == ["after"]


async def test_a_window_that_ends_before_it_starts_is_refused(front: Any) -> None:
    gateway = await front()
    window = {"start": WEEK["end"], "end": WEEK["start"]}
    answer = await gateway.answer(LIST, {"calendars": EVERYWHERE, "window": window})
    assert answer["errors"][0]["extensions"]["code"] == "INVALID_TIME"
    assert answer["errors"][0]["extensions"]["inputPath"] == ["window", "end"]


async def test_single_objects_are_found_by_id_or_are_null(front: Any) -> None:
    gateway = await front()
    rows = (await listed(gateway))["nodes"]
    one_of_each = {row["source"]["name"]: row for row in rows}
    for row in one_of_each.values():
        data = await gateway.ask(
            """query ($event: ID!, $calendar: ID!) {
              calendarEvent(id: $event) { id title calendarId calendar { id } }
              calendar(id: $calendar) { id name source { name } }
              node(id: $event) { id ... on CalendarEvent { title } }
              nodes(ids: [$calendar, $event]) { __typename id }
            }""",
            {"event": row["id"], "calendar": row["calendarId"]},
        )
        assert data["calendarEvent"]["title"] == row["title"]
        assert data["calendar"]["source"]["name"] == row["source"]["name"]
        assert data["node"] == {"id": row["id"], "title": row["title"]}
        assert [node["__typename"] for node in data["nodes"]] == ["Calendar", "CalendarEvent"]
    data = await gateway.ask(
        """{ a: calendarEvent(id: "elasticsearch:planned-outages/events/1513641600000/nothing") { id }
             b: calendar(id: "elasticsearch:not-there") { id }
             c: node(id: "msgraph:users/outages@contoso.com/events/AAMkNothing=") { id } }"""
    )
    assert data == {"a": None, "b": None, "c": None}


async def test_sources_say_what_they_are(front: Any) -> None:
    gateway = await front()
    data = await gateway.ask(
        "{ calendarSources { name kind mode isSandbox capabilities { capability fidelity } "
        "health { isHealthy version problem { code } } } }"
    )
    sources = {source["name"]: source for source in data["calendarSources"]}
    assert sources["elasticsearch"]["kind"] == "ELASTICSEARCH"
    assert sources["elasticsearch"]["health"]["isHealthy"]
    assert sources["elasticsearch"]["health"]["version"]
    assert sources["msgraph"]["health"] == {"isHealthy": True, "version": "v1.0", "problem": None}
    assert {"capability": "ATTENDEES", "fidelity": "UNSUPPORTED"} in sources["elasticsearch"]["capabilities"]
    assert {"capability": "ATTENDEES", "fidelity": "NATIVE"} in sources["msgraph"]["capabilities"]


async def test_all_calendars_are_listed_by_id_in_pages(front: Any) -> None:
    gateway = await front()
    query = """query ($after: String) { calendars(first: 2, after: $after) {
      nodes { id } pageInfo { hasNextPage endCursor } isComplete sources { status } } }"""
    names: list[str] = []
    after = None
    while True:
        page = (await gateway.ask(query, {"after": after}))["calendars"]
        assert page["isComplete"]
        names += [node["id"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert names == sorted(set(names))
    assert "elasticsearch:planned-outages" in names
    assert any(name.startswith("msgraph:users/outages@contoso.com/calendars/") for name in names)


async def test_a_mailbox_that_cannot_be_listed_hides_no_others(front: Any) -> None:
    two = '"nobody@contoso.com", "outages@contoso.com"'
    gateway = await front(CONFIGURATION.replace('"outages@contoso.com"]', f"{two}]", 1))
    query = """{ calendars(first: 1000) { isComplete nodes { id source { name } }
      sources { source { name } status fetched problem { code message } } } }"""
    page = (await gateway.ask(query))["calendars"]
    assert not page["isComplete"]
    (read,) = [read for read in page["sources"] if read["source"]["name"] == "msgraph"]
    listed = [node for node in page["nodes"] if node["source"]["name"] == "msgraph"]
    assert (read["status"], read["fetched"]) == ("PARTIAL", len(listed))
    assert listed
    assert read["problem"]["code"] == "NOT_FOUND"
    assert "msgraph:users/nobody@contoso.com" in read["problem"]["message"]
