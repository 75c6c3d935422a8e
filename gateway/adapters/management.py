"""What only some kinds of source have: jobs that their events mute, and calendars that can be managed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from gateway.adapters.byproducts import TranslationWarning
from gateway.adapters.outcome import WriteStatus
from gateway.adapters.upstream import UpstreamRequest
from gateway.errors import Problem
from gateway.model.calendar import Calendar
from gateway.model.ids import CalendarId
from gateway.model.suppression import Job


class Jobs(Protocol):
    """The anomaly detection jobs of one source as one call sees them."""

    async def all(self) -> Sequence[Job]:
        """Every job. Raises UpstreamError."""
        ...

    async def latest(self) -> Mapping[str, datetime]:
        """By their ids the time of the latest record that jobs have processed. Raises UpstreamError."""
        ...


class CalendarCreation(msgspec.Struct, frozen=True, kw_only=True):
    """A calendar that is to be made, and the jobs, groups or `_all` that it is to apply to."""

    calendar: CalendarId
    description: str | None = None
    job_ids: tuple[str, ...] = ()


class CalendarDeletion(msgspec.Struct, frozen=True, kw_only=True):
    """A calendar that is to go with all its events, if there are as many as expected."""

    calendar: CalendarId
    expected_events: int


class JobsChange(msgspec.Struct, frozen=True, kw_only=True):
    """The jobs, groups or `_all` that a calendar is to apply to, and no others."""

    calendar: CalendarId
    job_ids: tuple[str, ...]


CalendarOrder = CalendarCreation | CalendarDeletion | JobsChange


class CalendarOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an order. `calendar` is as it was seen last: of one that has gone, as it was.

    `event_count` is how many events it had when a deletion looked.
    """

    status: WriteStatus
    calendar: Calendar | None = None
    event_count: int | None = None
    problem: Problem | None = None
    requests: tuple[int, ...] = ()


class CalendarStep(msgspec.Struct, frozen=True, kw_only=True):
    """An order, planned. `present` is the calendar as it is, None where there is none.

    `settled` is the outcome where looking was enough: there is nothing to do, or it must not be done.
    """

    order: CalendarOrder
    present: Calendar | None = None
    event_count: int | None = None
    requests: tuple[UpstreamRequest, ...] = ()
    warnings: tuple[TranslationWarning, ...] = ()
    settled: CalendarOutcome | None = None


class CalendarManagement(Protocol):
    """Making, deleting and changing the calendars of one source as one call sees it."""

    async def plan(self, order: CalendarOrder) -> CalendarStep:
        """The exact requests that an order takes. Only reads, and logs nothing. Raises GatewayError."""
        ...

    async def apply(self, step: CalendarStep) -> CalendarOutcome:
        """Carries the order out and sees for itself. Raises nothing of the upstream's."""
        ...
