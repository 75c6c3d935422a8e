"""Conversion of JSON into input objects by C: into plain twins if that goes, else into whole ones."""

from collections.abc import Callable
from typing import Any

import msgspec
from graphql import GraphQLInputType

from gateway.schema.instants import check, check_plain
from gateway.schema.twins import Form, annotation, read_leaf


def convert(type_: GraphQLInputType) -> Callable[[Any], Any]:
    """What makes twins of a value, at any depth. It raises for whatever no twin is made of."""
    plain, whole = (_box(annotation(type_, form)) for form in (Form.PLAIN_ITEMS, Form.WHOLE))
    are_exact = check(type_)
    are_exact_in_plain = check_plain(type_) or are_exact

    def made(given: Any) -> Any:
        boxed = {"it": given}
        try:
            it, seems_right = msgspec.convert(boxed, plain, dec_hook=read_leaf).it, are_exact_in_plain
        except msgspec.ValidationError:  # at the first item that is not plain
            it, seems_right = msgspec.convert(boxed, whole, dec_hook=read_leaf).it, are_exact
        if given is not None and not seems_right(given):
            raise ValueError
        return it

    return made


def _box(annotation: Any) -> Any:
    """A struct of it: of structs C remembers how they are read."""
    return msgspec.defstruct("Box", [("it", annotation)])
