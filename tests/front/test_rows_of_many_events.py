"""What the rows of an addition to ML calendars show, few or many: what a list shows of the same events."""

import pytest

pytestmark = pytest.mark.anyio

SHOWN = """
  id title calendarId status showAs isAllDay key revision categories
  start { instant timeZone date } end { instant timeZone date }
  elasticsearch { eventId skipResult skipModelUpdate forceTimeShift }
  msgraph { type }
"""
ADD = f"""
mutation ($input: AddEventsInput!) {{
  addEvents(input: $input) {{
    results {{ status calendarId eventId eventIds stored event {{ {SHOWN} }} problem {{ code }} }}
  }}
}}
"""
LIST = f"""
query ($calendars: [ID!]!) {{
  calendarEvents(
    calendars: $calendars
    window: {{ start: "2031-03-01T00:00:00Z", end: "2031-04-01T00:00:00Z" }}
    first: 100
  ) {{ nodes {{ {SHOWN} }} }}
}}
"""
ONE, OTHER = "elasticsearch:planned-outages", "elasticsearch:empty"


def after(_, minutes):
    return {"after": f"PT{minutes}M"}


def instant(hour, minutes):
    return {"instant": f"{hour}:{minutes:02}:00Z"}


both_ends = pytest.mark.parametrize("end", [after, instant])


def given(number, minutes=30, end=after):
    """Two of an hour are twins. Many that end at an instant are plain: they are made together."""
    hour = f"2031-03-{1 + number // 48:02}T{number // 2 % 24:02}"
    return {
        "title": f'Switch "{number // 2}" [é]',
        "start": {"instant": f"{hour}:00:00Z"},
        "end": end(hour, minutes),
    }


async def rows(gateway, events, calendars=(ONE,)):
    values = {"events": events, "calendars": list(calendars)}
    return (await gateway.ask(ADD, {"input": values}))["addEvents"]["results"]


async def listed(gateway, calendars=(ONE,)):
    return (await gateway.ask(LIST, {"calendars": list(calendars)}))["calendarEvents"]["nodes"]


@both_ends
@pytest.mark.parametrize("count", [1, 3, 12, 60])
async def test_the_rows_show_each_event_as_a_list_does(front, count, end):
    gateway = await front()
    added = await rows(gateway, [given(number, end=end) for number in range(count)])
    there = {event["id"]: event for event in await listed(gateway)}
    assert len(there) == count
    assert {row["eventId"]: row["event"] for row in added} == there
    for number, row in enumerate(added):
        assert row["event"]["title"] == given(number)["title"]
        assert row["event"]["start"]["instant"] == given(number)["start"]["instant"]
        assert row["eventIds"] == [row["eventId"]]
        assert (row["status"], row["stored"], row["calendarId"]) == ("CREATED", True, ONE)


@both_ends
@pytest.mark.parametrize("series", [(), (10,)])
async def test_the_line_of_each_row_in_the_audit_log_has_its_event_and_the_fingerprint_of_what_was_given(
    front, end, series
):
    """That of the same event added alone."""
    gateway = await front()
    daily = {"recurrence": {"rule": "FREQ=DAILY;COUNT=3", "timeZone": "UTC"}}
    events = [given(number, end=end) | (daily if number in series else {}) for number in range(0, 24, 2)]
    added = await rows(gateway, events)
    lines = gateway.audit
    assert [len(row["eventIds"]) for row in added] == [
        3 if number in series else 1 for number in range(0, 24, 2)
    ]
    assert [line["event_ids"] for line in lines] == [row["eventIds"] for row in added]
    for event in events:
        await rows(gateway, [event], (OTHER,))
    alone = gateway.audit[len(events) :]
    assert [line["fingerprint"] for line in lines] == [line["fingerprint"] for line in alone]
    assert len({line["fingerprint"] for line in lines}) == len(events)


@both_ends
async def test_a_row_that_is_refused_changes_nothing_in_the_others(front, end):
    gateway = await front()
    events = [given(number, minutes=0 if number == 7 else 30, end=end) for number in range(14)]
    added = await rows(gateway, events)
    refused = added.pop(7)
    assert (refused["status"], refused["event"], refused["eventIds"]) == ("FAILED", None, [])
    assert {row["eventId"]: row["event"] for row in added} == {it["id"]: it for it in await listed(gateway)}


@both_ends
async def test_rows_of_two_calendars_show_the_events_of_each(front, end):
    gateway = await front()
    added = await rows(gateway, [given(number, end=end) for number in range(12)], (ONE, OTHER))
    assert [row["event"]["calendarId"] for row in added] == [ONE, OTHER] * 12
    there = await listed(gateway, (ONE, OTHER))
    assert {row["eventId"]: row["event"] for row in added} == {event["id"]: event for event in there}


@pytest.mark.parametrize("behind", [0, 1])
async def test_rows_with_a_series_show_the_first_of_it_and_all_have_columns_of_their_number(front, behind):
    gateway = await front()
    series = {**given(40), "recurrence": {"rule": "FREQ=DAILY;COUNT=3", "timeZone": "UTC"}}
    events = [given(number) for number in range(12)]
    events.insert(12 - behind, series)
    added = await rows(gateway, events)
    assert [len(row["eventIds"]) for row in added] == [3 if it is series else 1 for it in events]
    there = {event["id"]: event for event in await listed(gateway)}
    assert [row["event"] for row in added] == [there[row["eventId"]] for row in added]
