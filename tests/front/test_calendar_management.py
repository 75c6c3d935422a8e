"""Calendars of Elasticsearch are made, deleted and given jobs; what nobody meant is refused."""

import asyncio
import json
from typing import Any

import pytest

from gateway.sandbox.faults import HELD, Cut, Fault
from gateway.sandbox.world import Job
from tests.front.conftest import CONFIGURATION
from tests.front.test_muting import cluster, fill, hold

pytestmark = pytest.mark.anyio

SHOWN = """status problem { code message path hint retryable } warnings { code field message }
  requests { method path body status }"""
CREATE = f"""mutation ($input: CreateCalendarInput!) {{ createCalendar(input: $input) {{
  calendar {{ id description elasticsearch {{ jobIds jobs {{ id }} }} }} {SHOWN} }} }}"""
DELETE = f"""mutation ($input: DeleteCalendarInput!) {{ deleteCalendar(input: $input) {{
  calendarId eventCount jobIds {SHOWN} }} }}"""
SET = f"""mutation ($input: SetCalendarJobsInput!) {{ setCalendarJobs(input: $input) {{
  calendar {{ id elasticsearch {{ jobIds }} }} {SHOWN} }} }}"""
NEW, OUTAGES = "elasticsearch:new-one", "elasticsearch:planned-outages"
LOOK = "GET /_ml/calendars/{calendar_id}"
PUT, GONE = "PUT /_ml/calendars/{calendar_id}", "DELETE /_ml/calendars/{calendar_id}"
EVENTS = "GET /_ml/calendars/{calendar_id}/events"
ADD_JOBS, REMOVE_JOBS = (
    f"{method} /_ml/calendars/{{calendar_id}}/jobs/{{job_ids}}" for method in ("PUT", "DELETE")
)
ALL_ALLOWED = CONFIGURATION.replace('max_mute = "P400D"', 'max_mute = "P400D"\nallow_all_jobs = true')


async def create(gateway: Any, calendar: str = NEW, **rest: Any) -> Any:
    return (await gateway.ask(CREATE, {"input": {"id": calendar, **rest}}))["createCalendar"]


async def delete(gateway: Any, count: int, calendar: str = OUTAGES, **rest: Any) -> Any:
    given = {"calendar": calendar, "expectedEventCount": count, **rest}
    return (await gateway.ask(DELETE, {"input": given}))["deleteCalendar"]


async def set_jobs(gateway: Any, *jobs: str, calendar: str = OUTAGES, **rest: Any) -> Any:
    given = {"calendar": calendar, "jobs": list(jobs), **rest}
    return (await gateway.ask(SET, {"input": given}))["setCalendarJobs"]


def written(gateway: Any) -> list[str]:
    """What changed something, as it reached the cluster."""
    exchanges = gateway.sandbox.elasticsearch.exchanges
    requests = [exchange.request for exchange in exchanges if exchange.request.method != "GET"]
    return [f"{request.method} {request.target}" for request in requests]


def held(gateway: Any, calendar: str = "planned-outages") -> set[str]:
    return set(cluster(gateway).calendar(calendar).job_ids)


def planned(payload: Any) -> list[Any]:
    return [(request["method"], request["path"], request["body"]) for request in payload["requests"]]


# Making


async def test_a_calendar_is_made_with_jobs_and_groups_and_seen(front: Any) -> None:
    gateway = await front()
    made = await create(gateway, description="Network work", jobs=["web", "auth-failures", "web"])
    assert (made["status"], made["problem"], made["warnings"]) == ("CREATED", None, [])
    assert made["calendar"] == {
        "id": NEW,
        "description": "Network work",
        "elasticsearch": {
            "jobIds": ["auth-failures", "web"],
            "jobs": [{"id": "auth-failures"}, {"id": "checkout-errors"}, {"id": "web-traffic"}],
        },
    }
    (put,) = gateway.seen("elasticsearch", "PUT")
    assert put.target == "/_ml/calendars/new-one"
    assert json.loads(put.body) == {"job_ids": ["web", "auth-failures"], "description": "Network work"}


