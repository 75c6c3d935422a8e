"""Keys: a call that can be repeated, and the copies of an event, found and written together."""

import asyncio
import json
from typing import Any

import pytest

from gateway.sandbox.faults import Fault
from tests import loopback

pytestmark = pytest.mark.anyio

PAYLOAD = """
  status
  counts { total created updated unchanged deleted planned conflicts failed unknown }
  results {
    eventIndex calendarIndex calendarId key status stored eventId eventIds previousId
    event { id key title start { instant } end { instant } }
    problem { code message path hint }
    requestIndexes
  }
  requests { source { name } method path }
  problems { code path message }
"""
ADD = f"mutation ($input: AddEventsInput!) {{ addEvents(input: $input) {{ {PAYLOAD} }} }}"
UPDATE = f"mutation ($input: UpdateEventsInput!) {{ updateEvents(input: $input) {{ {PAYLOAD} }} }}"
REMOVE = f"mutation ($input: RemoveEventsInput!) {{ removeEvents(input: $input) {{ {PAYLOAD} }} }}"
BY_KEY = """query ($key: String!, $calendars: [ID!]!) {
  calendarEventsByKey(key: $key, calendars: $calendars) { id calendarId key title start { instant } }
}"""
NAMED = "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on CalendarEvent { title key } } }"
OUTLOOK = "msgraph:users/outages@contoso.com/calendar"
ML = "elasticsearch:planned-outages"
BOTH = "payments-maintenance"
KEY = "CHG-4711"
UPGRADE = {
    "key": KEY,
    "title": "Database upgrade",
    "start": {"zoned": {"local": "2026-11-20T22:00:00", "timeZone": "Europe/Berlin"}},
    "end": {"after": "PT2H"},
}
BACKUP = {**UPGRADE, "key": "OPS-8", "title": "Backup", "recurrence": {"rule": "FREQ=DAILY;COUNT=3"}}


async def add(gateway: Any, *calendars: str, **values: Any) -> dict[str, Any]:
    """Adds the upgrade with other values; what the input itself has, such as `dryRun`, goes there."""
    rest = {name: values.pop(name) for name in ("onExisting", "atomicity", "dryRun") if name in values}
    given = {"calendars": list(calendars), "events": [{**UPGRADE, **values}], **rest}
    return (await gateway.ask(ADD, {"input": given}))["addEvents"]


async def update(gateway: Any, target: dict[str, Any], **rest: Any) -> dict[str, Any]:
    given = {"changes": [{"target": target, "set": rest.pop("set")}], **rest}
    return (await gateway.ask(UPDATE, {"input": given}))["updateEvents"]


async def remove(gateway: Any, *targets: dict[str, Any], **rest: Any) -> dict[str, Any]:
    given = {"removals": [{"target": target} for target in targets], **rest}
    return (await gateway.ask(REMOVE, {"input": given}))["removeEvents"]


async def by_key(gateway: Any, *calendars: str, key: str = KEY) -> list[dict[str, Any]]:
    return (await gateway.ask(BY_KEY, {"key": key, "calendars": list(calendars)}))["calendarEventsByKey"]


def copies(*calendars: str, key: str = KEY) -> dict[str, Any]:
    return {"key": {"key": key, "calendars": list(calendars)}}


def statuses(report: dict[str, Any]) -> list[str]:
    return [row["status"] for row in report["results"]]


def writes(gateway: Any) -> int:
    sources = (gateway.sandbox.elasticsearch, gateway.sandbox.msgraph)
    return sum(
        exchange.request.method != "GET" and "$batch" not in exchange.request.target
        for source in sources
        for exchange in source.exchanges
    )


# Adding


