"""Runs of events, put together and taken apart."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model.elasticsearch import ElasticsearchEventDetails
from gateway.model.event import Event
from gateway.model.run import Made, Merged, Run, all_quoted, as_run, quoted
from gateway.model.time import EPOCH, EventTime
from gateway.schema.rows import joined, woven


def event(number: int) -> Event:
    time = EventTime(instant=EPOCH + timedelta(hours=number))
    details = ElasticsearchEventDetails(event_id=f"{number}") if number % 2 else None
    return Event(
        id=f"e{number}", source="s", calendar_id=None, title="t", start=time, end=time, details=details
    )


EVENTS = [event(number) for number in range(40)]


@st.composite
def runs(draw: st.DrawFn, depth: int = 2) -> Run:
    if depth == 0 or draw(st.booleans()):
        return Made(draw(st.lists(st.sampled_from(EVENTS), max_size=4)))
    parts = draw(st.lists(runs(depth - 1), max_size=3))
    size = sum(map(len, parts))
    places = st.lists(st.integers(0, size - 1), max_size=5) if size else st.just([])
    return Merged(parts, draw(st.none() | places))


@given(st.lists(st.none() | st.text() | st.text('a,"\\\n\x1f\x7f\ud800é')))
def test_texts_are_quoted_together_as_each_is(texts: list[str | None]) -> None:
    count = len(texts)
    apart = ["null" if text is None else quoted(text) for text in texts]
    assert joined(woven(count, *all_quoted(texts)), count) == apart


@given(runs(), st.integers(-6, 6), st.integers(-6, 6))
def test_a_run_is_a_sequence_however_it_was_put_together(run: Run, start: int, stop: int) -> None:
    events = list(run)
    assert len(run) == len(events)
    assert [run[place] for place in range(-len(run), len(run))] == events * 2
    assert list(run[start:stop]) == events[start:stop]
    with pytest.raises(IndexError):
        run[len(run)]


@given(runs())
def test_a_run_is_its_parts_at_its_places(run: Run) -> None:
    among = [event for part in run.parts for event in part]
    assert [among[place] for place in run.places] == list(run)
    assert all(part.parts == (part,) for part in run.parts)


def test_a_column_of_details_is_none_where_there_are_no_such() -> None:
    run = as_run(EVENTS[:2])
    assert run.column("elasticsearch.event_id") == [None, "1"]
    assert run.column("elasticsearch") == [None, EVENTS[1].details]
    assert run.column("msgraph.event_id") == [None, None]
    assert run.column("start.instant") == [it.start.instant for it in EVENTS[:2]]
    with pytest.raises(AttributeError):
        run.column("start.nothing")
