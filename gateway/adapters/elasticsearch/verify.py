"""Which stored events are the ones just posted. Pure.

Elasticsearch echoes what it was sent, without ids, whatever it stored. So the events of the window are read
before and after, and what is new and of equal content is taken for what was sent.
"""

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Sequence
from operator import attrgetter, lt
from typing import Final

from gateway.adapters.elasticsearch.wire import SentEvent, StoredEvent

_name: Final = attrgetter("event_id")


def match(
    sent: Sequence[SentEvent], before: Collection[str], after: Iterable[StoredEvent]
) -> Sequence[StoredEvent | None]:
    """For each event that was sent the one that it became, each its own; None for one that is not there.

    `before` are the ids that were there already. Flags that were not given should be stored as the defaults
    (both true, no shift); a cluster with other defaults, or without flags, is believed in the second round.
    """
    new = [event for event in after if event.event_id not in before] if before else [*after]
    if _follow(sent) and len(new) == len(sent) and all(map(is_same, sent, new)):
        return new  # as mostly: no twins, and shown in the order in which they were sent
    new.sort(key=_name, reverse=True)
    fresh: defaultdict[Hashable, list[StoredEvent]] = defaultdict(list)
    for same, event in zip(identities(new), new, strict=True):
        fresh[same].append(event)
    found = [left.pop() if (left := fresh.get(same)) else None for same in identities(sent)]
    return _believed(sent, found, new) if None in found else found


def _follow(events: Iterable[SentEvent]) -> bool:
    """Whether each begins after the one before it."""
    starts = [event.start_time for event in events]
    return all(map(lt, starts, starts[1:]))


def _believed(
    sent: Sequence[SentEvent], found: list[StoredEvent | None], new: Iterable[StoredEvent]
) -> list[StoredEvent | None]:
    """The same with what is left of those that are new for what was not found."""
    taken = {event.event_id for event in found if event is not None}
    fresh: defaultdict[Hashable, list[StoredEvent]] = defaultdict(list)
    for event in new:
        if event.event_id not in taken:
            fresh[event.content].insert(0, event)
    for place, wanted in enumerate(sent):
        if found[place] is None:
            left = fresh[wanted.content]
            found[place] = next((event for event in left if _as_given(wanted, event)), None)
            fresh[wanted.content] = [event for event in left if event is not found[place]]
    return found


def identities(events: Iterable[SentEvent]) -> Sequence[Hashable]:
    """Of each what twins have in common, and an event with what was written to make it."""
    return [
        (
            it.start_time,
            it.end_time,
            it.description,
            it.skip_result is not False,
            it.skip_model_update is not False,
            it.force_time_shift,
        )
        for it in events
    ]


def identity(event: SentEvent) -> Hashable:
    """The same of one event."""
    return identities((event,))[0]


def is_same(wanted: SentEvent, stored: SentEvent) -> bool:
    """Whether writing what is wanted would make a twin of what is stored: their identities are equal."""
    return (
        wanted.start_time == stored.start_time
        and wanted.end_time == stored.end_time
        and wanted.description == stored.description
        and (wanted.skip_result is False) is (stored.skip_result is False)
        and (wanted.skip_model_update is False) is (stored.skip_model_update is False)
        and wanted.force_time_shift == stored.force_time_shift
    )


def _as_given(wanted: SentEvent, stored: StoredEvent) -> bool:
    return (
        wanted.skip_result in {None, stored.skip_result}
        and wanted.skip_model_update in {None, stored.skip_model_update}
        and wanted.force_time_shift in {None, stored.force_time_shift}
    )
