"""Keys in Graph calendars, through GraphQL: what Outlook's users do to them, and two gateways at once."""

import asyncio
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

import pytest

from gateway.adapters.msgraph.keys import GUID
from gateway.sandbox.faults import Fault
from gateway.sandbox.msgraph.auth import Token
from gateway.sandbox.seed import OUTAGES

from .conftest import CONFIGURATION
from .test_keys import KEY, ML, OUTLOOK, add, by_key, copies, remove, statuses, update

pytestmark = pytest.mark.anyio

SEEN = """query ($calendars: [ID!]!) {
  calendarEvents(
    calendars: $calendars, window: {start: "2026-11-20T00:00:00Z", end: "2026-12-20T00:00:00Z"}
  ) { nodes { title FIELD } }
}"""


def mailbox(gateway: Any) -> Any:
    return gateway.sandbox.msgraph.emulator.state.find(OUTAGES)


def stored(gateway: Any) -> list[Any]:
    return [item for item in mailbox(gateway).items.values() if KEY in item.single_values.values()]


def change_stored(gateway: Any, **changes: Any) -> None:
    """What somebody does to the event in Outlook."""
    (item,) = stored(gateway)
    mailbox(gateway).items[item.id] = replace(item, version=item.version + 1, **changes)


def has_listed(gateway: Any) -> bool:
    """Whether it was asked which calendars a mailbox has."""
    return any(
        request.target.split("?")[0].endswith("/calendars") for request in gateway.seen("msgraph", "GET")
    )


async def test_an_event_that_was_moved_is_shown_and_neither_made_again_nor_changed(front: Any) -> None:
    gateway = await front()
    elsewhere = gateway.sandbox.msgraph.emulator.state.add_calendar(OUTAGES, "AAMkAOther", "Other")
    named = f"msgraph:users/{OUTAGES}/calendars/{elsewhere.id}"
    (made,) = (await add(gateway, named))["results"]
    change_stored(gateway, calendar_id=mailbox(gateway).default_calendar.id)
    for row in (
        (await add(gateway, named))["results"][0],
        (await add(gateway, named, onExisting="UPDATE", title="Later"))["results"][0],
    ):
        assert (row["status"], row["problem"]["code"]) == ("FAILED", "MOVED")
        assert row["eventId"] == made["eventId"]
    (row,) = (await update(gateway, copies(named), set={"title": "Later"}))["results"]
    assert (row["status"], row["problem"]["code"]) == ("FAILED", "MOVED")
    (row,) = (await remove(gateway, copies(named)))["results"]
    assert (row["status"], row["problem"]["code"]) == ("FAILED", "MOVED")
    assert await by_key(gateway, named) == []
    assert len(stored(gateway)) == 1


async def test_an_event_that_was_moved_out_of_the_default_calendar_is_not_made_again(front: Any) -> None:
    """The mailbox lists its default calendar only: that there was one shows when it is sent."""
    gateway = await front()
    elsewhere = gateway.sandbox.msgraph.emulator.state.add_calendar(OUTAGES, "AAMkAOther", "Other")
    (made,) = (await add(gateway, OUTLOOK))["results"]
    change_stored(gateway, calendar_id=elsewhere.id)
    (row,) = (await add(gateway, OUTLOOK))["results"]
    assert (row["status"], row["problem"]["code"]) == ("FAILED", "MOVED")
    assert row["eventId"] == made["eventId"]
    assert len(stored(gateway)) == 1


@pytest.mark.parametrize("kept", ["CHG-4711", "chg-4711"], ids=["its key", "its key in another case"])
async def test_what_was_moved_out_of_the_default_calendar_is_not_said_to_be_gone(
    front: Any, kept: str
) -> None:
    gateway = await front()
    elsewhere = gateway.sandbox.msgraph.emulator.state.add_calendar(OUTAGES, "AAMkAOther", "Other")
    (made,) = (await add(gateway, OUTLOOK))["results"]
    (item,) = stored(gateway)
    values = {name: kept if value == KEY else value for name, value in item.single_values.items()}
    change_stored(gateway, calendar_id=elsewhere.id, single_values=values)
    for dry_run in (True, False):
        for report in (
            await update(gateway, copies(OUTLOOK), set={"title": "Later"}, dryRun=dry_run),
            await remove(gateway, copies(OUTLOOK), dryRun=dry_run),
        ):
            (row,) = report["results"]
            assert (row["status"], row["problem"]["code"]) == ("FAILED", "MOVED")
            assert made["eventId"].rpartition("/")[2] in row["problem"]["message"]
    assert await by_key(gateway, OUTLOOK) == []
    assert mailbox(gateway).items[item.id].subject == item.subject
    del mailbox(gateway).items[item.id]
    assert statuses(await remove(gateway, copies(OUTLOOK))) == ["DELETED"]


