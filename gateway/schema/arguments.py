"""Arguments read at once: a variable's JSON turned straight into the input object that a resolver takes.

graphql-core makes dictionaries of a variable, field by field, and Strawberry makes objects of these, field by
field again: 115 µs for an event. Here each input type of Strawberry's schema has one function that goes over
what is given once, and over no more. It knows only how all goes well. For anything else it raises, and the
operation is read by graphql-core and Strawberry from its beginning: so errors are always their own.

What was read is an object already, which only direct resolvers expect, and only as a whole argument.
Operations that put such variables into literals are therefore left to the others, too.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final, NoReturn, TypeAlias, cast

import strawberry
from graphql import (
    ArgumentNode,
    DocumentNode,
    GraphQLEnumType,
    GraphQLID,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLLeafType,
    GraphQLList,
    GraphQLNamedInputType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLString,
    MiddlewareManager,
    Node,
    OperationDefinitionNode,
    Undefined,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    get_named_type,
    get_nullable_type,
    visit,
)
from graphql.execution.get_variable_signature import GraphQLVariableSignature, get_variable_signature
from graphql.execution.values import VariableValues, VariableValueSource
from graphql.utilities.coerce_input_value import coerce_input_literal
from strawberry.types.arguments import convert_argument
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField
from strawberry.types.info import Info

from gateway.schema.completion import Uncovered

Reader: TypeAlias = Callable[[Any], Any]
"""Makes of a value of JSON what a resolver takes. Raises for what it does not cover."""

_DEFINITION: Final = "strawberry-definition"


class Variables:
    """The variables that an operation declares. `nested` are the names of those inside literals."""

    def __init__(self, schema: GraphQLSchema, operation: OperationDefinitionNode, nested: set[str]) -> None:
        found = [get_variable_signature(schema, node) for node in operation.variable_definitions or ()]
        signatures = [it for it in found if isinstance(it, GraphQLVariableSignature)]  # valid: all of them
        self._readers = [
            (it, _refuse if _is_object_within(it, nested) else reader(it.type)) for it in signatures
        ]

    def read(self, given: Mapping[str, Any]) -> VariableValues:
        """What is given and declared. Raises for what is not covered."""
        sources: dict[str, VariableValueSource] = {}
        values: dict[str, Any] = {}
        for signature, read in self._readers:
            name = signature.name
            if name in given:
                sources[name] = VariableValueSource(signature, given[name])
                values[name] = read(given[name])
                continue
            sources[name] = VariableValueSource(signature)
            if signature.default is not None:
                values[name] = _default(signature)
            elif isinstance(signature.type, GraphQLNonNull):
                _refuse(None)
        return VariableValues(sources, values)


def nested_variables(document: DocumentNode) -> set[str]:
    """The names of the variables inside lists and objects that are written out."""
    found = _Nested()
    visit(document, found)
    return found.names


class _Nested(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def enter_variable(self, node: VariableNode, _key: object, parent: Node, *_: object) -> None:
        if not isinstance(parent, ArgumentNode | VariableDefinitionNode):
            self.names.add(node.name.value)


def _is_object_within(signature: GraphQLVariableSignature, nested: set[str]) -> bool:
    return signature.name in nested and _is_of_objects(signature.type)


def _is_of_objects(type_: GraphQLInputType) -> bool:
    return isinstance(get_named_type(type_), GraphQLInputObjectType)


def _default(signature: GraphQLVariableSignature) -> Any:
    """The default that the document gives a variable, made anew each time, for a list can be changed."""
    literal = signature.default and signature.default.literal
    value = Undefined if _is_of_objects(signature.type) else coerce_input_literal(literal, signature.type)  # type: ignore[arg-type]  # a document gives literals
    return _refuse(value) if value is Undefined else value


def reader(type_: GraphQLInputType) -> Reader:
    """What reads values of a type. A type within itself ends in RecursionError: the schema has none."""
    if isinstance(type_, GraphQLNonNull):
        return _present(type_.of_type)
    present = _present(type_)
    return lambda given: None if given is None else present(given)


def _present(type_: Any) -> Reader:
    """What reads values of a type, and refuses null."""
    return _list(reader(type_.of_type)) if isinstance(type_, GraphQLList) else _named(type_)


@cache
def _named(type_: GraphQLNamedInputType) -> Reader:
    if isinstance(type_, GraphQLInputObjectType):
        return _one_of(type_) if _definition(type_).is_one_of else _object(type_)
    if isinstance(type_, GraphQLEnumType):
        return {name: type_.coerce_input_value(name) for name in type_.values}.__getitem__
    leaf = _leaf(type_)
    if type_ in {GraphQLString, GraphQLID}:
        return lambda given: given if given.__class__ is str else leaf(given)
    return leaf


def _leaf(type_: GraphQLLeafType) -> Reader:
    coerce = type_.coerce_input_value

    def read(given: Any) -> Any:
        value = Undefined if given is None else coerce(given)
        return _refuse(given) if value is Undefined else value

    return read


def _list(item: Reader) -> Reader:
    """A single value is a list of one."""

    def read(given: Any) -> list[Any]:
        if given.__class__ is list:
            return [item(each) for each in given]
        return [item(given)] if given.__class__ in {str, int, float, bool, dict} else _refuse(given)

    return read


def _object(type_: GraphQLInputObjectType) -> Reader:
    """What is required and missing, the object itself refuses to be made without."""
    make = _definition(type_).origin
    fields = {name: (_python_name(field), reader(field.type)) for name, field in type_.fields.items()}

    def read(given: Any) -> Any:
        if given.__class__ is not dict:
            _refuse(given)
        values = {}
        for name, value in given.items():
            python_name, read_field = fields[name]
            values[python_name] = read_field(value)
        return make(**values)

    return read


def _one_of(type_: GraphQLInputObjectType) -> Reader:
    """Exactly one field is given, and is not null."""
    make = _definition(type_).origin
    fields = {
        name: (_python_name(field), _present(get_nullable_type(field.type)))
        for name, field in type_.fields.items()
    }

    def read(given: Any) -> Any:
        if given.__class__ is not dict or len(given) != 1:
            _refuse(given)
        ((name, value),) = given.items()
        python_name, read_field = fields[name]
        return make(**{python_name: read_field(value)})

    return read


def _definition(type_: GraphQLInputObjectType) -> StrawberryObjectDefinition:
    return cast("StrawberryObjectDefinition", type_.extensions[_DEFINITION])


def _python_name(field: GraphQLInputField) -> str:
    return cast("StrawberryField", field.extensions[_DEFINITION]).python_name


def _refuse(value: object) -> NoReturn:
    raise Uncovered(value)


class DirectResolvers(MiddlewareManager):
    """Resolvers of fields with arguments, less Strawberry's way there, which would read objects once more."""

    def __init__(self, schema: strawberry.Schema, core: GraphQLSchema) -> None:
        super().__init__()
        types = [it for it in core.type_map.values() if isinstance(it, GraphQLObjectType)]
        fields = [field for it in types if not it.name.startswith("__") for field in it.fields.values()]
        self._direct = {it.resolve: _direct(schema, it.extensions[_DEFINITION]) for it in fields if it.args}

    def get_field_resolver(self, field_resolver: Callable[..., Any]) -> Callable[..., Any]:
        return self._direct.get(field_resolver, field_resolver)


def _direct(schema: strawberry.Schema, field: StrawberryField) -> Callable[..., Any]:
    """Calls a resolver with arguments that were read at once, or are dictionaries yet: then literals."""
    config, scalars = schema.config, schema.schema_converter.scalar_registry
    arguments = {config.name_converter.from_argument(it): it for it in field.arguments}
    resolver = field.base_resolver
    if resolver is None or not (resolver.self_parameter and resolver.info_parameter) or field.extensions:
        raise TypeError(f"{field.python_name}, which has arguments, needs a resolver of self and info alone.")
    function = cast("Callable[..., Any]", resolver.wrapped_func)

    def resolve(source: Any, info: Any, **given: Any) -> Any:
        values = {
            arguments[name].python_name: value
            if value.__class__ is not dict
            else convert_argument(value, arguments[name].type, scalars, config)
            for name, value in given.items()
        }
        return function(source, info=Info(_raw_info=info, _field=field), **values)

    return resolve