async def test_a_call_can_be_repeated_and_then_changes_nothing(front: Any) -> None:
    gateway = await front()
    first = await add(gateway, BOTH)
    assert (first["status"], statuses(first)) == ("SUCCEEDED", ["CREATED", "CREATED"])
    assert [row["key"] for row in first["results"]] == [KEY, KEY]
    assert [row["event"]["key"] for row in first["results"]] == [KEY, KEY]
    assert [row["event"]["title"] for row in first["results"]] == ["Database upgrade"] * 2
    sent = writes(gateway)
    again = await add(gateway, BOTH)
    assert (again["status"], statuses(again)) == ("SUCCEEDED", ["UNCHANGED", "UNCHANGED"])
    assert [row["eventIds"] for row in again["results"]] == [row["eventIds"] for row in first["results"]]
    assert [row["stored"] for row in again["results"]] == [True, True]
    assert again["counts"]["unchanged"] == 2
    assert writes(gateway) == sent


async def test_another_gateway_over_the_same_upstreams_knows_the_key(front: Any) -> None:
    await add(await front(), BOTH)
    assert statuses(await add(await front(), BOTH)) == ["UNCHANGED", "UNCHANGED"]


async def test_what_differs_under_a_key_is_a_conflict_unless_it_is_to_be_updated(front: Any) -> None:
    gateway = await front()
    first = await add(gateway, BOTH)
    conflict = await add(gateway, BOTH, title="Later upgrade")
    assert (conflict["status"], statuses(conflict)) == ("FAILED", ["CONFLICT", "CONFLICT"])
    assert conflict["counts"]["conflicts"] == 2
    assert [row["event"]["title"] for row in conflict["results"]] == ["Database upgrade"] * 2
    assert [row["eventId"] for row in conflict["results"]] == [row["eventId"] for row in first["results"]]
    updated = await add(gateway, BOTH, title="Later upgrade", onExisting="UPDATE")
    assert (updated["status"], statuses(updated)) == ("SUCCEEDED", ["UPDATED", "UPDATED"])
    assert [event["title"] for event in await by_key(gateway, BOTH)] == ["Later upgrade"] * 2


async def test_whoever_wants_to_be_the_first_says_fail(front: Any) -> None:
    gateway = await front()
    assert statuses(await add(gateway, BOTH, onExisting="FAIL")) == ["CREATED", "CREATED"]
    report = await add(gateway, BOTH, onExisting="FAIL")
    assert (report["status"], statuses(report)) == ("FAILED", ["FAILED", "FAILED"])
    assert {row["problem"]["code"] for row in report["results"]} == {"KEY_EXISTS"}
    assert [row["problem"]["path"][:2] for row in report["results"]] == [["events", "0"]] * 2


async def test_a_calendar_that_lacks_the_event_gets_it_when_the_call_is_repeated(front: Any) -> None:
    gateway = await front()
    await add(gateway, ML)
    assert statuses(await add(gateway, BOTH)) == ["CREATED", "UNCHANGED"]


@pytest.mark.parametrize("key", ["", "CHG 4711", "CHG#1", "x" * 65])
async def test_what_is_no_key_is_refused_before_anything_is_sent(front: Any, key: str) -> None:
    gateway = await front()
    report = await add(gateway, BOTH, key=key)
    assert {(row["status"], row["problem"]["code"], row["key"]) for row in report["results"]} == {
        ("FAILED", "INVALID_INPUT", key)
    }
    assert [row["problem"]["path"] for row in report["results"]] == [["events", "0", "key"]] * 2
    assert not writes(gateway)


async def test_one_key_twice_in_a_call_is_refused_whatever_its_case(front: Any) -> None:
    gateway = await front()
    events = [UPGRADE, {**UPGRADE, "key": KEY.lower(), "title": "Another"}, {**UPGRADE, "key": "CHG-1"}]
    given = {"calendars": [ML], "events": events}
    report = (await gateway.ask(ADD, {"input": given}))["addEvents"]
    assert statuses(report) == ["FAILED", "FAILED", "CREATED"]
    assert [row["problem"] and row["problem"]["path"] for row in report["results"]] == [
        ["events", "0", "key"],
        ["events", "1", "key"],
        None,
    ]


