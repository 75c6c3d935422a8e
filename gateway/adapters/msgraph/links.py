"""Links to the next page: followed as they are, but never to anywhere but the source's own API. Pure."""

import re
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

from gateway.errors import UnexpectedAnswer

_PORTS: Final = {"http": 80, "https": 443}
_ADDRESS: Final = re.compile(r"[!-~]{1,60000}")
"""What goes on a request line as it is; HTTP clients refuse much longer ones."""


def path_of_link(link: str, *, base_url: str, version: str) -> str:
    """The request path, query included, that a link of the source means. Raises UnexpectedAnswer."""
    if not _ADDRESS.fullmatch(link):
        raise UnexpectedAnswer("A link to the next page is too long, or has what no address can have.")
    try:
        there, here = urlsplit(link), urlsplit(base_url)
        same_origin = _origin(there) == _origin(here)
    except ValueError as exc:
        raise UnexpectedAnswer("A link to the next page is no address.") from exc
    path = there.path.removeprefix(here.path)
    if not (same_origin and there.path.startswith(here.path) and path.startswith(f"/{version}/")):
        raise UnexpectedAnswer("A link to the next page leads away from the source, and was not followed.")
    if any(unquote(segment) in {".", ".."} for segment in path.split("/")):
        raise UnexpectedAnswer("A link to the next page has '.' or '..' in its path, and was not followed.")
    return f"{path}?{there.query}" if there.query else path


def _origin(url: SplitResult) -> tuple[str, str | None, int | None]:
    return url.scheme, url.hostname, url.port or _PORTS.get(url.scheme)
