"""What is measured: operations that a gateway is asked, one per client, and what their answers must hold."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from upstream import BEGIN, VIEWED

CLIENTS: Final = 32
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
    "query List($calendars: [ID!]!, $window: TimeWindowInput!, $first: Int!, $after: String) {"
    " calendarEvents(calendars: $calendars, window: $window, first: $first, after: $after)"
    " { isComplete nodes { %s } } }"
)
_WINDOW: Final = {"start": BEGIN.isoformat(), "end": (BEGIN + timedelta(days=200)).isoformat()}

Data = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Workload:
    """An operation by the name of its column. Each client has variables of its own: nothing is shared."""

    title: str
    document: str
    variables: Callable[[int], Mapping[str, Any]]
    rows: Callable[[Data], Sequence[Any]]
    """What the answer must hold as many of as `count`."""
    count: int

    def body(self, client: int) -> bytes:
        return json.dumps({"query": self.document, "variables": self.variables(client)}).encode()

    def check(self, answer: bytes) -> None:
        """Raises ValueError unless all that was asked was done."""
        decoded = json.loads(answer)
        if decoded.get("errors") or len(self.rows(decoded["data"])) != self.count:
            raise ValueError(f"{self.title}: {answer[:2000].decode()}")


def _event(number: int) -> dict[str, Any]:
    start = BEGIN + number * timedelta(hours=1)
    times = {"start": start, "end": start + timedelta(minutes=30)}
    return {
        "title": f"planned maintenance window {number}",
        **{name: {"instant": time.isoformat()} for name, time in times.items()},
    }


def _add(fields: str, calendar: str, count: int, title: str) -> Workload:
    events = [_event(number) for number in range(count)]
    return Workload(
        title=title,
        document=_ADD % fields,
        variables=lambda client: {"input": {"calendars": [calendar.format(client)], "events": events}},
        rows=lambda data: [row for row in data["addEvents"]["results"] if row["status"] == "CREATED"],
        count=count,
    )


def _list(fields: str, calendar: str, count: int, title: str) -> Workload:
    return Workload(
        title=title,
        document=_LIST % fields,
        variables=lambda client: {
            "calendars": [calendar.format(client)],
            "window": _WINDOW,
            "first": count,
        },
        rows=lambda data: data["calendarEvents"]["nodes"] if data["calendarEvents"]["isComplete"] else [],
        count=count,
    )


_MAILBOX: Final = "msgraph:users/u{}@contoso.com/calendar"
WORKLOADS: Final[Mapping[str, Workload]] = {
    "typename": Workload(
        title="{__typename}",
        document="{ __typename }",
        variables=lambda _: {},
        rows=list,
        count=1,
    ),
    "graph-add": _add(_GRAPH, _MAILBOX, 1, "Graph add"),
    "add-1": _add(_ML, "elasticsearch:w{}", 1, "ES add 1"),
    "add-100": _add(_ML, "elasticsearch:w{}", 100, "ES add 100"),
    "list-100": _list(_ML, "elasticsearch:list-100-{}", 100, "list 100"),
    "list-1000": _list(_ML, "elasticsearch:list-1000-{}", 1000, "list 1,000"),
    "view-100": _list(_GRAPH, _MAILBOX, VIEWED, "Graph view of 100"),
}
