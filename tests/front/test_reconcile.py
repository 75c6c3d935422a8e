"""reconcile through the whole application: mutes follow what is announced under their keys."""

from dataclasses import replace
from typing import Any
from urllib.parse import unquote

import pytest

from gateway.sandbox.faults import Fault
from gateway.sandbox.http import Request, Response
from gateway.sandbox.msgraph import MSGraphEmulator
from tests import loopback

from .conftest import CONFIGURATION
from .test_identity import MUTER, READER, WITH_KEYS, bearer
from .test_keys import BOTH, ML, OUTLOOK, PAYLOAD, add, by_key, copies, post, remove, statuses, update, writes

pytestmark = pytest.mark.anyio

RECONCILE = f"""
mutation ($input: ReconcileInput!) {{
  reconcile(input: $input) {{
    {PAYLOAD} rows: results {{ warnings {{ code message }} }} sent: requests {{ body }}
  }}
}}
"""
MUTES = """query ($calendars: [ID!]!) {
  calendarEvents(
    calendars: $calendars, window: { start: "2027-01-01T00:00:00Z", end: "2027-12-31T00:00:00Z" }, first: 500
  ) { nodes { id key title start { instant } end { instant } elasticsearch { skipResult skipModelUpdate } } }
}"""
MUTED_UNTIL = "query ($id: ID!) { calendarEvent(id: $id) { elasticsearch { mutedUntil } } }"
WINDOW = {"start": "2027-02-01T00:00:00Z", "end": "2027-02-15T00:00:00Z"}
KEY = "CHG-4711"
KEY_PROPERTY = "String {f566ef77-750a-409f-b26b-e00390007de1} Name CalendarKey"
AWAY = {"zoned": {"local": "2027-03-01T22:00:00", "timeZone": "Europe/Berlin"}}
"""A start that is not in the window."""
DAILY = {"key": "OPS-8", "title": "Backup", "recurrence": {"rule": "FREQ=DAILY;COUNT=3"}}


async def announce(gateway: Any, *calendars: str, **values: Any) -> list[dict[str, Any]]:
    """Announces and mutes an upgrade on 1 February from 22:00 to 24:00, with other values."""
    event = {
        "key": KEY,
        "title": "Upgrade",
        "start": {"zoned": {"local": "2027-02-01T22:00:00", "timeZone": "Europe/Berlin"}},
        "end": {"after": "PT2H"},
    }
    report = await add(gateway, *(calendars or (BOTH,)), **{**event, **values})
    assert report["status"] == "SUCCEEDED", report
    return list(report["results"])


async def reconcile(gateway: Any, **values: Any) -> dict[str, Any]:
    given = {"announced": [BOTH], "suppressed": [BOTH], "window": WINDOW, "dryRun": False, **values}
    return (await gateway.ask(RECONCILE, {"input": given}))["reconcile"]


async def mutes(gateway: Any, calendar: str = ML) -> list[tuple[str, str, str]]:
    """When the events of a calendar begin and end, and their titles."""
    found = (await gateway.ask(MUTES, {"calendars": [calendar]}))["calendarEvents"]["nodes"]
    return [(it["start"]["instant"][5:16], it["end"]["instant"][5:16], it["title"]) for it in found]


async def test_mutes_that_are_as_announced_are_unchanged_and_nothing_is_sent(front: Any) -> None:
    gateway = await front()
    first = await announce(gateway)
    sent = writes(gateway)
    report = await reconcile(gateway)
    assert (report["status"], statuses(report), report["problems"]) == ("SUCCEEDED", ["UNCHANGED"], [])
    (row,) = report["results"]
    assert (row["key"], row["calendarId"], row["calendarIndex"]) == (KEY, ML, 0)
    assert row["eventIds"] == first[1]["eventIds"]
    assert writes(gateway) == sent


