"""What operations cost: values, and calls upstream, by the lists that are asked for."""

from typing import Any

import pytest
from graphql import FragmentDefinitionNode, OperationDefinitionNode, parse, validate

from gateway.schema.build import core_schema
from gateway.schema.price import CALL, Pricing

WINDOW = 'window: {start: "2027-01-01T00:00:00Z", end: "2027-02-01T00:00:00Z"}'
EVENT = {"title": "x", "start": {"instant": 1795208400000}, "end": {"after": "PT1H"}}


def cost(text: str, **variables: Any) -> int:
    document = parse(text)
    assert not validate(core_schema(), document)
    fragments = {it.name.value: it for it in document.definitions if isinstance(it, FragmentDefinitionNode)}
    (operation,) = [it for it in document.definitions if isinstance(it, OperationDefinitionNode)]
    return Pricing(core_schema(), fragments).price(operation).cost(variables)


@pytest.mark.parametrize(
    ("text", "price"),
    [
        ("{ __typename }", 1),
        ("{ __schema { types { name } } }", 1),
        ("{ calendarSources { name kind } }", 5 * 3),
        ('{ calendar(id: "a") { name } }', 1 + 1 + CALL),
        ("{ calendars { nodes { name } } }", 50 * (1 + 1 + 1) + CALL),
        ("{ calendars(first: 2) { nodes { name } isComplete } }", 2 * (1 + 1 + 1 + 1) + CALL),
        ('{ nodes(ids: ["a", "b", "c"]) { id } }', 3 * 2 + 3 * CALL),
        (
            f'{{ calendarEvents(calendars: ["a", "b"], first: 10, {WINDOW}) {{ nodes {{ title }} }} }}',
            10 * (1 + 1 + 1) + 2 * CALL,
        ),
        (
            f"{{ calendars(first: 3) {{ nodes {{ events(first: 4, {WINDOW}) {{ nodes {{ title }} }} }} }} }}",
            CALL + 3 * (1 + 1 + CALL + 4 * (1 + 1 + 1)),
        ),
    ],
)
def test_a_price_counts_values_and_calls(text: str, price: int):
    assert cost(text) == price


def test_the_same_document_costs_what_its_variables_ask_for():
    text = f"""query ($first: Int!, $names: [ID!]!) {{
      calendarEvents(calendars: $names, first: $first, {WINDOW}) {{ nodes {{ title }} }}
    }}"""
    assert cost(text, first=1, names=["a"]) == 3 + CALL
    assert cost(text, first=1000, names=["a", "b", "c"]) == 3000 + 3 * CALL


def test_a_mutation_costs_by_the_row():
    text = """mutation ($input: AddEventsInput!) { addEvents(input: $input) { results { status } } }"""
    one = cost(text, input={"calendars": ["a"], "events": [EVENT]})
    assert cost(text, input={"calendars": ["a", "b"], "events": [EVENT] * 3}) == 6 * one
    inline = (
        'mutation { removeEvents(input: {removals: [{target: {id: "a"}}, {target: {id: "b"}}]}) { status } }'
    )
    assert cost(inline) == 2 * (1 + 1 + CALL)


def test_a_mutation_by_key_costs_by_the_copy():
    text = "mutation ($input: RemoveEventsInput!) { removeEvents(input: $input) { status } }"
    by_id = {"target": {"id": "a"}}
    by_key = {"target": {"key": {"key": "CHG-1", "calendars": ["a", "b", "c"]}}}
    one = cost(text, input={"removals": [by_id]})
    assert cost(text, input={"removals": [by_id, by_key]}) == 4 * one
    inline = """mutation ($names: [ID!]!) { removeEvents(
      input: {removals: [{target: {id: "a"}}, {target: {key: {key: "CHG-1", calendars: $names}}}]}
    ) { status } }"""
    assert cost(inline, names=["a", "b", "c"]) == 4 * one


def test_events_by_key_and_counterparts_cost_a_call_for_each_calendar():
    by_key = 'calendarEventsByKey(key: "CHG-1", calendars: ["a", "b"])'
    assert cost(f"{{ {by_key} {{ id }} }}") == 5 * (1 + 1) + 2 * CALL
    counterparts = 'calendarEvent(id: "a") { counterparts(calendars: ["a", "b"]) { id } }'
    assert cost(f"{{ {counterparts} }}") == 1 + CALL + 5 * (1 + 1) + 2 * CALL


def test_a_fragment_costs_wherever_it_is_spread():
    text = """{ a: calendar(id: "a") { ...F } b: calendar(id: "b") { ...F ... on Calendar { name } } }
              fragment F on Calendar { id name }"""
    assert cost(text) == (1 + 2 + CALL) + (1 + 3 + CALL)


def test_what_all_events_of_a_calendar_share_is_no_call_for_each():
    events = f'calendarEvents(calendars: ["a"], first: 100, {WINDOW})'
    text = f"{{ {events} {{ nodes {{ calendar {{ name }} }} }} }}"
    assert cost(text) == 100 * (1 + 1 + 1 + 1) + CALL


def test_a_price_whatever_the_variables_are_is_not_negative():
    text = """query ($first: Int) { calendars(first: $first) { nodes { name } } }"""
    assert cost(text, first=-5) == CALL
    assert cost(text, first=None) == cost(text) == cost("{ calendars { nodes { name } } }")
