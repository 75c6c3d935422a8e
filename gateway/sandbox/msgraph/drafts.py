"""From what a client sends to what is stored: defaults filled in, everything checked."""

import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
from msgspec import UNSET

from gateway.sandbox.msgraph import recurrence as rules
from gateway.sandbox.msgraph.errors import Cause, GraphError
from gateway.sandbox.msgraph.items import Calendar, Item, ItemType, Mailbox
from gateway.sandbox.msgraph.resources import (
    EventIn,
    ItemBody,
    Location,
    PatternedRecurrence,
)
from gateway.sandbox.msgraph.series import first_day
from gateway.sandbox.msgraph.times import WallClock, day, wall_clock
from gateway.sandbox.msgraph.unknowns import Unknowns
from gateway.sandbox.msgraph.words import (
    Importance,
    MeetingProvider,
    Sensitivity,
    ShowAs,
)
from gateway.sandbox.msgraph.zones import UTC as UTC_NAME
from gateway.sandbox.msgraph.zones import zone

MAX_ATTENDEES = 500
MAX_LENGTH = timedelta(days=5 * 366)
HALF_HOUR = timedelta(minutes=30)

_PLAIN: dict[str, tuple[str, Any]] = {
    "subject": ("subject", None),
    "body": ("body", ItemBody()),
    "attendees": ("attendees", ()),
    "categories": ("categories", ()),
    "is_all_day": ("is_all_day", False),
    "is_reminder_on": ("is_reminder_on", True),
    "reminder_minutes_before_start": ("reminder_minutes", 15),
    "importance": ("importance", Importance.NORMAL),
    "sensitivity": ("sensitivity", Sensitivity.NORMAL),
    "show_as": ("show_as", ShowAs.BUSY),
    "allow_new_time_proposals": ("allow_new_time_proposals", True),
    "hide_attendees": ("hide_attendees", False),
    "response_requested": ("response_requested", True),
}
"""Members that are stored as they are sent: the item's field, and what null stands for."""


def new_item(
    sent: EventIn, *, event_id: str, mailbox: Mailbox, calendar: Calendar, now: datetime, unknowns: Unknowns
) -> Item:
    """The event that a POST makes; a body that Graph refuses is refused."""
    start, end = _new_times(sent, now, unknowns)
    changes = {**_changes(sent, unknowns), **_online_meeting(sent)}
    if sent.is_all_day is True and sent.show_as in (UNSET, None):
        changes["show_as"] = unknowns.all_day_show_as
    item = Item(
        id=event_id,
        calendar_id=calendar.id,
        uid=_uid(event_id),
        created=now,
        modified=now,
        organizer=mailbox.person,
        owner_address=mailbox.person.address.lower(),
        start=start,
        end=end,
        original_start_zone=_original_zone(start, unknowns),
        original_end_zone=_original_zone(end, unknowns),
        transaction_id=sent.transaction_id or None,
        **changes,
    )
    _check(item)
    recurrence = sent.recurrence or None
    return item if recurrence is None else _as_series(item, recurrence, unknowns)


def changed_item(item: Item, sent: EventIn, *, now: datetime, unknowns: Unknowns) -> Item:
    """The event after a PATCH: only what was sent changes."""
    changes = _changes(sent, unknowns)
    if not item.is_online_meeting:
        changes.update(_online_meeting(sent))
    changes.update(_changed_times(sent, unknowns))
    changes.update(_added_properties(item, changes))
    after = item.changed(now, **changes)
    _check(after)
    if sent.recurrence is None and unknowns.null_recurrence_ends_series:
        return _as_single(after)
    if not sent.recurrence:
        return after if after.recurrence is None else _moved_series(item, after, unknowns)
    if item.original_day is not None:
        raise GraphError(Cause.PROPERTY_INVALID)
    return _kept_changes(item, _as_series(after, sent.recurrence, unknowns))