@pytest.mark.parametrize("title", [f"Upgrade [#{KEY}]", "Upgrade [#OPS-8@20270329T0030Z]"])
async def test_a_title_that_ends_like_a_mark_of_a_key_is_refused(front: Any, title: str) -> None:
    gateway = await front()
    report = await add(gateway, BOTH, title=title)
    assert {row["problem"]["path"][-1] for row in report["results"]} == {"title"}
    assert not writes(gateway)


@pytest.mark.parametrize(
    "title", [f"Upgrade [#{KEY}]", "Upgrade [#OTHER]", "Upgrade [#OPS-8@20270329T0030Z] "]
)
@pytest.mark.parametrize("key", [KEY, None])
async def test_no_event_is_given_a_title_that_ends_like_a_mark_of_a_key(
    front: Any, title: str, key: str | None
) -> None:
    gateway = await front()
    there = (await add(gateway, BOTH, key=key))["results"]
    sent = writes(gateway)
    targets = [{"id": row["eventId"]} for row in there] + ([copies(BOTH)] if key else [])
    for target in targets:
        for dry_run in (True, False):
            report = await update(gateway, target, set={"title": title}, dryRun=dry_run)
            for row in report["results"]:
                assert (row["status"], row["problem"]["code"]) == ("FAILED", "INVALID_INPUT")
                assert row["problem"]["path"] == ["changes", "0", "set", "title"]
    assert writes(gateway) == sent
    found = await gateway.ask(NAMED, {"ids": [row["eventId"] for row in there]})
    assert found["nodes"] == [{"title": UPGRADE["title"], "key": key}] * 2


async def test_a_dry_run_says_what_is_there_under_the_key(front: Any) -> None:
    gateway = await front()
    await add(gateway, ML)
    sent = writes(gateway)
    report = await add(gateway, BOTH, dryRun=True)
    assert (report["status"], statuses(report)) == ("PLANNED", ["PLANNED", "UNCHANGED"])
    report = await add(gateway, BOTH, dryRun=True, title="Other")
    assert (report["status"], statuses(report)) == ("PARTIAL", ["PLANNED", "CONFLICT"])
    assert writes(gateway) == sent


async def test_a_dry_run_shows_which_events_under_the_key_would_be_changed_or_go(front: Any) -> None:
    gateway = await front()
    (series,) = (await add(gateway, ML, **BACKUP))["results"]
    rows = (await add(gateway, BOTH))["results"]
    there = [(row["eventIds"], row["event"]["title"]) for row in rows]
    backup = [(series["eventIds"], "Backup")]
    assert len(series["eventIds"]) == 3
    plans = [
        (there, await add(gateway, BOTH, title="Other", onExisting="UPDATE", dryRun=True)),
        (there, await update(gateway, copies(BOTH), set={"title": "Other"}, dryRun=True)),
        (there, await remove(gateway, copies(BOTH), dryRun=True)),
        (backup, await add(gateway, ML, **{**BACKUP, "title": "B"}, onExisting="UPDATE", dryRun=True)),
        (backup, await update(gateway, copies(ML, key="OPS-8"), set={"title": "B"}, dryRun=True)),
        (backup, await remove(gateway, copies(ML, key="OPS-8"), dryRun=True)),
        ([([], None)] * 2, await add(gateway, BOTH, key="NEW", dryRun=True)),
    ]
    for expected, plan in plans:
        assert set(statuses(plan)) == {"PLANNED"}
        shown = [(row["eventIds"], row["event"] and row["event"]["title"]) for row in plan["results"]]
        assert shown == expected
        assert not any(row["stored"] for row in plan["results"])


