"""What differs between an event as a call wrote it and as it is now: what somebody else has edited. Pure."""

from collections.abc import Mapping
from typing import Final

import msgspec

from gateway.adapters.losses import camel_case
from gateway.errors import Conflict
from gateway.model.event import Draft, Event, EventBody, SourceKind, draft_of
from gateway.model.time import EventTime

_TIMES: Final = frozenset({"start", "end", "is_all_day", "recurrence"})
"""What is written together."""
_DECIDE: Final = "Nothing of it was overwritten: look at it, and decide by yourself what it is to be."


def differing(one: Draft, other: Draft) -> frozenset[str]:
    """The attributes in which drafts differ, options as `<kind>.<attribute>`."""
    names = set(Draft.__struct_fields__) - {"options", "key"}
    found = {name for name in names if getattr(one, name) != getattr(other, name)}
    for kind in one.options.keys() | other.options.keys():
        left, right = _options(one.options, kind), _options(other.options, kind)
        found |= {f"{kind}.{name}" for name in left | right if left.get(name) != right.get(name)}
    return frozenset(found)


def touched(made: Draft, now: Event, names: frozenset[str]) -> frozenset[str]:
    """Which of the attributes are not as they were made, with those that are written with them."""
    names |= _TIMES if names & _TIMES else frozenset()
    return names & differing(_gist(made), _gist(draft_of(now)))


def check_untouched(made: Draft, now: Event, names: frozenset[str]) -> None:
    """Raises Conflict where somebody else has edited any of the attributes that are to be written."""
    edited = touched(made, now, names)
    if edited:
        fields = ", ".join(sorted({"body": "description"}.get(name) or camel_case(name) for name in edited))
        raise Conflict(f"Somebody else has changed its {fields} since.", hint=_DECIDE)


def _gist(draft: Draft) -> Draft:
    """The draft without what is told in several ways: names of zones, and the layout of a text."""
    return msgspec.structs.replace(
        draft, start=_moment(draft.start), end=_moment(draft.end), body=_words(draft.body)
    )


def _moment(time: EventTime) -> EventTime:
    return EventTime(instant=time.instant, day=time.day)


def _words(body: EventBody | None) -> EventBody | None:
    return body and EventBody(text=" ".join((body.text or body.html or "").split()))


def _options(options: Mapping[SourceKind, msgspec.Struct], kind: SourceKind) -> dict[str, object]:
    return msgspec.structs.asdict(options[kind]) if kind in options else {}
