"""A write to an ML calendar says what will really be muted, and never fails for saying so."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gateway.sandbox.elasticsearch.state import Event
from gateway.sandbox.faults import HELD, Fault
from tests.front import test_keys as keys
from tests.front.conftest import CONFIGURATION

pytestmark = pytest.mark.anyio

ROWS = """status results {
  status eventId warnings { code field message given sent }
  effects { kind message jobIds windows { bucketSpan start end jobIds } } }
  requests { method path }"""
ADD = f"mutation ($input: AddEventsInput!) {{ addEvents(input: $input) {{ {ROWS} }} }}"
UPDATE = f"mutation ($input: UpdateEventsInput!) {{ updateEvents(input: $input) {{ {ROWS} }} }}"
OUTAGES, HOLIDAYS = "elasticsearch:planned-outages", "elasticsearch:holidays"
CALENDARS = "GET /_ml/calendars/{calendar_id}"
JOBS, STATISTICS = "GET /_ml/anomaly_detectors", "GET /_ml/anomaly_detectors/_stats"
EVENTS = "GET /_ml/calendars/{calendar_id}/events"


async def add(gateway: Any, calendar: str, begins: str, ends: str, **rest: Any) -> Any:
    event = {"title": "Upgrade", "start": {"instant": begins}, "end": {"instant": ends}, **rest}
    given = {"calendars": [calendar], "events": [event], "dryRun": True}
    return (await gateway.ask(ADD, {"input": given}))["addEvents"]["results"][0]


def codes(row: Mapping[str, Any]) -> list[str]:
    return [warning["code"] for warning in row["warnings"]]


def warning(row: Mapping[str, Any], code: str) -> Any:
    (found,) = [warning for warning in row["warnings"] if warning["code"] == code]
    return found


def cluster(gateway: Any) -> Any:
    return gateway.sandbox.elasticsearch.emulator.cluster


def hold(gateway: Any, calendar: str, *names: str) -> None:
    """Lets a calendar hold names, whatever they mean: Elasticsearch checks none."""
    cluster(gateway).put(replace(cluster(gateway).calendar(calendar), job_ids=names))


def fill(gateway: Any, calendar: str, count: int, *, days: int = 1) -> None:
    """Puts events into a calendar, from so many days after the seed's week on."""
    start = 1_796_083_200_000 + int(timedelta(days=days) / timedelta(milliseconds=1))
    for number in range(count):
        cluster(gateway).index(
            Event(
                calendar_id=calendar,
                description=f"window {number}",
                start=start + 1000 * number,
                end=start + 1000 * number + 1000,
                skip_result=True,
                skip_model_update=True,
                force_time_shift=None,
            )
        )


async def test_the_effect_of_a_write_names_the_jobs_and_the_windows_of_their_buckets(front: Any) -> None:
    row = await add(await front(), OUTAGES, "2026-11-20T21:07:00Z", "2026-11-20T22:58:00Z")
    assert row["warnings"] == []
    (effect,) = row["effects"]
    assert effect["jobIds"] == ["payments-latency", "payments-volume"]
    assert effect["windows"] == [
        {
            "bucketSpan": "PT5M",
            "start": "2026-11-20T21:05:00Z",
            "end": "2026-11-20T23:00:00Z",
            "jobIds": ["payments-latency"],
        },
        {
            "bucketSpan": "PT15M",
            "start": "2026-11-20T21:00:00Z",
            "end": "2026-11-20T23:00:00Z",
            "jobIds": ["payments-volume"],
        },
    ]
    assert "payments-volume from 2026-11-20T21:00:00Z to 2026-11-20T23:00:00Z" in effect["message"]


async def test_a_real_run_says_what_the_dry_run_said_and_shows_none_of_what_it_took(front: Any) -> None:
    gateway = await front()
    event = {
        "title": "x",
        "start": {"instant": "2026-11-20T21:07:00Z"},
        "end": {"instant": "2026-11-20T21:08:00Z"},
    }
    given = {"calendars": [OUTAGES], "events": [event]}
    planned = (await gateway.ask(ADD, {"input": given | {"dryRun": True}}))["addEvents"]
    real = (await gateway.ask(ADD, {"input": given}))["addEvents"]
    assert planned["results"][0]["warnings"] == real["results"][0]["warnings"]
    assert planned["results"][0]["effects"] == real["results"][0]["effects"]
    assert planned["requests"] == real["requests"]
    assert {request["path"].split("?")[0] for request in real["requests"]} == {
        "/_ml/calendars/planned-outages/events"
    }


