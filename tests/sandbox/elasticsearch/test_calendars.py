"""ML calendars: put, get, delete, jobs."""

import pytest

from .answers import error

pytestmark = pytest.mark.anyio


async def test_a_put_calendar_is_returned_and_stored_with_200(client):
    body = {"job_ids": ["b", "a", "b"], "description": "Mine"}
    answer = await client.put("/_ml/calendars/mine", json=body)
    expected = {"calendar_id": "mine", "job_ids": ["b", "a", "b"], "description": "Mine"}
    assert (answer.status_code, answer.json()) == (200, expected)
    assert (await client.get("/_ml/calendars/mine")).json() == {"count": 1, "calendars": [expected]}


async def test_a_calendar_without_a_body_has_no_jobs_and_no_description(client):
    assert (await client.put("/_ml/calendars/bare")).json() == {"calendar_id": "bare", "job_ids": []}


async def test_putting_an_existing_calendar_is_400_and_not_409(client):
    assert error(await client.put("/_ml/calendars/empty")) == (
        400,
        "status_exception",
        "Cannot create calendar with id [empty] as it already exists",
    )


async def test_all_violations_of_an_id_are_named_at_once(client):
    status, kind, reason = error(await client.put("/_ml/calendars/" + "A" * 65))
    assert (status, kind) == (400, "action_request_validation_exception")
    assert reason.startswith("Validation Failed: 1: Invalid calendar_id; 'AAA")
    assert reason.endswith(";2: The job id cannot contain more than 64 characters.;")


async def test_the_reserved_id_is_refused(client):
    _, _, reason = error(await client.put("/_ml/calendars/_all"))
    assert reason.startswith(
        "Validation Failed: 1: Cannot create a Calendar with the reserved name [_all];2: Inv"
    )


async def test_another_id_in_the_body_is_refused(client):
    assert error(await client.put("/_ml/calendars/p", json={"calendar_id": "b"})) == (
        400,
        "illegal_argument_exception",
        "Inconsistent calendar_id; 'b' specified in the body differs from 'p' specified as a URL argument",
    )


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ('{"job_id":["a"]}', "[1:2] [calendar_id] unknown field [job_id] did you mean [job_ids]?"),
        ('{\n "events":[]}', "[2:2] [calendar_id] unknown field [events]"),
        (
            '{"description":1}',
            "[1:16] [calendar_id] description doesn't support values of type: VALUE_NUMBER",
        ),
        ('{"job_ids":[null]}', "[1:13] [calendar_id] failed to parse field [job_ids]"),
        ('{"job_ids":1}', "[1:12] [calendar_id] job_ids doesn't support values of type: VALUE_NUMBER"),
        ('{"description":"é","x":1}', "[1:21] [calendar_id] unknown field [x]"),
        ("[]", "[1:1] [calendar_id] Expected START_OBJECT but was: START_ARRAY"),
    ],
)
async def test_a_wrong_body_is_refused_with_its_position(client, body, reason):
    answer = await client.put(
        "/_ml/calendars/new", content=body.encode(), headers={"Content-Type": "application/json"}
    )
    assert error(answer) == (400, "x_content_parse_exception", reason)


async def test_a_scalar_job_and_numbers_in_the_list_are_taken(client):
    assert (await client.put("/_ml/calendars/one", json={"job_ids": "a"})).json()["job_ids"] == ["a"]
    assert (await client.put("/_ml/calendars/two", json={"job_ids": [1, True]})).json()["job_ids"] == [
        "1",
        "true",
    ]


async def test_calendars_come_in_the_order_of_their_ids_and_in_pages(client):
    answer = (await client.get("/_ml/calendars", params={"from": 1, "size": 2})).json()
    assert answer["count"] == 4
    assert [calendar["calendar_id"] for calendar in answer["calendars"]] == ["global-maintenance", "holidays"]


async def test_get_calendars_may_be_a_post_with_a_page_in_the_body(client):
    answer = (await client.post("/_ml/calendars", json={"page": {"from": 3}})).json()
    assert [calendar["calendar_id"] for calendar in answer["calendars"]] == ["planned-outages"]


async def test_a_negative_page_in_a_body_is_wrapped(client):
    answer = await client.post("/_ml/calendars", json={"page": {"from": -1}})
    cause = answer.json()["error"]
    reasons = [cause["reason"]]
    while cause := cause.get("caused_by"):
        reasons.append(cause["reason"])
    assert reasons == [
        "[1:19] [cluster:monitor/xpack/ml/calendars/get] failed to parse field [page]",
        "Failed to build [page] after last required field arrived",
        "Parameter [from] cannot be < 0",
    ]


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("_all", ["empty", "global-maintenance", "holidays", "planned-outages"]),
        ("*", ["empty", "global-maintenance", "holidays", "planned-outages"]),
        ("*ma*", ["global-maintenance"]),
        ("holidays,nothing,e*", ["empty", "holidays"]),
        ("nothing,*", ["empty", "global-maintenance", "holidays", "planned-outages"]),
    ],
)
async def test_expressions_name_calendars(client, expression, found):
    answer = (await client.get(f"/_ml/calendars/{expression}")).json()
    assert [calendar["calendar_id"] for calendar in answer["calendars"]] == found


@pytest.mark.parametrize("expression", ["nothing", "no*", "_all,x", "holiday", " empty"])
async def test_an_expression_that_names_nothing_is_404(client, expression):
    answer = await client.get(f"/_ml/calendars/{expression}")
    assert error(answer) == (404, "resource_not_found_exception", f"No calendar with id [{expression}]")


async def test_a_page_does_not_go_with_an_id(client):
    assert error(await client.get("/_ml/calendars/_all?size=1")) == (
        400,
        "action_request_validation_exception",
        "Validation Failed: 1: Params [from, size] are incompatible with [calendar_id].;",
    )


async def test_deleting_a_calendar_takes_its_events_along(client):
    assert (await client.delete("/_ml/calendars/holidays")).json() == {"acknowledged": True}
    everything = (await client.get("/_ml/calendars/_all/events")).json()
    assert "Company holiday" not in [event["description"] for event in everything["events"]]
    assert error(await client.delete("/_ml/calendars/holidays"))[0] == 404


async def test_jobs_are_added_once_each(client):
    answer = await client.put("/_ml/calendars/empty/jobs/a, b,,a")
    assert sorted(answer.json()["job_ids"]) == ["a", "b"]


async def test_removing_an_absent_job_removes_nothing(client):
    answer = await client.delete("/_ml/calendars/planned-outages/jobs/payments-latency,nope")
    assert error(answer) == (
        400,
        "status_exception",
        "Cannot remove [nope] as it is not present in calendar [planned-outages]",
    )
    calendar = (await client.get("/_ml/calendars/planned-outages")).json()["calendars"][0]
    assert calendar["job_ids"] == ["payments-latency", "payments-volume"]


async def test_jobs_are_removed(client):
    answer = await client.delete("/_ml/calendars/planned-outages/jobs/payments-latency")
    assert answer.json()["job_ids"] == ["payments-volume"]