def _changes(sent: EventIn, unknowns: Unknowns) -> dict[str, Any]:
    """The plain members that were sent, by the item's fields."""
    changes: dict[str, Any] = {}
    for member, (name, default) in _PLAIN.items():
        value = getattr(sent, member)
        if value is not UNSET:
            changes[name] = default if value is None else value
    if sent.body:
        changes["body"] = _typed(sent.body, unknowns)
    if sent.subject:
        changes["subject"] = sent.subject[: unknowns.subject_length]
    return {**changes, **_locations(sent), **_properties(sent)}


def _typed(body: ItemBody, unknowns: Unknowns) -> ItemBody:
    if body.content_type is not UNSET:
        return body
    return msgspec.structs.replace(body, content_type=unknowns.default_body_type)


def _locations(sent: EventIn) -> dict[str, Any]:
    """`location` replaces all of `locations`. Those that say nothing are dropped."""
    if sent.location is UNSET and sent.locations is UNSET:
        return {}
    given: tuple[Location, ...] = () if sent.locations is UNSET else sent.locations
    if sent.location is not UNSET:
        given = () if sent.location is None else (sent.location,)
    return {"locations": tuple(place for place in given if _says_something(place))}


def _says_something(place: Location) -> bool:
    return any(value not in (UNSET, None, "") for value in msgspec.structs.astuple(place))


def _properties(sent: EventIn) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if sent.single_value_extended_properties is not UNSET:
        changes["single_values"] = {one.id: one.value for one in sent.single_value_extended_properties}
    if sent.multi_value_extended_properties is not UNSET:
        changes["multi_values"] = {one.id: one.value for one in sent.multi_value_extended_properties}
    if sent.extensions is not UNSET:
        changes["extensions"] = dict(extension(given) for given in sent.extensions)
    return changes


def _added_properties(item: Item, changes: dict[str, Any]) -> dict[str, Any]:
    """Extended properties that a PATCH does not name stay as they are."""
    names = changes.keys() & {"single_values", "multi_values"}
    return {name: {**getattr(item, name), **changes[name]} for name in names}


