"""The three flags of an event, as far as a cluster knows them: they came with Elasticsearch 8.16. Pure."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from gateway.adapters.byproducts import TranslationWarning
from gateway.adapters.losses import Loss, Notice, camel_case, plain
from gateway.errors import InvalidInput
from gateway.model.elasticsearch import ElasticsearchEventDetails, ElasticsearchEventOptions
from gateway.model.event import Draft, Event, SourceKind

NO_OPTIONS: Final = ElasticsearchEventOptions()
MAX_SHIFT: Final = timedelta(days=365)
_WITHOUT_FLAGS: Final = {
    "skip_result": (None, True),
    "skip_model_update": (None, True),
    "force_time_shift": (None, 0),
}
"""What a cluster does that knows no flags: to ask it for that is no loss."""


def options_of(draft: Draft) -> ElasticsearchEventOptions:
    """The flags as the caller gave them."""
    if not draft.options:
        return NO_OPTIONS
    options = draft.options.get(SourceKind.ELASTICSEARCH, NO_OPTIONS)
    if not isinstance(options, ElasticsearchEventOptions):
        raise TypeError(f"not options of an ML calendar event: {type(options).__name__}")
    return options


def occurrence_of(event: Event) -> datetime | None:
    """When its series has the event begin, if it is a part of one."""
    return event.details.occurrence if isinstance(event.details, ElasticsearchEventDetails) else None


def sent_options(draft: Draft, *, has_flags: bool | None) -> ElasticsearchEventOptions:
    """The flags as they are sent: none to a cluster that is known not to have them, and refuses them."""
    return NO_OPTIONS if has_flags is False else options_of(draft)


def check_shift(seconds: int | None) -> None:
    """Raises InvalidInput for a shift that can only be a slip of the hand."""
    if seconds is not None and abs(seconds) > MAX_SHIFT.total_seconds():
        raise InvalidInput(
            f"A shift of {seconds} seconds is more than a year.",
            path=("elasticsearch", "forceTimeShift"),
            hint="It is in seconds, not in milliseconds: 3600 when clocks go forward by an hour.",
        )


def flag_warnings(draft: Draft, *, has_flags: bool | None) -> Iterator[TranslationWarning]:
    """What the cluster does not make of the flags; `has_flags` is None where its version is not known."""
    options = options_of(draft)
    if has_flags is False:
        yield from _not_held(options)
    elif has_flags is None and options != NO_OPTIONS:
        given = plain(options)
        yield TranslationWarning(
            code=Notice.UNVERIFIED,
            field="elasticsearch",
            message="The cluster does not say its version: flags are taken from 8.16 on, and an older one "
            "refuses the event.",
            given=given,
            sent=given,
        )
    if has_flags is not False and _is_idle(options):
        yield TranslationWarning(
            code=Notice.NO_EFFECT,
            field="elasticsearch",
            message="With both flags false and no shift, the event is stored and mutes nothing.",
            given={"skipResult": False, "skipModelUpdate": False},
            sent={"skipResult": False, "skipModelUpdate": False},
        )


def _not_held(options: ElasticsearchEventOptions) -> Iterator[TranslationWarning]:
    for name, meant_anyway in _WITHOUT_FLAGS.items():
        given = getattr(options, name)
        if given not in meant_anyway:
            yield TranslationWarning(
                code=Loss.NOT_HELD,
                field=f"{SourceKind.ELASTICSEARCH}.{camel_case(name)}",
                message=f"The cluster is older than 8.16 and has no {name}: it skips results and model "
                "updates, and shifts nothing.",
                given=given,
            )


def _is_idle(options: ElasticsearchEventOptions) -> bool:
    flags = (options.skip_result, options.skip_model_update)
    return flags == (False, False) and not options.force_time_shift
