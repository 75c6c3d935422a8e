"""What a client proves itself by instead of a secret: an assertion that its certificate's key has signed."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from re import fullmatch
from typing import Any

from gateway.sandbox.certificate import Certificate
from gateway.sandbox.msgraph.auth import APP_ID, TENANT_NAMES
from gateway.sandbox.msgraph.jwt import JWT
from gateway.sandbox.msgraph.refusals import OAuthError, Refusal

_ENDPOINT = rf"https?://[^/]+/(?:{'|'.join(TENANT_NAMES)})/(?:oauth2/(?:v2\.0/)?token|v2\.0)/?"
"""The audiences that are this endpoint, on whatever host."""

_SKEW = timedelta(minutes=5)
"""How far two clocks may be apart."""


def check_assertion(assertion: str, certificates: Iterable[Certificate], now: datetime) -> None:
    """Refuse an assertion that is not the application's own, for this endpoint, and for now."""
    token = JWT.parse(assertion)
    _check_signature(token, certificates)
    if not token.claims.get("iss") == token.claims.get("sub") == APP_ID:
        raise OAuthError(Refusal.OTHER_CLIENT)
    if fullmatch(_ENDPOINT, str(token.claims.get("aud"))) is None:
        raise OAuthError(Refusal.OTHER_AUDIENCE)
    if not _is_in_time(token.claims, now):
        raise OAuthError(Refusal.OUT_OF_TIME, f"Current time: {now:%Y-%m-%dT%H:%M:%S.%f}0Z.")


def _check_signature(token: JWT, certificates: Iterable[Certificate]) -> None:
    thumbprint = token.header.get("x5t#S256", token.header.get("x5t"))
    signers = [certificate for certificate in certificates if thumbprint in certificate.thumbprints]
    if not signers:
        raise OAuthError(Refusal.BAD_SIGNATURE, "The key was not found")
    algorithm = str(token.header.get("alg"))
    if not any(signer.has_signed(token.content, token.signature, algorithm) for signer in signers):
        reason = "Key was found, but use of the key to verify the signature failed"
        raise OAuthError(Refusal.BAD_SIGNATURE, reason)


def _is_in_time(claims: dict[str, Any], now: datetime) -> bool:
    """Whether now is between `nbf`, which may be absent, and `exp`."""
    begins, ends = claims.get("nbf", 0), claims.get("exp")
    if not isinstance(begins, int | float) or not isinstance(ends, int | float):
        return False
    skew = _SKEW.total_seconds()
    return begins - skew <= now.timestamp() < ends + skew
