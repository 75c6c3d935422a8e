"""The settings of who may call the gateway: API keys, and the issuer of tokens."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from gateway.settings.value import Digest, Issuer, ScopeNames, Table, Texts, Url, split

Algorithm = Literal[
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519"
]  # fmt: skip


class ApiKeySettings(Table):
    """An API key, called after who holds it."""

    sha256: Digest = Field(description="The key's SHA-256 in hexadecimal, as `gateway key` prints it.")
    scopes: ScopeNames = Field(
        ("read",),
        description="What its holder may do: `read`, or `write`, which includes it; for one source alone"
        " `read:<source>` and `write:<source>`.",
    )


class OidcSettings(Table):
    """An OpenID provider whose tokens are taken."""

    issuer: Issuer = Field(
        description="The provider as it calls itself in tokens, such as"
        " `https://login.microsoftonline.com/<tenant>/v2.0`. Its keys are found by OpenID discovery."
    )
    audience: Annotated[Texts, Field(min_length=1)] = Field(
        description="What tokens for this gateway have as audience: one of these."
    )
    algorithms: Annotated[tuple[Algorithm, ...], Field(min_length=1), BeforeValidator(split)] = Field(
        ("RS256", "PS256", "ES256"), description="How tokens may be signed."
    )
    jwks_url: Url | None = Field(None, description="Where the issuer's keys are, if not found by discovery.")
    caller_claim: str = Field(
        "sub", min_length=1, description="The claim that names the caller in the audit log."
    )
    scope_claims: Texts = Field(
        ("scope", "scp", "roles"),
        description="The claims that hold scopes, as a list or parted by blanks: those of API keys.",
    )
    scope_prefix: str = Field(
        "", description="What stands before each scope in a token, such as `calendars.`; others do not count."
    )
    scopes: ScopeNames = Field(
        (), description="What every caller with a token may do, whatever scopes are in it."
    )
