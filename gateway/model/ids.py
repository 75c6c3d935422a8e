"""Readable ids: `<source>:<path>`, every path segment percent-encoded once.

`elasticsearch:planned-outages`, `msgraph:users/ops@contoso.com/calendar`. A name without a colon is an alias.
What the segments of a path mean is each adapter's business; that they are well formed is settled here.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from string import ascii_letters, digits
from typing import Final, Self
from urllib.parse import quote, unquote_to_bytes

import msgspec

from gateway.errors import InvalidId

SOURCE_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")
_SEGMENT: Final = re.compile(r"(?:[A-Za-z0-9\-._~@=+:,]|%[0-9A-Fa-f]{2})+")
_UNRESERVED: Final = re.compile(r"[A-Za-z0-9\-._~]*")  # to ask is cheaper than to encode
_AS_IT_IS: Final = f"{ascii_letters}{digits}-._~@=".encode()
_MAX_LENGTH: Final = 2048


class ResourceId(msgspec.Struct, frozen=True, gc=False):
    """The id of a calendar or an event: the source's name and the decoded segments of its path."""

    source: str
    segments: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.source}:{'/'.join(map(encode_segment, self.segments))}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """The id that `text` spells. Raises InvalidId, which says what is wrong and how to spell it."""
        if len(text) > _MAX_LENGTH:
            raise InvalidId(f"An id of {len(text)} characters is too long: at most {_MAX_LENGTH}.")
        return cls(*_parts(text))


class CalendarId(ResourceId, frozen=True):
    """The canonical id of one calendar."""


class EventId(ResourceId, frozen=True):
    """The canonical id of one event."""


def is_alias(text: str) -> bool:
    """Whether `text` is written as an alias: a name without a colon."""
    return ":" not in text


def encode_segment(segment: str) -> str:
    """One segment as ids spell it: all but unreserved characters, `@` and `=` encoded."""
    return segment if _is_as_it_is(segment) else quote(segment, safe="@=")


def encode_segments(segments: Sequence[str]) -> Sequence[str]:
    """Many segments as ids spell them."""
    return segments if _is_as_it_is("".join(segments)) else [*map(encode_segment, segments)]


def _is_as_it_is(text: str) -> bool:
    """Whether ids spell a text as it is: asked so, it takes a quarter of a regular expression's time."""
    return not text.encode(errors="replace").translate(None, _AS_IT_IS)


def encode_path(segments: Sequence[str]) -> str:
    """Segments as a request path below the upstream's root: all but unreserved characters encoded."""
    return "".join([f"/{encode(segment)}" for segment in segments])


def encode(text: str, *, safe: str = "") -> str:
    """A part of a URL, all but unreserved characters and the `safe` ones encoded."""
    return text if _UNRESERVED.fullmatch(text) else _quoted(text, safe)


@lru_cache(maxsize=1024)  # what a request selects, and mail addresses, come again and again
def _quoted(text: str, safe: str) -> str:
    return quote(text, safe=safe)


@lru_cache(maxsize=1024)  # calls name the same calendars again and again
def _parts(text: str) -> tuple[str, tuple[str, ...]]:
    """The source's name and the segments. Raises InvalidId."""
    source, colon, path = text.partition(":")
    if not colon or not SOURCE_NAME.fullmatch(source):
        raise InvalidId(
            f"{text!r} is no id: it must begin with the name of a source and a colon.",
            hint="Ids look like msgraph:users/ops@contoso.com/calendar or elasticsearch:planned-outages.",
        )
    return source, tuple([_decode_segment(segment, text) for segment in path.split("/")])


def _decode_segment(segment: str, text: str) -> str:
    if not segment:
        raise InvalidId(
            f"{text!r} is no id: a segment of its path is empty.",
            hint="Leave out the slash too many, or write what belongs there.",
        )
    if not _SEGMENT.fullmatch(segment):
        raise InvalidId(
            f"{text!r} is no id: {segment!r} holds a character that must be percent-encoded.",
            hint=f"Write it as {quote(segment, safe='@=+:,', errors='replace')}.",
        )
    try:
        decoded = unquote_to_bytes(segment).decode()
    except UnicodeDecodeError as exc:
        raise InvalidId(f"{text!r} is no id: {segment!r} does not decode to UTF-8.") from exc
    if decoded in {".", ".."}:
        raise InvalidId(f"{text!r} is no id: the segments '.' and '..' are refused.")
    return decoded
