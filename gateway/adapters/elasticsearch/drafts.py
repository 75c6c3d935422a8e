"""A draft in an ML calendar: what would be refused, what is lost of it, what it mutes. Pure."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

import msgspec

from gateway.adapters.base import PlannedEvent
from gateway.adapters.byproducts import EffectKind, SideEffect, TranslationWarning
from gateway.adapters.elasticsearch.flags import check_shift, flag_warnings, options_of
from gateway.adapters.elasticsearch.ids import name_of
from gateway.adapters.elasticsearch.series import (
    DEFAULT_LIMITS,
    SeriesLimits,
    check_single,
    unbroken,
    written_out,
)
from gateway.adapters.elasticsearch.wire import SentEvent, to_wire
from gateway.adapters.losses import (
    OPTIONAL_FIELDS,
    Loss,
    camel_case,
    clocks_not_kept,
    fields_not_held,
    options_not_held,
)
from gateway.errors import InvalidInput, InvalidTime
from gateway.model.event import Draft, Recurrence, SourceKind
from gateway.model.ids import CalendarId
from gateway.model.time import EventTime, from_millis, to_millis, to_rfc3339
from gateway.model.zones import UTC

MAX_DESCRIPTION_BYTES: Final = 32_766
"""A longer keyword is lost without a word: Lucene's limit for one term."""
_HOLDER: Final = "An ML calendar"
_INPUT_NAMES: Final = {"body": "description"}
"""The attributes of a draft that the input spells by another name."""


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What translating a draft depends on besides the draft. `has_flags` is None where it is not known."""

    has_flags: bool | None = None
    series: SeriesLimits = DEFAULT_LIMITS
    now: datetime


class Ready(PlannedEvent, frozen=True, kw_only=True):
    """A draft as the calendar will hold it: planned, with the events to send, in order."""

    sent: tuple[SentEvent, ...]


def translate(draft: Draft, terms: Terms, index: int = 0) -> Ready:
    """What a draft becomes. Raises InvalidInput for what the server would refuse or lose."""
    if draft.recurrence is not None:
        return _series(draft, draft.recurrence, terms, index)
    sent = to_wire(draft, terms.has_flags, None)
    check(draft, sent)
    return Ready(
        index=index,
        draft=draft,
        warnings=warnings(draft, terms.has_flags),
        sent=(sent,),
    )


def _series(draft: Draft, recurrence: Recurrence, terms: Terms, index: int) -> Ready:
    singles, until = written_out(draft, recurrence, terms.series, terms.now)
    sent = [to_wire(it, has_flags=terms.has_flags, occurrence=it.start.instant) for it in singles]
    for event in sent:
        check(draft, event)
    found = warnings(draft, has_flags=terms.has_flags)
    return Ready(
        index=index,
        draft=draft,
        held_as=len(sent),
        unbroken=unbroken(singles),
        warnings=found if until is None else (*found, until),
        sent=tuple(sent),
    )


def translate_change(
    draft: Draft, changed: frozenset[str], *, has_flags: bool | None, occurrence: datetime | None
) -> tuple[SentEvent, tuple[TranslationWarning, ...]]:
    """The event that a changed one becomes, with warnings of what changes. Raises as `translate` does.

    The occurrence of a series stays that, whenever it is then.

    Raises Unsupported where it is to become a series.
    """
    check_single(draft)
    sent = to_wire(draft, has_flags=has_flags, occurrence=occurrence)
    check(draft, sent)
    found = warnings(draft, has_flags=has_flags)
    return sent, tuple(each for each in found if _is_about(each, changed))


def check(draft: Draft, sent: SentEvent) -> None:
    """Raises InvalidInput for what the server would refuse or lose."""
    if draft.options:
        check_shift(options_of(draft).force_time_shift)
    text = sent.description
    if len(text) > MAX_DESCRIPTION_BYTES or not text.isascii():
        _check_bytes(text)
    if sent.end_time <= sent.start_time:
        raise InvalidTime(
            "The event is shorter than a millisecond, and Elasticsearch counts in whole ones.", path=("end",)
        )


def _check_bytes(text: str) -> None:
    """Raises InvalidInput for a text that is too long in UTF-8, or has no such form."""
    try:
        length = len(text.encode())
    except UnicodeEncodeError as exc:
        raise InvalidInput("The title holds half of a character.", path=("title",)) from exc
    if length > MAX_DESCRIPTION_BYTES:
        raise InvalidInput(
            f"A title with its key, if it has one, of {length} bytes is too long: {_HOLDER} holds at most"
            f" {MAX_DESCRIPTION_BYTES}.",
            path=("title",),
        )


def warnings(draft: Draft, has_flags: bool | None) -> tuple[TranslationWarning, ...]:
    """A warning for every field that was given and cannot be held as it was, or has no effect."""
    start, end = draft.start, draft.end
    if (
        draft.body is not None
        or draft.location is not None
        or draft.locations is not None
        or draft.categories is not None
        or draft.show_as is not None
        or draft.attendees is not None
        or draft.options
        or draft.other_clocks
        or start.zone != UTC
        or end.zone != UTC
        or start.day is not None
        or end.day is not None
        or start.instant.microsecond
        or end.instant.microsecond
    ):
        return tuple(_losses(draft, has_flags))
    return ()  # of most drafts there is nothing to lose, and that is seen at a glance


def _losses(draft: Draft, has_flags: bool | None) -> Iterator[TranslationWarning]:
    yield from _time_losses("start", draft.start)
    yield from _time_losses("end", draft.end)
    yield from clocks_not_kept(draft)
    yield from fields_not_held(draft, OPTIONAL_FIELDS, holder=_HOLDER)
    yield from options_not_held(draft, SourceKind.ELASTICSEARCH, holder=_HOLDER)
    yield from flag_warnings(draft, has_flags=has_flags)


def _is_about(warning: TranslationWarning, changed: frozenset[str]) -> bool:
    """Whether a warning is about one of the attributes that change, or about options of which one does."""
    fields = {_INPUT_NAMES.get(name) or camel_case(name) for name in changed}
    return any(field == warning.field or field.startswith(f"{warning.field}.") for field in fields)


def _time_losses(field: str, time: EventTime) -> Iterator[TranslationWarning]:
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


def effects(sent: Sequence[SentEvent], calendar: CalendarId) -> Iterator[SideEffect]:
    """What the jobs of the calendar are blind for: `sent` are the events that one draft becomes."""
    first, last = sent[0], sent[-1]
    if first.skip_result is not False:
        start, end, until = (
            to_rfc3339(from_millis(at)) for at in (first.start_time, first.end_time, last.end_time)
        )
        again = f", and {len(sent) - 1} times more until {until}" if len(sent) > 1 else ""
        yield SideEffect(
            kind=EffectKind.SUPPRESSES_ANOMALIES,
            message=f"The anomaly detection jobs of {name_of(calendar)} report nothing from {start} to {end}"
            f"{again}, rounded outward to each job's buckets.",
        )