async def test_a_dry_run_shows_what_a_real_run_sends_and_makes_nothing(front: Any) -> None:
    gateway = await front()
    plan = await create(gateway, jobs=["web"], dryRun=True)
    assert (plan["status"], plan["calendar"], written(gateway)) == ("PLANNED", None, [])
    assert gateway.audit == []
    assert planned(await create(gateway, jobs=["web"])) == planned(plan)


async def test_a_calendar_without_jobs_is_made_and_mutes_nothing(front: Any) -> None:
    made = await create(await front())
    assert made["status"] == "CREATED"
    assert [warning["code"] for warning in made["warnings"]] == ["NO_JOBS"]


@pytest.mark.parametrize("dry_run", [False, True])
async def test_a_calendar_that_is_there_is_shown_and_left_as_it_is(front: Any, dry_run: bool) -> None:
    gateway = await front()
    found = await create(gateway, OUTAGES, description="Mine", dryRun=dry_run)
    assert (found["status"], found["problem"]["code"]) == ("CONFLICT", "CONFLICT")
    assert found["calendar"]["description"] == "Planned outages of the payments platform"
    assert written(gateway) == []


async def test_a_calendar_that_somebody_else_makes_just_then_is_shown(front: Any) -> None:
    gateway = await front()
    faults = gateway.sandbox.elasticsearch.faults
    faults.add(PUT, Fault(delay=HELD))
    making = asyncio.create_task(create(gateway, description="Mine"))
    await faults.arrival()
    faults.clear()
    await create(await front(), description="Theirs")
    faults.release()
    found = await making
    assert (found["status"], found["calendar"]["description"]) == ("CONFLICT", "Theirs")


async def test_a_name_that_is_no_job_is_refused_with_the_one_that_may_be_meant(front: Any) -> None:
    gateway = await front()
    refused = await create(gateway, jobs=["web", "payments-latenzy"])
    assert (refused["status"], refused["problem"]["code"]) == ("FAILED", "INVALID_INPUT")
    assert refused["problem"]["path"] == ["jobs", "1"]
    assert refused["problem"]["hint"] == "Did you mean payments-latency?"
    assert written(gateway) == []


@pytest.mark.parametrize("name", ["pay*", "payments-latency,web", "", "_ALL"])
async def test_patterns_and_lists_are_no_names_of_jobs(front: Any, name: str) -> None:
    gateway = await front()
    assert (await create(gateway, jobs=[name]))["problem"]["code"] == "INVALID_INPUT"
    assert written(gateway) == []


async def test_all_jobs_are_taken_only_where_the_configuration_allows_it(front: Any) -> None:
    gateway = await front()
    refused = await create(gateway, jobs=["web", "_all"])
    assert (refused["problem"]["code"], refused["problem"]["path"]) == ("REFUSED", ["jobs", "1"])
    assert (await set_jobs(gateway, "_all"))["problem"]["code"] == "REFUSED"
    assert written(gateway) == []
    allowed = await create(await front(ALL_ALLOWED), jobs=["_all"])
    assert (allowed["status"], len(allowed["calendar"]["elasticsearch"]["jobs"])) == ("CREATED", 5)


async def test_jobs_that_cannot_be_read_cannot_be_checked_and_nothing_is_written(front: Any) -> None:
    gateway = await front()
    gateway.sandbox.elasticsearch.faults.add("GET /_ml/anomaly_detectors", Fault(status=403))
    refused = await create(gateway, jobs=["web"])
    assert (refused["status"], refused["problem"]["code"]) == ("FAILED", "FORBIDDEN")
    assert written(gateway) == []


async def test_a_missing_privilege_is_named(front: Any) -> None:
    gateway = await front(CONFIGURATION.replace("{elasticsearch_manage}", "{elasticsearch_monitor}"))
    refused = await create(gateway)
    assert (refused["status"], refused["problem"]["code"]) == ("FAILED", "FORBIDDEN")
    assert "manage_ml" in refused["problem"]["hint"]


