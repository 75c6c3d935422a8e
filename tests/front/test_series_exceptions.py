"""The days that a series leaves out, through the whole application."""

from typing import Any

import pytest

from gateway.sandbox.faults import Cut, Fault
from gateway.sandbox.seed import user_id

from .series import (
    ADD,
    EVENT,
    EVERY_MONDAY,
    OUTLOOK,
    UPDATE,
    add,
    changed,
    clock,
    days,
    found,
    made,
    refusal,
    series,
    update,
    view,
)

pytestmark = pytest.mark.anyio

APRIL = ["2027-03-29", "2027-04-12"]
"""Of the Mondays from 22 March on, the second and the fourth."""


def leaving_out(*dates: str, **values: Any) -> dict[str, Any]:
    return series({**EVERY_MONDAY, "exceptDates": list(dates or APRIL)}, **values)


async def mondays(gateway: Any) -> list[str]:
    return days(await view(gateway, "2027-03-20", "2027-04-24"))


# With a new series


async def test_a_series_is_made_and_then_the_occurrences_of_the_days_are_removed(front: Any) -> None:
    gateway = await front()
    (row,) = (await add(gateway, leaving_out()))["results"]
    assert (row["status"], row["problem"]) == ("CREATED", None)
    assert row["event"]["recurrence"]["exceptDates"] == APRIL
    assert await mondays(gateway) == ["03-22", "04-05", "04-19"]
    assert await found(gateway, row["event"]) == row["event"]
    assert (await changed(gateway, row["event"], title="Renamed"))["recurrence"] == row["event"]["recurrence"]


async def test_the_revision_of_the_row_is_that_of_the_series_without_the_days(front: Any) -> None:
    gateway = await front()
    event = await made(gateway, leaving_out())
    report = await update(gateway, event, if_revision=event["revision"], title="Renamed")
    assert report["results"][0]["status"] == "UPDATED"


async def test_a_dry_run_shows_all_requests_and_the_real_run_sends_just_those(front: Any) -> None:
    gateway = await front()
    planned = await add(gateway, leaving_out(), dryRun=True)
    (row,) = planned["results"]
    assert (row["status"], row["requestIndexes"]) == ("PLANNED", list(range(6)))
    shown = [(one["method"], one["path"].partition("?")[0]) for one in planned["requests"]]
    events = "/v1.0/users/outages%40contoso.com/events/<assigned>"
    assert shown == [
        ("POST", "/v1.0/users/outages%40contoso.com/calendar/events"),
        ("GET", f"{events}/instances"),
        ("DELETE", events),
        ("DELETE", events),
        ("GET", events),
        ("GET", events),
    ]
    real = await add(gateway, leaving_out())
    master, first, second = (
        real["requests"][index]["path"].rpartition("/")[2].partition("?")[0] for index in (4, 2, 3)
    )
    sent = [one["path"] for one in real["requests"]]
    for index, name in ((1, master), (2, first), (3, second), (4, master), (5, master)):
        sent[index] = sent[index].replace(name, "<assigned>")
    assert sent == [one["path"] for one in planned["requests"]]
    assert real["results"][0]["requestIndexes"] == list(range(6))


async def test_whole_days_are_left_out_by_their_dates_east_and_west(front: Any) -> None:
    gateway = await front()
    for zone in ("Pacific/Auckland", "America/Los_Angeles"):
        start = {"allDay": {"date": "2027-03-22", "timeZone": zone}}
        event = await made(gateway, leaving_out(title=zone, start=start, end={"after": "P1D"}))
        shown = await view(gateway, "2027-03-20", "2027-04-18", title=zone)
        assert [one["start"]["date"] for one in shown] == ["2027-03-22", "2027-04-05"]
        assert event["recurrence"]["exceptDates"] == APRIL


async def test_days_are_those_of_the_clock_of_the_series(front: Any) -> None:
    gateway = await front()
    late = {"start": clock("2027-03-22T23:30:00", "America/Los_Angeles"), "end": {"after": "PT15M"}}
    early = {"start": clock("2027-03-22T00:30:00", "Asia/Tokyo"), "end": {"after": "PT15M"}}
    for title, times in (("late", late), ("early", early)):
        event = await made(gateway, leaving_out(title=title, **times))
        assert days(await view(gateway, "2027-03-20", "2027-04-18", title=title)) == ["03-22", "04-05"]
        assert event["recurrence"]["exceptDates"] == APRIL


