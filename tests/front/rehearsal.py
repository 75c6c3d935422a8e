"""A call that writes, first as a dry run and then for real: what was shown is what was sent."""

import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec

from .conftest import Front

ASSIGNED = "<assigned>"
_SENT = "requests { source { name } method path body status }"
_ROWS = f"""
  status problems {{ code path message }}
  results {{
    status key calendarId problem {{ code path message }} warnings {{ code field given sent }}
    effects {{ kind count jobIds windows {{ bucketSpan start end jobIds }} }} requestIndexes
  }}
  {_SENT}
"""
_ONE = f"status problem {{ code path message }} warnings {{ code field given sent }} {_SENT}"
_CALLS = {
    "addEvents": ("AddEventsInput", _ROWS),
    "updateEvents": ("UpdateEventsInput", _ROWS),
    "removeEvents": ("RemoveEventsInput", _ROWS),
    "reconcile": ("ReconcileInput", _ROWS),
    "createCalendar": ("CreateCalendarInput", _ONE),
    "setCalendarJobs": ("SetCalendarJobsInput", _ONE),
    "deleteCalendar": ("DeleteCalendarInput", _ONE),
}
_DONE = {"CREATED", "UPDATED", "DELETED"}
_ONLY_A_LOOK_TELLS = {"NOT_FOUND", "NOT_ALL"}
"""Why a dry run refuses what a real run finds out when it writes: there is no such calendar."""


async def rehearsed(gateway: Front, name: str, given: dict[str, Any]) -> dict[str, Any]:
    """The payload of the real run. Fails where it is not what the dry run has shown."""
    type_, payload = _CALLS[name]
    query = f"mutation ($input: {type_}!) {{ {name}(input: $input) {{ {payload} }} }}"
    _forget(gateway)
    planned = (await gateway.ask(query, {"input": {**given, "dryRun": True}}))[name]
    assert not _received(gateway), "a dry run writes nothing"
    real: dict[str, Any] = (await gateway.ask(query, {"input": {**given, "dryRun": False}}))[name]
    for row, done in zip(_rows(planned), _rows(real), strict=True):
        _compare(row, done)
    _compare_bytes(planned, _received(gateway))
    return real


async def add(gateway: Front, added: list[dict[str, Any]], *calendars: str, **rest: Any) -> list[str]:
    """Adds events and gives the ids of those that were made."""
    query = "mutation ($input: AddEventsInput!) { addEvents(input: $input) { results { eventIds } } }"
    given = {"calendars": list(calendars), "events": added, **rest}
    rows = (await gateway.ask(query, {"input": given}))["addEvents"]["results"]
    return [id_ for row in rows for id_ in row["eventIds"]]


def _forget(gateway: Front) -> None:
    """What has reached the emulators so far."""
    gateway.sandbox.elasticsearch.exchanges.clear()
    gateway.sandbox.msgraph.exchanges.clear()


def _rows(payload: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Each row with its requests. That of a calendar has all of the call's."""
    if "results" not in payload:
        yield payload
    for row in payload.get("results", ()):
        yield {**row, "requests": [payload["requests"][index] for index in row["requestIndexes"]]}


def _compare(planned: dict[str, Any], real: dict[str, Any]) -> None:
    if planned["status"] == "PLANNED":
        assert real["status"] in _DONE, (planned, real)
        assert real.get("effects") == planned.get("effects")
        assert real["warnings"][: len(planned["warnings"])] == planned["warnings"]
    elif not (planned["problem"] and planned["problem"]["code"] in _ONLY_A_LOOK_TELLS):
        assert (real["status"], real["problem"]) == (planned["status"], planned["problem"])
        assert real["warnings"] == planned["warnings"]
    else:
        return
    assert is_shown(_requests(planned), _requests(real)), (planned, real)


def _requests(row: dict[str, Any]) -> list[list[Any]]:
    return [[it["source"]["name"], it["method"], it["path"], it["body"]] for it in row["requests"]]


def _compare_bytes(planned: dict[str, Any], received: list[str]) -> None:
    """What the emulators received is what was shown, however the gateway tells of it."""
    shown = [
        (it["method"], it["path"], b"" if it["body"] is None else msgspec.json.encode(it["body"]))
        for it in planned["requests"]
        if it["status"] is None
    ]
    left = list(received)
    for text in [write for request in shown for write in _changing(*request)]:
        found = [it for it in left if is_shown(text, it)]
        assert found, (text, left)
        left.remove(found[0])
    assert not left, "more was sent than was shown"


def is_shown(planned: Any, sent: Any) -> bool:
    """Whether what was sent is what was planned, values aside that only the upstream can assign."""
    text = json.dumps(planned, ensure_ascii=False)
    pattern = '[^"/\\\\]+'.join(map(re.escape, text.split(ASSIGNED)))
    return re.fullmatch(pattern, json.dumps(sent, ensure_ascii=False)) is not None


def _received(gateway: Front) -> list[str]:
    """What has reached the emulators to change something, byte for byte."""
    sources = (gateway.sandbox.elasticsearch, gateway.sandbox.msgraph)
    requests = [it.request for source in sources for it in source.exchanges]
    return [write for it in requests for write in _changing(it.method, it.target, it.body)]


def _changing(method: str, target: str, body: bytes) -> Iterator[str]:
    """A request, or those in a batch, unless it only reads."""
    if target.endswith("/$batch"):
        root = target.removesuffix("/$batch")
        for item in msgspec.json.decode(body, type=_Batch).requests:
            yield from _changing(item.method, root + item.url, bytes(item.body))
    elif method != "GET":
        yield f"{method} {target} {body.decode()}"


class _Item(msgspec.Struct):
    method: str
    url: str
    body: msgspec.Raw = msgspec.Raw()


class _Batch(msgspec.Struct):
    requests: list[_Item]
