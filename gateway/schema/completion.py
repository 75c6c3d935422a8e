"""Completion compiled per selection: functions that turn an object, or the rows of a list, into the answer.

graphql-core walks a selection anew for every object. Here what is selected of a type is written out once, as
the source of a Python function, `{"id": it.id, "start": o1(r2(it), run)}`, from Strawberry's schema and the
fields that graphql-core has collected. A list of events is written as JSON at once, from a column of its run
for each attribute that is selected, and without an object for each row:
`[f'{"id":{x1},"title":{x2}}' for x1, x2 in zip(x1, x2)]`. What is no attribute has a column made by views.

The functions know only how all goes well. For anything else they raise, and graphql-core completes that
object or list itself, from its beginning: so errors, paths and nulls are always its own. Resolvers that await
nothing may therefore be called twice, and must have no side effects. Fields that are not covered, those that
await or have arguments, are left to graphql-core: of an object beside the others, of a list with all others.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

import msgspec
from graphql import (
    FieldNode,
    GraphQLAbstractType,
    GraphQLField,
    GraphQLID,
    GraphQLLeafType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLString,
    get_nullable_type,
)
from graphql.execution.collect_fields import FieldDetailsList, GroupedFieldSet
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext as Execution
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField

from gateway.schema.leaf import column, leaf, refuse, written
from gateway.schema.shown import Rows, column_of, view_of
from gateway.schema.variants import Completion

Asked: TypeAlias = tuple[GraphQLField, list[FieldNode], GraphQLObjectType, StrawberryField]
"""A field whose resolver wants to know of the operation, and the type that has the field."""

Parents: TypeAlias = tuple[str, ...]
"""The columns of the objects that hold a value, of those that may be null, the outermost first."""

_DEFINITION: Final = "strawberry-definition"
_QUOTES: Final = ('"""', "'")
"""Of objects that may be null: those within a row, and those within one of these."""


def compiled(execution: Execution, type_: GraphQLOutputType, details: FieldDetailsList) -> Completion | None:
    """What completes an object or a list of a type, with what is selected of it."""
    return _Writer(execution).completion(type_, details)


