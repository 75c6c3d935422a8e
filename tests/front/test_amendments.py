"""updateEvents and removeEvents through the whole application: both kinds, one row per event."""

import json
from typing import Any

import pytest

from gateway.sandbox.faults import Cut, Fault

from .conftest import CONFIGURATION

pytestmark = pytest.mark.anyio

PAYLOAD = """
  status
  counts { total updated unchanged deleted planned conflicts failed unknown }
  results {
    eventIndex calendarId status stored eventId previousId
    event { id title revision description { text } start { instant timeZone date } end { instant date }
            isAllDay location { displayName } categories showAs attendees { email } }
    problem { code message path hint retryable }
    warnings { code field given sent }
    effects { kind count }
    requestIndexes
  }
  requests { source { name } method path body status }
  problems { code path message }
"""
ADD = f"mutation ($input: AddEventsInput!) {{ addEvents(input: $input) {{ {PAYLOAD} }} }}"
UPDATE = f"mutation ($input: UpdateEventsInput!) {{ updateEvents(input: $input) {{ {PAYLOAD} }} }}"
REMOVE = f"mutation ($input: RemoveEventsInput!) {{ removeEvents(input: $input) {{ {PAYLOAD} }} }}"
FIND = "query ($id: ID!) { calendarEvent(id: $id) { id title revision } }"
OUTLOOK = "msgraph:users/outages@contoso.com/calendar"
ML = "elasticsearch:planned-outages"
ALICE = "alice.nguyen@contoso.com"
UPGRADE = {
    "title": "Database upgrade",
    "start": {"zoned": {"local": "2026-11-20T22:00:00", "timeZone": "Europe/Berlin"}},
    "end": {"after": "PT2H"},
}
LATER = {"zoned": {"local": "2026-11-20T23:00:00", "timeZone": "Europe/Berlin"}}


async def add(gateway: Any, *calendars: str, **values: Any) -> list[dict[str, Any]]:
    given = {"calendars": list(calendars), "events": [{**UPGRADE, **values}]}
    report = (await gateway.ask(ADD, {"input": given}))["addEvents"]
    assert report["status"] == "SUCCEEDED"
    return [row["event"] for row in report["results"]]


async def update(gateway: Any, *changes: dict[str, Any], **rest: Any) -> dict[str, Any]:
    return (await gateway.ask(UPDATE, {"input": {"changes": list(changes), **rest}}))["updateEvents"]


async def remove(gateway: Any, *removals: dict[str, Any], **rest: Any) -> dict[str, Any]:
    return (await gateway.ask(REMOVE, {"input": {"removals": list(removals), **rest}}))["removeEvents"]


async def found(gateway: Any, event: dict[str, Any]) -> dict[str, Any] | None:
    return (await gateway.ask(FIND, {"id": event["id"]}))["calendarEvent"]


def target(event: dict[str, Any]) -> dict[str, Any]:
    return {"target": {"id": event["id"]}}


def change(event: dict[str, Any], if_revision: str | None = None, **values: Any) -> dict[str, Any]:
    return {**target(event), "set": values, "ifRevision": if_revision}


# Changing


async def test_both_kinds_move_in_one_call_and_keep_their_length(front: Any) -> None:
    gateway = await front()
    announced, muted = await add(gateway, "payments-maintenance")
    report = await update(gateway, change(announced, start=LATER), change(muted, start=LATER))
    assert (report["status"], report["counts"]["updated"]) == ("SUCCEEDED", 2)
    for row, before in zip(report["results"], (announced, muted), strict=True):
        assert row["stored"]
        assert row["event"]["start"]["instant"] == "2026-11-20T22:00:00Z"
        assert row["event"]["end"]["instant"] == "2026-11-21T00:00:00Z"
        assert row["event"]["title"] == "Database upgrade"
        assert (await found(gateway, row["event"]))["revision"] == row["event"]["revision"]
        assert (row["previousId"] or row["eventId"]) == before["id"]
    outlook, ml = report["results"]
    assert outlook["event"]["revision"] != announced["revision"]
    assert ml["previousId"] == muted["id"]
    assert await found(gateway, muted) is None


