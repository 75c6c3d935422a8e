"""How settings are read: a TOML file, over it GATEWAY_* variables, over them the command line's options."""

import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from gateway.settings.contradictions import contradictions
from gateway.settings.elasticsearch import ElasticsearchSettings
from gateway.settings.fault import Fault, SettingsError
from gateway.settings.identity import ApiKeySettings, OidcSettings
from gateway.settings.limits import LimitSettings
from gateway.settings.msgraph import MSGraphSettings
from gateway.settings.settings import AliasSettings, Settings
from gateway.settings.value import KNOWN_SOURCES, Table
from gateway.settings.web import WebSettings

PREFIX: Final = "GATEWAY_"
CONFIG: Final = "GATEWAY_CONFIG"
_KINDS: Final[Mapping[str, type[Table]]] = {
    "elasticsearch": ElasticsearchSettings,
    "msgraph": MSGraphSettings,
}
_NAMED: Final[Mapping[str, type[Table] | None]] = {
    "sources": None,
    "aliases": AliasSettings,
    "api_keys": ApiKeySettings,
}
"""Tables of tables that operators name; those of sources depend on their kind."""
_SINGLE: Final[Mapping[str, type[Table]]] = {
    "limits": LimitSettings,
    "oidc": OidcSettings,
    "web": WebSettings,
}

_Path = tuple[str, ...]


def load(
    config: Path | None = None,
    *,
    environ: Mapping[str, str],
    options: Mapping[str, object] | None = None,
) -> Settings:
    """The settings. `config`, else the variable GATEWAY_CONFIG, names the file; without one there is none.

    `options` are those of the command line by the name of their setting, None where not given. Raises
    SettingsError with everything that is wrong.
    """
    file = Path(environ[CONFIG]) if config is None and CONFIG in environ else config
    written = _Written(file, environ, options or {})
    sources = written.tree.get("sources")
    known = frozenset(sources) if isinstance(sources, dict) else frozenset()
    faults = written.faults
    try:
        settings = Settings.model_validate(written.tree, context={KNOWN_SOURCES: known})
    except ValidationError as exc:
        errors = exc.errors(include_url=False, include_input=False)
        raise SettingsError([*faults, *map(written.translated, errors)]) from exc
    faults += [written.fault(path, what) for path, what in contradictions(settings)]
    if faults:
        raise SettingsError(faults)
    return settings


class _Written:
    """All that was set, as one tree, and who set it: so that a fault can name its place."""

    def __init__(self, file: Path | None, environ: Mapping[str, str], options: Mapping[str, object]) -> None:
        self._file = file
        self._origins: dict[_Path, str] = {}
        self.tree: dict[str, Any] = {} if file is None else _read(file)
        self.faults: list[Fault] = []
        for name in sorted(environ):
            if name.startswith(PREFIX) and name != CONFIG:
                self._set_variable(name, environ[name])
        for name, value in options.items():
            if value is not None:
                self._set((name,), value, f"--{name.replace('_', '-')}")

    def _set_variable(self, name: str, value: str) -> None:
        path = _path(name)
        for known, rival in self._origins.items():
            if _lead_into_each_other(known, path):
                self.faults.append(Fault(where=name, what=f"it contradicts {rival}: set one of them."))
                return
        self._set(path, value, name)

    def _set(self, path: _Path, value: object, origin: str) -> None:
        node = self.tree
        for part in path[:-1]:
            if not isinstance(node.get(part), dict):
                node[part] = {}
            node = node[part]
        node[path[-1]] = value
        self._origins[path] = origin

    def fault(self, path: _Path, what: str) -> Fault:
        """A fault of one setting, under the name by which it was set."""
        dotted = ".".join(path)
        in_file = dotted if self._file is None else f"{self._file}: {dotted}"
        return Fault(where=next(iter(self._setters(path)), in_file), what=what)

    def translated(self, error: ErrorDetails) -> Fault:
        """What pydantic found, in our words."""
        loc = tuple(map(str, error["loc"]))
        path = _without_marks(loc, is_value=error["type"] == "value_error")
        match error["type"]:
            case "extra_forbidden":
                return self._unknown(path, _table(loc))
            case "missing":
                what = f"it is missing. Set it in the file, or as {_variable(path)}."
                return Fault(where=".".join(path), what=what)
            case "union_tag_not_found" | "union_tag_invalid":
                return self.fault((*path, "kind"), f"it should be {' or '.join(map(repr, _KINDS))}.")
            case "value_error":
                return self.fault(path, error["msg"].removeprefix("Value error, "))
            case "mapping_type" | "dict_type" | "model_type" | "model_attributes_type":
                return self.fault(path, "it should be a table.")
        return self.fault(path, f"{error['msg'].replace('Input', 'it', 1)}.")

    def _unknown(self, path: _Path, table: type[Table]) -> Fault:
        """An unknown name, with the nearest known one spelled as it was."""
        *outer, name = path
        close = get_close_matches(name, table.model_fields, n=1)
        if not close:
            return self.fault(path, f"there is no such setting. There are: {', '.join(table.model_fields)}.")
        nearest = (*outer, *close)
        spelled = _variable(nearest) if self._setters(path) else ".".join(nearest)
        return self.fault(path, f"there is no such setting. Did you mean {spelled}?")

    def _setters(self, path: _Path) -> list[str]:
        """The variables and options that set a setting, or a part of it, unless it is a whole table."""
        is_table = path[0] in _NAMED and len(path) < 3
        return [
            origin
            for known, origin in self._origins.items()
            if _lead_into_each_other(known, path) and not (is_table and len(known) > len(path))
        ]


def _lead_into_each_other(one: _Path, other: _Path) -> bool:
    """Whether they are one, or one is within the other."""
    return all(here == there for here, there in zip(one, other, strict=False))


def _table(loc: _Path) -> type[Table]:
    """The table whose setting pydantic speaks of."""
    if loc[0] in _SINGLE and len(loc) > 1:
        return _SINGLE[loc[0]]
    if len(loc) < 3 or loc[0] not in _NAMED:
        return Settings
    return _NAMED[loc[0]] or _KINDS[loc[2]]


def _without_marks(loc: _Path, *, is_value: bool) -> _Path:
    """Where pydantic's path leads, without what nobody wrote: a source's kind, the mark of a bad name."""
    if len(loc) < 3 or loc[0] not in _NAMED:
        return loc
    marked = (loc[0] == "sources" and loc[2] in _KINDS) or (is_value and loc[2:] == ("[key]",))
    return loc[:2] + loc[3:] if marked else loc


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as exc:
        what = f"the configuration file cannot be read: {exc.strerror}. Name another by {CONFIG} or --config."
        raise SettingsError([Fault(where=str(file), what=what)]) from exc
    except ValueError as exc:
        raise SettingsError([Fault(where=str(file), what=f"it is no TOML: {exc}.")]) from exc


def _path(variable: str) -> _Path:
    """Where a variable belongs: capitals stand for small letters, and in names `_` for `-`.

    A part in which there are small letters is taken as it stands.
    """
    parts = variable.removeprefix(PREFIX).split("__")
    lowered = [part.lower() if part == part.upper() else part for part in parts]
    if len(parts) > 1 and lowered[0] in _NAMED and parts[1] == parts[1].upper():
        lowered[1] = lowered[1].replace("_", "-")
    return tuple(lowered)


def _variable(path: _Path) -> str:
    """The name of the variable that sets a setting: the other way round."""
    return PREFIX + "__".join(part.upper().replace("-", "_") for part in path)