@pytest.mark.parametrize(
    ("change", "muted"),
    [
        (
            {"start": {"instant": "2027-02-03T08:00:00Z"}},
            ("02-03T08:00", "02-03T10:00", "Upgrade"),
        ),
        ({"end": {"after": "PT3H"}}, ("02-01T21:00", "02-02T00:00", "Upgrade")),
        ({"title": "Rollback"}, ("02-01T21:00", "02-01T23:00", "Rollback")),
        (
            {
                "start": {"allDay": {"date": "2027-02-02", "timeZone": "Europe/Berlin"}},
                "end": {"allDay": "2027-02-04"},
            },
            ("02-01T23:00", "02-03T23:00", "Upgrade"),
        ),
    ],
)
async def test_a_mute_follows_what_became_of_its_announcement(
    front: Any, change: dict[str, Any], muted: tuple[str, str, str]
) -> None:
    gateway = await front()
    await announce(gateway)
    changed = await update(gateway, copies(OUTLOOK), set=change)
    assert changed["status"] == "SUCCEEDED", changed
    report = await reconcile(gateway)
    assert (report["status"], statuses(report)) == ("SUCCEEDED", ["UPDATED"]), report
    assert await mutes(gateway) == [muted]
    assert statuses(await reconcile(gateway)) == ["UNCHANGED"]


async def test_an_announcement_is_followed_out_of_the_window(front: Any) -> None:
    gateway = await front()
    await announce(gateway)
    await update(gateway, copies(OUTLOOK), set={"start": {"instant": "2027-06-01T08:00:00Z"}})
    assert statuses(await reconcile(gateway)) == ["UPDATED"]
    assert await mutes(gateway) == [("06-01T08:00", "06-01T10:00", "Upgrade")]
    await update(gateway, copies(OUTLOOK), set={"start": {"instant": "2027-02-02T08:00:00Z"}})
    assert statuses(await reconcile(gateway)) == ["UPDATED"]
    assert await mutes(gateway) == [("02-02T08:00", "02-02T10:00", "Upgrade")]


async def test_the_flags_of_a_mute_stay(front: Any) -> None:
    gateway = await front()
    await announce(gateway, elasticsearch={"skipResult": True, "skipModelUpdate": False})
    await update(gateway, copies(OUTLOOK), set={"end": {"after": "PT3H"}})
    assert statuses(await reconcile(gateway)) == ["UPDATED"]
    (mute,) = (await gateway.ask(MUTES, {"calendars": [ML]}))["calendarEvents"]["nodes"]
    assert mute["elasticsearch"] == {"skipResult": True, "skipModelUpdate": False}


async def test_a_mute_goes_when_its_announcement_has_gone(front: Any) -> None:
    gateway = await front()
    _, muted = await announce(gateway)
    await announce(gateway, ML, key="OTHER", title="Announced elsewhere by nobody")
    await remove(gateway, copies(OUTLOOK))
    planned = await reconcile(gateway, dryRun=True)
    assert planned["results"][0]["eventIds"] == muted["eventIds"]
    assert (planned["status"], statuses(planned)) == ("PLANNED", ["PLANNED", "PLANNED"])
    assert [row["key"] for row in planned["results"]] == [KEY, "OTHER"]
    assert {it["code"] for row in planned["rows"] for it in row["warnings"]} == {"NOT_ANNOUNCED"}
    report = await reconcile(gateway)
    assert statuses(report) == ["DELETED", "DELETED"]
    assert await mutes(gateway) == []
    assert (await reconcile(gateway))["results"] == []


async def test_a_dry_run_shows_the_requests_that_are_then_sent_and_is_what_happens_by_default(
    front: Any,
) -> None:
    gateway = await front()
    await announce(gateway)
    await update(gateway, copies(OUTLOOK), set={"end": {"after": "PT3H"}})
    sent = writes(gateway)
    given = {"announced": [BOTH], "suppressed": [BOTH], "window": WINDOW}
    planned = (await gateway.ask(RECONCILE, {"input": given}))["reconcile"]
    assert (planned["status"], statuses(planned)) == ("PLANNED", ["PLANNED"])
    assert writes(gateway) == sent
    assert "POST" in [method for method, *_ in _sent(planned["results"][0], planned)]
    done = await reconcile(gateway)
    assert [_sent(row, planned) for row in planned["results"]] == [
        _sent(row, done) for row in done["results"]
    ]