async def test_with_all_or_nothing_a_conflict_under_the_key_keeps_the_rest_from_being_sent(
    front: Any,
) -> None:
    gateway = await front()
    await add(gateway, ML, title="Another")
    sent = writes(gateway)
    report = await add(gateway, BOTH, atomicity="ALL_OR_NOTHING")
    assert (report["status"], statuses(report)) == ("FAILED", ["SKIPPED", "CONFLICT"])
    assert writes(gateway) == sent
    report = await add(gateway, BOTH, atomicity="ALL_OR_NOTHING", onExisting="UPDATE")
    assert statuses(report) == ["CREATED", "UPDATED"]


async def test_an_audit_line_names_the_key_and_what_was_not_sent_has_none(front: Any) -> None:
    gateway = await front()
    await add(gateway, BOTH)
    await add(gateway, BOTH)
    await remove(gateway, copies(BOTH))
    assert [(line["action"], line["key"]) for line in gateway.audit] == [("add", KEY)] * 2 + [
        ("remove", KEY)
    ] * 2


# Reading


async def test_the_copies_of_an_event_are_found_by_its_key(front: Any) -> None:
    gateway = await front()
    report = await add(gateway, BOTH)
    found = await by_key(gateway, BOTH)
    assert {event["id"] for event in found} == {row["eventId"] for row in report["results"]}
    assert {event["calendarId"] for event in found} == {OUTLOOK, ML}
    assert {event["key"] for event in found} == {KEY}
    assert await by_key(gateway, BOTH, key=KEY.lower()) == []
    assert await by_key(gateway, "elasticsearch:holidays") == []


async def test_a_key_in_another_case_reaches_no_copy_and_says_which_it_would_be(front: Any) -> None:
    gateway = await front()
    there = [row["eventId"] for row in (await add(gateway, BOTH))["results"]]
    sent = writes(gateway)
    other = copies(BOTH, key=KEY.lower())
    for report in (
        await update(gateway, other, set={"title": "Other"}),
        await remove(gateway, other),
        await remove(gateway, other, dryRun=True),
    ):
        assert (report["status"], statuses(report)) == ("FAILED", ["CONFLICT", "CONFLICT"])
        for row, event in zip(report["results"], there, strict=True):
            assert (row["problem"]["code"], row["problem"]["path"][2:]) == (
                "CONFLICT",
                ["target", "key", "calendars", "0"],
            )
            assert f"{event} bears " in row["problem"]["message"]
            assert KEY in row["problem"]["message"]
    assert writes(gateway) == sent


async def test_with_all_or_nothing_a_copy_whose_key_is_in_another_case_keeps_the_others(front: Any) -> None:
    gateway = await front()
    await add(gateway, OUTLOOK)
    await add(gateway, ML, key=KEY.lower())
    sent = writes(gateway)
    report = await update(gateway, copies(BOTH), set={"title": "Other"}, atomicity="ALL_OR_NOTHING")
    assert statuses(report) == ["SKIPPED", "CONFLICT"]
    assert writes(gateway) == sent
    assert statuses(await remove(gateway, copies(BOTH))) == ["DELETED", "CONFLICT"]


async def test_an_event_knows_its_counterparts_in_other_calendars(front: Any) -> None:
    gateway = await front()
    await add(gateway, BOTH)
    query = """query ($id: ID!, $calendars: [ID!]!) {
      calendarEvent(id: $id) { counterparts(calendars: $calendars) { calendarId title } }
    }"""
    for event in await by_key(gateway, BOTH):
        data = await gateway.ask(query, {"id": event["id"], "calendars": [BOTH]})
        (other,) = data["calendarEvent"]["counterparts"]
        assert {event["calendarId"], other["calendarId"]} == {OUTLOOK, ML}
        assert other["title"] == "Database upgrade"


async def test_an_event_whose_key_is_in_another_case_is_no_counterpart(front: Any) -> None:
    gateway = await front()
    await add(gateway, OUTLOOK)
    await add(gateway, ML, key=KEY.lower())
    query = "query ($id: ID!) { calendarEvent(id: $id) { counterparts(calendars: [%s]) { id } } }"
    for calendar, key in ((OUTLOOK, KEY), (ML, KEY.lower())):
        (event,) = await by_key(gateway, BOTH, key=key)
        assert event["calendarId"] == calendar
        data = await gateway.ask(query % f'"{BOTH}"', {"id": event["id"]})
        assert data["calendarEvent"]["counterparts"] == []


