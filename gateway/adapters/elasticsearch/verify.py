"""Which stored events are the ones just posted. Pure.

Elasticsearch echoes what it was sent, without ids, whatever it stored. So the events of the window are read
before and after, and what is new and of equal content is taken for what was sent.
"""

from collections import defaultdict
from collections.abc import Container, Hashable, Iterable, Sequence

from gateway.adapters.elasticsearch.wire import SentEvent, StoredEvent


def match(
    sent: Sequence[SentEvent], before: Container[str], after: Iterable[StoredEvent]
) -> list[StoredEvent | None]:
    """For each event that was sent the one that it became, each its own; None for one that is not there.

    `before` are the ids that were there already. Flags that were not given should be stored as the defaults
    (both true, no shift); a cluster with other defaults, or without flags, is believed in the second round.
    """
    fresh: defaultdict[tuple[int, int, str], list[StoredEvent]] = defaultdict(list)
    for event in sorted(after, key=lambda event: event.event_id):
        if event.event_id not in before:
            fresh[event.content].append(event)
    found: list[StoredEvent | None] = [None] * len(sent)
    for agrees in (_as_by_default, _as_given):
        for place, wanted in enumerate(sent):
            if found[place] is None:
                left = fresh[wanted.content]
                found[place] = next((event for event in left if agrees(wanted, event)), None)
                fresh[wanted.content] = [event for event in left if event is not found[place]]
    return found


def identity(event: SentEvent) -> Hashable:
    """What twins have in common, and an event with what was written to make it."""
    return event.content, _flags(event)


def is_same(wanted: SentEvent, stored: SentEvent) -> bool:
    """Whether writing what is wanted would make a twin of what is stored."""
    return identity(wanted) == identity(stored)


def _as_by_default(wanted: SentEvent, stored: SentEvent) -> bool:
    return _flags(wanted) == _flags(stored)


def _flags(event: SentEvent) -> tuple[bool, bool, int | None]:
    return event.skip_result is not False, event.skip_model_update is not False, event.force_time_shift


def _as_given(wanted: SentEvent, stored: StoredEvent) -> bool:
    return (
        wanted.skip_result in {None, stored.skip_result}
        and wanted.skip_model_update in {None, stored.skip_model_update}
        and wanted.force_time_shift in {None, stored.force_time_shift}
    )
