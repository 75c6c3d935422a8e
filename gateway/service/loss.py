"""What a caller wants done where a calendar cannot hold an event as it is given."""

from collections.abc import Iterable
from enum import StrEnum

from gateway.adapters.byproducts import TranslationWarning
from gateway.adapters.losses import fields_lost
from gateway.errors import LossRefused


class LossPolicy(StrEnum):
    """WARN writes what can be held and says what is lost; REJECT writes all of an event or nothing."""

    WARN = "warn"
    REJECT = "reject"

    def check(self, source: str, warnings: Iterable[TranslationWarning]) -> None:
        """Raises LossRefused, which names every field that would be lost, where none may be."""
        lost = fields_lost(warnings) if self is LossPolicy.REJECT else []
        if lost:
            raise LossRefused(
                f"{source} cannot hold as given: {', '.join(lost)}. Nothing was written.",
                hint="The warnings say what would be stored. Leave these fields out, or take onLoss: WARN.",
            )