async def test_a_day_of_berlin_mutes_two_days_of_a_job_with_buckets_of_a_day(front: Any) -> None:
    row = await add(
        await front(),
        HOLIDAYS,
        "",
        "",
        start={"allDay": {"date": "2026-12-24", "timeZone": "Europe/Berlin"}},
        end={"allDay": "2026-12-25"},
    )
    found = warning(row, "MUTES_MORE")
    assert (found["field"], found["given"], found["sent"]) == ("start", "PT24H", "PT48H")
    assert "web-traffic" in found["message"]
    assert "from 2026-12-23T00:00:00Z to 2026-12-25T00:00:00Z" in found["message"]


async def test_less_than_twice_the_time_is_nothing_to_warn_of(front: Any) -> None:
    row = await add(await front(), OUTAGES, "2026-11-20T21:01:00Z", "2026-11-20T21:17:00Z")
    assert codes(row) == []


async def test_a_calendar_without_jobs_mutes_nothing(front: Any) -> None:
    row = await add(await front(), "elasticsearch:empty", "2026-11-20T21:00:00Z", "2026-11-20T22:00:00Z")
    assert codes(row) == ["NO_JOBS"]
    assert row["effects"] == []


async def test_names_that_are_no_job_or_group_are_named(front: Any) -> None:
    gateway = await front()
    hold(gateway, "planned-outages", "payments", "paymets")
    row = await add(gateway, OUTAGES, "2026-11-20T21:00:00Z", "2026-11-20T22:00:00Z")
    assert codes(row) == ["UNKNOWN_JOBS"]
    assert "names paymets:" in row["warnings"][0]["message"]
    assert row["effects"][0]["jobIds"] == ["payments-latency", "payments-volume"]


async def test_an_event_within_a_second_on_a_boundary_mutes_nothing(front: Any) -> None:
    row = await add(await front(), OUTAGES, "2026-11-20T21:00:00.100Z", "2026-11-20T21:00:00.900Z")
    assert codes(row) == ["MUTES_NOTHING"]
    assert row["effects"] == []


async def test_an_event_that_begins_behind_a_jobs_latest_bucket_changes_no_result(front: Any) -> None:
    row = await add(await front(), OUTAGES, "2026-11-18T09:50:00Z", "2026-11-18T10:30:00Z")
    found = warning(row, "TOO_LATE")
    assert found["field"] == "start"
    assert "(payments-latency is at 2026-11-18T09:58:00Z)" in found["message"]
    assert "payments-volume" not in found["message"]  # its bucket of 09:45 is still open


async def test_a_job_that_has_no_data_is_past_nothing(front: Any) -> None:
    gateway = await front()
    hold(gateway, "planned-outages", "auth-failures")
    row = await add(gateway, OUTAGES, "2026-11-17T09:00:00Z", "2026-11-17T10:00:00Z")
    assert codes(row) == []


async def test_the_thousandth_event_of_a_job_is_fine_and_the_next_is_not(front: Any) -> None:
    gateway = await front()
    fill(gateway, "planned-outages", 996)
    ahead = ["2026-12-24T00:00:00Z", "2026-12-24T01:00:00Z"]
    # Two of the seeded events are over, two are ahead, and one is in a calendar that applies to all jobs.
    assert codes(await add(gateway, OUTAGES, *ahead)) == []
    fill(gateway, "planned-outages", 1, days=2)
    found = warning(await add(gateway, OUTAGES, *ahead), "TOO_MANY_EVENTS")
    assert "would have 1001 events ahead of it" in found["message"]


async def test_events_of_another_calendar_count_if_it_applies_to_the_job(front: Any) -> None:
    gateway = await front()
    fill(gateway, "holidays", 1001)
    ahead = ["2026-12-24T00:00:00Z", "2026-12-24T01:00:00Z"]
    assert codes(await add(gateway, OUTAGES, *ahead)) == []
    hold(gateway, "holidays", "payments")
    assert codes(await add(gateway, OUTAGES, *ahead)) == ["TOO_MANY_EVENTS"]


@pytest.mark.parametrize("route", [CALENDARS, JOBS, STATISTICS])
async def test_what_cannot_be_told_is_said_and_the_event_is_written(front: Any, route: str) -> None:
    gateway = await front()
    gateway.sandbox.elasticsearch.faults.add(route, Fault(status=403))
    event = {
        "title": "x",
        "start": {"instant": "2026-11-20T21:00:00Z"},
        "end": {"instant": "2026-11-20T22:00:00Z"},
    }
    alias = {"calendars": ["payments-maintenance"], "events": [event]}
    report = (await gateway.ask(ADD, {"input": alias}))["addEvents"]
    assert report["status"] == "SUCCEEDED"
    (row,) = [row for row in report["results"] if row["eventId"].startswith("elasticsearch:")]
    assert "could not be told" in warning(row, "JOBS_NOT_READ")["message"]


