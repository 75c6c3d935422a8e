"""A key in Graph: two named properties of the event that bears it, and the transactionId that makes it. Pure.

Source: Graph's resource type singleValueLegacyExtendedProperty. Exchange compares names and values of such
properties ignoring case, and Outlook copies them with the event.
"""

import hashlib
from collections.abc import Sequence
from typing import Final, Self
from uuid import UUID, uuid5

import msgspec

from gateway.adapters.base import EventChange
from gateway.adapters.msgraph.drafts import encode, encode_json, to_wire
from gateway.adapters.msgraph.wire import GraphEvent, KeyBearer
from gateway.errors import InvalidInput
from gateway.model.event import Draft, Event, SourceKind
from gateway.model.key import folded
from gateway.model.msgraph import ExtendedProperty, MSGraphEventDetails, MSGraphEventOptions

GUID: Final = UUID("f566ef77-750a-409f-b26b-e00390007de1")
"""The set of the gateway's own properties: once events have it, it must stay what it is."""
KEY: Final = f"String {{{GUID}}} Name CalendarKey"
FINGERPRINT: Final = f"String {{{GUID}}} Name CalendarFingerprint"
GENERATIONS: Final = 8
"""How many events are made under one key, each after the one before it was deleted."""
EXPANSION: Final = f"singleValueExtendedProperties($filter=id eq '{KEY}' or id eq '{FINGERPRINT}')"
_DIGITS: Final = 32


class Fingerprint(msgspec.Struct, frozen=True):
    """What an event was made as, and the calendar for which it was."""

    calendar: str
    content: str

    def __str__(self) -> str:
        return f"{self.calendar}.{self.content}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Of whatever text: what nobody has written here is like no other."""
        calendar, _, content = text.partition(".")
        return cls(calendar, content)


def fingerprint(draft: Draft, calendar: str) -> Fingerprint:
    """What a draft is made as in a calendar, by Graph's own id of it. Raises GatewayError as `to_wire`.

    Only what Graph is sent counts, so that what another kind of source understands makes no difference.
    """
    days = draft.recurrence.except_dates if draft.recurrence else ()
    content = encode_json((to_wire(draft, transaction_id=""), days))
    return Fingerprint(name_of(calendar), _digest(content))


def name_of(calendar: str) -> str:
    """How fingerprints name a calendar, by Graph's own id of it."""
    return _digest(calendar.encode())


def marked(draft: Draft, calendar: str) -> Draft:
    """The draft with its key and its fingerprint among the properties that Graph is sent."""
    options = draft.options.get(SourceKind.MSGRAPH)
    if not isinstance(options, MSGraphEventOptions):
        options = MSGraphEventOptions()
    own = (
        ExtendedProperty(id=KEY, value=draft.key or ""),
        ExtendedProperty(id=FINGERPRINT, value=str(fingerprint(draft, calendar))),
    )
    properties = (*(options.single_value_extended_properties or ()), *own)
    options = msgspec.structs.replace(options, single_value_extended_properties=properties)
    return msgspec.structs.replace(draft, options={**draft.options, SourceKind.MSGRAPH: options})


def refingerprinted(change: EventChange) -> Draft:
    """The draft of a change by which an event with a key is no longer what any draft made it.

    Otherwise the draft that it was made as would seem to be what it still is. What is restored is so again. A
    draft that brings a fingerprint of its own is left as it is, and so is an occurrence, for the key is that
    of its series.
    """
    draft, details = change.draft, change.event.details
    options = draft.options.get(SourceKind.MSGRAPH) or MSGraphEventOptions()
    if not isinstance(details, MSGraphEventDetails) or not isinstance(options, MSGraphEventOptions):
        return draft
    given = options.single_value_extended_properties or ()
    is_kept = details.series_master_id is not None or any(one.id == FINGERPRINT for one in given)
    if details.fingerprint is None or is_kept:
        return draft
    changed = Fingerprint(Fingerprint.parse(details.fingerprint).calendar, "")
    value = _fingerprint_in(change.restored) or str(changed)
    properties = (*given, ExtendedProperty(id=FINGERPRINT, value=value))
    options = msgspec.structs.replace(options, single_value_extended_properties=properties)
    return msgspec.structs.replace(draft, options={**draft.options, SourceKind.MSGRAPH: options})


def _fingerprint_in(event: Event | None) -> str | None:
    details = event.details if event else None
    return details.fingerprint if isinstance(details, MSGraphEventDetails) else None


def encode_keyed(draft: Draft, calendar: str) -> bytes:
    """The body of the POST of a draft with a key, in the first generation."""
    return encode(marked(draft, calendar), transaction_id=transaction_id(calendar, draft.key or "", 0))


def transaction_id(calendar: str, key: str, generation: int) -> str:
    """The same for everybody who makes the event of a key: Exchange makes one of them."""
    return str(uuid5(GUID, f"{calendar}\n{folded(key)}\n{generation}"))


def filter_on(key: str) -> str:
    """The `$filter` for events that bear a key, in this case or another."""
    return f"singleValueExtendedProperties/Any(ep: ep/id eq '{KEY}' and ep/value eq '{key}')"


def key_of(event: GraphEvent | KeyBearer) -> str | None:
    """The key that an event bears, if the answer shows its properties."""
    return _property(event, KEY)


def fingerprint_of(event: GraphEvent) -> Fingerprint:
    return Fingerprint.parse(_property(event, FINGERPRINT) or "")


def check_own(draft: Draft) -> None:
    """Raises InvalidInput for a property of the caller's that would pass for one of the gateway's."""
    options = draft.options.get(SourceKind.MSGRAPH)
    if isinstance(options, MSGraphEventOptions):
        single, multi = options.single_value_extended_properties, options.multi_value_extended_properties
        _check("singleValueExtendedProperties", [one.id for one in single or ()])
        _check("multiValueExtendedProperties", [one.id for one in multi or ()])


def _check(field: str, names: Sequence[str]) -> None:
    for index, name in enumerate(names):
        if str(GUID) in name.lower():
            raise InvalidInput(
                f"{name!r} is in the property set in which the gateway holds keys.",
                path=("msgraph", field, index, "id"),
                hint="Give the event a `key`, and your own properties a GUID of your own.",
            )


def _property(event: GraphEvent | KeyBearer, name: str) -> str | None:
    found = event.single_value_extended_properties or ()
    return next((one.value for one in found if one.id.lower() == name.lower()), None)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:_DIGITS]