def _sent(row: dict[str, Any], report: dict[str, Any]) -> list[tuple[str, str, Any]]:
    asked = [(report["requests"][index], report["sent"][index]["body"]) for index in row["requestIndexes"]]
    return [(it["method"], it["path"], body) for it, body in asked]


async def test_a_series_is_topped_up_and_loses_the_days_that_are_called_off(front: Any) -> None:
    gateway = await front()
    await announce(gateway, **DAILY)
    days = [("02-01T21:00", "02-01T23:00"), ("02-02T21:00", "02-02T23:00"), ("02-03T21:00", "02-03T23:00")]
    assert await mutes(gateway) == [(*day, "Backup") for day in days]
    assert statuses(await reconcile(gateway)) == ["UNCHANGED"]
    (series,) = await by_key(gateway, OUTLOOK, key="OPS-8")
    more = {"rule": "FREQ=DAILY;COUNT=4", "exceptDates": ["2027-02-02"]}
    changed = await update(gateway, {"id": series["id"]}, set={"recurrence": more})
    assert changed["status"] == "SUCCEEDED", changed
    report = await reconcile(gateway)
    assert statuses(report) == ["UPDATED"], report
    expected = [days[0], days[2], ("02-04T21:00", "02-04T23:00")]
    assert await mutes(gateway) == [(*day, "Backup") for day in expected]
    assert statuses(await reconcile(gateway)) == ["UNCHANGED"]


async def test_a_series_without_an_end_is_topped_up_to_the_horizon_and_shows_until_when_it_mutes(
    front: Any,
) -> None:
    near = await front(CONFIGURATION.replace("max_mute", 'series_horizon = "P3D"\nmax_mute'))
    far = {"start": {"instant": "2099-02-01T21:00:00Z"}}  # for others the horizon is counted from today
    await announce(near, **{**DAILY, "recurrence": {"rule": "FREQ=DAILY"}}, **far)
    window = {"start": "2099-02-01T00:00:00Z", "end": "2099-02-02T00:00:00Z"}
    assert statuses(await reconcile(near, window=window)) == ["UNCHANGED"]
    later = await front(CONFIGURATION.replace("max_mute", 'series_horizon = "P6D"\nmax_mute'))
    report = await reconcile(later, window=window)
    assert statuses(report) == ["UPDATED"], report
    assert [warning["code"] for warning in report["rows"][0]["warnings"]] == ["CUT_OFF"]
    (muted,) = (await near.ask(MUTED_UNTIL, {"id": report["results"][0]["eventId"]})).values()
    assert muted["elasticsearch"]["mutedUntil"][:10] == "2099-02-06"
    assert statuses(await reconcile(later, window=window)) == ["UNCHANGED"]


async def test_a_mute_goes_when_the_meeting_that_announces_it_is_called_off(front: Any) -> None:
    gateway = await front()
    await announce(gateway, attendees=[{"email": "alice.nguyen@contoso.com"}])
    await remove(gateway, copies(OUTLOOK), comment="Not today.")
    assert [it.route for it in gateway.sandbox.msgraph.exchanges][-1] == "POST /{event}/cancel"
    assert statuses(await reconcile(gateway)) == ["DELETED"]
    assert await mutes(gateway) == []


async def test_an_occurrence_that_was_moved_by_hand_is_a_warning(front: Any) -> None:
    gateway = await front()
    await announce(gateway, **DAILY)
    nodes = (await gateway.ask(MUTES, {"calendars": [OUTLOOK]}))["calendarEvents"]["nodes"]
    second = [it["id"] for it in nodes if it["title"] == "Backup"][1]
    moved = await update(gateway, {"id": second}, set={"start": {"instant": "2027-02-02T12:00:00Z"}})
    assert moved["status"] == "SUCCEEDED", moved
    report = await reconcile(gateway)
    assert statuses(report) == ["UNCHANGED"], report
    (warning,) = [it for it in report["rows"][0]["warnings"] if it["code"] == "OCCURRENCE_MOVED"]
    assert "2027-02-02T21:00:00Z" in warning["message"]
    assert "2027-02-02T12:00:00Z" in warning["message"]