async def test_an_event_without_a_key_has_no_counterparts_and_nothing_is_looked_up(front: Any) -> None:
    gateway = await front()
    report = await add(gateway, ML, key=None)
    began = len(gateway.sandbox.msgraph.exchanges)
    query = 'query ($id: ID!) { calendarEvent(id: $id) { key counterparts(calendars: ["%s"]) { id } } }'
    data = await gateway.ask(query % BOTH, {"id": report["results"][0]["eventId"]})
    assert data["calendarEvent"] == {"key": None, "counterparts": []}
    assert len(gateway.sandbox.msgraph.exchanges) == began


async def test_the_counterparts_of_many_events_cost_one_look_at_a_calendar(front: Any) -> None:
    gateway = await front()
    events = [{**UPGRADE, "key": f"CHG-{n}"} for n in range(20)]
    given = {"calendars": [ML, "elasticsearch:holidays"], "events": events}
    assert (await gateway.ask(ADD, {"input": given}))["addEvents"]["status"] == "SUCCEEDED"
    began = len(gateway.sandbox.elasticsearch.exchanges)
    window = '{start: "2026-11-20T00:00:00Z", end: "2026-11-22T00:00:00Z"}'
    query = f"""{{
      calendarEvents(calendars: ["elasticsearch:holidays"], window: {window}) {{
        nodes {{ key counterparts(calendars: ["elasticsearch:planned-outages"]) {{ key }} }}
      }}
    }}"""
    listed = (await gateway.ask(query))["calendarEvents"]["nodes"]
    nodes = [node for node in listed if node["key"]]
    assert len(nodes) == 20
    assert all([other["key"] for other in node["counterparts"]] == [node["key"]] for node in nodes)
    looks = list(gateway.sandbox.elasticsearch.exchanges)[began:]
    assert len([look for look in looks if "planned-outages" in look.request.target]) == 1


async def test_requests_do_not_share_what_they_looked_up(front: Any) -> None:
    gateway = await front()
    began = len(gateway.sandbox.elasticsearch.exchanges)
    await asyncio.gather(*(by_key(gateway, ML) for _ in range(3)))
    looks = list(gateway.sandbox.elasticsearch.exchanges)[began:]
    assert len([look for look in looks if "/planned-outages/events" in look.request.target]) == 3


RETITLE_BOTH = """
mutation ($one: UpdateEventsInput!, $other: UpdateEventsInput!) {
  one: updateEvents(input: $one) { ...Seen }
  other: updateEvents(input: $other) { ...Seen }
}
fragment Seen on EventWritePayload {
  results {
    event {
      title
      counterparts(calendars: ["elasticsearch:planned-outages", "elasticsearch:holidays"]) { title }
    }
  }
}
"""


async def test_in_one_operation_a_later_look_sees_what_was_written_before_it(front: Any) -> None:
    gateway = await front()
    await add(gateway, ML, "elasticsearch:holidays")
    inputs = {
        name: {"changes": [{"target": copies(calendar), "set": {"title": name}}]}
        for name, calendar in (("one", ML), ("other", "elasticsearch:holidays"))
    }
    data = await gateway.ask(RETITLE_BOTH, inputs)
    (one,), (other,) = data["one"]["results"], data["other"]["results"]
    assert one["event"] == {"title": "one", "counterparts": [{"title": "Database upgrade"}]}
    assert other["event"] == {"title": "other", "counterparts": [{"title": "one"}]}


async def test_a_calendar_that_cannot_be_read_is_not_one_without_copies(front: Any) -> None:
    gateway = await front()
    await add(gateway, BOTH)
    gateway.sandbox.elasticsearch.faults.add("GET /_ml/calendars/{calendar_id}/events", Fault(status=403))
    answer = await gateway.answer(BY_KEY, {"key": KEY, "calendars": [BOTH]})
    assert answer["data"] == {"calendarEventsByKey": None}
    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"