async def test_days_that_are_years_apart_are_looked_for_in_windows_that_graph_takes(front: Any) -> None:
    gateway = await front()
    apart = ["2027-03-29", "2033-04-04", "2033-04-11"]
    event = await made(gateway, leaving_out(*apart))
    assert event["recurrence"]["exceptDates"] == apart
    looks = [one for one in gateway.seen("msgraph", "GET") if "/instances" in one.target]
    assert len(looks) == 2
    assert days(await view(gateway, "2033-03-27", "2033-04-20")) == ["03-28", "04-18"]


@pytest.mark.parametrize("mailbox", ["me", f"groups/{user_id('sre@contoso.com')}"])
async def test_a_caller_leaves_days_out_of_a_series_of_their_own_or_a_groups(
    front: Any, mailbox: str
) -> None:
    gateway = await front()
    event = await made(gateway, leaving_out(), f"beta:{mailbox}/calendar")
    assert event["recurrence"]["exceptDates"] == APRIL
    removals = gateway.seen("msgraph", "DELETE")
    assert [one.target.startswith(f"/beta/{mailbox}/events/") for one in removals] == [True, True]


async def test_among_many_events_a_series_has_its_own_requests_for_its_days(front: Any) -> None:
    gateway = await front()
    single = {name: value for name, value in series().items() if name != "recurrence"}
    given = {"calendars": [OUTLOOK], "events": [single, leaving_out(), *[single] * 5]}
    planned = (await gateway.ask(ADD, {"input": {**given, "dryRun": True}}))["addEvents"]
    written = (await gateway.ask(ADD, {"input": given}))["addEvents"]
    assert written["status"] == "SUCCEEDED"
    assert written["results"][1]["event"]["recurrence"]["exceptDates"] == APRIL
    for report in (planned, written):
        methods = [
            [report["requests"][at]["method"] for at in row["requestIndexes"]] for row in report["results"]
        ]
        assert methods == [["POST"], ["POST", "GET", "DELETE", "DELETE", "GET", "GET"], *[["POST"]] * 5]


async def test_days_are_not_left_out_where_that_would_send_mail(front: Any) -> None:
    event = leaving_out(attendees=[{"email": "bob.meyer@contoso.com"}])
    problem = await refusal(await front(), event)
    assert (problem["code"], problem["path"]) == ("REFUSED", ["events", "0", "recurrence", "exceptDates"])


async def test_more_days_than_a_hundred_are_refused(front: Any) -> None:
    dates = [
        f"20{year}-{month:02}-{day:02}" for year in range(28, 32) for month in (1, 2) for day in range(1, 14)
    ]
    event = series({"rule": "FREQ=DAILY", "exceptDates": dates})
    problem = await refusal(await front(), event)
    assert (problem["code"], problem["path"]) == ("TOO_MANY", ["events", "0", "recurrence", "exceptDates"])


async def test_what_is_left_undone_is_said_day_by_day(front: Any) -> None:
    gateway = await front()
    gateway.sandbox.msgraph.faults.add("DELETE *", Fault(status=403), calls=(2,))
    report = await add(gateway, leaving_out())
    (row,) = report["results"]
    assert (report["status"], row["status"], row["stored"]) == ("PARTIAL", "UNKNOWN", True)
    assert "still takes place on 2027-04-12" in row["problem"]["message"]
    assert "2027-03-29" not in row["problem"]["message"]
    assert row["event"]["recurrence"]["exceptDates"] == ["2027-03-29"]
    assert await mondays(gateway) == ["03-22", "04-05", "04-12", "04-19"]


