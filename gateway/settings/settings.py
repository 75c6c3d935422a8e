"""All settings of the gateway, and what they must not say together."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, Field, model_validator

from gateway.model.announcement import Announcement
from gateway.model.event import ShowAs
from gateway.model.ids import SOURCE_NAME, ResourceId
from gateway.service.audit import AuditTrail, open_sink
from gateway.settings.elasticsearch import ElasticsearchSettings
from gateway.settings.fault import Fault, SettingsError
from gateway.settings.identity import ApiKeySettings, OidcSettings
from gateway.settings.limits import LimitSettings
from gateway.settings.msgraph import MSGraphSettings
from gateway.settings.value import Header, Reminder, Table, Targets, TimeZone, is_loopback
from gateway.settings.web import WebSettings

SourceSettings = Annotated[ElasticsearchSettings | MSGraphSettings, Field(discriminator="kind")]
LogFormat = Literal["console", "json"]
AnnouncedAs = Literal["free", "tentative", "busy", "oof", "workingElsewhere"]
LogLevel = Literal["debug", "info", "warning", "error"]

_ALIAS_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class AliasSettings(Table):
    """One name for several calendars, written as this table or, for short, as a list of ids."""

    calendars: Targets = Field(description="The ids of the calendars that the alias stands for.")
    time_zone: TimeZone | None = Field(
        None, description="The zone of all-day events that come without one; wins over the source's."
    )
    show_as: AnnouncedAs | None = Field(
        None,
        description="In its Graph calendars: how the time of a new event appears that comes without"
        " `showAs`. `free`, `tentative`, `busy`, `oof` or `workingElsewhere`.",
    )
    reminder: Reminder | None = Field(
        None,
        description="In its Graph calendars: how many minutes before the start of a new event the reminder"
        " comes, or `off`, if the event says nothing of a reminder.",
    )
    response_requested: bool | None = Field(
        None,
        description="In its Graph calendars: whether those who are invited are asked for an answer, if a new"
        " event does not say so.",
    )

    @property
    def announcement(self) -> Announcement:
        is_off = self.reminder == "off"
        return Announcement(
            show_as=None if self.show_as is None else ShowAs(self.show_as),
            reminds=None if self.reminder is None else not is_off,
            reminder_minutes=self.reminder if isinstance(self.reminder, int) else None,
            response_requested=self.response_requested,
        )

    @model_validator(mode="before")
    @classmethod
    def _from_list(cls, value: Any) -> Any:
        return value if isinstance(value, Mapping) else {"calendars": value}


def _source_name(name: str) -> str:
    if not SOURCE_NAME.fullmatch(name):
        raise ValueError("a source's name is made of small letters, digits and inner hyphens, at most 64.")
    return name


def _key_name(name: str) -> str:
    if not _ALIAS_NAME.fullmatch(name):
        raise ValueError("a key's name is made of letters, digits, dots, hyphens and underscores.")
    return name


def _alias_name(name: str) -> str:
    if not _ALIAS_NAME.fullmatch(name):
        raise ValueError("an alias's name is made of letters, digits, dots, hyphens and underscores.")
    return name


class Settings(Table):
    """The whole configuration. Made by `load`, which also holds it against `contradictions`."""

    host: str = Field("127.0.0.1", min_length=1, description="The address to listen on.")
    port: int = Field(8000, ge=0, le=65535, description="The port to listen on; 0 takes a free one.")
    sandbox: bool = Field(
        False,
        description="Runs on emulators of both upstreams. Without any source that is done anyway, but on a"
        " loopback address only.",
    )
    log_format: LogFormat = Field("console", description="`console` for people or `json` for machines.")
    log_level: LogLevel = Field("info", description="`debug`, `info`, `warning` or `error`.")
    audit_log: str = Field(
        "stderr",
        min_length=1,
        description="Where the line per write goes: `stderr`, or a file to append to.",
    )
    request_timeout_seconds: float = Field(
        60.0,
        gt=0,
        le=3600,
        description="When a request is to be answered: what was not sent by then is not, and what was sent is"
        " waited for no longer.",
    )
    receive_timeout_seconds: float = Field(
        30.0,
        gt=0,
        le=3600,
        description="How long a request may take to arrive, its head and after that its body; and how long a"
        " client may take nothing of its answer.",
    )
    grace_seconds: int = Field(
        20, ge=1, le=3600, description="How long requests may go on when the gateway is told to leave."
    )
    limits: LimitSettings = Field(
        default=LimitSettings(), description="How much one operation may ask for: see below."
    )
    identity_header: Header = Field(
        "authorization", description="The header in which callers send their API key or token."
    )
    api_keys: Mapping[Annotated[str, AfterValidator(_key_name)], ApiKeySettings] = Field(
        {}, description="Who may call with an API key, a table for each: see below."
    )
    oidc: OidcSettings | None = Field(
        None, description="An OpenID provider whose tokens are taken: see below."
    )
    web: WebSettings = Field(
        WebSettings(), description="What browsers, and pages of other sites, may do: see below."
    )
    sources: Mapping[Annotated[str, AfterValidator(_source_name)], SourceSettings] = Field(
        {}, description="The upstreams, a table for each; its name begins the ids of its calendars."
    )
    aliases: Mapping[Annotated[str, AfterValidator(_alias_name)], AliasSettings] = Field(
        {}, description="Names that stand for several calendars, each with a list of ids or a table."
    )

    @property
    def runs_on_sandbox(self) -> bool:
        return not self.sources

    @property
    def receive_timeout(self) -> timedelta:
        return timedelta(seconds=self.receive_timeout_seconds)

    @property
    def shows_explorer(self) -> bool:
        """Whether browsers get the explorer: beside real sources only on loopback, or if asked for."""
        usual = self.runs_on_sandbox or is_loopback(self.host)
        return usual if self.web.explorer is None else self.web.explorer

    @property
    def identifies_callers(self) -> bool:
        return bool(self.api_keys) or self.oidc is not None

    @property
    def request_timeout(self) -> timedelta:
        return timedelta(seconds=self.request_timeout_seconds)

    def aliased(self, source: str) -> list[ResourceId]:
        """The calendars of a source that aliases name, as they are written."""
        targets = (target for alias in self.aliases.values() for target in alias.calendars)
        return [target for target in targets if target.source == source]

    def audit_trail(self) -> AuditTrail:
        """The trail that `audit_log` names. Raises SettingsError if it cannot be written."""
        try:
            return AuditTrail(open_sink(self.audit_log))
        except OSError as exc:
            what = f"the audit log cannot be written: {exc}."
            raise SettingsError([Fault(where="audit_log", what=what)]) from exc
