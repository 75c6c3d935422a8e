"""Writing one event to a Graph calendar, and saying truly what became of it."""

from dataclasses import replace
from typing import Final
from uuid import uuid4

import msgspec

from gateway.adapters.base import Outcome, Step, UpstreamLog, UpstreamRequest, WriteStatus
from gateway.adapters.msgraph import faults
from gateway.adapters.msgraph.api import GraphApi, decode
from gateway.adapters.msgraph.drafts import encode
from gateway.adapters.msgraph.events import to_event
from gateway.adapters.msgraph.paths import canonical, is_group
from gateway.adapters.msgraph.wire import GraphEvent
from gateway.errors import NoAnswer, UnexpectedAnswer, UpstreamError
from gateway.model.event import Event
from gateway.model.ids import CalendarId

_LOOK: Final = "It may be there, or still be written: look at the calendar before you repeat the call."


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """What one POST came to: an event, or an error. `is_open`: it may have been written all the same."""

    event: Event | None = None
    error: UpstreamError | None = None
    is_open: bool = False


async def write(api: GraphApi, step: Step) -> Outcome:
    """Posts the event of a step, and once more where the first answer leaves open whether it is there.

    The transactionId makes that safe: Exchange answers with the event that is there already. For the
    calendars of groups that is not known, so there it is not tried.
    """
    (planned,) = step.events
    body = encode(planned.draft, transaction_id=str(uuid4()))
    request = msgspec.structs.replace(step.requests[0], body=body)
    log = api.new_log()
    attempt = await _attempt(api, request, step.calendar, log)
    if attempt.is_open and not is_group(step.calendar):
        again = await _attempt(api, request, step.calendar, log)
        # A refusal of the second POST does not undo the first.
        attempt = again if again.event else Attempt(error=again.error, is_open=True)
    return _outcome(planned.index, attempt, log)


def _outcome(index: int, attempt: Attempt, log: UpstreamLog) -> Outcome:
    problem = None if attempt.error is None else attempt.error.problem
    status = WriteStatus.CREATED if attempt.event else WriteStatus.FAILED
    if problem is not None and attempt.is_open:
        status = WriteStatus.UNKNOWN
        problem = replace(problem, hint=_LOOK, retryable=False)
    return Outcome(
        index=index,
        status=status,
        event=attempt.event,
        stored=attempt.event is not None,
        problem=problem,
        requests=tuple(log.indexes),
    )


async def _attempt(
    api: GraphApi, request: UpstreamRequest, calendar: CalendarId, log: UpstreamLog
) -> Attempt:
    try:
        answer = await api.send(request, log=log)
    except UpstreamError as exc:
        return Attempt(error=exc, is_open=isinstance(exc, NoAnswer | UnexpectedAnswer))
    error = faults.fault(answer, request)
    if error is not None:
        return Attempt(error=error, is_open=not faults.was_refused(answer))
    try:
        return Attempt(event=_created(api, decode(answer, request, GraphEvent), calendar))
    except UnexpectedAnswer as exc:
        return Attempt(error=exc, is_open=True)


def _created(api: GraphApi, event: GraphEvent, calendar: CalendarId) -> Event:
    owner = api.owner(calendar, event.context)
    return to_event(event, source=api.source, owner=owner, calendar=canonical(calendar, owner))
