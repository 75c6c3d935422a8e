"""An OpenID provider on a loopback socket, for tests: it signs tokens, and changes its keys when told to."""

import json
from typing import Any, Self

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey

from gateway.sandbox.http import Request, Response
from gateway.sandbox.server import EmulatorServer

AUDIENCE = "calendar-gateway"
NOW = 1_800_000_000


class Provider:
    """Implements the sandbox's Emulator. `down` makes every answer a 503; `others` are further keys."""

    name = "issuer"

    def __init__(self) -> None:
        self.key: Any = RSAKey.generate_key(2048, {"kid": "first", "use": "sig"})
        self.url = ""
        self.down = False
        self.document: dict[str, Any] = {}
        self.others: list[Any] = []

    def route(self, request: Request) -> str:
        return request.target

    def answer(self, request: Request, *, lose: frozenset[int] = frozenset()) -> Response:
        if self.down:
            return self.error(503)
        if request.target == "/.well-known/openid-configuration":
            return _json({"issuer": self.url, "jwks_uri": f"{self.url}/keys?v=1"} | self.document)
        keys = KeySet([self.key]).as_dict(private=False)["keys"] if self.key else []
        return _json({"keys": [*self.others, *keys]})

    def error(self, status: int, retry_after: str | None = None) -> Response:
        return Response(status=status)

    def rotate(self) -> None:
        self.key = ECKey.generate_key("P-256", {"kid": "second", "use": "sig"})

    def token(self, *, now: float = NOW, key: Any = None, **claims: Any) -> str:
        """A token as it should be, less what `claims` say otherwise; None leaves one out."""
        key = key or self.key
        algorithm = "ES256" if isinstance(key, ECKey) else "RS256"
        usual = {"iss": self.url, "aud": AUDIENCE, "sub": "mia", "exp": int(now) + 300, "iat": int(now)}
        said = {name: value for name, value in (usual | claims).items() if value is not None}
        header = {"alg": algorithm, "kid": key.kid}
        return jwt.encode(header, said, key, algorithms=[algorithm])


def _json(document: Any) -> Response:
    return Response(
        status=200, headers={"Content-Type": "application/json"}, body=json.dumps(document).encode()
    )


class Served(EmulatorServer[Provider]):
    """The provider while it is entered."""

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        self.emulator.url = self.url
        return self

    @property
    def asked(self) -> list[str]:
        """Where it was asked, in order."""
        return [exchange.request.target for exchange in self.exchanges]
