"""Events of ML calendars: post, get, delete."""

import json

import pytest

from gateway.sandbox.elasticsearch.unknowns import NaiveTimes, Ties, Unknowns
from gateway.sandbox.faults import Fault

from .answers import error

pytestmark = pytest.mark.anyio

EVENTS = "/_ml/calendars/empty/events"
EVENT = {"description": "event 1", "start_time": 1513641600000, "end_time": 1513728000000}
ECHO = {**EVENT, "skip_result": True, "skip_model_update": True, "calendar_id": "empty"}


async def post(client, *events):
    return await client.post(EVENTS, json={"events": list(events)})


async def stored(client, **params):
    return (await client.get(EVENTS, params=params)).json()["events"]


async def test_a_post_echoes_without_ids_and_a_get_has_them(client):
    answer = await post(client, EVENT)
    assert (answer.status_code, answer.json()) == (200, {"events": [ECHO]})
    (event,) = await stored(client)
    assert len(event.pop("event_id")) == 20
    assert event == ECHO


async def test_identical_events_accumulate(client):
    await post(client, EVENT, EVENT)
    await post(client, EVENT)
    assert len({event["event_id"] for event in await stored(client)}) == 3


async def test_events_come_by_start_and_then_by_description(client):
    await post(
        client,
        {**EVENT, "description": "é"},
        {**EVENT, "description": "b"},
        {**EVENT, "description": "Z"},
        {**EVENT, "description": "first", "start_time": 1},
    )
    assert [event["description"] for event in await stored(client)] == ["first", "Z", "b", "é"]


async def test_lost_items_are_echoed_and_not_stored(server, client):
    server.faults.add("POST /_ml/calendars/{calendar_id}/events", Fault(lose=frozenset({1})))
    answer = await post(client, EVENT, {**EVENT, "description": "lost"})
    assert [event["description"] for event in answer.json()["events"]] == ["event 1", "lost"]
    assert [event["description"] for event in await stored(client)] == ["event 1"]


async def test_a_description_too_long_for_a_term_is_lost_without_a_word(client):
    answer = await post(client, {**EVENT, "description": "x" * 32767})
    assert answer.status_code == 200
    assert await stored(client) == []


async def test_a_single_object_and_coercible_values_are_taken(client):
    event = {
        "description": "",
        "start_time": "2017-12-19T00:00:00Z",
        "end_time": 1513728000000.9,
        "skip_result": "false",
        "skip_model_update": False,
        "force_time_shift": "3600",
        "type": "anything",
    }
    answer = await client.post(EVENTS, json={"events": event})
    assert answer.json()["events"] == [
        {
            "description": "",
            "start_time": 1513641600000,
            "end_time": 1513728000000,
            "skip_result": False,
            "skip_model_update": False,
            "force_time_shift": 3600,
            "calendar_id": "empty",
        }
    ]


@pytest.mark.parametrize(
    ("events", "kind", "reason"),
    [
        ([], "status_exception", "At least 1 event is required"),
        ([{}], "status_exception", "Field [description] cannot be null"),
        ([{"description": "a"}], "status_exception", "Field [start_time] cannot be null"),
        ([{"description": "a", "start_time": 1}], "status_exception", "Field [end_time] cannot be null"),
        (
            [{**EVENT, "start_time": 1513728000000}],
            "status_exception",
            "Event start time [2017-12-20T00:00:00Z] must come before end time [2017-12-20T00:00:00Z]",
        ),
        (
            [{**EVENT, "start_time": 1513728000123}],
            "status_exception",
            "Event start time [2017-12-20T00:00:00.123Z] must come before end time [2017-12-20T00:00:00Z]",
        ),
        (
            [EVENT, {**EVENT, "calendar_id": "b"}],
            "status_exception",
            (
                "Inconsistent calendar_id; 'b' specified in the body differs from 'empty' "
                "specified as a URL argument"
            ),
        ),
    ],
)
async def test_events_that_cannot_be_built_are_refused_and_nothing_is_stored(client, events, kind, reason):
    assert error(await post(client, *events)) == (400, kind, reason)
    assert await stored(client) == []


async def test_an_inconsistent_id_wins_over_a_missing_field_of_an_earlier_event(client):
    reason = error(await post(client, {}, {"calendar_id": "b"}))[2]
    assert reason.startswith("Inconsistent calendar_id")


