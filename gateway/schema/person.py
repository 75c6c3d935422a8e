"""People of an event: who organizes it, and who is invited."""

import re
from typing import Final, Self

import strawberry

from gateway.errors import InvalidInput
from gateway.model import event as model
from gateway.schema.enums import AttendeeResponse, AttendeeType, by_name
from gateway.schema.scalars import DateTime
from gateway.schema.time import EventTime

# One plain address: several in one, or one in brackets, would walk around the guard against groups.
_PLAIN: Final = r'[^\s@<>()\[\],;:"\\.\x00-\x1f\x7f]+'
_ADDRESS: Final = re.compile(rf"{_PLAIN}(?:\.{_PLAIN})*@{_PLAIN}(?:\.{_PLAIN})+")


def plain_address(email: str, *, hint: str) -> str:
    """One e-mail address and no more; `hint` says where the rest goes. Raises InvalidInput, at `email`."""
    plain = email.strip()
    if not _ADDRESS.fullmatch(plain):
        raise InvalidInput(
            f"{email!r} is no e-mail address.",
            path=("email",),
            hint=f"Give one plain address, such as ops@contoso.com; {hint}.",
        )
    return plain


@strawberry.type(description="Somebody with an address.")
class EventPerson:
    email: str = strawberry.field(description="The e-mail address.")
    name: str | None = strawberry.field(description="The display name.")

    @classmethod
    def of(cls, person: model.EventPerson) -> Self:
        return cls(email=person.email, name=person.name)


@strawberry.type(description="Somebody, or a room, that is invited.")
class Attendee:
    email: str = strawberry.field(description="The e-mail address.")
    name: str | None = strawberry.field(description="The display name.")
    type: AttendeeType = strawberry.field(description="What the attendee is to the meeting.")
    response: AttendeeResponse = strawberry.field(description="What the attendee answered.")
    responded_at: DateTime | None = strawberry.field(description="When; null as long as there is no answer.")
    proposed_start: EventTime | None = strawberry.field(
        description="When it should begin instead, if the attendee proposes another time."
    )
    proposed_end: EventTime | None = strawberry.field(description="When it should end instead.")

    @classmethod
    def of(cls, attendee: model.Attendee) -> Self:
        return cls(
            email=attendee.email,
            name=attendee.name,
            type=by_name(AttendeeType, attendee.type),
            response=by_name(AttendeeResponse, attendee.response),
            responded_at=None if attendee.responded_at is None else DateTime(attendee.responded_at),
            proposed_start=EventTime(time=attendee.proposed_start) if attendee.proposed_start else None,
            proposed_end=EventTime(time=attendee.proposed_end) if attendee.proposed_end else None,
        )


@strawberry.input(description="Somebody, or a room, to invite. Whoever is invited is sent mail.")
class AttendeeInput:
    email: str = strawberry.field(description="The e-mail address.")
    name: str | None = strawberry.field(default=None, description="The display name.")
    type: AttendeeType = strawberry.field(
        default=AttendeeType.REQUIRED, description="What the attendee is to the meeting."
    )

    def to_model(self) -> model.Attendee:
        email = plain_address(self.email, hint="the name goes into `name`")
        return model.Attendee(email=email, name=self.name, type=by_name(model.AttendeeType, self.type))
