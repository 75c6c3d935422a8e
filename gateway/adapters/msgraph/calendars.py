"""Graph's calendars as ours: JSON in, unified calendars out. Pure."""

from gateway.adapters.msgraph import wire
from gateway.adapters.msgraph.events import person
from gateway.adapters.msgraph.paths import GROUPS, Owner, calendar_of, default_calendar_of
from gateway.model.calendar import Calendar
from gateway.model.msgraph import MSGraphCalendarDetails


def to_calendar(calendar: wire.GraphCalendar, *, source: str, owner: Owner) -> Calendar:
    """A calendar of an owner's mailbox. A group has one only, which is its default."""
    is_default = owner[0] == GROUPS or calendar.is_default_calendar is True
    return Calendar(
        id=str(calendar_of(source, owner, calendar.id)),
        source=source,
        name=calendar.name or "",
        is_default=is_default,
        default_id=str(default_calendar_of(source, owner)) if is_default else None,
        can_edit=calendar.can_edit is not False,
        details=_details(calendar),
    )


def _details(calendar: wire.GraphCalendar) -> MSGraphCalendarDetails:
    return MSGraphCalendarDetails(
        calendar_id=calendar.id,
        owner=person(calendar.owner),
        color=calendar.color,
        hex_color=calendar.hex_color,
        change_key=calendar.change_key,
        can_share=calendar.can_share,
        can_view_private_items=calendar.can_view_private_items,
        is_removable=calendar.is_removable,
        is_tallying_responses=calendar.is_tallying_responses,
        allowed_online_meeting_providers=calendar.allowed_online_meeting_providers or (),
        default_online_meeting_provider=calendar.default_online_meeting_provider,
    )
