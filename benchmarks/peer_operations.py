"""What the gateway is asked, as its peers are asked it: they speak of calendars, mailboxes and wire names."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from upstream import BEGIN, VIEWED
from workload import TYPENAME, Data, Workload

_HALF_HOUR: Final = 1_800_000
_TIMES: Final = "start { dateTime timeZone } end { dateTime timeZone }"
_GRAPH: Final = f"id subject {_TIMES} isAllDay showAs webLink bodyPreview"
_EVENT: Final = "id title start end calendarId skipResult skipModelUpdate forceTimeShift"
_WIRE_EVENT: Final = (
    "event_id description start_time end_time calendar_id skip_result skip_model_update force_time_shift"
)


def _events(count: int) -> dict[str, Any]:
    begin = int(BEGIN.timestamp()) * 1000
    starts = [begin + 2 * number * _HALF_HOUR for number in range(count)]
    return {
        "events": [
            {
                "description": f"planned maintenance window {number}",
                "start_time": start,
                "end_time": start + _HALF_HOUR,
            }
            for number, start in enumerate(starts)
        ]
    }


def _workload(
    field: str, fields: str, *, arguments: Mapping[str, str], values: Mapping[str, Any], count: int
) -> Workload:
    """An operation of one field, whose arguments are variables. `{}` in a value is the client's number."""
    declared = ", ".join(f"${name}: {kind}" for name, kind in arguments.items())
    given = ", ".join(f"{name}: ${name}" for name in arguments)
    kind = "mutation" if field.startswith("add") else "query"

    def variables(client: int) -> dict[str, Any]:
        return {name: it.format(client) if isinstance(it, str) else it for name, it in values.items()}

    def rows(data: Data) -> Sequence[Any]:
        found = data[field]
        lists = (
            [each for each in found.values() if isinstance(each, list)]
            if isinstance(found, dict)
            else [found]
        )
        return lists[0] if lists else [found]

    document = f"{kind} Asked({declared}) {{ {field}({given}) {{ {fields} }} }}"
    return Workload(document=document, variables=variables, rows=rows, count=count)


def _operations(required: str, ml_fields: str, view_fields: str) -> Mapping[str, Workload]:
    """Those of peers whose arguments' types end in `required`, by what is selected of lists."""
    string, integer = f"String{required}", f"Int{required}"

    def add(count: int) -> Workload:
        arguments = {"calendarId": string, "input": f"EventListInput{required}"}
        values = {"calendarId": "unseen-{}", "input": _events(count)}
        return _workload("addEvents", ml_fields, arguments=arguments, values=values, count=count)

    def listing(count: int) -> Workload:
        arguments, values = {"calendarId": string, "size": integer}, {"calendarId": f"list-{count}-{{}}"}
        return _workload(
            "events", ml_fields, arguments=arguments, values={**values, "size": count}, count=count
        )

    mailbox = {"mailbox": string}
    announcing = {"mailbox": "u{}", "input": {"subject": "planned maintenance window 0"}}
    return {
        "typename": TYPENAME,
        "graph-add": _workload(
            "addGraphEvent",
            _GRAPH,
            arguments={**mailbox, "input": f"GraphEventInput{required}"},
            values=announcing,
            count=1,
        ),
        "add-1": add(1),
        "add-100": add(100),
        "list-100": listing(100),
        "list-1000": listing(1000),
        "view-100": _workload(
            "graphEvents", view_fields, arguments=mailbox, values={"mailbox": "u{}"}, count=VIEWED
        ),
    }


OPERATIONS: Final = _operations("!", _EVENT, _GRAPH)
HIVE_OPERATIONS: Final = _operations("", f"events {{ {_WIRE_EVENT} }}", f"value {{ {_GRAPH} }}")
"""Hive shows the upstream's own objects, in which a list is."""
