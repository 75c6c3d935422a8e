"""Keys in ML calendars, as a client sees them."""

from datetime import UTC, datetime
from typing import Any

import anyio
import pytest

from gateway.sandbox.elasticsearch.state import Event
from gateway.sandbox.faults import HELD, Cut, Fault
from tests.front.test_keys import BACKUP, BY_KEY, KEY, add, by_key, copies, remove, statuses, update

pytestmark = pytest.mark.anyio

CALENDAR = "elasticsearch:holidays"
READ = "GET /_ml/calendars/{calendar_id}/events"
WRITE = "POST /_ml/calendars/{calendar_id}/events"
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
    gateway.sandbox.elasticsearch.faults.add(READ, Fault(status=403), calls=[2])
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


# Adding


async def test_the_key_is_kept_in_the_description_and_shown_apart_from_it(front: Any) -> None:
    gateway = await front()
    await add(gateway, CALENDAR)
    body = gateway.seen("elasticsearch")[-1].body.decode()
    assert '"description":"Database upgrade [#CHG-4711]"' in body
    (event,) = await by_key(gateway, CALENDAR)
    assert (event["title"], event["key"]) == ("Database upgrade", KEY)


async def test_a_call_whose_answer_is_lost_is_unknown_and_repeating_it_ends_with_one_event(
    front: Any,
) -> None:
    gateway = await front()
    faults = gateway.sandbox.elasticsearch.faults
    faults.add(WRITE, Fault(cut=Cut.LATE_WRITE, delay=HELD), calls=[1])
    (lost,) = (await add(gateway, CALENDAR))["results"]
    assert (lost["status"], lost["stored"]) == ("UNKNOWN", False)
    assert "Repeating the call with the same key is safe" in lost["problem"]["hint"]
    assert statuses(await add(gateway, CALENDAR)) == ["CREATED"]
    faults.release()
    assert len(await by_key(gateway, CALENDAR)) == 2
    assert statuses(await add(gateway, CALENDAR)) == ["UNCHANGED"]
    assert len(await by_key(gateway, CALENDAR)) == 1


@pytest.mark.parametrize(
    ("titles", "wanted"),
    [(("Upgrade", "Upgrade"), {"CREATED"}), (("Upgrade", "Downgrade"), {"CREATED", "CONFLICT"})],
)
async def test_two_gateways_at_one_moment_make_one_event_or_say_that_there_are_two(
    front: Any, titles: tuple[str, str], wanted: set[str]
) -> None:
    """The first has looked and is posting while the second does all of its work."""
    first, second = await front(), await front()
    faults = first.sandbox.elasticsearch.faults
    faults.add(WRITE, Fault(delay=HELD), calls=[1])
    found = []

    async def begin() -> None:
        found.extend((await add(first, CALENDAR, title=titles[0]))["results"])

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(begin)
        await faults.arrival()
        found.extend((await add(second, CALENDAR, title=titles[1]))["results"])
        faults.release()
    there = {event["id"] for event in await by_key(first, CALENDAR)}
    assert {row["status"] for row in found} == wanted
    assert len(there) == len(wanted)
    for row in found:
        if row["status"] == "CONFLICT":
            assert (row["problem"]["code"], set(row["eventIds"])) == ("AMBIGUOUS_KEY", there)


async def test_an_update_shows_beforehand_what_it_will_delete(front: Any) -> None:
    gateway = await front()
    (row,) = (await add(gateway, CALENDAR))["results"]
    plan = await add(gateway, CALENDAR, title="Later", onExisting="UPDATE", dryRun=True)
    done = await add(gateway, CALENDAR, title="Later", onExisting="UPDATE")
    assert [(it["method"], it["path"]) for it in plan["requests"]] == [
        (it["method"], it["path"]) for it in done["requests"]
    ]
    (deleted,) = [it["path"] for it in plan["requests"] if it["method"] == "DELETE"]
    assert deleted.endswith(row["eventId"].rpartition("/")[2])
    assert done["results"][0]["previousId"] == row["eventId"]


async def test_a_series_under_a_key_is_one_row_and_its_occurrences_bear_the_key(front: Any) -> None:
    gateway = await front()
    (row,) = (await add(gateway, CALENDAR, **BACKUP))["results"]
    assert (row["status"], len(row["eventIds"])) == ("CREATED", 3)
    events = (await gateway.ask(BY_KEY, {"key": "OPS-8", "calendars": [CALENDAR]}))["calendarEventsByKey"]
    assert [(event["title"], event["key"]) for event in events] == [("Backup", "OPS-8")] * 3
    assert statuses(await add(gateway, CALENDAR, **BACKUP)) == ["UNCHANGED"]


# Shifts of clocks


async def test_a_shift_that_has_begun_is_neither_updated_nor_removed_by_its_key(front: Any) -> None:
    gateway = await front()
    begun = {
        "start": {"instant": "2026-02-01T00:00:00Z"},
        "end": {"after": "PT1H"},
        "elasticsearch": {"forceTimeShift": 3600},
    }
    assert statuses(await add(gateway, CALENDAR, **begun)) == ["CREATED"]
    reports = [
        await add(gateway, CALENDAR, **begun, title="Other", onExisting="UPDATE"),
        await update(gateway, copies(CALENDAR), set={"title": "Other"}),
        await remove(gateway, copies(CALENDAR)),
    ]
    for report in reports:
        (row,) = report["results"]
        assert (row["status"], row["problem"]["code"]) == ("FAILED", "REFUSED")
    assert [event["title"] for event in await by_key(gateway, CALENDAR)] == ["Database upgrade"]
