"""Drafts that bear a key: an event of its own, and a series over the spring shift of Berlin's clocks."""

from datetime import UTC, datetime

import msgspec

from gateway.model.event import Draft, Recurrence
from gateway.model.recurrence.rule import RecurrenceRule
from gateway.model.time import EventTime

from .conformance import HOUR, draft

BERLIN = "Europe/Berlin"
FIRST = datetime(2027, 3, 27, 1, 30, tzinfo=UTC)


def keyed(title: str = "Upgrade", key: str = "OPS-7", **times) -> Draft:
    return msgspec.structs.replace(draft(title, **times), key=key)


def series(rule: str = "FREQ=DAILY;COUNT=3", title: str = "Backup", key: str | None = "OPS-8") -> Draft:
    return Draft(
        title=title,
        start=EventTime(instant=FIRST, zone=BERLIN),
        end=EventTime(instant=FIRST + HOUR, zone=BERLIN),
        recurrence=Recurrence(rule=RecurrenceRule.parse(rule), time_zone=BERLIN),
        key=key,
    )
