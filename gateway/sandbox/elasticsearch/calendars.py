"""The operations on ML calendars: put, get, delete, add and remove jobs."""

import re
from dataclasses import replace
from functools import partial
from typing import Any

from gateway.sandbox.elasticsearch.call import Action, Call
from gateway.sandbox.elasticsearch.errors import (
    CALENDAR_EXISTS,
    INCONSISTENT_CALENDAR,
    JOB_NOT_IN_CALENDAR,
    NO_CALENDAR,
)
from gateway.sandbox.elasticsearch.objects import STRING, STRING_OR_NULL, STRINGS, ObjectParser
from gateway.sandbox.elasticsearch.pages import FIRST_PAGE, PAGE, Page, is_all, matches
from gateway.sandbox.elasticsearch.state import Calendar, Cluster
from gateway.sandbox.world import MAX_ML_ID, ML_ID

PUT, GET, DELETE, JOBS = (
    "cluster:admin/xpack/ml/calendars/put",
    "cluster:monitor/xpack/ml/calendars/get",
    "cluster:admin/xpack/ml/calendars/delete",
    "cluster:admin/xpack/ml/calendars/jobs/update",
)

ACKNOWLEDGED = {"acknowledged": True}
VALID_ID = re.compile(ML_ID)
RESERVED = "Cannot create a Calendar with the reserved name [_all]"
INVALID_ID = (
    "Invalid calendar_id; '{}' can contain lowercase alphanumeric (a-z and 0-9), hyphens or underscores; "
    "must start and end with alphanumeric"
)
TOO_LONG = f"The job id cannot contain more than {MAX_ML_ID} characters."
PAGE_WITH_ID = "Params [from, size] are incompatible with [calendar_id]."

CALENDAR = ObjectParser(
    "calendar_id",
    {"calendar_id": STRING, "job_ids": STRINGS, "description": STRING_OR_NULL, "type": STRING},
)
GET_BODY = ObjectParser(GET, {"calendar_id": STRING, "page": PAGE})


def put(call: Call) -> Action:
    calendar_id = call.path["calendar_id"]
    given = CALENDAR.document(call.body()) if call.has_body else {}
    if given.get("calendar_id", calendar_id) != calendar_id:
        raise INCONSISTENT_CALENDAR(given["calendar_id"], calendar_id)
    calendar = Calendar(
        calendar_id=calendar_id,
        job_ids=tuple(given.get("job_ids", ())),
        description=given.get("description"),
    )
    return Action(name=PUT, run=partial(_put, calendar), invalid=id_complaints(calendar_id))


def id_complaints(calendar_id: str) -> tuple[str, ...]:
    """What is wrong with a new calendar's id: all of it."""
    return (
        *([RESERVED] if calendar_id == "_all" else []),
        *([] if VALID_ID.fullmatch(calendar_id) else [INVALID_ID.format(calendar_id)]),
        *([TOO_LONG] if len(calendar_id) > MAX_ML_ID else []),
    )


def _put(calendar: Calendar, cluster: Cluster) -> dict[str, Any]:
    if cluster.calendar(calendar.calendar_id) is not None:
        raise CALENDAR_EXISTS(calendar.calendar_id)
    cluster.put(calendar)
    return as_json(calendar)


def get(call: Call) -> Action:
    expression = call.path.get("calendar_id")
    if call.has_body:
        body = GET_BODY.document(call.body())
        expression, page = expression or body.get("calendar_id"), body.get("page")
    else:
        page = Page.of_query(call)
    invalid = (PAGE_WITH_ID,) if expression is not None and page is not None else ()
    return Action(name=GET, run=partial(_get, expression or "_all", page or FIRST_PAGE), invalid=invalid)


def _get(expression: str, page: Page, cluster: Cluster) -> dict[str, Any]:
    found = named(cluster, expression)
    return {"count": len(found), "calendars": [as_json(calendar) for calendar in page.cut(found)]}


def named(cluster: Cluster, expression: str) -> list[Calendar]:
    """The calendars that an expression names, by id; none is an error unless all were asked for."""
    found = [calendar for calendar in cluster.calendars() if matches(expression, calendar.calendar_id)]
    if not found and not is_all(expression):
        raise NO_CALENDAR(expression)
    return sorted(found, key=lambda calendar: calendar.calendar_id)


def existing(cluster: Cluster, calendar_id: str) -> Calendar:
    """The calendar of exactly this id."""
    calendar = cluster.calendar(calendar_id)
    if calendar is None:
        raise NO_CALENDAR(calendar_id)
    return calendar


def delete(call: Call) -> Action:
    return Action(name=DELETE, run=partial(_delete, call.path["calendar_id"]))


def _delete(calendar_id: str, cluster: Cluster) -> dict[str, Any]:
    existing(cluster, calendar_id)
    cluster.delete_calendar(calendar_id)
    return ACKNOWLEDGED


def add_jobs(call: Call) -> Action:
    return Action(name=JOBS, run=partial(_add_jobs, call.path["calendar_id"], _job_ids(call)))


def _add_jobs(calendar_id: str, job_ids: list[str], cluster: Cluster) -> dict[str, Any]:
    calendar = existing(cluster, calendar_id)
    return _update_jobs(cluster, calendar, {*calendar.job_ids, *job_ids})


def remove_jobs(call: Call) -> Action:
    return Action(name=JOBS, run=partial(_remove_jobs, call.path["calendar_id"], _job_ids(call)))


def _remove_jobs(calendar_id: str, job_ids: list[str], cluster: Cluster) -> dict[str, Any]:
    calendar = existing(cluster, calendar_id)
    for job_id in job_ids:
        if job_id not in calendar.job_ids:
            raise JOB_NOT_IN_CALENDAR(job_id, calendar_id)
    return _update_jobs(cluster, calendar, {*calendar.job_ids} - {*job_ids})


def _update_jobs(cluster: Cluster, calendar: Calendar, job_ids: set[str]) -> dict[str, Any]:
    changed = replace(calendar, job_ids=hash_order(job_ids))
    cluster.put(changed)
    return as_json(changed)


def _job_ids(call: Call) -> list[str]:
    tokens = (token.strip() for token in call.path["job_ids"].split(","))
    return list(dict.fromkeys(token for token in tokens if token))


def hash_order(names: set[str]) -> tuple[str, ...]:
    """Names in the order of a Java HashSet: none that a client could rely on."""
    buckets = 16
    while len(names) > buckets * 3 // 4:
        buckets *= 2
    return tuple(sorted(names, key=lambda name: (_java_hash(name) % buckets, name)))


def _java_hash(name: str) -> int:
    code = 0
    for unit in memoryview(name.encode("utf-16-le", "surrogatepass")).cast("H"):
        code = (31 * code + unit) & 0xFFFFFFFF
    return code ^ (code >> 16)


def as_json(calendar: Calendar) -> dict[str, Any]:
    described = {} if calendar.description is None else {"description": calendar.description}
    return {"calendar_id": calendar.calendar_id, "job_ids": list(calendar.job_ids), **described}
