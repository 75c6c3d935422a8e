"""As whom a command calls the sources: options that commands share, and the session that they make."""

import sys
from pathlib import Path
from typing import Annotated
from uuid import uuid4

import typer

from gateway.adapters.upstream import Call
from gateway.app import CREDENTIAL_HEADER, credential_headers
from gateway.service.catalog import Catalog
from gateway.service.session import Session
from gateway.settings import Fault, Settings, SettingsError

Config = Annotated[
    Path | None,
    typer.Option(help="The TOML file with the settings; else the variable GATEWAY_CONFIG names it."),
]
Credential = Annotated[
    Path | None,
    typer.Option(
        help="A file with the credential of a caller, such as `Bearer ey…`, for sources that take the "
        "caller's own: in the one header that they share, else in Authorization; `-` reads standard input."
    ),
]


def session_of(settings: Settings, catalog: Catalog, authorization: str | None) -> Session:
    """A session for a command, with a caller's credential for the sources that take it."""
    sent = _header(settings)
    headers = credential_headers(settings, catalog)
    takers = [name for name, header in headers.items() if header == sent]
    credentials = {} if authorization is None else dict.fromkeys(takers, authorization)
    return Session(catalog, Call(request_id=str(uuid4()), credentials=credentials))


def _header(settings: Settings) -> str:
    """Where a caller's credential comes: in the one header that sources share, else Authorization."""
    shared = {it.credential_header for it in settings.sources.values() if it.takes_callers_credential}
    return shared.pop() if len(shared) == 1 else CREDENTIAL_HEADER


def authorization_in(file: Path | None) -> str | None:
    """The header in a file, or in standard input for `-`. Raises SettingsError if it cannot be read."""
    if file is None:
        return None
    if str(file) == "-":
        return sys.stdin.read().strip()
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as exc:
        what = f"{file} cannot be read: {exc}."
        raise SettingsError([Fault(where="--credential", what=what)]) from exc
