"""The operations on the events of ML calendars: post, get, delete."""

from functools import partial
from typing import Any

from gateway.sandbox.elasticsearch import calendars
from gateway.sandbox.elasticsearch.call import Action, Call
from gateway.sandbox.elasticsearch.dates import bound, event_time, instant_text, timestamp_text
from gateway.sandbox.elasticsearch.errors import (
    EVENT_OF_OTHER_CALENDAR,
    FIELD_MISSING,
    INCONSISTENT_EVENT,
    NO_EVENT,
    NO_EVENTS,
    NO_JOB,
    START_NOT_BEFORE_END,
    Cause,
    Failure,
    all_shards_failed,
)
from gateway.sandbox.elasticsearch.objects import (
    BOOLEAN,
    INTEGER,
    LONG_RANGE,
    NOT_AN_ARGUMENT,
    STRING,
    Field,
    ObjectParser,
    array_of,
    scalar,
    whole,
)
from gateway.sandbox.elasticsearch.pages import FIRST_PAGE, PAGE, Page, is_all, matches
from gateway.sandbox.elasticsearch.state import Cluster, Event
from gateway.sandbox.elasticsearch.tokens import Kind, Tokens
from gateway.sandbox.elasticsearch.unknowns import NaiveTimes, Ties
from gateway.sandbox.elasticsearch.versions import Feature

POST, GET, DELETE = (
    "cluster:admin/xpack/ml/calendars/events/post",
    "cluster:monitor/xpack/ml/calendars/events/get",
    "cluster:admin/xpack/ml/calendars/events/delete",
)

JOB_WITH_CALENDAR = "If job_id is used calendar_id must be '_all' or '*'"
REQUIRED = ("description", "start_time", "end_time")
FLAGS = {"skip_result": BOOLEAN, "skip_model_update": BOOLEAN, "force_time_shift": INTEGER}
GET_BODY = ObjectParser(
    GET, {"calendar_id": STRING, "start": STRING, "end": STRING, "job_id": STRING, "page": PAGE}
)


def post(call: Call) -> Action:
    calendar_id = call.path["calendar_id"]
    given = post_parser(call).document(call.body()).get("events", [])
    for fields in given:
        if fields.get("calendar_id", calendar_id) != calendar_id:
            raise INCONSISTENT_EVENT(fields["calendar_id"], calendar_id)
    events = [_built(fields, calendar_id) for fields in given]
    if not events:
        raise NO_EVENTS()  # noqa: RSE102 a row of the table, not a class
    return Action(name=POST, run=partial(_post, call, events))


def post_parser(call: Call) -> ObjectParser:
    """Reads the body of a POST as the version of the cluster knows it."""
    naive_is_utc = _naive_is_utc(call)
    fields = {
        "description": STRING,
        "start_time": scalar(partial(_time, "start_time", naive_is_utc)),
        "end_time": scalar(partial(_time, "end_time", naive_is_utc)),
        "calendar_id": STRING,
        "type": STRING,
    }
    flags: dict[str, Field] = FLAGS if call.version.has(Feature.EVENT_FLAGS) else {}
    return ObjectParser(POST, {"events": array_of(ObjectParser("scheduled_event", {**fields, **flags}))})


def _naive_is_utc(call: Call) -> bool:
    if call.unknowns.naive_times is NaiveTimes.BY_VERSION:
        return call.version.has(Feature.NAIVE_TIMES_ARE_UTC)
    return call.unknowns.naive_times is NaiveTimes.UTC


def _time(name: str, naive_is_utc: bool, tokens: Tokens) -> int:
    """Milliseconds, from a number or from a date in a string."""
    token = tokens.current
    if token.kind is Kind.NUMBER:
        return whole(token.text, LONG_RANGE)
    if token.kind is Kind.STRING:
        return event_time(token.text, naive_is_utc=naive_is_utc)
    raise NOT_AN_ARGUMENT(f"unexpected token [{token.kind}] for [{name}]")


def _built(fields: dict[str, Any], calendar_id: str) -> Event:
    for name in REQUIRED:
        if name not in fields:
            raise FIELD_MISSING(name)
    start, end = fields["start_time"], fields["end_time"]
    if start >= end:
        raise START_NOT_BEFORE_END(instant_text(start), instant_text(end))
    return Event(
        calendar_id=calendar_id,
        description=fields["description"],
        start=start,
        end=end,
        skip_result=fields.get("skip_result", True),
        skip_model_update=fields.get("skip_model_update", True),
        force_time_shift=fields.get("force_time_shift"),
    )


