"""Graph's enumerations, to which it adds words as it likes. Pure."""

from enum import StrEnum
from typing import TypeVar

E = TypeVar("E", bound=StrEnum)


def known(words: type[E], word: str | None) -> E | None:
    """The member for a word, None for none and for one that is not known here."""
    return next((member for member in words if member.value == word), None)