@pytest.mark.parametrize(("cut", "status"), [(Cut.AFTER_WRITE, "CREATED"), (Cut.BEFORE_WRITE, "UNKNOWN")])
async def test_an_answer_that_is_lost_is_settled_by_looking(front: Any, cut: Cut, status: str) -> None:
    gateway = await front()
    gateway.sandbox.elasticsearch.faults.add(PUT, Fault(cut=cut))
    made = await create(gateway, jobs=["web"])
    assert made["status"] == status
    assert len(gateway.seen("elasticsearch", "PUT")) == 1
    assert (made["problem"] is None) is (status == "CREATED")


@pytest.mark.parametrize(("is_written", "status"), [(True, "CREATED"), (False, "FAILED")])
async def test_a_busy_cluster_is_looked_at_before_it_is_said_what_it_made(
    front: Any, is_written: bool, status: str
) -> None:
    gateway = await front()
    gateway.sandbox.elasticsearch.faults.add(PUT, Fault(status=503, is_written=is_written))
    made = await create(gateway, jobs=["web"])
    assert made["status"] == status
    assert (made["problem"] is None) is is_written


async def test_an_answer_and_a_look_that_are_lost_leave_it_unknown(front: Any) -> None:
    gateway = await front()
    faults = gateway.sandbox.elasticsearch.faults
    faults.add(PUT, Fault(cut=Cut.AFTER_WRITE))
    faults.add(LOOK, Fault(status=403), calls=[2])
    made = await create(gateway)
    assert (made["status"], made["problem"]["retryable"]) == ("UNKNOWN", False)
    assert "look at the calendar" in made["problem"]["hint"]


async def test_a_description_that_the_index_would_not_take_is_refused(front: Any) -> None:
    gateway = await front()
    refused = await create(gateway, description="ä" * 16_384)
    assert (refused["problem"]["code"], refused["problem"]["path"]) == ("INVALID_INPUT", ["description"])
    assert written(gateway) == []


@pytest.mark.parametrize(
    "name", ["elasticsearch:New", "elasticsearch:_all", "elasticsearch:a*", "elasticsearch:"]
)
async def test_an_id_that_elasticsearch_would_not_take_is_refused(front: Any, name: str) -> None:
    gateway = await front()
    refused = await create(gateway, name)
    assert (refused["problem"]["code"], refused["problem"]["path"]) == ("INVALID_ID", ["id"])
    assert not gateway.sandbox.elasticsearch.exchanges


# Guard rails


async def every(gateway: Any, calendar: str, **rest: Any) -> list[Any]:
    return [
        await create(gateway, calendar, **rest),
        await delete(gateway, 0, calendar, **rest),
        await set_jobs(gateway, "web", calendar=calendar, **rest),
    ]


def codes(payloads: list[Any]) -> set[str]:
    return {payload["problem"]["code"] for payload in payloads}


async def test_calendars_of_graph_are_not_managed_here(front: Any) -> None:
    gateway = await front()
    assert codes(await every(gateway, "msgraph:users/outages@contoso.com/calendar")) == {"UNSUPPORTED"}
    assert not gateway.sandbox.msgraph.exchanges
    data = await gateway.ask("{ calendarSources { name capabilities { capability fidelity } } }")
    able = {
        source["name"]
        for source in data["calendarSources"]
        if {"capability": "MANAGE_CALENDARS", "fidelity": "NATIVE"} in source["capabilities"]
    }
    assert able == {"elasticsearch"}


async def test_a_source_for_reading_plans_and_says_that_a_real_run_is_refused(front: Any) -> None:
    gateway = await front(CONFIGURATION.replace('mode = "write"\n', ""))
    assert codes(await every(gateway, NEW)) == {"READ_ONLY_SOURCE"}
    plan = await create(gateway, jobs=["web"], dryRun=True)
    assert (plan["status"], [it["code"] for it in plan["warnings"]]) == ("PLANNED", ["READ_ONLY_SOURCE"])
    assert written(gateway) == []


async def test_only_calendars_that_the_configuration_names_are_managed(front: Any) -> None:
    gateway = await front(CONFIGURATION.replace('calendars = ["*"]', 'calendars = ["team-*"]', 1))
    assert codes(await every(gateway, NEW)) == {"CALENDAR_NOT_ALLOWED"}
    assert (await create(gateway, "elasticsearch:team-web"))["status"] == "CREATED"


