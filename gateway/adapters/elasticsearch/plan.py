"""Planning a write to one ML calendar: the exact requests, in order, and what goes with them. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import accumulate, chain
from typing import Final, Self

import msgspec

from gateway.adapters.base import (
    EventChange,
    EventRemoval,
    EventStep,
    OnExisting,
    Step,
)
from gateway.adapters.elasticsearch import requests
from gateway.adapters.elasticsearch.drafts import Ready, Terms, effects, translate, translate_change
from gateway.adapters.elasticsearch.flags import occurrence_of, options_of
from gateway.adapters.elasticsearch.ids import EventPlace, calendar_at, place_named
from gateway.adapters.elasticsearch.plain import translate_plain
from gateway.adapters.elasticsearch.requests import Span
from gateway.adapters.elasticsearch.verify import is_same
from gateway.adapters.elasticsearch.wire import SentEvent, SentEvents, to_wire
from gateway.adapters.upstream import UpstreamRequest
from gateway.errors import GatewayError, Problem, Refused, TooMany
from gateway.model.event import Draft, Event, draft_of
from gateway.model.ids import CalendarId

MAX_BODY_BYTES: Final = 50_000_000
"""Half of http.max_content_length as it comes."""
MAX_WRITTEN: Final = 10_000
"""The most events that one call writes to a source, where series are among them."""

_MANY: Final = 10
"""From so many drafts on it costs less to look at them together than one by one."""


class MLStep(Step, frozen=True, kw_only=True):
    """A step of which it is known what each draft is to be: the events that its requests post, or more.

    `sent` are all that are posted. `span` is where these are looked for, or where their keys are looked up.
    """

    wanted: tuple[tuple[SentEvent, ...], ...]
    sent: Sequence[SentEvent]
    span: Span


class KeyedStep(MLStep, frozen=True, kw_only=True):
    """A step whose events bear keys. `superseded` are the events, by their own ids, whose place they take."""

    superseded: frozenset[str]
    on_existing: OnExisting


def prepare(
    drafts: Sequence[Draft], terms: Terms, *, room: int
) -> tuple[Sequence[Ready], Mapping[int, Problem]]:
    """The drafts that can be written, and what is wrong with the others.

    A series is refused that would be more events than there is `room` for.
    """
    plain = translate_plain(drafts) if len(drafts) >= _MANY else None
    if plain is not None:
        return plain, {}
    refused: dict[int, Problem] = {}
    ready: list[Ready] = []
    for index, draft in enumerate(drafts):
        try:
            found = translate(draft, terms, index)
            if found.held_as > 1:
                _check_room(found.sent, room)
        except GatewayError as exc:
            refused[index] = exc.problem
        else:
            ready.append(found)
            room -= found.held_as
    return ready, refused


class Parcel(msgspec.Struct, frozen=True):
    """What goes into one POST: drafts, the events that each becomes, all of these, and the body."""

    ready: Sequence[Ready]
    rows: Sequence[tuple[SentEvent, ...]]
    sent: Sequence[SentEvent]
    body: bytes

    @classmethod
    def of(cls, ready: Sequence[Ready]) -> Self:
        rows = [each.sent for each in ready]
        sent = [*chain.from_iterable(rows)]
        return cls(ready, rows, sent, body_of(sent))


def parcels(ready: Sequence[Ready]) -> Iterator[Parcel]:
    """All of it in one, or as much in each as a body may hold."""
    while ready:
        parcel = Parcel.of(ready)
        if len(parcel.body) <= MAX_BODY_BYTES:
            yield parcel
            return
        count = _fitting(ready)
        yield Parcel.of(ready[:count])
        ready = ready[count:]


def _fitting(ready: Sequence[Ready]) -> int:
    """How many of them one body may hold, at least the first."""
    lengths = accumulate(len(body_of(each.sent)) for each in ready)
    return max(sum(length <= MAX_BODY_BYTES for length in lengths), 1)


def steps(calendar: CalendarId, ready: Sequence[Ready], *, size: int) -> Sequence[MLStep]:
    """One step for all events without keys, or several where a body would grow too big."""
    return [_step(calendar, parcel, size) for parcel in parcels(ready)]


def _step(calendar: CalendarId, parcel: Parcel, size: int) -> MLStep:
    """The calendar is read before and after, for the answer to the POST proves nothing."""
    starts = [event.start_time for event in parcel.sent]
    span = Span(min(starts), max(starts) + 1)
    look = requests.events(calendar, span, size=size)
    return MLStep(
        calendar=calendar,
        events=tuple(parcel.ready),
        requests=(look, requests.add_events(calendar, parcel.body), look),
        wanted=tuple(parcel.rows),
        sent=parcel.sent,
        span=span,
    )


def plan_change(change: EventChange, *, size: int) -> EventStep:
    """The new event is added and seen before the old one goes, so that there is no moment without it.

    What Elasticsearch would hold just as it does takes a look only. Raises InvalidInput, Unsupported.
    """
    place, occurrence = place_named(change.event.id), occurrence_of(change.event)
    stored = to_wire(draft_of(change.event), occurrence=occurrence)
    has_flags = stored.skip_result is not None  # a cluster that knows them always shows them
    sent, warnings = translate_change(
        change.draft, change.changed, has_flags=has_flags, occurrence=occurrence
    )
    calendar = calendar_at(change.event.source, place)
    look = requests.events(calendar, span_of_change(place, sent), size=size)
    post = requests.add_events(calendar, body_of([sent]))
    delete = requests.remove_event(calendar, place.id)
    mutes_alike = _mute(sent) == _mute(stored)
    return EventStep(
        action=change,
        requests=(look,) if is_same(sent, stored) else (look, post, look, delete, look),
        warnings=warnings,
        effects=() if mutes_alike else tuple(effects([sent], calendar)),
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
        raise shifted(event.id)


def shifted(event_id: str) -> Refused:
    """Why an event that has begun to shift its jobs' clocks is left alone."""
    return Refused(
        f"{event_id} shifts the clocks of its jobs, and has begun: it is not changed or removed.",
        hint="The shift is not undone when the event ends or goes, and a copy would shift again.",
    )


