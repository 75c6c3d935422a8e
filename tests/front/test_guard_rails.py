"""A slip of the hand must not become an incident."""

from typing import Any

import pytest

from gateway.settings import SettingsError
from tests.front.conftest import CONFIGURATION
from tests.front.test_announce_and_mute import UPGRADE, add
from tests.front.test_bad_input import event

pytestmark = pytest.mark.anyio

ML = "elasticsearch:planned-outages"
MAILBOX = "msgraph:users/outages@contoso.com/calendar"


def configured(**change: str) -> str:
    """The configuration with lines replaced."""
    text = CONFIGURATION
    for line in change.values():
        name = line.partition(" ")[0]
        text = "\n".join(line if old.startswith(f"{name} ") else old for old in text.splitlines())
    return text


async def test_a_source_is_read_only_unless_it_is_said_to_be_written(front: Any) -> None:
    gateway = await front(CONFIGURATION.replace('mode = "write"\n', ""))
    report = await add(gateway, "payments-maintenance")
    assert {row["problem"]["code"] for row in report["results"]} == {"READ_ONLY_SOURCE"}
    assert not gateway.seen("elasticsearch")
    assert not gateway.seen("msgraph")


async def test_a_read_only_source_plans_and_says_that_a_real_run_is_refused(front: Any) -> None:
    gateway = await front(CONFIGURATION.replace('mode = "write"\n', ""))
    report = await add(gateway, "payments-maintenance", dryRun=True)
    assert report["status"] == "PLANNED"
    assert all("READ_ONLY_SOURCE" in [w["code"] for w in row["warnings"]] for row in report["results"])


async def test_only_named_calendars_can_be_written_or_read(front: Any) -> None:
    gateway = await front(configured(calendars='calendars = ["holi*"]'))
    report = await add(gateway, "elasticsearch:holidays", "elasticsearch:empty", "payments-maintenance")
    assert [row["problem"] and row["problem"]["code"] for row in report["results"]] == [
        None,
        "CALENDAR_NOT_ALLOWED",
        None,
        None,
    ]
    read = await gateway.ask(
        """{ calendarEvents(calendars: ["elasticsearch:empty", "payments-maintenance"],
               window: { start: "2026-11-16T00:00:00Z", end: "2026-11-23T00:00:00Z" }) {
               isComplete sources { source { name } status problem { code path } } } }"""
    )
    assert read["calendarEvents"]["sources"][0]["problem"] == {
        "code": "CALENDAR_NOT_ALLOWED",
        "path": ["calendars", "0"],
    }
    assert not read["calendarEvents"]["isComplete"]
    listed = await gateway.ask("{ calendars { nodes { id } } }")
    names = [row["id"] for row in listed["calendars"]["nodes"]]
    assert [name for name in names if name.startswith("elasticsearch:")] == ["elasticsearch:holidays", ML]


async def test_an_event_cannot_be_reached_by_its_id_around_the_guard(front: Any) -> None:
    gateway = await front(configured(calendars='calendars = ["holi*"]'))
    graph = gateway.sandbox.msgraph.emulator.state.find("alice.nguyen@contoso.com")
    event_id = next(iter(graph.items))
    answer = await gateway.answer(
        "query ($id: ID!) { calendarEvent(id: $id) { title } }",
        {"id": f"msgraph:users/alice.nguyen@contoso.com/events/{event_id}"},
    )
    assert answer["data"] == {"calendarEvent": None}
    assert answer["errors"][0]["extensions"]["code"] == "CALENDAR_NOT_ALLOWED"


async def test_a_calendar_that_mutes_every_job_needs_an_entry_of_its_own(front: Any) -> None:
    gateway = await front()
    (row,) = (await add(gateway, "elasticsearch:global-maintenance"))["results"]
    assert row["problem"]["code"] == "CALENDAR_NOT_ALLOWED"
    assert not gateway.seen("elasticsearch")
    named = await front(configured(calendars='calendars = ["*", "global-maintenance"]'))
    (row,) = (await add(named, "elasticsearch:global-maintenance"))["results"]
    assert row["status"] == "CREATED"


async def test_more_invitations_than_allowed_are_all_kept_back(front: Any) -> None:
    gateway = await front()
    people = [{"email": f"person{number}@contoso.com"} for number in range(2)]
    events = [{**UPGRADE, "attendees": people}, event(title="nobody is invited")]
    report = await add(gateway, "payments-maintenance", events=events, maxInvitations=1)
    assert [row["status"] for row in report["results"]] == ["FAILED", "CREATED", "CREATED", "CREATED"]
    assert report["results"][0]["problem"]["code"] == "TOO_MANY_INVITATIONS"
    assert report["results"][0]["problem"]["path"] == ["events", "0", "attendees"]


async def test_whoever_was_invited_before_counts_where_an_event_is_changed_by_its_key(front: Any) -> None:
    """Exchange tells all of them, though the draft names nobody."""
    gateway = await front()
    people = [{"email": f"person{number}@contoso.com"} for number in range(2)]
    made = event(key="CHG-1", attendees=people)
    await add(gateway, "payments-maintenance", events=[made])
    later = [event(key="CHG-1", title="Later"), event(title="nobody is invited")]
    for dry_run in (True, False):
        report = await add(
            gateway,
            "payments-maintenance",
            events=later,
            onExisting="UPDATE",
            maxInvitations=1,
            dryRun=dry_run,
        )
        refused, *others = report["results"]
        assert (refused["status"], refused["problem"]["code"]) == ("FAILED", "TOO_MANY_INVITATIONS")
        assert refused["problem"]["path"] == ["events", "0"]
        assert [row["problem"] for row in others] == [None] * 3
        assert not gateway.seen("msgraph", "PATCH")
    report = await add(
        gateway, "payments-maintenance", events=later[:1], onExisting="UPDATE", maxInvitations=2
    )
    assert [row["status"] for row in report["results"]] == ["UPDATED", "UNCHANGED"]