async def test_outlook_is_sent_what_changes_and_no_more(front: Any) -> None:
    gateway = await front()
    (announced,) = await add(gateway, OUTLOOK, categories=["Payments"])
    report = await update(gateway, change(announced, title="Postponed", categories=None))
    (patch,) = gateway.seen("msgraph", "PATCH")
    assert json.loads(patch.body) == {"subject": "Postponed", "categories": []}
    assert patch.headers["if-match"] == announced["revision"]
    assert report["results"][0]["event"]["categories"] == []


async def test_null_clears_and_what_is_absent_stays(front: Any) -> None:
    gateway = await front()
    (announced,) = await add(
        gateway,
        OUTLOOK,
        description={"text": "Payments stop."},
        location={"displayName": "Bridge"},
        categories=["Payments"],
        showAs="FREE",
    )
    (row,) = (await update(gateway, change(announced, location=None, description=None)))["results"]
    after = row["event"]
    assert (after["location"], after["description"]["text"]) == (None, "")
    assert (after["categories"], after["showAs"]) == (["Payments"], "FREE")


async def test_an_extended_property_is_changed_and_an_open_extension_is_not(front: Any) -> None:
    gateway = await front()
    (event,) = await add(gateway, OUTLOOK)
    ticket = {"id": "String {66f5a359-4659-4830-9070-00047ec6ac6e} Name Ticket", "value": "CHG-1"}
    target = {"id": event["id"]}
    options = {"msgraph": {"singleValueExtendedProperties": [ticket]}}
    report = await update(gateway, {"target": target, "set": options})
    assert report["results"][0]["status"] == "UPDATED"
    assert json.loads(gateway.seen("msgraph", "PATCH")[0].body) == {"singleValueExtendedProperties": [ticket]}
    options = {"msgraph": {"extensions": [{"name": "com.contoso.change", "data": {"ticket": "CHG-1"}}]}}
    (row,) = (await update(gateway, {"target": target, "set": options}))["results"]
    assert row["problem"]["code"] == "UNSUPPORTED"
    assert row["problem"]["path"] == ["changes", "0", "set", "msgraph", "extensions"]
    assert len(gateway.seen("msgraph", "PATCH")) == 1


async def test_a_timed_event_becomes_whole_days(front: Any) -> None:
    gateway = await front()
    events = await add(gateway, "payments-maintenance")
    days = {"start": {"allDay": {"date": "2027-03-28"}}, "end": {"allDay": "2027-03-29"}}
    announced, muted = (await update(gateway, *(change(event, **days) for event in events)))["results"]
    assert announced["event"]["isAllDay"]
    assert (announced["event"]["start"]["date"], announced["event"]["end"]["date"]) == (
        "2027-03-28",
        "2027-03-29",
    )
    assert muted["event"]["start"]["instant"] == "2027-03-27T23:00:00Z"
    assert muted["event"]["end"]["instant"] == "2027-03-28T22:00:00Z"


async def test_a_change_that_changes_nothing_is_unchanged_and_not_sent(front: Any) -> None:
    gateway = await front()
    events = await add(gateway, "payments-maintenance")
    report = await update(gateway, *(change(event, title="Database upgrade") for event in events))
    assert [row["status"] for row in report["results"]] == ["UNCHANGED", "UNCHANGED"]
    assert report["status"] == "SUCCEEDED"
    assert gateway.seen("msgraph", "PATCH") == gateway.seen("elasticsearch", "DELETE") == []


async def test_a_revision_that_is_no_more_is_a_conflict_which_shows_the_event_of_now(front: Any) -> None:
    gateway = await front()
    events = await add(gateway, "payments-maintenance")
    theirs = await update(gateway, *(change(event, event["revision"], title="Theirs") for event in events))
    assert theirs["status"] == "SUCCEEDED"
    now = [row["event"] for row in theirs["results"]]
    pairs = list(zip(now, events, strict=True))
    ours = await update(gateway, *(change(new, old["revision"], title="Ours") for new, old in pairs))
    gone = await remove(gateway, *({**target(new), "ifRevision": old["revision"]} for new, old in pairs))
    for report in (ours, gone):
        assert (report["status"], report["counts"]["conflicts"]) == ("FAILED", 2)
        for row, new in zip(report["results"], now, strict=True):
            assert (row["status"], row["problem"]["code"]) == ("CONFLICT", "CONFLICT")
            assert (row["event"]["title"], row["event"]["revision"]) == ("Theirs", new["revision"])
            assert (await found(gateway, new))["title"] == "Theirs"


