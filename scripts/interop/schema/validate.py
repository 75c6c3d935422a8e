"""Graph's schema and what went over the wire: every body is of its type, and has no member but its type's.

Reads exchanges as JSON from standard input, and the schema from the folder that is named.
"""

import json
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from report import operation

TYPES = "microsoft.graph."
REFERENCE = f"#/components/schemas/{TYPES}"
BODIES = {
    "GET /{calendar}": (None, "calendar"),
    "PATCH /{calendar}": ("calendar", "calendar"),
    "GET /{mailbox}/calendars": (None, "calendarCollectionResponse"),
    "POST /{mailbox}/calendars": ("calendar", "calendar"),
    "GET /{mailbox}/calendarGroups": (None, "calendarGroupCollectionResponse"),
    "POST /{mailbox}/calendarGroups": ("calendarGroup", "calendarGroup"),
    "GET /{mailbox}/mailboxSettings": (None, "mailboxSettings"),
    "PATCH /{calendarGroup}": ("calendarGroup", "calendarGroup"),
    "GET /{calendarGroup}": (None, "calendarGroup"),
    "GET /{calendarGroup}/calendars": (None, "calendarCollectionResponse"),
    "POST /{calendarGroup}/calendars": ("calendar", "calendar"),
    "GET /{calendar}/events": (None, "eventCollectionResponse"),
    "GET /{calendar}/calendarView": (None, "eventCollectionResponse"),
    "POST /{calendar}/events": ("event", "event"),
    "GET /{event}": (None, "event"),
    "PATCH /{event}": ("event", "event"),
    "GET /{event}/instances": (None, "eventCollectionResponse"),
    "POST /{event}/extensions": ("openTypeExtension", "openTypeExtension"),
    "GET /{event}/calendar": (None, "calendar"),
    "GET /{event}/extensions": (None, "Collection(openTypeExtension)"),
    "GET /{event}/extensions/{extension}": (None, "openTypeExtension"),
    "PATCH /{event}/extensions/{extension}": ("openTypeExtension", "openTypeExtension"),
}
"""The types of a route's bodies, sent and answered."""
PRIMITIVES = {"Edm.String": "string", "Edm.Boolean": "boolean", "Edm.Int32": "integer"}
TIME_OF_DAY = r"^\d\d:\d\d:\d\d(\.\d{1,12})?$"
OPEN = frozenset({"openTypeExtension", "extension"})
ERROR = "ODataErrors.ODataError"


