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


def given(number, minutes=30):
    """Two of an hour are twins."""
    return {
        "title": f'Switch "{number // 2}" [é]',
        "start": {"instant": f"2031-03-{1 + number // 24:02}T{number // 2:02}:00:00Z"},
        "end": {"after": f"PT{minutes}M"},
    }


async def rows(gateway, events, calendars=(ONE,)):
    values = {"events": events, "calendars": list(calendars)}
    return (await gateway.ask(ADD, {"input": values}))["addEvents"]["results"]


async def listed(gateway, calendars=(ONE,)):
    return (await gateway.ask(LIST, {"calendars": list(calendars)}))["calendarEvents"]["nodes"]


@pytest.mark.parametrize("count", [1, 3, 12, 20])
async def test_the_rows_show_each_event_as_a_list_does(front, count):
    gateway = await front()
    added = await rows(gateway, [given(number) for number in range(count)])
    there = {event["id"]: event for event in await listed(gateway)}
    assert len(there) == count
    assert {row["eventId"]: row["event"] for row in added} == there
    for number, row in enumerate(added):
        assert row["event"]["title"] == given(number)["title"]
        assert row["eventIds"] == [row["eventId"]]
        assert (row["status"], row["stored"], row["calendarId"]) == ("CREATED", True, ONE)


async def test_a_row_that_is_refused_changes_nothing_in_the_others(front):
    gateway = await front()
    events = [given(number, minutes=0 if number == 7 else 30) for number in range(14)]
    added = await rows(gateway, events)
    refused = added.pop(7)
    assert (refused["status"], refused["event"], refused["eventIds"]) == ("FAILED", None, [])
    assert {row["eventId"]: row["event"] for row in added} == {it["id"]: it for it in await listed(gateway)}


async def test_rows_of_two_calendars_show_the_events_of_each(front):
    gateway = await front()
    added = await rows(gateway, [given(number) for number in range(12)], (ONE, OTHER))
    assert [row["event"]["calendarId"] for row in added] == [ONE, OTHER] * 12
    there = await listed(gateway, (ONE, OTHER))
    assert {row["eventId"]: row["event"] for row in added} == {event["id"]: event for event in there}


@pytest.mark.parametrize("after", [0, 1])
async def test_rows_with_a_series_show_the_first_of_it_and_all_have_columns_of_their_number(front, after):
    gateway = await front()
    series = {**given(40), "recurrence": {"rule": "FREQ=DAILY;COUNT=3", "timeZone": "UTC"}}
    events = [given(number) for number in range(12)]
    events.insert(12 - after, series)
    added = await rows(gateway, events)
    assert [len(row["eventIds"]) for row in added] == [3 if it is series else 1 for it in events]
    there = {event["id"]: event for event in await listed(gateway)}
    assert [row["event"] for row in added] == [there[row["eventId"]] for row in added]