async def test_what_was_moved_keeps_all_copies_where_all_or_nothing_is_asked_for(front: Any) -> None:
    gateway = await front()
    elsewhere = gateway.sandbox.msgraph.emulator.state.add_calendar(OUTAGES, "AAMkAOther", "Other")
    await add(gateway, OUTLOOK, ML)
    change_stored(gateway, calendar_id=elsewhere.id)
    title = {"title": "Later"}
    report = await update(gateway, copies(OUTLOOK, ML), set=title, atomicity="ALL_OR_NOTHING")
    assert statuses(report) == ["FAILED", "SKIPPED"]
    assert [event["title"] for event in await by_key(gateway, ML)] == ["Database upgrade"]


async def test_where_a_mailbox_does_not_list_its_calendars_only_what_is_found_is_removed(front: Any) -> None:
    """What is not found may have been moved: nobody can tell."""
    gateway = await front()
    await add(gateway, OUTLOOK)
    gateway.sandbox.msgraph.faults.add("GET /{mailbox}/calendars", Fault(status=403))
    report = await remove(gateway, copies(OUTLOOK, key="CHG-9"), copies(OUTLOOK))
    assert statuses(report) == ["FAILED", "DELETED"]
    assert report["results"][0]["problem"]["code"] == "FORBIDDEN"
    (row,) = (await update(gateway, copies(OUTLOOK), set={"title": "Later"}))["results"]
    assert (row["status"], row["problem"]["code"]) == ("FAILED", "FORBIDDEN")
    assert stored(gateway) == []


async def test_other_calendars_are_looked_through_only_for_what_is_not_found(front: Any) -> None:
    gateway = await front()
    await add(gateway, OUTLOOK)
    await update(gateway, copies(OUTLOOK), set={"title": "Later"})
    await remove(gateway, copies(OUTLOOK))
    assert not has_listed(gateway)
    await remove(gateway, copies(OUTLOOK))
    assert has_listed(gateway)


async def lookups(gateway: Any) -> list[tuple[str, str]]:
    """What becomes of rows about a key in Outlook, however they come to look it up."""
    reports = [
        await add(gateway, OUTLOOK, ML),
        await update(gateway, copies(OUTLOOK), set={"title": "Later"}),
        await remove(gateway, copies(OUTLOOK)),
    ]
    return [(row["status"], row["problem"]["code"]) for report in reports for row in report["results"][:1]]


async def test_where_keys_cannot_be_looked_up_the_row_says_so_and_nothing_is_written(front: Any) -> None:
    gateway = await front()
    await add(gateway, OUTLOOK)
    writes = len(gateway.seen("msgraph"))
    gateway.sandbox.msgraph.faults.add("GET /{calendar}/events", Fault(status=400))
    assert await lookups(gateway) == [("FAILED", "LOOKUP_UNSUPPORTED")] * 3
    assert len(gateway.seen("msgraph")) == writes
    assert len(stored(gateway)) == 1
    (muted,) = await by_key(gateway, ML)
    assert muted["key"] == KEY


async def test_a_token_that_sees_no_keys_is_forbidden_in_the_row_and_nothing_is_written(front: Any) -> None:
    gateway = await front()
    await add(gateway, OUTLOOK)
    token = Token(value="basics-of-an-application", allowed=frozenset({"Calendars.ReadBasic"}))
    gateway.sandbox.msgraph.emulator.tokens.add(token)
    poor = await front(CONFIGURATION.replace("{msgraph_app}", token.value))
    assert await lookups(poor) == [("FAILED", "FORBIDDEN")] * 3
    assert len(stored(gateway)) == 1


