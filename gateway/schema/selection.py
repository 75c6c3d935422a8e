"""What an operation selects of events, as the attributes that must be read for it."""

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Final, TypeVar

import strawberry
from graphql import (
    BooleanValueNode,
    DirectiveNode,
    FieldNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    NamedTypeNode,
    SelectionNode,
    VariableNode,
    is_abstract_type,
)
from strawberry.schema.config import StrawberryConfig
from strawberry.types.base import get_object_definition

from gateway.model.fields import ALWAYS, EVERYTHING, Fields
from gateway.schema.context import Context
from gateway.schema.elasticsearch import ElasticsearchEventDetails
from gateway.schema.event import CalendarEvent
from gateway.schema.msgraph import MSGraphEventDetails

T = TypeVar("T")
Nodes = Iterable[FieldNode]
Paths = tuple[tuple[str, ...], ...]

_EVENT: Final = "CalendarEvent"
_HERE: Final = ((),)
_PAGES: Final = (("nodes",), ("edges", "node"))
_RESULTS: Final = (("results", "event"),)
_FORESEEN: Final[Fields] = frozenset({"warnings", "effects"})
_REPORT: Final = (
    ("covered", "announced"),
    ("covered", "suppressed"),
    ("announcedOnly",),
    ("suppressedOnly",),
)
_DETAILS: Final = {"elasticsearch": ElasticsearchEventDetails, "msgraph": MSGraphEventDetails}
_DERIVED: Final[dict[str, Fields]] = {
    "description": frozenset({"body"}),
    "duration": frozenset({"start", "end"}),
    "calendar": frozenset({"calendar_id"}),
    "counterparts": frozenset({"calendar_id", "key"}),
}
"""Fields that show other attributes than the one of their own name."""


def fields_of_events(info: strawberry.Info[Context]) -> Fields:
    """What is selected of events where the field that is being resolved is one, or is several."""
    return _fields_at(info, _HERE)


def fields_of_page(info: strawberry.Info[Context]) -> Fields:
    """What is selected of the events of a connection, by its nodes or its edges."""
    return _fields_at(info, _PAGES)


def shown_of_results(info: strawberry.Info[Context]) -> tuple[Fields, bool]:
    """What is selected of the events of a write's rows, and whether of what it does beside storing them."""
    return _kept(info, _RESULTS, _shown)


def _shown(selection: "_Selection") -> tuple[Fields, bool]:
    return selection.fields(_RESULTS), not _FORESEEN.isdisjoint(selection.names(("results",)))


def fields_of_report(info: strawberry.Info[Context]) -> Fields:
    """What is selected of the events of a coverage report, in whichever of its lists."""
    return _fields_at(info, _REPORT)


def _fields_at(info: strawberry.Info[Context], paths: Paths) -> Fields:
    return _kept(info, paths, lambda selection: selection.fields(paths))


def _kept(info: strawberry.Info[Context], paths: Paths, find: Callable[["_Selection"], T]) -> T:
    """What is selected below the field, worked out once for a document and its flags."""
    raw = info._raw_info  # noqa: SLF001 - see below
    known: dict[tuple[object, ...], T] = raw.context.selections
    key = (paths, *map(id, raw.field_nodes))
    if key not in known:
        known[key] = find(_Selection(info))
    return known[key]


class _Selection:
    """The part of a document below the field that is being resolved."""

    def __init__(self, info: strawberry.Info[Context]) -> None:
        raw = info._raw_info  # noqa: SLF001 - `selected_fields` unfolds a fragment wherever it is spread
        self.roots: Nodes = raw.field_nodes
        self._fragments = raw.fragments
        self._schema = raw.schema
        self._variables = info.variable_values

    def fields(self, paths: Paths) -> Fields:
        """What is selected of events at the ends of the paths."""
        return ALWAYS.union(*(self.attributes(self.reached(path)) for path in paths))

    def reached(self, path: tuple[str, ...]) -> Nodes:
        """The fields at the end of a path from the root, whatever the types on the way."""
        nodes = self.roots
        for name in path:
            nodes = [node for node in self._below(nodes, None) if node.name.value == name]
        return nodes

    def names(self, path: tuple[str, ...]) -> set[str]:
        """The names of the fields that are selected of what is at the end of a path."""
        return {node.name.value for node in self._below(self.reached(path), None)}

    def attributes(self, events: Nodes) -> Fields:
        """The attributes that fields of events show."""
        shown = set(ALWAYS)
        for node in self._below(events, _EVENT):
            name = node.name.value
            if name in _DETAILS:
                below = {field.name.value for field in self._below([node], None)}
                shown |= {f"{name}.{attribute}" for attribute in _attributes(_DETAILS[name], below)}
            else:
                shown |= _DERIVED.get(name) or _attributes(CalendarEvent, {name})
        # A field that shows no attribute by name may need any of them.
        return frozenset(shown) if shown <= EVERYTHING else EVERYTHING

    def _below(self, nodes: Nodes, type_name: str | None) -> Iterator[FieldNode]:
        """The fields that are selected of an object, of that type if one is given. Each fragment once."""
        pending = [node.selection_set for node in nodes]
        spread: set[str] = set()
        while pending:
            selected = pending.pop()
            for node in selected.selections if selected else ():
                if self._is_left_out(node):
                    continue
                if isinstance(node, FieldNode):
                    yield node
                elif isinstance(node, InlineFragmentNode):
                    if self._applies(node.type_condition, type_name):
                        pending.append(node.selection_set)
                elif isinstance(node, FragmentSpreadNode) and node.name.value not in spread:
                    spread.add(node.name.value)
                    fragment = self._fragments[node.name.value]
                    if self._applies(fragment.type_condition, type_name):
                        pending.append(fragment.selection_set)

    def _applies(self, condition: NamedTypeNode | None, type_name: str | None) -> bool:
        """Whether a fragment is about objects of the type."""
        if condition is None or type_name is None or condition.name.value == type_name:
            return True
        general, special = self._schema.get_type(condition.name.value), self._schema.get_type(type_name)
        return (
            is_abstract_type(general) and special is not None and self._schema.is_sub_type(general, special)
        )

    def _is_left_out(self, node: SelectionNode) -> bool:
        """Whether `@skip` or `@include` takes the node out."""
        conditions = {it.name.value: self._condition(it) for it in node.directives or ()}
        return conditions.get("skip") is True or conditions.get("include") is False

    def _condition(self, directive: DirectiveNode) -> object:
        value = directive.arguments[0].value if directive.arguments else None
        if isinstance(value, VariableNode):
            return self._variables.get(value.name.value)
        return value.value if isinstance(value, BooleanValueNode) else None


def _attributes(shown: type, names: Iterable[str]) -> set[str]:
    """The names of a type's fields as Python has them. Those of introspection are none of its own."""
    known = _python_names(shown)
    return {known[name] for name in names if name in known}


@cache
def _python_names(shown: type) -> dict[str, str]:
    naming = StrawberryConfig().name_converter
    fields = get_object_definition(shown, strict=True).fields
    return {naming.from_field(field): field.python_name for field in fields}
