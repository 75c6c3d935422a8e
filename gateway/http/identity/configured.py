"""Identity as it is configured."""

import time

from gateway.http.identity.api_keys import ApiKeys
from gateway.http.identity.caller import Way
from gateway.http.identity.identity import Identity
from gateway.settings import OidcSettings, Settings


def configured_identity(settings: Settings) -> Identity:
    """How callers are recognized; close it in the end."""
    ways: list[Way] = []
    if settings.api_keys:
        ways.append(ApiKeys(settings.api_keys))
    if settings.oidc is not None:
        ways.append(_tokens(settings.oidc))
    return Identity(settings.identity_header, ways)


def _tokens(settings: OidcSettings) -> Way:
    from gateway.http.identity.issuer import Issuer  # noqa: PLC0415 - slow, and not always needed
    from gateway.http.identity.tokens import Tokens  # noqa: PLC0415 - as above

    issuer = Issuer(settings.issuer, jwks_url=settings.jwks_url, clock=time.monotonic)
    return Tokens(settings, issuer, now=time.time)
