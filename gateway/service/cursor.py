"""The cursor of a time-ordered list: where the last row stood, trusted for nothing."""

import base64
import binascii
from datetime import UTC, datetime, timedelta
from typing import Final, Self

import msgspec

from gateway.errors import InvalidInput
from gateway.model.event import Event
from gateway.model.time import EPOCH

_MICROSECOND: Final = timedelta(microseconds=1)


class EventCursor(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """The (start, id) of the last row seen. A client that forges one sees other rows of what it may see."""

    micros: int
    id: str

    @classmethod
    def at(cls, event: Event) -> Self:
        return cls.behind(event.order)

    @classmethod
    def behind(cls, order: tuple[datetime, str]) -> Self:
        """The cursor of an event that stands there."""
        start, id_ = order
        return cls((start - EPOCH) // _MICROSECOND, id_)

    @classmethod
    def parse(cls, text: str) -> Self:
        """The cursor that `encode` wrote. Raises InvalidInput."""
        try:
            raw = base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
            cursor = msgspec.json.decode(raw, type=cls)
            cursor.order  # noqa: B018 - a start beyond the calendar must be refused here, not later
        except (ValueError, binascii.Error, OverflowError, msgspec.DecodeError) as exc:
            raise InvalidInput(
                f"{text[:100]!r} is no cursor of this list.",
                path=("after",),
                hint="Pass pageInfo.endCursor of the page before, unchanged.",
            ) from exc
        return cursor

    def encode(self) -> str:
        return base64.urlsafe_b64encode(msgspec.json.encode(self)).rstrip(b"=").decode()

    @property
    def start(self) -> datetime:
        return (EPOCH + self.micros * _MICROSECOND).astimezone(UTC)

    @property
    def order(self) -> tuple[datetime, str]:
        return self.start, self.id