async def test_what_outlook_changed_is_named_and_stays_until_an_update_is_asked_for(front: Any) -> None:
    gateway = await front()
    await add(gateway, OUTLOOK)
    change_stored(gateway, subject="Postponed")
    (row,) = (await add(gateway, OUTLOOK))["results"]
    assert (row["status"], row["event"]["title"]) == ("CONFLICT", "Postponed")
    assert "'Postponed' instead of 'Database upgrade'" in row["problem"]["message"]
    assert statuses(await add(gateway, OUTLOOK, onExisting="UPDATE")) == ["UPDATED"]
    assert statuses(await add(gateway, OUTLOOK)) == ["UNCHANGED"]


async def test_a_copy_pasted_in_outlook_is_named_beside_the_event(front: Any) -> None:
    gateway = await front()
    (made,) = (await add(gateway, OUTLOOK))["results"]
    (item,) = stored(gateway)
    mailbox(gateway).items["AAMkPasted"] = replace(item, id="AAMkPasted")
    (row,) = (await add(gateway, OUTLOOK))["results"]
    assert (row["status"], row["problem"]["code"]) == ("CONFLICT", "AMBIGUOUS_KEY")
    assert sorted(row["eventIds"]) == sorted([made["eventId"], f"msgraph:users/{OUTAGES}/events/AAMkPasted"])
    (row,) = (await remove(gateway, copies(OUTLOOK)))["results"]
    assert row["problem"]["code"] == "AMBIGUOUS_KEY"
    assert len(stored(gateway)) == 2


async def test_a_property_in_the_set_of_the_gateway_is_refused_at_its_place(front: Any) -> None:
    gateway = await front()
    name = f"String {{{str(GUID).upper()}}} Name CalendarKey"
    options = {"singleValueExtendedProperties": [{"id": name, "value": "CHG-1"}]}
    (row,) = (await add(gateway, OUTLOOK, msgraph=options))["results"]
    assert (row["status"], row["problem"]["code"]) == ("FAILED", "INVALID_INPUT")
    assert row["problem"]["path"] == ["events", "0", "msgraph", "singleValueExtendedProperties", "0", "id"]
    assert stored(gateway) == []


async def test_the_properties_of_a_key_are_asked_for_only_where_the_key_is(front: Any) -> None:
    gateway = await front()
    await add(gateway, OUTLOOK)
    for field, is_asked in (("id", False), ("key", True)):
        answer = await gateway.ask(SEEN.replace("FIELD", field), {"calendars": [OUTLOOK]})
        assert answer["calendarEvents"]["nodes"]
        view = gateway.seen("msgraph", "GET")[-1]
        assert ("$expand=singleValueExtendedProperties" in unquote(view.target)) is is_asked


async def test_each_occurrence_shows_the_key_of_its_series(front: Any) -> None:
    gateway = await front()
    await add(gateway, OUTLOOK, recurrence={"rule": "FREQ=DAILY;COUNT=3"})
    answer = await gateway.ask(SEEN.replace("FIELD", "key seriesId"), {"calendars": [OUTLOOK]})
    occurrences = [node for node in answer["calendarEvents"]["nodes"] if node["seriesId"]]
    assert [node["key"] for node in occurrences if node["title"] == "Database upgrade"] == [KEY] * 3


@pytest.mark.parametrize("titles", [("Same", "Same"), ("One", "Other")], ids=["same", "differing"])
async def test_two_gateways_that_add_at_once_make_one_event_of_each_key(
    front: Any, titles: tuple[str, str]
) -> None:
    gateways = [await front(), await front()]
    names = [f"{KEY}-{number}" for number in range(10)]
    rows = await asyncio.gather(
        *(
            add(gateway, OUTLOOK, key=name, title=title)
            for name in names
            for gateway, title in zip(gateways, titles, strict=True)
        )
    )
    held = [value for item in mailbox(gateways[0]).items.values() for value in item.single_values.values()]
    assert [held.count(name) for name in names] == [1] * len(names)
    for one, other in zip(rows[::2], rows[1::2], strict=True):
        found = [row["eventId"] for report in (one, other) for row in report["results"]]
        assert found[0] == found[1] is not None
        said = {*statuses(one), *statuses(other)}
        assert said == {"CREATED", "CONFLICT"} if titles[0] != titles[1] else said <= {"CREATED", "UNCHANGED"}
