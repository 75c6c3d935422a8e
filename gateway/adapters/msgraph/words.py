"""Graph's enumerations, to which it adds words as it likes. Pure."""

from enum import StrEnum
from functools import cache
from typing import TypeVar

E = TypeVar("E", bound=StrEnum)


def known(words: type[E], word: str | None) -> E | None:
    """The member for a word, None for none and for one that is not known here."""
    return None if word is None else _members(words).get(word)


@cache
def _members(words: type[E]) -> dict[str, E]:
    return {member.value: member for member in words}
