"""Planning a write to one ML calendar: what would be refused, the exact requests, what is lost. Pure."""

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from gateway.adapters.base import (
    EffectKind,
    Plan,
    PlannedEvent,
    SideEffect,
    Step,
    TranslationWarning,
)
from gateway.adapters.elasticsearch import requests
from gateway.adapters.elasticsearch.ids import name_of
from gateway.adapters.elasticsearch.requests import Span
from gateway.adapters.elasticsearch.wire import SentEvent, to_wire
from gateway.adapters.losses import OPTIONAL_FIELDS, Loss, fields_not_held, options_not_held
from gateway.errors import GatewayError, InvalidInput, InvalidTime, Problem
from gateway.model.event import Draft, SourceKind
from gateway.model.ids import CalendarId
from gateway.model.time import EventTime, from_millis, to_millis, to_rfc3339
from gateway.model.zones import UTC

MAX_DESCRIPTION_BYTES: Final = 32_766
"""A longer keyword is lost without a word: Lucene's limit for one term."""
MAX_BODY_BYTES: Final = 50_000_000
"""Half of http.max_content_length as it comes."""
_BODY: Final = b'{"events":[%b]}'
_INT64: Final = range(-(2**63), 2**63)
_HOLDER: Final = "An ML calendar"


def plan(calendar: CalendarId, drafts: Sequence[Draft], *, size: int) -> Plan:
    """One POST for all drafts that can be written, or several where a body would grow too big."""
    refused: dict[int, Problem] = {}
    ready: list[tuple[PlannedEvent, SentEvent]] = []
    for index, draft in enumerate(drafts):
        sent = to_wire(draft)
        try:
            _check(sent)
        except GatewayError as exc:
            refused[index] = exc.problem
        else:
            ready.append((_planned(index, draft, sent, calendar), sent))
    return Plan(steps=tuple(_steps(calendar, ready, size)), refused=refused)


def span_of(sent: Sequence[SentEvent]) -> Span:
    """The span in which the events that are sent, all of them, can be seen."""
    return Span(min(event.start_time for event in sent), max(event.start_time for event in sent) + 1)


def _check(sent: SentEvent) -> None:
    """Raises InvalidInput for what the server would refuse or lose."""
    try:
        length = len(sent.description.encode())
    except UnicodeEncodeError as exc:
        raise InvalidInput("The title holds half of a character.", path=("title",)) from exc
    if length > MAX_DESCRIPTION_BYTES:
        raise InvalidInput(
            f"A title of {length} bytes is too long: {_HOLDER} holds at most {MAX_DESCRIPTION_BYTES}.",
            path=("title",),
        )
    if sent.end_time <= sent.start_time:
        raise InvalidTime(
            "The event is shorter than a millisecond, and Elasticsearch counts in whole ones.", path=("end",)
        )
    if sent.force_time_shift is not None and sent.force_time_shift not in _INT64:
        raise InvalidInput("The shift is beyond 64 bits.", path=("elasticsearch", "forceTimeShift"))


def _planned(index: int, draft: Draft, sent: SentEvent, calendar: CalendarId) -> PlannedEvent:
    return PlannedEvent(
        index=index,
        draft=draft,
        warnings=tuple(_warnings(draft)),
        effects=tuple(_effects(sent, calendar)),
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


def _warnings(draft: Draft) -> Iterator[TranslationWarning]:
    for field, time in (("start", draft.start), ("end", draft.end)):
        yield from _time_warnings(field, time)
    yield from fields_not_held(draft, OPTIONAL_FIELDS, holder=_HOLDER)
    yield from options_not_held(draft, SourceKind.ELASTICSEARCH, holder=_HOLDER)


def _time_warnings(field: str, time: EventTime) -> Iterator[TranslationWarning]:
    stored = from_millis(to_millis(time.instant))
    sent = to_rfc3339(stored)
    if time.day is not None:
        yield TranslationWarning(
            code=Loss.CHANGED,
            field=field,
            message=f"{_HOLDER} knows no days: it holds the instant of midnight in {time.zone}.",
            given={"date": time.day.isoformat(), "timeZone": time.zone},
            sent=sent,
        )
    elif time.zone != UTC:
        yield TranslationWarning(
            code=Loss.NOT_HELD,
            field=field,
            message=f"{_HOLDER} holds the instant and not the time zone.",
            given=time.zone,
            sent=sent,
        )
    if stored != time.instant:
        yield TranslationWarning(
            code=Loss.CHANGED,
            field=field,
            message=f"{_HOLDER} counts in whole milliseconds: the rest is cut off.",
            given=to_rfc3339(time.instant),
            sent=sent,
        )


def _effects(sent: SentEvent, calendar: CalendarId) -> Iterator[SideEffect]:
    if sent.skip_result is not False:
        start, end = (to_rfc3339(from_millis(millis)) for millis in (sent.start_time, sent.end_time))
        yield SideEffect(
            kind=EffectKind.SUPPRESSES_ANOMALIES,
            message=f"The anomaly detection jobs of {name_of(calendar)} report nothing from {start} to {end},"
            " rounded outward to each job's buckets.",
        )
