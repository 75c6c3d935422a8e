"""The token endpoint: client credentials, on-behalf-of and refresh. Tokens of users are not signed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from re import fullmatch
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID, uuid5

import msgspec

from gateway.sandbox.http import Request, Response
from gateway.sandbox.msgraph.assertion import check_assertion
from gateway.sandbox.msgraph.auth import (
    APP_ID,
    APP_ROLES,
    AUDIENCE,
    DELEGATED_SCOPES,
    TENANT,
    TENANT_NAMES,
    Token,
    Tokens,
)
from gateway.sandbox.msgraph.items import Mailbox
from gateway.sandbox.msgraph.jwt import JWT, unsigned
from gateway.sandbox.msgraph.refusals import OAuthError, Refusal
from gateway.sandbox.msgraph.state import State

SECRET = "sandbox-client-secret"  # noqa: S105 a credential of the sandbox only, printed at its start
LIFETIME = timedelta(seconds=3599)
BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ON_BEHALF_OF = "urn:ietf:params:oauth:grant-type:jwt-bearer"
TRACE = UUID("7c1d7ac0-3c57-4d0c-8d6a-0f2f4b7f3b11")

OPENID_SCOPES = frozenset({"offline_access", "openid", "profile"})

_PATH = r"/([^/]+)/oauth2/v2\.0/token/?"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Grant:
    """What a refresh token stands for."""

    user: Mailbox
    scopes: frozenset[str]


def is_token_request(request: Request) -> bool:
    return fullmatch(_PATH, request.path) is not None


class TokenEndpoint:
    """Issues tokens for one application of one tenant."""

    def __init__(self, state: State, tokens: Tokens, now: Callable[[], datetime]) -> None:
        self._state = state
        self._tokens = tokens
        self._now = now
        self._refresh: dict[str, _Grant] = {}
        self._issued = 0
        self._refusals = 0

    def answer(self, request: Request) -> Response:
        try:
            status, body = 200, self._grant(request)
        except OAuthError as error:
            status, body = error.refusal.status, self._refused(error)
        headers = {"Content-Type": "application/json; charset=utf-8", "Cache-Control": "no-store, no-cache"}
        return Response(status=status, headers=headers, body=msgspec.json.encode(body))

    def _grant(self, request: Request) -> dict[str, Any]:
        form = dict(parse_qsl(request.body.decode("utf-8", "replace")))
        self._check_client(request, form)
        grant = _required(form, "grant_type")
        if grant == "client_credentials":
            return self._to_application(form)
        if grant == ON_BEHALF_OF:
            return self._on_behalf_of(form)
        if grant == "refresh_token":
            return self._refreshed(form)
        raise OAuthError(Refusal.BAD_GRANT, grant)

    def _check_client(self, request: Request, form: Mapping[str, str]) -> None:
        match = fullmatch(_PATH, request.path)
        tenant = match[1] if match else ""
        if tenant.lower() not in TENANT_NAMES:
            raise OAuthError(Refusal.TENANT, tenant)
        client_id = _required(form, "client_id")
        if client_id != APP_ID:
            raise OAuthError(Refusal.NO_CLIENT, client_id)
        if form.get("client_assertion_type") == BEARER:
            check_assertion(form.get("client_assertion", ""), self._tokens.certificates, self._now())
        elif "client_secret" not in form:
            raise OAuthError(Refusal.NO_SECRET)
        elif form["client_secret"] != SECRET:
            raise OAuthError(Refusal.BAD_SECRET)

    def _to_application(self, form: Mapping[str, str]) -> dict[str, Any]:
        scope = _required(form, "scope")
        if scope != f"{AUDIENCE}/.default":
            raise OAuthError(Refusal.BAD_SCOPE, scope)
        return self._issue(None, APP_ROLES)

    def _on_behalf_of(self, form: Mapping[str, str]) -> dict[str, Any]:
        claims = JWT.parse(_required(form, "assertion")).claims
        user = self._state.find(str(claims.get("oid", "")))
        is_for_us = claims.get("aud") in (APP_ID, f"api://{APP_ID}")
        if user is None or not is_for_us or form.get("requested_token_use") != "on_behalf_of":
            raise OAuthError(Refusal.BAD_TOKEN)
        return self._to_user(user, _scopes(_required(form, "scope")), form)

    def _refreshed(self, form: Mapping[str, str]) -> dict[str, Any]:
        grant = self._refresh.get(_required(form, "refresh_token"))
        if grant is None:
            raise OAuthError(Refusal.BAD_REFRESH)
        scopes = _scopes(form["scope"]) if "scope" in form else grant.scopes
        return self._to_user(grant.user, scopes, {**form, "scope": "offline_access"})

    def _to_user(self, user: Mailbox, scopes: frozenset[str], form: Mapping[str, str]) -> dict[str, Any]:
        """A delegated token; with `offline_access` a refresh token, a new one each time."""
        body = self._issue(user, scopes)
        body["scope"] = " ".join(sorted(f"{AUDIENCE}/{scope}" for scope in scopes))
        if "offline_access" in form["scope"].split():
            body["refresh_token"] = f"sandbox-refresh-{self._issued}"
            self._refresh[body["refresh_token"]] = _Grant(user=user, scopes=scopes)
        return body

    def _issue(self, user: Mailbox | None, allowed: frozenset[str]) -> dict[str, Any]:
        self._issued += 1
        expires = self._now() + LIFETIME
        value = unsigned(
            aud=AUDIENCE,
            iss=f"https://sts.windows.net/{TENANT}/",
            exp=int(expires.timestamp()),
            appid=APP_ID,
            tid=TENANT,
            uti=str(self._issued),
            ver="1.0",
            **_identity(user, allowed),
        )
        user_id = None if user is None else user.owner_id
        self._tokens.add(Token(value=value, user_id=user_id, allowed=allowed, expires=expires))
        seconds = int(LIFETIME.total_seconds())
        return {
            "token_type": "Bearer",
            "expires_in": seconds,
            "ext_expires_in": seconds,
            "access_token": value,
        }

    def _refused(self, error: OAuthError) -> dict[str, Any]:
        refusal = error.refusal
        self._refusals += 1
        trace = str(uuid5(TRACE, str(self._refusals)))
        stamp = f"{self._now():%Y-%m-%d %H:%M:%SZ}"
        trail = f"Trace ID: {trace} Correlation ID: {trace} Timestamp: {stamp}"
        return {
            "error": refusal.error,
            "error_description": f"AADSTS{refusal.number}: {error.text} {trail}",
            "error_codes": [refusal.number],
            "timestamp": stamp,
            "trace_id": trace,
            "correlation_id": trace,
        }


def _scopes(scope: str) -> frozenset[str]:
    """The scopes of Graph that are asked for; `.default` means all that were consented to."""
    names = {name.removeprefix(f"{AUDIENCE}/") for name in scope.split()} - {
        "offline_access",
        "openid",
        "profile",
    }
    if ".default" in names:
        return DELEGATED_SCOPES
    if not names <= DELEGATED_SCOPES:
        raise OAuthError(Refusal.NO_CONSENT)
    return frozenset(names)


def _identity(user: Mailbox | None, allowed: frozenset[str]) -> dict[str, Any]:
    if user is None:
        return {"idtyp": "app", "oid": str(uuid5(TRACE, APP_ID)), "roles": sorted(allowed)}
    return {"idtyp": "user", "oid": user.owner_id, "scp": " ".join(sorted(allowed)), "upn": user.names[0]}


def _required(form: Mapping[str, str], name: str) -> str:
    value = form.get(name, "")
    if not value:
        raise OAuthError(Refusal.MISSING, name)
    return value