async def test_what_has_no_key_and_what_was_never_muted_is_not_touched(front: Any) -> None:
    gateway = await front()
    await announce(gateway, OUTLOOK, key=None, title="Upgrade without a key")
    await announce(gateway, ML, key=None, title="Mute without a key")
    await announce(gateway, OUTLOOK, key="CHG-1", title="Announced only")
    report = await reconcile(gateway)
    assert (report["status"], report["results"], report["problems"]) == ("SUCCEEDED", [], [])
    assert [title for *_, title in await mutes(gateway)] == ["Mute without a key"]


@pytest.mark.parametrize("route", ["GET *", "GET */calendarView", "GET */events"])
async def test_nothing_is_removed_where_not_all_that_is_announced_could_be_read(
    front: Any, route: str
) -> None:
    gateway = await front()
    await announce(gateway)
    await remove(gateway, copies(OUTLOOK))
    gateway.sandbox.msgraph.faults.add(route, Fault(status=403))
    report = await reconcile(gateway)
    (row,) = report["results"]
    assert (report["status"], row["status"], row["problem"]["code"]) == ("FAILED", "FAILED", "FORBIDDEN")
    assert row["problem"]["path"] == []
    assert len(await mutes(gateway)) == 1
    gateway.sandbox.msgraph.faults.clear()
    assert statuses(await reconcile(gateway)) == ["DELETED"]


async def test_one_announcing_calendar_that_does_not_answer_keeps_all_mutes(front: Any) -> None:
    gateway = await front()
    await announce(gateway)
    await remove(gateway, copies(OUTLOOK))
    report = await reconcile(gateway, announced=[OUTLOOK, "msgraph:users/nobody@contoso.com/calendar"])
    (row,) = report["results"]
    assert (row["status"], row["problem"]["code"]) == ("FAILED", "NOT_FOUND")
    assert len(await mutes(gateway)) == 1


async def test_mutes_that_cannot_be_read_are_a_problem_and_cost_no_other_calendar(front: Any) -> None:
    gateway = await front()
    await announce(gateway)
    await update(gateway, copies(OUTLOOK), set={"title": "Other"})
    report = await reconcile(gateway, suppressed=["elasticsearch:nowhere", ML])
    assert (report["status"], statuses(report)) == ("PARTIAL", ["UPDATED"])
    assert report["results"][0]["calendarIndex"] == 1
    assert {it["code"] for it in report["problems"]} == {"NOT_FOUND"}


async def test_a_copy_that_was_pasted_in_outlook_makes_the_announcement_ambiguous(front: Any) -> None:
    gateway = await front()
    await announce(gateway)
    await paste(gateway)
    report = await reconcile(gateway)
    (row,) = report["results"]
    assert (row["status"], row["problem"]["code"]) == ("CONFLICT", "AMBIGUOUS_KEY")
    assert await mutes(gateway) == [("02-01T21:00", "02-01T23:00", "Upgrade")]


async def test_two_mutes_under_a_key_are_shown_and_left_alone_whether_or_not_it_is_announced(
    front: Any,
) -> None:
    gateway = await front()
    await announce(gateway)
    another = {"description": f"Another [#{KEY}]", "start_time": 1801000000000, "end_time": 1801003600000}
    await post(gateway, "/_ml/calendars/planned-outages/events", {"events": [another]})
    before = await mutes(gateway)
    for _ in range(2):
        (row,) = (await reconcile(gateway))["results"]
        assert (row["status"], row["problem"]["code"]) == ("CONFLICT", "AMBIGUOUS_KEY")
        assert len(row["eventIds"]) == 2
        assert await mutes(gateway) == before
        await remove(gateway, copies(OUTLOOK))


