"""The seam to a calendar backend: what an adapter can do, and the plan of a write.

A source lives as long as the process and holds the connection; an adapter is one source as one call sees it,
with the caller's credential and the record of what was asked upstream. Writes are planned, then applied, so
that a dry run equals the real run by construction.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, Self

import msgspec

from gateway.adapters.byproducts import SideEffect, TranslationWarning
from gateway.adapters.capabilities import Capability, CapabilityNote
from gateway.adapters.outcome import Outcome
from gateway.adapters.upstream import Call, UpstreamRequest
from gateway.errors import GatewayError, Problem, UpstreamError
from gateway.model.calendar import Calendar
from gateway.model.event import Draft, Event, SourceKind
from gateway.model.fields import EVERYTHING, Fields
from gateway.model.ids import CalendarId, EventId, ResourceId
from gateway.model.run import Runs
from gateway.model.time import Window

if TYPE_CHECKING:
    from gateway.adapters.management import CalendarManagement, Jobs


class PlannedEvent(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One draft as it will be written. `index` is its place in the sequence that was planned.

    `held_as` is how many events the calendar will hold it as: a series may be one per occurrence. `unbroken`
    is the longest time that several take without a gap. `existing` are the events under its key that become
    it.
    """

    index: int
    draft: Draft
    held_as: int = 1
    unbroken: timedelta = timedelta(0)
    existing: tuple[Event, ...] = ()
    warnings: tuple[TranslationWarning, ...] = ()
    effects: tuple[SideEffect, ...] = ()


