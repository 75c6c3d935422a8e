"""Each field that is given is readable afterwards as it was given, or a warning names it."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from .events_given import events

pytestmark = pytest.mark.anyio

CALENDARS = ("msgraph:users/outages@contoso.com/calendar", "elasticsearch:planned-outages")
ADD = """mutation ($input: AddEventsInput!) {
  addEvents(input: $input) {
    results { calendarId status eventId problem { code message } warnings { code field } requestIndexes }
    requests { method }
  }
}"""
READ = """query ($id: ID!) {
  calendarEvent(id: $id) {
    title description { text html } location { displayName } categories showAs
    attendees { email } recurrence { rule } isAllDay
    start { instant timeZone date } end { instant date }
    elasticsearch { skipResult skipModelUpdate forceTimeShift }
    msgraph { importance sensitivity isReminderOn reminderMinutesBeforeStart responseRequested }
  }
}"""
IANA = {"W. Europe Standard Time": "Europe/Berlin"}
LOSSES = {"NOT_HELD", "CHANGED", "CUT_OFF"}
BOUNDED = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def body(read: dict[str, Any], value: dict[str, str]) -> bool:
    held = read["description"] or {"text": "", "html": ""}
    return all(text in (held[kind] or "") for kind, text in value.items())


def zone(read: dict[str, Any], value: dict[str, Any]) -> bool:
    """A moment alone has no zone to keep."""
    (given,) = value.values()
    return (
        isinstance(given, str) or IANA.get(given["timeZone"], given["timeZone"]) == read["start"]["timeZone"]
    )


def rule(read: dict[str, Any], value: dict[str, Any]) -> bool:
    """Parts stand in any order. What matters not may differ: a week's first day, an end within its day."""
    held = read["recurrence"]
    return held is not None and _parts(held["rule"]) == _parts(value["rule"])


def _parts(text: str) -> set[str]:
    parts = {part for part in text.split(";") if not part.startswith("WKST")}
    return {part[: len("UNTIL=yyyymmd")] if part.startswith("UNTIL") else part for part in parts}


def when(read: dict[str, Any], value: dict[str, Any]) -> bool:
    if "allDay" in value:
        return read["isAllDay"] and read["start"]["date"] == value["allDay"]["date"]
    return zone(read, value)


KEPT: dict[str, Callable[[dict[str, Any], Any], bool]] = {
    "title": lambda read, value: read["title"] == value,
    "start": when,
    "description": body,
    "location": lambda read, value: read["location"] == value,
    "categories": lambda read, value: read["categories"] == value,
    "showAs": lambda read, value: read["showAs"] == value,
    "attendees": lambda read, value: read["attendees"] == value,
    "recurrence": rule,
}


def lost(read: dict[str, Any], event: dict[str, Any]) -> set[str]:
    """The given fields that are not readable as they were given; options by their full names."""
    found = {name for name, kept in KEPT.items() if name in event and not kept(read, event[name])}
    for kind in ("elasticsearch", "msgraph"):
        held = read[kind] or {}
        found |= {f"{kind}.{name}" for name, value in event.get(kind, {}).items() if held.get(name) != value}
    return found


def is_named(field: str, warnings: list[dict[str, str]]) -> bool:
    """Whether a warning is about the field, or about a part of it."""
    return any(it["field"] == field or it["field"].startswith(f"{field}.") for it in warnings)


@BOUNDED
@given(event=events())
async def test_what_is_lost_is_named_and_what_is_not_named_is_kept(front: Any, event: dict[str, Any]) -> None:
    gateway = await front()
    given_event = {"calendars": CALENDARS, "events": [event]}
    for row in (await gateway.ask(ADD, {"input": given_event}))["addEvents"]["results"]:
        if row["status"] != "CREATED":
            assert row["problem"]["code"] in {"INVALID_INPUT", "INVALID_TIME", "UNSUPPORTED"}, row
            continue
        read = (await gateway.ask(READ, {"id": row["eventId"]}))["calendarEvent"]
        for field in lost(read, event):
            assert is_named(field, row["warnings"]), (field, event.get(field), read, row["warnings"])


@BOUNDED
@given(event=events())
async def test_with_reject_nothing_of_an_event_is_sent_where_a_part_would_be_lost(
    front: Any, event: dict[str, Any]
) -> None:
    gateway = await front()
    dry = {"calendars": CALENDARS, "events": [event], "dryRun": True}
    shown = (await gateway.ask(ADD, {"input": dry}))["addEvents"]["results"]
    strict = {**dry, "dryRun": False, "onLoss": "REJECT"}
    for before, after in zip(
        shown, (await gateway.ask(ADD, {"input": strict}))["addEvents"]["results"], strict=True
    ):
        if before["status"] != "PLANNED":
            assert after["problem"] == before["problem"]
        elif any(warning["code"] in LOSSES for warning in before["warnings"]):
            assert (after["status"], after["problem"]["code"]) == ("FAILED", "LOSS_REFUSED")
            assert after["requestIndexes"] == []
        else:
            assert after["status"] == "CREATED"
