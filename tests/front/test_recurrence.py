"""Series through the whole application: a rule in, Graph's pattern out, and back; the rest is refused."""

import json
from typing import Any

import pytest

from gateway.sandbox.msgraph import Unknowns
from tests import loopback

from .series import (
    BERLIN,
    EVERY_MONDAY,
    OUTLOOK,
    add,
    changed,
    clock,
    days,
    made,
    refusal,
    sent,
    series,
    update,
    view,
)

pytestmark = pytest.mark.anyio

# Writing


async def test_a_rule_becomes_graphs_pattern_and_the_wall_clock_of_the_series(front: Any) -> None:
    gateway = await front()
    event = await made(gateway, series({"rule": "RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH;COUNT=9"}))
    body = sent(gateway)
    zone = "W. Europe Standard Time"
    assert (body["start"], body["end"]) == (
        {"dateTime": "2027-03-22T22:00:00", "timeZone": zone},
        {"dateTime": "2027-03-23T00:00:00", "timeZone": zone},
    )
    assert body["recurrence"] == {
        "pattern": {
            "type": "weekly",
            "interval": 2,
            "daysOfWeek": ["monday", "thursday"],
            "firstDayOfWeek": "monday",
        },
        "range": {
            "type": "numbered",
            "startDate": "2027-03-22",
            "recurrenceTimeZone": zone,
            "numberOfOccurrences": 9,
        },
    }
    assert event["recurrence"] == {
        "rule": "FREQ=WEEKLY;INTERVAL=2;COUNT=9;BYDAY=MO,TH",
        "timeZone": BERLIN,
        "exceptDates": [],
    }
    assert (event["msgraph"]["type"], event["seriesId"]) == ("SERIES_MASTER", None)


async def test_all_occurrences_begin_and_end_at_one_wall_clock_time_though_clocks_change(front: Any) -> None:
    gateway = await front()
    master = await made(gateway, series())
    found = await view(gateway, "2027-03-20", "2027-04-09")
    assert days(found) == ["03-22", "03-29", "04-05"]
    assert [one["start"]["instant"][11:16] for one in found] == ["21:00", "20:00", "20:00"]
    assert {(one["start"]["local"][11:16], one["end"]["local"][11:16]) for one in found} == {
        ("22:00", "00:00")
    }
    assert {(one["seriesId"], one["recurrence"]) for one in found} == {(master["id"], None)}


async def test_an_instant_recurs_by_the_clock_that_the_recurrence_names(front: Any) -> None:
    gateway = await front()
    times = {"start": {"instant": "2027-03-22T21:00:00Z"}, "end": {"instant": "2027-03-22T23:00:00Z"}}
    event = await made(gateway, series({**EVERY_MONDAY, "timeZone": BERLIN}, **times))
    assert sent(gateway)["start"]["dateTime"] == "2027-03-22T22:00:00"
    assert (event["start"]["timeZone"], event["recurrence"]["timeZone"]) == (BERLIN, BERLIN)
    in_utc = await made(gateway, series({"rule": "FREQ=DAILY;COUNT=2"}, **times))
    assert in_utc["recurrence"]["timeZone"] == "UTC"


async def test_a_start_and_an_end_by_other_clocks_than_that_of_the_series_are_warnings(front: Any) -> None:
    gateway = await front()
    times = {"start": clock("2027-03-22T22:00:00"), "end": clock("2027-03-22T20:00:00", "America/New_York")}
    recurrence = {**EVERY_MONDAY, "timeZone": "UTC"}
    for calendar in (OUTLOOK, "elasticsearch:holidays"):
        (row,) = (await add(gateway, series(recurrence, **times), calendar))["results"]
        assert row["status"] == "CREATED"
        assert [it for it in row["warnings"] if it["code"] == "CHANGED"] == [
            {"code": "CHANGED", "field": "start", "given": BERLIN, "sent": "UTC"},
            {"code": "CHANGED", "field": "end", "given": "America/New_York", "sent": "UTC"},
        ]


async def test_the_same_start_by_another_clock_changes_nothing_of_a_series_and_is_a_warning(
    front: Any,
) -> None:
    gateway = await front()
    event = await made(gateway, series())
    (row,) = (await update(gateway, event, start=clock("2027-03-22T17:00:00", "America/New_York")))["results"]
    assert (row["status"], row["requestIndexes"]) == ("UNCHANGED", [])
    assert row["warnings"] == [
        {"code": "CHANGED", "field": "start", "given": "America/New_York", "sent": BERLIN}
    ]


