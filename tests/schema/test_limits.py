"""How big a document may be: every limit by its name, and nothing that unfolds costs more than its text."""

import pytest
from graphql import GraphQLError, get_introspection_query, parse
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import TooMany
from gateway.schema.limits import Limits, check_document

SMALL = Limits(
    fragments=2,
    operations=2,
    depth=3,
    root_fields=2,
    aliases=2,
    fields=8,
    repeated_fields=2,
    members=2,
    introspections=1,
    cost=1000,
)
BOMB = "{ ...F0 } fragment F40 on Query { calendarSources { name } } " + " ".join(
    f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(40)
)


def exceeded(text: str, limits: Limits = SMALL) -> str | None:
    """The limit that a document exceeds, by the name that its hint gives."""
    try:
        check_document(parse(text), limits)
    except GraphQLError as exc:
        cause = exc.original_error
    else:
        return None
    assert isinstance(cause, TooMany)
    return str(cause.problem.hint).rpartition("limits.max_")[2].rstrip(".")


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("{ a }", None),
        ("{ a b }", None),
        ("{ a b c }", "root_fields"),
        ("{ ...F ...F } fragment F on Query { a b }", "root_fields"),
        ("{ a { b { c } } }", None),
        ("{ a { b { c { d } } } }", "depth"),
        ("{ a { ... { ... on T { b { c } } } } }", None),
        ("{ a { ...F } } fragment F on T { b { c { d } } }", "depth"),
        ("{ a { x: b y: b } }", None),
        ("{ a { x: b y: b z: b } }", "aliases"),
        ("{ a { b c d e f g h } }", None),
        ("{ a { b c d e f g h i } }", "fields"),
        ("{ a { ...F } b { ...F } } fragment F on T { c d }", None),
        ("{ a { ...F } b { ...F } } fragment F on T { c d e }", "fields"),
        ("{ a { b b b } }", None),
        ("{ a { b b b b } }", "repeated_fields"),
        ("{ a { x: b x: c x b } }", None),
        ("{ a { x: b x: c x x } }", "repeated_fields"),
        ("{ a { b ...F ... { b b } } } fragment F on T { b }", "repeated_fields"),
        ("{ a } fragment F on T { a } fragment G on T { a } fragment H on T { a }", "fragments"),
        ("{ a(b: {c: 1, d: 2}) }", None),
        ("{ a(b: {c: 1, d: 2, e: 3}) }", "members"),
        ("{ a(b: [1, [{c: [{d: 1, e: 2, f: 3}]}]]) }", "members"),
        ("query ($v: V = {c: 1, d: 2, e: 3}) { a(b: $v) }", "members"),
        ("query A { a } query B { a b c }", "root_fields"),
        ("query A { a } query B { a }", None),
        ("query A { a } query B { a } query C { a }", "operations"),
        ("{ __schema { a } ...F } fragment F on Query { __type { a } }", "introspections"),
        ("{ a { ...F ...F ...F ...F } } fragment F on T { __typename }", "fields"),
        ("{ a { ...F ...G } } fragment F on T { ...G ...G ...X } fragment G on T { ...X ...X }", "fields"),
    ],
)
def test_a_document_is_held_against_each_limit(text: str, limit: str | None):
    assert exceeded(text) == limit


def test_what_unfolds_without_end_is_counted_and_not_unfolded():
    assert exceeded(BOMB, Limits()) == "root_fields"
    below = BOMB.replace("{ ...F0 }", "{ calendarSources { ...F0 } }")
    assert exceeded(below, Limits()) == "fields"


def test_the_introspection_of_clients_is_within_the_limits():
    assert exceeded(get_introspection_query(input_value_deprecation=True), Limits()) is None


def test_fragments_that_spread_themselves_and_unknown_ones_are_left_to_validation():
    assert exceeded("{ ...F } fragment F on Query { a ...F }") is None
    assert exceeded("{ ...F } fragment F on Query { a ...G } fragment G on Query { b ...F }") is None
    assert exceeded("{ ...Nothing }") is None


FIELD = st.deferred(lambda: st.tuples(st.sampled_from("abc"), st.none() | SELECTIONS))
SELECTIONS = st.lists(FIELD, min_size=1, max_size=3)


def written(selections: list[tuple[str, object]]) -> str:
    parts = (name + ("" if below is None else written(below)) for name, below in selections)  # type: ignore[arg-type]  # a recursive strategy
    return f"{{{' '.join(parts)}}}"


def depth(selections: list[tuple[str, object]]) -> int:
    return 1 + max(0 if below is None else depth(below) for _, below in selections)  # type: ignore[arg-type]  # as above


def count(selections: list[tuple[str, object]]) -> int:
    return sum(1 + (0 if below is None else count(below)) for _, below in selections)  # type: ignore[arg-type]  # as above


@given(SELECTIONS)
def test_depth_and_fields_are_those_of_a_walk_over_all(selections: list[tuple[str, object]]):
    def limits(**most: int) -> Limits:
        names = ("root_fields", "repeated_fields", "fields", "depth")
        return Limits(**{**dict.fromkeys(names, 10**6), **most})

    text, deep, many = written(selections), depth(selections), count(selections)
    assert exceeded(text, limits(depth=deep, fields=many)) is None
    assert exceeded(text, limits(depth=deep - 1)) == "depth"
    assert exceeded(text, limits(fields=many - 1)) == "fields"
