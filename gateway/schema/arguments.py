"""Arguments read at once: a variable's JSON turned straight into the input object that a resolver takes.

graphql-core makes dictionaries of a variable, field by field, and Strawberry makes objects of these, field
by field again: 115 µs for an event. Here C makes twins of them (`gateway.schema.twins`). What C would read
otherwise goes to functions, one for each input type of Strawberry's schema, that go over what is given
once, and over no more. They know only how all goes well. For anything else they raise, and the operation is
read by graphql-core and Strawberry from its beginning: so errors are always their own.

Of what is written out in a document graphql-core makes dictionaries. The same functions make objects of
these, and leave alone what a variable within them is already.
"""

import dataclasses
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final, NoReturn, TypeAlias, cast

from graphql import (
    GraphQLEnumType,
    GraphQLField,
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
    OperationDefinitionNode,
    Undefined,
    get_named_type,
    get_nullable_type,
)
from graphql.execution.get_variable_signature import GraphQLVariableSignature, get_variable_signature
from graphql.execution.values import VariableValues, VariableValueSource
from graphql.utilities.coerce_input_value import coerce_input_literal
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField
from strawberry.types.info import Info

from gateway.errors import GatewayError
from gateway.model.time import parse_instant
from gateway.schema import twins
from gateway.schema.conversion import convert
from gateway.schema.leaf import Uncovered

Reader: TypeAlias = Callable[[Any], Any]
"""Makes of a value of JSON what a resolver takes. Raises for what it does not cover."""

_DEFINITION: Final = "strawberry-definition"
_STRICT: Final = {parse_instant}
"""What reads a scalar, and by itself refuses null."""
_NO_TWIN: Final = (ValueError, LookupError, GatewayError)
"""What says that no twin is made: of a single value for a list, of an offset, or of what is wrong."""
_BY_C: Final[dict[tuple[GraphQLInputObjectType, str], Reader]] = {}
"""What reads a type, or a list of it: six for an input at most, null or not."""


class Variables:
    """The variables that an operation declares."""

    def __init__(self, schema: GraphQLSchema, operation: OperationDefinitionNode) -> None:
        found = [get_variable_signature(schema, node) for node in operation.variable_definitions or ()]
        signatures = [it for it in found if isinstance(it, GraphQLVariableSignature)]  # valid: all of them
        self._readers = [(it, _at_once(it.type)) for it in signatures]

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


def _default(signature: GraphQLVariableSignature) -> Any:
    """The default that the document gives a variable, made anew each time, for a list can be changed."""
    value = coerce_input_literal(signature.default.literal, signature.type)  # type: ignore[union-attr,arg-type]  # a document gives literals
    return _refuse(value) if value is Undefined else value


def _at_once(type_: GraphQLInputType) -> Reader:
    """What has C make all objects of a value. It is made once for a type, whatever documents declare it.

    Lists of lists have no end, which no argument takes, but some scalars may hold: of these C makes none.
    """
    name = str(type_)
    named = get_named_type(type_)
    if not isinstance(named, GraphQLInputObjectType) or "[[" in name:
        return reader(type_)
    key = named, name
    if key not in _BY_C:
        _BY_C[key] = _by_c(type_)
    return _BY_C[key]


def _by_c(type_: GraphQLInputType) -> Reader:
    by_c, by_field = convert(type_), reader(type_)

    def read(given: Any) -> Any:
        try:
            return by_c(given)
        except _NO_TWIN:
            return by_field(given)

    return read


def reader(type_: GraphQLInputType, *, coerced: bool = False) -> Reader:
    """What reads values of a type, or those that graphql-core has `coerced` already.

    A type within itself ends in RecursionError: the schema has none.
    """
    if isinstance(type_, GraphQLNonNull):
        return _present(type_.of_type, coerced)
    present = _present(type_, coerced)
    return lambda given: None if given is None else present(given)


def _present(type_: Any, coerced: bool) -> Reader:
    """What reads values of a type, and refuses null."""
    if isinstance(type_, GraphQLList):
        return _list(type_.of_type, coerced)
    return _named(type_, coerced)


@cache
def _named(type_: GraphQLNamedInputType, coerced: bool) -> Reader:
    if isinstance(type_, GraphQLInputObjectType):
        return _object(type_, coerced)
    if coerced:
        return lambda given: given
    if isinstance(type_, GraphQLEnumType):
        return {name: type_.coerce_input_value(name) for name in type_.values}.__getitem__
    return _leaf(type_)