async def test_whole_days_recur_by_their_dates_to_a_date(front: Any) -> None:
    gateway = await front()
    whole = {"start": {"allDay": {"date": "2027-03-22"}}, "end": {"after": "P1D"}}
    rule = "FREQ=MONTHLY;UNTIL=20270524;BYDAY=4MO"
    event = await made(gateway, series({"rule": rule}, **whole))
    assert sent(gateway)["recurrence"]["range"]["endDate"] == "2027-05-24"
    assert event["recurrence"]["rule"] == rule
    found = await view(gateway, "2027-03-01", "2027-08-01")
    assert [one["start"]["date"] for one in found] == ["2027-03-22", "2027-04-26", "2027-05-24"]


async def test_until_is_an_instant_and_graphs_end_the_last_date_on_which_one_may_begin(front: Any) -> None:
    gateway = await front()
    # On 5 April 22:00 in Berlin is 20:00 in UTC.
    await made(gateway, series({"rule": "FREQ=WEEKLY;UNTIL=20270405T200000Z"}))
    assert sent(gateway)["recurrence"]["range"]["endDate"] == "2027-04-05"
    event = await made(gateway, series({"rule": "FREQ=WEEKLY;UNTIL=20270405T195959Z"}))
    assert sent(gateway)["recurrence"]["range"]["endDate"] == "2027-04-04"
    assert event["recurrence"]["rule"] == "FREQ=WEEKLY;UNTIL=20270404T215959Z;BYDAY=MO"


async def test_a_dry_run_shows_the_very_request_of_the_real_run(front: Any) -> None:
    gateway = await front()
    planned = await add(gateway, series(), dryRun=True)
    assert planned["status"] == "PLANNED"
    assert gateway.seen("msgraph") == []
    await made(gateway, series())
    (request,) = planned["requests"]
    body = request["body"] if isinstance(request["body"], dict) else json.loads(request["body"])
    assert {**body, "transactionId": ""} == {**sent(gateway), "transactionId": ""}


# What is refused, before anything is sent


@pytest.mark.parametrize(
    ("recurrence", "path", "message", "hint"),
    [
        ({"rule": "weekly"}, ["rule"], "no part of a rule", "FREQ=WEEKLY"),
        ({"rule": "FREQ=HOURLY"}, ["rule"], "FREQ=HOURLY", "DAILY, WEEKLY"),
        ({"rule": "FREQ=WEEKLY;BYDAY=TU"}, ["rule"], "2027-03-22", "2027-03-23"),
        ({"rule": "FREQ=DAILY;UNTIL=20270401"}, ["rule"], "UNTIL is a date", "UNTIL=20270401T215959Z"),
        ({"rule": "FREQ=DAILY;UNTIL=20270322T205959Z"}, ["rule"], "ends before", None),
        ({"rule": "FREQ=MONTHLY;BYDAY=4MO,5MO"}, ["rule"], "leaves out 2027-03-29", "FREQ=MONTHLY;BYDAY=4MO"),
        ({**EVERY_MONDAY, "timeZone": "Mars"}, ["timeZone"], "'Mars'", "IANA"),
        (
            {"rule": "FREQ=DAILY", "timeZone": "Antarctica/Troll"},
            ["timeZone"],
            "no name for",
            "Europe/Berlin",
        ),
        ({**EVERY_MONDAY, "exceptDates": ["2027-03-30"]}, ["exceptDates"], "2027-03-30", BERLIN),
        ({**EVERY_MONDAY, "exceptDates": ["2027-03-15"]}, ["exceptDates"], "2027-03-15", BERLIN),
    ],
)
async def test_a_recurrence_that_cannot_be_is_refused_with_the_place_and_what_to_write(
    front: Any, recurrence: dict[str, Any], path: list[str], message: str, hint: str | None
) -> None:
    problem = await refusal(await front(), series(recurrence))
    assert problem["path"] == ["events", "0", "recurrence", *path]
    assert message in problem["message"]
    assert (hint or "") in (problem["hint"] or "")


