"""How big a document may be: one walk over it, before anything else looks at it.

A fragment is walked once and remembered, however often it is spread: what a document costs here grows with
its length, and not with what it expands to. The rules of the specification do not keep to that: they get only
documents that are small enough.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Final

import msgspec
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    ListValueNode,
    Node,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    Token,
    TokenKind,
    ValueNode,
)

from gateway.errors import TooMany

_NUMBERS: Final = frozenset({TokenKind.INT, TokenKind.FLOAT})
_OF_THE_WHOLE: Final = ("depth", "aliases", "fields", "repeated_fields", "members", "introspections")
_INTROSPECTION: Final = frozenset({"__schema", "__type"})
_LONGEST_NUMBER: Final = 100


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """The most that a document may hold; in operations a fragment counts wherever it is spread.

    `repeated_fields` have the name of another one beside them; `members` are those of one object that is
    written out; `cost` is that of the answer, see the module `price`;
    `cost_at_once` that of all that is read for one caller. `introspection` and `suggestions` say
    whether the schema tells of itself.
    """

    tokens: int = 4000
    fragments: int = 50
    operations: int = 50
    depth: int = 16
    root_fields: int = 20
    aliases: int = 50
    fields: int = 1000
    repeated_fields: int = 50
    members: int = 50
    introspections: int = 2
    cost: int = 250_000
    cost_at_once: int = 50_000
    introspection: bool = True
    suggestions: bool = True


class Shape(msgspec.Struct, kw_only=True):
    """What a selection set comes to. `names` are those of the answer's members, on its own level."""

    depth: int = 0
    aliases: int = 0
    fields: int = 0
    repeated_fields: int = 0
    members: int = 0
    introspections: int = 0
    names: Counter[str] = msgspec.field(default_factory=Counter)

    def add(self, part: "Shape") -> None:
        """Puts what is selected beside it on the same level."""
        self.depth = max(self.depth, part.depth)
        self.aliases += part.aliases
        self.fields += part.fields
        self.repeated_fields += part.repeated_fields
        self.members = max(self.members, part.members)
        self.introspections += part.introspections
        self.names.update(part.names)

    def below(self) -> "Shape":
        """What it is to the field that selects it."""
        repeated = self.repeated_fields + self.names.total() - len(self.names)
        return msgspec.structs.replace(self, repeated_fields=repeated, names=Counter())


def check_document(document: DocumentNode, limits: Limits) -> None:
    """Raises GraphQLError, with TooMany inside, for a limit that a document exceeds."""
    fragments = {it.name.value: it for it in document.definitions if isinstance(it, FragmentDefinitionNode)}
    check(limits, "fragments", len(fragments))
    operations = [it for it in document.definitions if isinstance(it, OperationDefinitionNode)]
    check(limits, "operations", len(operations))
    walk = _Walk(fragments)
    for operation in operations:
        _check_operation(operation, walk, limits)


def _check_operation(operation: OperationDefinitionNode, walk: "_Walk", limits: Limits) -> None:
    shape = walk.shape(operation.selection_set)
    check(limits, "root_fields", shape.names.total(), operation)
    whole = shape.below()
    for name in _OF_THE_WHOLE:
        check(limits, name, getattr(whole, name), operation)
    written = [it.default_value for it in operation.variable_definitions or () if it.default_value]
    check(limits, "members", _widest_of(written), operation)


def check_numbers(document: DocumentNode) -> None:
    """Raises GraphQLError for a number with more digits than Python would read, or anybody would mean."""
    if document.loc is None:
        return
    token: Token | None = document.loc.start_token
    while token is not None:
        if token.kind in _NUMBERS and len(token.value or "") > _LONGEST_NUMBER:
            message = (
                f"A number of {len(token.value or '')} characters is above the limit of {_LONGEST_NUMBER}."
            )
            raise GraphQLError(message, source=document.loc.source, positions=[token.start])
        token = token.next


def check(limits: Limits, name: str, value: int, node: Node | None = None) -> None:
    """Raises GraphQLError, with TooMany inside, if a value is above the limit of that name."""
    if value > getattr(limits, name):
        raise too_many(limits, name, str(value), node)


def too_many(limits: Limits, name: str, value: str, node: Node | None = None) -> GraphQLError:
    """The error for a value above the limit of that name."""
    error = TooMany(
        f"The operation's {name.replace('_', ' ')}: {value}. The limit is {getattr(limits, name)}.",
        hint=f"Ask for less at once. The setting is limits.max_{name}.",
    )
    return GraphQLError(error.problem.message, nodes=node, original_error=error)


class _Walk:
    """The shapes of one document's selection sets; a fragment's is found once."""

    def __init__(self, fragments: dict[str, FragmentDefinitionNode]) -> None:
        self._fragments = fragments
        self._shapes: dict[str, Shape] = {}
        self._entered: set[str] = set()

    def shape(self, selections: SelectionSetNode | None) -> Shape:
        whole = Shape()
        for node in selections.selections if selections else ():
            whole.add(self._part(node))
        return whole

    def _part(self, node: SelectionNode) -> Shape:
        if isinstance(node, FieldNode):
            return self._field(node)
        if isinstance(node, FragmentSpreadNode):
            spread = Shape(fields=1)  # it is work, too, whatever is in it
            spread.add(self._fragment(node.name.value))
            return spread
        return self.shape(getattr(node, "selection_set", None))

    def _field(self, node: FieldNode) -> Shape:
        shape = self.shape(node.selection_set).below()
        shape.names[(node.alias or node.name).value] = 1
        shape.fields += 1
        shape.introspections += node.name.value in _INTROSPECTION
        shape.aliases += node.alias is not None
        shape.members = max(shape.members, _widest_of(it.value for it in node.arguments or ()))
        shape.depth += 1
        return shape

    def _fragment(self, name: str) -> Shape:
        """The shape of a fragment; nothing for one that is unknown, or spreads itself: both are refused."""
        if name in self._entered or name not in self._fragments:
            return Shape()
        if name not in self._shapes:
            self._entered.add(name)
            self._shapes[name] = self.shape(self._fragments[name].selection_set)
            self._entered.discard(name)
        return self._shapes[name]


def _widest_of(values: Iterable[ValueNode]) -> int:
    return max(map(_widest, values), default=0)


def _widest(value: ValueNode) -> int:
    """The most members that one object in a value has."""
    if isinstance(value, ObjectValueNode):
        return max(len(value.fields), _widest_of(field.value for field in value.fields))
    return _widest_of(value.values) if isinstance(value, ListValueNode) else 0
