"""Whatever an id holds, it stays in its segment of an upstream's path: seen on the raw request lines."""

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, unquote

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from gateway.sandbox.http import Request

from .conftest import CONFIGURATION

pytestmark = pytest.mark.anyio

SEGMENT = r"(?!\.{1,2}(?:/|$))(?:[A-Za-z0-9._~@=-]|%[0-9A-F]{2})+"
OWNER = rf"(?:me|users/{SEGMENT}|groups/{SEGMENT})"
CALENDAR = rf"{OWNER}(?:/calendarGroups/{SEGMENT})?(?:/calendar|/calendars/{SEGMENT})?"
PATHS = {
    "elasticsearch": re.compile(
        rf"/|/_ml/info|/_ml/calendars(?:/{SEGMENT}(?:/events(?:/{SEGMENT})?|/jobs/{SEGMENT})?)?"
        rf"|/_ml/anomaly_detectors(?:/{SEGMENT})?(?:/_stats)?"
    ),
    "msgraph": re.compile(
        rf"/(?:v1\.0|beta)(?:/\$batch|/me|/{CALENDAR}(?:/(?:events|calendarView|calendars|calendarGroups|memberOf))?"
        rf"|/{CALENDAR}/events/{SEGMENT}(?:/(?:instances|cancel|calendar|extensions))?)"
    ),
}
QUERY = re.compile(r"[A-Za-z0-9._~$%&=-]*")

OPERATIONS = """
query Reads($id: ID!, $ids: [ID!]!, $window: TimeWindowInput!, $entities: [_Any!]!) {
  calendar(id: $id) { id events(window: $window) { isComplete } elasticsearch { jobs { id } } }
  calendarEvent(id: $id) { id calendar { id } }
  node(id: $id) { id }
  nodes(ids: $ids) { id }
  calendarEvents(calendars: $ids, window: $window) { isComplete nodes { id calendar { id } } }
  coverage(announced: $ids, suppressed: $ids, window: $window) { isComplete }
  _entities(representations: $entities) { __typename }
}
query Keys($id: ID!, $key: String!, $ids: [ID!]!) {
  byKey: calendarEventsByKey(key: "CHG-4711", calendars: $ids) { id calendar { id } }
  alone: calendarEventsByKey(key: "CHG-4711", calendars: [$id]) { id }
  named: calendarEventsByKey(key: $key, calendars: ["payments-maintenance"]) { id }
}
mutation KeyedWrites(
  $add: AddEventsInput!, $update: UpdateEventsInput!, $remove: RemoveEventsInput!, $named: AddEventsInput!,
  $ours: ReconcileInput!, $theirs: ReconcileInput!
) {
  addEvents(input: $add) { status }
  named: addEvents(input: $named) { status }
  updateEvents(input: $update) { status }
  removeEvents(input: $remove) { status }
  ours: reconcile(input: $ours) { status }
  theirs: reconcile(input: $theirs) { status }
}
mutation Writes(
  $add: AddEventsInput!, $update: UpdateEventsInput!, $remove: RemoveEventsInput!,
  $create: CreateCalendarInput!, $delete: DeleteCalendarInput!, $jobs: SetCalendarJobsInput!
) {
  addEvents(input: $add) { status }
  updateEvents(input: $update) { status }
  removeEvents(input: $remove) { status }
  createCalendar(input: $create) { status }
  deleteCalendar(input: $delete) { status }
  setCalendarJobs(input: $jobs) { status }
}
"""
EVENT = {"title": "Upgrade", "start": {"instant": "2026-11-25T22:00:00Z"}, "end": {"after": "PT2H"}}

