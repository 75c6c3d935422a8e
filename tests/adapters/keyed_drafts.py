"""Drafts that bear a key: an event, or a series over the spring shift in Berlin; and adding them."""

from datetime import UTC, date, datetime

import msgspec

from gateway.adapters.base import CalendarAdapter, OnExisting
from gateway.adapters.outcome import Outcome
from gateway.model.event import Draft, Recurrence
from gateway.model.ids import CalendarId
from gateway.model.recurrence.rule import RecurrenceRule
from gateway.model.time import EventTime

from .conformance import HOUR, draft
from .elasticsearch_bench import EMPTY

BERLIN = "Europe/Berlin"
FIRST = datetime(2027, 3, 27, 1, 30, tzinfo=UTC)


def keyed(title: str = "Upgrade", key: str = "OPS-7", **times) -> Draft:
    return msgspec.structs.replace(draft(title, **times), key=key)


def series(
    rule: str = "FREQ=DAILY;COUNT=3",
    title: str = "Backup",
    key: str | None = "OPS-8",
    *,
    without: tuple[date, ...] = (),
) -> Draft:
    return Draft(
        title=title,
        start=EventTime(instant=FIRST, zone=BERLIN),
        end=EventTime(instant=FIRST + HOUR, zone=BERLIN),
        recurrence=Recurrence(rule=RecurrenceRule.parse(rule), time_zone=BERLIN, except_dates=without),
        key=key,
    )


async def add(
    adapter: CalendarAdapter,
    *drafts: Draft,
    on_existing: OnExisting = OnExisting.RETURN,
    calendar: CalendarId = EMPTY,
) -> list[Outcome]:
    """What becomes of the drafts, in their order."""
    plan = await adapter.plan(calendar, drafts, on_existing=on_existing)
    assert not plan.refused
    outcomes = [*plan.settled.values()]
    for step in plan.steps:
        outcomes += await adapter.apply(step)
    assert sorted(outcome.index for outcome in outcomes) == list(range(len(drafts)))
    return sorted(outcomes, key=lambda outcome: outcome.index)