def _leaf(type_: GraphQLLeafType) -> Reader:
    coerce = type_.coerce_input_value
    if coerce in _STRICT:
        return coerce

    def read(given: Any) -> Any:
        value = Undefined if given is None else coerce(given)
        return _refuse(given) if value is Undefined else value

    return read


def _as_it_is(type_: Any) -> type | None:
    """The class of values that are read as they are, without being looked at."""
    return str if get_nullable_type(type_) in {GraphQLString, GraphQLID} else None


def _list(type_: Any, coerced: bool) -> Reader:
    """A single value is a list of one."""
    plain, item = _as_it_is(type_), reader(type_, coerced=coerced)

    def read(given: Any) -> list[Any]:
        if given.__class__ is list:
            return [each if each.__class__ is plain else item(each) for each in given]
        return [item(given)] if given.__class__ in {str, int, float, bool, dict} else _refuse(given)

    return read


def _object(type_: GraphQLInputObjectType, coerced: bool) -> Reader:
    """An object that has attributes for what is given, and its class's defaults for all else; or its twin.

    Of some, exactly one field is given, and is not null.
    """
    is_one_of, made = _definition(type_).is_one_of, _definition(type_).origin
    fields = {name: _field(field, coerced, may_be_null=not is_one_of) for name, field in type_.fields.items()}
    if hasattr(made, "__post_init__"):
        raise TypeError(f"{made.__name__} is an input, and is made of no more than it is given.")
    makers = {it.name: it.default_factory for it in dataclasses.fields(made) if callable(it.default_factory)}
    needed = {name for name, (own, *_) in fields.items() if not (hasattr(made, own) or own in makers)}

    def read(given: Any) -> Any:
        if given.__class__ is not dict or (is_one_of and len(given) != 1):
            return given if made in {given.__class__, twins.origin(given)} else _refuse(given)
        if needed and not needed <= given.keys():
            _refuse(given)
        it = object.__new__(made)
        for python_name, make in makers.items():
            setattr(it, python_name, make())
        for name, value in given.items():
            python_name, plain, read_field = fields[name]
            setattr(it, python_name, value if value.__class__ is plain else read_field(value))
        return it

    return read


def _field(field: GraphQLInputField, coerced: bool, *, may_be_null: bool) -> tuple[str, type | None, Reader]:
    type_: Any = field.type if may_be_null else GraphQLNonNull(get_nullable_type(field.type))
    return twins.python_name(field), _as_it_is(type_), reader(type_, coerced=coerced)


def _definition(type_: GraphQLInputObjectType) -> StrawberryObjectDefinition:
    return cast("StrawberryObjectDefinition", type_.extensions[_DEFINITION])


def _refuse(value: object) -> NoReturn:
    raise Uncovered(value)


class DirectResolvers(MiddlewareManager):
    """Resolvers of fields with arguments, less Strawberry's way there, which would read objects once more."""

    def __init__(self, schema: GraphQLSchema) -> None:
        super().__init__()
        types = [it for it in schema.type_map.values() if isinstance(it, GraphQLObjectType)]
        fields = [field for it in types if not it.name.startswith("__") for field in it.fields.values()]
        self._direct = {it.resolve: _direct(it) for it in fields if it.args}

    def get_field_resolver(self, field_resolver: Callable[..., Any]) -> Callable[..., Any]:
        return self._direct.get(field_resolver, field_resolver)


def _direct(definition: GraphQLField) -> Callable[..., Any]:
    """Calls a resolver with arguments that were read at once, or makes objects of dictionaries."""
    field: StrawberryField = definition.extensions[_DEFINITION]
    resolver = field.base_resolver
    if resolver is None or not (resolver.self_parameter and resolver.info_parameter) or field.extensions:
        raise TypeError(f"{field.python_name}, which has arguments, needs a resolver of self and info alone.")
    function = cast("Callable[..., Any]", resolver.wrapped_func)
    arguments = {
        name: (argument.python_name, reader(definition.args[name].type, coerced=True))
        for name, argument in zip(definition.args, field.arguments, strict=True)
    }

    def resolve(source: Any, info: Any, **given: Any) -> Any:
        values = {arguments[name][0]: arguments[name][1](value) for name, value in given.items()}
        return function(source, info=Info(_raw_info=info, _field=field), **values)

    return resolve
