"""The settings of a Microsoft 365 tenant."""

from collections.abc import Iterable
from typing import Literal, Self

import msgspec
from pydantic import Field, model_validator

from gateway.adapters.msgraph.clouds import CLOUDS, Cloud, CloudName
from gateway.adapters.msgraph.mailboxes import LIMIT
from gateway.adapters.msgraph.oauth import Client, ClientSecret, Proof
from gateway.model.ids import ResourceId
from gateway.service.guard import MAX_INVITATIONS, SourcePolicy
from gateway.settings.source import AnySource
from gateway.settings.value import ClientCertificate, Secret, Tenant, Texts, Token, Url


class MSGraphSettings(AnySource):
    """Calendars of a Microsoft 365 tenant. Without a credential of its own it takes each caller's."""

    kind: Literal["msgraph"] = Field(description="`msgraph`.")
    cloud: CloudName = Field(
        "global", description="Microsoft's cloud: `global`, `us-gov`, `us-gov-dod` or `china`."
    )
    url: Url | None = Field(None, description="Graph's root where it is not the cloud's, as of an emulator.")
    token_url: Url | None = Field(
        None, description="The token service's root where it is not the cloud's; the tenant's path follows."
    )
    version: Literal["v1.0", "beta"] = Field("v1.0", description="The version of Graph: `v1.0` or `beta`.")
    credential: Literal["caller", "on-behalf-of"] | None = Field(
        None,
        description="`caller` passes each caller's own bearer token on, as is done anyway without another"
        " credential; `on-behalf-of` exchanges each caller's token for the application `client_id` for one"
        " of the same user for Graph.",
    )
    access_token: Token | None = Field(
        None, description="A fixed bearer token. It expires within hours: for trials and emulators."
    )
    tenant: Tenant | None = Field(None, description="The tenant of `client_id`: its id, or a domain.")
    client_id: str | None = Field(
        None, min_length=1, description="The application as which tokens are got, by its client id."
    )
    client_secret: Secret | None = Field(None, description="The application's secret.")
    certificate: ClientCertificate | None = Field(
        None,
        description="Instead of a secret the application's certificate, in PEM, with its RSA key, which has"
        " no password: the text, or `{ file = … }`.",
    )
    mailboxes: Texts = Field(
        (),
        description="The mailboxes whose calendars are listed where the token is an application's.",
    )
    requests_per_mailbox: int = Field(
        LIMIT,
        ge=1,
        le=LIMIT,
        description=f"How many requests this process sends to one mailbox at once. Graph takes {LIMIT} of an"
        " application: divide them by the number of replicas. With fewer nothing is sent in batches, which"
        f" Graph works on by {LIMIT} at once.",
    )
    max_invitations: int = Field(
        MAX_INVITATIONS,
        ge=0,
        description="The most people to whom one call may send mail. Callers may lower it.",
    )
    group_addresses: Texts = Field(
        (),
        description="E-mail addresses, with `*` for any characters, that are refused as attendees because"
        " nobody knows who is behind them, such as `all-*@contoso.com`.",
    )
    allow_group_addresses: Texts = Field(
        (),
        description="E-mail addresses, with `*` for any characters, that may be invited although they are"
        " among `group_addresses`.",
    )

    @model_validator(mode="after")
    def _has_one_credential(self) -> Self:
        application = (self.tenant, self.client_id, self.client_secret, self.certificate)
        if any(part is not None for part in application) and self.client is None:
            raise ValueError("set tenant, client_id and one of client_secret and certificate together.")
        if self.credential == "on-behalf-of" and self.client_id is None:
            raise ValueError('credential = "on-behalf-of" needs an application: set client_id.')
        ways = (self.access_token, self.client_id, self.credential == "caller" or None)
        if sum(way is not None for way in ways) > 1:
            raise ValueError('set only one of access_token, client_id, and credential = "caller".')
        return self

    @property
    def authorization(self) -> str | None:
        return None if self.access_token is None else f"Bearer {self.access_token.get_secret_value()}"

    @property
    def takes_callers_credential(self) -> bool:
        return self.credential is not None or (self.access_token is None and self.client_id is None)

    @property
    def exchanged_for(self) -> str | None:
        return self.client_id if self.credential == "on-behalf-of" else None

    @property
    def audience(self) -> tuple[str, ...]:
        if self.client_id is None:
            return self.kind, self.root
        return self.token_root, self.client_id.lower()

    @property
    def in_cloud(self) -> Cloud:
        return CLOUDS[self.cloud]

    @property
    def root(self) -> str:
        """Graph's root."""
        return self.url or self.in_cloud.graph

    @property
    def token_root(self) -> str:
        """The token service's root."""
        return self.token_url or self.in_cloud.login

    @property
    def client(self) -> Client | None:
        """The application as which tokens are got; None if there is none, or only a part of it."""
        proof = self._proof
        if self.tenant is None or self.client_id is None or proof is None:
            return None
        return Client(tenant=self.tenant, client_id=self.client_id, proof=proof)

    @property
    def _proof(self) -> Proof | None:
        """The secret or the certificate; None unless there is exactly one."""
        if self.client_secret is None:
            return self.certificate
        if self.certificate is not None:
            return None
        return ClientSecret(self.client_secret.get_secret_value())

    def policy(self, aliased: Iterable[ResourceId] = ()) -> SourcePolicy:
        return msgspec.structs.replace(
            super().policy(aliased),
            max_invitations=self.max_invitations,
            group_addresses=self.group_addresses,
            allow_group_addresses=self.allow_group_addresses,
        )
