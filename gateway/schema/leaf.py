"""Leaves of an answer: a value as graphql-core would complete it, or one or a column of them in JSON.

All know only how all goes well, and raise Uncovered for anything else.
"""

from collections.abc import Awaitable, Callable, Coroutine, Generator, Mapping, Sequence
from datetime import UTC, datetime
from enum import Enum
from types import NoneType
from typing import Any, Final, NoReturn, TypeAlias, cast

import msgspec
from graphql import GraphQLBoolean, GraphQLID, GraphQLInt, GraphQLLeafType, GraphQLString
from graphql.pyutils import UndefinedType
from strawberry.schema.schema_converter import CustomGraphQLEnumType

from gateway.model.run import Piece, Written, all_quoted, at_once, quoted
from gateway.model.time import to_rfc3339
from gateway.schema.scalars import as_it_is

Leaf: TypeAlias = Callable[[Any], Any]
Column: TypeAlias = Callable[[Sequence[Any], Sequence[Any] | None], Sequence[Piece]]
"""Writes the values of a column, below that of its parents, if these may be null."""

_AS_THEY_ARE: Final[Mapping[GraphQLLeafType, type]] = {
    GraphQLString: str,
    GraphQLID: str,
    GraphQLBoolean: bool,
    GraphQLInt: int,
}
"""Scalars that leave what is of a class as it is, integers if they are short."""
_FEW: Final = ({bool, NoneType}, {int, NoneType})
"""Classes whose values come again and again in a column."""
_SHORT: Final = 2**31
_encode: Final = msgspec.json.Encoder().encode
_FLAGS: Final = {True: "true", False: "false"}


class Uncovered(Exception):
    """What is raised for a value that is not covered."""


def left(type_: GraphQLLeafType) -> type | None:
    """The class of values that a scalar leaves as they are."""
    return str if type_.coerce_output_value is as_it_is else _AS_THEY_ARE.get(type_)


def leaf(type_: GraphQLLeafType) -> Leaf:
    """What completes a value of a type that is not null."""
    return _enum(type_) if isinstance(type_, CustomGraphQLEnumType) else _scalar(type_)


def column(type_: GraphQLLeafType, *, nullable: bool, view: Leaf | None = None) -> Column:
    """What writes a column of a type, whose values are shown by a view, or as members by their names."""
    is_enum = isinstance(type_, CustomGraphQLEnumType)
    complete = _member(type_) if isinstance(type_, CustomGraphQLEnumType) else _scalar(type_, view)
    plain = {NoneType, None if view else left(type_)}
    is_instant = view is None and type_.coerce_output_value is to_rfc3339

    def write(values: Sequence[Any], parents: Sequence[Any] | None) -> Sequence[Piece]:
        if values.__class__ is Written:
            return values
        few = {*values} if is_enum else set()
        kinds = set(map(type, few or values))
        if NoneType in kinds and not nullable and (parents is None or _nulls(values) != _nulls(parents)):
            raise Uncovered
        if is_enum or any(map(kinds.issubset, _FEW)):
            found = [*(few or {*values})]
            if is_enum or not kinds <= plain or not _are_short(found):
                texts = ["null" if it is None else written(complete(it)) for it in found]
            else:
                texts = at_once(found)
            by_value = dict(zip(found, texts, strict=True))
            return (texts[0] if len(texts) == 1 else [*map(by_value.__getitem__, values)],)
        if is_instant and kinds == {datetime} and {it.tzinfo for it in values} == {UTC}:
            return (at_once(values),)
        if kinds == {str} and kinds < plain:
            return all_quoted(values)
        return (["null" if it is None else written(complete(it)) for it in values],)

    return write


def text(type_: GraphQLLeafType, view: Leaf | None = None) -> Callable[[Any], str]:
    """What writes one value that is not null, of the same values as `column` writes many."""
    if isinstance(type_, CustomGraphQLEnumType):
        texts = {name: quoted(shown) for name, shown in _names(type_).items()}
        return lambda value: texts[value._name_]
    if view is None and left(type_) is str:
        return quoted
    if view is None and left(type_) is bool:
        return _FLAGS.__getitem__
    complete = _scalar(type_, view)
    if view is None and type_.coerce_output_value is to_rfc3339:
        return lambda value: _encode(value if value.tzinfo is UTC else complete(value)).decode()
    return lambda value: written(complete(value))


def _nulls(values: Sequence[Any]) -> int:
    return sum([it is None for it in values])


def _are_short(numbers: Sequence[int | None]) -> bool:
    return all(it is None or -_SHORT <= it < _SHORT for it in numbers)


def written(value: Any) -> str:
    """A completed value in JSON."""
    return quoted(value) if value.__class__ is str else msgspec.json.encode(value).decode()


def _scalar(type_: GraphQLLeafType, view: Leaf | None = None) -> Leaf:
    coerce = type_.coerce_output_value

    def complete(value: Any) -> Any:
        value = value if view is None else view(value)
        completed = coerce(value) if _PLAIN[type(value)] else None
        return completed if _PLAIN[type(completed)] else refuse(value)

    return complete


def _enum(type_: CustomGraphQLEnumType) -> Leaf:
    kind, names = cast("type[Enum]", type_.wrapped_cls), _names(type_)
    return lambda value: names[value._name_] if type(value) is kind else refuse(value)


def _member(type_: CustomGraphQLEnumType) -> Leaf:
    """What completes members of the domain's own enumeration, which have the same names."""
    names = _names(type_)
    return lambda value: names[value._name_]


def _names(type_: CustomGraphQLEnumType) -> dict[str, str]:
    kind = cast("type[Enum]", type_.wrapped_cls)
    return {member._name_: type_.coerce_output_value(member) for member in kind}


def refuse(value: Any) -> NoReturn:
    """Leaves a value to graphql-core, which will have it made anew."""
    if isinstance(value, Coroutine):
        value.close()
    raise Uncovered


class _Plain(dict[type, bool]):
    """Whether values of a class are neither null, nor errors, nor to be awaited."""

    def __missing__(self, kind: type) -> bool:
        odd = (type(None), UndefinedType, Exception, Awaitable, Generator)
        return self.setdefault(kind, not issubclass(kind, odd))


_PLAIN: Final = _Plain()