def _post(call: Call, events: list[Event], cluster: Cluster) -> dict[str, Any]:
    """The events as they were sent, whatever became of them."""
    calendars.existing(cluster, call.path["calendar_id"])
    for index, event in enumerate(events):
        if index not in call.lose:
            cluster.index(event)
    return {"events": [as_json(event, call) for event in events]}


def get(call: Call) -> Action:
    expression = call.path["calendar_id"]
    if call.has_body:
        asked = GET_BODY.document(call.body())
    else:
        page = Page.of_query(call)
        asked = {name: call.text(name) for name in ("start", "end", "job_id")} | {"page": page}
    job_id = asked.get("job_id")
    invalid = (JOB_WITH_CALENDAR,) if job_id is not None and not is_all(expression) else ()
    return Action(name=GET, run=partial(_get, call, expression, asked), invalid=invalid)


def _get(call: Call, expression: str, asked: dict[str, Any], cluster: Cluster) -> dict[str, Any]:
    calendars.named(cluster, expression)
    job_id, page = asked.get("job_id"), asked.get("page") or FIRST_PAGE
    scope = None if job_id is None else calendars_of_job(cluster, job_id)
    window = _window(call, asked) if cluster.has_meta else (None, None)
    found = [
        (key, event)
        for key, event in cluster.events()
        if matches(expression, event.calendar_id)
        and (scope is None or event.calendar_id in scope)
        and _is_in(event, *window)
    ]
    if call.unknowns.ties is Ties.CHANGING and page.is_odd:
        found.reverse()  # the sort is stable
    found.sort(key=lambda item: (item[1].start, item[1].description.encode(errors="replace")))
    return {"count": len(found), "events": [as_json(event, call, key) for key, event in page.cut(found)]}


def _window(call: Call, asked: dict[str, Any]) -> tuple[int | None, int | None]:
    """The bounds; both are exclusive, and a start that names a whole day or second means its end."""
    start, end = asked.get("start"), asked.get("end")
    try:
        return (
            None if start is None else bound(start, call.now, round_up=True),
            None if end is None else bound(end, call.now, round_up=False),
        )
    except Failure as failure:
        raise all_shards_failed(_search_cause(failure.cause)) from failure


def _search_cause(cause: Cause) -> Cause:
    """A search wraps what is no parse exception of Elasticsearch's own in one."""
    if cause.type == "parse_exception":
        return cause
    return Cause("parse_exception", f"{cause.reason}: [{cause.reason}]", cause)


def _is_in(event: Event, start: int | None, end: int | None) -> bool:
    return (start is None or event.end > start) and (end is None or event.start < end)


def calendars_of_job(cluster: Cluster, job_id: str) -> set[str]:
    """The calendars that apply to a job or group: by its own id, by a group of the job, or to all."""
    job = cluster.jobs.get(job_id)
    if job is None and not any(job_id in other.groups for other in cluster.jobs.values()):
        raise NO_JOB(job_id)
    names = {job_id, "_all", *(() if job is None else job.groups)}
    return {calendar.calendar_id for calendar in cluster.calendars() if names & {*calendar.job_ids}}


def delete(call: Call) -> Action:
    return Action(name=DELETE, run=partial(_delete, call.path["calendar_id"], call.path["event_id"]))


def _delete(calendar_id: str, event_id: str, cluster: Cluster) -> dict[str, Any]:
    """Any document of the index will do, a calendar's own too: its calendar_id is the right one."""
    calendars.existing(cluster, calendar_id)
    document = cluster.meta.get(event_id)
    if document is None:
        raise NO_EVENT(event_id)
    if document.calendar_id != calendar_id:
        raise EVENT_OF_OTHER_CALENDAR(event_id, document.calendar_id, calendar_id)
    del cluster.meta[event_id]
    return calendars.ACKNOWLEDGED


def as_json(event: Event, call: Call, event_id: str | None = None) -> dict[str, Any]:
    flags: dict[str, Any] = {}
    if call.version.has(Feature.EVENT_FLAGS):
        flags = {"skip_result": event.skip_result, "skip_model_update": event.skip_model_update}
        if event.force_time_shift is not None:
            flags["force_time_shift"] = event.force_time_shift
    return {
        "description": event.description,
        **time_json("start_time", event.start, is_human=call.is_human),
        **time_json("end_time", event.end, is_human=call.is_human),
        **flags,
        "calendar_id": event.calendar_id,
        **({} if event_id is None else {"event_id": event_id}),
    }


def time_json(name: str, time: int, *, is_human: bool) -> dict[str, Any]:
    """A time in milliseconds, after its text if a human is to read it."""
    return {**({f"{name}_string": timestamp_text(time)} if is_human else {}), name: time}
