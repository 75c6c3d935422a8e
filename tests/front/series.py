"""Series as clients of the gateway write them, change them and see them."""

import json
from typing import Any

EVENT = """
  id title revision start { instant local timeZone date } end { instant local } isAllDay seriesId
  recurrence { rule timeZone exceptDates } msgraph { type recurrence { pattern { type } } }
"""
ROWS = f"""
  status
  results {{
    status stored eventId event {{ {EVENT} }} problem {{ code message path hint }}
    warnings {{ code field given sent }} effects {{ kind count }} requestIndexes
  }}
  requests {{ method path body status }}
"""
ADD = f"mutation ($input: AddEventsInput!) {{ addEvents(input: $input) {{ {ROWS} }} }}"
FIND = f"query ($id: ID!) {{ calendarEvent(id: $id) {{ {EVENT} }} }}"
UPDATE = f"mutation ($input: UpdateEventsInput!) {{ updateEvents(input: $input) {{ {ROWS} }} }}"
VIEW = f"""query ($calendars: [ID!]!, $window: TimeWindowInput!) {{
  calendarEvents(calendars: $calendars, window: $window, first: 200) {{ nodes {{ {EVENT} }} }}
}}"""
OUTLOOK = "msgraph:users/outages@contoso.com/calendar"
TITLE = "Patches of a series"
BERLIN = "Europe/Berlin"
EVERY_MONDAY = {"rule": "FREQ=WEEKLY;BYDAY=MO"}


def clock(local: str, zone: str = BERLIN, **more: str) -> dict[str, Any]:
    return {"zoned": {"local": local, "timeZone": zone, **more}}


def series(recurrence: dict[str, Any] | None = None, **values: Any) -> dict[str, Any]:
    """Monday's patches, from 22:00 to midnight in Berlin, unless `values` say otherwise."""
    return {
        "title": TITLE,
        "start": clock("2027-03-22T22:00:00"),
        "end": {"after": "PT2H"},
        "recurrence": recurrence or EVERY_MONDAY,
        **values,
    }


async def add(gateway: Any, event: dict[str, Any], calendar: str = OUTLOOK, **more: Any) -> dict[str, Any]:
    given = {"calendars": [calendar], "events": [event], **more}
    return (await gateway.ask(ADD, {"input": given}))["addEvents"]


async def made(gateway: Any, event: dict[str, Any], calendar: str = OUTLOOK) -> dict[str, Any]:
    report = await add(gateway, event, calendar)
    assert report["status"] == "SUCCEEDED", report["results"]
    return report["results"][0]["event"]


async def refusal(gateway: Any, event: dict[str, Any], calendar: str = OUTLOOK) -> dict[str, Any]:
    (row,) = (await add(gateway, event, calendar))["results"]
    assert (row["status"], row["event"]) == ("FAILED", None)
    assert gateway.seen("msgraph") == gateway.seen("elasticsearch") == []
    return row["problem"]


async def update(
    gateway: Any, event: dict[str, Any], if_revision: str | None = None, **values: Any
) -> dict[str, Any]:
    changes = [{"target": {"id": event["id"]}, "set": values, "ifRevision": if_revision}]
    return (await gateway.ask(UPDATE, {"input": {"changes": changes}}))["updateEvents"]


async def changed(gateway: Any, event: dict[str, Any], **values: Any) -> dict[str, Any]:
    (row,) = (await update(gateway, event, **values))["results"]
    assert row["status"] == "UPDATED", row["problem"]
    return row["event"]


async def found(gateway: Any, event: dict[str, Any]) -> dict[str, Any]:
    return (await gateway.ask(FIND, {"id": event["id"]}))["calendarEvent"]


async def view(
    gateway: Any, start: str, end: str, *, title: str = TITLE, calendar: str = OUTLOOK
) -> list[dict[str, Any]]:
    """Our occurrences in a window of days of UTC."""
    window = {"start": f"{start}T00:00:00Z", "end": f"{end}T00:00:00Z"}
    shown = await gateway.ask(VIEW, {"calendars": [calendar], "window": window})
    return [one for one in shown["calendarEvents"]["nodes"] if one["title"] == title]


def days(shown: list[dict[str, Any]]) -> list[str]:
    return [one["start"]["local"][5:10] for one in shown]


def sent(gateway: Any, method: str = "POST") -> dict[str, Any]:
    return json.loads(gateway.seen("msgraph", method)[-1].body)
