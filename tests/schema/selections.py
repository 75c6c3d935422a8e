"""Any valid operation: fields of the schema at any depth, with aliases, fragments and directives."""

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any, Final

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    get_named_type,
    is_composite_type,
    is_required_argument,
    is_union_type,
)
from hypothesis import strategies as st

from gateway.schema.build import core_schema

_WINDOW: Final = 'window: {start: "2027-03-01T00:00:00Z", end: "2027-03-09T00:00:00Z"}'
_BOTH: Final = 'calendars: ["es:a", "graph:a"]'
_ENTITIES: Final = (
    '{__typename: "CalendarEvent", id: "es:a/events/odd"}, {__typename: "Calendar", id: "es:a"}, '
    '{__typename: "Calendar", id: "es:none/such/thing"}, {__typename: "Nothing"}'
)
ARGUMENTS: Final = {
    "Query.calendarEvents": [f"({_BOTH}, {_WINDOW})", f"({_BOTH}, {_WINDOW}, first: 2)"],
    "Query.calendars": [""],
    "Query.calendar": ['(id: "es:a")', '(id: "graph:a")', '(id: "nowhere:a")'],
    "Query.calendarEvent": [
        '(id: "es:a/events/plain")',
        '(id: "graph:a/events/full")',
        '(id: "graph:a/events/no")',
    ],
    "Query.calendarEventsByKey": [f'(key: "CHG-1", {_BOTH})', '(key: "CHG-1", calendars: [])'],
    "Query.node": ['(id: "es:a")', '(id: "es:a/events/odd")', '(id: "graph:a/events/full")'],
    "Query.nodes": [
        '(ids: ["es:a", "es:a/events/odd", "es:a/events/no", "graph:a/events/full", "nonsense"])'
    ],
    "Query.coverage": [f'(announced: ["graph:a"], suppressed: ["es:a"], {_WINDOW})'],
    "Query._entities": [f"(representations: [{_ENTITIES}])"],
    "Calendar.events": [f"({_WINDOW})"],
    "CalendarEvent.counterparts": [f"({_BOTH})"],
}
_TIMED: Final = frozenset({"durationMs"})
"""Fields that are other ones each time."""


class Writer:
    """Writes one operation, by what `draw` picks."""

    def __init__(self, draw: Callable[[st.SearchStrategy[Any]], Any]) -> None:
        self._draw = draw
        self._schema = core_schema()
        self._aliases = count()
        self._fragments: list[str] = []

    def operation(self) -> str:
        query = self._schema.query_type
        event = self._schema.type_map["CalendarEvent"]
        assert query is not None
        page = f"page: calendarEvents({_BOTH}, {_WINDOW}) {{ nodes {{ {self._selected(event, 4)} }} }}"
        selected = self._selected(query, 5)
        flags = "$yes: Boolean! = true, $no: Boolean = false"
        used = "used: __typename @include(if: $yes) @skip(if: $no)"
        return " ".join([f"query ({flags}) {{ {used} {page} {selected} }}", *self._fragments])

    def _selected(self, type_: GraphQLNamedType, depth: int) -> str:
        parts = self._draw(
            st.lists(st.sampled_from("fffffftin" if depth > 0 else "fffft"), min_size=1, max_size=5)
        )
        return " ".join(self._part(type_, kind, depth) for kind in parts)

    def _part(self, type_: GraphQLNamedType, kind: str, depth: int) -> str:
        if kind == "t":
            return f"t{next(self._aliases)}: __typename"
        if kind == "f":
            return self._field(type_, depth)
        if kind == "i":
            inner = self._draw(st.sampled_from(self._related(type_)))
            return f"... on {inner} {self._directive()} {{ {self._selected(inner, depth - 1)} }}"
        inner = self._draw(st.sampled_from(self._related(type_)))
        name = f"F{len(self._fragments)}"
        self._fragments.append("")
        self._fragments[int(name[1:])] = (
            f"fragment {name} on {inner} {{ {self._selected(inner, depth - 1)} }}"
        )
        return f"...{name} {self._directive()}"

    def _field(self, type_: GraphQLNamedType, depth: int) -> str:
        fields = [
            it for it in self._fields(type_) if depth > 0 or not is_composite_type(get_named_type(it[1].type))
        ]
        if not fields:
            return f"t{next(self._aliases)}: __typename"
        name, field = self._draw(st.sampled_from(fields))
        arguments = self._draw(st.sampled_from(ARGUMENTS.get(f"{type_}.{name}", [""])))
        inner = get_named_type(field.type)
        below = f" {{ {self._selected(inner, depth - 1)} }}" if is_composite_type(inner) else ""
        return f"{self._alias(arguments)}{name}{arguments} {self._directive()}{below}"

    def _alias(self, arguments: str) -> str:
        return f"a{next(self._aliases)}: " if arguments or self._draw(st.booleans()) else ""

    def _directive(self) -> str:
        usual = [""] * 8
        return str(
            self._draw(st.sampled_from([*usual, "@skip(if: $no)", "@skip(if: $yes)", "@include(if: $no)"]))
        )

    def _fields(self, type_: GraphQLNamedType) -> Iterator[tuple[str, GraphQLField]]:
        if not isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            return
        for name, field in type_.fields.items():
            is_given = f"{type_}.{name}" in ARGUMENTS
            if name not in _TIMED and (is_given or not any(map(is_required_argument, field.args.values()))):
                yield name, field

    def _related(self, type_: GraphQLNamedType) -> list[GraphQLNamedType]:
        """Types that a fragment may be on where an object of that type is."""
        if is_union_type(type_):
            return [type_, *type_.types]
        if isinstance(type_, GraphQLInterfaceType):
            return [type_, *self._schema.get_possible_types(type_)]
        return [type_, *getattr(type_, "interfaces", ())]


@st.composite
def operations(draw: Callable[[st.SearchStrategy[Any]], Any]) -> str:
    return Writer(draw).operation()
