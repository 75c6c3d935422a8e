"""The calendars of mailboxes: Graph's own list of them, and what only their calendar groups show."""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Final

from gateway.adapters.base import Listing
from gateway.adapters.msgraph.api import GraphApi
from gateway.adapters.msgraph.calendars import to_calendar
from gateway.adapters.msgraph.paths import Segments
from gateway.adapters.msgraph.requests import Requests
from gateway.adapters.msgraph.wire import CalendarGroup, GraphCalendar, Page
from gateway.adapters.upstream import UpstreamLog
from gateway.errors import Problem, UpstreamError
from gateway.model.calendar import Calendar
from gateway.model.ids import ResourceId

_MAILBOXES_AT_ONCE: Final = 8


async def list_calendars(
    api: GraphApi,
    requests: Requests,
    mailboxes: Sequence[ResourceId],
    *,
    log: UpstreamLog | None = None,
) -> Listing:
    """The calendars of all the mailboxes, by id, each once. `log` is that of the row that asks.

    What cannot be listed is a problem. Raises UpstreamError where no mailbox can be listed at all.
    """
    gate = asyncio.Semaphore(_MAILBOXES_AT_ONCE)

    async def of(mailbox: ResourceId) -> Listing | UpstreamError:
        try:
            async with gate:
                return await _Mailbox(api, requests, mailbox, log).calendars()
        except UpstreamError as exc:
            exc.problem = _of_whom(f"The calendars of {mailbox} are not listed", exc)
            return exc

    answers = await asyncio.gather(*map(of, mailboxes))
    lists = [answer for answer in answers if isinstance(answer, Listing)]
    errors = [answer for answer in answers if isinstance(answer, UpstreamError)]
    if not lists:
        raise errors[0]
    found = {calendar.id: calendar for listed in lists for calendar in listed.calendars}
    return Listing(
        calendars=tuple(found[calendar_id] for calendar_id in sorted(found)),
        problems=(
            *(error.problem for error in errors),
            *(problem for listed in lists for problem in listed.problems),
        ),
    )


class _Mailbox:
    """One mailbox, of a user: groups of Microsoft 365 have one calendar and no calendar groups."""

    def __init__(
        self, api: GraphApi, requests: Requests, mailbox: ResourceId, log: UpstreamLog | None
    ) -> None:
        self._api = api
        self._requests = requests
        self._mailbox = mailbox
        self._log = log

    async def calendars(self) -> Listing:
        """Those of the mailbox's own list, and of each group. Raises UpstreamError if it has no list."""
        calendars = await self._listed(self._mailbox.segments)
        try:
            groups = await self._groups()
        except UpstreamError as exc:
            what = f"The calendar groups of {self._mailbox} are not listed"
            return Listing(calendars=tuple(calendars), problems=(_of_whom(what, exc),))
        listed = await asyncio.gather(*map(self._of_group, groups))
        return Listing(
            calendars=(*(calendar for each in listed for calendar in each.calendars), *calendars),
            problems=tuple(problem for each in listed for problem in each.problems),
        )

    async def _of_group(self, group: CalendarGroup) -> Listing:
        try:
            calendars = await self._listed((*self._mailbox.segments, "calendarGroups", group.id))
        except UpstreamError as exc:
            what = f"The calendars in the group {group.name!r} of {self._mailbox} are not listed"
            return Listing(calendars=(), problems=(_of_whom(what, exc),))
        return Listing(calendars=tuple(calendars))

    async def _groups(self) -> list[CalendarGroup]:
        request = self._requests.calendar_groups(self._mailbox)
        async with aclosing(self._api.pages(request, Page[CalendarGroup], log=self._log)) as pages:
            return [group async for page in pages for group in page.value]

    async def _listed(self, segments: Segments) -> list[Calendar]:
        request = self._requests.calendars(ResourceId(self._mailbox.source, segments))
        async with aclosing(self._api.pages(request, Page[GraphCalendar], log=self._log)) as pages:
            return [
                to_calendar(
                    calendar, source=self._api.source, owner=self._api.owner(self._mailbox, page.context)
                )
                async for page in pages
                for calendar in page.value
            ]


def _of_whom(what: str, error: UpstreamError) -> Problem:
    return replace(error.problem, message=f"{what}: {error.problem.message}")
