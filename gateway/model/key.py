"""A key: the caller's own name for an event, such as a change ticket's, shared by all its copies."""

import re
from typing import Final

from gateway.errors import InvalidInput

_KEY: Final = re.compile(r"[A-Za-z0-9._:-]{1,64}")


def checked(key: str) -> str:
    """The key as it was written. Raises InvalidInput."""
    if not _KEY.fullmatch(key):
        raise InvalidInput(
            f"{key!r} is no key.",
            path=("key",),
            hint="A key has 1 to 64 of A-Z a-z 0-9 . _ : - and is unique ignoring case within a calendar.",
        )
    return key


def folded(key: str) -> str:
    """What keys that differ in case have in common: only one of them can be taken in a calendar."""
    return key.lower()
