"""The resource types of a request's body, as Graph's schema has them: what is mistyped is refused.

Unknown members pass, unless a switch says otherwise: the type `event` is open.
"""

from re import findall, fullmatch
from typing import Any, TypeVar

import msgspec
from msgspec import UNSET, Struct, UnsetType

from gateway.sandbox.http import Request
from gateway.sandbox.msgraph.errors import Cause, GraphError
from gateway.sandbox.msgraph.words import (
    AttendeeType,
    BodyType,
    Color,
    Day,
    Importance,
    LocationType,
    MeetingProvider,
    PatternType,
    RangeType,
    Sensitivity,
    ShowAs,
    UniqueIdType,
    WeekIndex,
)

MAX_BODY = 4 * 1024 * 1024

_NODE = "An unexpected '{}' node was found when reading from the JSON reader. A '{}' node was expected."
_LITERAL = "Cannot convert the literal '{}' to the expected type '{}'."
_VALUE = "PrimitiveValue"
_NODES = {"object": "StartObject", "array": "StartArray"}
"""What OData's reader calls a JSON node that is no plain value."""
_TYPES = {"str": "Edm.String", "int": "Edm.Int32", "float": "Edm.Double", "bool": "Edm.Boolean"}
"""What OData calls the type of a plain value."""

T = TypeVar("T")


class Resource(Struct, frozen=True, kw_only=True, rename="camel"):
    """A complex type. Members that were not sent are UNSET or have Graph's default."""


class DateTimeTimeZone(Resource, frozen=True):
    date_time: str
    time_zone: str | None = None


class ItemBody(Resource, frozen=True):
    content_type: BodyType | UnsetType = UNSET
    content: str | None = ""


class EmailAddress(Resource, frozen=True):
    address: str | None = None
    name: str | None = None


class Recipient(Resource, frozen=True):
    email_address: EmailAddress


class AttendeeIn(Recipient, frozen=True):
    type: AttendeeType | None = AttendeeType.REQUIRED


class PhysicalAddress(Resource, frozen=True, omit_defaults=True):
    street: str | UnsetType | None = UNSET
    city: str | UnsetType | None = UNSET
    state: str | UnsetType | None = UNSET
    country_or_region: str | UnsetType | None = UNSET
    postal_code: str | UnsetType | None = UNSET


class GeoCoordinates(Resource, frozen=True, omit_defaults=True):
    altitude: float | UnsetType | None = UNSET
    latitude: float | UnsetType | None = UNSET
    longitude: float | UnsetType | None = UNSET
    accuracy: float | UnsetType | None = UNSET
    altitude_accuracy: float | UnsetType | None = UNSET


class Location(Resource, frozen=True, omit_defaults=True):
    display_name: str | UnsetType | None = UNSET
    location_uri: str | UnsetType | None = UNSET
    location_email_address: str | UnsetType | None = UNSET
    location_type: LocationType | UnsetType | None = UNSET
    unique_id: str | UnsetType | None = UNSET
    unique_id_type: UniqueIdType | UnsetType | None = UNSET
    address: PhysicalAddress | UnsetType | None = UNSET
    coordinates: GeoCoordinates | UnsetType | None = UNSET


class RecurrencePattern(Resource, frozen=True):
    """Echoed with every member, defaults filled in."""

    type: PatternType
    interval: int
    month: int = 0
    day_of_month: int = 0
    days_of_week: tuple[Day, ...] = ()
    first_day_of_week: Day = Day.SUNDAY
    index: WeekIndex = WeekIndex.FIRST


class RecurrenceRange(Resource, frozen=True):
    type: RangeType
    start_date: str
    end_date: str = "0001-01-01"
    recurrence_time_zone: str | None = None
    number_of_occurrences: int = 0


class PatternedRecurrence(Resource, frozen=True):
    pattern: RecurrencePattern
    range: RecurrenceRange


class SingleValueProperty(Resource, frozen=True):
    id: str
    value: str | None = None


class MultiValueProperty(Resource, frozen=True):
    id: str
    value: tuple[str | None, ...] = ()


class EventIn(Resource, frozen=True):
    """An event as POSTed or PATCHed. Read-only members may be sent, and have no effect."""

    subject: str | UnsetType | None = UNSET
    body: ItemBody | UnsetType | None = UNSET
    start: DateTimeTimeZone | UnsetType = UNSET
    end: DateTimeTimeZone | UnsetType = UNSET
    is_all_day: bool | UnsetType | None = UNSET
    location: Location | UnsetType | None = UNSET
    locations: tuple[Location, ...] | UnsetType = UNSET
    attendees: tuple[AttendeeIn, ...] | UnsetType = UNSET
    recurrence: PatternedRecurrence | UnsetType | None = UNSET
    is_reminder_on: bool | UnsetType | None = UNSET
    reminder_minutes_before_start: int | UnsetType | None = UNSET
    importance: Importance | UnsetType | None = UNSET
    sensitivity: Sensitivity | UnsetType | None = UNSET
    show_as: ShowAs | UnsetType | None = UNSET
    categories: tuple[str, ...] | UnsetType = UNSET
    is_online_meeting: bool | UnsetType | None = UNSET
    online_meeting_provider: MeetingProvider | UnsetType | None = UNSET
    allow_new_time_proposals: bool | UnsetType | None = UNSET
    hide_attendees: bool | UnsetType | None = UNSET
    response_requested: bool | UnsetType | None = UNSET
    transaction_id: str | UnsetType | None = UNSET
    extensions: tuple[dict[str, Any], ...] | UnsetType = UNSET
    single_value_extended_properties: tuple[SingleValueProperty, ...] | UnsetType = UNSET
    multi_value_extended_properties: tuple[MultiValueProperty, ...] | UnsetType = UNSET