async def test_what_is_there_under_its_key_already_invites_nobody_again(front: Any) -> None:
    gateway = await front()
    made = {**UPGRADE, "key": "CHG-1", "attendees": [{"email": "person@contoso.com"}]}
    await add(gateway, "payments-maintenance", events=[made])
    report = await add(gateway, "payments-maintenance", events=[made], maxInvitations=0)
    assert [row["status"] for row in report["results"]] == ["UNCHANGED", "UNCHANGED"]


async def test_a_caller_cannot_raise_the_limits(front: Any) -> None:
    gateway = await front()
    people = [{"email": f"person{number}@contoso.com"} for number in range(51)]
    events = [{**UPGRADE, "attendees": people, "end": {"after": "P401D"}}]
    report = await add(gateway, "payments-maintenance", events=events, maxInvitations=1000, maxMute="P1000D")
    codes = [row["problem"]["code"] for row in report["results"]]
    assert codes == ["TOO_MANY_INVITATIONS", "MUTE_TOO_LONG"]


async def test_a_caller_can_lower_the_longest_mute(front: Any) -> None:
    gateway = await front()
    (row,) = (await add(gateway, ML, maxMute="PT90M"))["results"]
    assert (row["problem"]["code"], row["problem"]["path"]) == ("MUTE_TOO_LONG", ["events", "0", "end"])


async def test_the_longest_mute_is_a_month_unless_configured(front: Any) -> None:
    gateway = await front(CONFIGURATION.replace('max_mute = "P400D"\n', ""))
    events = [event(end={"after": "P31D"}), event(end={"after": "P32D"})]
    fits, too_long = (await add(gateway, ML, events=events))["results"]
    assert (fits["status"], too_long["problem"]["code"]) == ("CREATED", "MUTE_TOO_LONG")


async def test_a_group_address_is_refused(front: Any) -> None:
    gateway = await front(
        CONFIGURATION.replace("mailboxes =", 'group_addresses = ["all-*@contoso.com"]\nmailboxes =')
    )
    events = [{**UPGRADE, "attendees": [{"email": "All-Staff@contoso.com"}]}]
    (row,) = (await add(gateway, MAILBOX, events=events))["results"]
    assert row["problem"]["code"] == "GROUP_ADDRESS"
    assert row["problem"]["path"] == ["events", "0", "attendees", "0", "email"]
    assert not gateway.seen("msgraph")


@pytest.mark.parametrize(
    "email",
    [
        "<all-x@contoso.com>",
        "a@b.example;all-x@contoso.com",
        "a@b.example,all-x@contoso.com",
        "all-x@contoso.com.",
        '"x"<all-x@contoso.com>',
        "all-x@contoso.com\r\nbcc:all-y@contoso.com",
    ],
)
async def test_an_address_in_disguise_is_no_address(front: Any, email: str) -> None:
    gateway = await front()
    (row,) = (await add(gateway, MAILBOX, events=[{**UPGRADE, "attendees": [{"email": email}]}]))["results"]
    assert (row["problem"]["code"], row["problem"]["path"][-1]) == ("INVALID_INPUT", "email")
    assert not gateway.seen("msgraph")


async def test_an_alias_that_a_source_does_not_understand_stops_the_start(front: Any) -> None:
    with pytest.raises(SettingsError) as refused:
        await front(CONFIGURATION + 'bad = ["elasticsearch:Foo", "msgraph:users/o@contoso.com/events/x"]\n')
    places = [fault.where for fault in refused.value.faults]
    assert places == ["aliases.bad.calendars.0", "aliases.bad.calendars.1"]


async def test_a_callers_credential_goes_to_its_source_and_nowhere_else(front: Any) -> None:
    gateway = await front(CONFIGURATION.replace('access_token = "{msgraph_app}"\n', ""))
    token = gateway.sandbox.credentials.msgraph_alice
    query = '{ calendar(id: "msgraph:me/calendar") { id } calendars { isComplete nodes { id } } }'
    data = await gateway.ask(query, authorization=token)
    assert data["calendar"]["id"].startswith("msgraph:users/")
    assert data["calendars"]["isComplete"]
    seen = {request.headers["authorization"] for request in gateway.seen("elasticsearch", "GET")}
    assert seen == {gateway.sandbox.credentials.elasticsearch_manage}


async def test_without_a_credential_a_source_that_takes_the_callers_says_where_to_put_it(
    front: Any,
) -> None:
    gateway = await front(CONFIGURATION.replace('access_token = "{msgraph_app}"\n', ""))
    answer = await gateway.answer('{ calendar(id: "msgraph:me/calendar") { id } }')
    (error,) = answer["errors"]
    assert error["extensions"]["code"] == "UNAUTHENTICATED"
    assert "Authorization" in error["extensions"]["hint"]
    assert not gateway.sandbox.msgraph.exchanges