class Step(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A part of a write that succeeds or fails by itself: its events and the exact requests, in order.

    `calendar` is canonical where that is known before writing.
    """

    calendar: CalendarId
    events: tuple[PlannedEvent, ...]
    requests: tuple[UpstreamRequest, ...]

    def renumbered(self, indexes: Sequence[int]) -> Self:
        """The step whose events carry their index in a call, not in the sequence that was planned."""
        events = tuple(msgspec.structs.replace(event, index=indexes[event.index]) for event in self.events)
        return msgspec.structs.replace(self, events=events)


class OnExisting(StrEnum):
    """What to do with a draft whose key an event in the calendar bears already.

    RETURN gives that event if it is the same, UPDATE makes it so, FAIL wants none to be there.
    """

    RETURN = "return"
    UPDATE = "update"
    FAIL = "fail"


class Plan(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What will be written to one calendar, and what will not, by the index of the draft.

    `settled` needs no write: the key's event is there and the same, or is not to be touched.
    """

    steps: tuple[Step, ...] = ()
    refused: Mapping[int, Problem] = {}
    settled: Mapping[int, Outcome] = {}


class EventChange(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An event that is to be changed, as it was read, and the draft of what it is to be.

    `changed` names the draft's attributes that differ from the event, options as `<kind>.<attribute>`: one
    that is None there is to be cleared. `revision` is what the event must still have; None takes any.
    `restored` is what the event was before a call, where it is to be that again.
    """

    event: Event
    draft: Draft
    changed: frozenset[str]
    revision: str | None = None
    restored: Event | None = None


class EventRemoval(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An event that is to be removed, as it was read. `comment` goes to the people who were invited."""

    event: Event
    comment: str | None = None
    revision: str | None = None


class EventStep(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A change or removal of one event, planned: the exact requests, in order, and what goes with them."""

    action: EventChange | EventRemoval
    requests: tuple[UpstreamRequest, ...]
    warnings: tuple[TranslationWarning, ...] = ()
    effects: tuple[SideEffect, ...] = ()

    @property
    def only_looks(self) -> bool:
        """Whether nothing is to be written: the event is as it is to be already."""
        return all(request.method == "GET" for request in self.requests)


class Health(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Whether a source answers and takes the credential. `version` is what it says of itself."""

    reachable: bool
    version: str | None = None
    problem: Problem | None = None


class Listing(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The calendars of a source, by id, and what kept others from being listed."""

    calendars: tuple[Calendar, ...]
    problems: tuple[Problem, ...] = ()


class CalendarAdapter(Protocol):
    """One source as one call sees it. Methods raise UpstreamError; a bad item in a batch is data."""

    @property
    def jobs(self) -> "Jobs | None":
        """The jobs that its events mute, None for a kind of source that has no such thing."""
        ...

    @property
    def management(self) -> "CalendarManagement | None":
        """How its calendars are made and deleted, None for a kind of source where that is not done here."""
        ...

    async def calendars(self) -> Listing:
        """All calendars that the credential may list. Raises UpstreamError where that is none at all."""
        ...

    async def calendar(self, calendar: CalendarId) -> Calendar:
        """One calendar. Raises NotFound."""
        ...

    def events(self, calendar: CalendarId, window: Window, *, page: int, fields: Fields = EVERYTHING) -> Runs:
        """The events that overlap the window, ordered by (start, id), read upstream as far as they are drawn.

        They come in runs: all at once that are known without another look upstream. `page` is how many the
        caller means to draw: a hint for the size of upstream pages. Attributes that are not among the
        `fields` may be missing, as if the event had none.
        """
        ...

    async def find(self, event: EventId, *, fields: Fields = EVERYTHING) -> Event:
        """One event, with those fields at least. Raises NotFound."""
        ...

    async def by_keys(
        self, calendar: CalendarId, keys: Collection[str], *, fields: Fields = EVERYTHING, wide: bool = False
    ) -> Mapping[str, Sequence[Event] | UpstreamError]:
        """All live events under each key in the calendar, by start: several of a series, or by mistake.

        In place of a key under which there is none: NotUnderKey, where an event shows why: it was moved, is
        another's meeting, or has the key in another case; if a `wide` look for what was moved fails, why.
        """
        ...

    async def find_each(
        self, events: Sequence[EventId], *, fields: Fields = EVERYTHING
    ) -> Sequence[Event | GatewayError]:
        """Each of several events as `find` finds it, in their order, or why not, with few reads upstream."""
        ...

    async def calendars_of(self, events: Sequence[EventId]) -> Sequence[Calendar | GatewayError]:
        """The calendar that holds each of the events, in their order, or why that cannot be told."""
        ...

    async def identity(self, calendar: CalendarId) -> str:
        """What the calendar is: equal for all ids that lead to it. Reads upstream only if ids do not tell."""
        ...

    async def plan(
        self, calendar: CalendarId, drafts: Sequence[Draft], *, on_existing: OnExisting = OnExisting.RETURN
    ) -> Plan:
        """The exact requests that writing the drafts takes, with warnings and effects. Only reads.

        What is there under the keys of drafts is looked up for this call alone.
        """
        ...

    async def foretell(self, steps: Sequence[Step], calendar: Calendar | None = None) -> Sequence[Step]:
        """Steps of one calendar, with what more can be told of their effects. Only reads; raises nothing.

        What is written does not depend on it. `calendar` is theirs where it was just read.
        """
        ...

    async def apply(self, step: Step, *, fields: Fields = EVERYTHING) -> Sequence[Outcome]:
        """Writes a step and sees for itself. One outcome per event, with those fields; raises nothing."""
        ...

    async def plan_event(self, action: EventChange | EventRemoval) -> EventStep:
        """The exact requests that changing or removing an event takes. Only reads. Raises GatewayError."""
        ...

    async def apply_event(self, step: EventStep) -> Outcome:
        """Changes or removes an event and sees for itself; the outcome's index is 0.

        Raises nothing of the upstream's. An event that was meanwhile changed by others is a CONFLICT, and
        the outcome's event is the present one; one that is already gone is DELETED when it was to go.
        """
        ...

    async def health(self) -> Health:
        """One cheap read. Raises nothing of the upstream's."""
        ...


class CalendarSource(Protocol):
    """A configured upstream: its grammar of ids and its connection, for as long as the process lives."""

    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> SourceKind: ...
    @property
    def capabilities(self) -> Mapping[Capability, CapabilityNote]: ...

    def calendar_id(self, written: ResourceId) -> CalendarId:
        """The calendar that an id names, as canonical as can be told without asking. Raises InvalidId."""
        ...

    def event_id(self, written: ResourceId) -> EventId | None:
        """The event that an id names, or None where it is not of an event's form. Raises InvalidId."""
        ...

    def canonical_id(self, calendar: CalendarId) -> CalendarId | None:
        """The id under which everybody knows the calendar, or None where only the upstream can tell."""
        ...

    def adapter(self, call: Call) -> CalendarAdapter:
        """This source as `call` sees it."""
        ...

    async def aclose(self) -> None:
        """Closes the connection; closing twice is harmless."""
        ...
