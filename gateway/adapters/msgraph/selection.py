"""Which of Graph's properties the attributes of an event are read from: what `$select` asks for. Pure."""

from functools import lru_cache
from typing import Final

import msgspec

from gateway.adapters.msgraph.wire import GraphEvent, Page, Resource
from gateway.model.event import SourceKind
from gateway.model.fields import ALWAYS, DETAILS, Fields

CONTEXT: Final = "@odata.context"
"""Tells whose an event is; of a page it comes but once."""
_DETAIL: Final = f"{SourceKind.MSGRAPH}."
_NEEDED: Final = ("id", "start", "end", "isAllDay", "originalStartTimeZone", "originalEndTimeZone")
"""What an event's name, its place in a list and its days cannot be told without."""
_ALWAYS: Final = (*_NEEDED, "type")
_FOREIGN: Final = frozenset(name for name in DETAILS if not name.startswith(_DETAIL))
_BETA: Final = frozenset({f"{_DETAIL}uid", f"{_DETAIL}occurrence_id"})
"""v1.0 refuses names that it does not know."""
_ATTRIBUTES: Final[dict[str, tuple[str, ...]]] = {
    "title": ("subject",),
    "body": ("body",),
    "status": ("isCancelled", "showAs"),
    "show_as": ("showAs",),
    "location": ("location",),
    "locations": ("locations",),
    "categories": ("categories",),
    "attendees": ("attendees",),
    "organizer": ("organizer",),
    "recurrence": ("recurrence",),
    "series_id": ("seriesMasterId",),
    "key": ("seriesMasterId",),  # an occurrence has its master's
    "web_url": ("webLink",),
    "revision": (),  # the ETag always comes
    "warnings": (),  # they are about times
}
_DETAILS: Final[dict[str, tuple[str, ...]]] = {
    f"{_DETAIL}event_id": (),
    f"{_DETAIL}fingerprint": (),  # it comes with the key
    f"{_DETAIL}response": ("responseStatus",),
    f"{_DETAIL}responded_at": ("responseStatus",),
    # The link to join comes only together with the flag.
    f"{_DETAIL}online_meeting": ("onlineMeeting", "isOnlineMeeting"),
}
_OF_THE_SAME_NAME: Final = {
    f"{_DETAIL}{field.name}": (field.encode_name,) for field in msgspec.structs.fields(GraphEvent)
}
_PROPERTIES: Final = _OF_THE_SAME_NAME | _DETAILS | _ATTRIBUTES | dict.fromkeys(ALWAYS, ())
"""When an event was created and changed is not here: a calendar view shows it only if nothing is selected."""
_UNASKED: Final[dict[str, tuple[str, ...]]] = {
    "revision": ("@odata.etag",),
    "key": ("singleValueExtendedProperties",),
    f"{_DETAIL}fingerprint": ("singleValueExtendedProperties",),
    "created_at": ("createdDateTime",),
    "updated_at": ("lastModifiedDateTime",),
}
"""What comes without being selected, and only so."""


@lru_cache(maxsize=256)
def select(fields: Fields, *, version: str) -> str | None:
    """The value of `$select`, None where the whole event is to come."""
    wanted = fields - _FOREIGN - (frozenset() if version == "beta" else _BETA)
    if not wanted <= _PROPERTIES.keys():
        return None
    return ",".join(dict.fromkeys((*_ALWAYS, *(name for it in sorted(wanted) for name in _PROPERTIES[it]))))


@lru_cache(maxsize=256)
def event_of(fields: Fields, *others: str) -> type[GraphEvent]:
    """An event of which only what is wanted is read, and the `others`: all else is None, whatever comes."""
    wanted = (_PROPERTIES.get(it, ()) + _UNASKED.get(it, ()) for it in fields)
    names = {*_NEEDED, *others}.union(*wanted)
    read = [field for field in msgspec.structs.fields(GraphEvent) if field.encode_name in names]
    unread = set(GraphEvent.__struct_fields__) - {field.name for field in read}
    return msgspec.defstruct(  # type: ignore[return-value]  # in all that is read of it it is one
        "SelectedEvent",
        [(it.name, it.type) if it.required else (it.name, it.type, it.default) for it in read],
        bases=(Resource,),
        namespace=dict.fromkeys(unread),
        rename={field.name: field.encode_name for field in read},
        frozen=True,
        kw_only=True,
    )


@lru_cache(maxsize=256)
def page_of(fields: Fields) -> type[Page[GraphEvent]]:
    """A page of such events: a class of its own, which says at once how it is read."""
    value = ("value", tuple[event_of(fields), ...])  # type: ignore[misc]  # a class, made just now
    return msgspec.defstruct(  # type: ignore[return-value]  # it is one
        "SelectedPage", [value], bases=(Page,), frozen=True, kw_only=True
    )