async def test_a_calendar_that_mutes_every_job_needs_an_entry_of_its_own(front: Any) -> None:
    gateway = await front()
    everything = "elasticsearch:global-maintenance"
    assert (await delete(gateway, 1, everything))["problem"]["code"] == "CALENDAR_NOT_ALLOWED"
    assert (await set_jobs(gateway, "web", calendar=everything))["problem"]["code"] == "CALENDAR_NOT_ALLOWED"
    assert written(gateway) == []
    named = CONFIGURATION.replace('calendars = ["*"]', 'calendars = ["*", "global-maintenance"]', 1)
    assert (await delete(await front(named), 1, everything))["status"] == "DELETED"


async def test_an_alias_of_several_calendars_names_none(front: Any) -> None:
    gateway = await front()
    refused = await set_jobs(gateway, "web", calendar="payments-maintenance")
    assert (refused["problem"]["code"], refused["problem"]["path"]) == ("INVALID_ID", ["calendar"])


async def test_every_write_leaves_a_line_and_no_text(front: Any) -> None:
    gateway = await front()
    await create(gateway, description="secret plans", jobs=["web"])
    await set_jobs(gateway, "payments", calendar=NEW)
    await delete(gateway, 0, NEW)
    lines = [(line["action"], line["calendar"], line["status"]) for line in gateway.audit]
    assert lines == [
        ("create_calendar", NEW, "created"),
        ("set_calendar_jobs", NEW, "updated"),
        ("delete_calendar", NEW, "deleted"),
    ]
    assert "secret" not in json.dumps(gateway.audit)


# Deleting


async def test_a_calendar_goes_with_its_events_and_it_is_said_what_went(front: Any) -> None:
    gateway = await front()
    gone = await delete(gateway, 4)
    assert (gone["status"], gone["problem"]) == ("DELETED", None)
    assert (gone["calendarId"], gone["eventCount"]) == (OUTAGES, 4)
    assert gone["jobIds"] == ["payments-latency", "payments-volume"]
    assert cluster(gateway).calendar("planned-outages") is None
    assert written(gateway) == ["DELETE /_ml/calendars/planned-outages"]


async def test_a_dry_run_of_a_deletion_counts_and_deletes_nothing(front: Any) -> None:
    gateway = await front()
    plan = await delete(gateway, 4, dryRun=True)
    assert (plan["status"], plan["eventCount"], written(gateway)) == ("PLANNED", 4, [])
    assert planned(await delete(gateway, 4)) == planned(plan)


@pytest.mark.parametrize("dry_run", [False, True])
async def test_another_number_of_events_than_expected_deletes_nothing(front: Any, dry_run: bool) -> None:
    gateway = await front()
    fill(gateway, "planned-outages", 1200)
    kept = await delete(gateway, 4, dryRun=dry_run)
    assert (kept["status"], kept["problem"]["code"], kept["eventCount"]) == ("CONFLICT", "CONFLICT", 1204)
    assert kept["problem"]["path"] == ["expectedEventCount"]
    assert written(gateway) == []
    assert (await delete(gateway, 1204))["status"] == "DELETED"


async def test_an_event_that_comes_after_the_plan_keeps_the_calendar(front: Any) -> None:
    gateway = await front()
    faults = gateway.sandbox.elasticsearch.faults
    faults.add(EVENTS, Fault(delay=HELD), calls=[2])
    deleting = asyncio.create_task(delete(gateway, 4))
    await faults.arrival()
    fill(gateway, "planned-outages", 1)
    faults.release()
    kept = await deleting
    assert (kept["status"], kept["eventCount"], written(gateway)) == ("CONFLICT", 5, [])


@pytest.mark.parametrize("call", [1, 2])
async def test_a_number_of_events_that_cannot_be_known_deletes_nothing(front: Any, call: int) -> None:
    gateway = await front()
    gateway.sandbox.elasticsearch.faults.add(EVENTS, Fault(status=403), calls=[call])
    kept = await delete(gateway, 4)
    assert (kept["status"], kept["problem"]["code"], kept["eventCount"]) == ("FAILED", "FORBIDDEN", None)
    assert written(gateway) == []