def body_of(sent: Iterable[SentEvent]) -> bytes:
    """The body of a POST of the events."""
    return msgspec.json.encode(SentEvents(events=tuple(sent)))


def events_in(post: UpstreamRequest) -> tuple[SentEvent, ...]:
    """The events that a request posts: what was planned is what is sent."""
    return msgspec.json.decode(post.body or b"", type=SentEvents).events


def as_planned(step: Step) -> MLStep:
    """The step as the one that was planned. Raises TypeError for any other."""
    if not isinstance(step, MLStep):
        raise TypeError(f"not a step of an ML calendar: {type(step).__name__}")
    return step


def sent_in_change(step: EventStep, change: EventChange) -> SentEvent:
    """The event that a step posts; where it posts none, what the event already is."""
    if len(step.requests) == 1:
        return to_wire(change.draft, occurrence=occurrence_of(change.event))
    (sent,) = events_in(step.requests[1])
    return sent


def span_of_change(place: EventPlace, sent: SentEvent) -> Span:
    """The span in which the old event and the new one can be seen."""
    return Span(min(place.start, sent.start_time), max(place.start, sent.start_time) + 1)


def _mute(event: SentEvent) -> tuple[int, int, bool]:
    return event.start_time, event.end_time, event.skip_result is not False


def _check_room(series: Sequence[SentEvent], room: int) -> None:
    """Raises TooMany for a series that is more events than there is room for, in the call or in a request."""
    if len(body_of(series)) > MAX_BODY_BYTES:
        raise TooMany(
            "The series makes a request that is too big.",
            path=("recurrence",),
            hint="Let the series end sooner, or give it a shorter title.",
        )
    if len(series) > room:
        raise TooMany(
            f"With this series the call would write more than {MAX_WRITTEN} events to the source.",
            path=("recurrence",),
            hint="Split the call, or let the series end sooner.",
        )
