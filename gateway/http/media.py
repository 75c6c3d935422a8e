"""Which media type an answer takes, by the request's Accept header."""

from typing import Final

GRAPHQL: Final = "application/graphql-response+json"
JSON: Final = "application/json"
HTML: Final = "text/html"


def preferred(accept: str | None, offered: tuple[str, ...]) -> str | None:
    """The offered type that the client likes best, ties going to the first offered; None if it takes none.

    The more specific range decides on a type (RFC 9110, 12.5.1). Without the header anything goes.
    """
    if accept is None or not accept.strip():
        return offered[0]
    ranges = [_range(part) for part in accept.split(",") if part.strip()]
    weights = {media: _weight(media, ranges) for media in offered}
    best = max(offered, key=lambda media: weights[media])
    return best if weights[best] > 0 else None


def _range(part: str) -> tuple[str, float]:
    media, *parameters = [piece.strip().lower() for piece in part.split(";")]
    weight = next((piece[2:] for piece in parameters if piece.startswith("q=")), "1")
    try:
        return media, min(max(float(weight), 0.0), 1.0)
    except ValueError:
        return media, 0.0


def _weight(media: str, ranges: list[tuple[str, float]]) -> float:
    for pattern in (media, f"{media.partition('/')[0]}/*", "*/*"):
        found = [weight for name, weight in ranges if name == pattern]
        if found:
            return max(found)
    return 0.0
