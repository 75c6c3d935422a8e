"""Several operations in one request: off by default, bounded when on, each answered in its place."""

from typing import Any

import pytest
from structlog.testing import capture_logs

from .conftest import CONFIGURATION
from .test_all_or_nothing import ML, UPGRADE
from .test_upstream_calls import ADD, PAGE, sent

pytestmark = pytest.mark.anyio

TYPE = {"query": "{ __typename }"}
COUNT = """query ($id: ID!) {
  calendar(id: $id) {
    events(window: { start: "2026-11-20T00:00:00Z", end: "2026-11-21T00:00:00Z" }, first: 100) {
      nodes { title }
    }
  }
}"""


def adding(*events: Any) -> dict[str, Any]:
    return {"query": ADD, "variables": {"input": {"calendars": [ML], "events": list(events)}}}


async def batching(front: Any, **limits: int) -> Any:
    lines = "\n".join(f"{name} = {value}" for name, value in {"max_batch": 3, **limits}.items())
    return await front(f"{CONFIGURATION}\n[limits]\n{lines}\n")


async def send(gateway: Any, batch: Any, **headers: str) -> Any:
    return await gateway.client.post("/graphql", json=batch, headers=headers)


async def test_batches_are_refused_unless_they_are_asked_for(front: Any) -> None:
    refused = await send(await front(), [TYPE])
    assert refused.status_code == 400
    (error,) = refused.json()["errors"]
    assert "limits.max_batch" in error["message"]
    assert error["extensions"]["code"] == "BAD_REQUEST"


@pytest.mark.parametrize(
    ("batch", "said"),
    [
        ([], "The batch is empty."),
        ([TYPE] * 4, "A batch of 4 is above the limit of 3. The setting is limits.max_batch."),
        ([TYPE, 7], "Operation 2 of the batch: The request must be a JSON object."),
        ([TYPE, [TYPE]], "Operation 2 of the batch: The request must be a JSON object."),
        ([{"query": ""}, TYPE], "Operation 1 of the batch: There is no query"),
        ([adding(UPGRADE), {**TYPE, "variables": 1}], "Operation 2 of the batch: `variables` must be"),
    ],
)
async def test_a_batch_that_is_none_is_refused_as_a_whole(front: Any, batch: Any, said: str) -> None:
    gateway = await batching(front)
    refused = await send(gateway, batch)
    assert refused.status_code == 400
    (error,) = refused.json()["errors"]
    assert error["message"].startswith(said)
    assert sent(gateway) == 0


@pytest.mark.parametrize("accept", ["application/json", "application/graphql-response+json"])
async def test_each_operation_is_answered_in_its_place(front: Any, accept: str) -> None:
    batch = [TYPE, {"query": "{ nothing }"}, {"query": "query A { __typename } query B { __typename }"}]
    answered = await send(await batching(front), batch, accept=accept)
    assert (answered.status_code, answered.headers["content-type"].partition(";")[0]) == (200, accept)
    good, invalid, ambiguous = answered.json()
    assert good == {"data": {"__typename": "Query"}}
    for bad in (invalid, ambiguous):
        assert bad.keys() == {"errors"}
        assert bad["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
    assert "Give operationName" in ambiguous["errors"][0]["message"]


async def test_an_operation_sees_what_those_before_it_wrote(front: Any) -> None:
    look = {"query": COUNT, "variables": {"id": ML}}
    batch = [look, adding({**UPGRADE, "title": "Just added"}), look]
    before, added, after = (await send(await batching(front), batch)).json()
    assert added["data"]["addEvents"]["status"] == "SUCCEEDED"
    titles = [
        [event["title"] for event in one["data"]["calendar"]["events"]["nodes"]] for one in (before, after)
    ]
    assert ["Just added" in each for each in titles] == [False, True]


async def test_the_cost_of_all_counts(front: Any) -> None:
    gateway = await batching(front, max_cost=700)
    page = {"query": PAGE}
    answers = (await send(gateway, [page, TYPE, page])).json()
    assert ["errors" in answer for answer in answers] == [False, False, True]
    (error,) = answers[2]["errors"]
    assert error["extensions"]["code"] == "TOO_MANY"
    assert "limits.max_cost" in error["extensions"]["hint"]
    assert "for those before it in the batch" in error["message"]


async def test_the_events_of_all_count_and_those_of_all_fields(front: Any) -> None:
    gateway = await batching(front, max_events=3)
    answers = (await send(gateway, [adding(UPGRADE, UPGRADE)] * 2)).json()
    first, second = (answer["data"]["addEvents"] for answer in answers)
    assert first["status"] == "SUCCEEDED"
    assert [problem["code"] for problem in second["problems"]] == ["TOO_MANY"]
    fields = "a: addEvents(input: $input) { status } b: addEvents(input: $input) { status }"
    twice = f"mutation ($input: AddEventsInput!) {{ {fields} }}"
    data = await gateway.ask(twice, adding(UPGRADE, UPGRADE)["variables"])
    assert (data["a"]["status"], data["b"]["status"]) == ("SUCCEEDED", "FAILED")
    assert len(gateway.seen("elasticsearch")) == 2


async def test_the_requests_upstream_of_all_count(front: Any) -> None:
    gateway = await batching(front, max_upstream_calls=4)
    pages = [
        answer["data"]["calendarEvents"] for answer in (await send(gateway, [{"query": PAGE}] * 2)).json()
    ]
    assert [page["isComplete"] for page in pages] == [True, False]
    assert {it["problem"]["code"] for it in pages[1]["sources"] if it["problem"]} == {"TOO_MANY"}
    assert sent(gateway) <= 4


async def test_a_caller_s_rate_counts_each_operation(front: Any) -> None:
    gateway = await batching(front, max_burst=4, max_requests_per_minute=1)
    statuses = [(await send(gateway, [TYPE] * 3)).status_code for _ in range(2)]
    assert statuses == [200, 429]


async def test_the_log_says_that_it_was_a_batch(front: Any) -> None:
    gateway = await batching(front)
    with capture_logs() as lines:
        await send(gateway, [TYPE, TYPE])
    (line,) = [line for line in lines if line["event"] == "operation"]
    assert (line["name"], line["status"]) == ("(a batch of 2)", 200)


async def test_a_get_holds_one_operation(front: Any) -> None:
    gateway = await batching(front)
    answer = await gateway.client.get("/graphql", params=[("query", "{ __typename }")] * 2)
    assert answer.json() == {"data": {"__typename": "Query"}}
