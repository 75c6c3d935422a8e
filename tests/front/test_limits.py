"""What is too much: each limit is a setting, and its error names it."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import pytest

from gateway.http.identity.api_keys import hashed
from gateway.sandbox.faults import HELD, Fault

from .conftest import CONFIGURATION

pytestmark = pytest.mark.anyio

ONE = {"title": "Upgrade", "start": {"instant": "2026-11-25T22:00:00Z"}, "end": {"after": "PT2H"}}
WEEK = 'window: { start: "2026-11-16T00:00:00Z", end: "2026-11-23T00:00:00Z" }'
ADD = "mutation($input: AddEventsInput!) { addEvents(input: $input) { problems { code hint path } } }"
REMOVE = (
    "mutation($input: RemoveEventsInput!) { removeEvents(input: $input) { problems { code hint path } } }"
)
PAGE = f'{{ calendarEvents(calendars: ["payments-maintenance"], first: 3, {WEEK}) {{ isComplete }} }}'
ENTITIES = "query($r: [_Any!]!) { _entities(representations: $r) { __typename } }"
KEYS = "".join(f'[api_keys.{name}]\nsha256 = "{hashed(name)}"\n' for name in ("mia", "ben"))


def limited(**limits: object) -> str:
    lines = "\n".join(f"{name} = {str(value).lower()}" for name, value in limits.items())
    return f"{CONFIGURATION}\n[limits]\n{lines}\n"


@pytest.mark.parametrize(
    ("query", "variables", "field", "path"),
    [
        (ADD, {"calendars": ["elasticsearch:planned-outages"], "events": [ONE] * 3}, "addEvents", "events"),
        (
            REMOVE,
            {"removals": [{"target": {"id": f"elasticsearch:a/events/1/{n}"}} for n in range(3)]},
            "removeEvents",
            "removals",
        ),
    ],
)
async def test_events_of_a_call(
    front: Any, query: str, variables: dict[str, Any], field: str, path: str
) -> None:
    gateway = await front(limited(max_events=2))
    (problem,) = (await gateway.ask(query, {"input": variables}))[field]["problems"]
    assert (problem["code"], problem["path"]) == ("TOO_MANY", [path])
    assert "limits.max_events" in problem["hint"]
    assert gateway.seen("elasticsearch") == gateway.seen("elasticsearch", "GET") == []


@pytest.mark.parametrize(
    ("query", "variables", "setting"),
    [
        (PAGE, {}, "max_page"),
        ("{ calendars(first: 3) { isComplete } }", {}, "max_page"),
        (ENTITIES, {"r": [{"__typename": "Calendar", "id": "elasticsearch:a"}] * 3}, "max_representations"),
    ],
)
async def test_rows_of_a_page_and_representations(
    front: Any, query: str, variables: dict[str, Any], setting: str
) -> None:
    gateway = await front(limited(**{setting: 2}))
    (error,) = (await gateway.answer(query, variables))["errors"]
    assert error["extensions"]["code"] == "TOO_MANY"
    assert f"limits.{setting}" in error["extensions"]["hint"]
    assert gateway.seen("elasticsearch", "GET") == []
    assert "errors" not in await gateway.answer(query.replace("first: 3", "first: 2"), {"r": []})


async def test_one_caller_leaves_places_to_others(front: Any) -> None:
    gateway = await front(limited(max_concurrent_requests=4) + KEYS)
    gateway.sandbox.elasticsearch.faults.add("GET /_ml/*", Fault(delay=HELD), calls=range(1, 4))
    query = {"query": '{ calendar(id: "elasticsearch:planned-outages") { id } }'}

    async def ask(who: str) -> int:
        headers = {"authorization": f"Bearer {who}"}
        return (await gateway.client.post("/graphql", json=query, headers=headers)).status_code

    waiting = [asyncio.create_task(ask("mia")) for _ in range(3)]
    await gateway.sandbox.elasticsearch.faults.arrival()
    assert await ask("mia") == 503  # it stood in line behind those
    assert await ask("ben") == 200
    gateway.sandbox.elasticsearch.faults.release()
    assert await asyncio.gather(*waiting) == [200] * 3
    assert await ask("mia") == 200


async def test_bytes_of_a_body(front: Any) -> None:
    gateway = await front(limited(max_body_bytes=2000))
    padded = {"query": "{__typename}" + " " * 2000}
    answer = await gateway.client.post("/graphql", json=padded)
    assert answer.status_code == 413
    assert "limits.max_body_bytes" in answer.json()["errors"][0]["message"]


async def test_a_body_that_is_said_to_be_too_long_is_not_read(front: Any) -> None:
    gateway = await front(limited(max_body_bytes=2000))

    async def never() -> AsyncIterator[bytes]:
        raise AssertionError("it was read")
        yield b""

    headers = {"content-type": "application/json", "content-length": "2001"}
    answer = await gateway.client.post("/graphql", content=never(), headers=headers)
    assert answer.status_code == 413
    assert answer.headers["connection"] == "close"


async def test_bytes_of_all_bodies_that_are_held(front: Any) -> None:
    gateway = await front(limited(max_held_bytes=50_000, max_body_bytes=50_000))
    gateway.sandbox.elasticsearch.faults.add("GET /_ml/*", Fault(delay=HELD), calls=(1,))
    query = '{ calendar(id: "elasticsearch:planned-outages") { id } }'
    long = asyncio.create_task(gateway.ask(query + " " * 45_000))
    await gateway.sandbox.elasticsearch.faults.arrival()
    refused = await gateway.client.post("/graphql", json={"query": "{__typename}" + " " * 45_000})
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
    assert "limits.max_held_bytes" in refused.json()["errors"][0]["message"]
    assert await gateway.ask("{__typename}" + " " * 10_000) == {"__typename": "Query"}
    gateway.sandbox.elasticsearch.faults.release()
    await long
    assert await gateway.ask("{__typename}" + " " * 45_000) == {"__typename": "Query"}


async def test_what_is_read_at_once_for_one_caller(front: Any) -> None:
    """A page of a thousand waits for another one of the same caller, and a short one for nobody."""
    gateway = await front(limited(max_cost_at_once=1000) + KEYS)
    gateway.sandbox.elasticsearch.faults.add("GET /_ml/*/events", Fault(delay=HELD), calls=(1,))
    page = PAGE.replace("first: 3", "first: 1000").replace("payments-maintenance", "elasticsearch:holidays")
    ask = partial(gateway.ask, authorization="Bearer mia")
    first = asyncio.create_task(ask(page))
    await gateway.sandbox.elasticsearch.faults.arrival()
    second = asyncio.create_task(ask(page))
    assert await ask(page.replace("first: 1000", "first: 3"))
    assert await gateway.ask(page, authorization="Bearer ben")
    assert not second.done()
    gateway.sandbox.elasticsearch.faults.release()
    assert await first == await second


async def test_requests_of_one_caller(front: Any) -> None:
    gateway = await front(limited(max_burst=2, max_requests_per_minute=1) + KEYS)

    async def ask(who: str) -> Any:
        headers = {"authorization": f"Bearer {who}"}
        return await gateway.client.post("/graphql", json={"query": "{__typename}"}, headers=headers)

    assert [(await ask("mia")).status_code for _ in range(3)] == [200, 200, 429]
    refused = await ask("mia")
    (error,) = refused.json()["errors"]
    assert error["extensions"]["code"] == "RATE_LIMITED"
    assert error["extensions"]["retryable"]
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert "limits.max_requests_per_minute" in error["message"]
    assert (await ask("ben")).status_code == 200
    assert [(await ask(f"guess{n}")).status_code for n in range(4)] == [401, 401, 429, 429]


async def test_requests_at_once(front: Any) -> None:
    gateway = await front(limited(max_concurrent_requests=1))
    gateway.sandbox.elasticsearch.faults.add("GET *", Fault(delay=HELD), calls=(1,))
    asking = asyncio.create_task(gateway.ask('{ calendar(id: "elasticsearch:planned-outages") { id } }'))
    await gateway.sandbox.elasticsearch.faults.arrival()
    crowded = await gateway.client.post("/graphql", json={"query": "{__typename}"})
    assert (crowded.status_code, crowded.headers["retry-after"]) == (503, "1")
    (error,) = crowded.json()["errors"]
    assert error["extensions"]["code"] == "UNAVAILABLE"
    assert "limits.max_concurrent_requests" in error["message"]
    assert (await gateway.client.get("/healthz")).status_code == 200
    gateway.sandbox.elasticsearch.faults.release()
    assert (await asking)["calendar"]
    assert await gateway.ask("{__typename}")


@pytest.mark.parametrize(
    "query",
    [
        "{ __schema { types { name } } }",
        '{ __type(name: "Query") { name } }',
        "{ _service { sdl } }",
        "{ ...on Query { it: _service { __typename } } }",
    ],
)
async def test_the_schema_tells_of_itself_unless_it_is_not_to(front: Any, query: str) -> None:
    assert "errors" not in await (await front()).answer(query)
    gateway = await front(limited(introspection=False))
    content = await gateway.answer(query)
    assert "data" not in content
    assert "limits.introspection" in content["errors"][0]["message"]
    assert await gateway.ask("{ __typename calendarSources { __typename } }")


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ("{ calendarSource { name } }", {}),
        ("{ calendars(frist: 1) { isComplete } }", {}),
        ("query($w: TimeWindowInputt) { calendars { isComplete } }", {}),
        (PAGE.replace("window", "windoww"), {}),
        (ADD, {"input": {"calendars": [], "event": []}}),
    ],
)
async def test_errors_suggest_names_unless_they_are_not_to(
    front: Any, query: str, variables: dict[str, Any]
) -> None:
    told = (await (await front()).answer(query, variables))["errors"]
    assert any("Did you mean" in error["message"] for error in told)
    kept = (await (await front(limited(suggestions=False))).answer(query, variables))["errors"]
    assert len(kept) == len(told)
    assert not any("Did you mean" in error["message"] for error in kept)
