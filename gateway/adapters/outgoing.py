"""A request on its way out to an upstream, as it goes over the wire in HTTP/1."""

import re
from collections.abc import Mapping
from typing import Final

import httpx2

from gateway.errors import InvalidInput

_OF_ALL_REQUESTS: Final = "User-Agent: calendar-gateway\r\nAccept-Encoding: gzip, deflate\r\n"
_PLAIN: Final = re.compile(r"/(?:[A-Za-z0-9._~!$&()*+,;=:@/?-]+|%[0-9A-Fa-f]{2})*")
_LONGEST_PLAIN: Final = 4096
_HAVE_A_BODY: Final = frozenset({"POST", "PUT", "PATCH"})
"""Methods whose requests say how long their body is even where there is none."""


class Root:
    """The root of an upstream, under which all paths lie, and what all requests to it say."""

    def __init__(self, url: str) -> None:
        self._url = url
        root = httpx2.URL(url)
        self._path = root.raw_path.decode("ascii").rstrip("/")
        self._host = f"Host: {root.netloc.decode('ascii')}\r\n{_OF_ALL_REQUESTS}"

    def request(self, method: str, path: str, fields: str, body: bytes | None) -> bytes:
        """A whole request, with those header fields. Raises httpx2.InvalidURL."""
        length = ""
        if body or method in _HAVE_A_BODY:
            length = f"Content-Length: {len(body or b'')}\r\n"
        head = f"{method} {self._target(path)} HTTP/1.1\r\n{self._host}{fields}{length}\r\n"
        return head.encode("ascii") + (body or b"")

    def _target(self, path: str) -> str:
        """What stands on the request line: httpx mends what an upstream's link may hold, or refuses it."""
        if len(path) <= _LONGEST_PLAIN and "/." not in path and _PLAIN.fullmatch(path):
            return self._path + path
        return httpx2.URL(self._url + path).raw_path.decode("ascii")


def written(headers: Mapping[str, str]) -> str:
    """Headers as fields of a request.

    Raises InvalidInput for a value that HTTP cannot carry, without quoting it: it may be secret.
    """
    if not _can_be_carried("".join(headers.values())):
        name = next(name for name, value in headers.items() if not _can_be_carried(value))
        raise InvalidInput(f"The header {name} holds a character that HTTP cannot carry.")
    return "".join([f"{name}: {value}\r\n" for name, value in headers.items()])


def _can_be_carried(value: str) -> bool:
    return value.isascii() and value.isprintable()
