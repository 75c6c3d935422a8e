"""An event as it is read, held against the input that was given for it."""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

from tests import loopback

from .conftest import Front
from .events_given import MULTI_VALUE, SINGLE_VALUE

_PLACE = """
  displayName email uri type uniqueId uniqueIdType
  address { street city state countryOrRegion postalCode }
  coordinates { latitude longitude altitude accuracy altitudeAccuracy }
"""
_TIME = "{ instant local timeZone date }"
_READ = f"""query ($id: ID!) {{
  calendarEvent(id: $id) {{
    key title description {{ text html }} categories showAs isAllDay start {_TIME} end {_TIME}
    location {{ {_PLACE} }} locations {{ {_PLACE} }}
    attendees {{ email name type }} recurrence {{ rule timeZone exceptDates }}
    elasticsearch {{ skipResult skipModelUpdate forceTimeShift }}
    msgraph {{
      eventId importance sensitivity isReminderOn reminderMinutesBeforeStart responseRequested
      allowNewTimeProposals hideAttendees isOnlineMeeting onlineMeetingProvider
    }}
  }}
}}"""
_IANA = {"W. Europe Standard Time": "Europe/Berlin"}
_INSTEAD_OF_NOTHING = {"showAs": "BUSY", "description": {"text": "", "html": ""}}
_OPTIONS = ("elasticsearch", "msgraph")


async def read(gateway: Front, id_: str) -> dict[str, Any]:
    """The event as the gateway shows it, with what Graph shows only to those who ask for it by name."""
    event: dict[str, Any] = (await gateway.ask(_READ, {"id": id_}))["calendarEvent"]
    if event["msgraph"] is not None:
        event["msgraph"] |= await _unshown(gateway, event["msgraph"].pop("eventId"))
    return event


async def _unshown(gateway: Front, event_id: str) -> dict[str, Any]:
    expansions = (
        f"singleValueExtendedProperties({_filter(SINGLE_VALUE)})",
        f"multiValueExtendedProperties({_filter(MULTI_VALUE)})",
        "extensions",
    )
    sandbox = gateway.sandbox
    async with loopback.client(headers={"Authorization": sandbox.credentials.msgraph_app}) as client:
        answer = await client.get(
            f"{sandbox.msgraph.url}/v1.0/users/outages@contoso.com/events/{event_id}",
            params={"$expand": ",".join(expansions), "$select": "id"},
        )
    held = answer.raise_for_status().json()
    return {
        "singleValueExtendedProperties": held.get("singleValueExtendedProperties", []),
        "multiValueExtendedProperties": held.get("multiValueExtendedProperties", []),
        "extensions": [{"name": it["extensionName"], "data": it} for it in held.get("extensions", [])],
    }


def _filter(ids: Iterable[str]) -> str:
    return "$filter=" + " or ".join(f"id eq '{each}'" for each in ids)


def lost(given: dict[str, Any], held: dict[str, Any]) -> Iterator[str]:
    """The given fields that are not read as they were given; options by their full names."""
    for name, value in given.items():
        if name in _OPTIONS:
            own = held[name]
            yield from (f"{name}.{it}" for it in value if own is None or not _holds(value[it], own[it]))
        elif value is None:
            if held[name] not in (None, [], _INSTEAD_OF_NOTHING.get(name)):
                yield name
        elif not _KEPT.get(name, _is_shown)(name, given, held):
            yield name


