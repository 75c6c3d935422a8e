"""How a live event differs from the draft that it was made as: what Outlook's users change. Pure.

Bodies are not compared, for Exchange rewrites them, and neither are names of zones, for many do not survive.
"""

from collections.abc import Iterator
from typing import Final

import msgspec

from gateway.adapters.msgraph.bearers import Bearer
from gateway.adapters.msgraph.drafts import to_wire
from gateway.adapters.msgraph.keys import fingerprint
from gateway.adapters.msgraph.plan import MAX_SUBJECT
from gateway.adapters.msgraph.recurrence import from_pattern
from gateway.adapters.msgraph.wire import PatternedRecurrence
from gateway.errors import InvalidInput
from gateway.model.event import Draft
from gateway.model.recurrence.days import completed
from gateway.model.recurrence.occurrences import first_day
from gateway.model.recurrence.rule import RecurrenceRule
from gateway.model.time import EventTime, to_rfc3339

_UNKNOWN: Final = "of a kind that is not known here"


def is_as_made(draft: Draft, holder: Bearer) -> bool:
    """Whether an event was made as the same draft. Raises GatewayError for one that Graph cannot hold."""
    return fingerprint(draft, holder.home).content == holder.fingerprint.content


def drift(draft: Draft, holder: Bearer) -> Iterator[str]:
    """What title, times and rule of an event are instead of the draft's: times as instants, or as days."""
    event = holder.event
    if not _is_same_title(event.title, draft.title):
        yield f"the title is {event.title!r} instead of {draft.title!r}"
    if event.is_all_day != draft.is_all_day:
        yield "it lasts whole days" if event.is_all_day else "it does not last whole days"
    else:
        yield from _moved("start", event.start, draft.start)
        yield from _moved("end", event.end, draft.end)
    sent = to_wire(draft).recurrence
    if _rule(holder.graph.recurrence, draft) != _rule(sent, draft):
        yield f"the rule is {event.recurrence.rule if event.recurrence else None} instead of " + (
            str(draft.recurrence.rule) if draft.recurrence else "none"
        )


def _moved(name: str, live: EventTime, given: EventTime) -> Iterator[str]:
    there, wanted = _shown(live), _shown(given)
    if there != wanted:
        yield f"the {name} is {there} instead of {wanted}"


def _shown(time: EventTime) -> str:
    return time.day.isoformat() if time.day else to_rfc3339(time.instant)


def _is_same_title(live: str, given: str) -> bool:
    """Exchange may cut a long one."""
    return live == given or (len(live) >= MAX_SUBJECT and given.startswith(live))


def _rule(recurrence: PatternedRecurrence | None, draft: Draft) -> RecurrenceRule | str | None:
    """What a recurrence means on the clock of the draft; the reason why where it means nothing."""
    if recurrence is None:
        return None
    try:
        rule = from_pattern(_without_zone(recurrence), draft.start.zone, is_all_day=draft.is_all_day)
    except InvalidInput as exc:
        return str(exc)
    return _UNKNOWN if rule is None else completed(rule, first_day(draft.start))


def _without_zone(recurrence: PatternedRecurrence) -> PatternedRecurrence:
    span = msgspec.structs.replace(recurrence.range, recurrence_time_zone=None)
    return msgspec.structs.replace(recurrence, range=span)
