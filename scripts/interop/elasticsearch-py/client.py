"""elasticsearch-py at work on ML calendars: every calendar method, its errors, its paging."""

import os
import warnings
from datetime import UTC, datetime

import elasticsearch
from elasticsearch import (
    AuthenticationException,
    AuthorizationException,
    BadRequestError,
    Elasticsearch,
    NotFoundError,
)
from report import operation, raises, same

URL, SERVER = os.environ["ES_URL"], os.environ["ES_VERSION"]
MANAGE, MONITOR = os.environ["ES_MANAGE"], os.environ["ES_MONITOR"]
HOUR = 3_600_000


def client(key: str = MANAGE, **options: object) -> Elasticsearch:
    return Elasticsearch(URL, api_key=key, **options)


def events(number: int) -> list[dict[str, object]]:
    return [
        {"description": f"event {n:03}", "start_time": n * HOUR, "end_time": (n + 1) * HOUR}
        for n in range(number)
    ]


def calendars(es: Elasticsearch) -> None:
    with operation("info"):
        same(es.info()["version"]["number"], SERVER)
    with operation("ml.put_calendar"):
        made = es.ml.put_calendar(calendar_id="interop", job_ids=["web-traffic"], description="ours")
        same(made["job_ids"], ["web-traffic"])
    with operation("ml.get_calendars, one"):
        found = es.ml.get_calendars(calendar_id="interop")
        same(found["calendars"][0]["description"], "ours")
    with operation("ml.get_calendars, by page"):
        ids = [
            calendar["calendar_id"]
            for start in range(0, 6, 2)
            for calendar in es.ml.get_calendars(from_=start, size=2)["calendars"]
        ]
        same(ids, ["empty", "global-maintenance", "holidays", "interop", "planned-outages"])
    with operation("ml.get_calendars, page in the body"):
        same(len(es.ml.get_calendars(page={"from": 1, "size": 3})["calendars"]), 3)
    with operation("ml.put_calendar_job"):
        changed = es.ml.put_calendar_job(calendar_id="interop", job_id=["payments", "checkout-errors"])
        same(set(changed["job_ids"]), {"web-traffic", "payments", "checkout-errors"})
    with operation("ml.delete_calendar_job"):
        changed = es.ml.delete_calendar_job(calendar_id="interop", job_id="web-traffic")
        same(set(changed["job_ids"]), {"payments", "checkout-errors"})


def calendar_events(es: Elasticsearch) -> None:
    with operation("ml.post_calendar_events"):
        same(
            es.ml.post_calendar_events(calendar_id="interop", events=events(250))["events"][7]["end_time"],
            8 * HOUR,
        )
    with operation("ml.post_calendar_events, datetimes and umlauts"):
        moment = datetime(2026, 11, 21, 10, tzinfo=UTC)
        event = {"description": "Störung „ü“", "start_time": moment, "end_time": moment.replace(hour=11)}
        posted = es.ml.post_calendar_events(calendar_id="interop", events=[event])["events"][0]
        same(
            (posted["description"], posted["start_time"]),
            (event["description"], int(moment.timestamp()) * 1000),
        )
    with operation("ml.get_calendar_events, by page"):
        ids = [
            event["event_id"]
            for start in range(0, 300, 100)
            for event in es.ml.get_calendar_events(calendar_id="interop", from_=start)["events"]
        ]
        same(len(set(ids)), 251)
    with operation("ml.get_calendar_events, in a window"):
        found = es.ml.get_calendar_events(calendar_id="interop", start=str(3 * HOUR), end=str(5 * HOUR))
        same([event["description"] for event in found["events"]], ["event 003", "event 004"])
    with operation("ml.get_calendar_events, datetime and date math"):
        moment = datetime(2026, 11, 21, 10, 30, tzinfo=UTC)
        same(es.ml.get_calendar_events(calendar_id="int*", start=moment, end="2026-11-21||+1d/d")["count"], 1)
    with operation("ml.get_calendar_events, of a job"):
        found = es.ml.get_calendar_events(calendar_id="_all", job_id="checkout-errors", size=1000)
        same(
            {event["calendar_id"] for event in found["events"]}, {"interop", "holidays", "global-maintenance"}
        )
    with operation("ml.delete_calendar_event"):
        event = es.ml.get_calendar_events(calendar_id="interop", size=1)["events"][0]
        same(
            es.ml.delete_calendar_event(calendar_id="interop", event_id=event["event_id"])["acknowledged"],
            True,
        )
        same(es.ml.get_calendar_events(calendar_id="interop", size=0)["count"], 250)


def jobs(es: Elasticsearch) -> None:
    with operation("ml.get_jobs"):
        same(
            [job["job_id"] for job in es.ml.get_jobs(job_id="payments")["jobs"]],
            ["payments-latency", "payments-volume"],
        )
    with operation("ml.get_job_stats, after a 503"):
        same(es.ml.get_job_stats(job_id="web-traffic")["count"], 1)


def rendering() -> None:
    with operation("filter_path, human, pretty"):
        found = client().ml.get_calendar_events(
            calendar_id="holidays", filter_path="events.start_time*", human=True, pretty=True
        )
        same(set(found["events"][0]), {"start_time", "start_time_string"})
    with operation("http_compress"):
        es = client(http_compress=True)
        es.ml.put_calendar(calendar_id="compressed")
        same(len(es.ml.post_calendar_events(calendar_id="compressed", events=events(50))["events"]), 50)
    with operation("no warning of the client's"), warnings.catch_warnings():
        warnings.simplefilter("error")
        client().ml.get_calendars(calendar_id="*")


def errors(es: Elasticsearch) -> None:
    with (
        operation("404 is NotFoundError"),
        raises(NotFoundError, status_code=404, error="resource_not_found_exception"),
    ):
        es.ml.get_calendars(calendar_id="nowhere")
    with (
        operation("400 is BadRequestError"),
        raises(BadRequestError, status_code=400, error="status_exception"),
    ):
        es.ml.put_calendar(calendar_id="interop")
    with operation("401 is AuthenticationException"), raises(AuthenticationException, status_code=401):
        client("bm9ib2R5Om5vdGhpbmc=").ml.get_calendars()
    with operation("403 is AuthorizationException"), raises(AuthorizationException, status_code=403):
        client(MONITOR).ml.put_calendar(calendar_id="forbidden")
    with (
        operation("an event without a title is refused"),
        raises(BadRequestError, message="status_exception"),
    ):
        es.ml.post_calendar_events(calendar_id="interop", events=[{"start_time": 1, "end_time": 2}])


def deletion(es: Elasticsearch) -> None:
    with operation("ml.delete_calendar"):
        same(es.ml.delete_calendar(calendar_id="interop")["acknowledged"], True)
        with raises(NotFoundError):
            es.ml.get_calendar_events(calendar_id="interop")


def main() -> None:
    es = client()
    if elasticsearch.VERSION[0] > int(SERVER.partition(".")[0]):
        with (
            operation(f"a cluster of version {SERVER} refuses to be spoken to"),
            raises(BadRequestError, error="media_type_header_exception"),
        ):
            es.ml.get_calendars()
        return
    for part in (calendars, calendar_events, jobs, errors, deletion):
        part(es)
    rendering()


main()
