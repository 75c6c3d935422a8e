"""The gateway as a subgraph."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gateway.sandbox.faults import Fault
from tests.front.conftest import CONFIGURATION
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

ADD = """
mutation ($input: AddEventsInput!) { addEvents(input: $input) { results { eventId problem { message } } } }
"""


async def added(gateway: Any, calendar: str, number: int, **values: Any) -> list[str]:
    """The ids of so many events, one a day."""
    begin = datetime(2027, 3, 1, 9, tzinfo=UTC)
    events = [
        {
            "title": f"Outage {n}",
            "start": {"instant": (begin + timedelta(days=n)).isoformat()},
            "end": {"after": "PT1H"},
            **values,
        }
        for n in range(number)
    ]
    data = await gateway.ask(ADD, {"input": {"calendars": [calendar], "events": events}})
    return [row["eventId"] for row in data["addEvents"]["results"]]


def events_of(ids: Iterable[str]) -> list[dict[str, str]]:
    return [{"__typename": "CalendarEvent", "id": id_} for id_ in ids]


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


async def test_an_event_is_resolved_by_its_calendar_and_key_and_by_no_key_in_another_case(front: Any) -> None:
    gateway = await front()
    calendars = ["elasticsearch:empty", "msgraph:users/outages@contoso.com/calendar"]
    ids = [(await added(gateway, calendar, 1, key="CHG-1"))[0] for calendar in calendars]
    asked = [
        {"__typename": "CalendarEvent", "calendarId": calendar, "key": key}
        for calendar in calendars
        for key in ("CHG-1", "chg-1")
    ]
    found = (await gateway.ask(ENTITIES, {"representations": asked}))["_entities"]
    assert [entity and entity["id"] for entity in found] == [ids[0], None, ids[1], None]


async def test_an_entity_asked_for_twice_is_read_once(front: Any) -> None:
    gateway = await front()
    twice = [{"__typename": "Calendar", "id": "elasticsearch:holidays"}] * 2
    data = await gateway.ask(ENTITIES, {"representations": twice})
    assert [entity["name"] for entity in data["_entities"]] == ["holidays", "holidays"]
    targets = [request.target for request in gateway.seen("elasticsearch", "GET")]
    assert targets == ["/", "/_ml/calendars/holidays"]


async def test_a_hundred_events_of_one_ml_calendar_take_one_look(front: Any) -> None:
    gateway = await front()
    ids = await added(gateway, "elasticsearch:planned-outages", 100)
    gateway.sandbox.elasticsearch.exchanges.clear()
    data = await gateway.ask(ENTITIES, {"representations": events_of(reversed(ids))})
    assert [entity["title"] for entity in data["_entities"]] == [f"Outage {n}" for n in range(99, -1, -1)]
    assert len(gateway.seen("elasticsearch", "GET")) == 1


async def test_a_hundred_events_of_one_mailbox_take_five_batches(front: Any) -> None:
    gateway = await front()
    ids = await added(gateway, "msgraph:users/outages@contoso.com/calendar", 100)
    gateway.sandbox.msgraph.exchanges.clear()
    data = await gateway.ask(ENTITIES, {"representations": events_of(reversed(ids))})
    assert [entity["title"] for entity in data["_entities"]] == [f"Outage {n}" for n in range(99, -1, -1)]
    assert [exchange.route for exchange in gateway.sandbox.msgraph.exchanges] == ["POST /$batch"] * 5


async def test_the_calendars_of_a_hundred_events_take_five_batches_more(front: Any) -> None:
    named = CONFIGURATION.replace('calendars = ["*"]', 'calendars = ["users/outages@contoso.com/*"]')
    for configuration in (CONFIGURATION, named):
        gateway = await front(configuration)
        ids = await added(gateway, "msgraph:users/outages@contoso.com/calendar", 100)
        gateway.sandbox.msgraph.exchanges.clear()
        data = await gateway.ask(
            "query ($r: [_Any!]!) { _entities(representations: $r) { ... on CalendarEvent { calendarId } } }",
            {"r": events_of(ids)},
        )
        assert len({entity["calendarId"] for entity in data["_entities"]}) == 1
        routes = [exchange.route for exchange in gateway.sandbox.msgraph.exchanges]
        assert set(routes) == {"POST /$batch"}
        assert len(routes) <= 15


async def test_a_thousand_representations_are_answered(front: Any) -> None:
    gateway = await front()
    ids = await added(gateway, "elasticsearch:planned-outages", 100)
    data = await gateway.ask(ENTITIES, {"representations": events_of(ids) * 10})
    assert [entity["id"] for entity in data["_entities"]] == ids * 10


async def test_what_a_source_says_when_it_fails_is_said_of_its_rows_only(front: Any) -> None:
    gateway = await front()
    ids = await added(gateway, "msgraph:users/outages@contoso.com/calendar", 6)
    gateway.sandbox.msgraph.faults.add("*", Fault(status=403))
    asked = [*events_of(ids), {"__typename": "Calendar", "id": "elasticsearch:holidays"}]
    answer = await gateway.answer(ENTITIES, {"representations": asked})
    assert answer["data"]["_entities"][:6] == [None] * 6
    assert answer["data"]["_entities"][6]["name"] == "holidays"
    assert [error["path"] for error in answer["errors"]] == [["_entities", row] for row in range(6)]
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"FORBIDDEN"}


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
