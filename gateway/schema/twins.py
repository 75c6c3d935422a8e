"""Twins of input types: structs that C makes of JSON, with the fields and methods of a Strawberry class.

Each is made of its class, which stays the only definition, and a resolver cannot tell them apart: they have
the same attributes and defaults. C reads an event in a fifth of the time. What is right and still no twin
is made of, such as a single value for a list, is for others to read; so is whatever is wrong.

Items of lists, which can be many, are first read as plain twins. These hold what must be given, or the first
of several ways to give it; all else is their class's. So they are small, and right without being checked.
"""

import dataclasses
import re
from abc import ABCMeta
from collections.abc import Callable, Sequence
from datetime import date, datetime
from enum import Enum
from functools import cache
from types import FunctionType
from typing import Annotated, Any, Final, cast

import msgspec
from graphql import (
    GraphQLEnumType,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLLeafType,
    GraphQLList,
    GraphQLNonNull,
    get_nullable_type,
)
from msgspec.structs import astuple
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField
from strawberry.types.unset import UNSET

from gateway.model.time import Duration

_DEFINITION: Final = "strawberry-definition"
_PLAIN: Final[dict[str, Any]] = {
    "String": str,
    "ID": str,
    "TimeZone": str,
    "RecurrenceRule": str,
    "DateTime": Annotated[datetime, msgspec.Meta(tz=True)],  # not all are taken: see _are_exact
    "Boolean": bool,
    "Int": Annotated[int, msgspec.Meta(ge=-(2**31), lt=2**31)],
    "Float": Annotated[float, msgspec.Meta(gt=-(2.0**53), lt=2.0**53)],  # beyond, C rounds integers
    "JSON": str | int | float | bool | list[Any] | dict[str, Any],
}
"""What C reads by itself as the scalar would."""
_READ: Final[dict[str, type]] = {"Date": date, "LocalDateTime": datetime, "Duration": Duration}
"""What scalars make of text."""
_IN_UTC: Final = ((b"Z", b"Z"), (b"+", b"+00:00"))
"""How an instant in UTC ends, and what is looked for first: that takes little where there is none."""
_TOO_FINE: Final = re.compile(rb"\.\d{7}")
_ORIGINS: Final[dict[type, type]] = {}
"""The class that each twin is made of."""


class Form(Enum):
    """What of an input a twin can hold: only what must be given, that in its lists alone, or all."""

    PLAIN = "plain"
    PLAIN_ITEMS = "plain items"
    WHOLE = "whole"


def convert(type_: GraphQLInputType) -> Callable[[Any], Any]:
    """What makes twins of a value, at any depth. It raises for whatever no twin is made of."""
    plain, whole = (_box(_annotation(type_, form)) for form in (Form.PLAIN_ITEMS, Form.WHOLE))
    instants = _instants(type_)
    box = instants and _box(instants)

    def made(given: Any) -> Any:
        boxed = {"it": given}
        if box and not _are_exact(msgspec.json.encode(msgspec.convert(boxed, box))):
            raise ValueError
        try:
            return msgspec.convert(boxed, plain, dec_hook=_read).it
        except msgspec.ValidationError:  # at the first item that is not plain
            return msgspec.convert(boxed, whole, dec_hook=_read).it

    return made


def _box(annotation: Any) -> Any:
    """A struct of it: of structs C remembers how they are read."""
    return msgspec.defstruct("Box", [("it", annotation)])


@cache
def twin(type_: GraphQLInputObjectType, form: Form) -> type[msgspec.Struct]:
    """The twin of an input type."""
    definition = cast("StrawberryObjectDefinition", type_.extensions[_DEFINITION])
    made, is_one_of = definition.origin, definition.is_one_of
    names = {python_name(field): name for name, field in type_.fields.items()}
    every = dataclasses.fields(made)
    held = _needed(every, is_one_of) if form is Form.PLAIN else every
    kept = {name: it for name, it in vars(made).items() if _is_method(name, it)}
    kept |= {it.name: it.default for it in every if it not in held}
    struct = msgspec.defstruct(
        made.__name__,
        [_field(it, type_.fields[names[it.name]], is_one_of, form) for it in held],
        namespace=kept | ({"__post_init__": _one_of(len(names))} if is_one_of and held is every else {}),
        rename={it.name: names[it.name] for it in held},
        kw_only=True,
        forbid_unknown_fields=True,
        gc=False,  # JSON has no cycles
    )
    _ORIGINS[struct] = made
    return struct


