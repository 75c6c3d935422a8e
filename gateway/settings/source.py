"""The settings of one source: where it is, whose credential it gets, and what may be done with it."""

from abc import ABC, abstractmethod
from base64 import b64encode
from collections.abc import Iterable
from datetime import timedelta
from typing import Annotated, Literal, Self

import msgspec
from pydantic import Field, model_validator

from gateway.adapters.msgraph.clouds import CLOUDS, Cloud, CloudName
from gateway.adapters.msgraph.oauth import Client, ClientSecret, Proof
from gateway.model.ids import ResourceId, encode_segment
from gateway.service.guard import MAX_INVITATIONS, MAX_MUTE, CalendarPattern, SourceMode, SourcePolicy
from gateway.settings.value import (
    ClientCertificate,
    Duration,
    Header,
    Patterns,
    Secret,
    Table,
    Tenant,
    Texts,
    TimeZone,
    Token,
    Url,
)


class _Source(Table, ABC):
    mode: SourceMode = Field(
        SourceMode.READ,
        description="`read` for reads and dry runs only, or `write`.",
    )
    calendars: Patterns | None = Field(
        None,
        description="The calendars that may be read and written, by their path after the source's name;"
        " those of aliases may be, too. `*` stands for any characters in a segment, or at the end for all"
        " segments that follow. Needed if the gateway holds the credential; else, all of the caller's.",
    )
    time_zone: TimeZone | None = Field(
        None,
        description="The zone of all-day events that come without one, if no alias says otherwise.",
    )
    upstream_timeout_seconds: float = Field(
        30.0,
        gt=0,
        le=600,
        description="The longest that one request to the upstream may take.",
    )

    credential_header: Header = Field(
        "authorization",
        description="The header of a call in which the caller's own credential for this source comes.",
    )

    @property
    @abstractmethod
    def authorization(self) -> str | None:
        """The Authorization header, if it is always the same."""

    @property
    @abstractmethod
    def audience(self) -> tuple[str, ...]:
        """Where a caller's credential goes: sources that take it from one header must agree in that."""

    @property
    def takes_callers_credential(self) -> bool:
        """Whether each caller's own credential is passed on."""
        return self.authorization is None

    @property
    def timeout(self) -> timedelta:
        return timedelta(seconds=self.upstream_timeout_seconds)

    def policy(self, aliased: Iterable[ResourceId] = ()) -> SourcePolicy:
        """The guard rails. `aliased` are the calendars of this source that aliases name, canonical."""
        everything = (CalendarPattern(("*",)),) if self.takes_callers_credential else ()
        named = everything if self.calendars is None else self.calendars
        exact = (CalendarPattern(tuple(map(encode_segment, calendar.segments))) for calendar in aliased)
        return SourcePolicy(mode=self.mode, calendars=(*named, *exact), time_zone=self.time_zone)


class ElasticsearchSettings(_Source):
    """A cluster with machine learning calendars. It has one credential, of one of four kinds."""

    kind: Literal["elasticsearch"] = Field(description="`elasticsearch`.")
    url: Url = Field(description="Where the cluster answers, such as `https://es.example:9200`.")
    api_key: Token | None = Field(
        None,
        description="An API key, encoded or as `id:key`. Reading takes the privilege `monitor_ml`,"
        " writing `manage_ml`.",
    )
    username: str | None = Field(None, min_length=1, description="A user, with `password`.")
    password: Secret | None = Field(None, description="The password of `username`.")
    bearer_token: Token | None = Field(None, description="An access token of the cluster's token service.")
    credential: Literal["caller"] | None = Field(
        None, description="`caller` passes each caller's own credential on."
    )
    max_mute: Duration = Field(
        MAX_MUTE, description="The longest event, as an ISO 8601 duration. Callers may lower it."
    )

    @model_validator(mode="after")
    def _has_one_credential(self) -> Self:
        if (self.username is None) != (self.password is None):
            raise ValueError("username and password go together: set both or neither.")
        if self.username is not None and ":" in self.username:
            raise ValueError("username cannot hold a colon.")
        ways = (self.api_key, self.username, self.bearer_token, self.credential)
        if sum(way is not None for way in ways) != 1:
            raise ValueError(
                'set exactly one of api_key, username with password, bearer_token, and credential = "caller".'
            )
        return self

    @property
    def audience(self) -> tuple[str, ...]:
        return self.kind, self.url

    @property
    def authorization(self) -> str | None:
        if self.api_key is not None:
            key = self.api_key.get_secret_value()
            return f"ApiKey {_base64(key) if ':' in key else key}"
        if self.bearer_token is not None:
            return f"Bearer {self.bearer_token.get_secret_value()}"
        if self.username is not None and self.password is not None:
            return f"Basic {_base64(f'{self.username}:{self.password.get_secret_value()}')}"
        return None

    def policy(self, aliased: Iterable[ResourceId] = ()) -> SourcePolicy:
        return msgspec.structs.replace(super().policy(aliased), max_mute=self.max_mute)


class MSGraphSettings(_Source):
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
    max_invitations: int = Field(
        MAX_INVITATIONS,
        ge=0,
        description="The most invitations that one call may send. Callers may lower it.",
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


SourceSettings = Annotated[ElasticsearchSettings | MSGraphSettings, Field(discriminator="kind")]


def _base64(text: str) -> str:
    return b64encode(text.encode()).decode()
