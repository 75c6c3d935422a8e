"""The upstreams' own documented examples, through the front."""

import json
from pathlib import Path
from typing import Any

import httpx2
import pytest

from gateway.app import application, configured
from gateway.sandbox.http import Request, Response
from gateway.sandbox.server import EmulatorServer
from gateway.settings import load
from tests.front.conftest import CONFIGURATION

pytestmark = pytest.mark.anyio

DOCUMENTED = Path(__file__).parent.parent / "cases" / "documented"
CALENDAR = "AAMkAGViNDU7zAAAAAGtlAAA="
BETA = CONFIGURATION.replace(
    'access_token = "{msgraph_app}"', 'access_token = "{msgraph_alice}"\nversion = "beta"'
)

THREE_EVENTS = """
  { title: "event 1", start: { instant: 1513641600000 }, end: { instant: 1513728000000 } }
  { title: "event 2", start: { instant: 1513814400000 }, end: { instant: 1513900800000 } }
  { title: "event 3", start: { instant: 1514160000000 }, end: { instant: 1514246400000 } }
"""
LUNCH = """
  {
    title: "Let's go for lunch"
    description: { html: "Does next month work for you?" }
    start: { zoned: { local: "2019-03-10T12:00:00", timeZone: "Pacific Standard Time" } }
    end: { zoned: { local: "2019-03-10T14:00:00", timeZone: "Pacific Standard Time" } }
    location: { displayName: "Harry's Bar" }
    attendees: [{ email: "adelev@contoso.onmicrosoft.com", name: "Adele Vance", type: REQUIRED }]
  }
"""
ROWS = "status results { status stored eventId calendarId problem { code message } }"


def add(calendar: str, events: str) -> str:
    return f'addEvents(input: {{ calendars: ["{calendar}"], events: [{events}] }}) {{ {ROWS} }}'


def documented(name: str) -> Any:
    return json.loads((DOCUMENTED / f"{name}.json").read_text())


async def test_three_events_are_one_post_with_just_those_objects(front: Any) -> None:
    gateway = await front()
    data = await gateway.ask(f"mutation {{ {add('elasticsearch:planned-outages', THREE_EVENTS)} }}")
    (post,) = gateway.seen("elasticsearch")
    assert post.target == "/_ml/calendars/planned-outages/events"
    assert json.loads(post.body) == documented("elasticsearch_post_calendar_events.request")
    assert [row["status"] for row in data["addEvents"]["results"]] == ["CREATED"] * 3
    assert all(row["stored"] for row in data["addEvents"]["results"])
    assert len({row["eventId"] for row in data["addEvents"]["results"]}) == 3


async def test_the_documented_graph_event_is_sent_as_documented_plus_a_transaction_id(front: Any) -> None:
    gateway = await front(BETA)
    owner = gateway.sandbox.msgraph.emulator.state.find("alice.nguyen@contoso.com").owner_id
    gateway.sandbox.msgraph.emulator.state.add_calendar("alice.nguyen@contoso.com", CALENDAR, "Lunches")
    data = await gateway.ask(f"mutation {{ {add(f'msgraph:me/calendars/{CALENDAR}', LUNCH)} }}")
    (post,) = gateway.seen("msgraph")
    assert post.target == "/beta/me/calendars/AAMkAGViNDU7zAAAAAGtlAAA%3D/events"
    sent = json.loads(post.body)
    assert sent.pop("transactionId")
    assert sent == documented("msgraph_create_event.request")
    (row,) = data["addEvents"]["results"]
    assert row["status"] == "CREATED"
    assert row["calendarId"] == f"msgraph:users/{owner}/calendars/{CALENDAR}"
    assert row["eventId"].startswith(f"msgraph:users/{owner}/events/")


async def test_both_go_in_one_operation(front: Any) -> None:
    gateway = await front(BETA)
    gateway.sandbox.msgraph.emulator.state.add_calendar("alice.nguyen@contoso.com", CALENDAR, "Lunches")
    mute, announce = (
        add("elasticsearch:planned-outages", THREE_EVENTS),
        add(f"msgraph:me/calendars/{CALENDAR}", LUNCH),
    )
    data = await gateway.ask(f"mutation {{ mute: {mute} announce: {announce} }}")
    assert [data["mute"]["status"], data["announce"]["status"]] == ["SUCCEEDED", "SUCCEEDED"]
    assert len(gateway.seen("elasticsearch")) == 1
    assert len(gateway.seen("msgraph")) == 1


class Documentation:
    """Answers every creation with the documented example."""

    name = "documentation"

    def route(self, request: Request) -> str:
        return request.method

    def answer(self, request: Request, *, lose: frozenset[int] = frozenset()) -> Response:
        body = (DOCUMENTED / "msgraph_create_event.response.json").read_bytes()
        return Response(status=201, headers={"content-type": "application/json"}, body=body)

    def error(self, status: int, retry_after: str | None = None) -> Response:
        return Response(status=status)


