"""A tenant's token endpoint: the forms that it is sent, and its refusals as our errors."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final, Protocol
from urllib.parse import urlencode

import msgspec

from gateway.adapters.msgraph.tokens import Token
from gateway.adapters.outgoing import fields
from gateway.adapters.retry_after import retry_after
from gateway.adapters.transport import Answer, Transport, request_path
from gateway.adapters.upstream import UpstreamLog, UpstreamRequest
from gateway.errors import (
    NoAnswer,
    NotSent,
    RateLimited,
    Unauthenticated,
    Unavailable,
    UnexpectedAnswer,
    UpstreamError,
)

_FIELDS: Final = fields({"accept": "application/json", "content-type": "application/x-www-form-urlencoded"})
_ON_BEHALF_OF: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_MAX_TEXT: Final = 300
_LONGEST: Final = 10**7
_NOTHING_SENT: Final = "Without a token nothing was sent to Graph."
_TRANSIENT: Final = frozenset({"temporarily_unavailable", "server_error"})
_CHALLENGED: Final = "Ask for a new token with the `claims` of this problem, and repeat the call with it."
_STRANGER: Final = "Check `cloud` and `token_url` of the source, and what stands before the token service."
_TENANT: Final = "Check `tenant` and `cloud` of the source."
_CONSENT: Final = "An administrator of the tenant must consent to what the application asks for."
_USER: Final = "The user must sign in anew: ask for a new token, and repeat the call with it."
_HINTS: Final[Mapping[int, str]] = {
    50013: "The caller's token must be issued for the gateway's own application, not for Graph.",
    50076: _USER,
    50079: _USER,
    50105: "An administrator must assign the user to the application.",
    50173: _USER,
    53003: "A conditional access policy of the tenant keeps this out.",
    65001: _CONSENT,
    90002: _TENANT,
    500011: _TENANT,
    500131: "The caller's token must be issued for the gateway's own application, not for Graph.",
    500133: "The caller's token has expired: ask for a new one.",
    700016: "Check `client_id`, `tenant` and `cloud` of the source.",
    700024: "Check the clock of this machine: the assertion's times are not accepted.",
    700027: "Upload the certificate to the application's registration.",
    7000215: "Check `client_secret`: it takes the secret's value, not its id.",
    7000222: "The client secret has expired: make a new one.",
}


class Proof(Protocol):
    """How an application proves who it is."""

    def form(self, *, client_id: str, audience: str, now: datetime) -> Mapping[str, str]:
        """The form's fields for one request to `audience`, the token endpoint's address."""
        ...


class ClientSecret:
    """Implements Proof."""

    def __init__(self, value: str) -> None:
        self._value = value

    def form(self, *, client_id: str, audience: str, now: datetime) -> Mapping[str, str]:  # noqa: ARG002 - a secret is always the same
        return {"client_secret": self._value}


class Client(msgspec.Struct, frozen=True, kw_only=True):
    """An application of a tenant, and how it proves who it is."""

    tenant: str
    client_id: str
    proof: Proof


class _Grant(msgspec.Struct):
    access_token: str
    expires_in: Annotated[int, msgspec.Meta(ge=0, le=_LONGEST)]


class _Refusal(msgspec.Struct):
    error: str
    error_description: str = ""
    error_codes: tuple[int, ...] = ()
    trace_id: str | None = None
    claims: str | None = None


class TokenEndpoint:
    """Gets tokens for `scope` as one application.

    Errors are such that nothing can have been written to Graph: a lost answer is NotSent. No secret is in
    them, and no request in any log.
    """

    def __init__(
        self,
        source: str,
        *,
        transport: Transport,
        client: Client,
        scope: str,
        now: Callable[[], datetime],
    ) -> None:
        self._source = source
        self._transport = transport
        self._client = client
        self._path = request_path((client.tenant, "oauth2", "v2.0", "token"))
        self._scope = scope
        self._now = now

    async def for_application(self) -> Token:
        """The application's own token. Raises UpstreamError."""
        return await self._token({"grant_type": "client_credentials"})

    async def on_behalf_of(self, assertion: str) -> Token:
        """A token of the user whose token for this application is `assertion`. Raises UpstreamError."""
        return await self._token(
            {"grant_type": _ON_BEHALF_OF, "assertion": assertion, "requested_token_use": "on_behalf_of"}
        )

    async def aclose(self) -> None:
        await self._transport.aclose()

    async def _token(self, grant: Mapping[str, str]) -> Token:
        asked, client = self._now(), self._client
        audience = self._transport.base_url + self._path
        secrets = {**client.proof.form(client_id=client.client_id, audience=audience, now=asked), **grant}
        answer = await self._post({"client_id": client.client_id, "scope": self._scope, **secrets})
        if not answer.ok:
            raise self._refused(answer, secrets)
        try:
            granted = msgspec.json.decode(answer.body, type=_Grant)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
            raise self._stranger(answer) from exc
        return Token(value=granted.access_token, expires=asked + timedelta(seconds=granted.expires_in))

    async def _post(self, form: Mapping[str, str]) -> Answer:
        body = urlencode(form).encode()
        request = UpstreamRequest(source=self._source, method="POST", path=self._path, body=body)
        try:
            return await self._transport.send(request, fields=_FIELDS, log=UpstreamLog())
        except (NoAnswer, UnexpectedAnswer) as exc:
            raise NotSent(f"There is no token for {self._source}: {exc}", hint=_NOTHING_SENT) from exc

    def _refused(self, answer: Answer, secrets: Mapping[str, str]) -> UpstreamError:
        try:
            refusal = msgspec.json.decode(answer.body, type=_Refusal)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            refusal = None
        if answer.status == 429 or answer.status >= 500 or (refusal and refusal.error in _TRANSIENT):
            error = RateLimited if answer.status == 429 else Unavailable
            return error(
                f"There is no token for {self._source}: its token endpoint answered {answer.status}.",
                hint=_NOTHING_SENT,
                retry_after=retry_after(answer.headers, now=datetime.now(UTC)),
            )
        return self._stranger(answer) if refusal is None else self._unauthenticated(refusal, secrets)

    def _unauthenticated(self, refusal: _Refusal, secrets: Mapping[str, str]) -> Unauthenticated:
        number = refusal.error_codes[0] if refusal.error_codes else None
        hint = _CHALLENGED if refusal.claims else _HINTS.get(number or 0)
        return Unauthenticated(
            f"There is no token for {self._source}: {_text(refusal, secrets)}",
            hint=f"{hint} {_NOTHING_SENT}" if hint else _NOTHING_SENT,
            upstream_code=f"AADSTS{number}" if number else refusal.error,
            request_id=refusal.trace_id,
            claims=refusal.claims,
        )

    def _stranger(self, answer: Answer) -> Unauthenticated:
        kind = answer.headers.get("content-type", "nothing that has a type")
        return Unauthenticated(
            f"What answered for the token endpoint of {self._source} is none: {answer.status} with {kind}.",
            hint=f"{_STRANGER} {_NOTHING_SENT}",
        )


def _text(refusal: _Refusal, secrets: Mapping[str, str]) -> str:
    """Microsoft's own words, without the trail that follows them, and without what was sent in confidence."""
    text = refusal.error_description.partition("Trace ID:")[0].strip()
    if not text or any(secret in text for secret in secrets.values()):
        return f"{refusal.error}."
    return text if len(text) <= _MAX_TEXT else f"{text[:_MAX_TEXT]}…"
