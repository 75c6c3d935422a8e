"""What `$filter`, `$orderby` and `$expand` make of events."""

from re import IGNORECASE, escape
from re import compile as pattern
from typing import Any

from gateway.sandbox.msgraph.call import Call, shown_id
from gateway.sandbox.msgraph.collection import asked_filter, narrowed
from gateway.sandbox.msgraph.errors import Cause, GraphError
from gateway.sandbox.msgraph.events import View, event_json, view_of
from gateway.sandbox.msgraph.extensions import PREFIX, extensions_json, multi_json, single_json
from gateway.sandbox.msgraph.filters import Filter, parse, properties_of
from gateway.sandbox.msgraph.items import Item, ItemType
from gateway.sandbox.msgraph.odata import expansions
from gateway.sandbox.msgraph.unknowns import PropertyFilter

_EXTENSION = pattern(escape(PREFIX), IGNORECASE)
_PROPERTY_PATHS = frozenset({"singlevalueextendedproperties", "multivalueextendedproperties"})


def apply(call: Call, found: list[Item]) -> list[Item]:
    """The events that the filter lets through, in the order that is asked for."""
    wanted = asked_filter(call.options)
    if wanted is not None and not _leads([path for path, _ in call.options.order], wanted):
        raise GraphError(Cause.INEFFICIENT)
    if wanted is not None and _is_ignored(call, wanted):
        wanted = None
    return narrowed(found, _document, wanted, call.options.order, kind="event")


def expanded(call: Call, item: Item) -> dict[str, Any]:
    """The navigation properties that `$expand` asks for. What is not supported is silently left out."""
    shown: dict[str, Any] = {}
    select = {name.lower() for name in call.options.select}
    series_id = shown_id(item.id, is_immutable=call.preferences.is_immutable)
    asked = expansions(call.options.text("expand"))
    if item.type is ItemType.MASTER and call.route.name == "/{event}" and "cancelledoccurrences" in select:
        shown["cancelledOccurrences"] = [f"OID.{series_id}.{day}" for day in sorted(item.cancelled_days)]
    if item.type is ItemType.MASTER and "exceptionoccurrences" in asked:
        shown["exceptionOccurrences"] = [
            event_json(changed, view_of(call)) for _, changed in sorted(item.exceptions.items())
        ]
    if not call.may_read_bodies:
        return shown
    for name, (property_name, rows) in _collections(item).items():
        if name in asked:
            found = [
                row for row in rows if _is_wanted(row, asked[name], needs_filter=name in _PROPERTY_PATHS)
            ]
            shown |= {property_name: found} if found or name == "extensions" else {}
    return shown


def _collections(item: Item) -> dict[str, tuple[str, list[dict[str, Any]]]]:
    return {
        "singlevalueextendedproperties": ("singleValueExtendedProperties", single_json(item)),
        "multivalueextendedproperties": ("multiValueExtendedProperties", multi_json(item)),
        "extensions": ("extensions", extensions_json(item)),
    }


def _is_wanted(row: dict[str, Any], text: str, *, needs_filter: bool) -> bool:
    if not text and needs_filter:
        raise GraphError(Cause.BAD_OPTION, "$expand")
    with properties_of("extension"):
        return not text or parse(_short(text)).matches({**row, "id": _short(row["id"])})


def _short(text: str) -> str:
    """The ids of extensions in a text without their prefix: they are written with it or without."""
    return _EXTENSION.sub("", text)


def _leads(order: list[str], wanted: Filter) -> bool:
    """Whether the properties of `$orderby` come first in `$filter`, in the same order. So events want it."""
    paths = list(dict.fromkeys(path.lower() for path in wanted.paths))
    return paths[: len(order)] == [path.lower() for path in order]


def _is_ignored(call: Call, wanted: Filter) -> bool:
    if not any(path.lower() in _PROPERTY_PATHS for path in wanted.paths):
        return False
    if call.unknowns.property_filter is PropertyFilter.REFUSED:
        raise GraphError(Cause.FILTER_REFUSED)
    return call.unknowns.property_filter is PropertyFilter.IGNORED


def _document(item: Item) -> dict[str, Any]:
    """An event as filters see it: in UTC, with everything that it has but its body."""
    return {**event_json(item, View(is_beta=True, has_bodies=False)), **dict(_collections(item).values())}