NASTY = (
    "..",
    ".",
    "%2e%2e",
    "%2E.",
    "..%2f",
    "%2f..%2f",
    "/",
    "//",
    "\\",
    "%5c",
    "?",
    "?x=1",
    "#",
    "%23",
    "%3f",
    ";",
    "%00",
    "\0",
    "%0d%0a",
    "\r\nX: 1",
    " ",
    "%20",
    "+",
    "*",
    ",",
    "_all",
    "_ml",
    "$batch",
    "$filter",
    "@",
    ":",
    "'",
    "calendar_x",
    "events",
    "calendar",
    "me",
    "%",
    "%zz",
    "%25",
    "%252e%252e",
    "é",
    "%C3%A9",
    "％２ｅ",
    "\u202e",
    "..;",
)
PIECES = st.one_of(
    st.sampled_from(NASTY),
    st.text(min_size=1, max_size=6),
    st.text(min_size=1, max_size=6).map(lambda text: quote(text.encode("utf-8", "replace"), safe="")),
)
SEGMENTS = st.lists(PIECES, min_size=1, max_size=3).map("".join)
FORMS = st.sampled_from(
    (
        "elasticsearch:{}",
        "elasticsearch:planned-outages/events/{}",
        "elasticsearch:{}/events/1513641600000/{}",
        "elasticsearch:planned-outages/events/1513641600000/{}",
        "elasticsearch:{}/{}",
        "msgraph:{}",
        "msgraph:me/{}",
        "msgraph:me/calendars/{}",
        "msgraph:users/{}/calendar",
        "msgraph:users/{}/calendars/{}",
        "msgraph:users/{}",
        "msgraph:users/outages@contoso.com/events/{}",
        "msgraph:users/{}/events/{}",
        "msgraph:groups/{}/calendar",
        "msgraph:groups/{}/events/{}",
        "msgraph:users/{}/calendarGroups/{}/calendars/{}",
        "{}",
        "{}:{}",
    )
)


@st.composite
def hostile_ids(draw: st.DrawFn) -> str:
    form = draw(FORMS)
    return form.format(*(draw(SEGMENTS) for _ in range(form.count("{}"))))


def variables(id_: str) -> dict[str, Any]:
    window = {"start": "2026-11-16T00:00:00Z", "end": "2026-11-23T00:00:00Z"}
    both = [id_, "elasticsearch:planned-outages"]
    target = {"id": id_}
    return {
        "id": id_,
        "ids": both,
        "window": window,
        "entities": [{"__typename": name, "id": id_} for name in ("Calendar", "CalendarEvent")],
        "add": {"calendars": [id_], "events": [EVENT] * 6},
        "update": {"changes": [{"target": target, "set": {"title": "New"}}]},
        "remove": {"removals": [{"target": target}]},
        "create": {"id": id_},
        "delete": {"calendar": id_, "expectedEventCount": 0},
        "jobs": {"calendar": "elasticsearch:planned-outages", "jobs": [id_.partition(":")[2] or id_]},
    }


def keyed_variables(id_: str) -> dict[str, Any]:
    """The same where events are found by their keys, and where a key itself is hostile."""
    window = {"start": "2026-11-16T00:00:00Z", "end": "2026-12-23T00:00:00Z"}
    copies = {"key": {"key": "CHG-4711", "calendars": [id_]}}
    keyed = {**EVENT, "key": "CHG-4711"}
    reconciled = {"window": window, "dryRun": False}
    return {
        "id": id_,
        "key": id_,
        "ids": [id_, "msgraph:users/outages@contoso.com/calendar"],
        "add": {"calendars": [id_], "events": [keyed]},
        "named": {"calendars": ["payments-maintenance"], "events": [{**EVENT, "key": id_}]},
        "update": {"changes": [{"target": copies, "set": {"title": "New"}}]},
        "remove": {"removals": [{"target": copies}]},
        "ours": {**reconciled, "announced": [id_], "suppressed": ["elasticsearch:planned-outages"]},
        "theirs": {
            **reconciled,
            "announced": ["msgraph:users/outages@contoso.com/calendar"],
            "suppressed": [id_],
        },
    }


def targets(source: str, request: Request) -> Iterator[str]:
    """The request's target, and those of the requests that a batch holds."""
    yield request.target
    if source == "msgraph" and request.path.endswith("/$batch"):
        version = request.path.removesuffix("/$batch")
        yield from (version + inner["url"] for inner in json.loads(request.body)["requests"])


def is_whole(source: str, target: str) -> bool:
    """Whether a target is one of those that the gateway means to ask for, and no segment leads elsewhere."""
    path, _, query = target.partition("?")
    names = [unquote(segment) for segment in path.split("/")[1:]]
    leads_elsewhere = any(name in {".", ".."} for name in names)
    return (
        PATHS[source].fullmatch(path) is not None
        and QUERY.fullmatch(query) is not None
        and not leads_elsewhere
    )


ASKED = {
    "Reads": variables,
    "Writes": variables,
    "Keys": keyed_variables,
    "KeyedWrites": keyed_variables,
}


