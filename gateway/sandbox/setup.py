"""A setup: a world, and how its upstreams behave where nobody outside knows that, or it may be chosen.

It is also what a seed file holds: the structs decode from JSON as they stand.
"""

import re
from datetime import timedelta
from enum import EnumType
from functools import reduce
from types import NoneType, UnionType
from typing import Any, Final, Self, get_args, get_type_hints

import msgspec

from gateway.sandbox.elasticsearch.unknowns import Unknowns as ElasticsearchUnknowns
from gateway.sandbox.errors import SandboxError
from gateway.sandbox.msgraph import Limits
from gateway.sandbox.msgraph import Unknowns as MSGraphUnknowns
from gateway.sandbox.world import ElasticsearchWorld, MSGraphWorld, World

_KINDS: Final[dict[type, str]] = {
    bool: "true, false",
    int: "a number",
    str: "a text",
    timedelta: "a duration such as PT5M",
    NoneType: "null",
}
_PLACE: Final = re.compile(r" - at `\$\.((?:\w+\.)(?:unknowns|limits))(?:\.(\w+))?`\Z")


class ElasticsearchSetup(ElasticsearchWorld, frozen=True, kw_only=True, forbid_unknown_fields=True):
    unknowns: ElasticsearchUnknowns = ElasticsearchUnknowns()


class MSGraphSetup(MSGraphWorld, frozen=True, kw_only=True, forbid_unknown_fields=True):
    unknowns: MSGraphUnknowns = MSGraphUnknowns()
    limits: Limits = Limits()


class Setup(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    elasticsearch: ElasticsearchSetup = msgspec.field(default_factory=ElasticsearchSetup)
    msgraph: MSGraphSetup = msgspec.field(default_factory=MSGraphSetup)

    @classmethod
    def of(cls, world: World) -> Self:
        """A world whose upstreams behave as is most likely."""
        return cls(
            elasticsearch=ElasticsearchSetup(**msgspec.structs.asdict(world.elasticsearch)),
            msgraph=MSGraphSetup(**msgspec.structs.asdict(world.msgraph)),
        )

    def value(self, place: str) -> Any:
        """What is at a place such as `msgraph.unknowns.post_zone`, as JSON writes it."""
        return msgspec.to_builtins(reduce(getattr, place.split("."), self))

    def assigned(self, place: str, text: str) -> Self:
        """The setup with another switch or limit. Raises SandboxError where it cannot be so."""
        path = place.split(".")
        if len(path) != 3 or ".".join(path[:2]) not in _structs():
            raise SandboxError(f"{place} is no place of a switch or a limit: write {_places()}")
        given: Any = {path[0]: {path[1]: {path[2]: text}}}
        try:
            read = msgspec.convert(given, Setup, strict=False)
        except msgspec.ValidationError as error:
            raise SandboxError(explained(error)) from error
        changed: Self = _changed(self, path, reduce(getattr, path, read))
        return changed


def explained(error: msgspec.DecodeError) -> str:
    """What is wrong, and where a switch or a limit is, what it may be."""
    text = str(error)
    place = _PLACE.search(text)
    if place is None or place[1] not in _structs():
        return text
    kinds = get_type_hints(_structs()[place[1]])
    name = place[2]
    return f"{text}, which may be {allowed(kinds[name])}" if name else f"{text}, which has {', '.join(kinds)}"


def allowed(kind: Any) -> str:
    """What a switch or a limit of a type may be, in words."""
    if isinstance(kind, UnionType):
        return ", ".join(map(allowed, get_args(kind)))
    if isinstance(kind, EnumType):
        return ", ".join(str(word) for word in kind._value2member_map_)
    return _KINDS[kind]


def _structs() -> dict[str, type]:
    """The structs of switches and limits by their places."""
    return {
        "elasticsearch.unknowns": ElasticsearchUnknowns,
        "msgraph.unknowns": MSGraphUnknowns,
        "msgraph.limits": Limits,
    }


def _places() -> str:
    return " or ".join(f"{place}.NAME=VALUE" for place in _structs())


def _changed(struct: Any, path: list[str], value: Any) -> Any:
    name, *rest = path
    inner = _changed(getattr(struct, name), rest, value) if rest else value
    return msgspec.structs.replace(struct, **{name: inner})
