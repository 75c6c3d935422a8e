"""What the upstreams of a benchmark hold and answer: bytes of the shape of the real ones, made once.

The name of an ML calendar says what is in it: `list-100-7` holds 100 events. Any other is empty, and what is
posted to it is shown to the next that looks, once: so a write finds nothing before and all of it after. The
answer to the POST lacks the ids, as Elasticsearch's does. Each calendar is for one client at a time.
"""

import random
import re
import string
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import parse_qs, unquote

import msgspec

BEGIN: Final = datetime(2026, 3, 1, tzinfo=UTC)
VIEWED: Final = 100
"""How many events a calendar view of Graph shows. It shows them whole, whatever was selected: 316 kB."""
_LISTING: Final = re.compile(r"list-(\d+)-\d+")
_ML: Final = re.compile(r"/_ml/calendars/([^/]+)(/events)?")
_HOUR: Final = 3_600_000
_ALPHABET: Final = string.ascii_letters + string.digits + "-_"
_CLUSTER: Final = {
    "name": "node-1",
    "cluster_name": "bench",
    "cluster_uuid": "c2FuZGJveF9jbHVzdGVyX18",
    "version": {"number": "9.2.2", "build_flavor": "default", "build_type": "docker"},
    "tagline": "You Know, for Search",
}


class Unknown(Exception):
    """Nothing is there, or nothing of the kind is done there."""


