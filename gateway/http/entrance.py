"""What every request passes on its way in, and every answer on its way out."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.http.answer import refused
from gateway.http.headers import takes_gzip, with_policies, with_vary
from gateway.http.hosts import PROBES, Names
from gateway.http.media import JSON
from gateway.http.refusal import BadRequest
from gateway.http.request import received
from gateway.settings import Settings

_REMEMBERED: Final = 256
_SMALL: Final = 1024
_LEVEL: Final = 4
_MISDIRECTED: Final = refused(
    BadRequest(421, "The gateway is not called so here. The setting is web.hosts."), JSON
)


def entrance(
    settings: Settings, credential_headers: Iterable[str], *, graphql: ASGIApp, routes: ASGIApp
) -> ASGIApp:
    """The way to GraphQL's endpoint, for all that is posted there, and to the routes.

    Pages of other sites may send the headers that carry credentials.
    """
    app: ASGIApp = _Fork(graphql, routes)
    if settings.web.origins:
        sent = {"content-type", "x-request-id", settings.identity_header, *credential_headers}
        app = CORSMiddleware(
            app,
            allow_origins=settings.web.origins,
            allow_methods=("GET", "POST"),
            allow_headers=sorted(sent),
            expose_headers=("x-request-id", "retry-after"),
        )
    return _Entrance(app, Names.of(settings))


class _Fork:
    """What is posted goes straight to GraphQL: Starlette's way there costs more than many an operation."""

    def __init__(self, graphql: ASGIApp, routes: ASGIApp) -> None:
        self._graphql = graphql
        self._routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_posted = scope.get("path") == "/graphql" and scope.get("method") == "POST"
        await (self._graphql if is_posted else self._routes)(scope, receive, send)


class _Entrance:
    """Refuses what is addressed to another name. Probes may use any.

    Every answer tells browsers what they may do with it, and a long one travels in gzip if that is taken.
    """

    def __init__(self, app: ASGIApp, names: Names) -> None:
        self._app = app
        self._zipping = GZipMiddleware(app, minimum_size=_SMALL, compresslevel=_LEVEL)
        self._allow = lru_cache(_REMEMBERED)(names.allow)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = received(scope)
        is_zipping = takes_gzip(headers.get("accept-encoding"))

        async def leave(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = with_policies(message.get("headers", ()))
                message["headers"] = given if is_zipping else with_vary(given, least=_SMALL)
            await send(message)

        app = self._zipping if is_zipping else self._app
        allows = scope["path"] in PROBES or self._allow(headers.get("host"))
        await (app if allows else _MISDIRECTED)(scope, receive, leave)
