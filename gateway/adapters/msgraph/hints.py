"""What can be done about Graph's refusals: hints by code, by status, and by what was asked. Pure."""

from itertools import pairwise
from typing import Final
from urllib.parse import unquote

from gateway.adapters.upstream import UpstreamRequest

_SAVED_TWICE: Final = "Somebody writes to it at the same moment: look at it, and repeat the call."
_IN_DOUBT: Final = "It may have been saved all the same: look at it before you repeat the call."
_UNREADABLE: Final = "A value is not of the form that Graph takes: try without the fields under `msgraph`."
_BY_CODE: Final = {
    "ErrorPropertyValidationFailure": "Graph does not say which property: the end must follow the start, and "
    "the rule, start and time zone of a series must agree.",
    "RequestBodyRead": _UNREADABLE,
    "UnableToDeserializePostBody": _UNREADABLE,
    "ErrorCalendarDurationIsTooLong": "An event may last five years at most.",
    "ErrorRecurrenceHasNoOccurrence": "The rule has no occurrence in its range: let it end later.",
    "ErrorRecurrenceEndDateTooBig": "The series ends too late for Exchange: let it end earlier, or never.",
    "ErrorItemNotFound": "It is gone, or of another mailbox: an id counts below its own owner only.",
    "ErrorFolderNotFound": "The calendar is gone, or of another mailbox: take ids from `calendars`.",
    "Authorization_RequestDenied": "The directory denies it: an administrator must consent to it.",
    "ConcurrentItemSave": _IN_DOUBT,
    "ErrorConcurrentItemSave": _IN_DOUBT,
    "ErrorIrresolvableConflict": _SAVED_TWICE,
    "ApplicationThrottled": "An application gets four requests at once for a mailbox, over all its replicas.",
    "TimeZoneNotSupportedException": "Give the time as an instant, or in a zone that Graph knows.",
    "MailboxNotEnabledForRESTAPI": "The mailbox is not in Exchange Online, or no longer active.",
    "ErrorOccurrenceCrossingBoundary": "An occurrence must stay between those before and after it.",
    "ErrorInvalidUser": "Check the user's id or principal name, and that it has a mailbox.",
    "Request_ResourceNotFound": "Check the id of the user or the group.",
}
_BY_STATUS: Final = {
    401: "Get a new token for Microsoft Graph: this one is missing, expired, or meant for another API.",
    412: _SAVED_TWICE,
    413: "The whole request may have about 4 MB: shorten the description.",
}
_ME_NEEDS_A_USER: Final = "/me request is only valid"
_GROUP_PERMISSION: Final = (
    "Group calendars take a user's token only: a member of the group, with Group.{right}.All."
)
_PERMISSION: Final = (
    "The token needs Calendars.{right}. For another's mailbox a user's needs Calendars.{right}.Shared and a "
    "share, and an application's must be let in by its access policy."
)
_NO_SUCH_PATH: Final = "Resource not found for the segment"
_HOLDERS: Final = frozenset({"users", "groups", "calendars", "calendargroups", "events"})
"""What ids follow in a path."""


def hint_for(status: int, code: str, message: str, request: UpstreamRequest) -> str | None:
    """What the caller, or whoever runs the gateway, can do; None where Graph's own message says it."""
    if code == "ErrorInvalidIdMalformed":
        return f"{_last_id(request)!r} is no id of Graph's: take one from `calendars`, or from an event."
    if status == 403 and code not in _BY_CODE:
        return _permission(request)
    if status == 400 and _NO_SUCH_PATH in message:
        return "This API has no such path: check the source's address and its `version`."
    if status == 400 and _ME_NEEDS_A_USER in message:
        # The code is BadRequest, which says nothing.
        return "An application's token has no `me`: write users/<id or principal name> instead."
    return _BY_CODE.get(code) or _BY_STATUS.get(status)


def _permission(request: UpstreamRequest) -> str:
    """Which permission is missing, as far as method and path tell."""
    hint = _GROUP_PERMISSION if "/groups/" in request.path else _PERMISSION
    return hint.format(right="Read" if request.method == "GET" else "ReadWrite")


def _last_id(request: UpstreamRequest) -> str:
    """The id that a path leads to: the mailbox before it was found, or else that would be the error."""
    segments = request.path.partition("?")[0].split("/")
    ids = [segment for before, segment in pairwise(segments) if before.lower() in _HOLDERS]
    return unquote(ids[-1]) if ids else request.path
