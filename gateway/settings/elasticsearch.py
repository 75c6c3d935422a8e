"""The settings of an Elasticsearch cluster."""

import ssl
from base64 import b64encode
from collections.abc import Iterable
from datetime import timedelta
from typing import Literal, Self

import msgspec
from pydantic import Field, model_validator

from gateway.adapters.elasticsearch.lookup import DEFAULT_LOOKBACK
from gateway.adapters.elasticsearch.series import DEFAULT_LIMITS, MAX_OCCURRENCES, SeriesLimits
from gateway.model.ids import ResourceId
from gateway.service.guard import MAX_MUTE, SourcePolicy
from gateway.settings.source import AnySource
from gateway.settings.value import Authorities, Duration, Fingerprint, Secret, Token, Urls


class ElasticsearchSettings(AnySource):
    """A cluster with machine learning calendars. It has one credential, of one of four kinds."""

    kind: Literal["elasticsearch"] = Field(description="`elasticsearch`.")
    allow_http: bool = Field(
        False, description="Allows `http` to other machines: anybody on the way can read the credential."
    )
    url: Urls = Field(
        description="Where the cluster answers, such as `https://es.example:9200`: one address, or a list of"
        " the addresses of its nodes, which take turns and stand in for each other.",
    )
    ca_file: Authorities | None = Field(
        None,
        description="A PEM file of the authorities that the cluster's certificate must come from, instead of"
        " those that the machine trusts.",
    )
    fingerprint: Fingerprint | None = Field(
        None,
        description="Instead of `ca_file` the SHA-256 of the cluster's certificate or of its authority's, as"
        " Elasticsearch prints it at its first start.",
    )
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
    allow_all_jobs: bool = Field(
        False, description="Whether calendars may be made to apply to all jobs, by `_all`."
    )

    series_horizon: Duration = Field(
        DEFAULT_LIMITS.horizon,
        gt=timedelta(0),
        description="How far a series is written out, as an ISO 8601 duration from its start or from today,"
        " whichever is later.",
    )
    series_occurrences: int = Field(
        DEFAULT_LIMITS.occurrences,
        ge=1,
        le=MAX_OCCURRENCES,
        description="The most events that one series is written out as from today on, and 1,000 in all.",
    )

    key_lookback: Duration = Field(
        DEFAULT_LOOKBACK,
        ge=timedelta(0),
        description="How far back events are read to look a key up, as an ISO 8601 duration from today; a"
        " draft that begins before that is looked up from its start.",
    )

    @model_validator(mode="after")
    def _trusts_in_one_way(self) -> Self:
        if self.ca_file is not None and self.fingerprint is not None:
            raise ValueError("ca_file and fingerprint do not go together: set one of them.")
        has_trust = self.ca_file is not None or self.fingerprint is not None
        if has_trust and any(url.startswith("http:") for url in self.url):
            raise ValueError("ca_file and fingerprint are for https: plain http shows no certificate.")
        return self

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
        return self.kind, *sorted(self.url)

    @property
    def tls(self) -> ssl.SSLContext | None:
        """Which servers are trusted, if not those that the machine trusts."""
        if self.fingerprint is None:
            return None if self.ca_file is None else _trusting(self.ca_file)
        from gateway.adapters.elasticsearch.fingerprint import pinned  # noqa: PLC0415 - slow, rarely needed

        return pinned(self.fingerprint)

    @property
    def series(self) -> SeriesLimits:
        """How far series are written out."""
        return SeriesLimits(horizon=self.series_horizon, occurrences=self.series_occurrences)

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
        return msgspec.structs.replace(
            super().policy(aliased), max_mute=self.max_mute, allow_all_jobs=self.allow_all_jobs
        )


def _trusting(ca_file: str) -> ssl.SSLContext:
    """Trust in these authorities, also in one whose own certificate lacks what RFC 5280 asks of it.

    Python refuses such from 3.13 on, and Elasticsearch's own are such up to 8.17
    (elastic/elasticsearch#117769).
    """
    context = ssl.create_default_context(cafile=ca_file)
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def _base64(text: str) -> str:
    return b64encode(text.encode()).decode()
