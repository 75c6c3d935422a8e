"""Whatever is true of Graph that nobody outside knows: the same calls, and the same truth about them."""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from enum import Enum
from typing import Any

import pytest

from gateway.sandbox import Sandbox
from gateway.sandbox.faults import HELD, Cut, Fault
from gateway.sandbox.msgraph import Unknowns
from gateway.sandbox.msgraph.unknowns import RepeatedTransaction
from gateway.sandbox.seed import user_id

from .conftest import NOW

pytestmark = pytest.mark.anyio

MATTERS_NOT = {
    "refuses_events_without_times": "an event is never sent without its times",
    "refuses_skipped_times": "a wall-clock time is never sent that summer time skips",
    "null_recurrence_ends_series": "a change never sends `recurrence: null`",
    "refuses_unknown_members": "only members are sent that an event has",
    "repeated_extension": "open extensions are not used",
    "default_body_type": "a body is never sent without its type",
    "wrong_content_type_status": "the content type is always sent",
    "html_for_too_large": "a page is never quoted, whatever its status",
    "legacy_calendar_group": "the segment is never sent",
    "full_calendar_group_deletable": "calendar groups are not written",
    "duplicate_calendar_names": "calendars of Graph are not written",
    "batch_limit_text": "a batch never has more than 20 items",
    "declined_events_vanish": "invitations are not answered",
}
"""Switches that nothing the gateway sends can meet, and why."""

OTHER_VALUES: dict[str, tuple[Any, ...]] = {
    "transaction_memory": (timedelta(0),),
    "duplicate_transaction_status": (409,),
    "subject_length": (255,),
    "original_utc_zone": ("tzone://Microsoft/Utc",),
    "conflict_status": (409,),
    "concurrency_status": (503,),
    "default_page_size": (1, 1000),
    "view_page_size": (1, 1000),
}
"""Values to try of what is no enumeration and no yes or no."""

DUPLICATE = {"repeated_transaction": RepeatedTransaction.DUPLICATE_ERROR}
REPEATS = [
    pytest.param({}, id="likeliest"),
    pytest.param(DUPLICATE, id="duplicate"),
    pytest.param({**DUPLICATE, "duplicate_transaction_status": 409}, id="duplicate-409"),
    pytest.param({"transaction_memory": timedelta(minutes=5)}, id="remembered-for-a-while"),
    pytest.param({"group_transactions": False}, id="not-in-groups"),
]
"""What may happen to a request that is repeated."""


def values(name: str) -> tuple[Any, ...]:
    """All values to try of a switch but its default."""
    default = getattr(Unknowns(), name)
    if isinstance(default, bool):
        return (not default,)
    if isinstance(default, Enum):
        return tuple(value for value in type(default) if value is not default)
    return OTHER_VALUES[name]


def settings() -> Iterator[Any]:
    yield pytest.param({}, id="likeliest")
    for name in Unknowns.__struct_fields__:
        if name not in MATTERS_NOT:
            for value in values(name):
                shown = value.name if isinstance(value, Enum) else value
                yield pytest.param({name: value}, id=f"{name}={shown}")


SETTINGS = [*settings()]
OUTLOOK = "msgraph:users/outages@contoso.com/calendar"
GROUP = f"beta:groups/{user_id('sre@contoso.com')}/calendar"
HOMES = (OUTLOOK, GROUP)
WINDOW = {"start": "2027-03-01T00:00:00Z", "end": "2027-03-20T00:00:00Z"}
ROWS = """
  results {
    calendarIndex status stored eventId problem { code upstreamCode retryable }
    event { id title revision isAllDay start { instant local timeZone } end { instant } }
    requestIndexes
  }
"""
ADD = f"mutation ($input: AddEventsInput!) {{ addEvents(input: $input) {{ {ROWS} requests {{ method }} }} }}"
UPDATE = f"mutation ($input: UpdateEventsInput!) {{ updateEvents(input: $input) {{ {ROWS} }} }}"
REMOVE = f"mutation ($input: RemoveEventsInput!) {{ removeEvents(input: $input) {{ {ROWS} }} }}"
FIND = "query ($id: ID!) { calendarEvent(id: $id) { id title calendarId } }"
READ = """
query ($calendars: [ID!]!, $window: TimeWindowInput!, $first: Int!, $after: String) {
  calendarEvents(calendars: $calendars, window: $window, first: $first, after: $after) {
    nodes { id title isAllDay showAs start { instant local timeZone } end { instant } }
    pageInfo { hasNextPage endCursor } isComplete
  }
}
"""
ZONES = ("Europe/Berlin", "America/Chihuahua", "UTC", "Asia/Kolkata")
DAY = {
    "title": "All day",
    "showAs": "BUSY",
    "start": {"allDay": {"date": "2027-03-15", "timeZone": "Europe/Berlin"}},
    "end": {"allDay": "2027-03-16"},
}


