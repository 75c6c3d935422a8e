"""Planning a write to one ML calendar: the exact requests, in order, and what goes with them. Pure."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

import msgspec

from gateway.adapters.base import EventChange, EventRemoval, EventStep, Plan, PlannedEvent, Step
from gateway.adapters.elasticsearch import requests
from gateway.adapters.elasticsearch.drafts import check, check_single, effects, losses, losses_of_change
from gateway.adapters.elasticsearch.ids import EventPlace, calendar_at, place_named
from gateway.adapters.elasticsearch.requests import Span
from gateway.adapters.elasticsearch.verify import is_same
from gateway.adapters.elasticsearch.wire import SentEvent, options_of, to_wire
from gateway.errors import GatewayError, Problem, Refused
from gateway.model.event import Draft, Event, draft_of
from gateway.model.ids import CalendarId

MAX_BODY_BYTES: Final = 50_000_000
"""Half of http.max_content_length as it comes."""
_BODY: Final = b'{"events":[%b]}'


def plan(calendar: CalendarId, drafts: Sequence[Draft], *, size: int) -> Plan:
    """One POST for all drafts that can be written, or several where a body would grow too big."""
    refused: dict[int, Problem] = {}
    ready: list[tuple[PlannedEvent, SentEvent]] = []
    for index, draft in enumerate(drafts):
        sent = to_wire(draft)
        try:
            check_single(draft)
            check(sent)
        except GatewayError as exc:
            refused[index] = exc.problem
        else:
            ready.append((_planned(index, draft, sent, calendar), sent))
    return Plan(steps=tuple(_steps(calendar, ready, size)), refused=refused)


def plan_change(change: EventChange, *, size: int) -> EventStep:
    """The new event is added and seen before the old one goes, so that there is no moment without it.

    What Elasticsearch would hold just as it does takes a look only. Raises InvalidInput.
    """
    place, sent = place_named(change.event.id), to_wire(change.draft)
    stored = to_wire(draft_of(change.event))
    check_single(change.draft)
    check(sent)
    calendar = calendar_at(change.event.source, place)
    look = requests.events(calendar, span_of_change(place, sent), size=size)
    post = requests.add_events(calendar, _BODY % msgspec.json.encode(sent))
    delete = requests.remove_event(calendar, place.id)
    mutes_alike = _mute(sent) == _mute(stored)
    return EventStep(
        action=change,
        requests=(look,) if is_same(sent, stored) else (look, post, look, delete, look),
        warnings=tuple(losses_of_change(change.draft, change.changed)),
        effects=() if mutes_alike else tuple(effects(sent, calendar)),
    )


def plan_removal(removal: EventRemoval, *, size: int) -> EventStep:
    """A look goes before it where a revision must hold. Raises InvalidId for what is no event's id."""
    place = place_named(removal.event.id)
    calendar = calendar_at(removal.event.source, place)
    delete = requests.remove_event(calendar, place.id)
    if removal.revision is None:
        return EventStep(action=removal, requests=(delete,))
    look = requests.events(calendar, Span(place.start, place.start + 1), size=size)
    return EventStep(action=removal, requests=(look, delete))


def check_shift(event: Event, now: datetime) -> None:
    """Raises Refused for an event that has begun to shift its jobs' clocks."""
    if options_of(draft_of(event)).force_time_shift and event.start.instant <= now:
        raise Refused(
            f"{event.id} shifts the clocks of its jobs, and has begun: it is not changed or removed.",
            hint="The shift is not undone when the event ends or goes, and a copy would shift again.",
        )


def span_of(sent: Sequence[SentEvent]) -> Span:
    """The span in which the events that are sent, all of them, can be seen."""
    return Span(min(event.start_time for event in sent), max(event.start_time for event in sent) + 1)


def span_of_change(place: EventPlace, sent: SentEvent) -> Span:
    """The span in which the old event and the new one can be seen."""
    return Span(min(place.start, sent.start_time), max(place.start, sent.start_time) + 1)


def _mute(event: SentEvent) -> tuple[int, int, bool]:
    return event.start_time, event.end_time, event.skip_result is not False


def _planned(index: int, draft: Draft, sent: SentEvent, calendar: CalendarId) -> PlannedEvent:
    return PlannedEvent(
        index=index,
        draft=draft,
        warnings=tuple(losses(draft)),
        effects=tuple(effects(sent, calendar)),
    )


def _steps(
    calendar: CalendarId, ready: Sequence[tuple[PlannedEvent, SentEvent]], size: int
) -> Iterator[Step]:
    chunks = [(planned, sent, msgspec.json.encode(sent)) for planned, sent in ready]
    while chunks:
        count, length = 1, len(_BODY) + len(chunks[0][2])
        while count < len(chunks) and length + len(chunks[count][2]) < MAX_BODY_BYTES:
            length += len(chunks[count][2]) + 1
            count += 1
        yield _step(calendar, chunks[:count], size)
        chunks = chunks[count:]


def _step(calendar: CalendarId, chunks: Sequence[tuple[PlannedEvent, SentEvent, bytes]], size: int) -> Step:
    """The calendar is read before and after, for the answer to the POST proves nothing."""
    look = requests.events(calendar, span_of([sent for _, sent, _ in chunks]), size=size)
    body = _BODY % b",".join(encoded for _, _, encoded in chunks)
    return Step(
        calendar=calendar,
        events=tuple(planned for planned, _, _ in chunks),
        requests=(look, requests.add_events(calendar, body), look),
    )
