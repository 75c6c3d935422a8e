"""The kinds of values that settings take, each parsed once and from then on trusted."""

import json
import re
import ssl
from collections.abc import Callable, Mapping
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Final, Literal, TypeVar
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    SecretStr,
    ValidationInfo,
)

from gateway.adapters.msgraph.oauth import Proof
from gateway.errors import GatewayError
from gateway.model.ids import ResourceId
from gateway.model.time import Duration as IsoDuration
from gateway.model.zones import zone
from gateway.service.guard import CalendarPattern
from gateway.service.scopes import FORM as SCOPE

T = TypeVar("T")

KNOWN_SOURCES: Final = "sources"
ALLOW_HTTP: Final = "allow_http"
_FINGERPRINT: Final = re.compile(r"[0-9a-f]{64}")
_HEADER: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_TENANT: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*")
_TENANTS_OF_NOBODY: Final = frozenset({"common", "organizations", "consumers"})


class Table(BaseModel):
    """A group of settings: frozen, without unknown names, and never quoting a value that it refuses."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


def split(value: object) -> object:
    """The list that a variable's text spells: JSON if it begins with a bracket, else parted by commas."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        try:
            return json.loads(value)
        except ValueError as exc:
            raise ValueError(f"it is no JSON array: {exc}.") from exc
    return [part.strip() for part in value.split(",") if part.strip()]


def _parsed(parse: Callable[[str], T]) -> Callable[[object], T]:
    """`parse` as pydantic takes it: errors of ours become ValueErrors with their hint."""

    def validate(value: object) -> T:
        if not isinstance(value, str):
            raise ValueError("it should be a string.")  # noqa: TRY004 - pydantic collects ValueErrors only
        try:
            return parse(value)
        except GatewayError as exc:
            raise ValueError(" ".join(filter(None, (exc.problem.message, exc.problem.hint)))) from exc

    return validate


def _target(value: object, info: ValidationInfo) -> ResourceId:
    target = _parsed(ResourceId.parse)(value)
    known = (info.context or {})[KNOWN_SOURCES]
    if target.source not in known:
        raise ValueError(
            f"{target} is in no configured source: there is no [sources.{target.source}]."
            f" Configured are: {', '.join(sorted(known)) or 'none'}."
        )
    return target


def _read(value: object) -> object:
    """A secret's text, read from its file if it is written as `{ file = … }`."""
    if not isinstance(value, Mapping):
        return value
    path = value.get("file")
    if len(value) != 1 or not isinstance(path, str):
        raise ValueError('it should be a string or { file = "/path/to/it" }.')
    try:
        return Path(path).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as exc:
        raise ValueError(f"its file cannot be read: {exc}.") from exc


def _header_safe(secret: SecretStr) -> SecretStr:
    text = secret.get_secret_value()
    if not (text.isascii() and text.isprintable()) or " " in text:
        raise ValueError("it holds blanks or characters that no token has; leave out the scheme before it.")
    return secret


def _url(text: str, info: ValidationInfo) -> str:
    """Says what is wrong without quoting the text, in which there may be a password."""
    try:
        parts = urlsplit(text)
        valid = parts.scheme in {"http", "https"} and parts.hostname and (parts.port is None or parts.port)
    except ValueError as exc:
        raise ValueError("it is no URL.") from exc
    if not valid:
        raise ValueError("it should be a URL like https://host:9200.")
    if parts.scheme == "http" and not is_loopback(parts.hostname or "") and not info.data.get(ALLOW_HTTP):
        raise ValueError(
            "it should be https: on the way to another machine anybody could read the credential."
        )
    if parts.username is not None:
        raise ValueError("credentials do not belong into a URL: they have settings of their own.")
    if parts.query or parts.fragment or not text.isprintable():
        raise ValueError("it should end with its path, without a query or a fragment.")
    return text.rstrip("/")


