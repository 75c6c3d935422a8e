"""Which pages a request may come from: one of another site acts with what its visitor may do, unasked.

Browsers say where a request comes from in headers that no script can set: Sec-Fetch-Site, and where that is
missing, Origin. Other clients send neither, and nobody but themselves is behind them. What a page may send
without asking first is refused besides: no form has the content type JSON, and a GET changes nothing.
"""

from collections.abc import Collection, Mapping
from typing import Final
from urllib.parse import urlsplit

from gateway.errors import Code
from gateway.http.refusal import Refusal

_FOREIGN: Final = frozenset({"cross-site", "same-site"})


def check_site(headers: Mapping[str, str], allowed: Collection[str]) -> None:
    """Raises Refusal for a request that a page of another site makes, unless its origin is allowed."""
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if (site is None and origin is None) or (origin is not None and origin.lower() in allowed):
        return
    if _is_foreign(site, origin, headers.get("host", "")):
        message = "Pages of other sites may not call the gateway. The setting is web.origins."
        raise Refusal(403, message, code=Code.REFUSED)


def _is_foreign(site: str | None, origin: str | None, host: str) -> bool:
    if site is not None:
        return site.lower() in _FOREIGN
    if origin is None:
        return False
    try:
        return urlsplit(origin).netloc.lower() != host.lower()
    except ValueError:
        return True
