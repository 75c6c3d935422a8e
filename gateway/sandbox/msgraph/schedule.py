"""Free and busy times of several mailboxes: getSchedule."""

from datetime import datetime, timedelta
from typing import Any

from gateway.sandbox.msgraph.auth import BASIC
from gateway.sandbox.msgraph.call import Call, Reply
from gateway.sandbox.msgraph.errors import Cause, GraphError
from gateway.sandbox.msgraph.items import Item, Mailbox
from gateway.sandbox.msgraph.reads import expanded_items
from gateway.sandbox.msgraph.resources import ScheduleIn, read_action
from gateway.sandbox.msgraph.times import WallClock, wall_clock
from gateway.sandbox.msgraph.words import Sensitivity, ShowAs
from gateway.sandbox.msgraph.zones import UTC

MAX_DAYS = 62
MAX_SCHEDULES = 20
UNRESOLVED = "5016"

_RANKS = (ShowAs.FREE, ShowAs.WORKING_ELSEWHERE, ShowAs.TENTATIVE, ShowAs.BUSY, ShowAs.OOF)
"""What is shown of a slot with several events is the last of these."""
_DIGITS = {
    ShowAs.FREE: "0",
    ShowAs.TENTATIVE: "1",
    ShowAs.BUSY: "2",
    ShowAs.OOF: "3",
    ShowAs.WORKING_ELSEWHERE: "4",
}


def get_schedule(call: Call) -> Reply:
    """200, whatever becomes of the single schedules."""
    sent = read_action(call.request, ScheduleIn)
    start = wall_clock(sent.start_time, "", call.unknowns).instant
    end = wall_clock(sent.end_time, "", call.unknowns).instant
    minutes = 30 if sent.availability_view_interval is None else sent.availability_view_interval
    _check(sent, start, end, minutes)
    slot = timedelta(minutes=minutes)
    value = [_information(call, name, start, end, slot) for name in sent.schedules]
    context = call.tenant_context("Collection(microsoft.graph.scheduleInformation)")
    return Reply(body={"@odata.context": context, "value": value})


def _check(sent: ScheduleIn, start: datetime, end: datetime, minutes: int) -> None:
    if end <= start:
        raise GraphError(Cause.WINDOW_REVERSED)
    if not 5 <= minutes <= 1440:
        raise GraphError(Cause.INTERVAL_INVALID)
    if len(sent.schedules) > MAX_SCHEDULES:
        raise GraphError(Cause.TOO_MANY_SCHEDULES)
    if end - start > timedelta(days=MAX_DAYS):
        raise GraphError(Cause.INTERVAL_TOO_BIG, -((start - end) // timedelta(days=1)))


def _information(call: Call, name: str, start: datetime, end: datetime, slot: timedelta) -> dict[str, Any]:
    mailbox = call.state.find(name)
    if mailbox is None:
        text = f"Unable to resolve e-mail address {name} to an Active Directory object."
        return {"scheduleId": name, "error": {"message": text, "responseCode": UNRESOLVED}}
    items = [
        item
        for item in expanded_items(mailbox.items_of(mailbox.default_calendar), start, end)
        if item.start.instant < end and item.end.instant > start and not item.is_cancelled
    ]
    items.sort(key=lambda item: (item.start.instant, item.id))
    return {
        "scheduleId": name,
        "availabilityView": _view(items, start, end, slot),
        "scheduleItems": [_item(call, mailbox, item) for item in items],
        "workingHours": _working_hours(mailbox),
    }


def _view(items: list[Item], start: datetime, end: datetime, slot: timedelta) -> str:
    """A digit for each slot, the last of which may be shorter."""
    count = -((start - end) // slot)
    return "".join(_digit(items, start + n * slot, min(start + (n + 1) * slot, end)) for n in range(count))


def _digit(items: list[Item], start: datetime, end: datetime) -> str:
    there = [item.show_as for item in items if item.start.instant < end and item.end.instant > start]
    return _DIGITS[max((found for found in there if found in _RANKS), key=_RANKS.index, default=ShowAs.FREE)]


def _item(call: Call, mailbox: Mailbox, item: Item) -> dict[str, Any]:
    """Times for everybody. What it is about only for readers of calendars, and nothing of private events."""
    is_own = call.token.user_id == mailbox.owner_id
    is_private = item.sensitivity is Sensitivity.PRIVATE
    shown: dict[str, Any] = {
        "isPrivate": is_private,
        "status": item.show_as,
        "start": _time(call, item.start),
        "end": _time(call, item.end),
    }
    if not is_own and (is_private or mailbox.is_restricted or call.token.level() <= BASIC):
        return shown
    location = item.locations[0].display_name if item.locations else ""
    return {**shown, "subject": item.subject, "location": location}


def _time(call: Call, clock: WallClock) -> dict[str, str]:
    return clock.on(call.preferences.zone_name or UTC).json()


def _working_hours(mailbox: Mailbox) -> dict[str, Any]:
    return {
        "daysOfWeek": ["monday", "tuesday", "wednesday", "thursday", "friday"],
        "startTime": "08:00:00.0000000",
        "endTime": "17:00:00.0000000",
        "timeZone": {"name": mailbox.time_zone},
    }
