"""Headers of any answer: what browsers may do with it, which is nothing, and how it may travel."""

import re
from collections.abc import Sequence
from typing import Final, TypeAlias

from gateway.http.remembered import Remembered

Header: TypeAlias = tuple[bytes, bytes]

SMALL: Final = 1024
"""What is shorter, in bytes, is not compressed for anybody."""
LEVEL: Final = 4
"""How hard gzip tries."""
VARY: Final = (b"vary", b"Accept-Encoding")
"""In what is not: it may look otherwise to those who take gzip."""
POLICIES: Final = (
    (
        b"content-security-policy",
        b"default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    ),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
)
_GZIP_REFUSED: Final = re.compile(r"gzip\s*;\s*q=0(?:\.0*)?\s*(?:,|$)", re.IGNORECASE)


def completed(given: Sequence[Header], *, is_zipping: bool) -> list[Header]:
    """The headers of an answer with those that are missing: what is there stays, as the explorer's policy."""
    named = dict(given)
    headers = [*given, *(header for header in POLICIES if header[0] not in named)]
    length, varies = named.get(b"content-length"), b"accept-encoding" in named.get(b"vary", b"").lower()
    if not (is_zipping or varies) and (length is None or int(length) >= SMALL):
        headers.append(VARY)
    return headers


def _takes_gzip(accepted: str | None) -> bool:
    return accepted is not None and "gzip" in accepted and _GZIP_REFUSED.search(accepted) is None


TAKES_GZIP: Final = Remembered(_takes_gzip)
"""Whether a client takes what is compressed, by its Accept-Encoding."""