async def test_where_the_occurrences_cannot_be_looked_up_all_days_are_left(front: Any) -> None:
    gateway = await front()
    gateway.sandbox.msgraph.faults.add("GET *instances", Fault(status=403))
    (row,) = (await add(gateway, leaving_out()))["results"]
    assert row["status"] == "UNKNOWN"
    assert "2027-03-29, 2027-04-12" in row["problem"]["message"]
    assert row["event"]["recurrence"]["exceptDates"] == []


async def test_a_series_that_may_be_there_may_have_all_of_its_days(front: Any) -> None:
    gateway = await front()
    gateway.sandbox.msgraph.faults.add("POST *", Fault(cut=Cut.AFTER_WRITE))
    (row,) = (await add(gateway, leaving_out()))["results"]
    assert (row["status"], row["event"]) == ("UNKNOWN", None)
    assert row["problem"]["message"].endswith("it takes place on 2027-03-29, 2027-04-12 too.")
    assert gateway.seen("msgraph", "DELETE") == []


async def test_a_removal_whose_answer_is_lost_is_sent_again(front: Any) -> None:
    gateway = await front()
    for cut in (Cut.AFTER_WRITE, Cut.BEFORE_WRITE):
        gateway.sandbox.msgraph.faults.add("DELETE *", Fault(cut=cut), calls=(1,))
        event = await made(gateway, leaving_out())
        assert event["recurrence"]["exceptDates"] == APRIL
        gateway.sandbox.msgraph.faults.clear()


@pytest.mark.parametrize("status", [409, 412, 429, 500, 502, 503, 504])
async def test_a_removal_that_graph_is_too_busy_for_is_sent_again(front: Any, status: int) -> None:
    gateway = await front()
    gateway.sandbox.msgraph.faults.add("DELETE *", Fault(status=status, retry_after="2"), calls=(1,))
    event = await made(gateway, leaving_out())
    assert event["recurrence"]["exceptDates"] == APRIL
    assert len(gateway.seen("msgraph", "DELETE")) == 3


async def test_a_removal_that_graph_stays_too_busy_for_is_given_up(front: Any) -> None:
    gateway = await front()
    gateway.sandbox.msgraph.faults.add("DELETE *", Fault(status=503))
    (row,) = (await add(gateway, leaving_out()))["results"]
    assert (row["status"], row["event"]["recurrence"]["exceptDates"]) == ("UNKNOWN", [])
    assert len(gateway.seen("msgraph", "DELETE")) == 4


async def test_a_series_that_is_not_seen_in_the_end_is_made_all_the_same(front: Any) -> None:
    gateway = await front()
    gateway.sandbox.msgraph.faults.add("GET /{event}", Fault(status=403))
    event = await made(gateway, leaving_out())
    assert (event["recurrence"]["exceptDates"], event["revision"]) == (APRIL, None)


# With a series that is there


async def test_one_more_day_is_left_out_without_touching_the_pattern(front: Any) -> None:
    gateway = await front()
    event = await made(gateway, leaving_out("2027-03-29"))
    more = {**EVERY_MONDAY, "exceptDates": APRIL}
    assert (await changed(gateway, event, recurrence=more))["recurrence"]["exceptDates"] == APRIL
    assert await mondays(gateway) == ["03-22", "04-05", "04-19"]
    assert gateway.seen("msgraph", "PATCH") == []


async def test_a_rule_alone_keeps_the_days_that_it_still_picks(front: Any) -> None:
    gateway = await front()
    event = await made(gateway, leaving_out())
    fortnightly = await changed(gateway, event, recurrence={"rule": "FREQ=WEEKLY;INTERVAL=3;BYDAY=MO"})
    assert fortnightly["recurrence"]["exceptDates"] == ["2027-04-12"]
    assert await mondays(gateway) == ["03-22"]


async def test_other_times_leave_out_the_same_days(front: Any) -> None:
    gateway = await front()
    event = await made(gateway, leaving_out())
    (row,) = (await update(gateway, event, start=clock("2027-03-22T21:00:00")))["results"]
    assert (row["status"], row["event"]["recurrence"]["exceptDates"]) == ("UPDATED", APRIL)
    assert await mondays(gateway) == ["03-22", "04-05", "04-19"]


