"""Calendars and calendar groups: read, made, renamed, deleted."""

from dataclasses import replace
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from msgspec import UNSET

from gateway.sandbox.msgraph import call as addressed
from gateway.sandbox.msgraph.auth import WRITE
from gateway.sandbox.msgraph.call import Call, Reply
from gateway.sandbox.msgraph.collection import page, queried
from gateway.sandbox.msgraph.errors import Cause, GraphError
from gateway.sandbox.msgraph.events import select_context, selected
from gateway.sandbox.msgraph.items import Calendar, CalendarGroup, change_key
from gateway.sandbox.msgraph.odata import key
from gateway.sandbox.msgraph.resources import (
    CalendarGroupIn,
    CalendarIn,
    read,
)
from gateway.sandbox.msgraph.words import (
    Color,
)

PAGE_SIZE = 10
_PROVIDERS = ["teamsForBusiness"]


def calendar_json(calendar: Calendar, call: Call) -> dict[str, Any]:
    mailbox, person = call.mailbox, call.mailbox.person
    is_own = call.token.user_id in (None, mailbox.owner_id)
    shown = {
        "id": calendar.id,
        "name": calendar.name,
        "color": calendar.color,
        "hexColor": "",
        "isDefaultCalendar": calendar.is_default,
        "changeKey": change_key(calendar.id, calendar.version),
        "canShare": is_own and not mailbox.is_group,
        "canViewPrivateItems": is_own,
        "canEdit": mailbox.is_group or call.token.level(shared=not is_own) >= WRITE,
        "allowedOnlineMeetingProviders": _PROVIDERS,
        "defaultOnlineMeetingProvider": _PROVIDERS[0],
        "isTallyingResponses": calendar.is_default,
        "isRemovable": not calendar.is_default,
        "owner": {"name": person.name, "address": person.address},
    }
    if call.is_beta:
        shown |= {
            "isShared": mailbox.is_shared,
            "isSharedWithMe": not is_own,
            "calendarGroupId": calendar.group_id or None,
        }
    return shown


def group_json(group: CalendarGroup) -> dict[str, Any]:
    return {
        "id": group.id,
        "name": group.name,
        "classId": group.class_id,
        "changeKey": change_key(group.id, group.version),
    }


def get_calendar(call: Call) -> Reply:
    return _shown_calendar(call, addressed.calendar(call), _calendar_context(call))


def get_calendar_of_event(call: Call) -> Reply:
    item = addressed.event(call)
    calendar = call.mailbox.calendars[item.calendar_id]
    context = call.context(f"/events{key(item.id)}/calendar{select_context(call.options.select)}/$entity")
    return _shown_calendar(call, calendar, context)


def list_calendars(call: Call) -> Reply:
    context = call.mailbox_context(f"/calendars{select_context(call.options.select)}")
    return _page_of_calendars(call, context)


def list_calendars_of_group(call: Call) -> Reply:
    group = addressed.calendar_group(call)
    tail = f"/calendarGroups{key(group.id)}/calendars{select_context(call.options.select)}"
    return _page_of_calendars(call, call.mailbox_context(tail), group)


def count_calendars(call: Call) -> Reply:
    return Reply(text=str(len(_calendars(call))))


def count_calendars_of_group(call: Call) -> Reply:
    return Reply(text=str(len(_calendars(call, addressed.calendar_group(call)))))


def create_calendar(call: Call) -> Reply:
    """A new calendar, in the default group where none is addressed."""
    sent = read(call.request, CalendarIn)
    name = _name(sent.name)
    _check_name(call, name)
    calendar = Calendar(
        id=call.state.new_id("calendar"),
        name=name,
        group_id=addressed.calendar_group(call).id,
        color=sent.color or Color.AUTO,
    )
    call.mailbox.calendars[calendar.id] = calendar
    return _shown_calendar(call, calendar, call.mailbox_context("/calendars/$entity"), status=201)


def update_calendar(call: Call) -> Reply:
    sent = read(call.request, CalendarIn)
    before = addressed.calendar(call)
    name = before.name if sent.name is UNSET else _name(sent.name)
    if name != before.name:
        _check_name(call, name)
    color = before.color if sent.color is UNSET or sent.color is None else sent.color
    after = replace(before, name=name, color=color, version=before.version + 1)
    call.mailbox.calendars[after.id] = after
    return _shown_calendar(call, after, _calendar_context(call))


