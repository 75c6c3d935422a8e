"""Looking up which events are under which keys: one look upstream per calendar, however many keys."""

from collections.abc import Sequence

import msgspec

from gateway.adapters.deadline import NEVER, Deadline
from gateway.adapters.groups import in_groups
from gateway.errors import AmbiguousKey, GatewayError, NotUnderKey
from gateway.model.elasticsearch import ElasticsearchEventDetails
from gateway.model.event import Event
from gateway.model.fields import EVERYTHING, Fields
from gateway.model.key import checked
from gateway.service.call_limits import check_calendars
from gateway.service.catalog import Target
from gateway.service.looking import too_slow
from gateway.service.session import Session

Found = Sequence[Event] | GatewayError
"""The events under a key in a calendar, by start, or why they cannot be told."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A key, and a calendar where it is looked for."""

    target: Target
    key: str


def key_targets(session: Session, key: str, calendars: Sequence[str]) -> Sequence[Target]:
    """The calendars that the names stand for. Raises GatewayError for any that is none, and for no key."""
    checked(key)
    targets = session.catalog.targets(calendars)
    check_calendars(len(targets))
    return targets


async def look_up(
    session: Session,
    wanted: Sequence[Wanted],
    fields: Fields = EVERYTHING,
    *,
    within: Deadline = NEVER,
    wide: bool = False,
) -> list[Found]:
    """What is there, for each that is wanted, with those fields. Nothing is remembered of it.

    OutOfTime in place of what is not told `within` a time. A `wide` look tells of a key that no event bears
    whether that was moved.
    """

    async def look(those: Sequence[Wanted]) -> Sequence[Found]:
        target, keys = those[0].target, frozenset(each.key for each in those)
        target.check_allowed()
        adapter = session.adapter(target.source)
        with within.limit(too_slow):
            there = await adapter.by_keys(target.calendar, keys, fields=fields | {"key"}, wide=wide)
        return [there[each.key] for each in those]

    return await in_groups(wanted, lambda each: each.target.canonical, look)


def in_order(found: Sequence[Sequence[Event] | BaseException]) -> list[Event]:
    """All that was found, by start and id, each event once. Raises what kept any of it from being told.

    An event that was moved, is somebody else's meeting, or has the key in another case, is none under it.
    """
    events: dict[str, Event] = {}
    for each in found:
        if isinstance(each, BaseException):
            if not isinstance(each, NotUnderKey):
                raise each
        else:
            events.update((event.id, event) for event in each)
    return sorted(events.values(), key=lambda event: event.order)


def check_unambiguous(key: str, events: Sequence[Event]) -> None:
    """Raises AmbiguousKey for several events under one key in one calendar, but for those of a series."""
    if len(events) > 1 and not _is_series(events):
        there = " and ".join(event.id for event in events)
        raise AmbiguousKey(
            f"Several events are under the key {key}: {there}.",
            hint="Remove all but one of them, each by its id.",
        )


def _is_series(events: Sequence[Event]) -> bool:
    details = [event.details for event in events]
    occurrences = {it.occurrence for it in details if isinstance(it, ElasticsearchEventDetails)}
    return len(occurrences) == len(events) and None not in occurrences