async def test_elasticsearch_changes_before_anybody_gets_mail(front: Any) -> None:
    gateway = await front()
    announced, muted = await add(gateway, "payments-maintenance", attendees=[{"email": ALICE}])
    report = await update(gateway, change(announced, title="Later"), change(muted, title="Later"))
    assert report["results"][0]["effects"] == [{"kind": "SENDS_INVITATIONS", "count": 1}]
    writes = [each["source"]["name"] for each in report["requests"] if each["method"] != "GET"]
    assert writes == ["elasticsearch", "elasticsearch", "msgraph"]


async def test_what_elasticsearch_cannot_hold_is_a_warning_of_its_row(front: Any) -> None:
    gateway = await front()
    announced, muted = await add(gateway, "payments-maintenance")
    place = {"location": {"displayName": "Bridge"}, "title": "Later"}
    flags = {"elasticsearch": {"skipResult": True}, "title": "Later"}
    outlook, ml = (await update(gateway, change(announced, **flags), change(muted, **place)))["results"]
    assert [warning["field"] for warning in outlook["warnings"]] == ["elasticsearch.skipResult"]
    assert [warning["field"] for warning in ml["warnings"]] == ["location"]
    assert [outlook["status"], ml["status"]] == ["UPDATED", "UPDATED"]


@pytest.mark.parametrize(
    ("values", "path"),
    [
        ({"title": " "}, ["title"]),
        ({"title": None}, ["title"]),
        ({"start": None}, ["start"]),
        ({"end": {"after": "PT0S"}}, ["end"]),
        ({"location": {"displayName": "a"}, "locations": [{"displayName": "b"}]}, ["locations"]),
        ({"attendees": [{"email": f"{n}@contoso.com"} for n in range(501)]}, ["attendees"]),
    ],
)
async def test_what_cannot_be_meant_is_refused_where_it_stands_and_the_rest_goes_on(
    front: Any, values: dict[str, Any], path: list[str]
) -> None:
    gateway = await front(
        CONFIGURATION.replace("[sources.msgraph]", "[sources.msgraph]\nmax_invitations = 999")
    )
    first, second = [(await add(gateway, OUTLOOK))[0] for _ in range(2)]
    report = await update(gateway, change(first, **values), change(second, title="Later"))
    refused, done = report["results"]
    assert (refused["status"], done["status"]) == ("FAILED", "UPDATED")
    assert refused["problem"]["path"][:4] == ["changes", "0", "set", *path]
    assert len(gateway.seen("msgraph", "PATCH")) == 1


# Removing


async def test_both_kinds_are_removed_in_one_call_and_once_more_is_no_fault(front: Any) -> None:
    gateway = await front()
    events = await add(gateway, "payments-maintenance")
    for _ in range(2):
        report = await remove(gateway, *map(target, events))
        assert (report["status"], report["counts"]["deleted"]) == ("SUCCEEDED", 2)
        assert [await found(gateway, event) for event in events] == [None, None]
    assert len(gateway.seen("msgraph", "DELETE")) == len(gateway.seen("elasticsearch", "DELETE")) == 1


async def test_people_who_were_invited_are_told_why(front: Any) -> None:
    gateway = await front()
    announced, muted = await add(gateway, "payments-maintenance", attendees=[{"email": ALICE}])
    report = await remove(gateway, target(announced), target(muted), comment="The vendor is not ready.")
    assert [row["status"] for row in report["results"]] == ["DELETED", "DELETED"]
    cancel = gateway.seen("msgraph")[-1]
    assert cancel.target.endswith("/cancel")
    assert json.loads(cancel.body) == {"Comment": "The vendor is not ready."}
    assert report["results"][0]["effects"] == [{"kind": "SENDS_INVITATIONS", "count": 1}]
    assert report["results"][0]["warnings"] == []