def move_away(gateway: Any) -> tuple[dict[str, Any], str]:
    """Moves what is announced to another calendar of its mailbox. Gives the mailbox's items, and its name."""
    state = gateway.sandbox.msgraph.emulator.state
    elsewhere = state.add_calendar("outages@contoso.com", "AAMkAOther", "Other")
    items = state.find("outages@contoso.com").items
    (name,) = [name for name, item in items.items() if KEY in item.single_values.values()]
    items[name] = replace(items[name], calendar_id=elsewhere.id)
    return items, name


async def paste(gateway: Any) -> None:
    """What Outlook makes of an event that is copied and pasted a day later: the properties go along."""
    body = {
        "subject": "Upgrade",
        "start": {"dateTime": "2027-02-02T21:00:00", "timeZone": "UTC"},
        "end": {"dateTime": "2027-02-02T23:00:00", "timeZone": "UTC"},
        "singleValueExtendedProperties": [{"id": KEY_PROPERTY, "value": KEY}],
    }
    server = gateway.sandbox.msgraph
    async with loopback.client() as client:
        response = await client.post(
            f"{server.url}/v1.0/users/outages@contoso.com/events",
            json=body,
            headers={"Authorization": gateway.sandbox.credentials.msgraph_app},
        )
        assert response.status_code == 201, response.text


async def test_calendars_that_announce_the_same_are_one_and_those_that_do_not_are_ambiguous(
    front: Any,
) -> None:
    gateway = await front()
    other = "beta:me/calendar"
    await announce(gateway, OUTLOOK, ML)
    await announce(gateway, other, end={"after": "PT2H"})
    assert statuses(await reconcile(gateway, announced=[OUTLOOK, other])) == ["UNCHANGED"]
    await update(gateway, copies(other), set={"end": {"after": "PT3H"}})
    report = await reconcile(gateway, announced=[OUTLOOK, other])
    (row,) = report["results"]
    assert (row["status"], row["problem"]["code"]) == ("CONFLICT", "AMBIGUOUS_KEY")
    assert len(await mutes(gateway)) == 1


async def test_more_changes_than_are_allowed_are_none(front: Any) -> None:
    gateway = await front()
    for number in range(3):
        await announce(gateway, key=f"CHG-{number}")
        if number:
            await update(gateway, copies(OUTLOOK, key=f"CHG-{number}"), set={"title": "Other"})
    sent = writes(gateway)
    report = await reconcile(gateway, maxChanges=1)
    assert (report["status"], report["results"]) == ("FAILED", [])
    (problem,) = report["problems"]
    assert (problem["code"], problem["path"]) == ("TOO_MANY", ["maxChanges"])
    assert writes(gateway) == sent
    planned = await reconcile(gateway, maxChanges=1, dryRun=True)
    assert (planned["status"], statuses(planned)) == ("PARTIAL", ["UNCHANGED", "PLANNED", "PLANNED"])
    assert statuses(await reconcile(gateway, maxChanges=2)) == ["UNCHANGED", "UPDATED", "UPDATED"]


async def test_what_would_go_counts_as_a_change_and_what_is_as_it_should_be_does_not(front: Any) -> None:
    gateway = await front()
    for number in range(4):
        await announce(gateway, key=f"CHG-{number}")
    await remove(gateway, copies(OUTLOOK, key="CHG-0"), copies(OUTLOOK, key="CHG-1"))
    report = await reconcile(gateway, maxChanges=1)
    assert [(it["code"], it["path"]) for it in report["problems"]] == [("TOO_MANY", ["maxChanges"])]
    assert len(await mutes(gateway)) == 4
    assert statuses(await reconcile(gateway, maxChanges=2)) == [
        "DELETED",
        "DELETED",
        "UNCHANGED",
        "UNCHANGED",
    ]


async def test_a_read_only_source_can_be_tried_and_not_written(front: Any) -> None:
    gateway = await front()
    await announce(gateway)
    await announce(gateway, key="GONE")
    await remove(gateway, copies(OUTLOOK, key="GONE"))
    await update(gateway, copies(OUTLOOK), set={"title": "Other"})
    reading = await front(CONFIGURATION.replace('mode = "write"', 'mode = "read"'))
    planned = await reconcile(reading, dryRun=True)
    assert statuses(planned) == ["PLANNED", "PLANNED"]
    assert {"READ_ONLY_SOURCE"} <= {it["code"] for row in planned["rows"] for it in row["warnings"]}
    report = await reconcile(reading)
    assert [row["problem"]["code"] for row in report["results"]] == ["READ_ONLY_SOURCE"] * 2
    assert len(await mutes(gateway)) == 2


