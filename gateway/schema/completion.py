"""Completion compiled per selection: functions that turn an object into the answer.

graphql-core walks a selection anew for every object. Here what is selected of a type is written out once, as
the source of a Python function, `{"id": it.id, "start": o1(r2(it), run)}`, from Strawberry's schema and the
fields that graphql-core has collected. A list of events is written as JSON at once, without an object for
each (`gateway/schema/rows.py`).

The functions know only how all goes well. For anything else they raise, and graphql-core completes that
object or list itself, from its beginning: so errors, paths and nulls are always its own. Resolvers that await
nothing may therefore be called twice, and must have no side effects. Fields that are not covered, those that
await or have arguments, are left to graphql-core: of an object beside the others, of a list with all others.
"""

from collections.abc import Sequence
from typing import Any, Final, TypeAlias

from graphql import (
    FieldNode,
    GraphQLAbstractType,
    GraphQLField,
    GraphQLLeafType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    get_nullable_type,
)
from graphql.execution.collect_fields import FieldDetailsList, GroupedFieldSet
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext as Execution
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField

from gateway.schema.leaf import leaf, left, refuse, written
from gateway.schema.rows import is_listed, rows, table
from gateway.schema.variants import Completion

Asked: TypeAlias = tuple[GraphQLField, list[FieldNode], GraphQLObjectType, StrawberryField]
"""A field whose resolver wants to know of the operation, and the type that has the field."""

_DEFINITION: Final = "strawberry-definition"


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
            "table": table,
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

    def define(self, *lines: str, takes: str = "it, run") -> str:
        function = self.name("o")
        self._source.append("\n ".join([f"def {function}({takes}):", *lines]))
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
        if isinstance(shown, GraphQLObjectType) and is_listed(shown):
            functions = rows(self, shown, details)
            return f"table({value}, {', '.join(functions)}, run)" if functions else None
        item = self._completed(type_, "x", details)
        return item and f"[{item} for x in listed({value})]"

    def _leaf(self, type_: GraphQLLeafType, value: str) -> str:
        complete = self.name("c", leaf(type_))
        kept = left(type_)
        if kept is None or kept is int:  # of integers only short ones are kept
            return f"{complete}({value})"
        name, bound = _bound(value)
        return f"({name} if {bound}.__class__ is {kept.__name__} else {complete}({name}))"

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


def _bound(value: str) -> tuple[str, str]:
    """A name for a value that is used twice, and the expression that gives the value that name."""
    return (value, value) if value.isidentifier() else ("v", f"(v := {value})")


def _listed(value: Any) -> Sequence[Any]:
    return value if value.__class__ in {list, tuple} else refuse(value)
