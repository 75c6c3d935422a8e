"""A request on its way out to an upstream, as it goes over the wire in HTTP/1."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

import httpx2

from gateway.errors import InvalidInput

_OF_ALL_REQUESTS: Final = "User-Agent: calendar-gateway\r\nAccept-Encoding: gzip, deflate\r\n"
_PLAIN: Final = re.compile(r"/(?:[A-Za-z0-9._~!$&()*+,;=:@/?-]+|%[0-9A-Fa-f]{2})*")
_KEPT: Final = 256
_LONGEST_PLAIN: Final = 4096
_NO_BODY: Final = "Content-Length: 0\r\n"
_HAVE_A_BODY: Final = frozenset({"POST", "PUT", "PATCH"})
"""Methods whose requests say how long their body is even where there is none."""


class Root:
    """The root of an upstream, under which all paths lie, and what all requests to it say."""

    def __init__(self, url: str) -> None:
        self._url = url
        root = httpx2.URL(url)
        self._path = root.raw_path.decode("ascii").rstrip("/")
        self._host = f"Host: {root.netloc.decode('ascii')}\r\n{_OF_ALL_REQUESTS}"
        self._kept = lru_cache(_KEPT)(self._plain)

    def request(self, method: str, path: str, fields: str, body: bytes | None) -> bytes:
        """A whole request, with those header fields. Raises httpx2.InvalidURL."""
        target = self._kept(path) if len(path) <= _LONGEST_PLAIN else self._mended(path)
        head = f"{method} {target} HTTP/1.1\r\n{self._host}{fields}"
        if body:
            return f"{head}Content-Length: {len(body)}\r\n\r\n".encode("ascii") + body
        return f"{head}{_NO_BODY if method in _HAVE_A_BODY else ''}\r\n".encode("ascii")

    def _plain(self, path: str) -> str:
        """What stands on the request line: few paths are not as they are to be."""
        return self._path + path if "/." not in path and _PLAIN.fullmatch(path) else self._mended(path)

    def _mended(self, path: str) -> str:
        """The same by httpx, which mends what an upstream's link may hold, or refuses it."""
        return httpx2.URL(self._url + path).raw_path.decode("ascii")


def field(name: str, value: str) -> str:
    """A header as a field of a request.

    Raises InvalidInput for a value that HTTP cannot carry, without quoting it: it may be secret.
    """
    if not (value.isascii() and value.isprintable()):
        raise InvalidInput(f"The header {name} holds a character that HTTP cannot carry.")
    return f"{name}: {value}\r\n"


def fields(headers: Mapping[str, str]) -> str:
    """Headers as fields of a request. Raises InvalidInput."""
    return "".join(field(name, value) for name, value in headers.items())