READ_ONLY_MEMBERS = frozenset(
    {
        *("id", "iCalUId", "uid", "changeKey", "createdDateTime", "lastModifiedDateTime", "bodyPreview"),
        *("hasAttachments", "isCancelled", "isDraft", "isOrganizer", "onlineMeeting", "onlineMeetingUrl"),
        *("originalStart", "originalStartTimeZone", "originalEndTimeZone", "responseStatus", "organizer"),
        *("seriesMasterId", "type", "webLink", "occurrenceId", "cancelledOccurrences"),
        *("attachments", "calendar", "exceptionOccurrences", "instances"),
    }
)
"""What an event has beside the members of EventIn."""


class CalendarIn(Resource, frozen=True):
    name: str | UnsetType | None = UNSET
    color: Color | UnsetType | None = UNSET
    is_default_calendar: bool | UnsetType | None = UNSET


class CalendarGroupIn(Resource, frozen=True):
    name: str | UnsetType | None = UNSET


class CancelIn(Struct, frozen=True):
    """The parameters of an action are read in either case."""

    comment: str | None = None


class ForwardIn(Resource, frozen=True):
    to_recipients: tuple[Recipient, ...]
    comment: str | None = None


class SnoozeIn(Resource, frozen=True):
    new_reminder_time: DateTimeTimeZone


class ProposedTime(Resource, frozen=True):
    start: DateTimeTimeZone
    end: DateTimeTimeZone


class RespondIn(Resource, frozen=True):
    comment: str | None = None
    send_response: bool | None = True
    proposed_new_time: ProposedTime | None = None


class ScheduleIn(Resource, frozen=True):
    schedules: tuple[str, ...]
    start_time: DateTimeTimeZone
    end_time: DateTimeTimeZone
    availability_view_interval: int | None = 30


class BatchItem(Struct, frozen=True, kw_only=True, rename="camel"):
    id: str
    method: str
    url: str
    headers: dict[str, str] = {}
    body: Any = UNSET
    depends_on: tuple[str, ...] = ()


class BatchIn(Struct, frozen=True):
    requests: tuple[BatchItem, ...]


def read(request: Request, kind: type[T]) -> T:
    """The body of a request as `kind`."""
    return convert(read_json(request), kind)


def read_event(request: Request, *, refuses_strangers: bool) -> EventIn:
    """The event of a request. Annotations are no members."""
    body = read_json(request)
    if refuses_strangers and isinstance(body, dict):
        known = READ_ONLY_MEMBERS.union(field.encode_name for field in msgspec.structs.fields(EventIn))
        for name in body:
            if name not in known and "@" not in name:
                raise GraphError(Cause.STRANGE_MEMBER, name)
    return convert(body, EventIn)


def read_action(request: Request, kind: type[T]) -> T:
    """The parameters of an action: names in either case, and no body at all is no parameters."""
    body = read_json(request) if request.body.strip() else {}
    if isinstance(body, dict):
        body = {f"{name[:1].lower()}{name[1:]}": value for name, value in body.items()}
    return convert(body, kind)


def read_json(request: Request) -> Any:
    if len(request.body) > MAX_BODY:
        raise GraphError(Cause.TOO_LARGE)
    media_type = request.headers.get("content-type", "")
    if media_type.partition(";")[0].strip().lower() != "application/json":
        raise GraphError(Cause.MEDIA_TYPE, media_type)
    try:
        return msgspec.json.decode(request.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise GraphError(Cause.BODY_NODE, f"Error reading JObject from JsonReader. {error}") from error


def convert(value: Any, kind: type[T]) -> T:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise _mistyped(value, str(error)) from error


def _mistyped(body: Any, reason: str) -> GraphError:
    """Wrong kinds of JSON node are one error of Graph, values out of their type's range another."""
    match = fullmatch(r"Expected `(\w+)[^`]*`, got `(\w+)`(?: - at `(.+)`)?", reason)
    if match is None or match[2] == "null":
        return GraphError(Cause.BODY_VALUE)
    wanted, got, path = match.groups(default="")
    if wanted in _NODES or got in _NODES:
        return GraphError(Cause.BODY_NODE, _NODE.format(_NODES.get(got, _VALUE), _NODES.get(wanted, _VALUE)))
    return GraphError(Cause.BODY_NODE, _LITERAL.format(_value_at(body, path), _TYPES[wanted]))


def _value_at(body: Any, path: str) -> Any:
    """The value at a path like `$.attendees[0].type`; `[...]` is some value of a map, and stays the map."""
    for name, index in findall(r"\.(\w+)|\[(\d+)\]", path):
        body = body[int(index) if index else name]
    return body
