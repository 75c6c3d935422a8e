"""A draft as Graph's JSON: the body of the POST that makes an event. Pure."""

from typing import Final

import msgspec

from gateway.adapters.msgraph.recurrence import to_pattern
from gateway.adapters.msgraph.times import SentTime, sent_day, sent_in_series, sent_time
from gateway.adapters.msgraph.wire import (
    EmailAddress,
    GeoCoordinates,
    ItemBody,
    Location,
    NewAttendee,
    NewEvent,
    PatternedRecurrence,
    PhysicalAddress,
)
from gateway.errors import InvalidInput, located
from gateway.model.event import (
    Attendee,
    Coordinates,
    Draft,
    EventBody,
    EventLocation,
    PostalAddress,
    Recurrence,
    SourceKind,
)
from gateway.model.msgraph import OpenExtension
from gateway.model.time import EventTime

ASSIGNED: Final = "<assigned>"
"""Stands for the transactionId in a planned request, so that two dry runs show the same."""
_TRANSACTION: Final = b'"transactionId":'


def encode(draft: Draft, *, transaction_id: str = ASSIGNED) -> bytes:
    """The body of the POST. Raises InvalidInput for text that is not text."""
    return encode_json(to_wire(draft, transaction_id=transaction_id))


def with_transaction(body: bytes | None, transaction_id: str) -> bytes:
    """The body of the same POST with another transactionId, which is the last of its members."""
    before, member, _ = (body or b"").rpartition(_TRANSACTION)
    return b'%b%b"%b"}' % (before, member, transaction_id.encode())


def encode_json(body: object) -> bytes:
    """The body of a request. Raises InvalidInput for text that is not text."""
    try:
        return msgspec.json.encode(body)
    except UnicodeEncodeError as exc:
        raise InvalidInput("The event holds half of a character, which cannot be sent.") from exc


def to_wire(draft: Draft, *, transaction_id: str = ASSIGNED) -> NewEvent:
    """The event as Graph takes it; what was not given is not sent."""
    start, end = times(draft)
    event = NewEvent(
        subject=draft.title,
        body=_body(draft.body) if draft.body else None,
        start=start.wire,
        end=end.wire,
        is_all_day=draft.is_all_day,
        location=_location(draft.location) if draft.location else None,
        locations=None if draft.locations is None else tuple(map(_location, draft.locations)),
        attendees=None if draft.attendees is None else tuple(map(_attendee, draft.attendees)),
        show_as=draft.show_as,
        categories=draft.categories,
        recurrence=None if draft.recurrence is None else _recurrence(draft.recurrence, draft.start),
        transaction_id=transaction_id,
    )
    options = draft.options.get(SourceKind.MSGRAPH)
    return msgspec.structs.replace(event, **_options(options)) if options else event


def _recurrence(recurrence: Recurrence, start: EventTime) -> PatternedRecurrence:
    with located("recurrence"):
        return to_pattern(recurrence.rule, start)


def times(draft: Draft) -> tuple[SentTime, SentTime]:
    """Start and end as they are sent; those of an all-day event in one zone."""
    if draft.is_all_day:
        return sent_day(draft.start, draft.start.zone), sent_day(draft.end, draft.start.zone)
    if draft.recurrence is not None:
        with located("start"):
            start = sent_in_series(draft.start)
        with located("end"):
            return start, sent_in_series(draft.end)
    return sent_time(draft.start), sent_time(draft.end)


def _options(options: msgspec.Struct) -> dict[str, object]:
    """Writable properties bear the same names in the domain, and but for extensions look the same."""
    values = msgspec.structs.asdict(options)
    if values["extensions"] is not None:
        values["extensions"] = tuple(map(_extension, values["extensions"]))
    return values


def _extension(extension: OpenExtension) -> dict[str, object]:
    head = {"@odata.type": "microsoft.graph.openTypeExtension", "extensionName": extension.name}
    return {**head, **extension.data}


def _body(body: EventBody) -> ItemBody:
    if body.html is not None:
        return ItemBody(content_type="HTML", content=body.html)
    return ItemBody(content_type="Text", content=body.text or "")


def _attendee(attendee: Attendee) -> NewAttendee:
    return NewAttendee(
        email_address=EmailAddress(address=attendee.email, name=attendee.name), type=attendee.type
    )


def _location(place: EventLocation) -> Location:
    return Location(
        display_name=place.display_name,
        location_email_address=place.email,
        location_uri=place.uri,
        location_type=place.location_type,
        unique_id=place.unique_id,
        unique_id_type=place.unique_id_type,
        address=_address(place.address) if place.address else None,
        coordinates=_coordinates(place.coordinates) if place.coordinates else None,
    )


def _address(address: PostalAddress) -> PhysicalAddress:
    return PhysicalAddress(
        street=address.street,
        city=address.city,
        state=address.state,
        country_or_region=address.country_or_region,
        postal_code=address.postal_code,
    )


def _coordinates(place: Coordinates) -> GeoCoordinates:
    return GeoCoordinates(
        latitude=place.latitude,
        longitude=place.longitude,
        altitude=place.altitude,
        accuracy=place.accuracy,
        altitude_accuracy=place.altitude_accuracy,
    )