@pytest.mark.parametrize(
    ("values", "code", "path"),
    [
        ({"announced": []}, "INVALID_INPUT", ["announced"]),
        ({"announced": [ML]}, "UNSUPPORTED", ["announced", "0"]),
        ({"suppressed": [OUTLOOK]}, "UNSUPPORTED", ["suppressed", "0"]),
        ({"announced": ["nowhere"]}, "UNKNOWN_ALIAS", ["announced", "calendars", "0"]),
        ({"maxChanges": -1}, "INVALID_INPUT", ["maxChanges"]),
        (
            {"window": {"start": "2027-01-01T00:00:00Z", "end": "2028-02-01T00:00:00Z"}},
            "TOO_MANY",
            ["window"],
        ),
    ],
)
async def test_a_call_that_cannot_be_meant_does_nothing(
    front: Any, values: dict[str, Any], code: str, path: list[str]
) -> None:
    gateway = await front()
    await announce(gateway, ML)
    report = await reconcile(gateway, **values)
    assert (report["status"], report["results"]) == ("FAILED", [])
    assert [(it["code"], it["path"]) for it in report["problems"]] == [(code, path)]
    assert len(await mutes(gateway)) == 1


async def test_a_key_that_is_announced_in_another_case_is_no_reason_to_remove_the_mute(front: Any) -> None:
    gateway = await front()
    await announce(gateway, OUTLOOK)
    await announce(gateway, ML, key=KEY.lower())
    report = await reconcile(gateway)
    (row,) = report["results"]
    assert (row["status"], row["problem"]["code"]) == ("CONFLICT", "CONFLICT")
    assert len(await mutes(gateway)) == 1


async def test_nor_is_one_that_is_announced_in_another_case_out_of_the_window(front: Any) -> None:
    gateway = await front()
    (announced,) = await announce(gateway, OUTLOOK, start=AWAY)
    await announce(gateway, ML, key=KEY.lower())
    report = await reconcile(gateway)
    (row,) = report["results"]
    assert (row["status"], row["problem"]["code"]) == ("CONFLICT", "CONFLICT")
    assert f"{announced['eventId']} bears the key {KEY}" in row["problem"]["message"]
    assert (row["key"], row["stored"], report["problems"]) == (KEY.lower(), True, [])
    assert len(await mutes(gateway)) == 1


async def test_somebody_elses_meeting_keeps_the_mute_of_its_key_in_another_case(front: Any) -> None:
    gateway = await front()
    await announce(gateway, OUTLOOK, start=AWAY)
    await announce(gateway, ML, key=KEY.lower())
    items = gateway.sandbox.msgraph.emulator.state.find("outages@contoso.com").items
    (name,) = [name for name, item in items.items() if KEY in item.single_values.values()]
    items[name] = replace(items[name], is_organizer=False)
    (row,) = (await reconcile(gateway))["results"]
    assert (row["status"], row["problem"]["code"]) == ("FAILED", "NOT_ORGANIZER")
    assert len(await mutes(gateway)) == 1


async def test_a_mute_stays_when_its_announcement_is_moved_to_another_calendar_of_the_mailbox(
    front: Any,
) -> None:
    gateway = await front()
    await announce(gateway)
    items, name = move_away(gateway)
    (row,) = (await reconcile(gateway))["results"]
    assert (row["status"], row["problem"]["code"]) == ("FAILED", "MOVED")
    assert len(await mutes(gateway)) == 1
    gateway.sandbox.msgraph.faults.add("GET /{mailbox}/calendars", Fault(status=403))
    (row,) = (await reconcile(gateway))["results"]
    assert (row["status"], row["problem"]["code"]) == ("FAILED", "FORBIDDEN")
    assert len(await mutes(gateway)) == 1
    gateway.sandbox.msgraph.faults.clear()
    del items[name]
    assert statuses(await reconcile(gateway)) == ["DELETED"]