async def test_a_dry_run_of_a_change_shows_the_requests_that_the_real_run_sends(front: Any) -> None:
    gateway = await front()
    event = await made(gateway, leaving_out())
    start = clock("2027-03-22T21:00:00")
    changes = [{"target": {"id": event["id"]}, "set": {"start": start}}]
    planned = (await gateway.ask(UPDATE, {"input": {"changes": changes, "dryRun": True}}))["updateEvents"]
    real = await update(gateway, event, start=start)
    for report in (planned, real):
        (row,) = report["results"]
        methods = [report["requests"][index]["method"] for index in row["requestIndexes"]]
        assert methods == ["PATCH", "GET", "DELETE", "DELETE", "GET", "GET"]
    assert [warning["field"] for warning in real["results"][0]["warnings"]] == ["start"]


async def test_a_day_that_was_left_out_is_not_brought_back_in_silence(front: Any) -> None:
    gateway = await front()
    event = await made(gateway, leaving_out())
    fewer = {**EVERY_MONDAY, "exceptDates": APRIL[:1]}
    (row,) = (await update(gateway, event, recurrence=fewer))["results"]
    assert (row["status"], row["problem"]["path"]) == (
        "FAILED",
        ["changes", "0", "set", "recurrence", "exceptDates"],
    )
    assert "2027-04-12" in row["problem"]["message"]


async def test_days_are_not_left_out_of_a_series_to_which_people_are_invited(front: Any) -> None:
    gateway = await front()
    bob = [{"email": "bob.meyer@contoso.com"}]
    meeting, alone = await made(gateway, series(attendees=bob)), await made(gateway, series())
    more = {**EVERY_MONDAY, "exceptDates": APRIL}
    for event, values in ((meeting, {}), (meeting, {"attendees": None}), (alone, {"attendees": bob})):
        (row,) = (await update(gateway, event, recurrence=more, **values))["results"]
        assert (row["status"], row["problem"]["code"]) == ("FAILED", "REFUSED")
    assert gateway.seen("msgraph", "PATCH") == []
    assert gateway.seen("msgraph", "DELETE") == []


async def test_one_event_becomes_a_series_that_leaves_days_out(front: Any) -> None:
    gateway = await front()
    single = {name: value for name, value in series().items() if name != "recurrence"}
    event = await made(gateway, single)
    many = await changed(gateway, event, recurrence={**EVERY_MONDAY, "exceptDates": APRIL})
    assert (many["id"], many["recurrence"]["exceptDates"]) == (event["id"], APRIL)
    assert await mondays(gateway) == ["03-22", "04-05", "04-19"]


async def test_an_occurrence_that_is_removed_by_its_id_is_left_out_of_its_series(front: Any) -> None:
    gateway = await front()
    event = await made(gateway, series())
    second = (await view(gateway, "2027-03-20", "2027-04-09"))[1]
    removal = "mutation ($id: ID!) { removeEvents(input: {removals: [{target: {id: $id}}]}) { status } }"
    assert (await gateway.ask(removal, {"id": second["id"]}))["removeEvents"]["status"] == "SUCCEEDED"
    assert (await found(gateway, event))["recurrence"]["exceptDates"] == ["2027-03-29"]


async def test_a_series_is_read_and_changed_where_graph_does_not_tell_its_days(front: Any) -> None:
    """As v1.0 did not for years: it refuses a property that it does not know."""
    gateway = await front()
    event = await made(gateway, leaving_out())
    told = f"query ($id: ID!) {{ calendarEvent(id: $id) {{ warnings {{ field message }} {EVENT} }} }}"
    gateway.sandbox.msgraph.faults.add("GET /{event}", Fault(status=400), calls=range(2, 20, 2))
    shown = (await gateway.ask(told, {"id": event["id"]}))["calendarEvent"]
    (warning,) = shown["warnings"]
    assert warning["field"] == "recurrence.exceptDates"
    assert shown["recurrence"]["exceptDates"] == []
    assert (await changed(gateway, event, title="Renamed"))["title"] == "Renamed"
    gateway.sandbox.msgraph.faults.clear()
    assert (await found(gateway, event))["recurrence"]["exceptDates"] == APRIL
