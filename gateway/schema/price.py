"""What an operation costs: the values that it may bring, and the calls upstream that it may take.

A price is made once per document and reckoned with each request's variables: how long a list is depends on
`first`, or on how many things are asked for. It is an upper bound that errs on the safe side, not a forecast.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, Self

import msgspec
from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_interface_type,
    is_list_type,
    is_object_type,
    value_from_ast_untyped,
)

Variables = Mapping[str, Any]
Size = int | Callable[[Variables], int]

CALL: Final = 100
"""What a call upstream costs, measured in values."""
_ASSUMED: Final = 5
"""How long a list is taken to be if nothing says so: an event's attendees, and the like."""
_ASKED: Final = ("ids", "representations", "calendars", "suppressed")
_SHARED: Final = frozenset(
    {
        "CalendarEvent.calendar",
        "CalendarEvent.calendarId",
        "ElasticsearchEventDetails.effectiveWindows",
        "ElasticsearchEventDetails.mutedUntil",
        "AnomalyDetectionJob.latestProcessed",
    }
)
"""Fields whose reads are shared by all events of a calendar: the calendar has been paid for."""
_DEFINITION: Final = "strawberry-definition"


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A field: how many values of it come, for how many things upstream is asked, what is selected below."""

    items: Size
    asked: Size
    calls: int
    below: "Price"

    @property
    def is_fixed(self) -> bool:
        return isinstance(self.items, int) and isinstance(self.asked, int) and self.below.is_fixed


class Price(msgspec.Struct, frozen=True, kw_only=True):
    """The price of a selection set: what is `fixed`, and the fields and fragments that variables decide."""

    fixed: int = 0
    parts: tuple[Part, ...] = ()
    fragments: tuple["Price", ...] = ()

    @classmethod
    def of(cls, parts: Sequence[Part], fragments: Sequence["Price"]) -> Self:
        """With all reckoned already that is the same for any variables."""
        fixed = [part for part in parts if part.is_fixed]
        return cls(
            fixed=sum(_cost(part, {}, {}) for part in fixed)
            + sum(it.fixed for it in fragments if it.is_fixed),
            parts=tuple(part for part in parts if not part.is_fixed),
            fragments=tuple(it for it in fragments if not it.is_fixed),
        )

    @property
    def is_fixed(self) -> bool:
        return not self.parts and not self.fragments

    def cost(self, variables: Variables) -> int:
        """In values, a call upstream being as dear as a hundred of them."""
        return _reckon(self, variables, {}) if self.parts or self.fragments else self.fixed


def _reckon(price: Price, variables: Variables, known: dict[int, int]) -> int:
    """What a selection set costs. Of fragments, which may be spread in many places, it becomes `known`."""
    total = price.fixed
    for part in price.parts:
        total += _cost(part, variables, known)
    for fragment in price.fragments:
        if id(fragment) not in known:
            known[id(fragment)] = _reckon(fragment, variables, known)
        total += known[id(fragment)]
    return total


def _cost(part: Part, variables: Variables, known: dict[int, int]) -> int:
    asked, items, below = part.asked, part.items, part.below
    is_each_asked = items is asked
    if not isinstance(asked, int):
        asked = asked(variables)
    if not isinstance(items, int):
        items = asked if is_each_asked else items(variables)
    within = _reckon(below, variables, known) if below.parts or below.fragments else below.fixed
    return items * (1 + within) + part.calls * CALL * asked


class Pricing:
    """Prices the operations of one valid document; a fragment is priced once for each type."""

    def __init__(self, schema: GraphQLSchema, fragments: Mapping[str, FragmentDefinitionNode]) -> None:
        self._schema = schema
        self._fragments = fragments
        self._prices: dict[str, Price] = {}

    def price(self, operation: OperationDefinitionNode) -> Price:
        root = self._schema.get_root_type(operation.operation)
        return self._selected(operation.selection_set, root)

    def _selected(self, selections: SelectionSetNode | None, parent: GraphQLNamedType | None) -> Price:
        nodes = selections.selections if selections else ()
        parts = [self._part(node, parent) for node in nodes if isinstance(node, FieldNode)]
        return Price.of(parts, list(self._spread(nodes, parent)))

    def _spread(self, nodes: Any, parent: GraphQLNamedType | None) -> Iterator[Price]:
        for node in nodes:
            if isinstance(node, FragmentSpreadNode):
                yield self._fragment(node.name.value)
            elif isinstance(node, InlineFragmentNode):
                condition = node.type_condition
                type_ = self._schema.type_map[condition.name.value] if condition else parent
                yield self._selected(node.selection_set, type_)

    def _fragment(self, name: str) -> Price:
        if name not in self._prices:
            fragment = self._fragments[name]
            type_ = self._schema.type_map[fragment.type_condition.name.value]
            self._prices[name] = self._selected(fragment.selection_set, type_)
        return self._prices[name]

    def _part(self, node: FieldNode, parent: GraphQLNamedType | None) -> Part:
        fields = parent.fields if is_object_type(parent) or is_interface_type(parent) else {}
        field = fields.get(node.name.value)
        if field is None or parent is None:  # __typename, and introspection, which is bounded by itself
            return Part(items=1, asked=1, calls=0, below=Price())
        asked = _asked(node)
        return Part(
            items=_items(field, node, parent.name, asked),
            asked=asked,
            calls=int(_asks(field) and f"{parent.name}.{node.name.value}" not in _SHARED),
            below=self._selected(node.selection_set, get_named_type(field.type)),
        )


def _asks(field: GraphQLField) -> bool:
    """Whether a field may call upstream: its resolver awaits something."""
    resolver = getattr(field.extensions.get(_DEFINITION), "base_resolver", None)
    return resolver is not None and resolver.is_async


def _items(field: GraphQLField, node: FieldNode, parent: str, asked: Size) -> Size:
    """How many values a field brings that asks for so many things."""
    if "first" in field.args:
        return _whole(_argument(node, "first"), default=field.args["first"].default_value)
    if not is_list_type(get_nullable_type(field.type)):
        return asked if "input" in field.args else 1
    if {"ids", "representations"} & field.args.keys():
        return asked
    # How long the lists of a page or of a payload are has been reckoned above them.
    return 1 if parent.endswith(("Connection", "Payload")) else _ASSUMED


def _asked(node: FieldNode) -> Size:
    """For how many things a field asks: the length of its list, or the rows of a mutation."""
    for name in _ASKED:
        if value := _argument(node, name):
            return _length(value)
    value = _argument(node, "input")
    return 1 if value is None else _rows(value)


def _argument(node: FieldNode, name: str) -> ValueNode | None:
    return next((it.value for it in node.arguments or () if it.name.value == name), None)


def _whole(node: ValueNode | None, *, default: int) -> Size:
    if isinstance(node, VariableNode):
        name = node.name.value
        return lambda variables: _positive(variables.get(name), default)
    return _positive(int(node.value), default) if isinstance(node, IntValueNode) else default


def _length(node: ValueNode) -> Size:
    if isinstance(node, VariableNode):
        name = node.name.value
        return lambda variables: _count(variables.get(name))
    return len(node.values) if isinstance(node, ListValueNode) else 1


def _rows(node: ValueNode) -> Size:
    """The product of the lengths of an input's lists: events times calendars."""
    if isinstance(node, VariableNode):
        name = node.name.value
        return lambda variables: _product(variables.get(name))
    return lambda variables: _product(value_from_ast_untyped(node, dict(variables)))


def _product(value: object) -> int:
    product = 1
    for member in value.values() if isinstance(value, dict) else ():
        if isinstance(member, list):
            more = [_copies(it) - 1 for it in member if it.__class__ is dict and "target" in it]
            product *= max(len(member) + sum(more), 1)
    return product


def _copies(item: object) -> int:
    """How many rows an item of an input's list has in each calendar of the input: one, or one per copy."""
    for name in ("target", "key", "calendars"):
        item = item.get(name) if isinstance(item, dict) else None
        if item is None:
            return 1
    return max(_count(item), 1)


def _count(value: object) -> int:
    return len(value) if isinstance(value, list) else 1


def _positive(value: object, default: int) -> int:
    return max(value, 0) if isinstance(value, int) else default
