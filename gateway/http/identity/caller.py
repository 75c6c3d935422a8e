"""Who calls, and what he may do."""

from typing import Protocol

import msgspec

from gateway.service.scopes import Scopes


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Who was recognized. `name` is for the audit log and holds no secret.

    `has_token`: the credential is a token of the issuer, which may be exchanged on the caller's behalf. An
    API key is nobody's business but the gateway's.
    """

    name: str
    scopes: Scopes
    has_token: bool = False


class Way(Protocol):
    """A way to recognize a caller by the credential that came."""

    async def recognize(self, credential: str) -> Caller | None:
        """The caller, None if the credential is not of this way's kind. Raises Refusal."""
        ...

    async def aclose(self) -> None:
        """Gives up what is under way, and closes connections."""
        ...
