"""Completion compiled per selection: one function that turns an object into its part of the answer.

graphql-core walks a selection anew for every object. Here what is selected of a type is written out once, as
the source of a Python function, `{"id": it.id, "start": o1(r2(it), run)}`, from Strawberry's schema and the
fields that graphql-core has collected. The function knows only how all goes well. For anything else it
raises, and graphql-core completes that object itself, from its beginning: so errors, paths and nulls are
always its own. Resolvers that await nothing may therefore be called twice, and must have no side effects.
Fields that are not covered, those that await or have arguments, are left to graphql-core, beside the others.
"""

from collections.abc import Awaitable, Callable, Coroutine, Generator, Sequence
from enum import Enum
from typing import Any, Final, NoReturn, TypeAlias, cast

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
)
from graphql.execution.collect_fields import FieldDetailsList, GroupedFieldSet
from graphql.pyutils import Path, UndefinedType
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.schema.schema_converter import CustomGraphQLEnumType
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField
from strawberry.types.info import Info

from gateway.schema.variants import Completion, Completions

Asked: TypeAlias = tuple[GraphQLField, list[FieldNode], GraphQLObjectType, StrawberryField]
"""A field whose resolver wants to know of the operation, and the type that has the field."""

_DEFINITION: Final = "strawberry-definition"


class Uncovered(Exception):
    """What a compiled function raises for a value that it does not cover."""


