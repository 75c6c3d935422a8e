"""What only Microsoft Graph calendars understand of an event that is written, in the schema."""

import re
from collections.abc import Sequence
from typing import Final, Protocol, TypeVar

import strawberry

from gateway.errors import InvalidInput, located
from gateway.model import msgraph as model
from gateway.schema.enums import Importance, OnlineMeetingProvider, Sensitivity, by_name
from gateway.schema.scalars import JSON

T_co = TypeVar("T_co", covariant=True)
_RESERVED: Final = frozenset({"id", "extensionName"})
_GUID: Final = r"\{[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\}"
_PROPERTY_ID: Final = re.compile(rf"[A-Za-z]+ (?:0x[0-9A-Fa-f]{{1,8}}|{_GUID} (?:Id 0x[0-9A-Fa-f]+|Name .+))")


@strawberry.input(description="A MAPI property with one value.")
class ExtendedPropertyInput:
    id: str = strawberry.field(
        description="Graph's grammar: `String {GUID} Name Ticket`, `Integer {GUID} Id 0x8501`, `String 0x37`."
    )
    value: str = strawberry.field(description="The value, as text.")

    def to_model(self) -> model.ExtendedProperty:
        return model.ExtendedProperty(id=_property_id(self.id), value=self.value)


@strawberry.input(description="A MAPI property with several values.")
class MultiValueExtendedPropertyInput:
    id: str = strawberry.field(description="Graph's grammar: `StringArray {GUID} Name Palette` and the like.")
    value: list[str] = strawberry.field(description="The values, as text.")

    def to_model(self) -> model.MultiValueExtendedProperty:
        return model.MultiValueExtendedProperty(id=_property_id(self.id), value=tuple(self.value))


@strawberry.input(description="An application's own JSON beside an event.")
class OpenExtensionInput:
    name: str = strawberry.field(description="A name of its own, such as `com.contoso.change`.")
    data: JSON = strawberry.field(description="A JSON object.")

    def to_model(self) -> model.OpenExtension:
        if not self.name.strip():
            raise InvalidInput("An extension needs a name.", path=("name",))
        data: object = self.data
        if not isinstance(data, dict):
            raise InvalidInput("The data of an extension is a JSON object.", path=("data",))
        for key in data:
            if key in _RESERVED or key.startswith("@"):
                raise InvalidInput(f"{key!r} is a name of Graph's own.", path=("data", key))
        return model.OpenExtension(name=self.name, data=data)


@strawberry.input(description="What only Microsoft Graph calendars understand; not sent where absent.")
class MSGraphEventOptions:
    importance: Importance | None = strawberry.field(default=None, description="How much it matters.")
    sensitivity: Sensitivity | None = strawberry.field(
        default=None, description="Who may see what it is about."
    )
    is_reminder_on: bool | None = strawberry.field(default=None, description="Whether a reminder comes.")
    reminder_minutes_before_start: int | None = strawberry.field(
        default=None, description="How many minutes before the start the reminder comes."
    )
    response_requested: bool | None = strawberry.field(
        default=None, description="Whether the organizer wants answers."
    )
    allow_new_time_proposals: bool | None = strawberry.field(
        default=None, description="Whether attendees may propose another time."
    )
    hide_attendees: bool | None = strawberry.field(
        default=None, description="Whether attendees see only themselves."
    )
    is_online_meeting: bool | None = strawberry.field(
        default=None, description="Whether it can be joined online. Once on, Graph ignores later changes."
    )
    online_meeting_provider: OnlineMeetingProvider | None = strawberry.field(
        default=None, description="Who provides the online meeting."
    )
    single_value_extended_properties: list[ExtendedPropertyInput] | None = strawberry.field(
        default=None, description="MAPI properties with one value. They are not read back."
    )
    multi_value_extended_properties: list[MultiValueExtendedPropertyInput] | None = strawberry.field(
        default=None, description="MAPI properties with several values. They are not read back."
    )
    extensions: list[OpenExtensionInput] | None = strawberry.field(
        default=None, description="Open extensions, for a new event only. They are not read back."
    )

    def to_model(self) -> model.MSGraphEventOptions:
        if self.reminder_minutes_before_start is not None and self.reminder_minutes_before_start < 0:
            raise InvalidInput(
                "A reminder cannot come after the start.",
                path=("reminderMinutesBeforeStart",),
                hint="Give minutes from 0 on, or `isReminderOn: false` for none.",
            )
        return model.MSGraphEventOptions(
            importance=by_name(model.Importance, self.importance),
            sensitivity=by_name(model.Sensitivity, self.sensitivity),
            is_reminder_on=self.is_reminder_on,
            reminder_minutes_before_start=self.reminder_minutes_before_start,
            response_requested=self.response_requested,
            allow_new_time_proposals=self.allow_new_time_proposals,
            hide_attendees=self.hide_attendees,
            is_online_meeting=self.is_online_meeting,
            online_meeting_provider=by_name(model.OnlineMeetingProvider, self.online_meeting_provider),
            single_value_extended_properties=_all(
                "singleValueExtendedProperties", self.single_value_extended_properties
            ),
            multi_value_extended_properties=_all(
                "multiValueExtendedProperties", self.multi_value_extended_properties
            ),
            extensions=_all("extensions", self.extensions),
        )


class _Input(Protocol[T_co]):
    def to_model(self) -> T_co: ...


def _all(name: str, given: Sequence[_Input[T_co]] | None) -> tuple[T_co, ...] | None:
    if given is None:
        return None
    found = []
    for index, item in enumerate(given):
        with located(name, index):
            found.append(item.to_model())
    return tuple(found)


def _property_id(written: str) -> str:
    if not _PROPERTY_ID.fullmatch(written):
        raise InvalidInput(
            f"{written!r} is no id of an extended property.",
            path=("id",),
            hint="Write `String {00020329-0000-0000-c000-000000000046} Name Ticket`, or `Integer 0x8501`.",
        )
    return written