class Upstreams:
    """Elasticsearch's ML calendars, and calendars of Microsoft Graph, on one address."""

    def __init__(self) -> None:
        self._lists: dict[str, bytes] = {}
        self._echoes: dict[tuple[str, bytes], tuple[bytes, bytes]] = {}
        self._posted: dict[str, bytes] = {}
        self._view: Final = msgspec.json.encode({"value": [graph_event(number) for number in range(VIEWED)]})

    def answer(self, method: str, target: str, body: bytes) -> tuple[int, bytes]:
        """Status and body. Raises Unknown."""
        path, _, query = target.partition("?")
        if path.startswith("/v1.0/"):
            return self._graph(method, path, body)
        if path == "/":
            return 200, msgspec.json.encode(_CLUSTER)
        found = _ML.fullmatch(path)
        if found is None:
            raise Unknown(target)
        name, is_events = unquote(found[1]), found[2] is not None
        if not is_events:
            calendar = {"calendar_id": name, "job_ids": []}
            return 200, msgspec.json.encode({"count": 1, "calendars": [calendar]})
        return 200, self._add(name, body) if method == "POST" else self._events(name, target, query)

    def _graph(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        if method == "POST" and path.endswith("/events"):
            return 201, msgspec.json.encode(graph_event(0) | msgspec.json.decode(body))
        if method == "GET" and path.endswith("/calendarView"):
            return 200, self._view
        raise Unknown(path)

    def _events(self, name: str, target: str, query: str) -> bytes:
        listed = _LISTING.fullmatch(name)
        if listed is None:
            return self._posted.pop(name, b'{"count":0,"events":[]}')
        if target not in self._lists:
            self._lists[target] = _page(name, int(listed[1]), parse_qs(query))
        return self._lists[target]

    def _add(self, name: str, body: bytes) -> bytes:
        if (name, body) not in self._echoes:
            self._echoes[name, body] = _echo(name, msgspec.json.decode(body)["events"])
        said, self._posted[name] = self._echoes[name, body]
        return said


def _page(name: str, count: int, query: Mapping[str, list[str]]) -> bytes:
    """A page of a calendar all of whose events lie in the window that is asked for."""
    first, size = (int(query.get(key, [default])[0]) for key, default in (("from", "0"), ("size", "100")))
    shown = [ml_event(name, number) for number in range(first, min(first + size, count))]
    return msgspec.json.encode({"count": count, "events": shown})


def _echo(name: str, events: list[dict[str, Any]]) -> tuple[bytes, bytes]:
    """What a POST is answered, and what the calendar shows after it."""
    flags = {"skip_result": True, "skip_model_update": True}
    stored = [{**event, **flags, "calendar_id": name} for event in events]
    die = random.Random(name)  # noqa: S311 ids that are the same each time
    seen = [{**event, "event_id": _letters(die, 20)} for event in stored]
    return (
        msgspec.json.encode({"events": stored}),
        msgspec.json.encode({"count": len(seen), "events": seen}),
    )


def ml_event(calendar: str, number: int) -> dict[str, Any]:
    start = int(BEGIN.timestamp()) * 1000 + number * _HOUR // 4
    return {
        "description": f"planned maintenance window {number} of rack {number % 37}",
        "start_time": start,
        "end_time": start + _HOUR // 2,
        "skip_result": True,
        "skip_model_update": True,
        "force_time_shift": number % 4 * 60,
        "calendar_id": calendar,
        "event_id": _letters(random.Random(number), 20),  # noqa: S311
    }


def graph_event(number: int) -> dict[str, Any]:
    """An event as Graph shows it whole: 75 values."""
    return dict(_graph_members(number, random.Random(number)))  # noqa: S311


def _graph_members(number: int, die: random.Random) -> Iterator[tuple[str, Any]]:
    id_ = f"AAMkAG{_letters(die, 140)}="
    address = ("street", "1 Main Street"), ("city", "Springfield"), ("state", "WA"), ("postalCode", "98001")
    place = {
        "displayName": "Room 7",
        "locationType": "default",
        "uniqueId": "Room 7",
        "uniqueIdType": "private",
        "address": {**dict(address), "countryOrRegion": "US"},
        "coordinates": {"latitude": 47.6, "longitude": -122.1},
    }
    never = "0001-01-01T00:00:00Z"
    start = BEGIN + timedelta(hours=number)
    yield "@odata.etag", f'W/"{_letters(die, 26)}=="'
    yield "id", id_
    yield "createdDateTime", "2026-02-10T21:06:36.4801265Z"
    yield "lastModifiedDateTime", "2026-02-10T21:06:37.1342103Z"
    yield "changeKey", f"{_letters(die, 26)}=="
    yield "categories", ["Orange category"]
    yield "transactionId", None
    yield from dict.fromkeys(("originalStartTimeZone", "originalEndTimeZone"), "UTC").items()
    yield "iCalUId", f"040000008200E00074C5B7101A82E008{_letters(die, 56)}"
    yield "uid", f"040000008200E00074C5B7101A82E008{_letters(die, 40)}"
    yield "reminderMinutesBeforeStart", 15
    yield "isReminderOn", True
    yield "hasAttachments", False
    yield "subject", f"Switch {number} is replaced"
    yield "bodyPreview", "Expect a minute without a network."
    yield from (("importance", "normal"), ("sensitivity", "normal"))
    yield from dict.fromkeys(("isAllDay", "isCancelled", "isDraft", "hideAttendees"), False).items()
    yield from dict.fromkeys(("isOrganizer", "responseRequested", "allowNewTimeProposals"), True).items()
    yield from dict.fromkeys(("seriesMasterId", "occurrenceId", "recurrence", "onlineMeetingUrl")).items()
    yield "showAs", "busy"
    yield "type", "singleInstance"
    yield "webLink", f"https://outlook.office365.com/owa/?itemid={id_}&exvsurl=1&path=/calendar/item"
    yield from (("isOnlineMeeting", True), ("onlineMeetingProvider", "teamsForBusiness"))
    yield "responseStatus", {"response": "organizer", "time": never}
    text = f"<html><head></head><body>Expect a minute without a network. {'x' * 240}</body></html>"
    yield "body", {"contentType": "html", "content": text}
    yield "start", _graph_time(start)
    yield "end", _graph_time(start + timedelta(minutes=30))
    yield from (("location", place), ("locations", [place]))
    status = {"response": "none", "time": never}
    person = {"emailAddress": {"name": "Alice Nguyen", "address": "alice.nguyen@contoso.com"}}
    yield "attendees", [{"type": "required", "status": status, **person}]
    yield "organizer", {"emailAddress": {"name": "Outages", "address": "outages@contoso.com"}}
    yield "onlineMeeting", {"joinUrl": f"https://teams.microsoft.com/l/meetup-join/{_letters(die, 120)}"}
    calendar = "https://graph.microsoft.com/v1.0/users('x')/calendars('y')"
    yield from (("calendar@odata.associationLink", f"{calendar}/$ref"),)
    yield from (("calendar@odata.navigationLink", calendar),)


def _graph_time(time: datetime) -> dict[str, str]:
    return {"dateTime": f"{time:%Y-%m-%dT%H:%M:%S}.0000000", "timeZone": "UTC"}


def _letters(die: random.Random, count: int) -> str:
    return "".join(die.choices(_ALPHABET, k=count))
