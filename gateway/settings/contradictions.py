"""What settings must not say together, though each may say it alone."""

from collections.abc import Iterator
from typing import Final

from gateway.settings.settings import Settings
from gateway.settings.value import is_loopback

_LOST_SOURCES: Final = (
    "there are none, and on {host} the sandbox would pass for the real thing. Configure sources (does"
    " GATEWAY_CONFIG name your file?), or ask for the sandbox by name: sandbox = true, GATEWAY_SANDBOX=true."
)
_NOTHING_ALLOWED: Final = (
    "the gateway holds the credential, so the calendars that it may be used for must be named:"
    ' calendars = ["planned-*"], or ["*"] for all.'
)
_SHARED_HEADER: Final = (
    "{name} and {other} take the caller's credential from the header {header}, and each would get what is"
    " meant for the other. Give one of them another credential_header."
)
_NOBODY_ASKED: Final = (
    "{host} can be reached from other machines, and nobody is asked who calls. Configure API keys"
    " ([api_keys.<name>]; `gateway key` makes one) or an issuer of tokens ([oidc]), or listen on 127.0.0.1."
)
_NO_ROOM: Final = "a body of max_body_bytes would never find room: it must be that at least."
_IDENTITY_HEADER: Final = (
    "{name} takes the caller's credential from the header {header}, and there callers show the gateway who"
    " they are. Give it another credential_header, such as X-Graph-Authorization, or set identity_header."
)


def contradictions(settings: Settings) -> Iterator[tuple[tuple[str, ...], str]]:
    """What single settings allow and the whole must not say: which setting, and what is wrong."""
    if settings.sandbox and settings.sources:
        names = ", ".join(settings.sources)
        yield ("sandbox",), f"the sandbox does not mix with real sources: leave out either it or {names}."
    if not settings.sandbox and not settings.sources and not is_loopback(settings.host):
        yield ("sources",), _LOST_SOURCES.format(host=settings.host)
    if settings.sources and not settings.identifies_callers and not is_loopback(settings.host):
        yield ("host",), _NOBODY_ASKED.format(host=settings.host)
    for name, source in settings.sources.items():
        if source.calendars is None and not source.takes_callers_credential and not settings.aliased(name):
            yield ("sources", name, "calendars"), _NOTHING_ALLOWED
    if settings.limits.max_held_bytes < settings.limits.max_body_bytes:
        yield ("limits", "max_held_bytes"), _NO_ROOM
    yield from _shared_headers(settings)
    if settings.identifies_callers:
        yield from _headers_of_identity(settings)


def _shared_headers(settings: Settings) -> Iterator[tuple[tuple[str, ...], str]]:
    """Sources may share a header if what is in it goes to the same place from all of them."""
    first: dict[str, str] = {}
    for name, source in settings.sources.items():
        if not source.takes_callers_credential:
            continue
        header = source.credential_header
        other = first.setdefault(header, name)
        if settings.sources[other].audience != source.audience:
            what = _SHARED_HEADER.format(name=name, other=other, header=header)
            yield ("sources", name, "credential_header"), what


def _headers_of_identity(settings: Settings) -> Iterator[tuple[tuple[str, ...], str]]:
    """What callers show the gateway is for nobody else, unless it is a token that is made to be exchanged."""
    audience = " ".join(settings.oidc.audience).lower() if settings.oidc else ""
    for name, source in settings.sources.items():
        if source.takes_callers_credential and source.credential_header == settings.identity_header:
            client = source.exchanged_for
            if client is None or client.lower() not in audience:
                what = _IDENTITY_HEADER.format(name=name, header=settings.identity_header)
                yield ("sources", name, "credential_header"), what
