"""A series through the whole application into an ML calendar, which holds it as single events."""

import json
from typing import Any

import pytest

from gateway.sandbox.faults import Fault

from .conftest import CONFIGURATION

pytestmark = pytest.mark.anyio

ROWS = """
  status
  counts { total created failed }
  results {
    calendarId status stored eventId eventIds event { id start { instant } recurrence { rule } }
    problem { code message path } warnings { code field given sent } effects { windows { start end } }
    requestIndexes
  }
  requests { source { name } method path body }
"""
ADD = f"mutation ($input: AddEventsInput!) {{ addEvents(input: $input) {{ {ROWS} }} }}"
UPDATE = f"mutation ($input: UpdateEventsInput!) {{ updateEvents(input: $input) {{ {ROWS} }} }}"
WRITE = "POST /_ml/calendars/{calendar_id}/events"
ML = "elasticsearch:planned-outages"
BERLIN = "Europe/Berlin"


def series(rule: str = "FREQ=WEEKLY;COUNT=4", **values: Any) -> dict[str, Any]:
    return {
        "title": "Patches",
        "start": {"zoned": {"local": "2027-03-15T22:00:00", "timeZone": BERLIN}},
        "end": {"after": "PT2H"},
        "recurrence": {"rule": rule, **values},
    }


def in_utc(rule: str) -> dict[str, Any]:
    return series(rule) | {"start": {"instant": "2027-03-15T21:00:00Z"}}


async def add(gateway: Any, *events: dict[str, Any], calendars: Any = (ML,), **rest: Any) -> dict[str, Any]:
    given = {"calendars": list(calendars), "events": list(events), **rest}
    return (await gateway.ask(ADD, {"input": given}))["addEvents"]


def about_series(row: dict[str, Any]) -> dict[str, Any]:
    (warning,) = [each for each in row["warnings"] if each["field"] == "recurrence"]
    return warning


async def test_one_series_is_announced_as_such_and_muted_as_single_events(front: Any) -> None:
    gateway = await front()
    report = await add(gateway, series(), calendars=["payments-maintenance"])
    announced, muted = report["results"]
    assert report["counts"] == {"total": 2, "created": 2, "failed": 0}
    assert (len(announced["eventIds"]), len(muted["eventIds"])) == (1, 4)
    assert announced["event"]["recurrence"] == {"rule": "FREQ=WEEKLY;COUNT=4;BYDAY=MO"}
    assert muted["event"]["recurrence"] is None
    assert muted["eventId"] == muted["event"]["id"] == muted["eventIds"][0]
    starts = [event_id.split("/")[2] for event_id in muted["eventIds"]]
    assert starts == ["1805144400000", "1805749200000", "1806350400000", "1806955200000"], (
        "summer time begins"
    )
    assert about_series(muted) == {
        "code": "EXPANDED",
        "field": "recurrence",
        "given": {"rule": "FREQ=WEEKLY;COUNT=4", "timeZone": BERLIN},
        "sent": {"events": 4, "lastStart": "2027-04-05T20:00:00Z"},
    }
    (effect,) = muted["effects"]
    assert {(window["start"], window["end"]) for window in effect["windows"]} == {
        ("2027-03-15T21:00:00Z", "2027-03-15T23:00:00Z"),
        ("2027-03-22T21:00:00Z", "2027-03-22T23:00:00Z"),
        ("2027-03-29T20:00:00Z", "2027-03-29T22:00:00Z"),
        ("2027-04-05T20:00:00Z", "2027-04-05T22:00:00Z"),
    }
    (line,) = [line for line in gateway.audit if line["source"] == "elasticsearch"]
    assert line["event_ids"] == muted["eventIds"]


async def test_a_dry_run_shows_byte_for_byte_what_a_real_run_sends(front: Any) -> None:
    gateway = await front()
    events = [series("FREQ=DAILY"), series(), series() | {"title": "Other", "recurrence": None}]
    planned = await add(gateway, *events, dryRun=True)
    assert gateway.seen("elasticsearch") == []
    done = await add(gateway, *events)
    assert done["status"] == "SUCCEEDED"
    shown = [(request["method"], request["path"], request["body"]) for request in planned["requests"]]
    assert shown == [(request["method"], request["path"], request["body"]) for request in done["requests"]]
    (post,) = gateway.seen("elasticsearch")
    assert json.loads(post.body) == shown[1][2]
    assert [row["warnings"] for row in planned["results"]] == [row["warnings"] for row in done["results"]]