async def test_a_mute_out_of_the_window_whose_key_is_in_another_case_is_a_conflict(front: Any) -> None:
    """It has a row of its own only where no mute in the window has one that says the same."""
    gateway = await front()
    await announce(gateway, OUTLOOK)
    (muted,) = await announce(gateway, ML, key=KEY.lower(), start=AWAY)
    for dry_run in (True, False):
        report = await reconcile(gateway, dryRun=dry_run)
        (row,) = report["results"]
        assert (row["key"], row["calendarId"], row["calendarIndex"]) == (KEY, ML, 0)
        assert (row["status"], row["problem"]["code"]) == ("CONFLICT", "CONFLICT")
        assert f"{muted['eventId']} bears it as {KEY.lower()}" in row["problem"]["message"]
        assert (row["event"], row["eventIds"], row["stored"]) == (None, [], False)
        assert (report["status"], report["problems"]) == ("FAILED", [])
    await update(gateway, copies(ML, key=KEY.lower()), set={"start": {"instant": "2027-02-02T08:00:00Z"}})
    (row,) = (await reconcile(gateway))["results"]
    assert (row["key"], row["status"]) == (KEY.lower(), "CONFLICT")
    assert len(await mutes(gateway)) == 1


class Late(MSGraphEmulator):
    """Finds nothing by a key, as if that were not indexed yet."""

    def answer(self, request: Request, **options: Any) -> Response:
        if "Properties/Any" not in unquote(request.target):
            return super().answer(request, **options)
        return Response(status=200, headers={"content-type": "application/json"}, body=b'{"value": []}')


@pytest.mark.parametrize("key", [KEY, KEY.lower()])
async def test_what_the_window_shows_and_no_look_finds_is_no_reason_to_remove_the_mute(
    front: Any, key: str
) -> None:
    gateway = await front()
    await announce(gateway, OUTLOOK)
    await announce(gateway, ML, key=key)
    gateway.sandbox.msgraph.emulator.__class__ = Late
    (row,) = (await reconcile(gateway))["results"]
    assert (row["status"], row["problem"]["code"]) == ("CONFLICT", "CONFLICT")
    assert "is not found by the key" in row["problem"]["message"]
    assert len(await mutes(gateway)) == 1


async def test_a_caller_who_may_only_read_can_try_it(front: Any) -> None:
    gateway = await front(WITH_KEYS)
    await announce(await front())
    await update(await front(), copies(OUTLOOK), set={"title": "Other"})
    gateway = await front(WITH_KEYS)
    given = {"announced": [BOTH], "suppressed": [BOTH], "window": WINDOW}
    tried = (await gateway.ask(RECONCILE, {"input": given}, **bearer(READER)))["reconcile"]
    assert statuses(tried) == ["PLANNED"]
    assert "MISSING_SCOPE" in {it["code"] for it in tried["rows"][0]["warnings"]}
    real = (await gateway.ask(RECONCILE, {"input": {**given, "dryRun": False}}, **bearer(READER)))[
        "reconcile"
    ]
    assert [row["problem"]["code"] for row in real["results"]] == ["MISSING_SCOPE"]
    muter = (await gateway.ask(RECONCILE, {"input": {**given, "dryRun": False}}, **bearer(MUTER)))[
        "reconcile"
    ]
    (row,) = muter["results"]
    assert (row["status"], row["problem"]["code"]) == ("FAILED", "MISSING_SCOPE")
    assert [title for *_, title in await mutes(await front())] == ["Upgrade"]