@pytest.mark.parametrize(
    ("key", "calendars", "code", "path"),
    [
        ("no key", [ML], "INVALID_INPUT", ["key"]),
        (KEY, [], "INVALID_INPUT", ["calendars"]),
        (KEY, [ML, "nowhere:x"], "UNKNOWN_SOURCE", ["calendars", "1"]),
        (KEY, [f"elasticsearch:{n}" for n in range(101)], "TOO_MANY", ["calendars"]),
    ],
)
async def test_a_question_that_cannot_be_meant_is_refused(
    front: Any, key: str, calendars: list[str], code: str, path: list[str]
) -> None:
    answer = await (await front()).answer(BY_KEY, {"key": key, "calendars": calendars})
    (error,) = answer["errors"]
    assert (error["extensions"]["code"], error["extensions"]["inputPath"]) == (code, path)


# Changing and removing


async def test_a_change_by_key_reaches_all_copies_and_says_where_each_is(front: Any) -> None:
    gateway = await front()
    await add(gateway, BOTH)
    report = await update(gateway, copies("elasticsearch:holidays", BOTH), set={"title": "Done"})
    assert [(row["calendarIndex"], row["calendarId"], row["status"]) for row in report["results"]] == [
        (0, "elasticsearch:holidays", "FAILED"),
        (1, OUTLOOK, "UPDATED"),
        (1, ML, "UPDATED"),
    ]
    assert {row["key"] for row in report["results"]} == {KEY}
    missing = report["results"][0]["problem"]
    assert (missing["code"], missing["path"]) == (
        "NOT_FOUND",
        ["changes", "0", "target", "key", "calendars", "0"],
    )
    assert report["status"] == "PARTIAL"
    assert [event["title"] for event in await by_key(gateway, BOTH)] == ["Done", "Done"]
    again = await update(gateway, copies(BOTH), set={"title": "Done"})
    assert statuses(again) == ["UNCHANGED", "UNCHANGED"]


@pytest.mark.parametrize("title", ["Database upgrade", "Done"])
async def test_a_change_by_id_names_the_key_and_the_calendar_whatever_comes_of_it(
    front: Any, title: str
) -> None:
    gateway = await front()
    await add(gateway, ML)
    (event,) = await by_key(gateway, ML)
    (row,) = (await update(gateway, {"id": event["id"]}, set={"title": title}))["results"]
    assert (row["key"], row["calendarId"], row["calendarIndex"]) == (KEY, ML, None)
    assert row["event"]["key"] == KEY


async def test_a_move_by_key_keeps_the_key_and_the_length_of_each_copy(front: Any) -> None:
    gateway = await front()
    await add(gateway, BOTH)
    later = {"zoned": {"local": "2026-11-21T01:00:00", "timeZone": "Europe/Berlin"}}
    report = await update(gateway, copies(BOTH), set={"start": later})
    assert statuses(report) == ["UPDATED", "UPDATED"]
    assert {
        (row["event"]["start"]["instant"], row["event"]["end"]["instant"]) for row in report["results"]
    } == {("2026-11-21T00:00:00Z", "2026-11-21T02:00:00Z")}
    assert len(await by_key(gateway, BOTH)) == 2


async def test_a_removal_by_key_takes_all_copies_and_is_as_good_twice(front: Any) -> None:
    gateway = await front()
    await add(gateway, BOTH)
    for _ in range(2):
        report = await remove(gateway, copies(BOTH))
        assert (report["status"], statuses(report)) == ("SUCCEEDED", ["DELETED", "DELETED"])
    assert await by_key(gateway, BOTH) == []
    assert statuses(await add(gateway, BOTH)) == ["CREATED", "CREATED"]


