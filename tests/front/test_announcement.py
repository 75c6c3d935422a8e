"""How an alias announces events in Outlook: what they leave open is filled in, and nothing else."""

from typing import Any

import msgspec
import pytest

from .conftest import CONFIGURATION

pytestmark = pytest.mark.anyio

OUTLOOK = "msgraph:users/outages@contoso.com/calendar"
QUIET = (
    CONFIGURATION
    + """
[aliases.quiet]
calendars = ["msgraph:users/outages@contoso.com/calendar", "elasticsearch:planned-outages"]
show_as = "free"
reminder = "off"
response_requested = false

[aliases.urgent]
calendars = ["msgraph:users/outages@contoso.com/calendar"]
reminder = 60
"""
)
ADD = """
mutation ($input: AddEventsInput!) {
  addEvents(input: $input) {
    results {
      status calendarId warnings { field }
      event { showAs msgraph { isReminderOn reminderMinutesBeforeStart responseRequested } }
    }
    requests { source { name } body }
  }
}
"""
EVENT = {"title": "Upgrade", "start": {"instant": "2027-03-20T22:00:00Z"}, "end": {"after": "PT2H"}}
SAID = ("showAs", "isReminderOn", "reminderMinutesBeforeStart", "responseRequested")


def call(calendar: str, values: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"input": {"calendars": [calendar], "events": [EVENT | values], **more}}


def said(body: dict[str, Any]) -> dict[str, Any]:
    return {name: body[name] for name in SAID if name in body}


ANNOUNCED = [
    pytest.param(
        "quiet", {}, {"showAs": "free", "isReminderOn": False, "responseRequested": False}, id="all"
    ),
    pytest.param("urgent", {}, {"isReminderOn": True, "reminderMinutesBeforeStart": 60}, id="minutes"),
    pytest.param(OUTLOOK, {}, {}, id="by its id"),
    pytest.param(
        "quiet",
        {"showAs": "OUT_OF_OFFICE", "msgraph": {"reminderMinutesBeforeStart": 5, "responseRequested": True}},
        {"showAs": "oof", "reminderMinutesBeforeStart": 5, "responseRequested": True},
        id="the event says otherwise",
    ),
    pytest.param("urgent", {"msgraph": {"isReminderOn": False}}, {"isReminderOn": False}, id="not reminded"),
    pytest.param(
        "quiet",
        {"msgraph": {"importance": "HIGH"}},
        {"showAs": "free", "isReminderOn": False, "responseRequested": False},
        id="the event says something else",
    ),
]


@pytest.mark.parametrize(("calendar", "values", "expected"), ANNOUNCED)
async def test_an_alias_says_of_an_event_what_the_event_does_not(
    front: Any, calendar: str, values: dict[str, Any], expected: dict[str, Any]
) -> None:
    gateway = await front(QUIET)
    planned = (await gateway.ask(ADD, call(calendar, values, dryRun=True)))["addEvents"]
    (shown,) = [one["body"] for one in planned["requests"] if one["source"]["name"] == "msgraph"]
    assert said(shown) == expected
    real = (await gateway.ask(ADD, call(calendar, values)))["addEvents"]
    assert {row["status"] for row in real["results"]} == {"CREATED"}
    (post,) = gateway.seen("msgraph")
    assert said(msgspec.json.decode(post.body)) == expected


async def test_the_event_is_as_the_alias_announces_it_and_elasticsearch_gets_nothing_of_it(
    front: Any,
) -> None:
    gateway = await front(QUIET)
    outlook, ml = (await gateway.ask(ADD, call("quiet", {})))["addEvents"]["results"]
    assert outlook["event"]["showAs"] == "FREE"
    assert outlook["event"]["msgraph"]["isReminderOn"] is False
    assert outlook["event"]["msgraph"]["responseRequested"] is False
    assert not {"showAs", "msgraph.isReminderOn"} & {warning["field"] for warning in ml["warnings"]}
    first, second = gateway.audit
    assert first["fingerprint"] == second["fingerprint"]