class _Writer:
    """Writes the functions of one selection. A method that writes an expression gives None where it cannot.

    Of the document only names of the answer's members get into the source, quoted.
    """

    def __init__(self, execution: Execution) -> None:
        self._execution = execution
        self._source: list[str] = []
        self._names: dict[str, Any] = {
            "listed": _listed,
            "refuse": refuse,
            "table": _table,
            "written": written,
        }

    def completion(self, type_: GraphQLOutputType, details: FieldDetailsList) -> Completion | None:
        if isinstance(type_, GraphQLObjectType):
            written = self._function(type_, details)
        else:
            value = self._present(type_, "it", details)
            written = (self.define(f"return {value}"), {}) if value else None
        exec("\n".join(self._source), self._names)  # noqa: S102 - see above
        return written and Completion(self._names[written[0]], written[1])

    def define(self, *lines: str) -> str:
        function = self.name("o")
        self._source.append("\n ".join([f"def {function}(it, run):", *lines]))
        return function

    def name(self, kind: str, value: object = None) -> str:
        name = f"{kind}{len(self._names)}"
        self._names[name] = value
        return name

    def _function(
        self, type_: GraphQLObjectType, details: FieldDetailsList
    ) -> tuple[str, GroupedFieldSet] | None:
        """A function that completes objects of the type, and the fields that it leaves out."""
        definition = type_.extensions.get(_DEFINITION)
        if not isinstance(definition, StrawberryObjectDefinition) or definition.is_type_of:
            return None
        fields = self.fields(type_, details)
        written = {name: self.field(type_, nodes) for name, nodes in fields.items()}
        members = ", ".join(f"{name!r}: {value}" for name, value in written.items())
        origin = self.name("t", definition.origin)
        function = self.define(f"if it.__class__ is not {origin}: refuse(it)", f"return {{{members}}}")
        return function, {name: fields[name] for name, value in written.items() if value is None}

    def fields(self, type_: GraphQLObjectType, details: FieldDetailsList) -> GroupedFieldSet:
        """What is selected of the type, by its names in the answer."""
        return self._execution.collect_subfields(type_, details).grouped_field_set

    def field(self, parent: GraphQLObjectType, details: FieldDetailsList) -> str | None:
        """An expression for the completed value of a field of `it`."""
        name = details[0].node.name.value
        if name == "__typename":
            return repr(parent.name)
        definition = parent.fields.get(name)
        value = definition and self._resolved(definition, parent, [it.node for it in details])
        return self._completed(definition.type, value, details) if definition and value else None

    def _resolved(
        self, definition: GraphQLField, parent: GraphQLObjectType, nodes: list[FieldNode]
    ) -> str | None:
        field = definition.extensions.get(_DEFINITION)
        if not isinstance(field, StrawberryField) or field.extensions or definition.args:
            return None
        resolver = field.base_resolver
        if resolver is None:
            return f"it.{field.python_name}"
        if resolver.is_async or resolver.self_parameter is None:
            return None
        function = self.name("r", resolver.wrapped_func)
        if resolver.info_parameter is None:
            return f"{function}(it)"
        asked = self.name("a", (definition, nodes, parent, field))
        return f"{function}(it, run.info_of({asked}))"

    def _completed(self, type_: GraphQLOutputType, value: str, details: FieldDetailsList) -> str | None:
        """An expression for a value of a type, as graphql-core would complete it."""
        if isinstance(type_, GraphQLNonNull):
            return self._present(type_.of_type, value, details)
        name, bound = _bound(value)
        present = self._present(type_, name, details)
        return present and f"(None if {bound} is None else {present})"

    def _present(self, type_: Any, value: str, details: FieldDetailsList) -> str | None:
        """The same for a value that is not to be null."""
        if isinstance(type_, GraphQLList):
            return self._list(type_.of_type, value, details)
        if isinstance(type_, GraphQLLeafType):
            return self._leaf(type_, value)
        if isinstance(type_, GraphQLObjectType):
            function = self._whole(type_, details)
            return function and f"{function}({value}, run)"
        return self._abstract(type_, value, details) if isinstance(type_, GraphQLAbstractType) else None

    def _list(self, type_: Any, value: str, details: FieldDetailsList) -> str | None:
        shown = get_nullable_type(type_)
        if isinstance(shown, GraphQLObjectType) and _is_shown(shown):
            rows = _Rows(self, shown).function(details)
            return rows and f"table({value}, {rows}, run)"
        item = self._completed(type_, "x", details)
        return item and f"[{item} for x in listed({value})]"

    def _leaf(self, type_: GraphQLLeafType, value: str) -> str:
        complete = self.name("c", leaf(type_))
        if type_ not in {GraphQLString, GraphQLID}:
            return f"{complete}({value})"
        name, bound = _bound(value)
        return f"({name} if {bound}.__class__ is str else {complete}({name}))"

    def _abstract(self, type_: GraphQLAbstractType, value: str, details: FieldDetailsList) -> str | None:
        types = self._execution.schema.get_possible_types(type_)
        functions = [self._whole(possible, details) for possible in types]
        if not all(functions):
            return None
        origins = [self.name("t", possible.extensions[_DEFINITION].origin) for possible in types]
        choices = ", ".join(map("{}: {}".format, origins, functions))
        table, (name, bound) = self.name("f"), _bound(value)
        self._source.append(f"{table} = {{{choices}}}")
        return f"{table}[{bound}.__class__]({name}, run)"

    def _whole(self, type_: GraphQLObjectType, details: FieldDetailsList) -> str | None:
        """A function that completes objects of the type and leaves nothing out."""
        written = self._function(type_, details)
        return written[0] if written and not written[1] else None