async def test_a_missing_calendar_is_found_out_last(client):
    missing = "/_ml/calendars/none/events"
    assert error(await client.post(missing, json={"events": []}))[2] == "At least 1 event is required"
    assert error(await client.post(missing, json={"events": [EVENT]})) == (
        404,
        "resource_not_found_exception",
        "No calendar with id [none]",
    )


async def test_a_body_is_required(client):
    assert error(await client.post(EVENTS)) == (
        400,
        "parse_exception",
        "request body or source parameter is required",
    )


@pytest.mark.parametrize(
    ("event", "root"),
    [
        ('"event_id":"x"', "[1:13] [scheduled_event] unknown field [event_id]"),
        (
            '"skip_results":true',
            "[1:13] [scheduled_event] unknown field [skip_results] did you mean [skip_result]?",
        ),
        (
            '"description":null',
            "[1:27] [scheduled_event] description doesn't support values of type: VALUE_NULL",
        ),
        (
            '"skip_result":1',
            "[1:27] [scheduled_event] skip_result doesn't support values of type: VALUE_NUMBER",
        ),
        ('"skip_result":"yes"', "[1:27] [scheduled_event] failed to parse field [skip_result]"),
        ('"start_time":null', "[1:26] [scheduled_event] failed to parse field [start_time]"),
        ('"start_time":"2017-12-01"', "[1:26] [scheduled_event] failed to parse field [start_time]"),
        ('"start_time":"2017-02-30T00:00Z"', "[1:26] [scheduled_event] failed to parse field [start_time]"),
        ('"start_time":"now"', "[1:26] [scheduled_event] failed to parse field [start_time]"),
    ],
)
async def test_a_wrong_field_is_the_root_cause_and_the_events_the_wrapper(client, event, root):
    content = ('{"events":[{' + event + "}]}").encode()
    answer = await client.post(EVENTS, content=content, headers={"Content-Type": "application/json"})
    status, kind, reason = error(answer)
    assert (status, kind) == (400, "x_content_parse_exception")
    assert reason.endswith("[cluster:admin/xpack/ml/calendars/events/post] failed to parse field [events]")
    assert answer.json()["error"]["root_cause"] == [{"type": "x_content_parse_exception", "reason": root}]


async def test_the_wrappers_position_is_where_the_parser_stood(client):
    body = json.dumps({"events": [{**EVENT, "event_id": "x"}]}, separators=(",", ":"))
    answer = await client.post(EVENTS, content=body.encode(), headers={"Content-Type": "application/json"})
    name = body.index('"event_id"') + 1
    assert error(answer)[2].startswith(f"[1:{name + len('event_id') + 3}] ")


@pytest.mark.parametrize(
    ("start", "end", "found"),
    [
        (None, None, True),
        ("1513727999999", None, True),
        ("1513728000000", None, False),
        (None, "1513641600000", False),
        (None, "1513641600001", True),
        ("2017-12-19T23:59:59.999Z", None, True),
        ("2017-12-19T23:59:59Z", None, True),
        ("2017-12-19", None, True),
        ("2017-12-20", None, False),
        ("2017-12-20T00:00:00Z", None, False),
        (None, "2017-12-19", False),
        ("2017-12-18||+1d/d", None, True),
        ("2017-12-19||/M", None, False),
        (None, "2017-12-19||/M", False),
        (None, "now", True),
        ("now-10y/y", None, True),
        ("now-9y/y", None, False),
        (None, "2017-12-19T01:00:00+01:00", False),
        (None, "2017-12-19T01:00:01+01:00", True),
    ],
)
async def test_an_event_is_found_if_it_overlaps_the_window_with_both_ends_outside(client, start, end, found):
    await post(client, EVENT)
    params = {name: value for name, value in (("start", start), ("end", end)) if value is not None}
    assert bool(await stored(client, **params)) is found


async def test_a_bad_bound_fails_all_shards_but_a_missing_calendar_comes_first(client):
    answer = await client.get(EVENTS, params={"start": "abc"})
    assert error(answer) == (400, "search_phase_execution_exception", "all shards failed")
    root = answer.json()["error"]["root_cause"][0]
    assert root["type"] == "parse_exception"
    assert root["reason"].startswith(
        "failed to parse date field [abc] with format [strict_date_optional_time||epoch_millis]: [failed"
    )
    assert error(await client.get("/_ml/calendars/none/events?start=abc"))[0] == 404