def event(number: int) -> dict[str, Any]:
    """One of several events, each later than the one before, and in another zone."""
    zone = ZONES[number % len(ZONES)]
    return {
        "title": f"Event {number:02}",
        "description": {"text": "Why."},
        "start": {"zoned": {"local": f"2027-03-{number + 2:02}T10:00:00", "timeZone": zone}},
        "end": {"after": "PT1H"},
    }


@pytest.fixture
def unknowns() -> dict[str, Any]:
    return {}


@pytest.fixture
async def sandbox(unknowns: dict[str, Any]) -> AsyncIterator[Sandbox]:
    async with Sandbox(now=lambda: NOW, unknowns=Unknowns(**unknowns)) as sandbox:
        yield sandbox


@pytest.fixture
async def gateway(front: Any) -> Any:
    return await front()


async def write(gateway: Any, mutation: str, **given: Any) -> list[dict[str, Any]]:
    (payload,) = (await gateway.ask(mutation, {"input": given})).values()
    return payload["results"]


async def read(gateway: Any, *calendars: str, first: int = 50) -> list[dict[str, Any]]:
    """All events of the window, page by page."""
    found: list[dict[str, Any]] = []
    asked = {"calendars": calendars, "window": WINDOW, "first": first, "after": None}
    while True:
        page = (await gateway.ask(READ, asked))["calendarEvents"]
        assert page["isComplete"]
        found += page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            return found
        asked["after"] = page["pageInfo"]["endCursor"]


def test_every_switch_is_tried_or_said_not_to_matter() -> None:
    tried = {name for name in Unknowns.__struct_fields__ if name not in MATTERS_NOT and values(name)}
    assert tried | {*MATTERS_NOT} == {*Unknowns.__struct_fields__}


@pytest.mark.parametrize("unknowns", SETTINGS)
async def test_events_are_made_read_changed_and_removed_in_the_same_way(gateway: Any) -> None:
    drafts = [*map(event, range(12)), DAY]
    made = await write(gateway, ADD, calendars=HOMES, events=drafts)
    assert {(row["status"], row["stored"]) for row in made} == {("CREATED", True)}
    for home_index, home in enumerate(HOMES):
        events = [row["event"] for row in made if row["calendarIndex"] == home_index]
        everything = await read(gateway, home, first=5)
        assert everything == sorted_by_start(everything)
        assert len({each["id"] for each in everything}) == len(everything)
        titles = {draft["title"] for draft in drafts}
        shown = [each for each in everything if each["title"] in titles]
        assert [each["id"] for each in shown] == [each["id"] for each in sorted_by_start(events)]
        assert [each["title"] for each in events] == [draft["title"] for draft in drafts]
        as_made = {each["id"]: each for each in events}
        for each in shown:
            before = as_made[each["id"]]
            assert (each["start"], each["end"]) == (before["start"], before["end"])
        await change_and_remove(gateway, events[0])


