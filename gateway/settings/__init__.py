"""The configuration: what an operator may set, read from a TOML file and GATEWAY_* variables."""

from gateway.settings.elasticsearch import ElasticsearchSettings
from gateway.settings.fault import Fault, SettingsError
from gateway.settings.identity import OidcSettings
from gateway.settings.load import load
from gateway.settings.msgraph import MSGraphSettings
from gateway.settings.settings import AliasSettings, LogFormat, LogLevel, Settings, SourceSettings

__all__ = [
    "AliasSettings",
    "ElasticsearchSettings",
    "Fault",
    "LogFormat",
    "LogLevel",
    "MSGraphSettings",
    "OidcSettings",
    "Settings",
    "SettingsError",
    "SourceSettings",
    "load",
]
