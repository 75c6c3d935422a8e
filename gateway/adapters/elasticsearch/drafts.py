"""A draft in an ML calendar: what would be refused, what is lost of it, what it mutes. Pure."""

from collections.abc import Iterator
from typing import Final

from gateway.adapters.base import EffectKind, SideEffect, TranslationWarning
from gateway.adapters.elasticsearch.ids import name_of
from gateway.adapters.elasticsearch.wire import SentEvent, options_of
from gateway.adapters.losses import (
    OPTIONAL_FIELDS,
    Loss,
    Notice,
    camel_case,
    fields_not_held,
    options_not_held,
)
from gateway.errors import InvalidInput, InvalidTime, Unsupported
from gateway.model.event import Draft, SourceKind
from gateway.model.ids import CalendarId
from gateway.model.time import EventTime, from_millis, to_millis, to_rfc3339
from gateway.model.zones import UTC

MAX_DESCRIPTION_BYTES: Final = 32_766
"""A longer keyword is lost without a word: Lucene's limit for one term."""
_INT64: Final = range(-(2**63), 2**63)
_HOLDER: Final = "An ML calendar"
_INPUT_NAMES: Final = {"body": "description"}
"""The attributes of a draft that the input spells by another name."""


def check_single(draft: Draft) -> None:
    """Raises Unsupported for a series."""
    if draft.recurrence is not None:
        raise Unsupported(
            f"{_HOLDER} holds single events only.",
            path=("recurrence",),
            hint="Add each occurrence as an event of its own.",
        )


def check(sent: SentEvent) -> None:
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


def losses(draft: Draft) -> Iterator[TranslationWarning]:
    """A warning for every field that was given and cannot be held as it was."""
    for field, time in (("start", draft.start), ("end", draft.end)):
        yield from _time_losses(field, time)
    yield from fields_not_held(draft, OPTIONAL_FIELDS, holder=_HOLDER)
    yield from options_not_held(draft, SourceKind.ELASTICSEARCH, holder=_HOLDER)
    options = options_of(draft)
    if options.skip_result is False and options.skip_model_update is False and not options.force_time_shift:
        yield TranslationWarning(
            code=Notice.NO_EFFECT,
            field="elasticsearch",
            message="With both flags false and no shift, the event is stored and mutes nothing.",
            given={"skipResult": False, "skipModelUpdate": False},
            sent={"skipResult": False, "skipModelUpdate": False},
        )


def losses_of_change(draft: Draft, changed: frozenset[str]) -> Iterator[TranslationWarning]:
    """A warning for every field that changes and cannot be held as it is given."""
    fields = {_INPUT_NAMES.get(name) or camel_case(name) for name in changed}
    return (loss for loss in losses(draft) if loss.field in fields)


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


def effects(sent: SentEvent, calendar: CalendarId) -> Iterator[SideEffect]:
    if sent.skip_result is not False:
        start, end = (to_rfc3339(from_millis(millis)) for millis in (sent.start_time, sent.end_time))
        yield SideEffect(
            kind=EffectKind.SUPPRESSES_ANOMALIES,
            message=f"The anomaly detection jobs of {name_of(calendar)} report nothing from {start} to {end},"
            " rounded outward to each job's buckets.",
        )
