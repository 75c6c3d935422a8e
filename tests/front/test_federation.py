"""The gateway as a subgraph."""

from typing import Any

import pytest

from tests.front.test_reads import EVERYWHERE, listed

pytestmark = pytest.mark.anyio

ENTITIES = """
query ($representations: [_Any!]!) {
  _entities(representations: $representations) {
    __typename
    ... on Calendar { id name }
    ... on CalendarEvent { id title }
  }
}
"""


async def test_entities_are_found_by_their_key_in_the_order_asked(front: Any) -> None:
    gateway = await front()
    rows = (await listed(gateway, *EVERYWHERE))["nodes"]
    representations = [{"__typename": "CalendarEvent", "id": row["id"]} for row in rows]
    representations.insert(2, {"__typename": "Calendar", "id": "elasticsearch:holidays"})
    data = await gateway.ask(ENTITIES, {"representations": representations})
    assert [entity["__typename"] for entity in data["_entities"]] == [
        item["__typename"] for item in representations
    ]
    assert [entity["id"] for entity in data["_entities"]] == [item["id"] for item in representations]


async def test_an_entity_asked_for_twice_is_read_once(front: Any) -> None:
    gateway = await front()
    twice = [{"__typename": "Calendar", "id": "elasticsearch:holidays"}] * 2
    data = await gateway.ask(ENTITIES, {"representations": twice})
    assert [entity["name"] for entity in data["_entities"]] == ["holidays", "holidays"]
    targets = [request.target for request in gateway.seen("elasticsearch", "GET")]
    assert targets == ["/", "/_ml/calendars/holidays"]


async def test_a_bad_representation_costs_its_own_row(front: Any) -> None:
    gateway = await front()
    representations = [
        {"__typename": "Calendar", "id": "elasticsearch:holidays"},
        {"__typename": "Incident", "id": "1"},
        {"__typename": "Calendar"},
        {"__typename": "CalendarEvent", "id": "elasticsearch:holidays"},
        {"__typename": "Calendar", "id": "nonsense"},
        {"__typename": "Calendar", "id": "elasticsearch:not-there", "extra": {"a": 1}},
        7,
    ]
    answer = await gateway.answer(ENTITIES, {"representations": representations})
    found = answer["data"]["_entities"]
    assert (
        found == [{"__typename": "Calendar", "id": "elasticsearch:holidays", "name": "holidays"}] + [None] * 6
    )
    assert [error["path"] for error in answer["errors"]] == [["_entities", row] for row in (1, 2, 3, 4, 6)]
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"INVALID_INPUT", "INVALID_ID"}


async def test_too_many_representations_are_refused_at_once(front: Any) -> None:
    gateway = await front()
    many = [{"__typename": "Calendar", "id": "elasticsearch:holidays"}] * 1001
    answer = await gateway.answer(ENTITIES, {"representations": many})
    assert answer["data"] is None
    assert answer["errors"][0]["extensions"]["code"] == "TOO_MANY"
    assert not gateway.sandbox.elasticsearch.exchanges


async def test_the_service_tells_the_subgraphs_schema(front: Any) -> None:
    gateway = await front()
    sdl = (await gateway.ask("{ _service { sdl } }"))["_service"]["sdl"]
    assert "https://specs.apollo.dev/federation/v2.9" in sdl
    assert 'type Calendar implements Node @key(fields: "id")' in sdl
    assert 'type CalendarEvent implements Node @key(fields: "id")' in sdl
    assert "node(" not in sdl
    assert "nodes(" not in sdl
