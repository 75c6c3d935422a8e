"""What a caller may do: `read` or `write`, in all sources or, as `read:<source>`, in one."""

import re
from typing import Final

READ: Final = "read"
WRITE: Final = "write"
FORM: Final = re.compile(r"(?:read|write)(?::(?P<source>[a-z0-9-]+))?")

Scopes = frozenset[str]


def may_read(scopes: Scopes | None, source: str) -> bool:
    """Whether scopes let a caller read; without any, nobody was asked who he is, and all is allowed.

    Who may write may read: a write looks before and after.
    """
    return scopes is None or bool(_naming(READ, source) & scopes) or may_write(scopes, source)


def may_write(scopes: Scopes | None, source: str) -> bool:
    """Whether scopes let a caller write."""
    return scopes is None or bool(_naming(WRITE, source) & scopes)


def _naming(scope: str, source: str) -> Scopes:
    return frozenset({scope, f"{scope}:{source}"})