async def test_mutes_that_have_ended_stay_when_their_announcement_goes(front: Any) -> None:
    gateway = await front()
    await announce(
        gateway, start={"instant": "2026-10-05T08:00:00Z"}, recurrence={"rule": "FREQ=DAILY;COUNT=3"}
    )
    await remove(gateway, copies(OUTLOOK))
    october = {"start": "2026-10-01T00:00:00Z", "end": "2026-11-01T00:00:00Z"}
    report = await reconcile(gateway, window=october)
    assert (report["status"], statuses(report)) == ("SUCCEEDED", ["UNCHANGED"])
    assert len(report["results"][0]["eventIds"]) == 3
    assert report["rows"][0]["warnings"] == []


async def test_a_series_of_whole_days_is_followed_by_the_days_of_its_zone(front: Any) -> None:
    gateway = await front()
    day = {"allDay": {"date": "2027-03-27", "timeZone": "Europe/Berlin"}}
    end = {"allDay": "2027-03-28"}
    await announce(gateway, start=day, end=end, recurrence={"rule": "FREQ=DAILY;COUNT=3"})
    across = [("03-26T23:00", "03-27T23:00"), ("03-27T23:00", "03-28T22:00"), ("03-28T22:00", "03-29T22:00")]
    assert await mutes(gateway) == [(*day, "Upgrade") for day in across]
    march = {"start": "2027-03-20T00:00:00Z", "end": "2027-04-01T00:00:00Z"}
    assert statuses(await reconcile(gateway, window=march)) == ["UNCHANGED"]
    await update(gateway, copies(OUTLOOK), set={"title": "Holidays"})
    assert statuses(await reconcile(gateway, window=march)) == ["UPDATED"]
    assert await mutes(gateway) == [(*day, "Holidays") for day in across]


async def test_a_series_is_left_alone_where_graph_does_not_tell_which_days_it_leaves_out(front: Any) -> None:
    gateway = await front()
    await announce(gateway, **DAILY)
    gateway.sandbox.msgraph.faults.add("GET /{event}", Fault(status=400))
    report = await reconcile(gateway)
    (row,) = report["results"]
    assert (row["status"], row["problem"]["code"]) == ("FAILED", "UNSUPPORTED"), row
    assert len(await mutes(gateway)) == 3


async def test_a_mute_that_would_be_longer_than_is_allowed_stays_as_it_is(front: Any) -> None:
    gateway = await front()
    await announce(gateway)
    await update(gateway, copies(OUTLOOK), set={"end": {"after": "P500D"}})
    report = await reconcile(gateway)
    (row,) = report["results"]
    assert (row["status"], row["problem"]["code"], row["problem"]["path"]) == ("FAILED", "MUTE_TOO_LONG", [])
    assert await mutes(gateway) == [("02-01T21:00", "02-01T23:00", "Upgrade")]


async def test_a_calendar_that_mutes_all_jobs_needs_an_entry_of_its_own(front: Any) -> None:
    everything = "elasticsearch:global-maintenance"
    named = 'calendars = ["*", "global-maintenance"]'
    trusted = await front(CONFIGURATION.replace('calendars = ["*"]', named, 1))
    await announce(trusted, OUTLOOK, everything)
    await announce(trusted, everything, key="GONE")
    await update(trusted, copies(OUTLOOK), set={"title": "Other"})
    report = await reconcile(await front(), suppressed=[everything])
    assert [row["problem"]["code"] for row in report["results"]] == ["CALENDAR_NOT_ALLOWED"] * 2
    assert statuses(await reconcile(trusted, suppressed=[everything])) == ["UPDATED", "DELETED"]


async def test_each_calendar_of_mutes_has_its_row_under_each_key(front: Any) -> None:
    gateway = await front()
    other = "elasticsearch:empty"
    await announce(gateway, OUTLOOK, ML, other, key="B")
    await announce(gateway, OUTLOOK, other, key="A")
    await update(gateway, copies(OUTLOOK, key="B"), set={"title": "Other"})
    report = await reconcile(gateway, suppressed=[ML, other])
    assert [
        (row["key"], row["eventIndex"], row["calendarIndex"], row["status"]) for row in report["results"]
    ] == [
        ("A", 0, 1, "UNCHANGED"),
        ("B", 1, 0, "UPDATED"),
        ("B", 1, 1, "UPDATED"),
    ]