async def test_a_dry_run_by_key_shows_what_would_be_sent_to_each_copy(front: Any) -> None:
    gateway = await front()
    await add(gateway, BOTH)
    sent = writes(gateway)
    report = await remove(gateway, copies(BOTH), dryRun=True)
    assert (report["status"], statuses(report)) == ("PLANNED", ["PLANNED", "PLANNED"])
    for row in report["results"]:
        methods = [report["requests"][index]["method"] for index in row["requestIndexes"]]
        assert methods[-1] in {"DELETE", "POST"}
    assert writes(gateway) == sent


async def test_a_series_in_an_ml_calendar_is_one_row_that_names_all_its_events(front: Any) -> None:
    gateway = await front()
    created = await add(gateway, ML, **BACKUP)
    (row,) = created["results"]
    assert (row["status"], row["key"], len(row["eventIds"])) == ("CREATED", "OPS-8", 3)
    found = await by_key(gateway, ML, key="OPS-8")
    assert [event["id"] for event in found] == row["eventIds"]
    (renamed,) = (await update(gateway, copies(ML, key="OPS-8"), set={"title": "Dump"}))["results"]
    assert (renamed["status"], len(renamed["eventIds"])) == ("UPDATED", 3)
    found = await by_key(gateway, ML, key="OPS-8")
    assert [(event["id"], event["title"]) for event in found] == [
        (id_, "Dump") for id_ in renamed["eventIds"]
    ]
    assert statuses(await add(gateway, ML, **{**BACKUP, "title": "Dump"})) == ["UNCHANGED"]
    (gone,) = (await remove(gateway, copies(ML, key="OPS-8")))["results"]
    assert (gone["status"], gone["eventIds"]) == ("DELETED", [])
    assert await by_key(gateway, ML, key="OPS-8") == []


@pytest.mark.parametrize(
    ("patch", "field"),
    [
        ({"start": UPGRADE["start"]}, "start"),
        ({"end": {"instant": "2026-11-21T00:00:00Z"}}, "end"),
        ({"recurrence": None}, "recurrence"),
    ],
)
async def test_what_cannot_be_done_to_all_occurrences_alike_is_refused(
    front: Any, patch: dict[str, Any], field: str
) -> None:
    gateway = await front()
    await add(gateway, ML, **BACKUP)
    sent = writes(gateway)
    (row,) = (await update(gateway, copies(ML, key="OPS-8"), set=patch))["results"]
    assert (row["status"], row["problem"]["code"]) == ("FAILED", "UNSUPPORTED")
    assert row["problem"]["path"] == ["changes", "0", "set", field]
    assert writes(gateway) == sent
    longer = await update(gateway, copies(ML, key="OPS-8"), set={"end": {"after": "PT3H"}})
    assert statuses(longer) == ["UPDATED"]


async def test_two_events_under_one_key_are_left_alone_by_whoever_names_the_key(front: Any) -> None:
    gateway = await front()
    await add(gateway, ML)
    other = {
        "events": [
            {"description": f"Another [#{KEY}]", "start_time": 1795000000000, "end_time": 1795003600000}
        ]
    }
    await post(gateway, "/_ml/calendars/planned-outages/events", other)
    for report in (
        await update(gateway, copies(ML), set={"title": "New"}),
        await remove(gateway, copies(ML)),
        await add(gateway, ML, onExisting="UPDATE", title="New"),
    ):
        (row,) = report["results"]
        assert (row["status"], row["problem"]["code"]) == ("CONFLICT", "AMBIGUOUS_KEY")
        assert len(row["eventIds"]) == 2
    assert len(await by_key(gateway, ML)) == 2


async def post(gateway: Any, path: str, body: dict[str, Any]) -> None:
    """What somebody else writes to the cluster."""
    server = gateway.sandbox.elasticsearch
    async with loopback.client() as client:
        headers = {
            "Authorization": gateway.sandbox.credentials.elasticsearch_manage,
            "Content-Type": "application/json",
        }
        response = await client.post(server.url + path, content=json.dumps(body), headers=headers)
        assert response.status_code == 200