@pytest.fixture
async def gateway(front: Any) -> Any:
    return await front("limits = { max_burst = 1000000 }\n" + CONFIGURATION)


async def requests_for(gateway: Any, id_: str) -> list[tuple[str, str, str]]:
    """The source, method and target of every request that the operations lead to."""
    exchanges = {name: getattr(gateway.sandbox, name).exchanges for name in PATHS}
    for seen in exchanges.values():
        seen.clear()
    for operation, make in ASKED.items():
        body = {"query": OPERATIONS, "operationName": operation, "variables": make(id_)}
        answer = await gateway.client.post("/graphql", json=body)
        assert answer.status_code == 200
        assert "data" in answer.json()
        assert "INTERNAL" not in answer.text
    return [
        (source, exchange.request.method, target)
        for source, seen in exchanges.items()
        for exchange in seen
        for target in targets(source, exchange.request)
    ]


@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(hostile_ids())
@example("elasticsearch:..")
@example("elasticsearch:planned-outages/events/1513641600000/..%2f..%2f_all")
@example("elasticsearch:planned-outages/events/1513641600000/calendar_x")
@example("msgraph:users/../me/calendar")
@example("msgraph:users/%2e%2e/calendars/%2e%2e")
@example("msgraph:users/a%2f..%2fb/events/x%3f$top=1%23")
@example("msgraph:users/outages@contoso.com/calendar")
@example("elasticsearch:planned-outages")
async def test_an_id_cannot_leave_its_place_in_a_path(gateway: Any, id_: str) -> None:
    for source, _, target in await requests_for(gateway, id_):
        assert is_whole(source, target), target


@pytest.mark.parametrize(
    ("id_", "source", "path"),
    [
        ("elasticsearch:planned-outages", "elasticsearch", "/_ml/calendars/planned-outages/events"),
        (
            "msgraph:users/outages@contoso.com/calendar",
            "msgraph",
            "/v1.0/users/outages%40contoso.com/calendar",
        ),
        (
            "msgraph:users/outages@contoso.com/events/a%2fb",
            "msgraph",
            "/v1.0/users/outages%40contoso.com/events/a%2Fb",
        ),
    ],
)
async def test_an_ordinary_id_leads_where_it_says(gateway: Any, id_: str, source: str, path: str) -> None:
    asked = await requests_for(gateway, id_)
    assert {(source, "GET", path)} <= {
        (name, method, target.partition("?")[0]) for name, method, target in asked
    }
    if "/events/" not in id_:
        assert (source, "POST") in {(name, method) for name, method, _ in asked}


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("elasticsearch", "/_ml/calendars/../jobs"),
        ("elasticsearch", "/_ml/calendars/%2e%2e/events"),
        ("elasticsearch", "/_ml/calendars/a/b/events"),
        ("elasticsearch", "/_ml/calendars/a?x=#"),
        ("elasticsearch", "/_cluster/health"),
        ("msgraph", "/v1.0/users/a/b/calendar"),
        ("msgraph", "/v1.0/users/a b/calendar"),
        ("msgraph", "/v1.0/users/a/messages"),
    ],
)
def test_a_path_that_leads_elsewhere_would_be_seen(source: str, target: str) -> None:
    assert not is_whole(source, target)


@pytest.mark.parametrize(
    ("id_", "source", "method", "path"),
    [
        ("elasticsearch:holidays", "elasticsearch", "POST", "/_ml/calendars/holidays/events"),
        (
            "msgraph:users/alice.nguyen@contoso.com/calendar",
            "msgraph",
            "POST",
            "/v1.0/users/alice.nguyen%40contoso.com/calendar/events",
        ),
    ],
)
async def test_operations_by_key_reach_an_ordinary_calendar(
    gateway: Any, id_: str, source: str, method: str, path: str
) -> None:
    """Else the property above would say nothing of them: nothing else adds an event with a key."""
    body = {"query": OPERATIONS, "operationName": "KeyedWrites", "variables": keyed_variables(id_)}
    answer = (await gateway.client.post("/graphql", json=body)).json()["data"]
    assert answer["addEvents"]["status"] == answer["updateEvents"]["status"] == "SUCCEEDED"
    assert answer["removeEvents"]["status"] == "SUCCEEDED"
    sent = {(request.method, request.target) for request in gateway.seen(source, method)}
    assert (method, path) in sent
    assert "SUCCEEDED" in {answer["ours"]["status"], answer["theirs"]["status"]}
