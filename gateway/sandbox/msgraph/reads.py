"""Reads: one event, the events of a calendar, and the view of a calendar in a window of time."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from gateway.sandbox.msgraph import call as addressed
from gateway.sandbox.msgraph import query
from gateway.sandbox.msgraph.call import Call, Reply
from gateway.sandbox.msgraph.collection import page
from gateway.sandbox.msgraph.errors import Cause, GraphError
from gateway.sandbox.msgraph.events import entity, event_json, select_context, selected, view_of
from gateway.sandbox.msgraph.items import Item, ItemType
from gateway.sandbox.msgraph.odata import key
from gateway.sandbox.msgraph.series import occurrences
from gateway.sandbox.msgraph.times import instant

STAMPS = frozenset({"createdDateTime", "lastModifiedDateTime"})
MAX_WINDOW = timedelta(days=1825)


def get_event(call: Call) -> Reply:
    item = addressed.event(call)
    found = entity(call, item)
    return replace(found, body={**(found.body or {}), **query.expanded(call, item)})


def list_events(call: Call) -> Reply:
    """Single events and masters of series; occurrences are not expanded."""
    found = call.mailbox.items_of(addressed.calendar(call))
    if call.unknowns.mailbox_lists_all_calendars and not call.route.address.place:
        found = list(call.mailbox.items.values())
    return _page(call, found, "/events", call.unknowns.default_page_size)


def count_events(call: Call) -> Reply:
    found = query.apply(call, call.mailbox.items_of(addressed.calendar(call)))
    return Reply(text=str(len(found)))


def calendar_view(call: Call) -> Reply:
    """Everything that overlaps the window, series expanded, never a master."""
    start, end = _window(call)
    held = call.mailbox.items_of(addressed.calendar(call))
    found = [item for item in expanded_items(held, start, end) if _overlaps(call, item, start, end)]
    if call.unknowns.view_is_ordered:
        found.sort(key=_order)
    return _page(call, found, "/calendarView", call.unknowns.view_page_size)


def instances(call: Call) -> Reply:
    """The occurrences of one series in a window."""
    start, end = _window(call)
    master = addressed.event(call)
    if master.type is not ItemType.MASTER:
        raise GraphError(Cause.NOT_A_SERIES)
    found = [item for item in occurrences(master, start, end) if _overlaps(call, item, start, end)]
    tail = f"/events{key(master.id)}/instances"
    return _page(call, sorted(found, key=_order), tail, call.unknowns.default_page_size)


def _page(call: Call, found: list[Item], tail: str, size: int) -> Reply:
    context = call.context(f"{tail}{select_context(call.options.select)}")
    return page(
        call, query.apply(call, found), lambda item: _shown(call, item), context=context, default_size=size
    )


def _shown(call: Call, item: Item) -> dict[str, Any]:
    shown = selected(event_json(item, view_of(call)), call.options.select)
    if call.route.name.endswith("/calendarView") and not call.unknowns.view_has_stamps:
        shown = {name: value for name, value in shown.items() if name not in STAMPS}
    return {**shown, **query.expanded(call, item)}


def _window(call: Call) -> tuple[datetime, datetime]:
    bounds = []
    for name in ("startdatetime", "enddatetime"):
        text = call.options.text(name)
        if not text:
            raise GraphError(Cause.WINDOW_MISSING)
        bound = instant(text)
        if bound is None:
            raise GraphError(Cause.WINDOW_INVALID, text)
        bounds.append(bound)
    start, end = bounds
    if end < start:
        raise GraphError(Cause.WINDOW_REVERSED)
    if end - start > MAX_WINDOW:
        raise GraphError(Cause.WINDOW_TOO_LONG)
    return start, end


def expanded_items(held: Iterable[Item], start: datetime, end: datetime) -> list[Item]:
    """Events with their series expanded; a little more than lies between the two instants."""
    found: list[Item] = []
    for item in held:
        found += occurrences(item, start, end) if item.type is ItemType.MASTER else [item]
    return found


def _overlaps(call: Call, item: Item, start: datetime, end: datetime) -> bool:
    """Whether an event lies in a window. All-day events count as days of UTC, wherever they are."""
    first, last = (
        (item.start.labelled("UTC").instant, item.end.labelled("UTC").instant)
        if item.is_all_day
        else (item.start.instant, item.end.instant)
    )
    if call.unknowns.view_includes_touching:
        return first <= end and last >= start
    return (first < end and last > start) or (first == last and start <= first < end)


def _order(item: Item) -> tuple[datetime, str]:
    return item.start.instant, item.id