def sorted_by_start(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(events, key=lambda each: (each["start"]["instant"], each["id"]))


async def change_and_remove(gateway: Any, before: dict[str, Any]) -> None:
    target = {"id": before["id"]}
    later = {"zoned": {"local": "2027-03-02T12:00:00", "timeZone": "Europe/Berlin"}}
    asked = {"target": target, "ifRevision": before["revision"], "set": {"title": "Other", "start": later}}
    (changed,) = await write(gateway, UPDATE, changes=[asked])
    assert (changed["status"], changed["event"]["title"]) == ("UPDATED", "Other")
    assert changed["event"]["start"]["instant"] == "2027-03-02T11:00:00Z"
    assert changed["event"]["end"]["instant"] == "2027-03-02T12:00:00Z"
    (stale,) = await write(gateway, UPDATE, changes=[asked])
    assert stale["status"] == "CONFLICT"
    assert (await gateway.ask(FIND, target))["calendarEvent"]["title"] == "Other"
    (gone,) = await write(gateway, REMOVE, removals=[{"target": target}])
    assert gone["status"] == "DELETED"
    assert (await gateway.ask(FIND, target))["calendarEvent"] is None


@pytest.mark.parametrize("unknowns", REPEATS)
@pytest.mark.parametrize("cut", [Cut.BEFORE_WRITE, Cut.AFTER_WRITE])
async def test_a_write_without_an_answer_makes_one_event_or_says_that_it_does_not_know(
    gateway: Any, sandbox: Sandbox, cut: Cut
) -> None:
    for home in HOMES:
        sandbox.msgraph.faults.clear()
        sandbox.msgraph.faults.add("POST *", Fault(cut=cut), calls=[1])
        (row,) = await write(gateway, ADD, calendars=[home], events=[event(0)])
        shown = await read(gateway, home)
        ids = [each["id"] for each in shown if each["title"] == "Event 00"]
        if row["status"] == "CREATED":
            assert ids == [row["eventId"]]
        else:
            assert (row["status"], row["problem"]["retryable"]) == ("UNKNOWN", False)
            assert len(ids) <= 1


async def with_late_first(gateway: Any, sandbox: Sandbox, home: str) -> tuple[dict[str, Any], list[str]]:
    """The row of an event whose first request is done after the second, and the ids that are there then."""
    sandbox.msgraph.faults.add("POST *", Fault(cut=Cut.LATE_WRITE, delay=HELD), calls=[1])
    (row,) = await write(gateway, ADD, calendars=[home], events=[event(0)])
    sandbox.msgraph.faults.release()
    shown = await read(gateway, home)
    return row, [each["id"] for each in shown if each["title"] == "Event 00"]


@pytest.mark.parametrize("unknowns", REPEATS)
async def test_a_request_that_is_done_later_than_its_repeat_makes_no_second_event(
    gateway: Any, sandbox: Sandbox
) -> None:
    row, ids = await with_late_first(gateway, sandbox, OUTLOOK)
    assert (row["status"], ids) == ("CREATED", [row["eventId"]])


@pytest.mark.parametrize(
    "unknowns",
    [
        {"repeated_transaction": RepeatedTransaction.NEW_EVENT_UNDER_CONCURRENCY},
        {"transaction_memory": timedelta(seconds=-1)},
    ],
)
async def test_if_graph_breaks_its_promise_there_are_two_events_and_the_row_shows_both_requests(
    gateway: Any, sandbox: Sandbox
) -> None:
    """Nothing that is read can tell: the second event comes after the last answer."""
    row, ids = await with_late_first(gateway, sandbox, OUTLOOK)
    assert row["eventId"] in ids
    assert (row["status"], len(ids), len(row["requestIndexes"])) == ("CREATED", 2, 2)


@pytest.mark.parametrize("unknowns", REPEATS)
async def test_in_a_group_only_what_was_refused_is_sent_again(gateway: Any, sandbox: Sandbox) -> None:
    sandbox.msgraph.faults.add("POST *", Fault(status=429, retry_after="1"), calls=[1])
    (refused,) = await write(gateway, ADD, calendars=[GROUP], events=[event(0)])
    assert (refused["status"], len(refused["requestIndexes"])) == ("CREATED", 2)
    row, ids = await with_late_first(gateway, sandbox, GROUP)
    assert (row["status"], len(row["requestIndexes"]), len(ids)) == ("UNKNOWN", 1, 2)
