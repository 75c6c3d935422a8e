"""What every request passes on its way in, and every answer on its way out."""

from collections.abc import Awaitable, Iterable
from functools import partial
from typing import Final

from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.http.answer import refused
from gateway.http.headers import LEVEL, SMALL, TAKES_GZIP, completed
from gateway.http.hosts import PROBES, Names
from gateway.http.media import JSON
from gateway.http.refusal import BadRequest
from gateway.http.remembered import Remembered
from gateway.http.request import received
from gateway.settings import Settings

_MISDIRECTED: Final = refused(
    BadRequest(421, "The gateway is not called so here. The setting is web.hosts."), JSON
)


def entrance(
    settings: Settings, credential_headers: Iterable[str], *, graphql: ASGIApp, routes: ASGIApp
) -> ASGIApp:
    """The way to GraphQL's endpoint, for all that is posted there, and to the routes.

    Pages of other sites may send the headers that carry credentials.
    """
    if not settings.web.origins:
        return _Entrance(graphql, routes, Names.of(settings))
    sent = {"content-type", "x-request-id", settings.identity_header, *credential_headers}
    open_to_others = partial(
        CORSMiddleware,
        allow_origins=settings.web.origins,
        allow_methods=("GET", "POST"),
        allow_headers=sorted(sent),
        expose_headers=("x-request-id", "retry-after"),
    )
    return _Entrance(open_to_others(graphql), open_to_others(routes), Names.of(settings))


class _Entrance:
    """Refuses what is addressed to another name. Probes may use any.

    Every answer tells browsers what they may do with it, and a long one travels in gzip if that is taken.

    What is posted goes straight to GraphQL, whose answers are complete, and packed if they are long:
    Starlette's way there costs more than many an operation.
    """

    def __init__(self, graphql: ASGIApp, routes: ASGIApp, names: Names) -> None:
        self._graphql = graphql
        self._routes = routes
        self._zipping_routes = _zipping(routes)
        self._allowed = Remembered(names.allow)

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """What is to be awaited: one coroutine less stands between a request and each of its steps."""
        if scope["type"] != "http":
            return self._routes(scope, receive, send)
        headers = received(scope)
        if not (self._allowed[headers.get("host")] or scope["path"] in PROBES):
            return _MISDIRECTED(scope, receive, send)
        if scope["path"] == "/graphql" and scope["method"] == "POST":
            return self._graphql(scope, receive, send)
        is_zipping = TAKES_GZIP[headers.get("accept-encoding")]
        app = self._zipping_routes if is_zipping else self._routes
        return app(scope, receive, partial(_leave, send, is_zipping))


def _zipping(app: ASGIApp) -> ASGIApp:
    return GZipMiddleware(app, minimum_size=SMALL, compresslevel=LEVEL)


async def _leave(send: Send, is_zipping: bool, message: Message) -> None:
    if message["type"] == "http.response.start":
        message["headers"] = completed(message.get("headers", ()), is_zipping=is_zipping)
    await send(message)
