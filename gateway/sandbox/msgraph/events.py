"""Events as Graph shows them: stored items in, JSON in the documented order out."""

from dataclasses import dataclass
from typing import Any

import msgspec

from gateway.sandbox.msgraph.bodies import body_json, preview
from gateway.sandbox.msgraph.call import Call, Reply, shown_id
from gateway.sandbox.msgraph.items import Item, Said, web_link
from gateway.sandbox.msgraph.resources import (
    AttendeeIn,
    Location,
)
from gateway.sandbox.msgraph.series import compact
from gateway.sandbox.msgraph.times import NEVER, WallClock, stamp
from gateway.sandbox.msgraph.words import (
    BodyType,
    MeetingProvider,
)
from gateway.sandbox.msgraph.zones import UTC

NO_LOCATION = {
    "displayName": "",
    "locationType": "default",
    "uniqueIdType": "unknown",
    "address": {},
    "coordinates": {},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """How events are to be shown. `zone_name` None is the zone in which each was written."""

    zone_name: str | None = UTC
    body_type: BodyType | None = None
    is_immutable: bool = False
    is_beta: bool = False
    has_bodies: bool = True


def view_of(call: Call) -> View:
    preferences = call.preferences
    return View(
        zone_name=preferences.zone_name or UTC,
        body_type=preferences.body_type,
        is_immutable=preferences.is_immutable,
        is_beta=call.is_beta,
        has_bodies=call.may_read_bodies,
    )


def event_json(item: Item, view: View) -> dict[str, Any]:
    """The whole event, `@odata.etag` first."""
    return {
        "@odata.etag": item.etag,
        "id": shown_id(item.id, is_immutable=view.is_immutable),
        "createdDateTime": stamp(item.created),
        "lastModifiedDateTime": stamp(item.modified),
        "changeKey": item.change_key,
        "categories": list(item.categories),
        **({} if item.transaction_id is None else {"transactionId": item.transaction_id}),
        "originalStartTimeZone": item.original_start_zone,
        "originalEndTimeZone": item.original_end_zone,
        "iCalUId": _ical_uid(item),
        **({"uid": item.uid} if view.is_beta else {}),
        "reminderMinutesBeforeStart": item.reminder_minutes,
        "isReminderOn": item.is_reminder_on,
        "hasAttachments": False,
        "subject": item.subject,
        **({"bodyPreview": preview(item.body)} if view.has_bodies else {}),
        "importance": item.importance,
        "sensitivity": item.sensitivity,
        "isAllDay": item.is_all_day,
        "isCancelled": item.is_cancelled,
        "isOrganizer": item.is_organizer,
        "responseRequested": item.response_requested,
        "seriesMasterId": _series_id(item, view),
        "showAs": item.show_as,
        "type": item.type,
        "webLink": web_link(item.id),
        "onlineMeetingUrl": None,
        "isOnlineMeeting": item.is_online_meeting,
        "onlineMeetingProvider": item.meeting_provider,
        "allowNewTimeProposals": item.allow_new_time_proposals,
        **({"occurrenceId": _occurrence_id(item, view)} if view.is_beta else {}),
        "isDraft": False,
        "hideAttendees": item.hide_attendees,
        **_original_start(item),
        "responseStatus": _said(item.said),
        **({"body": body_json(item.body, view.body_type)} if view.has_bodies else {}),
        "start": _time(item, item.start, view),
        "end": _time(item, item.end, view),
        **_locations(item),
        "recurrence": msgspec.to_builtins(item.recurrence),
        "attendees": [_attendee(item, attendee) for attendee in _visible_attendees(item)],
        "organizer": item.organizer.json(),
        "onlineMeeting": _online_meeting(item),
    }


def _series_id(item: Item, view: View) -> str | None:
    return None if item.master_id is None else shown_id(item.master_id, is_immutable=view.is_immutable)


def _occurrence_id(item: Item, view: View) -> str | None:
    if item.original_day is None:
        return None
    return f"OID.{_series_id(item, view)}.{item.original_day.isoformat()}"


def _ical_uid(item: Item) -> str:
    """The same in all copies of a meeting, another for each occurrence."""
    day = item.original_day
    return item.uid if day is None else f"{item.uid[:32]}{compact(day)}{item.uid[40:]}"


def _original_start(item: Item) -> dict[str, str]:
    """When an occurrence would begin had nobody moved it."""
    return {} if item.original_start is None else {"originalStart": stamp(item.original_start)}


def _time(item: Item, clock: WallClock, view: View) -> dict[str, str]:
    """An all-day event is from midnight to midnight in every zone that is asked for."""
    if view.zone_name is None:
        return clock.json()
    return (clock.labelled(view.zone_name) if item.is_all_day else clock.on(view.zone_name)).json()


def _said(said: Said) -> dict[str, str]:
    return {"response": said.answer, "time": NEVER if said.time is None else stamp(said.time)}


def _visible_attendees(item: Item) -> tuple[AttendeeIn, ...]:
    """With `hideAttendees` nobody but the organizer sees more than themselves."""
    if not item.hide_attendees or item.is_organizer:
        return item.attendees
    return tuple(attendee for attendee in item.attendees if _address(attendee).lower() == item.owner_address)


def _attendee(item: Item, attendee: AttendeeIn) -> dict[str, Any]:
    said = item.answers.get(_address(attendee).lower(), Said())
    person = attendee.email_address
    shown: dict[str, Any] = {
        "type": attendee.type,
        "status": _said(said),
        "emailAddress": {"name": person.name or person.address, "address": person.address},
    }
    if said.proposed is not None:
        start, end = said.proposed
        shown["proposedNewTime"] = {"start": start.json(), "end": end.json()}
    return shown


def _address(attendee: AttendeeIn) -> str:
    return attendee.email_address.address or ""


def _locations(item: Item) -> dict[str, Any]:
    """`location` is the only one of `locations`, or names them all."""
    shown = [_location(place) for place in item.locations]
    if len(shown) > 1:
        names = "; ".join(str(place["displayName"]) for place in shown)
        return {"location": {**NO_LOCATION, "displayName": names}, "locations": shown}
    return {"location": shown[0] if shown else NO_LOCATION, "locations": shown}


def _location(place: Location) -> dict[str, Any]:
    given: dict[str, Any] = {
        name: value for name, value in msgspec.to_builtins(place).items() if value is not None
    }
    name = given.get("displayName", "")
    defaults = {"displayName": name, "locationType": "default", "uniqueId": name, "uniqueIdType": "private"}
    return {**defaults, **given}


def _online_meeting(item: Item) -> dict[str, Any] | None:
    if not item.is_online_meeting or item.meeting_provider is not MeetingProvider.TEAMS_FOR_BUSINESS:
        return None
    thread = f"https://teams.microsoft.com/l/meetup-join/19%3ameeting_{item.uid[-24:]}%40thread.v2/0"
    return {"joinUrl": thread}


def selected(shown: dict[str, Any], select: tuple[str, ...]) -> dict[str, Any]:
    """Only the properties of `$select`; the id and the annotations always come.

    The link of an online meeting comes only together with `isOnlineMeeting`.
    """
    if not select:
        return shown
    wanted = {name.lower() for name in select} | {"id"}
    found = {name: value for name, value in shown.items() if name.startswith("@") or name.lower() in wanted}
    if "onlineMeeting" in found and "isOnlineMeeting" not in found:
        found["onlineMeeting"] = None
    return found


def select_context(select: tuple[str, ...]) -> str:
    """`$select` as `@odata.context` repeats it."""
    return f"({','.join(select)})" if select else ""


def entity(call: Call, item: Item, *, status: int = 200, view: View | None = None) -> Reply:
    """An answer with one event."""
    select = call.options.select
    context = call.context(f"/events{select_context(select)}/$entity")
    shown = selected(event_json(item, view or view_of(call)), select)
    headers = {"ETag": item.etag} if call.unknowns.etag_header else {}
    return Reply(status=status, body={"@odata.context": context, **shown}, headers=headers)
