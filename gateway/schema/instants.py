"""The texts of instants in what is given, and whether C reads them as the scalar does.

C takes a blank for the T, keeps an offset other than zero, and rounds what is below a microsecond.
"""

import re
from collections.abc import Callable, Iterable
from functools import cache, partial
from itertools import chain
from operator import itemgetter
from typing import Any, Final, TypeAlias

import msgspec
from graphql import GraphQLInputObjectType, GraphQLInputType, GraphQLList, GraphQLNonNull, get_nullable_type

from gateway.schema.twins import Form, twin

Check: TypeAlias = Callable[[Any], bool]
_Path: TypeAlias = tuple[Callable[[Iterable[Any]], Iterable[Any]], ...]
_TOO_FINE: Final = re.compile(r"\.\d{7}")


def check(type_: GraphQLInputType) -> Check:
    """What says of any value of a type whether its instants are exact. It raises for what is no text."""
    kept = _kept(type_)
    if kept is None:
        return lambda _: True
    box = msgspec.defstruct("Box", [("it", kept)])

    def are_exact(given: Any) -> bool:
        written = msgspec.json.encode(msgspec.convert({"it": given}, box)).decode()
        return _are_exact(written, written.count("-") / 2)  # a third is of an offset; names have none

    return are_exact


def check_plain(type_: GraphQLInputType) -> Check | None:
    """What says so of a value that holds plain items; None where it has no such items with instants.

    It is known where they are: so they are taken from there, in half the time. Not so if one may be absent.
    """
    paths = _paths(type_, Form.PLAIN_ITEMS)
    if not paths or not any(chain.from_iterable in path for path in paths):
        return None

    def are_exact(given: Any) -> bool:
        texts: list[str] = []
        for path in paths:
            found: Iterable[Any] = (given,)
            for step in path:
                found = step(found)
            texts += found
        return _are_exact(",".join(texts), len(texts))

    return are_exact


def _are_exact(written: str, many: float) -> bool:
    """Whether as many as there are have a T and end as UTC does, and none has more than microseconds."""
    in_utc = ("Z" in written and written.count("Z")) + ("+" in written and written.count("+00:00"))
    return in_utc == many and " " not in written and not ("." in written and _TOO_FINE.search(written))


def _paths(type_: Any, form: Form) -> list[_Path] | None:
    """The ways to the instants of a value, each as steps from values to those within; None if not known."""
    type_ = get_nullable_type(type_)
    if isinstance(type_, GraphQLList):
        within = _required(type_.of_type, Form.PLAIN)
        return within and [(chain.from_iterable, *path) for path in within]
    if not isinstance(type_, GraphQLInputObjectType):
        return [()] if type_.name == "DateTime" else []
    paths: list[_Path] = []
    for name in twin(type_, form).__struct_encode_fields__:
        field = type_.fields[name].type
        within = _required(GraphQLNonNull(get_nullable_type(field)) if form is Form.PLAIN else field, form)
        if within is None:
            return None
        paths += [(partial(map, itemgetter(name)), *path) for path in within]
    return paths


def _required(type_: Any, form: Form) -> list[_Path] | None:
    """The ways through what must be given; through what may be absent there must be none."""
    within = _paths(type_, form)
    return within if isinstance(type_, GraphQLNonNull) or not within else None


def _kept(type_: Any) -> Any:
    """What is left of a type where only instants are kept; None if it has none."""
    if isinstance(type_, GraphQLNonNull):
        return _kept(type_.of_type)
    if isinstance(type_, GraphQLList):
        item = _kept(type_.of_type)
        return item and list.__class_getitem__(item) | None
    if isinstance(type_, GraphQLInputObjectType):
        return _kept_within(type_)
    return str | None if type_.name == "DateTime" else None


@cache
def _kept_within(type_: GraphQLInputObjectType) -> Any:
    fields = [(name, _kept(it.type), None) for name, it in type_.fields.items()]
    kept = [it for it in fields if it[1]]
    if any("Z" in name for name, *_ in kept):
        raise TypeError(f"{type_.name} has an instant under a name with Z, which is how UTC is told.")
    return (msgspec.defstruct("Instants", kept, omit_defaults=True, gc=False) | None) if kept else None
