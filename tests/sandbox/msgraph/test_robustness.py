"""Whatever is sent, the emulator answers as Graph would and never breaks."""

import copy
from datetime import UTC, datetime
from urllib.parse import quote

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.sandbox import seed
from gateway.sandbox.msgraph import MSGraphEmulator

from .conftest import LUNCH, NOW, Client

EMULATOR = MSGraphEmulator(seed.world(NOW).msgraph, now=lambda: datetime(2026, 11, 18, tzinfo=UTC))
ALICE = Client(EMULATOR, EMULATOR.tokens.of(seed.ALICE).authorization)
EVENTS = [event["id"] for event in ALICE.get("/me/events?$top=100").body["value"]]
EVENTS.append(ALICE.view("2026-11-16", "2026-11-23", f"/users/{seed.OUTAGES}").body["value"][1]["id"])

WORDS = [
    *(
        "me",
        "users",
        "groups",
        seed.ALICE,
        seed.OUTAGES,
        seed.user_id("sre@contoso.com"),
        "calendar",
        "calendars",
    ),
    *("calendarGroups", "calendarView", "events", "instances", "cancel", "accept", "decline", "getSchedule"),
    *("extensions", "$batch", "$count", "forward", "x", "a b", "é", "", *EVENTS[:2], EVENTS[-1]),
]
QUERIES = [
    *(
        "",
        "startDateTime=2026-11-16&endDateTime=2026-11-23",
        "startDateTime=x&endDateTime=0001-01-01T00:00:00%2B14:00",
    ),
    *(
        "$top=-1",
        "$top=5&$skip=3",
        "$skip=x",
        "$select=,,",
        "$orderby=start,",
        "$filter=(",
        "$expand=a(b",
        "%",
        "=&=&",
    ),
    *(
        "$filter=start/dateTime/x%20eq%201",
        "$orderby=organizer/emailAddress",
        "$filter=categories/any(a:a%20eq%20null)",
    ),
]
SCALARS = st.none() | st.booleans() | st.integers(-3, 400) | st.text(max_size=6)
LEAVES = SCALARS | st.sampled_from(
    [
        "2026-11-19T12:00:00",
        "9999-12-31T23:59:59",
        "0001-01-01T00:00:00Z",
        "UTC",
        "Tokyo Standard Time",
        "daily",
    ]
)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner)
)

WHOLE = {
    **LUNCH,
    "body": {"contentType": "text", "content": "x"},
    "location": {"displayName": "A", "address": {"city": "B"}, "coordinates": {"latitude": 1.5}},
    "attendees": [{"emailAddress": {"address": seed.BOB}, "type": "required"}],
    "recurrence": {
        "pattern": {"type": "weekly", "interval": 1, "daysOfWeek": ["thursday"], "month": 1, "dayOfMonth": 3},
        "range": {
            "type": "numbered",
            "startDate": "2026-11-19",
            "endDate": "2026-12-19",
            "numberOfOccurrences": 3,
        },
    },
    "singleValueExtendedProperties": [{"id": "String {0} Name A", "value": "1"}],
    "isAllDay": False,
    "transactionId": "t",
}


def paths(value, at=()):
    """The ways to every part of a JSON document."""
    yield at
    children = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, child in children:
        yield from paths(child, (*at, key))


@st.composite
def mutated(draw):
    """The whole event with some of its parts replaced by anything."""
    event = copy.deepcopy(WHOLE)
    for way in draw(st.lists(st.sampled_from([way for way in paths(WHOLE) if way]), max_size=3, unique=True)):
        parent = event
        for key in way[:-1]:
            parent = parent[key] if isinstance(parent, dict | list) and key in _keys(parent) else None
        if isinstance(parent, dict | list) and way[-1] in _keys(parent):
            parent[way[-1]] = draw(VALUES)
    return event


def _keys(parent):
    return parent if isinstance(parent, dict) else range(len(parent))


@settings(max_examples=150)
@given(
    method=st.sampled_from(["GET", "POST", "PATCH", "DELETE"]),
    words=st.lists(st.sampled_from(WORDS), max_size=6),
    query=st.sampled_from(QUERIES),
    body=st.none() | mutated() | VALUES,
)
def test_every_request_has_an_answer(method, words, query, body):
    path = "/".join(["", *(quote(word, safe="@$") for word in words)])
    answer = ALICE.send(method, f"{path}?{query}", body)
    assert answer.status < 500


@settings(max_examples=150)
@given(event=mutated())
def test_every_event_is_stored_or_refused_and_what_is_stored_can_be_read(event):
    event["transactionId"] = None
    made = ALICE.post("/me/events", event)
    assert made.status in (201, 400)
    if made.status == 201:
        path = f"/me/events/{made.body['id']}"
        assert ALICE.get(path).status == 200
        assert ALICE.view("2026-11-01", "2026-12-31").status == 200
        assert ALICE.patch(path, event).status in (200, 400)
        assert ALICE.delete(path).status == 204
