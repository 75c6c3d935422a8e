"""The gateway under test, as shipped: `gateway serve` with a settings file, limits, logs and ids on."""

import io
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from contender import Contender
from process import Server, free_port
from upstream import BEGIN, VIEWED
from workload import CLIENTS, TYPENAME, Data, Workload

ROOT: Final = Path(__file__).parents[1]
_SAMPLING: Final = Path(__file__).with_name("sampling.py")
_WRITTEN: Final = ", ".join(f'"w{client}"' for client in range(CLIENTS))
_SETTINGS: Final = f"""
[limits]  # of a minute: else there would be nothing to measure
max_requests_per_minute = 1_000_000_000
max_burst = 1_000_000_000

[sources.elasticsearch]
kind = "elasticsearch"
url = "http://127.0.0.1:{{port}}"
api_key = "id:key"
mode = "write"
calendars = ["list-*", {_WRITTEN}]  # what is written is named: else each write would ask first what it mutes

[sources.msgraph]
kind = "msgraph"
url = "http://127.0.0.1:{{port}}"
access_token = "a-token"
mode = "write"
calendars = ["*"]
"""


def gateway(name: str, source: Path, folder: Path, upstream: int, *, stacks: Path | None = None) -> Contender:
    """The gateway whose package lies in `source`, in this environment; files of its own go into `folder`.

    `stacks` is where the stacks go on which its CPU time was spent, if it is to be looked at.
    """
    folder.mkdir()
    settings = folder / "gateway.toml"
    settings.write_text(_SETTINGS.format(port=upstream))
    port = free_port()
    program = ["-m"] if stacks is None else [_SAMPLING, stacks]
    command = [sys.executable, "-P", *program, "gateway", "serve", "--config", settings, "--port", str(port)]
    environ = {
        name: value for name, value in os.environ.items() if not name.startswith(("GATEWAY_", "PYTHON"))
    }
    environ["PYTHONPATH"] = str(source)
    compiling = [sys.executable, "-m", "compileall", "-q", source / "gateway"]
    subprocess.run(compiling, env=environ, check=True)  # noqa: S603 as an installation is compiled
    server = Server(command, port=port, log=folder / "log", environ=environ, cwd=folder)
    return Contender(name, server, OPERATIONS)


def working_tree(folder: Path) -> Path:
    """The package as it is now."""
    shutil.copytree(ROOT / "gateway", folder / "gateway", ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def export(reference: str, folder: Path) -> Path:
    """The package as of a commit."""
    made = subprocess.run(  # noqa: S603
        ["git", "-C", ROOT, "archive", reference, "gateway"],  # noqa: S607
        check=True,
        stdout=subprocess.PIPE,
    )
    with tarfile.open(fileobj=io.BytesIO(made.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return folder


_ML: Final = (
    "id title start { instant } end { instant } calendarId"
    " elasticsearch { skipResult skipModelUpdate forceTimeShift }"
)
_GRAPH: Final = (
    "id title start { instant timeZone } end { instant timeZone } isAllDay showAs webUrl"
    " msgraph { bodyPreview }"
)
_ADD: Final = (
    "mutation Add($input: AddEventsInput!) { addEvents(input: $input) { results { status event { %s } } } }"
)
_LIST: Final = (
    "query List($calendars: [ID!]!, $window: TimeWindowInput!, $first: Int!) {"
    " calendarEvents(calendars: $calendars, window: $window, first: $first) { isComplete nodes { %s } } }"
)
_WINDOW: Final = {"start": BEGIN.isoformat(), "end": (BEGIN + timedelta(days=200)).isoformat()}
_LISTED: Final = "elasticsearch:list-{}-{}"
_MAILBOX: Final = "msgraph:users/u{}@contoso.com/calendar"


def _event(number: int) -> dict[str, Any]:
    start = BEGIN + number * timedelta(hours=1)
    end = start + timedelta(minutes=30)
    return {
        "title": f"planned maintenance window {number}",
        "start": {"instant": start.isoformat()},
        "end": {"instant": end.isoformat()},
    }


def _add(fields: str, calendar: str, count: int) -> Workload:
    events = [_event(number) for number in range(count)]
    return Workload(
        document=_ADD % fields,
        variables=lambda client: {"input": {"calendars": [calendar.format(client)], "events": events}},
        rows=lambda data: [row for row in data["addEvents"]["results"] if row["status"] == "CREATED"],
        count=count,
    )


def _list(fields: str, calendar: str, count: int) -> Workload:
    wanted = {"window": _WINDOW, "first": count}
    return Workload(
        document=_LIST % fields,
        variables=lambda client: {"calendars": [calendar.format(client)], **wanted},
        rows=lambda data: _nodes(data["calendarEvents"]),
        count=count,
    )


def _lists(count: int, each: int) -> Workload:
    """Several lists in one operation: a page has an end."""
    numbers = range(count)
    declared = " ".join(f"$c{number}: ID!" for number in numbers)
    asked = f"window: $window, first: {each}) {{ isComplete nodes {{ {_ML} }} }}"
    fields = " ".join(f"l{number}: calendarEvents(calendars: [$c{number}], {asked}" for number in numbers)

    def variables(client: int) -> dict[str, Any]:
        calendars = {f"c{number}": _LISTED.format(each, count * client + number) for number in numbers}
        return {"window": _WINDOW, **calendars}

    return Workload(
        document=f"query Lists($window: TimeWindowInput!, {declared}) {{ {fields} }}",
        variables=variables,
        rows=lambda data: [node for listed in data.values() for node in _nodes(listed)],
        count=count * each,
        clients=4,
    )


def _nodes(connection: Data) -> Sequence[Any]:
    return connection["nodes"] if connection["isComplete"] else ()


OPERATIONS: Final[Mapping[str, Workload]] = {
    "typename": TYPENAME,
    "graph-add": _add(_GRAPH, _MAILBOX, 1),
    "add-1": _add(_ML, "elasticsearch:w{}", 1),
    "add-100": _add(_ML, "elasticsearch:w{}", 100),
    "list-10": _list(_ML, _LISTED.format(10, "{}"), 10),
    "list-100": _list(_ML, _LISTED.format(100, "{}"), 100),
    "list-1000": _list(_ML, _LISTED.format(1000, "{}"), 1000),
    "list-10000": _lists(10, 1000),
    "view-100": _list(_GRAPH, _MAILBOX, VIEWED),
}
