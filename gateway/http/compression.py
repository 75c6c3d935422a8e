"""Compression: what is long travels in gzip to clients that take it."""

import re
from typing import Final

from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.http.headers import first

_SMALL: Final = 1024
_LEVEL: Final = 4
_REFUSED: Final = re.compile(r"gzip\s*;\s*q=0(?:\.0*)?\s*(?:,|$)", re.IGNORECASE)
_VARY: Final = (b"vary", b"Accept-Encoding")


class Compression:
    """Compresses for those who take it; for the others there is nothing to do, and so little is done."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._compressing = GZipMiddleware(app, minimum_size=_SMALL, compresslevel=_LEVEL)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif _takes_gzip(first(scope, b"accept-encoding") or ""):
            await self._compressing(scope, receive, send)
        else:
            await self._app(scope, receive, _varying(send))


def _takes_gzip(accepted: str) -> bool:
    return "gzip" in accepted and _REFUSED.search(accepted) is None


def _varying(send: Send) -> Send:
    """Says of a long answer that it may look otherwise to those who take it compressed."""

    async def varying(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = message.get("headers", ())
            length = next((value for name, value in headers if name == b"content-length"), None)
            if length is None or int(length) >= _SMALL:
                message["headers"] = [*headers, _VARY]
        await send(message)

    return varying
