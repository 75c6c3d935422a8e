"""What was made of short texts that requests bring, such as their headers: it is made once for each."""

from collections.abc import Callable, Sized
from typing import Final, TypeVar

K = TypeVar("K", bound=Sized | None)
V = TypeVar("V")

_MOST: Final = 16
_LONGEST: Final = 256
"""In characters or bytes: whoever sends what is longer has it made each time, and nothing of it stays."""


class Remembered(dict[K, V]):
    """What `make` makes of a key, for the `most` of them that came since it last was full.

    Looking up what is known is C's alone, which a function that looks at lengths first is not.
    """

    def __init__(self, make: Callable[[K], V], *, most: int = _MOST, longest: int = _LONGEST) -> None:
        super().__init__()
        self._make = make
        self._most = most
        self._longest = longest

    def __missing__(self, key: K) -> V:
        made = self._make(key)
        if key is None or len(key) <= self._longest:
            if len(self) >= self._most:
                self.clear()
            self[key] = made
        return made