@pytest.mark.parametrize(
    ("target", "code", "path"),
    [
        (copies(), "INVALID_INPUT", ["removals", "0", "target", "key", "calendars"]),
        (
            copies(*(f"elasticsearch:{n}" for n in range(101))),
            "TOO_MANY",
            ["removals", "0", "target", "key", "calendars"],
        ),
    ],
)
async def test_a_target_that_cannot_be_meant_is_refused_with_the_whole_call(
    front: Any, target: dict[str, Any], code: str, path: list[str]
) -> None:
    gateway = await front()
    report = await remove(gateway, target)
    assert report["results"] == []
    assert [(problem["code"], problem["path"]) for problem in report["problems"]] == [(code, path)]


@pytest.mark.parametrize("target", [{}, {"id": "elasticsearch:a/events/1/x", **copies(ML)}, {"key": None}])
async def test_a_target_is_an_id_or_a_key_and_not_both(front: Any, target: dict[str, Any]) -> None:
    answer = await (await front()).answer(REMOVE, {"input": {"removals": [{"target": target}]}})
    assert "data" not in answer or answer["data"] is None
    assert answer["errors"]


# As entities

ENTITIES = """query ($representations: [_Any!]!) {
  _entities(representations: $representations) { ... on CalendarEvent { id key title calendarId } }
}"""


def reference(key: str, calendar: str = ML) -> dict[str, Any]:
    return {"__typename": "CalendarEvent", "calendarId": calendar, "key": key}


async def test_a_hundred_references_by_key_cost_one_look_at_their_calendar(front: Any) -> None:
    gateway = await front()
    events = [{**UPGRADE, "key": f"CHG-{n}", "title": f"Change {n}"} for n in range(100)]
    await gateway.ask(ADD, {"input": {"calendars": [ML], "events": events}})
    began = len(gateway.sandbox.elasticsearch.exchanges)
    representations = [reference(f"CHG-{n}") for n in reversed(range(100))]
    found = (await gateway.ask(ENTITIES, {"representations": representations}))["_entities"]
    assert [event["title"] for event in found] == [f"Change {n}" for n in reversed(range(100))]
    assert len(gateway.sandbox.elasticsearch.exchanges) == began + 1


async def test_a_reference_by_key_that_leads_nowhere_costs_its_own_row(front: Any) -> None:
    gateway = await front()
    await add(gateway, ML)
    await add(gateway, ML, **BACKUP)
    representations = [
        reference("CHG-9"),
        reference(KEY),
        reference("no key"),
        reference(KEY, "nowhere:x"),
        reference("OPS-8"),
        {"__typename": "CalendarEvent", "calendarId": ML},
        {"__typename": "Calendar", "calendarId": ML, "key": KEY},
    ]
    answer = await gateway.answer(ENTITIES, {"representations": representations})
    found = answer["data"]["_entities"]
    assert [event and event["key"] for event in found] == [None, KEY, None, None, "OPS-8", None, None]
    first, *_ = await by_key(gateway, ML, key="OPS-8")
    assert found[4]["id"] == first["id"]
    assert [error["path"] for error in answer["errors"]] == [["_entities", row] for row in (2, 3, 5, 6)]


async def test_each_reference_to_a_calendar_that_fails_has_an_error_of_its_own(front: Any) -> None:
    gateway = await front()
    gateway.sandbox.elasticsearch.faults.add("GET /_ml/calendars/{calendar_id}/events", Fault(status=403))
    representations = [reference(f"CHG-{n}") for n in range(3)]
    answer = await gateway.answer(ENTITIES, {"representations": representations})
    assert answer["data"]["_entities"] == [None] * 3
    assert [(error["path"], error["extensions"]["inputPath"]) for error in answer["errors"]] == [
        (["_entities", row], ["representations", str(row)]) for row in range(3)
    ]
