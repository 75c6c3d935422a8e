"""The jobs of ML calendars, and what their events really mute."""

from dataclasses import replace
from typing import Any

import pytest

from gateway.sandbox.faults import Fault
from tests.front.conftest import CONFIGURATION

pytestmark = pytest.mark.anyio

JOBS = """query ($id: ID!) { calendar(id: $id) { elasticsearch {
  jobIds appliesToAllJobs unknownJobIds jobs { id groups bucketSpan latestProcessed } } } }"""
WINDOWS = """query ($calendar: ID!) { calendar(id: $calendar) {
  events(window: { start: "2026-11-16T00:00:00Z", end: "2026-11-23T00:00:00Z" }) {
    nodes { title elasticsearch { effectiveWindows { bucketSpan start end jobIds } } } } } }"""
READ_ONLY = CONFIGURATION.replace("{elasticsearch_manage}", "{elasticsearch_monitor}")
STATS = "GET /_ml/anomaly_detectors/_stats"
ALL = "GET /_ml/anomaly_detectors"


def job_reads(gateway: Any) -> list[str]:
    seen = (request.target for request in gateway.seen("elasticsearch", "GET"))
    return [target.partition("?")[0] for target in seen if "anomaly_detectors" in target]


async def details(gateway: Any, calendar: str) -> Any:
    return (await gateway.ask(JOBS, {"id": calendar}))["calendar"]["elasticsearch"]


def put_jobs(gateway: Any, calendar: str, *names: str) -> None:
    """Lets a calendar hold names, whatever they mean: Elasticsearch checks none."""
    state = gateway.sandbox.elasticsearch.emulator.cluster
    state.put(replace(state.calendar(calendar), job_ids=names))


async def test_a_calendar_shows_its_jobs_with_buckets_and_how_far_they_are(front: Any) -> None:
    gateway = await front(READ_ONLY)
    assert await details(gateway, "elasticsearch:planned-outages") == {
        "jobIds": ["payments-latency", "payments-volume"],
        "appliesToAllJobs": False,
        "unknownJobIds": [],
        "jobs": [
            {
                "id": "payments-latency",
                "groups": ["payments"],
                "bucketSpan": "PT5M",
                "latestProcessed": "2026-11-18T09:58:00Z",
            },
            {
                "id": "payments-volume",
                "groups": ["payments"],
                "bucketSpan": "PT15M",
                "latestProcessed": "2026-11-18T09:56:00Z",
            },
        ],
    }


async def test_all_means_every_job_and_one_without_data_has_processed_nothing(front: Any) -> None:
    found = await details(await front(), "elasticsearch:global-maintenance")
    assert found["appliesToAllJobs"]
    latest = {job["id"]: job["latestProcessed"] for job in found["jobs"]}
    assert latest.keys() == {
        "auth-failures",
        "checkout-errors",
        "payments-latency",
        "payments-volume",
        "web-traffic",
    }
    assert latest["auth-failures"] is None


async def test_groups_are_resolved_and_names_that_mean_nothing_are_named(front: Any) -> None:
    gateway = await front()
    put_jobs(gateway, "holidays", "web", "deleted-job")
    found = await details(gateway, "elasticsearch:holidays")
    assert found["jobIds"] == ["deleted-job", "web"]
    assert found["unknownJobIds"] == ["deleted-job"]
    assert [job["id"] for job in found["jobs"]] == ["checkout-errors", "web-traffic"]


async def test_jobs_are_asked_for_once_however_many_calendars_show_them(front: Any) -> None:
    gateway = await front()
    await gateway.ask(
        """{ calendars { nodes { elasticsearch { unknownJobIds jobs { id latestProcessed } }
             events(window: { start: "2026-11-16T00:00:00Z", end: "2026-11-23T00:00:00Z" }) {
               nodes { elasticsearch { effectiveWindows { jobIds } } } } } } }"""
    )
    assert sorted(job_reads(gateway)) == ["/_ml/anomaly_detectors", "/_ml/anomaly_detectors/_stats"]


async def test_jobs_are_not_asked_for_unless_they_are_selected(front: Any) -> None:
    gateway = await front()
    await gateway.ask("{ calendars { nodes { elasticsearch { jobIds appliesToAllJobs } } } }")
    assert job_reads(gateway) == []
    await gateway.ask('{ calendar(id: "elasticsearch:holidays") { elasticsearch { jobs { id } } } }')
    assert job_reads(gateway) == ["/_ml/anomaly_detectors"]


async def test_an_event_shows_what_it_really_mutes(front: Any) -> None:
    data = await (await front()).ask(WINDOWS, {"calendar": "elasticsearch:holidays"})
    (holiday,) = data["calendar"]["events"]["nodes"]
    assert holiday["elasticsearch"]["effectiveWindows"] == [
        {
            "bucketSpan": "PT1H",
            "start": "2026-11-20T00:00:00Z",
            "end": "2026-11-21T00:00:00Z",
            "jobIds": ["checkout-errors"],
        },
        {
            "bucketSpan": "PT24H",
            "start": "2026-11-20T00:00:00Z",
            "end": "2026-11-21T00:00:00Z",
            "jobIds": ["web-traffic"],
        },
    ]


async def test_an_event_without_effect_mutes_nothing_though_its_flags_are_not_selected(front: Any) -> None:
    gateway = await front()
    await gateway.ask(
        """mutation { addEvents(input: { calendars: ["elasticsearch:holidays"], events: [{
             title: "Idle", start: { instant: "2026-11-17T10:00:00Z" }, end: { after: "PT1H" }
             elasticsearch: { skipResult: false, skipModelUpdate: false } }] }) { status } }"""
    )
    data = await gateway.ask(WINDOWS.replace("title ", ""), {"calendar": "elasticsearch:holidays"})
    idle, holiday = (
        node["elasticsearch"]["effectiveWindows"] for node in data["calendar"]["events"]["nodes"]
    )
    assert (idle, len(holiday)) == ([], 2)


async def test_jobs_that_cannot_be_read_are_an_error_of_their_field_only(front: Any) -> None:
    gateway = await front()
    gateway.sandbox.elasticsearch.faults.add(ALL, Fault(status=403))
    answer = await gateway.answer(JOBS, {"id": "elasticsearch:planned-outages"})
    assert answer["data"]["calendar"]["elasticsearch"]["jobs"] is None
    assert answer["data"]["calendar"]["elasticsearch"]["jobIds"] == ["payments-latency", "payments-volume"]
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"FORBIDDEN"}
    assert len(job_reads(gateway)) == 1


async def test_how_far_jobs_are_may_be_secret_although_they_are_not(front: Any) -> None:
    gateway = await front()
    gateway.sandbox.elasticsearch.faults.add(STATS, Fault(status=403))
    answer = await gateway.answer(JOBS, {"id": "elasticsearch:planned-outages"})
    jobs = answer["data"]["calendar"]["elasticsearch"]["jobs"]
    assert [(job["id"], job["latestProcessed"]) for job in jobs] == [
        ("payments-latency", None),
        ("payments-volume", None),
    ]
