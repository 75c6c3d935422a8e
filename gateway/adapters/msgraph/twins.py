"""Twins: events that were made as the same, because Exchange did not know one request from the other."""

from collections.abc import Sequence

from gateway.adapters.msgraph import faults
from gateway.adapters.msgraph.api import GraphApi
from gateway.adapters.msgraph.bearers import Bearer
from gateway.adapters.msgraph.drift import drift, is_as_made
from gateway.adapters.msgraph.paths import is_group
from gateway.adapters.msgraph.requests import Requests
from gateway.adapters.upstream import UpstreamLog
from gateway.errors import NotFound, UpstreamError
from gateway.model.event import Draft
from gateway.model.ids import CalendarId, EventId


def are_twins(draft: Draft, bearers: Sequence[Bearer], calendar: CalendarId) -> bool:
    """Whether all but one of them can go: all are as the draft asks, and nobody hears of it.

    What is removed where people are invited sends mail, and the events of groups may do so always.
    """
    is_silent = not is_group(calendar) and not any(one.event.attendees for one in bearers)
    return is_silent and all(is_as_made(draft, one) and not any(drift(draft, one)) for one in bearers)


async def remove(api: GraphApi, requests: Requests, twin: Bearer, log: UpstreamLog) -> bool:
    """Removes a twin unless somebody has changed it; gives whether it is gone."""
    request = requests.remove_event(EventId.parse(twin.event.id))
    try:
        answer = await api.send(request, log=log, if_match=twin.event.revision)
    except UpstreamError:
        return False
    error = faults.fault(answer, request)
    return error is None or isinstance(error, NotFound)
