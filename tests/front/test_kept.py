"""What Graph makes of an event: where it differs from what was sent, the row says so."""

from typing import Any

import pytest

from gateway.sandbox.msgraph import Unknowns

pytestmark = pytest.mark.anyio

HOME = "msgraph:users/outages@contoso.com/calendar"
ROWS = "results { status eventId event { title } warnings { code field given sent message } }"
ADD = f"mutation ($input: AddEventsInput!) {{ addEvents(input: $input) {{ {ROWS} }} }}"
UPDATE = f"mutation ($input: UpdateEventsInput!) {{ updateEvents(input: $input) {{ {ROWS} }} }}"
EVENT = {
    "title": "Database upgrade",
    "start": {"zoned": {"local": "2026-11-20T22:00:00", "timeZone": "Europe/Berlin"}},
    "end": {"after": "PT2H"},
}
LONG = "Maintenance of everything, " * 12
CUT = {"code": "CHANGED", "field": "title", "given": LONG.strip(), "sent": LONG[:255]}
UNLINKED = {"code": "CHANGED", "field": "msgraph.isOnlineMeeting", "given": True, "sent": False}
UNKNOWN = {
    "code": "CHANGED",
    "field": "msgraph.onlineMeetingProvider",
    "given": "SKYPE_FOR_BUSINESS",
    "sent": "UNKNOWN",
}
SKYPE = {"isOnlineMeeting": True, "onlineMeetingProvider": "SKYPE_FOR_BUSINESS"}


async def add(gateway: Any, count: int = 1, **values: Any) -> dict[str, Any]:
    given = {"calendars": [HOME], "events": [EVENT | values] * count}
    return (await gateway.ask(ADD, {"input": given}))["addEvents"]["results"][-1]


async def update(gateway: Any, event_id: str, **values: Any) -> dict[str, Any]:
    given = {"changes": [{"target": {"id": event_id}, "set": values}]}
    return (await gateway.ask(UPDATE, {"input": given}))["updateEvents"]["results"][0]


def warnings(row: dict[str, Any]) -> list[dict[str, Any]]:
    """Those that the answer gave cause for, without their text."""
    assert row["status"] in {"CREATED", "UPDATED"}
    found = [dict(warning) for warning in row["warnings"]]
    return [warning for warning in found if "may cut" not in warning.pop("message")]


def let(gateway: Any, **unknowns: Any) -> None:
    gateway.sandbox.msgraph.emulator.unknowns = Unknowns(**unknowns)


@pytest.mark.parametrize("count", [1, 5])
async def test_a_title_that_was_cut_is_told(front: Any, count: int) -> None:
    gateway = await front()
    let(gateway, subject_length=255)
    row = await add(gateway, count, title=LONG.strip())
    assert warnings(row) == [CUT]
    assert row["event"]["title"] == LONG[:255]


async def test_a_title_that_is_kept_whole_is_not_told_of(front: Any) -> None:
    gateway = await front()
    assert warnings(await add(gateway, title=LONG.strip())) == []


async def test_an_online_meeting_without_a_link_is_told(front: Any) -> None:
    gateway = await front()
    assert warnings(await add(gateway, msgraph=SKYPE)) == [UNLINKED, UNKNOWN]
    assert warnings(await add(gateway, msgraph={"isOnlineMeeting": True})) == []
    assert warnings(await add(gateway, msgraph={"isOnlineMeeting": False})) == []


async def test_a_time_zone_that_comes_back_as_another_is_told_for_start_and_end(front: Any) -> None:
    gateway = await front()
    let(gateway, original_utc_zone="Greenwich Standard Time")
    row = await add(gateway, start={"instant": "2026-11-20T22:00:00Z"})
    change = {"code": "CHANGED", "given": "UTC", "sent": "Greenwich Standard Time"}
    assert warnings(row) == [{"field": "start", **change}, {"field": "end", **change}]


async def test_another_name_of_the_same_zone_is_not_told_of(front: Any) -> None:
    gateway = await front()
    let(gateway, original_utc_zone="tzone://Microsoft/Utc")
    assert warnings(await add(gateway, start={"instant": "2026-11-20T22:00:00Z"})) == []
    assert warnings(await add(gateway)) == []


async def test_a_change_is_told_of_what_it_changes_and_of_nothing_else(front: Any) -> None:
    gateway = await front()
    let(gateway, original_utc_zone="Greenwich Standard Time", subject_length=255)
    event_id = (await add(gateway, start={"instant": "2026-11-20T22:00:00Z"}))["eventId"]
    assert warnings(await update(gateway, event_id, title=LONG.strip())) == [CUT]
    assert warnings(await update(gateway, event_id, msgraph=SKYPE)) == [UNLINKED, UNKNOWN]
    moved = await update(gateway, event_id, start={"instant": "2026-11-20T23:00:00Z"})
    assert [warning["field"] for warning in warnings(moved)] == ["start", "end"]
    assert warnings(await update(gateway, event_id, categories=["Blue"])) == []


async def test_what_only_the_answer_tells_is_in_no_dry_run(front: Any) -> None:
    gateway = await front()
    given = {"calendars": [HOME], "events": [EVENT | {"msgraph": SKYPE}], "dryRun": True}
    (row,) = (await gateway.ask(ADD, {"input": given}))["addEvents"]["results"]
    assert (row["status"], row["warnings"]) == ("PLANNED", [])