async def test_a_reason_that_nobody_hears_is_a_warning(front: Any) -> None:
    gateway = await front()
    (announced,) = await add(gateway, OUTLOOK)
    (row,) = (await remove(gateway, target(announced), comment="Why not?"))["results"]
    assert row["status"] == "DELETED"
    assert [(warning["code"], warning["field"]) for warning in row["warnings"]] == [("NOT_HELD", "comment")]


# Both


async def test_a_dry_run_shows_the_requests_that_a_real_run_sends_and_writes_nothing(front: Any) -> None:
    gateway = await front()
    announced, muted = await add(gateway, "payments-maintenance", attendees=[{"email": ALICE}])
    lines = len(gateway.audit)
    calls = [
        (update, (change(announced, start=LATER), change(muted, title="Later"))),
        (remove, (target(announced),)),
    ]
    for call, orders in calls:
        planned = await call(gateway, *orders, dryRun=True)
        assert planned["status"] == "PLANNED"
        assert len(gateway.audit) == lines
        real = await call(gateway, *orders)
        assert real["status"] == "SUCCEEDED"
        for before, after in zip(planned["results"], real["results"], strict=True):
            assert _requests(planned, before) == _requests(real, after)
            assert before["effects"] == after["effects"]
            assert before["warnings"] == after["warnings"]
        lines = len(gateway.audit)


def _requests(report: dict[str, Any], row: dict[str, Any]) -> list[tuple[Any, ...]]:
    requests = [report["requests"][index] for index in row["requestIndexes"]]
    return [(request["method"], request["path"], request["body"]) for request in requests]


async def test_an_upstream_that_breaks_costs_its_own_rows_only(front: Any) -> None:
    gateway = await front()
    announced, muted = await add(gateway, "payments-maintenance")
    gateway.sandbox.msgraph.faults.add("PATCH *", Fault(status=403))
    report = await update(gateway, change(announced, title="Later"), change(muted, title="Later"))
    outlook, ml = report["results"]
    assert (outlook["status"], outlook["problem"]["code"]) == ("FAILED", "FORBIDDEN")
    assert "Calendars.ReadWrite" in outlook["problem"]["hint"]
    assert (ml["status"], report["status"]) == ("UPDATED", "PARTIAL")


async def test_a_cut_after_the_write_is_settled_by_looking_and_one_before_it_by_asking_again(
    front: Any,
) -> None:
    gateway = await front()
    for cut in (Cut.AFTER_WRITE, Cut.BEFORE_WRITE):
        (event,) = await add(gateway, OUTLOOK)
        for route in ("PATCH *", "DELETE *"):
            gateway.sandbox.msgraph.faults.add(route, Fault(cut=cut), calls=(1,))
        (row,) = (await update(gateway, change(event, title="Later")))["results"]
        assert (row["status"], row["event"]["title"]) == ("UPDATED", "Later")
        (row,) = (await remove(gateway, target(event)))["results"]
        assert row["status"] == "DELETED"
        assert await found(gateway, event) is None
        gateway.sandbox.msgraph.faults.clear()


async def test_an_event_that_is_not_there_cannot_be_changed(front: Any) -> None:
    gateway = await front()
    events = await add(gateway, "payments-maintenance")
    await remove(gateway, *map(target, events))
    report = await update(gateway, *(change(event, title="Later") for event in events))
    assert [row["problem"]["code"] for row in report["results"]] == ["NOT_FOUND", "NOT_FOUND"]


async def test_a_source_that_is_only_read_refuses_and_is_not_asked(front: Any) -> None:
    writable = await front()
    (event,) = await add(writable, OUTLOOK)
    gateway = await front(CONFIGURATION.replace('mode = "write"', 'mode = "read"'))
    asked = len(gateway.seen("msgraph", "GET"))
    for report in (await update(gateway, change(event, title="x")), await remove(gateway, target(event))):
        assert report["results"][0]["problem"]["code"] == "READ_ONLY_SOURCE"
    assert len(gateway.seen("msgraph", "GET")) == asked
    assert gateway.seen("msgraph", "PATCH") == gateway.seen("msgraph", "DELETE") == []


