"""An HTTP exchange as an emulator sees it: the request line kept as it came, nothing normalised."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request. Header names are lower case; a repeated header is joined by ", "."""

    method: str
    target: str
    """The request target exactly as on the request line: still encoded, query included."""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def path(self) -> str:
        """The target without its query, still encoded."""
        return self.target.partition("?")[0]

    @property
    def segments(self) -> tuple[str, ...]:
        """The path's segments, split first and decoded after: an encoded slash stays inside its segment."""
        return tuple(unquote(segment) for segment in self.path.strip("/").split("/"))

    @property
    def query(self) -> str:
        """What follows the first "?", still encoded."""
        return self.target.partition("?")[2]


Headers = Mapping[str, str | tuple[str, ...]]
"""A header that comes several times has several values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """One response. The server adds Content-Length, Date and Connection."""

    status: int
    headers: Headers = field(default_factory=dict)
    body: bytes = b""
