"""coverage through the whole application: what is announced against what is muted, per job."""

from typing import Any

import pytest

from gateway.sandbox.faults import Fault

from .conftest import CONFIGURATION
from .test_announce_and_mute import add

pytestmark = pytest.mark.anyio

OUTLOOK = "msgraph:users/outages@contoso.com/calendar"
PAYMENTS = "elasticsearch:planned-outages"
COVERAGE = """
query ($announced: [ID!]!, $suppressed: [ID!]!, $window: TimeWindowInput!) {
  coverage(announced: $announced, suppressed: $suppressed, window: $window) {
    covered {
      announced { id title } suppressed { id title } certainty uncovered mutedUntil
      drift { kind announced suppressed } gaps { jobIds bucketSpan start end }
    }
    announcedOnly { title }
    suppressedOnly { title elasticsearch { skipResult } }
    sources { source { name } status problem { code } }
    problems { code message path }
    isComplete
  }
}
"""
DAY = {"start": "2027-02-01T00:00:00Z", "end": "2027-02-02T00:00:00Z"}


async def covered(gateway: Any, *suppressed: str, announced: str = OUTLOOK, **window: str) -> dict[str, Any]:
    variables = {
        "announced": [announced],
        "suppressed": list(suppressed) or [PAYMENTS],
        "window": {**DAY, **window},
    }
    return (await gateway.ask(COVERAGE, variables))["coverage"]


def event(title: str, start: str, end: str, **rest: Any) -> dict[str, Any]:
    day = "2027-02-01T"
    return {
        "title": title,
        "start": {"instant": f"{day}{start}:00Z"},
        "end": {"instant": f"{day}{end}:00Z"},
        **rest,
    }


async def test_the_seeded_week_has_something_in_each_list(front: Any) -> None:
    window = {"start": "2026-11-16T00:00:00Z", "end": "2026-11-21T00:00:00Z"}
    report = await covered(await front(), **window)
    assert [it["announced"]["title"] for it in report["covered"]] == [
        "Payments database failover test",
        "Weekly patch window",
        "Upgrade of the payments queue",
    ]
    assert {it["certainty"] for it in report["covered"]} == {"PROBABLE"}
    assert {"title": "Network maintenance in Frankfurt"} in report["announcedOnly"]
    assert [it["title"] for it in report["suppressedOnly"]] == ["Certificate renewal"]
    assert report["isComplete"]


async def test_an_alias_stands_on_each_side_for_its_calendars_of_that_side(front: Any) -> None:
    gateway = await front()
    await add(gateway, "payments-maintenance", events=[event("Upgrade", "08:00", "09:00")])
    report = await covered(gateway, "payments-maintenance", announced="payments-maintenance")
    assert [it["announced"]["title"] for it in report["covered"]] == ["Upgrade"]
    assert not report["problems"]
    assert [it["source"]["name"] for it in report["sources"]] == ["msgraph", "elasticsearch"]


async def test_gaps_are_told_for_each_bucket_span_after_rounding(front: Any) -> None:
    gateway = await front()
    await add(gateway, OUTLOOK, events=[event("Upgrade of the queue", "08:00", "10:00")])
    await add(gateway, PAYMENTS, events=[event("Queue upgrade", "08:07", "09:02")])
    (found,) = (await covered(gateway))["covered"]
    assert found["gaps"] == [
        gap(["payments-latency"], "PT5M", "08:00", "08:05"),
        gap(["payments-latency"], "PT5M", "09:05", "10:00"),
        gap(["payments-volume"], "PT15M", "09:15", "10:00"),
    ]
    assert found["uncovered"] == "PT1H"
    assert found["mutedUntil"] == "2027-02-01T09:02:00Z"
    assert found["drift"] == [
        {"kind": "START", "announced": "2027-02-01T08:00:00Z", "suppressed": "2027-02-01T08:07:00Z"},
        {"kind": "END", "announced": "2027-02-01T10:00:00Z", "suppressed": "2027-02-01T09:02:00Z"},
    ]


def gap(jobs: list[str], span: str, start: str, end: str) -> dict[str, Any]:
    day = "2027-02-01T"
    return {"jobIds": jobs, "bucketSpan": span, "start": f"{day}{start}:00Z", "end": f"{day}{end}:00Z"}


async def test_mutes_of_other_titles_cover_too_and_are_no_mutes_of_the_event(front: Any) -> None:
    gateway = await front()
    await add(gateway, OUTLOOK, events=[event("Upgrade of the queue", "08:00", "10:00")])
    halves = [event("Queue upgrade", "08:00", "09:00"), event("Certificates", "09:00", "10:00")]
    await add(gateway, PAYMENTS, events=halves)
    report = await covered(gateway)
    (found,) = report["covered"]
    assert [it["title"] for it in found["suppressed"]] == ["Queue upgrade"]
    assert found["gaps"] == []
    assert [it["title"] for it in report["suppressedOnly"]] == ["Certificates"]