class CompiledExecution(StrawberryGraphQLCoreExecutionContext):
    """The execution of one operation by graphql-core, with compiled completion wherever that is possible."""

    def __init__(self, *args: Any, completions: Completions, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._variant = completions.under(self.variable_values.coerced)
        self._infos: dict[int, Info[Any, Any]] = {}

    def collect_and_execute_subfields(
        self,
        return_type: GraphQLObjectType,
        field_details_list: FieldDetailsList,
        path: Path,
        result: Any,
        position_context: Any,
    ) -> Any:
        """The selected fields of an object."""
        attempt = self._attempt(return_type, field_details_list, result)
        if attempt is None:
            args = return_type, field_details_list, path, result, position_context
            return super().collect_and_execute_subfields(*args)
        done, left = attempt
        rest = self.execute_fields(return_type, result, path, left, position_context) if left else {}
        return _joined(done, rest) if self.is_awaitable(rest) else done | rest

    def complete_list_value(  # noqa: PLR0917 - graphql-core's
        self,
        return_type: GraphQLList[Any],
        field_details_list: FieldDetailsList,
        info: Any,
        path: Path,
        result: Any,
        position_context: Any,
    ) -> Any:
        """The items of a list."""
        attempt = self._attempt(return_type, field_details_list, result)
        if attempt is None:
            args = return_type, field_details_list, info, path, result, position_context
            return super().complete_list_value(*args)
        return attempt[0]

    def info_of(self, asked: "Asked") -> Info[Any, Any]:
        """What a resolver may know of the operation: one for all rows, and so without a path."""
        if id(asked) not in self._infos:
            definition, nodes, parent, field = asked
            raw = self.build_resolve_info(definition, nodes, parent, cast("Path", None))
            self._infos[id(asked)] = Info(_raw_info=raw, _field=field)
        return self._infos[id(asked)]

    def _attempt(
        self, type_: GraphQLOutputType, details: FieldDetailsList, value: Any
    ) -> tuple[Any, GroupedFieldSet] | None:
        """The completed value, and the fields left out of it. None where graphql-core is to complete it."""
        key = (type_, *[id(it.node) for it in details])
        if key not in self._variant:
            self._variant[key] = _Writer(self).completion(type_, details)
        if (completion := self._variant[key]) is None:
            return None
        try:
            return completion[0](value, self), completion[1]
        except Exception:  # noqa: BLE001 - graphql-core comes to it again, and says where
            return None


class _Writer:
    """Writes the functions of one selection. A method that writes an expression gives None where it cannot.

    Of the document only names of the answer's members get into the source, quoted.
    """

    def __init__(self, execution: CompiledExecution) -> None:
        self._execution = execution
        self._source: list[str] = []
        self._names: dict[str, Any] = {"listed": _listed, "refuse": _refuse}

    def completion(self, type_: GraphQLOutputType, details: FieldDetailsList) -> Completion | None:
        """What completes an object or a list of the type."""
        if isinstance(type_, GraphQLObjectType):
            written = self._function(type_, details)
        else:
            value = self._present(type_, "it", details)
            written = (self._define(f"return {value}"), {}) if value else None
        exec("\n".join(self._source), self._names)  # noqa: S102 - see above
        return written and (self._names[written[0]], written[1])

    def _define(self, *lines: str) -> str:
        function = self._name("o")
        self._source.append("\n ".join([f"def {function}(it, run):", *lines]))
        return function

    def _name(self, kind: str, value: object = None) -> str:
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
        fields = self._execution.collect_subfields(type_, details).grouped_field_set
        written = {name: self._field(type_, nodes) for name, nodes in fields.items()}
        members = ", ".join(f"{name!r}: {value}" for name, value in written.items())
        origin = self._name("t", definition.origin)
        function = self._define(f"if it.__class__ is not {origin}: refuse(it)", f"return {{{members}}}")
        return function, {name: fields[name] for name, value in written.items() if value is None}

    def _field(self, parent: GraphQLObjectType, details: FieldDetailsList) -> str | None:
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
        function = self._name("r", resolver.wrapped_func)
        if resolver.info_parameter is None:
            return f"{function}(it)"
        asked = self._name("a", (definition, nodes, parent, field))
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
            item = self._completed(type_.of_type, "x", details)
            return item and f"[{item} for x in listed({value})]"
        if isinstance(type_, GraphQLLeafType):
            return self._leaf(type_, value)
        if isinstance(type_, GraphQLObjectType):
            function = self._whole(type_, details)
            return function and f"{function}({value}, run)"
        return self._abstract(type_, value, details) if isinstance(type_, GraphQLAbstractType) else None

    def _leaf(self, type_: GraphQLLeafType, value: str) -> str:
        complete = self._name("c", _enum(type_) if isinstance(type_, CustomGraphQLEnumType) else _leaf(type_))
        if type_ not in {GraphQLString, GraphQLID}:
            return f"{complete}({value})"
        name, bound = _bound(value)
        return f"({name} if {bound}.__class__ is str else {complete}({name}))"

    def _abstract(self, type_: GraphQLAbstractType, value: str, details: FieldDetailsList) -> str | None:
        types = self._execution.schema.get_possible_types(type_)
        functions = [self._whole(possible, details) for possible in types]
        if not all(functions):
            return None
        origins = [self._name("t", possible.extensions[_DEFINITION].origin) for possible in types]
        choices = ", ".join(map("{}: {}".format, origins, functions))
        table, (name, bound) = self._name("f"), _bound(value)
        self._source.append(f"{table} = {{{choices}}}")
        return f"{table}[{bound}.__class__]({name}, run)"

    def _whole(self, type_: GraphQLObjectType, details: FieldDetailsList) -> str | None:
        """A function that completes objects of the type and leaves nothing out."""
        written = self._function(type_, details)
        return written[0] if written and not written[1] else None


def _bound(value: str) -> tuple[str, str]:
    """A name for a value that is used twice, and the expression that gives the value that name."""
    return (value, value) if value.isidentifier() else ("v", f"(v := {value})")


def _leaf(type_: GraphQLLeafType) -> Callable[[Any], Any]:
    coerce = type_.coerce_output_value

    def complete(value: Any) -> Any:
        completed = coerce(value) if _PLAIN[type(value)] else None
        return completed if _PLAIN[type(completed)] else _refuse(value)

    return complete


def _enum(type_: CustomGraphQLEnumType) -> Callable[[Any], str]:
    kind = cast("type[Enum]", type_.wrapped_cls)
    names = {member._name_: type_.coerce_output_value(member) for member in kind}

    def complete(value: Any) -> str:
        return names[value._name_] if type(value) is kind else _refuse(value)

    return complete


class _Plain(dict[type, bool]):
    """Whether values of a class are neither null, nor errors, nor to be awaited."""

    def __missing__(self, kind: type) -> bool:
        odd = (type(None), UndefinedType, Exception, Awaitable, Generator)
        return self.setdefault(kind, not issubclass(kind, odd))


_PLAIN: Final = _Plain()


def _listed(value: Any) -> Sequence[Any]:
    return value if value.__class__ in {list, tuple} else _refuse(value)


def _refuse(value: Any) -> NoReturn:
    """Leaves a value to graphql-core, which will have it made anew."""
    if isinstance(value, Coroutine):
        value.close()
    raise Uncovered


async def _joined(done: dict[str, Any], rest: Awaitable[dict[str, Any]]) -> dict[str, Any]:
    return done | await rest
