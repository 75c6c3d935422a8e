"""Taking days out of a series that is written, and saying truly which of them it still has."""

from collections.abc import Iterable
from contextlib import aclosing
from dataclasses import replace
from datetime import date
from typing import Final

import msgspec

from gateway.adapters.msgraph import faults
from gateway.adapters.msgraph.api import GraphApi
from gateway.adapters.msgraph.events import to_event
from gateway.adapters.msgraph.exceptions import (
    Exceptions,
    cancelled_days,
    check_written,
    day_of,
    looks,
    windows,
)
from gateway.adapters.msgraph.paths import event_in_mailbox_of
from gateway.adapters.msgraph.requests import Requests
from gateway.adapters.msgraph.wire import CancelledOccurrences, GraphEvent, Instance, Page
from gateway.adapters.outcome import Outcome, WriteStatus
from gateway.adapters.upstream import UpstreamLog
from gateway.errors import (
    Conflict,
    GatewayError,
    NotFound,
    NotStored,
    Problem,
    Refused,
    UnexpectedAnswer,
    UpstreamError,
)
from gateway.model.event import Event, EventWarning
from gateway.model.ids import CalendarId, EventId

_FINISH: Final = "Remove those occurrences to finish: that does no harm where one is gone by then."


async def with_exceptions(
    api: GraphApi, requests: Requests, series: EventId, event: Event, *, log: UpstreamLog | None = None
) -> Event:
    """The event; a series with the days that it leaves out, which take a request. Raises UpstreamError."""
    if event.recurrence is None:
        return event
    found = await api.read(requests.cancelled_occurrences(series), CancelledOccurrences, log=log)
    return leaving_out(event, cancelled_days(found))


def leaving_out(event: Event, days: Iterable[date]) -> Event:
    """The event; a series as one that leaves out those days."""
    if event.recurrence is None:
        return event
    recurrence = msgspec.structs.replace(event.recurrence, except_dates=tuple(days))
    return msgspec.structs.replace(event, recurrence=recurrence)


def untold(event: Event, refusal: UpstreamError) -> Event:
    """A series of a Graph that knows no cancelled occurrences: for years v1.0 was one."""
    warning = EventWarning(
        field="recurrence.exceptDates",
        given=refusal.problem.upstream_code or "",
        message="Graph does not tell which days the series leaves out: there may be some.",
    )
    return msgspec.structs.replace(event, warnings=(*event.warnings, warning))


class LeavingOut:
    """The days of one series on their way out: found, removed, and the series seen as it is then."""

    def __init__(self, api: GraphApi, requests: Requests, exceptions: Exceptions) -> None:
        self._api = api
        self._requests = requests
        self._exceptions = exceptions
        self._series = exceptions.series
        self._log = api.new_log()
        self._left = list(exceptions.days)

    async def run(self, written: Outcome) -> Outcome:
        """What became of a series that was written, and of its days. Raises nothing of Graph's."""
        if written.event is None:
            return self._unseen(written)
        problem: Problem | None = None
        try:
            check_written(self._exceptions, written.event)
            await self._remove_all()
        except (Refused, UpstreamError) as exc:
            problem = self._unfinished(exc)
        event = await self._seen(written.event)
        status = WriteStatus.UPDATED if written.status is WriteStatus.UNCHANGED else written.status
        return msgspec.structs.replace(
            written,
            status=status if problem is None else WriteStatus.UNKNOWN,
            event=event,
            problem=problem,
            requests=(*written.requests, *self._log.indexes),
        )

    def _unseen(self, written: Outcome) -> Outcome:
        """A series that may be there has all of its days."""
        if written.problem is None or written.status is not WriteStatus.UNKNOWN:
            return written
        message = f"{written.problem.message} If the series is there, it takes place on {self._days} too."
        return msgspec.structs.replace(written, problem=replace(written.problem, message=message))

    @property
    def _days(self) -> str:
        return ", ".join(map(str, self._left))

    async def _remove_all(self) -> None:
        """Removes one after the other. Raises UpstreamError for the first that cannot be."""
        found = await self._instances()
        for day in self._exceptions.days:
            if day in found:
                await self._remove(found[day])
            elif day not in self._exceptions.already:
                raise NotStored(f"Graph shows no occurrence that begins on {day}.")
            self._left.remove(day)

    async def _instances(self) -> dict[date, str]:
        """Graph's ids of the occurrences in question, by the days on which they begin by the rule."""
        found: dict[date, str] = {}
        for window in windows(self._exceptions):
            request = self._requests.instances(self._series, window)
            async with aclosing(self._api.pages(request, Page[Instance], log=self._log)) as pages:
                async for page in pages:
                    found |= {day_of(one, self._exceptions.zone): one.id for one in page.value}
        return found

    async def _remove(self, occurrence: str) -> None:
        """Removes an occurrence that is not gone yet: that does no harm twice. Raises UpstreamError."""
        request = self._requests.remove_event(event_in_mailbox_of(self._series, occurrence))

        async def attempt() -> None:
            answer = await self._api.send(request, log=self._log)
            error = faults.fault(answer, request)
            if error is not None and not isinstance(error, NotFound):
                raise error

        try:
            await self._api.repeat(attempt)
        except (Conflict, UnexpectedAnswer):  # Somebody else saves the series, or it may be removed.
            await self._api.repeat(attempt)

    async def _seen(self, written: Event) -> Event:
        """The series as Graph shows it; else as it must be, without a revision, for that has changed."""
        try:
            return await self._look(written)
        except UpstreamError:
            gone = {*self._exceptions.days, *self._exceptions.already} - {*self._left}
            return leaving_out(msgspec.structs.replace(written, revision=None), sorted(gone))

    async def _look(self, written: Event) -> Event:
        look, _ = looks(self._series, self._requests)
        found = await self._api.read(look, GraphEvent, log=self._log)
        event = to_event(
            found,
            source=self._api.source,
            owner=self._api.owner(self._series, found.context),
            calendar=None if written.calendar_id is None else CalendarId.parse(written.calendar_id),
        )
        return await with_exceptions(self._api, self._requests, self._series, event, log=self._log)

    def _unfinished(self, error: GatewayError) -> Problem:
        return replace(
            error.problem,
            message=f"The series is written, and still takes place on {self._days}: {error.problem.message}",
            hint=_FINISH,
            retryable=False,
        )
