"""Fields that await their value, called without graphql-core's and Strawberry's way there.

Which resolver a field has, and which of its arguments are variables, is the same whenever a document is
executed, and is found out once. What is not covered is left to graphql-core: a resolver that awaits nothing,
an argument that must be made of a literal, and one that is missing or null where it must not be.
"""

from collections.abc import Awaitable, Callable, Container, Mapping
from types import NoneType
from typing import Any, Final, cast

import msgspec
from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLField,
    GraphQLNonNull,
    GraphQLObjectType,
    Undefined,
    VariableNode,
    get_argument_values,
    get_nullable_type,
)
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField

_DEFINITION: Final = "strawberry-definition"
_PLAIN: Final = {str, int, float, bool, NoneType}
"""What resolvers take as it is, and nothing can change."""


class AwaitedField(msgspec.Struct, frozen=True, kw_only=True):
    """A field of a type as an operation asks for it."""

    definition: GraphQLField
    field: StrawberryField
    parent: GraphQLObjectType
    nodes: list[FieldNode]
    resolver: Callable[..., Awaitable[Any]]
    constants: Mapping[str, Any]
    variables: Mapping[str, tuple[str, bool]]
    """The variable that an argument takes, and whether it may be missing or null."""
    shown: GraphQLObjectType
    made: type | None
    """The class by which alone objects of the type that is shown are known; None for other types."""

    def arguments(self, given: Mapping[str, Any]) -> dict[str, Any] | None:
        """What the resolver takes, by its own names; None where that is graphql-core's to say."""
        values = dict(self.constants)
        for name, (variable, is_optional) in self.variables.items():
            value = given.get(variable)
            if value is None and not is_optional:
                return None
            if variable in given:
                values[name] = value
        return values


def awaited(parent: GraphQLObjectType, nodes: list[FieldNode]) -> AwaitedField | None:
    """The field of a type that is selected by the nodes; None where it is not covered."""
    definition = parent.fields.get(nodes[0].name.value)
    field = definition and definition.extensions.get(_DEFINITION)
    if definition is None or not isinstance(field, StrawberryField) or field.extensions:
        return None
    resolver = field.base_resolver
    if resolver is None or not (resolver.is_async and resolver.self_parameter and resolver.info_parameter):
        return None
    given = {it.name.value: it.value for it in nodes[0].arguments or ()}
    variables = {name: it.name.value for name, it in given.items() if isinstance(it, VariableNode)}
    constants = _constants(definition, nodes[0], variables)
    if constants is None:
        return None
    names = dict(zip(definition.args, [it.python_name for it in field.arguments], strict=True))
    shown = cast("GraphQLObjectType", get_nullable_type(definition.type))
    return AwaitedField(
        definition=definition,
        field=field,
        parent=parent,
        nodes=nodes,
        resolver=cast("Callable[..., Awaitable[Any]]", resolver.wrapped_func),
        constants={names[name]: value for name, value in constants.items()},
        variables={names[name]: (it, _is_optional(definition, name)) for name, it in variables.items()},
        shown=shown,
        made=_class_of(shown),
    )


def _constants(field: GraphQLField, node: FieldNode, variables: Container[str]) -> Mapping[str, Any] | None:
    """What the arguments that are no variables always are; None where something is to be made of one."""
    arguments = {name: it for name, it in field.args.items() if name not in variables}
    try:
        values = get_argument_values(GraphQLField(field.type, arguments), node)
    except GraphQLError:  # graphql-core comes to it again, and says where
        return None
    return values if _PLAIN.issuperset(map(type, values.values())) else None


def _is_optional(field: GraphQLField, name: str) -> bool:
    argument = field.args[name]
    has_default = argument.default is not None or argument.default_value is not Undefined
    return not (isinstance(argument.type, GraphQLNonNull) or has_default)


def _class_of(shown: object) -> type | None:
    definition = shown.extensions.get(_DEFINITION) if isinstance(shown, GraphQLObjectType) else None
    if not isinstance(definition, StrawberryObjectDefinition) or definition.is_type_of:
        return None
    return definition.origin