async def test_a_job_is_muted_by_all_calendars_that_apply_to_it(front: Any) -> None:
    named = 'calendars = ["*", "global-maintenance"]'
    gateway = await front(CONFIGURATION.replace('calendars = ["*"]', named, 1))
    everything = "elasticsearch:global-maintenance"
    await add(gateway, OUTLOOK, events=[event("Upgrade of the queue", "08:00", "10:00")])
    await add(gateway, PAYMENTS, events=[event("Queue upgrade", "08:00", "09:00")])
    await add(gateway, everything, events=[event("Upgrade, queue", "09:00", "10:00")])
    alone, together = await covered(gateway), await covered(gateway, PAYMENTS, everything)
    assert alone["covered"][0]["uncovered"] == "PT1H"
    gaps = together["covered"][0]["gaps"]
    assert not [it for it in gaps if {"payments-latency", "payments-volume"} & set(it["jobIds"])]
    assert {job for it in gaps for job in it["jobIds"]} >= {"auth-failures"}


async def test_an_event_that_does_not_skip_results_is_no_mute(front: Any) -> None:
    gateway = await front()
    learns = {"elasticsearch": {"skipResult": False, "skipModelUpdate": True}}
    await add(gateway, OUTLOOK, events=[event("Upgrade", "08:00", "09:00")])
    await add(gateway, PAYMENTS, events=[event("Upgrade", "08:00", "09:00", **learns)])
    report = await covered(gateway)
    assert [it["title"] for it in report["announcedOnly"]] == ["Upgrade"]
    assert not report["covered"]
    assert not report["suppressedOnly"]


async def test_an_event_that_does_not_skip_results_covers_nothing_of_what_another_mutes(front: Any) -> None:
    gateway = await front()
    learns = {"elasticsearch": {"skipResult": False, "skipModelUpdate": True}}
    await add(gateway, OUTLOOK, events=[event("Upgrade", "08:00", "10:00")])
    halves = [event("Upgrade", "08:00", "09:00"), event("Upgrade", "09:00", "10:00", **learns)]
    await add(gateway, PAYMENTS, events=halves)
    (found,) = (await covered(gateway))["covered"]
    assert (len(found["suppressed"]), found["uncovered"]) == (1, "PT1H")


async def test_a_key_makes_a_pair_certain_where_neither_title_nor_time_does(front: Any) -> None:
    gateway = await front()
    await add(gateway, OUTLOOK, events=[event("Upgrade", "08:00", "09:00", key="CHG-1")])
    mutes = [event("Renewal", "10:00", "11:00", key="CHG-1"), event("Upgrade", "08:00", "09:00", key="CHG-2")]
    await add(gateway, PAYMENTS, events=mutes)
    report = await covered(gateway)
    (found,) = report["covered"]
    assert (found["certainty"], [it["title"] for it in found["suppressed"]]) == ("CERTAIN", ["Renewal"])
    assert found["mutedUntil"] == "2027-02-01T11:00:00Z"
    assert [it["kind"] for it in found["drift"]] == ["START", "END", "TITLE"]
    assert found["uncovered"] == "PT0S", "the other mute covers it, whomever it belongs to"
    assert [it["title"] for it in report["suppressedOnly"]] == ["Upgrade"]


async def test_a_key_in_another_case_makes_a_pair_of_what_overlaps_probable_whatever_the_titles(
    front: Any,
) -> None:
    gateway = await front()
    ours = [event("Upgrade", "08:00", "09:00", key="CHG-1"), event("Move", "12:00", "13:00", key="CHG-2")]
    await add(gateway, OUTLOOK, events=ours)
    mutes = [event("Renewal", "08:00", "09:00", key="chg-1"), event("Move", "15:00", "16:00", key="chg-2")]
    await add(gateway, PAYMENTS, events=mutes)
    report = await covered(gateway)
    (found,) = report["covered"]
    assert (found["certainty"], [it["title"] for it in found["suppressed"]]) == ("PROBABLE", ["Renewal"])
    assert [it["title"] for it in report["announcedOnly"]] == ["Move"]
    assert [it["title"] for it in report["suppressedOnly"]] == ["Move"]


async def test_what_was_called_off_is_announced_no_more(front: Any) -> None:
    gateway = await front()
    invited = {"attendees": [{"email": "outages@contoso.com"}]}
    report = await add(gateway, "beta:me/calendar", events=[event("Upgrade", "08:00", "09:00", **invited)])
    assert [it["title"] for it in (await covered(gateway))["announcedOnly"]] == ["Upgrade"]
    removal = {"removals": [{"target": {"id": report["results"][0]["eventId"]}}]}
    await gateway.ask(
        "mutation ($input: RemoveEventsInput!) { removeEvents(input: $input) { status } }", {"input": removal}
    )
    report = await covered(gateway)
    assert (report["announcedOnly"], report["covered"], report["isComplete"]) == ([], [], True)