def delete_calendar(call: Call) -> Reply:
    """The calendar goes with its events; the default one cannot."""
    calendar = addressed.calendar(call)
    if calendar.is_default:
        raise GraphError(Cause.DEFAULT_CALENDAR)
    for item in call.mailbox.items_of(calendar):
        del call.mailbox.items[item.id]
    del call.mailbox.calendars[calendar.id]
    return Reply(status=204)


def list_groups(call: Call) -> Reply:
    def show(group: CalendarGroup) -> dict[str, Any]:
        return selected(group_json(group), call.options.select)

    context = call.mailbox_context(f"/calendarGroups{select_context(call.options.select)}")
    return page(call, _groups(call), show, context=context, default_size=PAGE_SIZE)


def count_groups(call: Call) -> Reply:
    return Reply(text=str(len(_groups(call))))


def get_group(call: Call) -> Reply:
    return _shown_group(call, addressed.calendar_group(call))


def create_group(call: Call) -> Reply:
    name = _name(read(call.request, CalendarGroupIn).name)
    if any(group.name.lower() == name.lower() for group in call.mailbox.groups.values()):
        raise GraphError(Cause.FOLDER_EXISTS)
    group_id = call.state.new_id("calendarGroup")
    group = CalendarGroup(id=group_id, name=name, class_id=str(uuid5(NAMESPACE_URL, group_id)))
    call.mailbox.groups[group.id] = group
    return _shown_group(call, group, status=201)


def update_group(call: Call) -> Reply:
    before = addressed.calendar_group(call)
    sent = read(call.request, CalendarGroupIn)
    after = replace(before, name=_name(sent.name), version=before.version + 1)
    call.mailbox.groups[after.id] = after
    return _shown_group(call, after)


def delete_group(call: Call) -> Reply:
    group = addressed.calendar_group(call)
    held = [calendar for calendar in call.mailbox.calendars.values() if calendar.group_id == group.id]
    if group.is_default:
        raise GraphError(Cause.DEFAULT_GROUP)
    if held and not call.unknowns.full_calendar_group_deletable:
        raise GraphError(Cause.GROUP_NOT_EMPTY)
    for calendar in held:
        call.mailbox.calendars[calendar.id] = replace(calendar, group_id=call.mailbox.default_group.id)
    del call.mailbox.groups[group.id]
    return Reply(status=204)


def _shown_calendar(call: Call, calendar: Calendar, context: str, status: int = 200) -> Reply:
    shown = selected(calendar_json(calendar, call), call.options.select)
    return Reply(status=status, body={"@odata.context": context, **shown})


def _shown_group(call: Call, group: CalendarGroup, status: int = 200) -> Reply:
    context = call.mailbox_context(f"/calendarGroups{select_context(call.options.select)}/$entity")
    shown = selected(group_json(group), call.options.select)
    return Reply(status=status, body={"@odata.context": context, **shown})


def _calendars(call: Call, group: CalendarGroup | None = None) -> list[Calendar]:
    """What the query leaves of the mailbox's calendars, or of those of one group."""
    held = [
        calendar
        for calendar in call.mailbox.calendars.values()
        if group is None or calendar.group_id == group.id
    ]
    return queried(call, held, lambda calendar: calendar_json(calendar, call), kind="calendar")


def _groups(call: Call) -> list[CalendarGroup]:
    return queried(call, list(call.mailbox.groups.values()), group_json, kind="calendarGroup")


def _page_of_calendars(call: Call, context: str, group: CalendarGroup | None = None) -> Reply:
    def show(calendar: Calendar) -> dict[str, Any]:
        return selected(calendar_json(calendar, call), call.options.select)

    return page(call, _calendars(call, group), show, context=context, default_size=PAGE_SIZE)


def _calendar_context(call: Call) -> str:
    """As the calendar was named: `/calendar` by itself, a keyed one by its collection."""
    address, select = call.route.address, select_context(call.options.select)
    match address.place:
        case "calendars":
            return call.mailbox_context(f"/calendars{select}/$entity")
        case "calendarGroups":
            group = key(addressed.calendar_group(call).id)
            return call.mailbox_context(f"/calendarGroups{group}/calendars{select}/$entity")
    return call.mailbox_context(f"/calendar{select}/$entity")


def _name(sent: object) -> str:
    if not isinstance(sent, str) or not sent.strip():
        raise GraphError(Cause.PROPERTY_INVALID)
    return sent


def _check_name(call: Call, name: str) -> None:
    names = {calendar.name.lower() for calendar in call.mailbox.calendars.values()}
    if name.lower() in names and not call.unknowns.duplicate_calendar_names:
        raise GraphError(Cause.FOLDER_EXISTS)