def _urls(texts: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
    return tuple(_url(text, info) for text in texts)


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches the address. A name other than `localhost` may mean anything."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _header(name: str) -> str:
    if not _HEADER.fullmatch(name):
        raise ValueError("it should be the name of a header, such as X-Graph-Authorization.")
    return name.lower()


def _tenant(name: str) -> str:
    if not _TENANT.fullmatch(name) or name.lower() in _TENANTS_OF_NOBODY:
        raise ValueError("it should be one tenant's id or domain, such as contoso.com.")
    return name


def _authorities(path: str) -> str:
    try:
        ssl.create_default_context(cafile=path)
    except OSError as exc:  # that of TLS is one, too
        raise ValueError(f"it is no readable file of certificates in PEM: {exc}.") from exc
    return path


def _issuer(text: str, info: ValidationInfo) -> str:
    _url(text, info)
    return text


def _digest(text: str) -> str:
    if not _FINGERPRINT.fullmatch(text.lower()):
        raise ValueError("it should be a SHA-256 in 64 hexadecimal digits: `gateway key` makes one.")
    return text.lower()


def _scope(name: str, info: ValidationInfo) -> str:
    match = SCOPE.fullmatch(name)
    if match is None:
        raise ValueError("it should be read, write, read:<source> or write:<source>.")
    known = (info.context or {})[KNOWN_SOURCES]
    if match["source"] is not None and known and match["source"] not in known:
        raise ValueError(f"there is no source {match['source']}. Configured are: {', '.join(sorted(known))}.")
    return name


def _fingerprint(text: str) -> str:
    plain = text.replace(":", "").lower()
    if not _FINGERPRINT.fullmatch(plain):
        raise ValueError("it should be a certificate's SHA-256 in 64 hexadecimal digits.")
    return plain


def _certificate(value: object) -> Proof:
    from gateway.adapters.msgraph.certificate import Certificate  # noqa: PLC0415 - slow, and rarely needed

    return _parsed(Certificate.parse)(_read(value))


def _reminder(value: object) -> int | Literal["off"]:
    if value == "off":
        return "off"
    if isinstance(value, bool) or not re.fullmatch(r"[0-9]{1,7}", str(value)):
        raise ValueError('it should be a number of minutes from 0 on, or "off".')
    return int(str(value))


def _duration(text: str) -> timedelta:
    return IsoDuration.parse(text).longest


Texts = Annotated[tuple[Annotated[str, Field(min_length=1)], ...], BeforeValidator(split)]
Patterns = Annotated[
    tuple[Annotated[CalendarPattern, PlainValidator(_parsed(CalendarPattern.parse))], ...],
    BeforeValidator(split),
]
Targets = Annotated[
    tuple[Annotated[ResourceId, PlainValidator(_target)], ...], Field(min_length=1), BeforeValidator(split)
]
Duration = Annotated[timedelta, PlainValidator(_parsed(_duration))]
TimeZone = Annotated[str, PlainValidator(_parsed(zone))]
Reminder = Annotated[int | Literal["off"], PlainValidator(_reminder)]
Url = Annotated[str, AfterValidator(_url)]
"""An upstream's root. Plain `http` to another machine needs a setting `allow_http` that comes before it."""
Urls = Annotated[tuple[str, ...], Field(min_length=1), BeforeValidator(split), AfterValidator(_urls)]
Issuer = Annotated[str, AfterValidator(_issuer)]
Digest = Annotated[str, AfterValidator(_digest)]
ScopeNames = Annotated[tuple[Annotated[str, AfterValidator(_scope)], ...], BeforeValidator(split)]
Authorities = Annotated[str, AfterValidator(_authorities)]
Fingerprint = Annotated[str, AfterValidator(_fingerprint)]
Header = Annotated[str, AfterValidator(_header)]
Tenant = Annotated[str, AfterValidator(_tenant)]
Secret = Annotated[SecretStr, Field(min_length=1), BeforeValidator(_read)]
Token = Annotated[Secret, AfterValidator(_header_safe)]
ClientCertificate = Annotated[Proof, PlainValidator(_certificate)]
