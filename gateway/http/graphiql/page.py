"""The explorer's page and the files beside it, under a content security policy that names no other host."""

from datetime import datetime
from pathlib import Path
from string import Template
from typing import Final

import msgspec
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from gateway.http.graphiql.tabs import Tab, tabs

HERE: Final = Path(__file__).parent
BUILT: Final = HERE / "static"

# The editor writes its themes into style elements and takes no nonce: 'unsafe-inline', for styles alone.
CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self'; "
    "style-src 'self' 'unsafe-inline'; font-src 'self' data:; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

HEADERS: Final = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "cross-origin-opener-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}

BANNER: Final = (
    '<div class="sandbox" role="status"><strong>Sandbox.</strong> Both upstreams are emulated in this '
    "process: nothing here reaches a real calendar or cluster, and a restart begins anew.</div>"
)


class Explorer:
    """GraphiQL at /graphql. `built` is the folder that the build hook fills; it may be missing."""

    def __init__(self, *, sandbox: bool, built: Path = BUILT) -> None:
        self._sandbox = sandbox
        self._built = built
        stamp = built / "stamp"
        self._version = stamp.read_text(encoding="utf-8") if stamp.is_file() else None

    def routes(self) -> list[BaseRoute]:
        """The scripts and styles, at an address that changes with their content."""
        if self._version is None:
            return []
        bundle = _Bundle(directory=self._built)
        zipped = Middleware(GZipMiddleware, compresslevel=5)
        return [Mount(f"/graphql/static/{self._version}", bundle, name="explorer", middleware=[zipped])]

    def response(self, now: datetime) -> HTMLResponse:
        """The page, with tabs for the week of `now`; or, where it was not built, how to build it."""
        return HTMLResponse(self._page(now), headers={**HEADERS, "cache-control": "no-store"})

    def _page(self, now: datetime) -> str:
        if self._version is None:
            return (HERE / "missing.html").read_text(encoding="utf-8")
        return Template((HERE / "page.html").read_text(encoding="utf-8")).substitute(
            world="sandbox" if self._sandbox else "sources",
            static=f"graphql/static/{self._version}",  # relative, for gateways behind a path prefix
            samples=embedded(tabs(now, sandbox=self._sandbox)),
            banner=BANNER if self._sandbox else "",
        )


class _Bundle(StaticFiles):
    """Files that never change under their address."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers.update(HEADERS | {"cache-control": "public, max-age=31536000, immutable"})
        return response


def embedded(samples: tuple[Tab, ...]) -> str:
    """JSON that no HTML parser can leave early."""
    return msgspec.json.encode(samples).decode().replace("<", "\\u003c")