async def test_a_calendar_that_is_not_allowed_is_not_changed_by_an_events_id(front: Any) -> None:
    writable = await front()
    events = await add(writable, "payments-maintenance")
    without_aliases, _, _ = CONFIGURATION.partition("[aliases]")
    gateway = await front(without_aliases.replace('calendars = ["*"]', 'calendars = ["elsewhere"]'))
    for report in (
        await update(gateway, *(change(event, title="x") for event in events)),
        await remove(gateway, *map(target, events)),
    ):
        assert [row["problem"]["code"] for row in report["results"]] == ["CALENDAR_NOT_ALLOWED"] * 2
    assert [await found(writable, event) for event in events] == [
        {name: event[name] for name in ("id", "title", "revision")} for event in events
    ]


async def test_more_mail_than_is_allowed_is_not_sent_and_silent_changes_are_made(front: Any) -> None:
    gateway = await front()
    announced, muted = await add(gateway, "payments-maintenance", attendees=[{"email": ALICE}])
    (quiet,) = await add(gateway, OUTLOOK)
    changes = [change(event, title="Later") for event in (announced, muted, quiet)]
    report = await update(gateway, *changes, maxInvitations=0)
    assert [row["status"] for row in report["results"]] == ["FAILED", "UPDATED", "UPDATED"]
    assert report["results"][0]["problem"]["code"] == "TOO_MANY_INVITATIONS"
    report = await remove(gateway, target(announced), maxInvitations=0)
    assert report["results"][0]["problem"]["code"] == "TOO_MANY_INVITATIONS"
    assert await found(gateway, announced) is not None


async def test_the_same_event_twice_refuses_the_whole_call(front: Any) -> None:
    gateway = await front()
    (event,) = await add(gateway, OUTLOOK)
    report = await update(gateway, change(event, title="a"), change(event, title="b"))
    assert (report["status"], report["results"]) == ("FAILED", [])
    assert report["problems"][0]["path"] == ["changes", "1"]
    assert (await remove(gateway))["problems"][0]["code"] == "INVALID_INPUT"
    assert gateway.seen("msgraph", "PATCH") == []


async def test_every_change_and_removal_leaves_a_line_without_a_secret(front: Any) -> None:
    gateway = await front()
    events = await add(gateway, "payments-maintenance")
    lines = len(gateway.audit)
    await gateway.ask(
        UPDATE,
        {"input": {"changes": [change(event, title="Later") for event in events]}},
        authorization="Bearer very-secret",
    )
    await remove(gateway, target(events[0]))
    written = gateway.audit[lines:]
    assert sorted(line["status"] for line in written) == ["deleted", "updated", "updated"]
    assert {line["source"] for line in written} == {"msgraph", "elasticsearch"}
    assert "very-secret" not in json.dumps(gateway.audit)


async def test_the_document_of_a_calendar_is_no_event_and_neither_changed_nor_removed(front: Any) -> None:
    gateway = await front()
    named = {"target": {"id": f"{ML}/events/1795208400000/calendar_planned-outages"}}
    removed = await remove(gateway, named)
    changed = await update(gateway, {**named, "set": {"title": "Gone"}})
    for report in (removed, changed):
        (row,) = report["results"]
        assert (row["status"], row["problem"]["code"]) == ("FAILED", "INVALID_ID")
    assert gateway.seen("elasticsearch", "DELETE") == gateway.seen("elasticsearch") == []


async def test_an_event_that_is_already_gone_is_removed_as_was_asked(front: Any) -> None:
    gateway = await front()
    (event,) = await add(gateway, ML)
    first, second = [await remove(gateway, target(event)) for _ in range(2)]
    assert [report["results"][0]["status"] for report in (first, second)] == ["DELETED", "DELETED"]
