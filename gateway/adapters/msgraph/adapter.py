"""A Microsoft Graph source as one call sees it."""

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import Final

import msgspec

from gateway.adapters.base import (
    EventChange,
    EventRemoval,
    EventStep,
    Health,
    Listing,
    OnExisting,
    Plan,
    Step,
)
from gateway.adapters.msgraph.api import GraphApi
from gateway.adapters.msgraph.calendars import to_calendar
from gateway.adapters.msgraph.event_plan import plan_event
from gateway.adapters.msgraph.event_write import EventWrite
from gateway.adapters.msgraph.exceptions import Exceptions, leaves_out_days, of_change, of_step, planned
from gateway.adapters.msgraph.finding import Finding
from gateway.adapters.msgraph.key_lookup import KeyLookup
from gateway.adapters.msgraph.key_steps import KeyedPlan
from gateway.adapters.msgraph.key_write import KeyedStep, KeyedWriting
from gateway.adapters.msgraph.keys import check_own
from gateway.adapters.msgraph.leaving_out import LeavingOut, leaving_out
from gateway.adapters.msgraph.listing import list_calendars
from gateway.adapters.msgraph.paths import ME, canonical, event_in_mailbox_of, user
from gateway.adapters.msgraph.plan import plan
from gateway.adapters.msgraph.repeats import Repeats
from gateway.adapters.msgraph.requests import Requests
from gateway.adapters.msgraph.series_keys import SeriesKeys
from gateway.adapters.msgraph.view import read_events
from gateway.adapters.msgraph.wire import GraphCalendar, Page
from gateway.adapters.msgraph.writing import Writing, posts_of
from gateway.adapters.outcome import Outcome, WriteStatus
from gateway.adapters.retries import Retries
from gateway.errors import (
    Forbidden,
    GatewayError,
    NoAnswer,
    NotFound,
    NotSent,
    Problem,
    UpstreamError,
)
from gateway.model.calendar import Calendar
from gateway.model.event import Draft, Event
from gateway.model.fields import EVERYTHING, Fields
from gateway.model.ids import CalendarId, EventId, ResourceId
from gateway.model.msgraph import MSGraphEventDetails
from gateway.model.run import Runs
from gateway.model.time import Window

_MIN_PAGE: Final = 10
_MAX_PAGE: Final = 1000
_SETTLED: Final = frozenset({WriteStatus.CONFLICT, WriteStatus.UPDATED})
"""What became of a series whose days are not to be touched, or have been."""


