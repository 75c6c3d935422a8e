"""Who is calling and what they may do: API keys, passwords and tokens, and the privileges behind them."""

import binascii
from base64 import b64decode
from collections.abc import Iterable

from gateway.sandbox.elasticsearch.errors import FORBIDDEN, Cause, Failure
from gateway.sandbox.elasticsearch.versions import Feature, Version
from gateway.sandbox.http import Request
from gateway.sandbox.world import Principal, Scheme

MISSING = "missing authentication credentials for REST request [{}]"
WRONG_PASSWORD = "unable to authenticate user [{}] for REST request [{}]"  # noqa: S105 a reason, no secret
REJECTED = (
    "unable to authenticate with provided credentials and anonymous access is not allowed for this request"
)
UNKNOWN_KEY = "API key: unable to find apikey with id {}"
WRONG_KEY = "API key: invalid credentials for API key [{}]"
EXPIRED_KEY = "API key: api key is expired"
UNKNOWN_TOKEN = "oauth2 token: invalid token"  # noqa: S105 as above

GRANTS = (
    ("cluster:admin/xpack/ml/", ("manage_ml", "manage", "all")),
    ("cluster:monitor/xpack/ml/", ("monitor_ml", "manage_ml", "monitor", "manage", "all")),
    ("cluster:monitor/", ("monitor", "manage", "all")),
)
"""Privileges that grant an action, by how its name begins."""


def authenticate(request: Request, principals: Iterable[Principal], version: Version) -> Principal:
    """Whose credential the request carries; 401 with the challenges if nobody's."""
    scheme, _, credential = request.headers.get("authorization", "").partition(" ")
    known = {(principal.scheme, principal.id): principal for principal in principals}
    match scheme.lower():
        case "apikey":
            return _api_key(_pair(credential), known, version)
        case "basic":
            user, secret = _pair(credential)
            principal = known.get((Scheme.BASIC, user))
            if principal is None or principal.secret != secret:
                raise unauthenticated(version, WRONG_PASSWORD.format(user, request.target))
            return principal
        case "bearer":
            principal = known.get((Scheme.BEARER, credential.strip()))
            if principal is None or principal.is_expired:
                raise unauthenticated(version, REJECTED, UNKNOWN_TOKEN)
            return principal
    raise unauthenticated(version, MISSING.format(request.target))


def _api_key(
    pair: tuple[str, str], known: dict[tuple[Scheme, str], Principal], version: Version
) -> Principal:
    key, secret = pair
    principal = known.get((Scheme.API_KEY, key))
    if principal is None:
        raise unauthenticated(version, REJECTED, UNKNOWN_KEY.format(key))
    if principal.secret != secret:
        raise unauthenticated(version, REJECTED, WRONG_KEY.format(key))
    if principal.is_expired:
        raise unauthenticated(version, REJECTED, EXPIRED_KEY)
    return principal


def _pair(credential: str) -> tuple[str, str]:
    """Id and secret; what is not base64 of "id:secret" belongs to nobody."""
    try:
        name, _, secret = b64decode(credential, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return name, secret


def unauthenticated(version: Version, reason: str, why: str | None = None) -> Failure:
    comma = "" if version.has(Feature.REALM_WITHOUT_COMMA) else ","
    challenges = [f'Basic realm="security"{comma} charset="UTF-8"', 'Bearer realm="security"', "ApiKey"]
    tried = {} if why is None else {"additional_unsuccessful_credentials": why}
    metadata = {**tried, "header": {"WWW-Authenticate": challenges}}
    cause = Cause("security_exception", reason, metadata=metadata)
    return Failure(401, cause, headers={"WWW-Authenticate": tuple(challenges)})


def authorize(principal: Principal, action: str) -> None:
    """403 unless one of the principal's privileges grants the action."""
    granting = next((names for prefix, names in GRANTS if action.startswith(prefix)), ("all",))
    if principal.privileges.isdisjoint(granting):
        raise FORBIDDEN(action, _subject(principal), ",".join(granting))


def _subject(principal: Principal) -> str:
    if principal.scheme is Scheme.API_KEY:
        return f"API key id [{principal.id}] of user [{principal.user}]"
    return f"user [{principal.user}] with effective roles [{','.join(principal.roles)}]"
