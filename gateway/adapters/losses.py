"""What a calendar cannot hold as it was given: a warning per field, named as in the event's input."""

from collections.abc import Collection, Iterable, Iterator
from datetime import date, datetime
from enum import Enum, StrEnum
from typing import Final

import msgspec

from gateway.adapters.byproducts import TranslationWarning
from gateway.model.event import Draft, SourceKind
from gateway.model.time import to_rfc3339


class Loss(StrEnum):
    """What a caller can refuse.

    NOT_HELD: nothing of it is stored. CHANGED: stored, but not as given. CUT_OFF: its beginning is stored.
    """

    NOT_HELD = "NOT_HELD"
    CHANGED = "CHANGED"
    CUT_OFF = "CUT_OFF"


class Notice(StrEnum):
    """The codes of warnings about what is held as it was given.

    NO_EFFECT: it is stored, in vain. EXPANDED: a series is stored as one event per occurrence.
    UNVERIFIED: it may be refused. NOT_ANNOUNCED and OCCURRENCE_MOVED are about what mutes follow. The others
    are about the jobs that it mutes: none, unknown ones, longer than asked, or not at all.
    """

    NO_EFFECT = "NO_EFFECT"
    EXPANDED = "EXPANDED"
    UNVERIFIED = "UNVERIFIED"
    NOT_ANNOUNCED = "NOT_ANNOUNCED"
    OCCURRENCE_MOVED = "OCCURRENCE_MOVED"
    NO_JOBS = "NO_JOBS"
    UNKNOWN_JOBS = "UNKNOWN_JOBS"
    MUTES_NOTHING = "MUTES_NOTHING"
    MUTES_MORE = "MUTES_MORE"
    TOO_LATE = "TOO_LATE"
    TOO_MANY_EVENTS = "TOO_MANY_EVENTS"
    JOBS_NOT_READ = "JOBS_NOT_READ"


_LOSSES: Final = frozenset(Loss)


_NAMES: Final = {
    "body": "description",
    "location": "location",
    "locations": "locations",
    "categories": "categories",
    "show_as": "showAs",
    "attendees": "attendees",
}
OPTIONAL_FIELDS: Final = frozenset(_NAMES)
"""The attributes of a draft that not every kind of source can hold."""


def fields_lost(warnings: Iterable[TranslationWarning]) -> list[str]:
    """The fields that are not held as they were given, each once, in order."""
    return list(dict.fromkeys(warning.field for warning in warnings if warning.code in _LOSSES))


def fields_not_held(draft: Draft, fields: Collection[str], *, holder: str) -> Iterator[TranslationWarning]:
    """A warning for each of the draft's optional `fields` that was given; `holder` is who cannot hold it."""
    for attribute, field in _NAMES.items():
        given = getattr(draft, attribute)
        if attribute in fields and given is not None and given != ():
            yield _left_out(field, given, holder)


def options_not_held(draft: Draft, own: SourceKind, *, holder: str) -> Iterator[TranslationWarning]:
    """A warning for each given option that only another kind of source understands."""
    for kind, options in draft.options.items():
        if kind is not own:
            for name in options.__struct_fields__:
                given = getattr(options, name)
                if given is not None:
                    yield _left_out(f"{kind}.{camel_case(name)}", given, holder)


def clocks_not_kept(draft: Draft) -> Iterator[TranslationWarning]:
    """A warning for each time of a series that was given by another clock than the one that it keeps."""
    kept = draft.start.zone
    for field, given in draft.other_clocks.items():
        message = f"A series keeps one clock, here that of {kept}: the {field} is the same instant by that."
        yield TranslationWarning(code=Loss.CHANGED, field=field, message=message, given=given, sent=kept)


def _left_out(field: str, given: object, holder: str) -> TranslationWarning:
    message = f"{holder} cannot hold {field}: it is left out."
    return TranslationWarning(code=Loss.NOT_HELD, field=field, message=message, given=plain(given))


def plain(value: object) -> object:
    """A value of the domain as plain JSON, spelled as in the input; what is at its default is left out."""
    if isinstance(value, msgspec.Struct):
        return {
            camel_case(field.name): plain(part)
            for field in msgspec.structs.fields(value)
            if (part := getattr(value, field.name)) != field.default
        }
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, datetime):
        return to_rfc3339(value)
    return value.isoformat() if isinstance(value, date) else value


def camel_case(name: str) -> str:
    """An attribute's name as the input spells it: `show_as` is `showAs`."""
    first, *rest = name.split("_")
    return first + "".join(map(str.capitalize, rest))
