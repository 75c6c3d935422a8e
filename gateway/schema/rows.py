"""Lists compiled per selection: functions that write all rows of a list as JSON, without an object for each.

Of a list of events a function takes a column of its run for each attribute that is selected, and rows are
woven of these and of what stands between them: `woven(count, '{"id":', *x1, ',"title":', *x2, '},')`. What a
write did is known of each row by itself, unless many events were seen together: there a row is an f-string
over attributes, `f'{"id":{c1(row.event.id)}},'`. What is no attribute is asked of a view of each row.

As all that is compiled, the functions know only how all goes well, and raise for anything else.
"""

import re
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any, Final, Protocol, TypeAlias

import msgspec
from graphql import GraphQLField, GraphQLLeafType, GraphQLNonNull, GraphQLObjectType, get_nullable_type
from graphql.execution.collect_fields import FieldDetailsList, GroupedFieldSet
from strawberry.types.field import StrawberryField

from gateway.model.fields import DETAILS_OF
from gateway.model.run import Merged, Piece, Written, getter, woven
from gateway.schema.leaf import Leaf, column, refuse, text
from gateway.schema.shown import Rows, column_of, is_of_event, view_of

Write: TypeAlias = Callable[..., list[str]]
"""Writes the rows of what is shown, with what makes a view of one, and the execution: as many texts each."""
Parents: TypeAlias = tuple[str, ...]
"""The names of the objects that hold a value, of those that may be null, the outermost first."""

_BRACES: Final = re.compile("[{}]")
_DEFINITION: Final = "strawberry-definition"
_TAKES: Final = "it, view, run"
_QUOTES: Final = ('"""', "'")
"""Of objects that may be null: those within a row, and those within one of these."""


class _Code(str):
    """An expression in a function's source."""

    __slots__ = ()


Pieces: TypeAlias = Sequence[str | _Code]
"""What an object is put together of: JSON that is the same in every row, and expressions for what is not."""


class Writer(Protocol):
    """What the functions of one selection are written by."""

    def define(self, *lines: str, takes: str) -> str:
        """The name of a new function."""
        ...

    def name(self, kind: str, value: object = None) -> str:
        """A new name for a value."""
        ...

    def fields(self, type_: GraphQLObjectType, details: FieldDetailsList) -> GroupedFieldSet:
        """What is selected of a type, by its names in the answer."""
        ...

    def field(self, parent: GraphQLObjectType, details: FieldDetailsList) -> str | None:
        """An expression for the completed value of a field of `it`."""
        ...


def is_listed(type_: GraphQLObjectType) -> bool:
    """Whether lists of a type are `Rows`."""
    return any(_shown(field) is not None for field in type_.fields.values())


def rows(writer: Writer, type_: GraphQLObjectType, details: FieldDetailsList) -> Sequence[str] | None:
    """What writes the rows of a list that has columns, and of one that has not: events always have.

    None if the rows have something that is left out.
    """
    fields = filter(None, map(_shown, type_.fields.values()))
    kinds = (_Columns,) if all(map(is_of_event, fields)) else (_Columns, _Rows)
    functions = [kind(writer, type_).function(details) for kind in kinds]
    return [functions[0], functions[-1]] if functions[0] and functions[-1] else None


class _Rows:
    """Writes the function of one list over attributes: a place is the expression of one."""

    def __init__(self, writer: Writer, type_: GraphQLObjectType) -> None:
        self._writer = writer
        self._type = type_
        self._columns: dict[str, str] = {}
        self._views = False

    def function(self, details: FieldDetailsList) -> str | None:
        row = self._object(details, self._type, "row", ())
        each = "row, it in zip(it, map(view, it))" if self._views else "row in it"
        if row is None:
            return None
        return self._writer.define(f"return [f'''{_format(row)},''' for {each}]", takes=_TAKES)

    def _object(
        self, details: FieldDetailsList, type_: GraphQLObjectType, place: str, parents: Parents
    ) -> Pieces | None:
        """An object of a type; there is none where the last of `parents` is null."""
        pieces = ["{"]
        for name, nodes in self._writer.fields(type_, details).items():
            cell = self._cell(nodes, type_, place, parents)
            if cell is None:
                return None
            pieces += [f'{"," if len(pieces) > 1 else ""}"{name}":', *cell]
        return [*pieces, "}"]

    def _cell(
        self, details: FieldDetailsList, parent: GraphQLObjectType, place: str, parents: Parents
    ) -> Pieces | None:
        name = details[0].node.name.value
        if name == "__typename":
            return [f'"{parent.name}"']
        definition, known = parent.fields[name], len(self._columns)
        field = _shown(definition)
        if field and (cell := self._attribute(details, definition, field, place, parents)):
            return cell
        for unused in list(self._columns)[known:]:
            del self._columns[unused]
        value = self._writer.field(self._type, details) if parent is self._type else None
        return value and [_Code(self._viewed(value))]

    def _attribute(
        self,
        details: FieldDetailsList,
        definition: GraphQLField,
        field: StrawberryField,
        place: str,
        parents: Parents,
    ) -> Pieces | None:
        """What is found below a place."""
        type_, nullable = get_nullable_type(definition.type), not isinstance(definition.type, GraphQLNonNull)
        place = self._below(place, column_of(field) or "")
        if isinstance(type_, GraphQLLeafType):
            return [_Code(self._leaf(type_, place, parents, nullable=nullable, view=view_of(field)))]
        if not isinstance(type_, GraphQLObjectType) or (nullable and len(parents) == len(_QUOTES)):
            return None
        if not nullable:
            return self._object(details, type_, place, parents)
        own, given, place = self._named(place)
        row = self._object(details, type_, place, (*parents, own))
        return row and [_Code(self._unless_null(given, row, _QUOTES[len(parents)]))]

    def _unless_null(self, given: str, row: Pieces, quotes: str) -> str:
        """An object that may be null."""
        return f'"null" if {given} is None else f{quotes}{_format(row)}{quotes}'

    def _below(self, place: str, path: str) -> str:
        if path in DETAILS_OF:
            return f"{self._writer.name('g', getter(path))}({place})"
        return f"{place}.{path}"

    def _leaf(
        self,
        type_: GraphQLLeafType,
        place: str,
        parents: Parents,  # noqa: ARG002 - the expression is evaluated only where these are there
        *,
        nullable: bool,
        view: Leaf | None,
    ) -> str:
        write = self._writer.name("c", text(type_, view))
        return f'"null" if (v := {place}) is None else {write}(v)' if nullable else f"{write}({place})"

    def _named(self, place: str) -> tuple[str, str, str]:
        """A name for an object that may be null, the expression that gives it, and its place then."""
        name = self._writer.name("x")
        return name, f"({name} := {place})", name

    def _viewed(self, value: str) -> str:
        self._views = True
        return f"written({value})"