class _Rows:
    """Writes the function of one list: a line for each column, and a row as an f-string over them."""

    def __init__(self, writer: _Writer, type_: GraphQLObjectType) -> None:
        self._writer = writer
        self._type = type_
        self._columns: list[str] = []
        self._lines: list[str] = []

    def function(self, details: FieldDetailsList) -> str | None:
        """A function that writes the rows; None if they have something that is left out."""
        row = self._row(self._type, details, "", ())
        if row is None:
            return None
        columns = ", ".join(self._columns or [self._column("range(len(it))")])
        rows = f"return [f'''{row}''' for {columns}, in zip({columns})]"
        return self._writer.define("column = it.run.column", *self._lines, rows)

    def _column(self, column: str) -> str:
        """The name of a column, and of a value in it."""
        self._columns.append(self._writer.name("x"))
        self._lines.append(f"{self._columns[-1]} = {column}")
        return self._columns[-1]

    def _row(
        self, type_: GraphQLObjectType, details: FieldDetailsList, at: str, parents: Parents
    ) -> str | None:
        """An object shown by the columns below a path; there is none where the last of `parents` is null."""
        fields = self._writer.fields(type_, details).items()
        cells = {name: self._cell(type_, nodes, at, parents) for name, nodes in fields}
        members = ",".join(f'"{name}":{cell}' for name, cell in cells.items())
        return f"{{{{{members}}}}}" if all(cells.values()) else None

    def _cell(
        self, parent: GraphQLObjectType, details: FieldDetailsList, at: str, parents: Parents
    ) -> str | None:
        name = details[0].node.name.value
        if name == "__typename":
            return f'"{parent.name}"'
        definition, known = parent.fields[name], len(self._columns)
        path = _column(definition)
        if path is not None:
            path = ".".join(filter(None, (at, path)))
            if cell := self._shown(definition, details, path, parents):
                return cell
            del self._columns[known:], self._lines[known:]
        return self._viewed(details) if parent is self._type else None

    def _shown(
        self, field: GraphQLField, details: FieldDetailsList, path: str, parents: Parents
    ) -> str | None:
        """What is shown by columns at and below a path."""
        shown, nullable = get_nullable_type(field.type), not isinstance(field.type, GraphQLNonNull)
        if isinstance(shown, GraphQLLeafType):
            view = view_of(field.extensions[_DEFINITION])
            write = self._writer.name("c", column(shown, nullable=nullable, view=view))
            return f"{{{self._column(f'{write}(column({path!r}), {parents[-1] if parents else None})')}}}"
        if not isinstance(shown, GraphQLObjectType) or (nullable and len(parents) == len(_QUOTES)):
            return None
        if not nullable:
            return self._row(shown, details, path, parents)
        own, quotes = self._column(f"column({path!r})"), _QUOTES[len(parents)]
        row = self._row(shown, details, path, (*parents, own))
        return row and f'{{"null" if {own} is None else f{quotes}{row}{quotes}}}'

    def _viewed(self, details: FieldDetailsList) -> str | None:
        """What is no attribute, and so is made of each row by itself."""
        value = self._writer.field(self._type, details)
        return value and f"{{{self._column(f'[written({value}) for it in it.views]')}}}"


def _is_shown(type_: GraphQLObjectType) -> bool:
    """Whether lists of a type are rows of a run."""
    return any(_column(field) is not None for field in type_.fields.values())


def _column(definition: GraphQLField) -> str | None:
    field = definition.extensions.get(_DEFINITION)
    return column_of(field) if isinstance(field, StrawberryField) else None


def _bound(value: str) -> tuple[str, str]:
    """A name for a value that is used twice, and the expression that gives the value that name."""
    return (value, value) if value.isidentifier() else ("v", f"(v := {value})")


def _listed(value: Any) -> Sequence[Any]:
    return value if value.__class__ in {list, tuple} else refuse(value)


def _table(rows: Any, write: Callable[[Rows[Any], Any], list[str]], run: Execution) -> msgspec.Raw:
    """The rows of a list as they go into the answer."""
    parts = rows.parts if rows.__class__ is Rows else refuse(rows)
    written = [row for part in parts for row in write(part, run)]
    if rows.run.places != range(len(written)):
        written = [written[place] for place in rows.run.places]
    if not written:
        return msgspec.Raw("[]")
    written[0] = f"[{written[0]}"  # not around them all: what is long is not copied
    written[-1] = f"{written[-1]}]"
    return msgspec.Raw(",".join(written))