EVERYTHING = """
  id title revision createdAt updatedAt categories isAllDay status showAs webUrl seriesId
  description { text html }
  start { instant local timeZone } end { instant local timeZone }
  location { displayName type uniqueId uniqueIdType }
  locations { displayName type uniqueId uniqueIdType }
  attendees { email name type response respondedAt }
  organizer { email name }
  msgraph {
    eventId changeKey originalStartTimeZone originalEndTimeZone uid reminderMinutesBeforeStart isReminderOn
    hasAttachments bodyPreview importance sensitivity isCancelled isOrganizer responseRequested
    seriesMasterId type onlineMeetingUrl recurrence { pattern { type } } response respondedAt
  }
"""
# Where each property of the documented answer is to be read, and as what.
OWA = "https://outlook.office365.com/owa/"
PACIFIC_NOON = {
    "instant": "2019-03-10T19:00:00Z",
    "local": "2019-03-10T12:00:00",
    "timeZone": "America/Los_Angeles",
}
PACIFIC_TWO = {
    "instant": "2019-03-10T21:00:00Z",
    "local": "2019-03-10T14:00:00",
    "timeZone": "America/Los_Angeles",
}
BAR = {
    "displayName": "Harry's Bar",
    "type": "DEFAULT",
    "uniqueId": "Harry's Bar",
    "uniqueIdType": "PRIVATE",
}
READ_AS: dict[str, tuple[str, Any]] = {
    "@odata.etag": ("revision", 'W/"/IUUrIl3PkG1JCSsPfU+8wAAGXjGjw=="'),
    "id": ("msgraph.eventId", "AAMkAGViNDU7zAAAAA7zAAAZe6CkAAA="),
    "createdDateTime": ("createdAt", "2019-02-28T21:36:26.710548Z"),
    "lastModifiedDateTime": ("updatedAt", "2019-02-28T21:36:26.957722Z"),
    "changeKey": ("msgraph.changeKey", "/IUUrIl3PkG1JCSsPfU+8wAAGXjGjw=="),
    "categories": ("categories", []),
    "originalStartTimeZone": ("msgraph.originalStartTimeZone", "Pacific Standard Time"),
    "originalEndTimeZone": ("msgraph.originalEndTimeZone", "Pacific Standard Time"),
    "uid": ("msgraph.uid", "040000008200C780DAE"),
    "reminderMinutesBeforeStart": ("msgraph.reminderMinutesBeforeStart", 15),
    "isReminderOn": ("msgraph.isReminderOn", True),
    "hasAttachments": ("msgraph.hasAttachments", False),
    "subject": ("title", "Let's go for lunch"),
    "bodyPreview": ("msgraph.bodyPreview", "Does next month work for you?"),
    "importance": ("msgraph.importance", "NORMAL"),
    "sensitivity": ("msgraph.sensitivity", "NORMAL"),
    "isAllDay": ("isAllDay", False),
    "isCancelled": ("msgraph.isCancelled", False),
    "isOrganizer": ("msgraph.isOrganizer", True),
    "responseRequested": ("msgraph.responseRequested", True),
    "seriesMasterId": ("msgraph.seriesMasterId", None),
    "showAs": ("showAs", "BUSY"),
    "type": ("msgraph.type", "SINGLE_INSTANCE"),
    "webLink": (
        "webUrl",
        OWA + "?itemid=AAMkAGViNDU7zAAAAA7zAAAZe6CkAAA%3D&exvsurl=1&path=/calendar/item",
    ),
    "onlineMeetingUrl": ("msgraph.onlineMeetingUrl", None),
    "recurrence": ("msgraph.recurrence", None),
    "responseStatus": ("msgraph.response", "ORGANIZER"),
    "body": ("description.text", "Does next month work for you?"),
    "start": ("start", PACIFIC_NOON),
    "end": ("end", PACIFIC_TWO),
    "location": ("location", BAR),
    "locations": ("locations", [BAR]),
    "attendees": (
        "attendees",
        [
            {
                "email": "AdeleV@contoso.OnMicrosoft.com",
                "name": "Adele Vance",
                "type": "REQUIRED",
                "response": "NONE",
                "respondedAt": None,
            }
        ],
    ),
    "organizer": ("organizer", {"email": "MeganB@contoso.OnMicrosoft.com", "name": "Megan Bowen"}),
}
NO_PROPERTY = {"@odata.context"}
"""Says whose calendar it is: that is in the ids."""


async def test_every_property_of_the_documented_answer_can_be_read(tmp_path: Path) -> None:
    answer = documented("msgraph_create_event.response")
    assert READ_AS.keys() == answer.keys() - NO_PROPERTY
    async with EmulatorServer(Documentation()) as server:
        file = tmp_path / "gateway.toml"
        file.write_text(f"""
            audit_log = "{tmp_path}/audit.log"
            [sources.msgraph]
            kind = "msgraph"
            url = "{server.url}"
            version = "beta"
            mode = "write"
            access_token = "any"
            calendars = ["*"]
        """)
        settings = load(file, environ={})
        catalog = configured(settings)
        transport = httpx2.ASGITransport(app=application(settings, catalog))
        async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
            query = add(f"msgraph:me/calendars/{CALENDAR}", LUNCH).replace(
                ROWS, f"results {{ event {{ {EVERYTHING} }} }}"
            )
            response = await client.post("/graphql", json={"query": f"mutation {{ {query} }}"})
        await catalog.sources["msgraph"].source.aclose()
    (row,) = response.json()["data"]["addEvents"]["results"]
    event = row["event"]
    assert {name: _at(event, path) for name, (path, _) in READ_AS.items()} == {
        name: value for name, (_, value) in READ_AS.items()
    }
    assert event["description"]["html"] == answer["body"]["content"]
    assert event["id"].startswith("msgraph:users/5d8d505c-864f-4804-88c7-4583c966cde8/events/AAMkAGVi")


def _at(value: Any, path: str) -> Any:
    for part in path.split("."):
        value = value[part]
    return value
