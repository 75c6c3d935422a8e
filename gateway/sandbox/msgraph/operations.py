"""Operations: what is done on each route, and the permission that it needs."""

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.sandbox.msgraph import calendars, directory, extensions, meetings, reads, schedule, writes
from gateway.sandbox.msgraph.auth import BASIC, GROUP_PROFILES, READ, USER_PROFILES, WRITE
from gateway.sandbox.msgraph.call import Handler
from gateway.sandbox.msgraph.items import Answer
from gateway.sandbox.msgraph.routes import GROUPS, USERS


@dataclass(frozen=True, slots=True)
class Operation:
    """`needs` is a level of calendar permission; None asks for the directory's instead."""

    handler: Handler
    needs: int | None


@dataclass(frozen=True, slots=True)
class Listing:
    """An operation on the directory as a whole, for who has any of the permissions."""

    handler: Handler
    permissions: frozenset[str]


LISTINGS: Mapping[str, Listing] = {
    f"GET {USERS}": Listing(directory.list_users, USER_PROFILES),
    f"GET {GROUPS}": Listing(directory.list_groups, GROUP_PROFILES),
}

_EXTENSION = "/{event}/extensions/{extension}"

OPERATIONS: Mapping[str, Operation] = {
    "GET /{user}": Operation(directory.get_user, None),
    "GET /{user}/memberOf": Operation(directory.list_memberships, None),
    "GET /{user}/memberOf/microsoft.graph.group": Operation(directory.list_groups_of_user, None),
    "GET /{group}": Operation(directory.get_group, None),
    "GET /{mailbox}/mailboxSettings": Operation(directory.get_mailbox_settings, BASIC),
    "GET /{mailbox}/calendars": Operation(calendars.list_calendars, BASIC),
    "POST /{mailbox}/calendars": Operation(calendars.create_calendar, WRITE),
    "GET /{mailbox}/calendars/$count": Operation(calendars.count_calendars, BASIC),
    "GET /{mailbox}/calendarGroups/$count": Operation(calendars.count_groups, BASIC),
    "GET /{calendarGroup}/calendars/$count": Operation(calendars.count_calendars_of_group, BASIC),
    "GET /{mailbox}/calendarGroups": Operation(calendars.list_groups, BASIC),
    "POST /{mailbox}/calendarGroups": Operation(calendars.create_group, WRITE),
    "GET /{calendarGroup}": Operation(calendars.get_group, BASIC),
    "PATCH /{calendarGroup}": Operation(calendars.update_group, WRITE),
    "DELETE /{calendarGroup}": Operation(calendars.delete_group, WRITE),
    "GET /{calendarGroup}/calendars": Operation(calendars.list_calendars_of_group, BASIC),
    "POST /{calendarGroup}/calendars": Operation(calendars.create_calendar, WRITE),
    "GET /{calendar}": Operation(calendars.get_calendar, BASIC),
    "PATCH /{calendar}": Operation(calendars.update_calendar, WRITE),
    "DELETE /{calendar}": Operation(calendars.delete_calendar, WRITE),
    "POST /{calendar}/permanentDelete": Operation(calendars.delete_calendar, WRITE),
    "GET /{calendar}/events": Operation(reads.list_events, BASIC),
    "GET /{calendar}/events/$count": Operation(reads.count_events, BASIC),
    "GET /{calendar}/calendarView": Operation(reads.calendar_view, BASIC),
    "POST /{calendar}/getSchedule": Operation(schedule.get_schedule, BASIC),
    "POST /{calendar}/events": Operation(writes.create_event, WRITE),
    "GET /{event}": Operation(reads.get_event, BASIC),
    "PATCH /{event}": Operation(writes.update_event, WRITE),
    "DELETE /{event}": Operation(writes.delete_event, WRITE),
    "GET /{event}/calendar": Operation(calendars.get_calendar_of_event, BASIC),
    "GET /{event}/instances": Operation(reads.instances, BASIC),
    "POST /{event}/cancel": Operation(meetings.cancel, WRITE),
    "POST /{event}/accept": Operation(meetings.respond(Answer.ACCEPTED), WRITE),
    "POST /{event}/tentativelyAccept": Operation(meetings.respond(Answer.TENTATIVE), WRITE),
    "POST /{event}/decline": Operation(meetings.respond(Answer.DECLINED), WRITE),
    "POST /{event}/forward": Operation(meetings.forward, WRITE),
    "POST /{event}/dismissReminder": Operation(meetings.dismiss_reminder, WRITE),
    "POST /{event}/snoozeReminder": Operation(meetings.snooze_reminder, WRITE),
    "POST /{event}/permanentDelete": Operation(writes.delete_event, WRITE),
    "GET /{event}/extensions": Operation(extensions.list_extensions, READ),
    "GET /{event}/extensions/$count": Operation(extensions.count_extensions, READ),
    "POST /{event}/extensions": Operation(extensions.create_extension, WRITE),
    f"GET {_EXTENSION}": Operation(extensions.get_extension, READ),
    f"PATCH {_EXTENSION}": Operation(extensions.update_extension, WRITE),
    f"DELETE {_EXTENSION}": Operation(extensions.delete_extension, WRITE),
}
