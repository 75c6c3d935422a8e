"""What stands around every route: security headers, the names that are taken, other sites' pages, gzip."""

from collections.abc import Iterable

from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from gateway.http.compression import Compression
from gateway.http.headers import SecurityHeaders
from gateway.http.hosts import AllowedHosts, Names
from gateway.settings import Settings


def middleware(settings: Settings, credential_headers: Iterable[str]) -> list[Middleware]:
    """The layers, from the outside in. Pages of other sites may send the headers that carry credentials."""
    layers = [Middleware(SecurityHeaders), Middleware(AllowedHosts, names=Names.of(settings))]
    if settings.web.origins:
        sent = {"content-type", "x-request-id", settings.identity_header, *credential_headers}
        cors = Middleware(
            CORSMiddleware,
            allow_origins=settings.web.origins,
            allow_methods=("GET", "POST"),
            allow_headers=sorted(sent),
            expose_headers=("x-request-id", "retry-after"),
        )
        layers.append(cors)
    return [*layers, Middleware(Compression)]
