"""What goes with a write of an event: warnings of what is not held as it was given, and side effects."""

from enum import StrEnum

import msgspec

from gateway.model.suppression import SuppressionWindow


class TranslationWarning(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One field that a calendar cannot hold as it was given. `field` is its path in the event's input.

    `given` and `sent` are plain JSON values; `sent` is None where nothing was sent. In a warning that only
    the upstream's answer gave cause for, `sent` is what it holds.
    """

    code: str
    field: str
    message: str
    given: object = None
    sent: object = None


class EffectKind(StrEnum):
    SENDS_INVITATIONS = "sends_invitations"
    SUPPRESSES_ANOMALIES = "suppresses_anomalies"


class SideEffect(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Something that a write does beside storing an event.

    `count` is the number of people invited; `windows` are the times that jobs ignore, where that is known.
    """

    kind: EffectKind
    message: str
    count: int | None = None
    windows: tuple[SuppressionWindow, ...] = ()

    @property
    def is_mail(self) -> bool:
        return self.kind is EffectKind.SENDS_INVITATIONS
