"""One call of a route: its path and query parameters, its body, and what is remembered of their use."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, unquote

from gateway.sandbox.elasticsearch.errors import (
    BODY_REQUIRED,
    NOT_AN_INT,
    SOURCE_INCOMPLETE,
    UNKNOWN_PARAMETERS,
    Cause,
)
from gateway.sandbox.elasticsearch.objects import INT_RANGE, as_boolean, did_you_mean
from gateway.sandbox.elasticsearch.state import Cluster
from gateway.sandbox.elasticsearch.unknowns import Unknowns
from gateway.sandbox.elasticsearch.versions import Version
from gateway.sandbox.http import Request

RENDERING = ("error_trace", "filter_path", "format", "human", "pretty")
"""Parameters that every route takes."""

SWITCHES = ("error_trace", "human", "pretty")
"""Those of them that are true or false, and true without a value."""

INT = re.compile(r"[+-]?[0-9]{1,99}")


class Call:
    """A request on its way through a route. Reading a parameter or the body marks it as used."""

    def __init__(
        self,
        request: Request,
        path: Mapping[str, str],
        *,
        version: Version,
        unknowns: Unknowns,
        now: datetime,
        lose: frozenset[int] = frozenset(),
    ) -> None:
        self.request = request
        self.path = path
        self.version = version
        self.unknowns = unknowns
        self.now = now
        self.lose = lose
        self._query = query(request)
        self._used: set[str] = {*path, *RENDERING}
        self._is_body_used = False
        switches = {name: self.flag(name, default=False) for name in SWITCHES}
        self.is_human = switches["human"]

    def text(self, name: str) -> str | None:
        """A query parameter, None where it is absent."""
        self._used.add(name)
        return self._query.get(name)

    def has(self, name: str) -> bool:
        return name in self._query

    def number(self, name: str, default: int) -> int:
        given = self.text(name)
        if given is None:
            return default
        if not INT.fullmatch(given) or int(given) not in INT_RANGE:
            cause = Cause("number_format_exception", f'For input string: "{given}"')
            raise NOT_AN_INT(name, given, caused_by=cause)
        return int(given)

    def flag(self, name: str, *, default: bool) -> bool:
        given = self.text(name)
        return default if given is None else as_boolean(given or "true")

    @property
    def has_body(self) -> bool:
        return bool(self.request.body) or "source" in self._query

    def body(self) -> bytes:
        """The body, or what the parameter `source` says instead of it."""
        self._is_body_used = True
        if self.request.body:
            return self.request.body
        source, kind = self.text("source"), self.text("source_content_type")
        if source is None:
            raise BODY_REQUIRED()  # noqa: RSE102 a row of the table, not a class
        if kind is None:
            raise SOURCE_INCOMPLETE()  # noqa: RSE102 a row of the table, not a class
        return source.encode()

    @property
    def is_body_ignored(self) -> bool:
        return bool(self.request.body) and not self._is_body_used

    @property
    def decoded_path(self) -> str:
        return unquote(self.request.path)

    def refuse_unknown_parameters(self) -> None:
        unknown = sorted(self._query.keys() - self._used)
        if unknown:
            hints = ((name, did_you_mean(name, self._used)) for name in unknown)
            named = ", ".join(f"[{name}]{hint and ' -> ' + hint}" for name, hint in hints)
            raise UNKNOWN_PARAMETERS(self.decoded_path, "s" if len(unknown) > 1 else "", named)


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """What a parsed request asks for: `run` does it, once `invalid` is empty and its name is allowed."""

    name: str
    run: Callable[[Cluster], dict[str, Any]]
    invalid: tuple[str, ...] = field(default=())


def is_on(request: Request, switch: str) -> bool:
    """Whether a switch is on; one that is neither true nor false is off."""
    return query(request).get(switch, "false") in ("", "true")


def query(request: Request) -> dict[str, str]:
    """The query's parameters; the last of equal names counts."""
    return dict(parse_qsl(request.query, keep_blank_values=True))