def strayed(given: dict[str, Any], before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    """The fields that a change did not name, and that are not as they were before."""
    named = {*given, *(it for name in given for it in _WITH.get(name, ()))}
    for name in before.keys() - named - {*_OPTIONS, "isAllDay"}:
        if before[name] != after[name]:
            yield name
    for kind in _OPTIONS:
        own = given.get(kind, {})
        for name in (before[kind] or {}).keys() - {*own, *(it for each in own for it in _WITH.get(each, ()))}:
            if before[kind][name] != after[kind][name]:
                yield f"{kind}.{name}"


_WITH = {
    "start": ("end", "recurrence"),
    "location": ("locations",),
    "locations": ("location",),
    "isOnlineMeeting": ("onlineMeetingProvider",),
}
"""What a field takes along: an end keeps its distance, a series its fitting days, a place its list."""


def _is_shown(name: str, given: dict[str, Any], held: dict[str, Any]) -> bool:
    return _holds(given[name], held[name])


def _holds(given: Any, held: Any) -> bool:
    """Whether all that is given is in what is held: what was filled in besides is no loss."""
    if isinstance(given, dict):
        return not given or (held is not None and all(_holds(it, held[name]) for name, it in given.items()))
    if isinstance(given, list) and all(isinstance(it, dict) and {"value", "data"} & {*it} for it in given):
        return all(any(_holds(one, other) for other in held) for one in given)
    if isinstance(given, list):
        return len(given) == len(held) and all(map(_holds, given, held))
    return bool(given == held)


def _body(_: str, given: dict[str, Any], held: dict[str, Any]) -> bool:
    """Exchange wraps HTML into a page of its own, and shows text as a page, too."""
    body = held["description"] or {"text": "", "html": ""}
    return all(text in (body[kind] or "") for kind, text in given["description"].items())


def _start(_: str, given: dict[str, Any], held: dict[str, Any]) -> bool:
    return _is_time(given["start"], held["start"]) and held["isAllDay"] == ("allDay" in given["start"])


def _end(_: str, given: dict[str, Any], held: dict[str, Any]) -> bool:
    end, start = held["end"], held["start"]
    if "after" in given["end"]:
        return _length(given["end"]["after"]) == _apart(start, end, given["end"]["after"])
    if "allDay" in given["end"]:
        return bool(given["end"]["allDay"] == end["date"])
    return _is_time(given["end"], end)


def _is_time(given: dict[str, Any], held: dict[str, Any]) -> bool:
    """A moment alone has no zone to keep, and a day need not be given one."""
    instant = datetime.fromisoformat(held["instant"])
    if "instant" in given:
        return datetime.fromisoformat(given["instant"]) == instant
    if "allDay" in given:
        is_there = "timeZone" not in given["allDay"] or held["timeZone"] == _zone(given)
        return is_there and bool(held["date"] == given["allDay"]["date"])
    local = datetime.fromisoformat(given["zoned"]["local"])
    meant = {local.replace(tzinfo=ZoneInfo(_zone(given)), fold=fold).astimezone(UTC) for fold in (0, 1)}
    return instant in meant and held["timeZone"] == _zone(given)


def _zone(given: dict[str, Any]) -> str:
    """Of a time; that of the calendars is Berlin's."""
    (time,) = given.values()
    name = "UTC" if "instant" in given else time.get("timeZone", "Europe/Berlin")
    return _IANA.get(name, name)


def _apart(start: dict[str, Any], end: dict[str, Any], length: str) -> timedelta:
    """Days are by the clock, hours are not."""
    by = "instant" if length.startswith("PT") else "local"
    return datetime.fromisoformat(end[by]) - datetime.fromisoformat(start[by])


def _length(text: str) -> timedelta:
    unit = {"D": timedelta(days=1), "H": timedelta(hours=1), "M": timedelta(minutes=1)}[text[-1]]
    return int(text.strip("PTDHM")) * unit


def _series(_: str, given: dict[str, Any], held: dict[str, Any]) -> bool:
    """Parts of a rule stand in any order. A week's first day may differ, and what is shown is a day's end.

    A rule may be shown in other words, as Graph has them, if these pick the same days.
    """
    asked, there = given["recurrence"], held["recurrence"]
    if there is None:
        return False
    rule, held_rule = _parts(asked["rule"]), _parts(there["rule"])
    until, held_until = rule.pop("UNTIL", None), held_rule.pop("UNTIL", None)
    if rule != held_rule and _days(asked["rule"], held) != _days(there["rule"], held):
        return False
    if not _ends_with(until, held_until, held):
        return False
    start = given.get("start", {"allDay": {}})
    is_told = "timeZone" in start.get("allDay", {"timeZone": None})
    zone = asked.get("timeZone") or (_zone(start) if is_told else there["timeZone"])
    days = asked.get("exceptDates", [])
    return {*days} <= {*there["exceptDates"]} and there["timeZone"] == _IANA.get(zone, zone)


def _days(rule: str, held: dict[str, Any]) -> list[datetime]:
    first = datetime.fromisoformat(held["start"]["local"])
    return list(islice(rrulestr(re.sub(";UNTIL=[^;]*", "", rule), dtstart=first), 100))


def _parts(text: str) -> dict[str, set[str]]:
    parts = {part.partition("=")[0]: {*part.partition("=")[2].split(",")} for part in text.split(";")}
    return {name: values for name, values in parts.items() if name != "WKST"}


def _ends_with(until: set[str] | None, shown_until: set[str] | None, held: dict[str, Any]) -> bool:
    """An end before the day's occurrence is as good as the end of the day before."""
    if until is None or shown_until is None:
        return until == shown_until
    given, shown = (datetime.fromisoformat(text) for (text,) in (until, shown_until))
    if shown >= given:
        return shown - given < timedelta(days=1)
    clock = datetime.fromisoformat(held["start"]["local"]).time()
    is_before = given.astimezone(ZoneInfo(held["recurrence"]["timeZone"])).time() < clock
    return is_before and given - shown < timedelta(days=1)


_KEPT: dict[str, Callable[[str, dict[str, Any], dict[str, Any]], bool]] = {
    "start": _start,
    "end": _end,
    "description": _body,
    "recurrence": _series,
}