@pytest.mark.parametrize(
    ("values", "code", "path"),
    [
        ({"start": clock("2027-10-31T02:30:00", disambiguation="EARLIER")}, "UNSUPPORTED", ["start"]),
        ({"start": clock("2027-10-31T01:30:00"), "end": {"after": "PT1H"}}, "UNSUPPORTED", ["end"]),
        (
            {"start": clock("2027-03-28T02:30:00", disambiguation="EARLIER")},
            "INVALID_TIME",
            ["start", "zoned", "local"],
        ),
        (
            {
                "start": clock("2027-03-27T22:00:00"),
                "end": clock("2027-03-28T02:30:00", disambiguation="LATER"),
            },
            "INVALID_TIME",
            ["end", "zoned", "local"],
        ),
        (
            {"start": clock("2027-03-27T02:30:00"), "end": {"after": "P1D"}},
            "INVALID_TIME",
            ["end", "after"],
        ),
    ],
)
async def test_a_first_time_that_the_clocks_show_twice_or_never_is_refused(
    front: Any, values: dict[str, Any], code: str, path: list[str]
) -> None:
    problem = await refusal(await front(), series({"rule": "FREQ=DAILY"}, **values))
    assert (problem["code"], problem["path"]) == (code, ["events", "0", *path])
    assert "another day" in problem["hint"]


async def test_whole_days_of_one_zone_do_not_recur_by_those_of_another(front: Any) -> None:
    whole = {"start": {"allDay": {"date": "2027-03-22"}}, "end": {"after": "P1D"}}
    problem = await refusal(await front(), series({**EVERY_MONDAY, "timeZone": "Asia/Tokyo"}, **whole))
    assert problem["path"] == ["events", "0", "recurrence", "timeZone"]


# Changing


async def test_a_series_gets_another_rule_and_another_start(front: Any) -> None:
    gateway = await front()
    event = await made(gateway, series())
    twice = await changed(gateway, event, recurrence={"rule": "FREQ=WEEKLY;BYDAY=MO,FR"})
    assert twice["recurrence"]["rule"] == "FREQ=WEEKLY;BYDAY=MO,FR"
    later = await changed(gateway, twice, start=clock("2027-03-26T23:00:00"))
    assert sent(gateway, "PATCH")["recurrence"]["range"]["startDate"] == "2027-03-26"
    assert later["end"]["local"] == "2027-03-27T01:00:00"
    assert days(await view(gateway, "2027-03-20", "2027-04-04")) == ["03-26", "03-29", "04-02"]


async def test_a_start_that_the_rule_does_not_pick_is_refused_with_the_first_that_it_does(front: Any) -> None:
    gateway = await front()
    event = await made(gateway, series())
    (row,) = (await update(gateway, event, start=clock("2027-03-23T22:00:00")))["results"]
    assert row["problem"]["path"] == ["changes", "0", "set", "start"]
    assert "2027-03-29" in row["problem"]["hint"]
    assert gateway.seen("msgraph", "PATCH") == []


async def test_a_series_moves_to_another_clock_if_its_recurrence_is_given_it(front: Any) -> None:
    gateway = await front()
    event = await made(gateway, series())
    start = clock("2027-03-22T22:00:00", "Asia/Tokyo")
    kept = await changed(gateway, event, start=start)
    assert (kept["start"]["local"], kept["recurrence"]["timeZone"]) == ("2027-03-22T14:00:00", BERLIN)
    moved = await changed(gateway, event, start=start, recurrence={**EVERY_MONDAY, "timeZone": "Asia/Tokyo"})
    assert (moved["start"]["local"], moved["recurrence"]["timeZone"]) == ("2027-03-22T22:00:00", "Asia/Tokyo")


async def test_null_makes_a_series_one_event_and_a_recurrence_one_event_a_series(front: Any) -> None:
    gateway = await front()
    event = await made(gateway, series())
    single = await changed(gateway, event, recurrence=None)
    assert sent(gateway, "PATCH") == {"recurrence": None}
    assert (single["recurrence"], single["msgraph"]["type"]) == (None, "SINGLE_INSTANCE")
    again = await changed(gateway, single, recurrence=EVERY_MONDAY)
    assert (again["id"], again["recurrence"]["rule"]) == (event["id"], "FREQ=WEEKLY;BYDAY=MO")