async def test_a_calendar_that_is_not_there_cannot_go(front: Any) -> None:
    gone = await delete(await front(), 0, NEW)
    assert (gone["status"], gone["problem"]["code"]) == ("FAILED", "NOT_FOUND")


@pytest.mark.parametrize(("cut", "status"), [(Cut.AFTER_WRITE, "DELETED"), (Cut.BEFORE_WRITE, "UNKNOWN")])
async def test_a_deletion_without_an_answer_is_settled_by_looking(front: Any, cut: Cut, status: str) -> None:
    gateway = await front()
    gateway.sandbox.elasticsearch.faults.add(GONE, Fault(cut=cut))
    gone = await delete(gateway, 4)
    assert (gone["status"], gone["eventCount"]) == (status, 4)
    assert len(written(gateway)) == 1


@pytest.mark.parametrize(("is_written", "status"), [(True, "DELETED"), (False, "UNKNOWN")])
async def test_a_deletion_by_a_busy_cluster_may_be_half_done(
    front: Any, is_written: bool, status: str
) -> None:
    gateway = await front()
    gateway.sandbox.elasticsearch.faults.add(GONE, Fault(status=429, is_written=is_written))
    assert (await delete(gateway, 4))["status"] == status


# Jobs


async def test_jobs_are_added_before_others_are_taken_out(front: Any) -> None:
    gateway = await front()
    done = await set_jobs(gateway, "web", "payments-volume")
    assert (done["status"], done["problem"], done["warnings"]) == ("UPDATED", None, [])
    assert done["calendar"]["elasticsearch"]["jobIds"] == ["payments-volume", "web"]
    assert written(gateway) == [
        "PUT /_ml/calendars/planned-outages/jobs/web",
        "DELETE /_ml/calendars/planned-outages/jobs/payments-latency",
    ]


async def test_a_dry_run_of_jobs_shows_what_a_real_run_sends(front: Any) -> None:
    gateway = await front()
    plan = await set_jobs(gateway, "web", dryRun=True)
    assert (plan["status"], held(gateway)) == ("PLANNED", {"payments-latency", "payments-volume"})
    assert planned(await set_jobs(gateway, "web")) == planned(plan)


async def test_jobs_are_a_set_and_the_same_one_is_no_change(front: Any) -> None:
    gateway = await front()
    same = await set_jobs(gateway, "payments-volume", "payments-latency", "payments-volume")
    assert (same["status"], same["requests"], written(gateway)) == ("UNCHANGED", [], [])


async def test_all_jobs_can_be_taken_out_and_that_is_warned_of(front: Any) -> None:
    gateway = await front()
    done = await set_jobs(gateway)
    assert (done["status"], [it["code"] for it in done["warnings"]]) == ("UPDATED", ["NO_JOBS"])
    assert held(gateway) == set()


async def test_a_name_that_is_held_may_stay_though_it_means_nothing_and_none_may_come(front: Any) -> None:
    gateway = await front()
    hold(gateway, "planned-outages", "old-job")
    assert (await set_jobs(gateway, "old-job", "older-job"))["problem"]["path"] == ["jobs", "1"]
    done = await set_jobs(gateway, "old-job", "web")
    assert (done["status"], [it["code"] for it in done["warnings"]]) == ("UPDATED", ["UNKNOWN_JOBS"])


@pytest.mark.parametrize("name", ["payments-volume,web", " web", "..", ".", ""])
async def test_a_name_that_a_path_would_say_otherwise_is_not_taken_out(front: Any, name: str) -> None:
    gateway = await front()
    hold(gateway, "planned-outages", "payments-volume", "web", name)
    kept = await set_jobs(gateway, "payments-volume", "web")
    assert (kept["status"], kept["problem"]["code"]) == ("FAILED", "UNSUPPORTED")
    assert written(gateway) == []
    assert (await set_jobs(gateway, "payments-volume", "web", name))["status"] == "UNCHANGED"


