"""Headers of any answer: what browsers may do with it, which is nothing, and how it may travel."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final, TypeAlias

Header: TypeAlias = tuple[bytes, bytes]

_REMEMBERED: Final = 256
_GZIP_REFUSED: Final = re.compile(r"gzip\s*;\s*q=0(?:\.0*)?\s*(?:,|$)", re.IGNORECASE)
_VARY: Final = (b"vary", b"Accept-Encoding")
_POLICIES: Final = {
    b"content-security-policy": (
        b"default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    ),
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"permissions-policy": b"camera=(), geolocation=(), microphone=()",
    b"referrer-policy": b"no-referrer",
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
}


def with_policies(given: Iterable[Header]) -> list[Header]:
    """The headers and those for browsers; one that is there already stays, as the explorer's own policy."""
    headers = list(given)
    names = dict(headers)
    if names.keys().isdisjoint(_POLICIES):
        return [*headers, *_POLICIES.items()]
    return [*headers, *(header for header in _POLICIES.items() if header[0] not in names)]


def with_vary(given: list[Header], *, least: int) -> list[Header]:
    """The headers of an answer, which say if it is long that it may look otherwise to those who take gzip."""
    length = dict(given).get(b"content-length")
    return [*given, _VARY] if length is None or int(length) >= least else given


@lru_cache(_REMEMBERED)
def takes_gzip(accepted: str | None) -> bool:
    """Whether a client takes what is compressed, by its Accept-Encoding."""
    return accepted is not None and "gzip" in accepted and _GZIP_REFUSED.search(accepted) is None