class _Columns(_Rows):
    """The same over columns of a run: a place is the path of one, and each is a line."""

    def function(self, details: FieldDetailsList) -> str | None:
        row = self._object(details, self._type, "", ())
        if row is None:
            return None
        lines = ["column = it.column", "count = len(it)"]
        lines += ["views = [*map(view, it)]"] if self._views else []
        lines += [f"{name} = {value}" for name, value in self._columns.items()]
        rows = f"return {self._writer.name('w', woven)}(count, {_arguments([*row, ','])})"
        return self._writer.define(*lines, rows, takes=_TAKES)

    def _unless_null(self, given: str, row: Pieces, quotes: str) -> str:  # noqa: ARG002
        return f"{self._writer.name('u', unless_null)}({given}, {_arguments(row)})"

    def _below(self, place: str, path: str) -> str:
        return f"{place}.{path}" if place and path else place or path

    def _leaf(
        self,
        type_: GraphQLLeafType,
        place: str,
        parents: Parents,
        *,
        nullable: bool,
        view: Leaf | None,
    ) -> str:
        write = self._writer.name("c", column(type_, nullable=nullable, view=view))
        return self._column(f"{write}(column({place!r}), {parents[-1] if parents else None})")

    def _named(self, place: str) -> tuple[str, str, str]:
        name = self._column(f"column({place!r})")
        return name, name, place

    def _viewed(self, value: str) -> str:
        self._views = True
        return f"[[written({value}) for it in views]]"

    def _column(self, value: str) -> str:
        """The name of a column, and of a value in it."""
        name = self._writer.name("x")
        self._columns[name] = value
        return name


def _format(row: Pieces) -> str:
    """The inside of an f-string."""
    return "".join([f"{{{it}}}" if isinstance(it, _Code) else _BRACES.sub(r"\g<0>\g<0>", it) for it in row])


def _arguments(row: Pieces) -> str:
    """Those of a call, texts that follow each other as one."""
    each = [list(those) for _, those in groupby(row, type)]
    return ", ".join([repr("".join(it)) if it[0].__class__ is str else f"*{', *'.join(it)}" for it in each])


def joined(texts: Sequence[str], count: int) -> list[str]:
    """So many rows of the texts that they are woven of."""
    each = [iter(texts)] * (len(texts) // count) if count else []
    return [*map("".join, zip(*each, strict=True))]


def unless_null(parents: Sequence[Any], *pieces: Piece) -> Sequence[Piece]:
    """The pieces of objects, one below each of the parents that is not null."""
    if parents.__class__ is Written or None not in parents:
        return pieces
    rows = joined(woven(len(parents), *pieces), len(parents))
    return (["null" if parent is None else row for parent, row in zip(parents, rows, strict=True)],)


def _shown(definition: GraphQLField) -> StrawberryField | None:
    """The field that shows a column, or an attribute."""
    field = definition.extensions.get(_DEFINITION)
    return field if isinstance(field, StrawberryField) and column_of(field) is not None else None


def table(rows: Any, by_columns: Write, by_rows: Write, execution: Any) -> msgspec.Raw:
    """The rows of a list as they go into the answer."""
    if rows.__class__ is not Rows:
        refuse(rows)
    shown = rows.shown
    if shown.__class__ is Merged:
        among = [row for it in shown.parts for row in joined(by_columns(it, rows.view, execution), len(it))]
        texts = [among[place] for place in shown.places]
    else:
        write = by_columns if hasattr(shown, "column") else by_rows
        texts = write(shown, rows.view, execution)
    if not texts:
        return msgspec.Raw("[]")
    texts[0] = f"[{texts[0]}"  # not around them all: what is long is not copied
    texts[-1] = f"{texts[-1][:-1]}]"
    return msgspec.Raw("".join(texts))