async def test_more_names_than_fit_into_a_path_go_in_several_requests(front: Any) -> None:
    gateway = await front()
    names = [f"a-job-with-quite-a-long-name-that-says-a-lot-{number:03}" for number in range(150)]
    cluster(gateway).jobs |= {name: Job(id=name, bucket_span="5m") for name in names}
    done = await set_jobs(gateway, *names)
    assert (done["status"], held(gateway)) == ("UPDATED", set(names))
    sizes = [len(target) for target in written(gateway)]
    assert len(sizes) > 3
    assert max(sizes) < 4000


async def test_what_is_refused_at_once_leaves_all_as_it_was(front: Any) -> None:
    gateway = await front()
    gateway.sandbox.elasticsearch.faults.add(ADD_JOBS, Fault(status=403))
    done = await set_jobs(gateway, "web")
    assert (done["status"], done["problem"]["code"]) == ("FAILED", "FORBIDDEN")
    assert held(gateway) == {"payments-latency", "payments-volume"}


async def test_what_is_refused_half_way_is_shown_as_it_is(front: Any) -> None:
    gateway = await front()
    gateway.sandbox.elasticsearch.faults.add(REMOVE_JOBS, Fault(status=403))
    done = await set_jobs(gateway, "web")
    assert (done["status"], done["problem"]["code"]) == ("CONFLICT", "CONFLICT")
    assert done["calendar"]["elasticsearch"]["jobIds"] == ["payments-latency", "payments-volume", "web"]
    assert "403" in done["problem"]["message"]


@pytest.mark.parametrize(("cut", "status"), [(Cut.AFTER_WRITE, "UPDATED"), (Cut.BEFORE_WRITE, "UNKNOWN")])
async def test_jobs_without_an_answer_are_settled_by_looking(front: Any, cut: Cut, status: str) -> None:
    gateway = await front()
    gateway.sandbox.elasticsearch.faults.add(ADD_JOBS, Fault(cut=cut))
    done = await set_jobs(gateway, "payments-latency", "payments-volume", "web")
    assert done["status"] == status
    assert len(written(gateway)) == 1


@pytest.mark.parametrize(("is_written", "status"), [(True, "UPDATED"), (False, "FAILED")])
async def test_jobs_that_a_busy_cluster_answers_for_are_settled_by_looking(
    front: Any, is_written: bool, status: str
) -> None:
    gateway = await front()
    gateway.sandbox.elasticsearch.faults.add(ADD_JOBS, Fault(status=503, is_written=is_written))
    done = await set_jobs(gateway, "payments-latency", "payments-volume", "web")
    assert done["status"] == status
    assert ("web" in held(gateway)) is is_written


async def test_a_calendar_that_changes_after_the_plan_is_left_alone(front: Any) -> None:
    gateway = await front()
    faults = gateway.sandbox.elasticsearch.faults
    faults.add(LOOK, Fault(delay=HELD), calls=[2])
    setting = asyncio.create_task(set_jobs(gateway, "web"))
    await faults.arrival()
    hold(gateway, "planned-outages", "auth-failures")
    faults.release()
    done = await setting
    assert (done["status"], done["problem"]["code"]) == ("CONFLICT", "CONFLICT")
    assert done["calendar"]["elasticsearch"]["jobIds"] == ["auth-failures"]
    assert written(gateway) == []


async def test_the_next_mutation_of_an_operation_sees_what_the_last_has_done(front: Any) -> None:
    data = await (await front()).ask(
        """mutation {
          setCalendarJobs(input: { calendar: "elasticsearch:planned-outages", jobs: ["web-traffic"] }) {
            status
          }
          addEvents(input: {
            calendars: ["elasticsearch:planned-outages"]
            events: [{ title: "x" start: { instant: "2026-11-20T21:00:00Z" } end: { after: "PT1H" } }]
          }) { results { event { elasticsearch { effectiveWindows { jobIds } } } } }
        }"""
    )
    (row,) = data["addEvents"]["results"]
    assert row["event"]["elasticsearch"]["effectiveWindows"] == [{"jobIds": ["web-traffic"]}]