class Schema:
    """The schema of one version of Graph, turned from OpenAPI into plain JSON Schema."""

    def __init__(self, file: Path) -> None:
        self._document = plain(json.loads(file.read_text()))
        self.actions = self._document.get("x-actions-and-functions", {})
        # Graph's errors say when they happened without a zone, against its own schema.
        self._document["components"]["schemas"][f"{TYPES}ODataErrors.InnerError"]["properties"]["date"] = {}

    def problems(self, body: Any, kind: Mapping[str, Any]) -> Iterator[str]:
        """What is wrong with a body, and where."""
        schema = {"components": self._document["components"], "allOf": [kind]}
        checker = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
        for error in checker.iter_errors(body):
            yield f"{error.json_path}: {error.message}"
        yield from self._strangers(body, kind, "$")

    def _strangers(self, body: Any, kind: Mapping[str, Any], place: str) -> Iterator[str]:
        """Members that the type does not have."""
        if isinstance(body, list):
            for index, item in enumerate(body):
                yield from self._strangers(item, self._items(kind), f"{place}[{index}]")
        names = {part.get("$ref", "").removeprefix(REFERENCE) for part in self._parts(kind)}
        if not isinstance(body, dict) or not names.isdisjoint(OPEN):
            return
        members = self._members(kind)
        for name, value in body.items():
            if name in members:
                yield from self._strangers(value, members[name], f"{place}.{name}")
            elif "@odata." not in name:
                yield f"{place}: there is no member {name!r}"

    def _parts(self, kind: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        """A type and all that it is made of."""
        yield kind
        if "$ref" in kind:
            yield from self._parts(self._document["components"]["schemas"][kind["$ref"].rpartition("/")[2]])
        for part in (*kind.get("allOf", ()), *kind.get("anyOf", ())):
            yield from self._parts(part)

    def _members(self, kind: Mapping[str, Any]) -> dict[str, Any]:
        return {
            name: value for part in self._parts(kind) for name, value in part.get("properties", {}).items()
        }

    def _items(self, kind: Mapping[str, Any]) -> Mapping[str, Any]:
        return next((part["items"] for part in self._parts(kind) if "items" in part), {})


def plain(schema: Any) -> Any:
    """JSON Schema without OpenAPI's `nullable`."""
    if isinstance(schema, list):
        return [plain(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {name: plain(value) for name, value in schema.items() if name != "nullable"}
    if inner.get("format") == "time":  # an Edm.TimeOfDay, which has no zone
        inner = {"type": "string", "pattern": TIME_OF_DAY}
    return {"anyOf": [{"type": "null"}, inner]} if schema.get("nullable") is True else inner


def typed(name: str) -> dict[str, Any]:
    """The schema of a parameter's type, such as `Collection(graph.recipient)`; it may always be null."""
    if name.startswith("Collection("):
        inner: dict[str, Any] = {"type": "array", "items": typed(name[len("Collection(") : -1])}
    elif name in PRIMITIVES:
        inner = {"type": PRIMITIVES[name]}
    else:
        inner = {"$ref": REFERENCE + name.removeprefix("graph.")}
    return {"anyOf": [{"type": "null"}, inner]}


def resource(name: str) -> dict[str, Any]:
    """The schema of a body, which may be a page of a collection that the schema has no name for."""
    if not name.startswith("Collection("):
        return {"$ref": REFERENCE + name}
    return {"type": "object", "required": ["value"], "properties": {"value": typed(name)}}


def parameters(action: list[Mapping[str, Any]]) -> dict[str, Any]:
    """The parameters of an action, by their names in small letters."""
    bound = [one for one in action if one["params"][0]["Type"] in ("graph.event", "graph.calendar")]
    properties = {each["Name"].lower(): typed(each["Type"]) for one in bound for each in one["params"][1:]}
    return {"type": "object", "properties": properties}


def small(body: Any) -> Any:
    """A body whose outer names are in small letters: an action takes them in either case."""
    return {name.lower(): value for name, value in body.items()}


def bodies(exchange: Mapping[str, Any], schema: Schema) -> Iterator[tuple[Any, Mapping[str, Any]]]:
    """The bodies of an exchange, each with its type."""
    sent, answered = BODIES.get(exchange["route"], (None, None))
    action = exchange["route"].rpartition("/")[2]
    if exchange["status"] >= 400:
        yield json.loads(exchange["response"]), {"$ref": REFERENCE + ERROR}
        return
    if action in schema.actions and exchange["request"]:
        yield small(json.loads(exchange["request"])), parameters(schema.actions[action])
    if action == "getSchedule":
        reply = json.loads(exchange["response"])
        yield reply["value"], {"type": "array", "items": {"$ref": f"{REFERENCE}scheduleInformation"}}
    for text, kind in ((exchange["request"], sent), (exchange["response"], answered)):
        if kind is not None and text:
            yield json.loads(text), resource(kind)


def main() -> None:
    (folder,) = sys.argv[1:]
    schemas = {
        version: Schema(file)
        for version in ("v1.0", "beta")
        for file in sorted(Path(folder).glob(f"schema_{version}_*.json"))
    }
    if len(schemas) < 2:
        sys.exit(f"interop: {folder} holds no schema_v1.0_*.json and schema_beta_*.json")
    found: defaultdict[str, list[list[str]]] = defaultdict(list)
    for exchange in json.load(sys.stdin):
        version = exchange["version"]
        what = "errors" if exchange["status"] >= 400 else exchange["route"]
        for body, kind in bodies(exchange, schemas[version]):
            found[f"{version} {what}"].append(list(schemas[version].problems(body, kind)))
    for name, checked in sorted(found.items()):
        with operation(f"{name}, bodies: {len(checked)}"):
            problems = sorted({problem for each in checked for problem in each})
            if problems:
                raise AssertionError("; ".join(problems[:5]))


main()
