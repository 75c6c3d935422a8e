"""Keys in ML calendars, as a client sees them."""

from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.sandbox.elasticsearch.state import Event
from gateway.sandbox.faults import Fault

pytestmark = pytest.mark.anyio

CALENDAR = "elasticsearch:holidays"
UNTIL = """query ($calendar: ID!) { calendar(id: $calendar) {
  events(window: { start: "2027-03-01T00:00:00Z", end: "2027-04-01T00:00:00Z" }) {
    nodes { title elasticsearch { mutedUntil occurrence } } } } }"""


def put(gateway: Any, description: str, month: int, day: int, **flags: bool) -> None:
    """Lets the calendar hold an event of an hour in 2027, whoever wrote it."""
    start = int(datetime(2027, month, day, tzinfo=UTC).timestamp()) * 1000
    options = {"skip_result": True, "skip_model_update": True} | flags
    gateway.sandbox.elasticsearch.emulator.cluster.index(
        Event(
            calendar_id="holidays",
            description=description,
            start=start,
            end=start + 3_600_000,
            force_time_shift=None,
            **options,
        )
    )


async def march(gateway: Any) -> list[Any]:
    """What the events of March say, as (title, muted until)."""
    nodes = (await gateway.ask(UNTIL, {"calendar": CALENDAR}))["calendar"]["events"]["nodes"]
    return [(node["title"], node["elasticsearch"]["mutedUntil"]) for node in nodes]


def looks(gateway: Any) -> list[str]:
    seen = (request.target for request in gateway.seen("elasticsearch", "GET"))
    return [target for target in seen if "/holidays/events" in target]


async def test_a_series_mutes_until_its_last_occurrence_ends_whatever_is_read_of_it(front: Any) -> None:
    gateway = await front()
    put(gateway, "Backup [#OPS-8@20270301T0000Z]", 3, 1)
    put(gateway, "Backup [#OPS-8@20270308T0000Z]", 3, 8)
    put(gateway, "Backup [#OPS-8@20270503T0000Z]", 5, 3)
    assert await march(gateway) == [("Backup", "2027-05-03T01:00:00Z")] * 2


async def test_an_event_without_a_key_does_not_say_until_when_it_mutes(front: Any) -> None:
    gateway = await front()
    put(gateway, "Backup", 3, 1)
    assert await march(gateway) == [("Backup", None)]
    assert len(looks(gateway)) == 1


async def test_what_mutes_nothing_does_not_count(front: Any) -> None:
    gateway = await front()
    put(gateway, "Idle [#OPS-7]", 3, 1, skip_result=False, skip_model_update=False)
    put(gateway, "Backup [#OPS-8@20270302T0000Z]", 3, 2)
    put(gateway, "Backup [#OPS-8@20270303T0000Z]", 3, 3, skip_result=False, skip_model_update=False)
    assert await march(gateway) == [
        ("Idle", None),
        ("Backup", "2027-03-02T01:00:00Z"),
        ("Backup", "2027-03-02T01:00:00Z"),
    ]


async def test_until_when_many_keys_mute_takes_one_look(front: Any) -> None:
    gateway = await front()
    for day in range(1, 31):
        put(gateway, f"Backup [#OPS-{day}]", 3, day)
    assert len(await march(gateway)) == 30
    assert len(looks(gateway)) == 2


async def test_where_keys_cannot_be_looked_up_the_rest_is_still_there(front: Any) -> None:
    gateway = await front()
    put(gateway, "Backup [#OPS-8]", 3, 1)
    read = "GET /_ml/calendars/{calendar_id}/events"
    gateway.sandbox.elasticsearch.faults.add(read, Fault(status=403), calls=[2])
    answer = await gateway.answer(UNTIL, {"calendar": CALENDAR})
    (node,) = answer["data"]["calendar"]["events"]["nodes"]
    assert (node["title"], node["elasticsearch"]["mutedUntil"]) == ("Backup", None)
    assert answer["errors"][0]["path"][-1] == "mutedUntil"
    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_an_occurrence_says_when_its_series_has_it_begin(front: Any) -> None:
    gateway = await front()
    put(gateway, "Backup [#OPS-8@20270301T2330Z]", 3, 2)
    nodes = (await gateway.ask(UNTIL, {"calendar": CALENDAR}))["calendar"]["events"]["nodes"]
    assert [node["elasticsearch"]["occurrence"] for node in nodes] == ["2027-03-01T23:30:00Z"]
