"""Whose credential a call brings to Graph: a given token, the application's own, or one in exchange."""

import re
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Final, Protocol

import msgspec

from gateway.adapters.msgraph.claims import Claims, claims_of
from gateway.adapters.msgraph.oauth import TokenEndpoint
from gateway.adapters.msgraph.tokens import Tokens
from gateway.adapters.upstream import Call
from gateway.errors import Unauthenticated

_BEARER: Final = re.compile(r"bearer +([A-Za-z0-9._~+/-]+=*)", re.IGNORECASE)
_OURS: Final = "application"


class Credential(Protocol):
    """Where the Authorization header of a source's requests comes from."""

    def claims(self, call: Call) -> Claims:
        """Who acts, as far as that is known without asking anybody. Raises Unauthenticated."""
        ...

    async def authorization(self, call: Call) -> str:
        """The header's value. Raises UpstreamError, of the kinds that say that nothing was sent to Graph.

        Nobody waits for it beyond the deadline of the call.
        """
        ...

    def refused(self, authorization: str) -> None:
        """Takes note that Graph did not take a value for good."""
        ...

    async def aclose(self) -> None:
        """Gives up what is under way, and closes connections."""
        ...


class CallersToken(msgspec.Struct, frozen=True, kw_only=True):
    """The bearer token that a caller sends to a source, in `header`; `wanted` says in hints which."""

    source: str
    header: str = "authorization"
    wanted: str = "a Microsoft Graph token"

    def of(self, call: Call) -> str | None:
        """The token, None if the caller sends nothing. Raises Unauthenticated for what is no bearer token."""
        value = call.credentials.get(self.source)
        if value is None:
            return None
        match = _BEARER.fullmatch(value.strip())
        if match is None:
            raise Unauthenticated(
                f"The credential for the source {self.source} is no bearer token.", hint=self._hint
            )
        return match[1]

    def required(self, call: Call) -> str:
        """The token. Raises Unauthenticated if there is none."""
        token = self.of(call)
        if token is None:
            raise Unauthenticated(f"There is no credential for the source {self.source}.", hint=self._hint)
        return token

    @property
    def _hint(self) -> str:
        return f"Send `{self.header.title()}: Bearer …` with {self.wanted}. Nothing was sent."


class GivenToken(msgspec.Struct, frozen=True, kw_only=True):
    """Implements Credential: the caller's token as it is, if `callers` may come, else what is configured."""

    source: str
    callers: CallersToken | None = None
    configured: str | None = None

    def claims(self, call: Call) -> Claims:
        return claims_of(self._value(call))

    async def authorization(self, call: Call) -> str:
        return self._value(call)

    def refused(self, authorization: str) -> None:
        """There is no other."""

    async def aclose(self) -> None:
        """There is nothing to close."""

    def _value(self, call: Call) -> str:
        token = None if self.callers is None else self.callers.of(call)
        if token is not None:
            return f"Bearer {token}"
        if self.configured is not None:
            return self.configured
        if self.callers is not None:
            return self.callers.required(call)
        raise Unauthenticated(
            f"There is no credential for the source {self.source}.",
            hint=f"Configure a credential for {self.source}. Nothing was sent.",
        )


class _Issued:
    """What credentials have in common that are got from a token endpoint."""

    def __init__(self, endpoint: TokenEndpoint, tokens: Tokens) -> None:
        self._endpoint = endpoint
        self._tokens = tokens

    def refused(self, authorization: str) -> None:
        self._tokens.forget(authorization.removeprefix("Bearer "))

    async def aclose(self) -> None:
        await self._tokens.aclose()
        await self._endpoint.aclose()


class Application(_Issued):
    """Implements Credential: the application acts for itself, by client credentials."""

    def claims(self, call: Call) -> Claims:  # noqa: ARG002 - whoever calls
        return Claims(idtyp="app")

    async def authorization(self, call: Call) -> str:
        deadline = call.log.deadline
        return f"Bearer {await self._tokens.get(_OURS, self._endpoint.for_application, deadline=deadline)}"


class OnBehalfOf(_Issued):
    """Implements Credential: the caller's token for the gateway is exchanged for one of the same user.

    A caller's token that has expired is refused, although what it was exchanged for may live longer.
    """

    def __init__(
        self, endpoint: TokenEndpoint, tokens: Tokens, *, callers: CallersToken, now: Callable[[], datetime]
    ) -> None:
        super().__init__(endpoint, tokens)
        self._callers = callers
        self._now = now

    def claims(self, call: Call) -> Claims:
        return claims_of(self._callers.required(call))

    async def authorization(self, call: Call) -> str:
        assertion = self._callers.required(call)
        expires = claims_of(assertion).exp
        if expires is not None and expires <= self._now().timestamp():
            raise Unauthenticated(
                f"The caller's token for the source {self._callers.source} has expired.",
                hint="Ask for a new one, and repeat the call with it. Nothing was sent.",
            )
        fetch, deadline = partial(self._endpoint.on_behalf_of, assertion), call.log.deadline
        return f"Bearer {await self._tokens.get(assertion, fetch, deadline=deadline)}"