async def test_a_cluster_that_is_silent_about_its_jobs_does_not_keep_the_event_waiting_for_long(
    front: Any,
) -> None:
    patience = 'mode = "write"\nupstream_timeout_seconds = 0.25'
    gateway = await front(CONFIGURATION.replace('mode = "write"', patience))
    gateway.sandbox.elasticsearch.faults.add(JOBS, Fault(delay=HELD))
    event = {
        "title": "x",
        "start": {"instant": "2026-11-20T21:00:00Z"},
        "end": {"instant": "2026-11-20T22:00:00Z"},
    }
    given = {"calendars": [OUTAGES, HOLIDAYS], "events": [event] * 3}
    report = (await gateway.ask(ADD, {"input": given}))["addEvents"]
    gateway.sandbox.elasticsearch.faults.drop()
    assert [row["status"] for row in report["results"]] == ["CREATED"] * 6
    assert [codes(row) for row in report["results"]] == [["JOBS_NOT_READ"]] * 6


async def test_a_count_that_cannot_be_had_is_said(front: Any) -> None:
    gateway = await front()
    gateway.sandbox.elasticsearch.faults.add(EVENTS, Fault(status=503))
    row = await add(gateway, OUTAGES, "2026-11-20T21:00:00Z", "2026-11-20T22:00:00Z")
    assert "how many events its jobs have" in warning(row, "JOBS_NOT_READ")["message"]
    assert row["effects"][0]["jobIds"] == ["payments-latency", "payments-volume"]


async def test_what_is_said_of_a_calendar_takes_its_reads_once_for_all_events(front: Any) -> None:
    gateway = await front()
    events = [
        {"title": f"{hour}", "start": {"instant": f"2026-12-01T{hour}:00:00Z"}, "end": {"after": "PT1H"}}
        for hour in (10, 12, 14)
    ]
    given = {"calendars": [OUTAGES, HOLIDAYS], "events": events}
    await gateway.ask(ADD, {"input": given})
    seen = [request.target.partition("?")[0] for request in gateway.seen("elasticsearch", "GET")]
    assert seen.count("/_ml/anomaly_detectors") == seen.count("/_ml/anomaly_detectors/_stats") == 1
    assert seen.count("/_ml/calendars/_all/events") == 2


async def test_none_of_it_is_a_loss(front: Any) -> None:
    gateway = await front()
    event = {
        "title": "x",
        "start": {"instant": "2026-11-18T09:00:00Z"},
        "end": {"instant": "2026-11-18T09:01:00Z"},
    }
    given = {"calendars": [OUTAGES], "events": [event], "onLoss": "REJECT"}
    (row,) = (await gateway.ask(ADD, {"input": given}))["addEvents"]["results"]
    assert row["status"] == "CREATED"
    assert codes(row) == ["MUTES_MORE", "TOO_LATE"]


async def test_a_change_of_time_is_told_like_a_new_event_and_a_change_of_title_is_not(front: Any) -> None:
    gateway = await front()
    listed = await gateway.ask(
        """{ calendarEvents(calendars: ["elasticsearch:planned-outages"],
               window: { start: "2026-11-19T00:00:00Z", end: "2026-11-23T00:00:00Z" }) { nodes { id } } }"""
    )
    (target,) = listed["calendarEvents"]["nodes"]

    async def change(**patch: Any) -> Any:
        given = {"changes": [{"target": {"id": target["id"]}, "set": patch}], "dryRun": True}
        return (await gateway.ask(UPDATE, {"input": given}))["updateEvents"]["results"][0]

    moved = await change(start={"instant": "2026-11-18T09:00:00Z"}, end={"instant": "2026-11-18T09:02:00Z"})
    assert codes(moved) == ["MUTES_MORE", "TOO_LATE"]
    assert moved["effects"][0]["jobIds"] == ["payments-latency", "payments-volume"]
    assert codes(await change(title="Another name")) == []


async def test_an_event_without_any_effect_is_not_told_its_windows(front: Any) -> None:
    options = {"skipResult": False, "skipModelUpdate": False}
    row = await add(
        await front(), OUTAGES, "2026-11-20T21:00:00Z", "2026-11-20T21:01:00Z", elasticsearch=options
    )
    assert codes(row) == ["NO_EFFECT"]
    assert row["effects"] == []