async def test_what_does_not_touch_the_times_of_a_series_is_sent_alone(front: Any) -> None:
    gateway = await front()
    event = await made(gateway, series())
    await changed(gateway, event, title="Patches, renamed", recurrence=EVERY_MONDAY)
    assert sent(gateway, "PATCH") == {"subject": "Patches, renamed"}


async def test_an_occurrence_is_changed_by_its_id_and_takes_no_recurrence(front: Any) -> None:
    gateway = await front()
    master = await made(gateway, series())
    second = (await view(gateway, "2027-03-20", "2027-04-09"))[1]
    exception = await changed(gateway, second, start=clock("2027-03-30T22:00:00"))
    assert (exception["msgraph"]["type"], exception["seriesId"]) == ("EXCEPTION", master["id"])
    assert days(await view(gateway, "2027-03-20", "2027-04-09")) == ["03-22", "03-30", "04-05"]
    (row,) = (await update(gateway, second, recurrence={"rule": "FREQ=DAILY"}))["results"]
    assert (row["problem"]["code"], row["problem"]["path"]) == (
        "UNSUPPORTED",
        ["changes", "0", "set", "recurrence"],
    )
    assert master["id"] in row["problem"]["hint"]


async def test_a_series_that_graph_leaves_a_series_is_a_conflict_and_shown_as_it_is(front: Any) -> None:
    gateway = await front()
    event = await made(gateway, series())
    gateway.sandbox.msgraph.emulator.unknowns = Unknowns(null_recurrence_ends_series=False)
    (row,) = (await update(gateway, event, recurrence=None))["results"]
    assert (row["status"], row["problem"]["code"]) == ("CONFLICT", "UNSUPPORTED")
    assert row["problem"]["path"] == ["changes", "0", "set", "recurrence"]
    assert row["event"]["recurrence"]["rule"] == "FREQ=WEEKLY;BYDAY=MO"


async def test_a_series_that_could_not_be_sent_again_is_changed_in_all_else(front: Any) -> None:
    gateway = await front()
    twice = {"dateTime": "2027-10-31T02:30:00", "timeZone": "W. Europe Standard Time"}
    body = {
        "subject": "Made in Outlook",
        "start": twice,
        "end": {**twice, "dateTime": "2027-10-31T03:30:00"},
        "recurrence": {
            "pattern": {"type": "daily", "interval": 1},
            "range": {"type": "noEnd", "startDate": "2027-10-31"},
        },
    }
    address = f"{gateway.sandbox.msgraph.url}/v1.0/users/outages@contoso.com/events"
    headers = {"authorization": gateway.sandbox.credentials.msgraph_app}
    async with loopback.client() as outlook:
        made_there = (await outlook.post(address, json=body, headers=headers)).json()
    event = {"id": f"msgraph:users/outages@contoso.com/events/{made_there['id']}"}
    after = await changed(gateway, event, title="Renamed here")
    assert (after["title"], after["recurrence"]["rule"]) == ("Renamed here", "FREQ=DAILY")


# On both sides


@pytest.mark.parametrize(
    "recurrence",
    [
        {"rule": "FREQ=WEEKLY;BYDAY=MO,TH;COUNT=30", "exceptDates": ["2027-03-29", "2027-05-06"]},
        {"rule": "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU;WKST=SU;UNTIL=20271201T000000Z"},
        {"rule": "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU;WKST=MO;UNTIL=20271201T000000Z"},
        {"rule": "FREQ=MONTHLY;BYDAY=4MO;COUNT=8"},
        {"rule": "FREQ=DAILY;INTERVAL=10;COUNT=25", "timeZone": "America/New_York"},
    ],
)
@pytest.mark.parametrize("start", ["2027-03-22T22:00:00", "2027-03-22T09:00:00"])
async def test_a_rule_means_the_same_in_outlook_and_in_elasticsearch(
    front: Any, recurrence: dict[str, Any], start: str
) -> None:
    gateway = await front()
    await made(gateway, series(recurrence, start=clock(start)), "payments-maintenance")
    outlook = await spans(gateway, OUTLOOK)
    assert len(outlook) > 5
    assert outlook == await spans(gateway, "elasticsearch:planned-outages")


async def spans(gateway: Any, calendar: str) -> list[tuple[str, str]]:
    shown = await view(gateway, "2027-03-20", "2028-04-01", calendar=calendar)
    return [(one["start"]["instant"], one["end"]["instant"]) for one in shown]
