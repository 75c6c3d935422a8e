"""Which media type an answer takes, by the request's Accept header."""

import re
from typing import Final

GRAPHQL: Final = "application/graphql-response+json"
JSON: Final = "application/json"
HTML: Final = "text/html"
_WEIGHT: Final = re.compile(r"0(?:\.[0-9]*)?|1(?:\.0*)?")


def preferred(accept: str | None, offered: tuple[str, ...]) -> str | None:
    """The offered type that the client likes best, ties going to the first offered; None if it takes none.

    The more specific range decides on a type (RFC 9110, 12.5.1). Without the header anything goes.
    """
    ranges = [_range(part) for part in (accept or "").split(",") if part.strip()]
    if not ranges:
        return offered[0]
    weights = {media: _weight(media, ranges) for media in offered}
    best = max(offered, key=lambda media: weights[media])
    return best if weights[best] > 0 else None


def _range(part: str) -> tuple[str, float]:
    media, *parameters = [piece.strip().lower() for piece in part.split(";")]
    weight = next((piece[2:] for piece in parameters if piece.startswith("q=")), "1")
    return media, float(weight) if _WEIGHT.fullmatch(weight) else 0.0


def _weight(media: str, ranges: list[tuple[str, float]]) -> float:
    for pattern in (media, f"{media.partition('/')[0]}/*", "*/*"):
        found = [weight for name, weight in ranges if name == pattern]
        if found:
            return max(found)
    return 0.0
