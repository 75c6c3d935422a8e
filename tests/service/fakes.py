"""A calendar source in memory: it keeps what is written, says what it was asked, and fails on demand."""

from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import anyio
import msgspec

from gateway.adapters.base import (
    EventChange,
    EventRemoval,
    EventStep,
    Health,
    Listing,
    OnExisting,
    Plan,
    PlannedEvent,
    Step,
)
from gateway.adapters.byproducts import EffectKind, SideEffect, TranslationWarning
from gateway.adapters.capabilities import Capability, CapabilityNote, Fidelity
from gateway.adapters.losses import Loss
from gateway.adapters.outcome import Outcome, WriteStatus
from gateway.adapters.upstream import Call, UpstreamRequest
from gateway.errors import (
    AmbiguousKey,
    Code,
    Conflict,
    GatewayError,
    InvalidId,
    KeyExists,
    NotFound,
    Problem,
    UpstreamError,
)
from gateway.model.calendar import Calendar
from gateway.model.event import Draft, Event, SourceKind
from gateway.model.fields import EVERYTHING, Fields
from gateway.model.ids import CalendarId, EventId, ResourceId
from gateway.model.key import folded
from gateway.model.time import EventTime, Window
from gateway.service.catalog import Alias, Catalog, ConfiguredSource
from gateway.service.guard import CalendarPattern, SourceMode, SourcePolicy
from gateway.service.session import Session

NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)
DAY = Window(start=NOON, end=NOON + timedelta(days=1))
SILENT = {Capability.ANOMALY_SUPPRESSION: CapabilityNote(fidelity=Fidelity.NATIVE)}
INVITING = {
    Capability.ATTENDEES: CapabilityNote(fidelity=Fidelity.NATIVE),
    Capability.ANOMALY_SUPPRESSION: CapabilityNote(fidelity=Fidelity.UNSUPPORTED),
}


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def event(
    calendar: str, minutes: float, name: str = "e", *, lasts: float = 30, key: str | None = None
) -> Event:
    """An event `minutes` after noon in a calendar that is written `source:name`."""
    return Event(
        id=f"{calendar}/events/{name}",
        source=calendar.partition(":")[0],
        calendar_id=calendar,
        title=name,
        key=key,
        start=EventTime(instant=at(minutes)),
        end=EventTime(instant=at(minutes + lasts)),
    )


class FakeSource:
    """Calendars are `name:calendar`, their events `name:calendar/events/id`; `me` is the calendar `own`.

    `fail` raises at the n-th event drawn from a calendar; `refused` and `crashing` are titles of drafts that
    planning refuses and writing breaks on; `broken` is what every call about a calendar raises, and
    `odd_keys` what comes of a key instead of events. Of `silent` calendars no event ever comes; `lapses` are
    raised at the first reading of a calendar, and at no other.
    """

    def __init__(
        self,
        name: str = "es",
        events: Iterable[Event] = (),
        *,
        capabilities: Mapping[Capability, CapabilityNote] = SILENT,
        journal: list[str] | None = None,
    ) -> None:
        self.name = name
        self.kind = SourceKind.MSGRAPH if capabilities is INVITING else SourceKind.ELASTICSEARCH
        self.capabilities = capabilities
        self.held = list(events)
        self.journal = [] if journal is None else journal
        self.fail: dict[str, tuple[int, Exception]] = {}
        self.unlisted: tuple[Problem, ...] = ()
        self.broken: dict[str, Exception] = {}
        self.lapses: dict[str, Exception] = {}
        self.silent: frozenset[str] = frozenset()
        self.refused: frozenset[str] = frozenset()
        self.crashing: frozenset[str] = frozenset()
        self.mutes_all_jobs = False
        self.odd_keys: dict[str, UpstreamError] = {}
        self.drawn = 0
        self.opened = 0
        self.closed = 0
        self.windows: list[Window] = []
        self.asked: list[tuple[str, Fields]] = []

    def calendar_id(self, written: ResourceId) -> CalendarId:
        if len(written.segments) != 1:
            raise InvalidId(f"{written} is not the id of a calendar.")
        return CalendarId(written.source, written.segments)

    def event_id(self, written: ResourceId) -> EventId | None:
        is_event = len(written.segments) == 3
        return EventId(written.source, written.segments) if is_event else None

    def canonical_id(self, calendar: CalendarId) -> CalendarId | None:
        return None if calendar.segments == ("me",) else calendar

    def adapter(self, call: Call) -> "FakeAdapter":
        return FakeAdapter(self, call)

    async def aclose(self) -> None:
        self.journal.append(f"close {self.name}")


