"""Writing one event to a Graph calendar, and saying truly what became of it."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
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
from gateway.errors import NoAnswer, NotSent, RateLimited, UnexpectedAnswer, UpstreamError
from gateway.model.event import Event
from gateway.model.ids import CalendarId

_LOOK: Final = "It may be there, or still be written: look at the calendar before you repeat the call."


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """What one POST came to: an event, or an error. `is_open`: it may have been written all the same."""

    event: Event | None = None
    error: UpstreamError | None = None
    is_open: bool = False


class SecondAttempts:
    """The second attempts of one call: one at a time for a calendar, and none after one that got nowhere.

    A connection that was cut costs no event then, and a mailbox that is silent no more than one wait. What
    hangs there may still count as in flight, so that Graph answers 429.
    """

    def __init__(self) -> None:
        self._turns = defaultdict[CalendarId, asyncio.Lock](asyncio.Lock)
        self._silent: set[CalendarId] = set()

    async def make(self, calendar: CalendarId, attempt: Callable[[], Awaitable[Attempt]]) -> Attempt | None:
        """What came of it; None if it got nowhere, or was not made."""
        async with self._turns[calendar]:
            if calendar in self._silent:
                return None
            made = await attempt()
            if isinstance(made.error, NoAnswer | NotSent | RateLimited):
                self._silent.add(calendar)
                return None
            return made


async def write(api: GraphApi, step: Step, *, second_attempts: SecondAttempts) -> Outcome:
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
        send = partial(_attempt, api, request, step.calendar, log)
        again = await second_attempts.make(step.calendar, send) or attempt
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