class MSGraphAdapter:
    """Implements CalendarAdapter. `mailboxes` are whose calendars an application lists."""

    def __init__(
        self, api: GraphApi, requests: Requests, *, mailboxes: Sequence[str], retries: Retries
    ) -> None:
        self._api = api
        self._requests = requests
        self._mailboxes = mailboxes
        self._repeats = Repeats(retries, deadline=api.deadline)

    @property
    def jobs(self) -> None:
        """Outlook mutes nobody."""

    @property
    def management(self) -> None:
        """Calendars are made and deleted in Outlook."""

    async def calendars(self) -> Listing:
        """The calendars of the user whose token it is, or of all mailboxes configured for an application.

        What cannot be listed is a problem. Raises UpstreamError where no mailbox can be listed at all.
        """
        return await list_calendars(self._api, self._requests, self._mailboxes_listed())

    async def calendar(self, calendar: CalendarId) -> Calendar:
        """The calendar under the id that it was asked by, made canonical."""
        found = await self._api.read(self._requests.calendar(calendar), GraphCalendar)
        asked = canonical(calendar, self._api.owner(calendar, found.context))
        return msgspec.structs.replace(self._calendar(found, calendar, found.context), id=str(asked))

    def events(
        self,
        calendar: CalendarId,
        window: Window,
        *,
        page: int,
        fields: Fields = EVERYTHING,
    ) -> Runs:
        """The events that overlap the window, ordered by (start, id), read as far as they are drawn."""
        size = min(max(page + 1, _MIN_PAGE), _MAX_PAGE)  # the last one's place is settled by the next
        read = partial(self._requests.events, calendar, size=size, fields=fields)
        keys = SeriesKeys(self._api, self._requests, calendar) if "key" in fields else None
        return read_events(self._api, read, calendar, window, fields=fields, keys=keys)

    async def find(self, event: EventId, *, fields: Fields = EVERYTHING) -> Event:
        (found,) = await self.find_each([event], fields=fields)
        if isinstance(found, GatewayError):
            raise found
        return found

    async def find_each(
        self, events: Sequence[EventId], *, fields: Fields = EVERYTHING
    ) -> Sequence[Event | GatewayError]:
        """Those of one mailbox together, many in batches."""
        return await Finding(self._api, self._requests).events(events, fields)

    async def calendars_of(self, events: Sequence[EventId]) -> Sequence[Calendar | GatewayError]:
        return await Finding(self._api, self._requests).calendars(events)

    async def identity(self, calendar: CalendarId) -> str:
        """Graph's own id of it, and its owner: a mailbox is reached by `me`, by its id and by its names."""
        found = await self._api.read(self._requests.calendar_identity(calendar), GraphCalendar)
        owner = found.owner.address if found.owner else None
        return f"{(owner or '').lower()} {found.id}"

    async def by_keys(
        self, calendar: CalendarId, keys: Collection[str], *, fields: Fields = EVERYTHING, wide: bool = False
    ) -> Mapping[str, Sequence[Event] | UpstreamError]:
        """All live events under each key in the calendar, oldest first, with all fields.

        NotUnderKey where none is, and one that bears the key shows why. That it was moved only a `wide` look
        shows for sure: at all calendars of the mailbox, for the keys that none here bears. What keeps it from
        telling is in place of those keys.
        """
        del fields  # that an event holds a key shows in more than most ask for
        self._api.check(calendar)
        lookup = KeyLookup(self._api, self._requests, calendar)
        found = await lookup.find(keys)
        missing = [key for key, bearers in found.items() if not bearers.shown] if wide else []
        try:
            found |= await lookup.find_elsewhere(missing)
        except UpstreamError as exc:
            return {key: exc if key in missing else bearers.told for key, bearers in found.items()}
        return {key: bearers.told for key, bearers in found.items()}

    async def plan(
        self, calendar: CalendarId, drafts: Sequence[Draft], *, on_existing: OnExisting = OnExisting.RETURN
    ) -> Plan:
        """Looks the keys of drafts up, and plans the drafts without a key beside them.

        Raises UpstreamError where keys cannot be looked up: nothing is written unseen.
        """
        self._api.check(calendar)
        others = dict(enumerate(drafts))
        keyed = {index: others.pop(index) for index, draft in enumerate(drafts) if draft.key is not None}
        made = plan(calendar, others, requests=self._requests, in_batches=self._api.takes_batches)
        if keyed:
            with_keys = await KeyedPlan(self._api, self._requests, calendar, on_existing).of(keyed)
            made = Plan(
                steps=(*with_keys.steps, *made.steps),
                refused={**made.refused, **with_keys.refused},
                settled=with_keys.settled,
            )
        if not any(map(leaves_out_days, drafts)):
            return made
        return msgspec.structs.replace(made, steps=tuple(map(self._with_exceptions, made.steps)))

    async def foretell(self, steps: Sequence[Step], calendar: Calendar | None = None) -> Sequence[Step]:
        """Nothing more: a plan says whom it sends mail."""
        del calendar
        return steps

    async def apply(self, step: Step, *, fields: Fields = EVERYTHING) -> Sequence[Outcome]:
        """Posts the events, and believes the answer: Graph shows what it has stored."""
        if isinstance(step, KeyedStep):  # what bears a key is compared whole
            keyed = KeyedWriting(self._api, self._requests, step, self.apply_event)
            return await self._without_days(step, await keyed.run(self._repeats))
        posts = posts_of(step, lambda _: self._api.new_transaction())
        writing = Writing(self._api, step.calendar, posts, fields=fields)
        await self._repeats.run(step.calendar, writing.send)
        return await self._without_days(step, [post.outcome() for post in posts])

    async def _without_days(self, step: Step, outcomes: Sequence[Outcome]) -> Sequence[Outcome]:
        """The outcomes once the days are out that new series leave out."""
        exceptions = of_step(step)
        if not exceptions:
            return outcomes
        return [
            await self._leave_out(exceptions[outcome.index], outcome)
            if outcome.index in exceptions and outcome.status not in _SETTLED
            else outcome
            for outcome in outcomes
        ]

    async def plan_event(self, action: EventChange | EventRemoval) -> EventStep:
        self._api.check(EventId.parse(action.event.id))
        if isinstance(action, EventChange):
            check_own(action.draft)
        return plan_event(action, requests=self._requests)

    async def apply_event(self, step: EventStep) -> Outcome:
        look = self._requests.event(EventId.parse(step.action.event.id))
        exceptions = of_change(step.action) if isinstance(step.action, EventChange) else None
        after = () if exceptions is None else tuple(planned(exceptions, self._requests))
        own = msgspec.structs.replace(step, requests=step.requests[: len(step.requests) - len(after)])
        outcome = await EventWrite(self._api, own, look=look).run()
        if exceptions is None or outcome.status not in {WriteStatus.UPDATED, WriteStatus.UNCHANGED}:
            return _leaving_out_as_before(step, outcome)
        return await LeavingOut(self._api, self._requests, exceptions).run(outcome)

    def _with_exceptions(self, step: Step) -> Step:
        """The step with the requests that take days out of its series; a change has its own."""
        exceptions = of_step(step)
        if not exceptions or (isinstance(step, KeyedStep) and step.change is not None):
            return step
        after = [request for one in exceptions.values() for request in planned(one, self._requests)]
        return msgspec.structs.replace(step, requests=(*step.requests, *after))

    async def _leave_out(self, exceptions: Exceptions, written: Outcome) -> Outcome:
        if written.event is not None and isinstance(written.event.details, MSGraphEventDetails):
            series = event_in_mailbox_of(exceptions.series, written.event.details.event_id)
            exceptions = msgspec.structs.replace(exceptions, series=series)
        return await LeavingOut(self._api, self._requests, exceptions).run(written)

    async def health(self) -> Health:
        """A look at one calendar of those that would be listed. Without a credential, none."""
        problem: Problem | None = None
        try:
            for mailbox in self._mailboxes_listed():
                try:
                    look = self._requests.calendars(mailbox, size=1)
                    await self._api.read_once(look, Page[GraphCalendar])
                except (Forbidden, NotFound) as exc:  # The next mailbox may be there.
                    problem = problem or exc.problem
                else:
                    return Health(reachable=True, version=self._api.version)
        except UpstreamError as exc:
            return Health(reachable=not isinstance(exc, NotSent | NoAnswer), problem=exc.problem)
        return Health(reachable=True, problem=problem)

    def _mailboxes_listed(self) -> list[ResourceId]:
        """Whose calendars are listed: `me`, unless an application asks, which has none."""
        if self._mailboxes and self._api.claims.is_application is not False:
            return [user(self._api.source, mailbox) for mailbox in self._mailboxes]
        return [ResourceId(self._api.source, (ME,))]

    def _calendar(self, calendar: GraphCalendar, address: ResourceId, context: str | None) -> Calendar:
        owner = self._api.owner(address, context)
        return to_calendar(calendar, source=self._api.source, owner=owner)


def _leaving_out_as_before(step: EventStep, outcome: Outcome) -> Outcome:
    """The answer to a write does not say which days a series leaves out; such a write does not touch them."""
    before = step.action.event.recurrence
    if outcome.event is None or before is None:
        return outcome
    return msgspec.structs.replace(outcome, event=leaving_out(outcome.event, before.except_dates))