class FakeAdapter:
    jobs = None
    management = None

    def __init__(self, source: FakeSource, call: Call) -> None:
        self._source = source
        self._call = call

    async def calendars(self) -> Listing:
        self._check("*")
        ids = sorted({event.calendar_id or "" for event in self._source.held})
        listed = tuple(self._calendar(id_) for id_ in ids)
        return Listing(calendars=listed, problems=self._source.unlisted)

    async def calendar(self, calendar: CalendarId) -> Calendar:
        self._source.journal.append(f"calendar {calendar}")
        self._check(str(calendar))
        return self._calendar(str(_own(calendar)))

    async def events(
        self, calendar: CalendarId, window: Window, *, page: int, fields: Fields = EVERYTHING
    ) -> AsyncIterator[Sequence[Event]]:
        source, name = self._source, str(calendar)
        source.asked.append((name, fields))
        source.opened += 1
        source.windows.append(window)
        if name in source.lapses:
            raise source.lapses.pop(name)
        held = [event for event in source.held if event.calendar_id == name]
        found = [event for event in held if window.overlaps(event.start.instant, event.end.instant)]
        last, error = source.fail.get(name, (len(found), None))
        try:
            if name in source.silent:
                await anyio.sleep_forever()
            for event in sorted(found, key=lambda event: event.order)[:last]:
                source.drawn += 1
                yield [event]
            if error is not None:
                raise error
        finally:
            source.closed += 1

    async def find(self, event: EventId, *, fields: Fields = EVERYTHING) -> Event:
        self._source.asked.append((str(event), fields))
        for held in self._source.held:
            if held.id == str(event):
                return held
        raise NotFound(f"There is no {event}.")

    async def by_keys(
        self, calendar: CalendarId, keys: Collection[str], *, fields: Fields = EVERYTHING, wide: bool = False
    ) -> Mapping[str, Sequence[Event] | UpstreamError]:
        del wide
        self._source.journal.append(f"by_keys {calendar} {' '.join(sorted(keys))}")
        self._source.asked.append((str(calendar), fields))
        self._check(str(calendar))
        held = sorted(self._source.held, key=lambda event: event.order)
        there = [event for event in held if event.calendar_id == str(_own(calendar))]
        found = {key: [event for event in there if event.key == key] for key in keys}
        return found | {key: self._source.odd_keys[key] for key in keys & self._source.odd_keys.keys()}

    async def find_each(
        self, events: Sequence[EventId], *, fields: Fields = EVERYTHING
    ) -> Sequence[Event | GatewayError]:
        return [await self._found(event, fields) for event in events]

    async def calendars_of(self, events: Sequence[EventId]) -> Sequence[Calendar | GatewayError]:
        return [self._calendar(f"{event.source}:{event.segments[0]}") for event in events]

    async def identity(self, calendar: CalendarId) -> str:
        self._source.journal.append(f"identity {calendar}")
        self._check(str(calendar))
        return str(_own(calendar))

    async def plan(
        self, calendar: CalendarId, drafts: Sequence[Draft], *, on_existing: OnExisting = OnExisting.RETURN
    ) -> Plan:
        """A step for each draft that needs one. Under one key events are the same if their titles are."""
        self._check(str(calendar))
        steps, refused, settled = [], {}, {}
        for index, draft in enumerate(drafts):
            if draft.title in self._source.refused:
                refused[index] = Problem(code=Code.INVALID_INPUT, message="No.", path=("title",))
            elif outcome := self._settled(calendar, index, draft, on_existing):
                settled[index] = outcome
            else:
                steps.append(self._step(calendar, index, draft))
        return Plan(steps=tuple(steps), refused=refused, settled=settled)

    async def foretell(self, steps: Sequence[Step], calendar: Calendar | None = None) -> Sequence[Step]:
        return steps

    async def apply(self, step: Step, *, fields: Fields = EVERYTHING) -> Sequence[Outcome]:
        del fields
        (planned,) = step.events
        self._source.journal.append(f"apply {step.calendar} {planned.draft.title}")
        if planned.draft.title in self._source.crashing:
            raise ZeroDivisionError("a fault of ours")
        log = self._call.log.part()
        for request in step.requests:
            log.add(msgspec.structs.replace(request, status=200))
        stored = event(str(step.calendar), 0, planned.draft.title, key=planned.draft.key)
        return [
            Outcome(
                index=planned.index,
                status=WriteStatus.CREATED,
                event=stored,
                stored=True,
                requests=tuple(log.indexes),
            )
        ]

    async def plan_event(self, action: EventChange | EventRemoval) -> EventStep:
        verb = "PATCH" if isinstance(action, EventChange) else "DELETE"
        request = UpstreamRequest(source=self._source.name, method=verb, path=f"/{action.event.id}")
        return EventStep(action=action, requests=(request,))

    async def apply_event(self, step: EventStep) -> Outcome:
        """A change is kept, and so is that an event has gone; one that is called `crashing` breaks."""
        action = step.action
        self._source.journal.append(f"{step.requests[0].method} {action.event.id}")
        if action.event.title in self._source.crashing:
            raise ZeroDivisionError("a fault of ours")
        log = self._call.log.part()
        log.add(msgspec.structs.replace(step.requests[0], status=200))
        self._source.held.remove(action.event)
        if isinstance(action, EventRemoval):
            return Outcome(index=0, status=WriteStatus.DELETED, requests=tuple(log.indexes))
        changed = msgspec.structs.replace(action.event, title=action.draft.title)
        self._source.held.append(changed)
        return Outcome(
            index=0, status=WriteStatus.UPDATED, event=changed, stored=True, requests=tuple(log.indexes)
        )

    async def health(self) -> Health:
        return Health(reachable=True, version="1.0")

    async def _found(self, event: EventId, fields: Fields) -> Event | GatewayError:
        try:
            return await self.find(event, fields=fields)
        except GatewayError as exc:
            return exc

    def _calendar(self, id_: str) -> Calendar:
        return Calendar(
            id=id_, source=self._source.name, name=id_, mutes_all_jobs=self._source.mutes_all_jobs
        )

    def _check(self, calendar: str) -> None:
        error = self._source.broken.get(calendar)
        if error is not None:
            raise error

    def _settled(
        self, calendar: CalendarId, index: int, draft: Draft, on_existing: OnExisting
    ) -> Outcome | None:
        there = [
            event
            for event in self._source.held
            if draft.key and event.key and folded(event.key) == folded(draft.key)
            if event.calendar_id == str(calendar)
        ]
        if not there:
            return None
        first, status, problem = there[0], WriteStatus.CONFLICT, Conflict("It differs.").problem
        ids = tuple(event.id for event in there) if len(there) > 1 else ()
        if ids:
            problem = AmbiguousKey(f"Two: {ids}.").problem
        elif on_existing is OnExisting.FAIL:
            status, problem = WriteStatus.FAILED, KeyExists("It is there.").problem
        elif first.title == draft.title:
            return Outcome(index=index, status=WriteStatus.UNCHANGED, event=first, stored=True)
        elif on_existing is OnExisting.UPDATE:
            return None
        return Outcome(index=index, status=status, event=first, event_ids=ids, problem=problem)

    def _step(self, calendar: CalendarId, index: int, draft: Draft) -> Step:
        warnings = (
            [
                TranslationWarning(
                    code=Loss.NOT_HELD, field="description", message="Not held.", given={"text": "x"}
                )
            ]
            if draft.body
            else []
        )
        count = len(draft.attendees or ())
        effect = SideEffect(kind=EffectKind.SENDS_INVITATIONS, message="Mail.", count=count)
        planned = PlannedEvent(
            index=index, draft=draft, warnings=tuple(warnings), effects=(effect,) if count else ()
        )
        request = UpstreamRequest(
            source=self._source.name,
            method="POST",
            path=f"/{calendar.segments[0]}/events",
            body=msgspec.json.encode({"title": draft.title}),
        )
        return Step(calendar=calendar, events=(planned,), requests=(request,))


def _own(calendar: CalendarId) -> CalendarId:
    return CalendarId(calendar.source, ("own",)) if calendar.segments == ("me",) else calendar


def configured(source: FakeSource, *patterns: str, **policy: object) -> ConfiguredSource:
    """A source that may be written to, with all its calendars unless patterns are given."""
    settings = {"mode": SourceMode.WRITE, **policy}
    calendars = tuple(CalendarPattern.parse(pattern) for pattern in patterns or ("*",))
    return ConfiguredSource(source=source, policy=SourcePolicy(calendars=calendars, **settings))


def session(*sources: FakeSource | ConfiguredSource, **aliases: Sequence[str] | Alias) -> Session:
    """One call over the sources. An alias is a list of ids, or an Alias."""
    known = [source if isinstance(source, ConfiguredSource) else configured(source) for source in sources]
    named = {
        name: alias if isinstance(alias, Alias) else Alias(calendars=tuple(map(CalendarId.parse, alias)))
        for name, alias in aliases.items()
    }
    return Session(Catalog(known, named), Call(request_id="r-1"))
