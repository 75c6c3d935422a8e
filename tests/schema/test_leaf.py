"""A column of leaves is written just as each of them would be by itself."""

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import Enum
from typing import Any

import msgspec
import pytest
from graphql import GraphQLLeafType, GraphQLString
from hypothesis import given
from hypothesis import strategies as st

from gateway.model.event import ShowAs
from gateway.model.run import Piece, Written
from gateway.schema import enums
from gateway.schema.build import core_schema
from gateway.schema.leaf import Uncovered, column, leaf, text
from gateway.schema.rows import joined, woven

NAMES = [
    "ID",
    "TimeZone",
    "String",
    "Boolean",
    "Int",
    "Float",
    "DateTime",
    "Date",
    "LocalDateTime",
    "JSON",
    "ShowAs",
]
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**33), 2**33),
    st.sampled_from([2**31, 2**31 - 1, -(2**31), -(2**31) - 1]),
    st.floats(),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=9),
    st.datetimes(timezones=st.just(UTC)),
    st.sampled_from(ShowAs),
    st.builds(ValueError),
)
COLUMNS = st.one_of(
    st.lists(VALUES, max_size=4),
    *(st.lists(st.none() | values, max_size=4) for values in (st.booleans(), st.integers(), st.text())),
)


def type_of(name: str) -> GraphQLLeafType:
    return core_schema().type_map[name]  # type: ignore[return-value]


def one(type_: GraphQLLeafType, value: Any) -> Any:
    """As it is completed by itself; of the domain's members those of the schema are shown."""
    shown = enums.ShowAs[value.name] if isinstance(value, Enum) and type_.name == "ShowAs" else value
    return None if value is None else leaf(type_)(shown)


def each(pieces: Sequence[Piece], count: int) -> Sequence[str]:
    """The JSON of each value of a column."""
    return joined(woven(count, *pieces), count)


@given(st.sampled_from(NAMES), COLUMNS)
def test_a_column_is_written_as_its_values_are_or_not_at_all(name: str, values: list[Any]) -> None:
    try:
        texts = column(type_of(name), nullable=True)(values, None)
    except Exception:  # noqa: BLE001 - then the values are left to graphql-core, one by one
        with pytest.raises(Exception):  # noqa: B017, PT011 - any will do
            [msgspec.json.encode(one(type_of(name), it)) for it in values]
        return
    assert each(texts, len(values)) == [msgspec.json.encode(one(type_of(name), it)).decode() for it in values]


@given(st.sampled_from(NAMES), VALUES)
def test_a_value_is_written_as_it_is_completed_or_not_at_all(name: str, value: Any) -> None:
    try:
        found = text(type_of(name))(value)
    except Exception:  # noqa: BLE001 - then it is left to graphql-core
        return
    assert found == msgspec.json.encode(one(type_of(name), value)).decode()
    assert value is not None


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("String", 'a "b"', r'"a \"b\""'),
        ("ID", "x", '"x"'),
        ("TimeZone", "Europe/Berlin", '"Europe/Berlin"'),
        ("Boolean", False, "false"),
        ("Int", 7, "7"),
        ("ShowAs", ShowAs.OUT_OF_OFFICE, '"OUT_OF_OFFICE"'),
        ("DateTime", datetime(2027, 3, 28, 0, 30, tzinfo=UTC), '"2027-03-28T00:30:00Z"'),
    ],
)
def test_what_is_usual_is_covered(name: str, value: Any, found: str) -> None:
    assert text(type_of(name))(value) == found


@pytest.mark.parametrize(
    ("values", "parents", "texts"),
    [
        (["a", None], [True, None], ['"a"', "null"]),
        ([None, None], [None, None], ["null", "null"]),
        (["a", None], [True, True], None),
        (["a", None], None, None),
        (["a", "b"], [True, None], ['"a"', '"b"']),
    ],
)
def test_a_value_may_be_missing_only_where_its_parent_is(
    values: list[Any], parents: list[Any] | None, texts: list[str] | None
) -> None:
    write = column(GraphQLString, nullable=False)
    if texts is None:
        with pytest.raises(Uncovered):
            write(values, parents)
        return
    assert each(write(values, parents), len(values)) == texts


def test_what_is_written_already_is_not_touched() -> None:
    instants = Written(('"', ["2027-03-28T00:30:00"], 'Z"'))
    assert column(type_of("DateTime"), nullable=True)(instants, None) is instants


def test_an_instant_is_written_as_the_scalar_has_it() -> None:
    at = datetime(2027, 3, 28, 0, 30, tzinfo=UTC)
    assert each(column(type_of("DateTime"), nullable=False)([at], None), 1) == ['"2027-03-28T00:30:00Z"']