async def test_a_series_is_told_for_every_occurrence(front: Any) -> None:
    row = await add(
        await front(),
        HOLIDAYS,
        "2026-12-01T10:10:00Z",
        "2026-12-01T10:20:00Z",
        recurrence={"rule": "FREQ=DAILY;COUNT=3"},
    )
    assert codes(row) == ["EXPANDED", "MUTES_MORE"]
    (effect,) = row["effects"]
    assert [(it["start"], it["end"]) for it in effect["windows"] if it["bucketSpan"] == "PT1H"] == [
        (f"2026-12-0{day}T10:00:00Z", f"2026-12-0{day}T11:00:00Z") for day in (1, 2, 3)
    ]
    assert effect["jobIds"] == ["checkout-errors", "web-traffic"]


async def test_the_occurrences_of_a_series_all_count_for_a_job(front: Any) -> None:
    gateway = await front()
    fill(gateway, "planned-outages", 990)
    daily = {"recurrence": {"rule": "FREQ=DAILY;COUNT=30"}}
    row = await add(gateway, OUTAGES, "2026-12-01T10:00:00Z", "2026-12-01T11:00:00Z", **daily)
    assert "would have 1023 events ahead of it" in warning(row, "TOO_MANY_EVENTS")["message"]


async def test_events_that_are_over_count_for_no_job(front: Any) -> None:
    gateway = await front()
    fill(gateway, "planned-outages", 996)
    over = {"title": "x", "start": {"instant": "2026-11-01T10:00:00Z"}, "end": {"after": "PT1H"}}
    ahead = over | {"start": {"instant": "2026-12-24T10:00:00Z"}}
    given = {"calendars": [OUTAGES], "events": [over] * 5 + [ahead], "dryRun": True}
    rows = (await gateway.ask(ADD, {"input": given}))["addEvents"]["results"]
    assert [codes(row) for row in rows] == [["TOO_LATE"]] * 5 + [[]]
    given["events"] = [ahead] * 2
    rows = (await gateway.ask(ADD, {"input": given}))["addEvents"]["results"]
    assert [codes(row) for row in rows] == [["TOO_MANY_EVENTS"]] * 2


async def test_of_a_series_that_goes_on_under_its_key_only_what_is_added_counts(front: Any) -> None:
    gateway = await front()
    fill(gateway, "planned-outages", 950)
    times = ["2026-12-01T10:00:00Z", "2026-12-01T11:00:00Z"]
    shorter, longer = ({"recurrence": {"rule": f"FREQ=DAILY;COUNT={count}"}} for count in (40, 42))
    start, end = ({"instant": time} for time in times)
    written = await keys.add(gateway, OUTAGES, title="Upgrade", key="OPS-8", start=start, end=end, **shorter)
    assert keys.statuses(written) == ["CREATED"]
    assert "TOO_MANY_EVENTS" not in codes(await add(gateway, OUTAGES, *times, key="OPS-8", **longer))


@pytest.mark.parametrize("dry_run", [True, False])
async def test_a_calendar_is_read_once_for_whether_and_for_what_a_write_may_mute(
    front: Any, dry_run: bool
) -> None:
    gateway = await front()
    event = {"title": "Upgrade", "start": {"instant": "2026-11-20T21:07:00Z"}, "end": {"after": "PT1H"}}
    given = {"calendars": [OUTAGES], "events": [event], "dryRun": dry_run}
    (row,) = (await gateway.ask(ADD, {"input": given}))["addEvents"]["results"]
    assert row["effects"][0]["jobIds"] == ["payments-latency", "payments-volume"]
    paths = [request.path for request in gateway.seen("elasticsearch", "GET")]
    assert paths.count("/_ml/calendars/planned-outages") == 1


def jobs_read(gateway: Any) -> bool:
    paths = [request.path for request in gateway.seen("elasticsearch", "GET")]
    return any(path.startswith("/_ml/anomaly_detectors") for path in paths)


@pytest.mark.parametrize("dry_run", [True, False])
@pytest.mark.parametrize(
    ("selected", "is_shown"),
    [
        ("warnings { code }", True),
        ("... on EventWriteResult { effects { kind } }", True),
        ("event { warnings { field } }", False),
        ("effects @skip(if: true) { kind }", False),
    ],
)
async def test_jobs_are_read_only_where_what_a_write_mutes_is_shown(
    front: Any, selected: str, is_shown: bool, dry_run: bool
) -> None:
    gateway = await front()
    event = {"title": "Upgrade", "start": {"instant": "2026-11-20T21:07:00Z"}, "end": {"after": "PT1H"}}
    given = {"input": {"calendars": [OUTAGES], "events": [event], "dryRun": dry_run}}
    add = "mutation ($input: AddEventsInput!) { addEvents(input: $input) { results { status %s } } }"
    report = (await gateway.ask(add % selected, given))["addEvents"]
    assert [row["status"] for row in report["results"]] == ["PLANNED" if dry_run else "CREATED"]
    assert jobs_read(gateway) is is_shown