async def test_a_series_that_goes_on_is_a_loss_and_a_whole_one_is_none(front: Any) -> None:
    gateway = await front()
    report = await add(gateway, in_utc("FREQ=DAILY"), in_utc("FREQ=DAILY;COUNT=10"), onLoss="REJECT")
    cut, whole = report["results"]
    assert (cut["status"], cut["problem"]["code"], cut["eventIds"]) == ("FAILED", "LOSS_REFUSED", [])
    assert about_series(cut)["code"] == "CUT_OFF"
    assert (whole["status"], len(whole["eventIds"])) == ("CREATED", 10)
    (goes_on,) = (await add(gateway, in_utc("FREQ=DAILY")))["results"]
    assert (goes_on["status"], len(goes_on["eventIds"])) == ("CREATED", 200)
    assert about_series(goes_on)["sent"] == {"events": 200, "lastStart": "2027-09-30T21:00:00Z"}


async def test_how_far_a_series_is_written_out_is_a_setting(front: Any) -> None:
    settings = 'series_horizon = "P30D"\nseries_occurrences = 40\ntime_zone'
    gateway = await front(CONFIGURATION.replace("time_zone", settings, 1))
    far = {"start": {"instant": "2099-03-16T21:00:00Z"}}  # for others the horizon is counted from today
    rules = ("FREQ=WEEKLY", "FREQ=DAILY", "FREQ=WEEKLY;COUNT=3")
    report = await add(gateway, *(series(rule) | far for rule in rules))
    assert [len(row["eventIds"]) for row in report["results"]] == [5, 30, 3]
    assert [about_series(row)["code"] for row in report["results"]] == ["CUT_OFF", "CUT_OFF", "EXPANDED"]


async def test_dates_that_are_left_out_are_not_muted(front: Any) -> None:
    gateway = await front()
    (row,) = (await add(gateway, series(exceptDates=["2027-03-22"])))["results"]
    assert [event_id.split("/")[2] for event_id in row["eventIds"]] == [
        "1805144400000",
        "1806350400000",
        "1806955200000",
    ]


async def test_an_occurrence_that_is_lost_makes_the_row_fail_and_the_others_are_named(front: Any) -> None:
    gateway = await front()
    gateway.sandbox.elasticsearch.faults.add(WRITE, Fault(lose=frozenset({2})))
    report = await add(gateway, series(), series() | {"title": "Other"})
    broken, whole = report["results"]
    assert (report["status"], broken["status"], whole["status"]) == ("PARTIAL", "FAILED", "CREATED")
    assert (broken["problem"]["code"], broken["stored"]) == ("NOT_STORED", False)
    assert "2027-03-29T20:00:00Z" in broken["problem"]["message"]
    assert (len(broken["eventIds"]), len(whole["eventIds"])) == (3, 4)


async def test_an_event_cannot_be_made_a_series_and_nothing_is_sent(front: Any) -> None:
    gateway = await front()
    (row,) = (await add(gateway, series() | {"recurrence": None}))["results"]
    changes = [{"target": {"id": row["eventId"]}, "set": {"recurrence": {"rule": "FREQ=DAILY;COUNT=3"}}}]
    (refused,) = (await gateway.ask(UPDATE, {"input": {"changes": changes}}))["updateEvents"]["results"]
    assert (refused["status"], refused["problem"]["code"]) == ("FAILED", "UNSUPPORTED")
    assert refused["problem"]["path"] == ["changes", "0", "set", "recurrence"]
    assert len(gateway.seen("elasticsearch")) == 1


async def test_days_that_follow_each_other_without_a_gap_are_one_long_mute(front: Any) -> None:
    gateway = await front()
    daily = series("FREQ=DAILY;COUNT=32") | {"end": {"after": "P1D"}}
    month = series("FREQ=DAILY;COUNT=30") | {"end": {"after": "P1D"}}
    gaps = series("FREQ=DAILY;COUNT=60") | {"end": {"after": "PT23H59M"}}
    report = await add(gateway, daily, month, gaps, maxMute="P31D")
    refused, *written = report["results"]
    assert (refused["problem"]["code"], refused["problem"]["path"]) == (
        "MUTE_TOO_LONG",
        ["events", "0", "end"],
    )
    assert "PT767H is longer than PT744H" in refused["problem"]["message"], "a day of 32 has 23 hours"
    assert [(row["status"], len(row["eventIds"])) for row in written] == [("CREATED", 30), ("CREATED", 60)]