def origin(it: object) -> type | None:
    """The class of a twin."""
    return _ORIGINS.get(it.__class__)


def python_name(field: GraphQLInputField) -> str:
    """What Strawberry calls a field."""
    return cast("StrawberryField", field.extensions[_DEFINITION]).python_name


def _needed(fields: "Sequence[dataclasses.Field[Any]]", is_one_of: bool) -> "list[dataclasses.Field[Any]]":
    return [fields[0]] if is_one_of else [it for it in fields if it.default is dataclasses.MISSING]


def _is_method(name: str, it: object) -> bool:
    return isinstance(it, FunctionType) and not name.startswith("__")


def _field(
    own: "dataclasses.Field[Any]", field: GraphQLInputField, is_one_of: bool, form: Form
) -> tuple[Any, ...]:
    type_ = GraphQLNonNull(get_nullable_type(field.type)) if is_one_of else field.type
    annotation = _annotation(type_, form)
    if own.default is not dataclasses.MISSING and form is not Form.PLAIN:
        return own.name, annotation, own.default
    if own.default_factory is not dataclasses.MISSING:
        return own.name, annotation, msgspec.field(default_factory=own.default_factory)
    return own.name, annotation


def _one_of(fields: int) -> Callable[[msgspec.Struct], None]:
    """What refuses an object unless just one of its fields is given."""

    def check(it: msgspec.Struct) -> None:
        if astuple(it).count(UNSET) != fields - 1:
            raise ValueError

    return check


def _annotation(type_: Any, form: Form) -> Any:
    nullable = get_nullable_type(type_)
    return _present(nullable, form) if nullable is not type_ else _present(type_, form) | None


def _present(type_: Any, form: Form) -> Any:
    if isinstance(type_, GraphQLList):
        of_items = Form.WHOLE if form is Form.WHOLE else Form.PLAIN
        return list.__class_getitem__(_annotation(type_.of_type, of_items))
    if isinstance(type_, GraphQLInputObjectType):
        return twin(type_, form)
    return _PLAIN.get(type_.name) or _kind(type_)


@cache
def _kind(type_: GraphQLLeafType) -> Any:
    """A class that stands for a leaf's values, which are then read by `_read`."""
    coerce: Callable[[Any], Any] = type_.coerce_input_value
    if isinstance(type_, GraphQLEnumType):
        members = {name: coerce(name) for name in type_.values}
        coerce, made = members.__getitem__, type(next(iter(members.values())))
    else:
        made = _READ[type_.name]
    kind: Any = ABCMeta(type_.name, (), {"coerce": staticmethod(coerce)})
    kind.register(made)
    return kind


def _read(kind: Any, value: Any) -> Any:
    return kind.coerce(value)


def _instants(type_: Any) -> Any:
    """What is left of a type where only instants are kept; None if it has none."""
    if isinstance(type_, GraphQLNonNull):
        return _instants(type_.of_type)
    if isinstance(type_, GraphQLList):
        item = _instants(type_.of_type)
        return item and list.__class_getitem__(item) | None
    if isinstance(type_, GraphQLInputObjectType):
        return _instants_within(type_)
    return str | None if type_.name == "DateTime" else None


@cache
def _instants_within(type_: GraphQLInputObjectType) -> Any:
    fields = [(name, _instants(it.type), None) for name, it in type_.fields.items()]
    kept = [it for it in fields if it[1]]
    if any("Z" in name for name, *_ in kept):
        raise TypeError(f"{type_.name} has an instant under a name with Z, which is how UTC is told.")
    return (msgspec.defstruct("Instants", kept, omit_defaults=True, gc=False) | None) if kept else None


def _are_exact(instants: bytes) -> bool:
    """Whether C reads instants as the scalar does: that takes no blank for the T, gives UTC, never rounds.

    Each has two dashes, or three if its offset is below zero; names of fields have none.
    """
    in_utc = sum([instants.count(end) for sign, end in _IN_UTC if instants.find(sign) >= 0])
    if 2 * in_utc != instants.count(b"-") or instants.find(b" ") >= 0:  # "in" takes thrice as long for bytes
        return False
    return instants.find(b".") < 0 or not _TOO_FINE.search(instants)