def extension(given: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """An open extension: its name and its own members. One without a name is an error of Graph's own."""
    name = given.get("extensionName")
    if not isinstance(name, str) or not name:
        raise GraphError(Cause.INTERNAL)
    members = {
        key: value
        for key, value in given.items()
        if not key.startswith("@") and key not in ("id", "extensionName")
    }
    return name, members


def _online_meeting(sent: EventIn) -> dict[str, Any]:
    """A provider that the calendar does not allow makes no meeting, and no error either."""
    provider = sent.online_meeting_provider or MeetingProvider.UNKNOWN
    if sent.is_online_meeting is not True:
        return {}
    if provider not in (MeetingProvider.UNKNOWN, MeetingProvider.TEAMS_FOR_BUSINESS):
        return {}
    return {"is_online_meeting": True, "meeting_provider": MeetingProvider.TEAMS_FOR_BUSINESS}


def _new_times(sent: EventIn, now: datetime, unknowns: Unknowns) -> tuple[WallClock, WallClock]:
    """What was sent. Which start Graph takes where there is none, nobody has documented."""
    if sent.start is UNSET:
        if unknowns.refuses_events_without_times:
            raise GraphError(Cause.PROPERTY_INVALID)
        start = WallClock(_next_half_hour(now), UTC_NAME)
    else:
        start = wall_clock(sent.start, UTC_NAME, unknowns)
    if sent.end is UNSET:
        return start, WallClock(start.local + HALF_HOUR, start.zone_name)
    return start, wall_clock(sent.end, UTC_NAME, unknowns)


def _original_zone(clock: WallClock, unknowns: Unknowns) -> str:
    return unknowns.original_utc_zone if clock.zone_name == UTC_NAME else clock.zone_name


def _next_half_hour(now: datetime) -> datetime:
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    return midnight + ((now.astimezone(UTC).replace(tzinfo=None) - midnight) // HALF_HOUR + 1) * HALF_HOUR


def _changed_times(sent: EventIn, unknowns: Unknowns) -> dict[str, Any]:
    """Unlike a POST, a PATCH needs the zone with each time."""
    changes: dict[str, Any] = {}
    if sent.start is not UNSET:
        start = wall_clock(sent.start, "", unknowns)
        changes.update(start=start, original_start_zone=_original_zone(start, unknowns))
    if sent.end is not UNSET:
        end = wall_clock(sent.end, "", unknowns)
        changes.update(end=end, original_end_zone=_original_zone(end, unknowns))
    return changes


def _check(item: Item) -> None:
    if item.is_all_day:
        _check_all_day(item)
    if item.length < timedelta(0):
        raise GraphError(Cause.PROPERTY_INVALID)
    if item.length > MAX_LENGTH:
        raise GraphError(Cause.TOO_LONG)
    if len(item.attendees) > MAX_ATTENDEES:
        raise GraphError(Cause.TOO_MANY_ATTENDEES, len(item.attendees))


def _check_all_day(item: Item) -> None:
    for name, clock in (("Start", item.start), ("End", item.end)):
        if not clock.is_midnight:
            raise GraphError(Cause.NOT_MIDNIGHT, name)
    if item.start.zone_name.lower() != item.end.zone_name.lower() or item.end.local <= item.start.local:
        raise GraphError(Cause.PROPERTY_INVALID)


def _as_series(item: Item, recurrence: PatternedRecurrence, unknowns: Unknowns) -> Item:
    """The master of a series. A start that does not match the pattern moves to the first day that does."""
    rules.check(recurrence)
    if day(recurrence.range.start_date) != item.start.local.date():
        raise GraphError(Cause.PROPERTY_INVALID)
    zone_name = recurrence.range.recurrence_time_zone
    if zone_name is None:
        zone_name = item.start.zone_name
    zone(zone_name, unknowns.iana_names)
    first = first_day(recurrence)
    if first is None:
        raise GraphError(Cause.NO_OCCURRENCE)
    return _starting(item, _with_range(recurrence, first, zone_name))


def _with_range(recurrence: PatternedRecurrence, first: date, zone_name: str) -> PatternedRecurrence:
    bounds = msgspec.structs.replace(
        recurrence.range, start_date=first.isoformat(), recurrence_time_zone=zone_name
    )
    return msgspec.structs.replace(recurrence, range=bounds)


def _starting(item: Item, recurrence: PatternedRecurrence) -> Item:
    shift = day(recurrence.range.start_date) - item.start.local.date()
    return replace(
        item,
        type=ItemType.MASTER,
        recurrence=recurrence,
        start=WallClock(item.start.local + shift, item.start.zone_name),
        end=WallClock(item.end.local + shift, item.end.zone_name),
        exceptions={},
        cancelled_days=frozenset(),
    )


def _as_single(item: Item) -> Item:
    if item.type is not ItemType.MASTER:
        return item
    return replace(item, type=ItemType.SINGLE, recurrence=None, exceptions={}, cancelled_days=frozenset())


def _moved_series(before: Item, after: Item, unknowns: Unknowns) -> Item:
    """A master whose times may have changed while its pattern was not sent again: the zone has to stay."""
    if after.recurrence is None or (after.start, after.end) == (before.start, before.end):
        return after
    if after.start.zone_name.lower() != before.start.zone_name.lower():
        raise GraphError(Cause.PROPERTY_INVALID)
    bounds = msgspec.structs.replace(after.recurrence.range, start_date=after.start.local.date().isoformat())
    return _as_series(after, msgspec.structs.replace(after.recurrence, range=bounds), unknowns)


def _kept_changes(before: Item, after: Item) -> Item:
    """Changed and cancelled occurrences are lost with a new pattern or new times, and only then."""
    if (after.recurrence, after.start, after.end) != (before.recurrence, before.start, before.end):
        return after
    return replace(after, exceptions=before.exceptions, cancelled_days=before.cancelled_days)


def _uid(event_id: str) -> str:
    """A global object id: its prefix, a place for the day of an occurrence, and something unique."""
    digest = hashlib.sha256(event_id.encode()).hexdigest().upper()
    return f"040000008200E00074C5B7101A82E00800000000{digest[:16]}000000000000000010000000{digest[16:48]}"
