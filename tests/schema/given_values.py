"""Values of JSON for any input type of the schema: right ones, and ones that are wrong somewhere."""

from collections.abc import Callable
from typing import Any, Final

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    is_required_input_field,
)
from hypothesis import strategies as st

_SCALARS: Final[dict[str, list[Any]]] = {
    "String": ["", "x", "Zürich"],
    "ID": ["es:a", "", 7],
    "Boolean": [True, False],
    "Int": [0, -1, 2**31 - 1, 3.0],
    "Float": [
        0,
        48.1,
        -1e3,
        *(sign * (2**bits + more) for sign in (1, -1) for bits in (53, 64) for more in (0, 1)),
    ],
    "DateTime": [
        *["2027-03-28T00:30:00Z", "2027-03-28T00:30:00.999Z", "2027-03-28T00:30:00.000001+00:00"] * 2,
        *["2027-03-28T00:30:00+01:00", "2027-03-28T00:30:00.123456789z", "2027-03-28T00:30:00.9999999Z"],
        *["2027-03-28t00:30:00Z", 1795208400000],
    ],
    "Date": ["2027-03-28"],
    "LocalDateTime": ["2027-03-28T22:00"],
    "TimeZone": ["Europe/Berlin", "nowhere"],
    "Duration": ["PT1H", "P1D"],
    "RecurrenceRule": ["FREQ=DAILY;COUNT=3", "no rule"],
    "JSON": [{"a": [None]}, [], "x", 1.5],
    "_Any": [{"__typename": "Calendar", "id": "es:a"}],
}
_WRONG: Final[list[Any]] = [
    None,
    True,
    7,
    2**40,
    1.5,
    "",
    "ninety",
    "2027-03-28 00:30:00Z",
    [],
    [None],
    [[]],
    {},
    {"nothing": 1},
    {"text": "x", "html": None},
]


class Giver:
    """Gives values by what `draw` picks. If `wrong`, any part of one may be what it should not be."""

    def __init__(self, draw: Callable[[st.SearchStrategy[Any]], Any], *, wrong: bool) -> None:
        self._draw = draw
        self._wrong = wrong

    def value(self, type_: GraphQLInputType) -> Any:
        if self._wrong and self._picks(0.05):
            return self._one_of(_WRONG)
        if isinstance(type_, GraphQLNonNull):
            return self._present(type_.of_type)
        return None if self._picks(0.2) else self._present(type_)

    def _present(self, type_: Any) -> Any:
        if isinstance(type_, GraphQLList):
            if self._picks(0.2):
                return self.value(type_.of_type)
            return [self.value(type_.of_type) for _ in range(self._one_of([0, 1, 2]))]
        if isinstance(type_, GraphQLInputObjectType):
            return self._object(type_)
        if isinstance(type_, GraphQLEnumType):
            return self._one_of(sorted(type_.values))
        return self._one_of(_SCALARS[type_.name])

    def _object(self, type_: GraphQLInputObjectType) -> dict[str, Any]:
        if type_.extensions["strawberry-definition"].is_one_of:
            name = self._one_of(sorted(type_.fields))
            return {name: self._present(type_.fields[name].type)} | self._odd()
        given = {
            name: self.value(field.type)
            for name, field in type_.fields.items()
            if is_required_input_field(field) or self._picks(0.3)
        }
        if self._wrong and given and self._picks(0.05):
            del given[self._one_of(sorted(given))]
        return given | self._odd()

    def _odd(self) -> dict[str, Any]:
        return {self._one_of(["nothing", "text"]): None} if self._wrong and self._picks(0.05) else {}

    def _picks(self, share: float) -> bool:
        return bool(self._draw(st.integers(1, 100)) <= share * 100)

    def _one_of(self, choices: list[Any]) -> Any:
        return self._draw(st.sampled_from(choices))


@st.composite
def values(draw: Callable[[st.SearchStrategy[Any]], Any], type_: GraphQLInputType) -> Any:
    """Any value for a type."""
    return Giver(draw, wrong=draw(st.booleans())).value(type_)