async def test_a_window_of_results_ends_at_ten_thousand(client):
    answer = await client.get(EVENTS, params={"from": 1, "size": 10000})
    assert answer.json()["error"]["root_cause"][0]["reason"].startswith(
        "Result window is too large, from + size must be less than or equal to: [10000] but was [10001]."
    )


async def test_the_default_page_has_a_hundred_events_and_the_count_is_of_all(client):
    await post(client, *[EVENT] * 101)
    answer = (await client.get(EVENTS)).json()
    assert (answer["count"], len(answer["events"])) == (101, 100)


async def test_size_zero_counts_only(client):
    await post(client, EVENT)
    assert (await client.get(EVENTS, params={"size": 0})).json() == {"count": 1, "events": []}


async def test_a_job_finds_the_events_of_its_calendars_its_groups_and_of_all(client):
    answer = (await client.get("/_ml/calendars/_all/events?job_id=web-traffic")).json()
    assert {event["calendar_id"] for event in answer["events"]} == {"holidays", "global-maintenance"}


async def test_a_job_goes_with_all_calendars_only(client):
    assert error(await client.get(f"{EVENTS}?job_id=web-traffic")) == (
        400,
        "action_request_validation_exception",
        "Validation Failed: 1: If job_id is used calendar_id must be '_all' or '*';",
    )


async def test_an_unknown_job_is_404(client):
    answer = await client.get("/_ml/calendars/*/events?job_id=x")
    assert error(answer) == (404, "resource_not_found_exception", "No known job with id 'x'")


async def test_with_a_body_the_query_is_not_read(client):
    answer = await client.request("GET", f"{EVENTS}?start=1&size=2", json={"end": "2"})
    assert error(answer)[2] == f"request [{EVENTS}] contains unrecognized parameters: [size], [start]"


async def test_bounds_in_a_body_are_strings(client):
    answer = await client.request("GET", EVENTS, json={"start": 1})
    assert error(answer)[2].endswith(
        "[cluster:monitor/xpack/ml/calendars/events/get] start doesn't support values of type: VALUE_NUMBER"
    )


async def test_an_event_is_deleted_once(client):
    await post(client, EVENT)
    (event,) = await stored(client)
    path = f"{EVENTS}/{event['event_id']}"
    assert (await client.delete(path)).json() == {"acknowledged": True}
    assert error(await client.delete(path)) == (
        404,
        "resource_not_found_exception",
        f"No event with id [{event['event_id']}]",
    )


async def test_an_event_of_another_calendar_is_not_deleted(client):
    await post(client, EVENT)
    (event,) = await stored(client)
    answer = await client.delete(f"/_ml/calendars/holidays/events/{event['event_id']}")
    assert error(answer)[2] == (
        f"Event [{event['event_id']}] has calendar_id [empty] which does not match the request "
        "calendar_id [holidays]"
    )


async def test_deleting_the_calendars_own_document_as_an_event_deletes_the_calendar(client):
    assert (await client.delete(f"{EVENTS}/calendar_empty")).json() == {"acknowledged": True}
    assert (await client.get("/_ml/calendars/empty")).status_code == 404


async def test_a_human_gets_times_as_text_first(client):
    await post(client, EVENT)
    (event,) = await stored(client, human="true")
    assert list(event)[:3] == ["description", "start_time_string", "start_time"]
    assert event["start_time_string"] == "2017-12-19T00:00:00.000Z"


@pytest.mark.parametrize("unknowns", [Unknowns(ties=Ties.CHANGING)])
async def test_ties_may_come_in_another_order_on_every_other_page(client):
    twin = {"description": "Twin", "start_time": 1, "end_time": 2}
    await client.post(EVENTS, json={"events": [twin] * 4})
    pages = [(await client.get(f"{EVENTS}?from={start}&size=2")).json()["events"] for start in (0, 2)]
    ids = [event["event_id"] for page in pages for event in page]
    assert len(ids) == 4 > len({*ids})


@pytest.mark.parametrize("version", ["7.17.29"])
@pytest.mark.parametrize("unknowns", [Unknowns(naive_times=NaiveTimes.UTC)])
async def test_an_old_version_may_take_times_without_an_offset(client):
    event = {"description": "a", "start_time": "2026-01-01T00:00:00", "end_time": 1795015680000}
    assert (await client.post(EVENTS, json={"events": [event]})).status_code == 200
