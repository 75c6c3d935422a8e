"""A dry run of a change of a Graph series shows which of its days are removed again, and no other."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from .conftest import Front
from .rehearsal import add, rehearsed

pytestmark = pytest.mark.anyio

World = Callable[[], Front]
GRAPH = "msgraph:users/alice.nguyen@contoso.com/calendar"
PROPERTIES = "singleValueExtendedProperties"
DAILY = "FREQ=DAILY;COUNT=5"


def daily(rule: str = DAILY, first: int = 22, *days: int, **values: Any) -> dict[str, Any]:
    """A series under a key that begins on a day of March and leaves out others."""
    return {
        "key": "OPS.7",
        "title": "Backup",
        "start": {"instant": f"2027-03-{first}T08:00:00Z"},
        "end": {"after": "PT1H"},
        "recurrence": {"rule": rule, "exceptDates": [f"2027-03-{day}" for day in days]},
        **values,
    }


def patched(report: dict[str, Any]) -> list[set[str]]:
    """What each change sends of the event; nothing else is sent but looks."""
    sent = [it for it in report["requests"] if it["method"] != "GET"]
    assert {it["method"] for it in sent} <= {"PATCH"}
    return [set(it["body"]) for it in sent]


@pytest.mark.parametrize(
    ("before", "after", "left_out"),
    [
        (daily(DAILY, 22, 23), daily(DAILY, 24), 0),
        (daily(DAILY, 22, 23, 25), daily(DAILY, 24), 1),
        (daily(DAILY, 22, 23, 24), daily("FREQ=DAILY;INTERVAL=2;COUNT=5"), 1),
        (daily(DAILY, 22, 23, 26), daily("FREQ=DAILY;COUNT=4"), 1),
        (daily(DAILY, 22, 23, 24), daily(DAILY, 22, 23), 0),
        (daily(DAILY, 22, 23), daily(DAILY, 22, 23, 24), 1),
        (daily(DAILY, 22, 23), daily(DAILY, 22, end={"after": "PT2H"}), 1),
    ],
    ids=["later", "later by half", "every other day", "shorter", "fewer days", "more days", "longer"],
)
async def test_a_series_under_a_key_that_becomes_another_is_shown_to_leave_out_the_days_that_it_then_has(
    world: World, before: dict[str, Any], after: dict[str, Any], left_out: int
) -> None:
    gateway = world()
    await add(gateway, [before], GRAPH)
    given = {"calendars": [GRAPH], "events": [after], "onExisting": "UPDATE"}
    report = await rehearsed(gateway, "addEvents", given)
    assert [row["status"] for row in report["results"]] == ["UPDATED"]
    assert [it["method"] for it in report["requests"]].count("DELETE") == left_out


@pytest.mark.parametrize(
    ("rule", "same"),
    [
        ("FREQ=WEEKLY;BYDAY=MO;COUNT=3", "FREQ=WEEKLY;COUNT=3"),
        ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;COUNT=9", "FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR;COUNT=9"),
        ("FREQ=DAILY;UNTIL=20270405T080000Z", "FREQ=DAILY;UNTIL=20270405T120000Z"),
    ],
)
async def test_a_rule_that_means_the_same_is_not_sent_again_and_brings_no_day_back(
    world: World, rule: str, same: str
) -> None:
    gateway = world()
    (id_,) = await add(gateway, [daily(rule, 22, 29)], GRAPH)
    for values, sent in (({}, []), ({"title": "Copy"}, [{"subject", PROPERTIES}])):
        changes = [{"target": {"id": id_}, "set": {**values, "recurrence": {"rule": same}}}]
        assert patched(await rehearsed(gateway, "updateEvents", {"changes": changes})) == sent
    given = {"calendars": [GRAPH], "events": [daily(same)], "onExisting": "UPDATE"}
    assert patched(await rehearsed(gateway, "addEvents", given)) == [{"subject", PROPERTIES}]


async def test_days_that_a_rule_does_not_pick_any_more_are_none_of_the_hundred(world: World) -> None:
    gateway = world()
    first, later = datetime(2027, 3, 22, 8, tzinfo=UTC), datetime(2027, 7, 22, 8, tzinfo=UTC)

    def without(start: datetime) -> dict[str, Any]:
        days = [(start + timedelta(days=number)).date().isoformat() for number in range(1, 61)]
        recurrence = {"rule": "FREQ=DAILY;COUNT=70", "exceptDates": days}
        return daily(start={"instant": start.isoformat()}, recurrence=recurrence)

    await add(gateway, [without(first)], GRAPH)
    given = {"calendars": [GRAPH], "events": [without(later)], "onExisting": "UPDATE"}
    assert (await rehearsed(gateway, "addEvents", given))["status"] == "SUCCEEDED"


async def test_a_series_under_a_key_is_extended_as_it_was_shown(world: World) -> None:
    gateway = world()
    day = {"instant": "2027-03-26T08:00:00Z"}
    series = {"key": "OPS.7", "title": "Backup", "start": day, "end": {"after": "PT1H"}}

    def lasting(days: int) -> dict[str, Any]:
        return {**series, "recurrence": {"rule": f"FREQ=DAILY;COUNT={days}", "timeZone": "Europe/Berlin"}}

    await add(gateway, [lasting(3)], "payments-maintenance")
    for policy, status in (("RETURN", "PARTIAL"), ("UPDATE", "SUCCEEDED")):
        given = {"calendars": ["payments-maintenance"], "events": [lasting(6)], "onExisting": policy}
        assert (await rehearsed(gateway, "addEvents", given))["status"] == status
