"""Open extensions and extended properties: what others hang on to an event."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from gateway.sandbox.msgraph import call as addressed
from gateway.sandbox.msgraph.call import Call, Reply
from gateway.sandbox.msgraph.collection import page, queried
from gateway.sandbox.msgraph.drafts import extension
from gateway.sandbox.msgraph.errors import Cause, GraphError
from gateway.sandbox.msgraph.events import select_context, selected
from gateway.sandbox.msgraph.items import Item
from gateway.sandbox.msgraph.resources import (
    read,
)
from gateway.sandbox.msgraph.unknowns import RepeatedExtension
from gateway.sandbox.msgraph.writes import store

TYPE = "microsoft.graph.openTypeExtension"
PAGE_SIZE = 100
PREFIX = "Microsoft.OutlookServices.OpenTypeExtension."


def single_json(item: Item) -> list[dict[str, Any]]:
    return [{"id": name, "value": value} for name, value in item.single_values.items()]


def multi_json(item: Item) -> list[dict[str, Any]]:
    return [{"id": name, "value": list(value)} for name, value in item.multi_values.items()]


def extensions_json(item: Item) -> list[dict[str, Any]]:
    return [_json(name, members) for name, members in item.extensions.items()]


def list_extensions(call: Call) -> Reply:
    select = call.options.select
    rows = queried(call, extensions_json(addressed.event(call)), dict, kind="extension")
    context = call.context(f"/events/extensions{select_context(select)}")
    return page(call, rows, lambda row: selected(row, select), context=context, default_size=PAGE_SIZE)


def count_extensions(call: Call) -> Reply:
    return Reply(text=str(len(addressed.event(call).extensions)))


def get_extension(call: Call) -> Reply:
    name, members = _addressed(call)
    return _shown(call, name, members)


def create_extension(call: Call) -> Reply:
    name, members = extension(read(call.request, dict[str, Any]))
    item = addressed.event(call)
    if name in item.extensions:
        members = _repeated(call, name, item.extensions[name], members)
    _store(call, item, {**item.extensions, name: members})
    return _shown(call, name, members, status=201)


def update_extension(call: Call) -> Reply:
    """200. What is sent replaces what was there."""
    name, _ = _addressed(call)
    _, members = extension({**read(call.request, dict[str, Any]), "extensionName": name})
    item = addressed.event(call)
    _store(call, item, {**item.extensions, name: members})
    return _shown(call, name, members)


def delete_extension(call: Call) -> Reply:
    name, _ = _addressed(call)
    item = addressed.event(call)
    _store(call, item, {kept: members for kept, members in item.extensions.items() if kept != name})
    return Reply(status=204)


def _repeated(call: Call, name: str, before: Mapping[str, Any], sent: dict[str, Any]) -> dict[str, Any]:
    """What becomes of an extension that is made a second time."""
    match call.unknowns.repeated_extension:
        case RepeatedExtension.MERGED:
            return {**before, **sent}
        case RepeatedExtension.REPLACED:
            return sent
        case RepeatedExtension.CONFLICT:
            raise GraphError(Cause.EXTENSION_EXISTS, name)


def _addressed(call: Call) -> tuple[str, dict[str, Any]]:
    """The extension of the path, by its name or its full id."""
    wanted = (call.route.address.extension or "").removeprefix(PREFIX)
    for name, members in addressed.event(call).extensions.items():
        if name == wanted:
            return name, dict(members)
    raise GraphError(Cause.ITEM_NOT_FOUND)


def _store(call: Call, item: Item, extensions: dict[str, Any]) -> None:
    if not call.is_lost:
        store(call, replace(item, extensions=extensions, version=item.version + 1, modified=call.now))


def _shown(call: Call, name: str, members: dict[str, Any], status: int = 200) -> Reply:
    context = call.context("/events/extensions/$entity")
    return Reply(status=status, body={"@odata.context": context, **_json(name, members)})


def _json(name: str, members: Any) -> dict[str, Any]:
    return {"@odata.type": f"#{TYPE}", "id": f"{PREFIX}{name}", "extensionName": name, **members}
