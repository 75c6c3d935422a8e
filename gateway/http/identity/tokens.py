"""JSON Web Tokens of an OpenID provider: signature, issuer, audience, times, and the scopes they bring.

Importing this takes a tenth of a second, so it is imported only where an issuer is configured.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from hashlib import sha256
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import (
    BadSignatureError,
    ExpiredTokenError,
    InvalidClaimError,
    InvalidKeyIdError,
    JoseError,
    MissingClaimError,
)
from joserfc.jwk import KeySet
from joserfc.jwt import JWTClaimsRegistry

from gateway.errors import Code, GatewayError
from gateway.http.identity.caller import Caller
from gateway.http.identity.issuer import Issuer
from gateway.http.refusal import Later, NotIdentified
from gateway.service.scopes import FORM, Scopes
from gateway.settings.identity import OidcSettings

_LEEWAY: Final = 60
"""In seconds, for clocks that disagree."""
_LONGEST: Final = 16 * 1024
_PARTS: Final = 3
_KNOWN: Final = 256
_MALFORMED: Final = (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError)
"""What a token that a stranger made up may raise on its way through the library."""


class Tokens:
    """Implements Way: tokens of one issuer. `now` is the time in seconds since the epoch."""

    def __init__(self, expected: OidcSettings, issuer: Issuer, *, now: Callable[[], float]) -> None:
        self._expected = expected
        self._issuer = issuer
        self._now = now
        self._keys: KeySet | None = None
        self._known: dict[bytes, Mapping[str, Any]] = {}

    async def recognize(self, credential: str) -> Caller | None:
        """The caller whom a token names. Raises NotIdentified for one that does not hold, and Later."""
        if len(credential) > _LONGEST or credential.count(".") != _PARTS - 1:
            return None
        claims = await self._verified(credential)
        self._check(claims)
        name = claims.get(self._expected.caller_claim)
        if not isinstance(name, str) or not name:
            raise NotIdentified(f"The token has no claim {self._expected.caller_claim}.")
        return Caller(name=f"oidc:{name}", scopes=self._scopes(claims), has_token=True)

    async def aclose(self) -> None:
        await self._issuer.aclose()

    async def _verified(self, token: str) -> Mapping[str, Any]:
        """What the token says, once its signature holds. A key that is unknown may be a new one."""
        try:
            keys = await self._issuer.keys()
            try:
                return self._decoded(token, keys)
            except InvalidKeyIdError:
                return self._decoded(token, await self._issuer.keys(instead_of=keys))
        except GatewayError as exc:
            message = "The issuer of tokens does not answer, so the token cannot be checked."
            raise Later(503, message, code=Code.UNAVAILABLE, wait=timedelta(seconds=10)) from exc
        except InvalidKeyIdError as exc:
            raise NotIdentified("The token is not signed by a key of the issuer.") from exc
        except BadSignatureError as exc:
            raise NotIdentified("The signature of the token does not hold.") from exc
        except _MALFORMED as exc:
            raise NotIdentified("The token is malformed, or signed in a way that is not taken.") from exc

    def _decoded(self, token: str, keys: KeySet) -> Mapping[str, Any]:
        """What a token says that these keys signed: that is looked at once while they are held.

        To look again would take most of the time of a short request. Tokens themselves are not kept.
        """
        if keys is not self._keys or len(self._known) >= _KNOWN:
            self._keys, self._known = keys, {}
        digest = sha256(token.encode()).digest()
        if digest not in self._known:
            self._known[digest] = jwt.decode(token, keys, algorithms=self._expected.algorithms).claims
        return self._known[digest]

    def _check(self, claims: Mapping[str, Any]) -> None:
        """Raises NotIdentified for a token that is of another issuer, for others, or not of now."""
        times = JWTClaimsRegistry(
            now=int(self._now()),
            leeway=_LEEWAY,
            exp={"essential": True},
            iss={"essential": True},
            aud={"essential": True, "values": list(self._expected.audience)},
        )
        try:
            times.validate(dict(claims))
        except ExpiredTokenError as exc:
            raise NotIdentified("The token has expired.") from exc
        except (InvalidClaimError, MissingClaimError) as exc:
            raise NotIdentified(
                f"The token does not fit: {exc.description or 'a claim is missing'}."
            ) from exc
        if str(claims["iss"]).rstrip("/") != self._expected.issuer.rstrip("/"):
            raise NotIdentified("The token is of another issuer.")

    def _scopes(self, claims: Mapping[str, Any]) -> Scopes:
        prefix = self._expected.scope_prefix
        said = {
            name.removeprefix(prefix)
            for claim in self._expected.scope_claims
            for name in _names(claims.get(claim))
            if name.startswith(prefix)
        }
        return frozenset(filter(FORM.fullmatch, said)) | frozenset(self._expected.scopes)


def _names(value: object) -> Iterator[str]:
    """The names in a claim: words of a text, or the members of a list."""
    if isinstance(value, str):
        yield from value.split()
    elif isinstance(value, list):
        yield from (item for item in value if isinstance(item, str))
