"""Changing or removing one Graph event, and saying truly what became of it."""

from dataclasses import replace
from typing import Final

import msgspec

from gateway.adapters.base import EventChange, EventStep
from gateway.adapters.msgraph import faults
from gateway.adapters.msgraph.api import GraphApi, decode
from gateway.adapters.msgraph.event_plan import is_stale
from gateway.adapters.msgraph.events import to_event
from gateway.adapters.msgraph.kept import changes, is_still_series
from gateway.adapters.msgraph.patch import is_untouched, members_of, shows
from gateway.adapters.msgraph.wire import GraphEvent
from gateway.adapters.outcome import Outcome, WriteStatus
from gateway.adapters.upstream import UpstreamRequest
from gateway.errors import Conflict, NoAnswer, NotFound, Problem, UnexpectedAnswer, Unsupported, UpstreamError
from gateway.model.event import Event
from gateway.model.ids import CalendarId, EventId

_ATTEMPTS: Final = 2
_NEWER_VERSIONS: Final = 8
"""How often somebody else may be faster, beside the attempts."""
_GONE: Final = "ErrorItemNotFound"
_LOOK_FIRST: Final = "It may be changed, or still be: look at the event before you repeat the call."
_STILL_SERIES: Final = Unsupported(
    "Graph took the change, and left the series a series.",
    path=("set", "recurrence"),
    hint="Remove the series, and add the event that is to stay.",
).problem
_REPEAT: Final = "It may still be removed. Repeat the call: removing what is gone does no harm."


class EventWrite:
    """A change or a removal on its way: in doubt the event is looked at, and if it is as before, sent again.

    That does no harm. A change names the version of the event that it is made for, so that it and a late
    first one cannot both be done; nothing is removed twice. `look` reads the event.

    What is changed for any version is sent again for a newer one, too, unless that differs in just what is to
    change. So occurrences of a series can be changed side by side: each change gives all of them a version.
    """

    def __init__(self, api: GraphApi, step: EventStep, *, look: UpstreamRequest) -> None:
        self._api = api
        self._action = step.action
        self._requests = step.requests
        self._look_request = look
        self._log = api.new_log()
        self._may_be_done = False
        self._newer = 0
        self._expected = step.action.revision
        if isinstance(step.action, EventChange):
            self._expected = step.action.event.revision

    async def run(self) -> Outcome:
        """What became of it. Raises nothing of Graph's."""
        if is_stale(self._action):
            return self._conflict(self._action.event)
        if not self._requests:
            return self._outcome(WriteStatus.UNCHANGED, event=self._action.event, stored=True)
        *looks, request = self._requests
        try:
            return (await self._look() if looks else None) or await self._attempt(request)
        except UpstreamError as exc:
            return self._failed(exc)

    async def _attempt(self, request: UpstreamRequest, number: int = 1) -> Outcome:
        sent = await self._send(request)
        if isinstance(sent, Outcome):
            return sent
        try:
            settled = await self._look(doubt=sent)
        except UpstreamError:
            return self._failed(sent)
        if settled is not None:
            return settled
        if number == _ATTEMPTS + min(self._newer, _NEWER_VERSIONS):
            return self._failed(sent)
        return await self._attempt(request, number + 1)

    async def _send(self, request: UpstreamRequest) -> Outcome | UpstreamError:
        """The outcome, or an error where only a look can tell. Raises UpstreamError for a plain refusal."""
        # That an action heeds If-Match is nowhere documented.
        if_match = None if request.method == "POST" else self._expected
        try:
            answer = await self._api.send(request, log=self._log, if_match=if_match)
            error = faults.fault(answer, request)
            if error is None:
                return self._done(decode(answer, request, GraphEvent) if request.method == "PATCH" else None)
        except (NoAnswer, UnexpectedAnswer) as exc:
            self._may_be_done = True
            return exc
        self._may_be_done |= not faults.was_refused(answer)
        if self._may_be_done or isinstance(error, Conflict | NotFound):
            return error
        raise error

    async def _look(self, doubt: UpstreamError | None = None) -> Outcome | None:
        """What the event as it is now says; None if it may be written now. Raises UpstreamError."""
        try:
            found = await self._api.read(self._look_request, GraphEvent, log=self._log)
        except NotFound as exc:
            if exc.problem.upstream_code != _GONE:
                raise
            if isinstance(self._action, EventChange):
                return self._outcome(WriteStatus.FAILED, problem=exc.problem)
            return self._done(None)
        return self._settle(self._event(found), doubt)

    def _settle(self, present: Event, doubt: UpstreamError | None) -> Outcome | None:
        action = self._action
        if isinstance(action, EventChange) and self._may_be_done and shows(present, action):
            return self._updated(present)
        if self._expected in {None, present.revision}:
            return None
        if isinstance(action, EventChange) and action.revision is None and is_untouched(present, action):
            self._expected = present.revision
            self._newer += 1
            return None
        if doubt is not None and self._may_be_done:
            return self._failed(doubt, event=present)
        return self._conflict(present)

    def _done(self, event: GraphEvent | None) -> Outcome:
        return self._outcome(WriteStatus.DELETED) if event is None else self._updated(self._event(event))

    def _updated(self, event: Event) -> Outcome:
        old_id = self._action.event.id
        previous_id = None if event.id == old_id else old_id
        updated = self._outcome(WriteStatus.UPDATED, event=event, stored=True, previous_id=previous_id)
        if not isinstance(self._action, EventChange):
            return updated
        if is_still_series(self._action, event):
            return self._outcome(WriteStatus.CONFLICT, event=event, problem=_STILL_SERIES)
        warnings = changes(self._action.draft, event, members_of(self._action))
        return msgspec.structs.replace(updated, warnings=tuple(warnings))

    def _conflict(self, present: Event) -> Outcome:
        error = Conflict(
            f"The revision of {present.id} is {present.revision}: it has changed since it was read.",
            hint="Look at the event as it is now, decide, and repeat the call with its revision. "
            "Nothing was written.",
        )
        return self._outcome(WriteStatus.CONFLICT, event=present, problem=error.problem)

    def _failed(self, error: UpstreamError, *, event: Event | None = None) -> Outcome:
        """The outcome where it was not done; it is UNKNOWN if it may have been."""
        if not self._may_be_done:
            return self._outcome(WriteStatus.FAILED, problem=error.problem)
        hint = _LOOK_FIRST if isinstance(self._action, EventChange) else _REPEAT
        problem = replace(error.problem, hint=hint, retryable=False)
        return self._outcome(WriteStatus.UNKNOWN, event=event, problem=problem)

    def _event(self, event: GraphEvent) -> Event:
        before = self._action.event
        shown = to_event(
            event,
            source=self._api.source,
            owner=self._api.owner(EventId.parse(before.id), event.context),
            calendar=None if before.calendar_id is None else CalendarId.parse(before.calendar_id),
        )
        # The answer to a PATCH does not show the key.
        return msgspec.structs.replace(shown, key=shown.key or before.key)

    def _outcome(
        self,
        status: WriteStatus,
        *,
        event: Event | None = None,
        previous_id: str | None = None,
        stored: bool = False,
        problem: Problem | None = None,
    ) -> Outcome:
        return Outcome(
            index=0,
            status=status,
            event=event,
            previous_id=previous_id,
            stored=stored,
            problem=problem,
            requests=tuple(self._log.indexes),
        )
