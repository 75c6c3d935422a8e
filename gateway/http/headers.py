"""Headers of any answer: what browsers may do with it, which is nothing, and how it may travel."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, TypeAlias

Header: TypeAlias = tuple[bytes, bytes]

SMALL: Final = 1024
"""What is shorter, in bytes, is not compressed for anybody."""
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
_CR, _LF = b"\r\n"
_REMEMBERED: Final = 16
"""So many headers, each of which may be as long as a head."""
_GZIP_REFUSED: Final = re.compile(r"gzip\s*;\s*q=0(?:\.0*)?\s*(?:,|$)", re.IGNORECASE)


def written(header: Header) -> bytes:
    """A header as it travels. Raises RuntimeError for what would be more than one."""
    line = b": ".join(header)
    if _CR in line or _LF in line:
        raise RuntimeError("Invalid HTTP header.")
    return line + b"\r\n"


def completed(given: Sequence[Header], *, is_zipping: bool) -> list[Header]:
    """The headers of an answer with those that are missing: what is there stays, as the explorer's policy."""
    named = dict(given)
    headers = [*given, *(header for header in POLICIES if header[0] not in named)]
    length, varies = named.get(b"content-length"), b"accept-encoding" in named.get(b"vary", b"").lower()
    if not (is_zipping or varies) and (length is None or int(length) >= SMALL):
        headers.append(VARY)
    return headers


@lru_cache(_REMEMBERED)
def takes_gzip(accepted: str | None) -> bool:
    """Whether a client takes what is compressed, by its Accept-Encoding."""
    return accepted is not None and "gzip" in accepted and _GZIP_REFUSED.search(accepted) is None
