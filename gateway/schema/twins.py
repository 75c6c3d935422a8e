"""Twins of input types: structs that C makes of JSON, with the fields and methods of a Strawberry class.

Each is made of its class, which stays the only definition, and a resolver cannot tell them apart: they have
the same attributes and defaults. C reads an event in a fifth of the time. What is right and still no twin
is made of, such as a single value for a list, is for others to read; so is whatever is wrong.

Items of lists, which can be many, are first read as plain twins. These hold what must be given, or the first
of several ways to give it; all else is their class's. So they are small, and right without being checked.
"""

import dataclasses
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
    "DateTime": Annotated[datetime, msgspec.Meta(tz=True)],  # not all are taken: see `instants`
    "Boolean": bool,
    "Int": Annotated[int, msgspec.Meta(ge=-(2**31), lt=2**31)],
    "Float": Annotated[float, msgspec.Meta(gt=-(2.0**53), lt=2.0**53)],  # beyond, C rounds integers
    "JSON": str | int | float | bool | list[Any] | dict[str, Any],
}
"""What C reads by itself as the scalar would."""
_READ: Final[dict[str, type]] = {"Date": date, "LocalDateTime": datetime, "Duration": Duration}
"""What scalars make of text."""
_ORIGINS: Final[dict[type, type]] = {}
"""The class that each twin is made of."""


class Form(Enum):
    """What of an input a twin can hold: only what must be given, that in its lists alone, or all."""

    PLAIN = "plain"
    PLAIN_ITEMS = "plain items"
    WHOLE = "whole"


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
    kind = annotation(type_, form)
    if own.default is not dataclasses.MISSING and form is not Form.PLAIN:
        return own.name, kind, own.default
    if own.default_factory is not dataclasses.MISSING:
        return own.name, kind, msgspec.field(default_factory=own.default_factory)
    return own.name, kind


def _one_of(fields: int) -> Callable[[msgspec.Struct], None]:
    """What refuses an object unless just one of its fields is given."""

    def check(it: msgspec.Struct) -> None:
        if astuple(it).count(UNSET) != fields - 1:
            raise ValueError

    return check


def annotation(type_: Any, form: Form) -> Any:
    """What msgspec reads as an input type."""
    nullable = get_nullable_type(type_)
    return _present(nullable, form) if nullable is not type_ else _present(type_, form) | None


def _present(type_: Any, form: Form) -> Any:
    if isinstance(type_, GraphQLList):
        of_items = Form.WHOLE if form is Form.WHOLE else Form.PLAIN
        return list.__class_getitem__(annotation(type_.of_type, of_items))
    if isinstance(type_, GraphQLInputObjectType):
        return twin(type_, form)
    return _PLAIN.get(type_.name) or _kind(type_)


@cache
def _kind(type_: GraphQLLeafType) -> Any:
    """A class that stands for a leaf's values, which are then read by `read_leaf`."""
    coerce: Callable[[Any], Any] = type_.coerce_input_value
    if isinstance(type_, GraphQLEnumType):
        members = {name: coerce(name) for name in type_.values}
        coerce, made = members.__getitem__, type(next(iter(members.values())))
    else:
        made = _READ[type_.name]
    kind: Any = ABCMeta(type_.name, (), {"coerce": staticmethod(coerce)})
    kind.register(made)
    return kind


def read_leaf(kind: Any, value: Any) -> Any:
    """What a scalar or an enum makes of a value, for `dec_hook`."""
    return kind.coerce(value)