async def test_where_mutes_cannot_be_read_what_is_announced_is_not_said_to_be_unmuted_for_sure(
    front: Any,
) -> None:
    gateway = await front()
    await add(gateway, OUTLOOK, events=[event("Upgrade", "08:00", "09:00")])
    await add(gateway, PAYMENTS, events=[event("Upgrade", "08:00", "09:00")])
    gateway.sandbox.elasticsearch.faults.add("GET /_ml/calendars/*", Fault(status=403))
    report = await covered(gateway)
    assert [it["title"] for it in report["announcedOnly"]] == ["Upgrade"]
    assert [(it["source"]["name"], it["status"], it["problem"]) for it in report["sources"]] == [
        ("msgraph", "OK", None),
        ("elasticsearch", "FAILED", {"code": "FORBIDDEN"}),
    ]
    assert not report["isComplete"]


async def test_a_source_that_does_not_answer_makes_the_report_incomplete(front: Any) -> None:
    gateway = await front()
    await add(gateway, PAYMENTS, events=[event("Upgrade", "08:00", "09:00")])
    gateway.sandbox.msgraph.faults.add("GET *", Fault(status=403))
    report = await covered(gateway)
    assert not report["isComplete"]
    statuses = [(it["source"]["name"], it["status"]) for it in report["sources"]]
    assert statuses == [("msgraph", "FAILED"), ("elasticsearch", "OK")]
    assert [it["title"] for it in report["suppressedOnly"]] == ["Upgrade"]


async def test_jobs_that_cannot_be_read_are_a_problem_and_the_events_own_time_counts(front: Any) -> None:
    gateway = await front()
    await add(gateway, OUTLOOK, events=[event("Upgrade", "08:00", "09:00")])
    await add(gateway, PAYMENTS, events=[event("Upgrade", "08:10", "09:00")])
    gateway.sandbox.elasticsearch.faults.add("GET /_ml/anomaly_detectors*", Fault(status=403))
    report = await covered(gateway)
    assert [it["code"] for it in report["problems"]] == ["FORBIDDEN"]
    assert not report["isComplete"]
    assert report["covered"][0]["gaps"] == [gap([], "PT1S", "08:00", "08:10")]


async def test_a_calendar_that_applies_to_no_job_covers_nothing(front: Any) -> None:
    gateway = await front()
    await add(gateway, OUTLOOK, events=[event("Upgrade", "08:00", "09:00")])
    await add(gateway, "elasticsearch:empty", events=[event("Upgrade", "08:00", "09:00")])
    report = await covered(gateway, "elasticsearch:empty")
    assert report["covered"][0]["gaps"] == [gap([], "PT1S", "08:00", "09:00")]


async def test_only_the_announced_time_in_the_window_is_looked_at(front: Any) -> None:
    gateway = await front()
    await add(gateway, OUTLOOK, events=[event("Upgrade", "08:00", "12:00")])
    await add(gateway, PAYMENTS, events=[event("Upgrade", "10:00", "11:00")])
    report = await covered(gateway, start="2027-02-01T10:00:00Z", end="2027-02-01T11:00:00Z")
    assert report["covered"][0]["gaps"] == []


async def test_names_on_the_wrong_side_and_names_of_nothing_are_problems(front: Any) -> None:
    report = await covered(await front(), PAYMENTS, OUTLOOK, "nowhere")
    assert [(it["code"], it["path"]) for it in report["problems"]] == [
        ("UNKNOWN_ALIAS", ["suppressed", "calendars", "2"]),
        ("UNSUPPORTED", ["suppressed", "1"]),
    ]
    assert not report["isComplete"]


async def test_a_calendar_that_mutes_announces_nothing_and_is_a_problem_unless_an_alias_names_it(
    front: Any,
) -> None:
    report = await covered(await front(), announced=PAYMENTS)
    assert [(it["code"], it["path"]) for it in report["problems"]] == [("UNSUPPORTED", ["announced", "0"])]
    assert not report["isComplete"]


async def test_a_window_of_more_than_a_year_is_refused(front: Any) -> None:
    gateway = await front()
    variables = {
        "announced": [OUTLOOK],
        "suppressed": [PAYMENTS],
        "window": {"start": "2027-01-01T00:00:00Z", "end": "2028-01-03T00:00:00Z"},
    }
    answer = await gateway.answer(COVERAGE, variables)
    (error,) = answer["errors"]
    assert error["extensions"]["code"] == "TOO_MANY"
    assert error["extensions"]["inputPath"] == ["window"]
    assert not gateway.seen("msgraph", "GET")


async def test_a_read_only_source_is_enough(front: Any) -> None:
    gateway = await front(CONFIGURATION.replace('mode = "write"', 'mode = "read"'))
    window = {"start": "2026-11-16T00:00:00Z", "end": "2026-11-21T00:00:00Z"}
    assert (await covered(gateway, **window))["isComplete"]
