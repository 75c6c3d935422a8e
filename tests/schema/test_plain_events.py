"""Drafts that are made together are those that each event makes by itself, or none."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import GatewayError
from gateway.model.event import Draft
from gateway.schema.build import core_schema
from gateway.schema.conversion import convert
from gateway.schema.event_input import EventInput
from gateway.schema.plain_events import plain_drafts
from gateway.schema.time_input import EventEndInput, EventTimeInput
from gateway.schema.writes import AddEventsInput

NOON, ONE = "2027-03-28T12:00:00Z", "2027-03-28T13:00:00+00:00"
_read = convert(core_schema().type_map["AddEventsInput"])  # type: ignore[arg-type]


def event(title: str = "x", start: str = NOON, end: str = ONE, **more: Any) -> dict[str, Any]:
    return {"title": title, "start": {"instant": start}, "end": {"instant": end}, **more}


def given_as(*events: dict[str, Any]) -> AddEventsInput:
    """These, and as many others as it takes to be many."""
    others = [event(f"other {number}") for number in range(8)]
    read: AddEventsInput = _read({"calendars": ["es:a"], "events": [*events, *others]})
    return read


def each_apart(events: Sequence[EventInput]) -> list[Draft]:
    return [it.to_draft(None) for it in events]


TITLES = st.text(alphabet="x[]#:@ \n\t\u00a0\u3000é", max_size=6) | st.just("x [#CHG-1]")
TIMES = st.sampled_from(
    [
        NOON,
        ONE,
        "1999-12-31T23:59:59.999999Z",
        "2000-01-01T00:00:00Z",
        "2199-12-31T23:59:59Z",
        "2200-01-01T00:00:00Z",
    ]
)


@settings(max_examples=300)
@given(
    st.lists(st.builds(event, TITLES, TIMES, TIMES) | st.builds(event, st.just("x")), min_size=1, max_size=4)
)
def test_drafts_made_together_are_what_each_event_makes_and_none_is_made_of_one_that_is_refused(
    events: list[dict[str, Any]],
) -> None:
    read = given_as(*events).events
    try:
        apart = each_apart(read)
    except GatewayError:
        assert not plain_drafts(read)
    else:
        assert plain_drafts(read) in ([], (), apart)


@pytest.mark.parametrize("title", ["x", " x ", "x\ny", "[prod] x", "x] y", "é\u00a0"])
def test_plain_events_are_made_into_drafts_together(title: str) -> None:
    read = given_as(event(title), event(title, "2027-03-28T12:00:00.123456Z")).events
    assert plain_drafts(read) == each_apart(read)


def test_few_events_are_made_into_drafts_each_apart():
    assert not plain_drafts(given_as().events[:7])
    assert plain_drafts(given_as().events)


@pytest.mark.parametrize(
    "other",
    [
        event(key="CHG-1"),
        event(categories=[]),
        event(end="2027-03-28T12:00:00Z"),
        event(start="1999-12-31T23:59:59Z"),
        event(end="2200-01-01T00:00:00Z"),
        event(title="\u3000"),
        event(title="x [#CHG-1]"),
        {**event(), "end": {"after": "PT1H"}},
        {**event(), "start": {"zoned": {"local": "2027-03-28T12:00", "timeZone": "UTC"}}},
    ],
)
def test_an_event_that_has_more_or_is_wrong_keeps_all_from_being_made_together(other: dict[str, Any]) -> None:
    assert not plain_drafts(given_as(event(), other, event()).events)


def test_objects_of_strawberry_are_made_into_drafts_each_apart():
    read = given_as().events
    made = EventInput(
        title="other 0",
        start=EventTimeInput(instant=read[0].start.instant),
        end=EventEndInput(instant=read[0].end.instant),
    )
    assert not plain_drafts([made] * 8)
    assert not plain_drafts([made, *read])
    assert made.to_draft(None) == plain_drafts(read)[0]
