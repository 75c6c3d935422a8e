"""A run of stored events: whatever is asked of all at once is what each event has."""

import asyncio
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.adapters.elasticsearch.reading import Reading
from gateway.adapters.elasticsearch.requests import Span
from gateway.adapters.elasticsearch.run import StoredRun
from gateway.adapters.elasticsearch.walk import Walk
from gateway.adapters.elasticsearch.wire import EventList, EventReader, StoredEvent
from gateway.errors import UnexpectedAnswer
from gateway.model.event import Event
from gateway.model.fields import EVERYTHING
from gateway.model.ids import CalendarId
from gateway.model.run import Written, as_run
from gateway.model.time import EPOCH, Window, to_millis
from gateway.schema.rows import joined, woven

pytestmark = pytest.mark.anyio

READER = EventReader(CalendarId("es", ("planned",)))
FIRST = to_millis(datetime.min.replace(tzinfo=UTC))
LAST = to_millis(datetime.max.replace(tzinfo=UTC))
PARTS = {f"{end}.{part}" for end in ("start", "end") for part in ("instant", "zone", "day", "local")}
PATHS = sorted(EVERYTHING | PARTS | {"elasticsearch", "msgraph", "order", "length"})
TITLES = st.text(st.characters(exclude_categories=["Cs"]), max_size=9)
MARKS = st.sampled_from(["", "]", " [#OPS-7]", " [#OPS-8@20270329T0030Z]", " [#OPS-8@20279999T0030Z]"])


def stored(start: int, end: int, name: str = "e", title: str = "t", **flags: object) -> StoredEvent:
    return StoredEvent(event_id=name, description=title, start_time=start, end_time=end, **flags)


STORED = st.builds(
    stored,
    st.integers(FIRST, LAST),
    st.integers(FIRST, LAST),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=9),
    st.builds("{}{}".format, TITLES, MARKS),
    skip_result=st.none() | st.booleans(),
    force_time_shift=st.none() | st.integers(-9, 9),
)


@given(st.lists(STORED, max_size=5))
@settings(max_examples=40)
def test_a_column_is_what_each_event_has(events):
    run = StoredRun(READER, events)
    made = as_run(list(run))
    for path in PATHS:
        column, each = run.column(path), made.column(path)
        if isinstance(column, Written):
            texts = joined(woven(len(run), *column), len(run))
            column, each = [msgspec.json.decode(it) for it in texts], msgspec.to_builtins(each)
        if path == "elasticsearch":  # only whether there are any
            column, each = ([it is None for it in those] for those in (column, each))
        assert (path, list(column)) == (path, list(each))


def test_a_run_is_a_sequence_of_its_events():
    run = StoredRun(READER, [stored(n, n + 1, f"e{n}") for n in range(4)])
    assert list(run) == [READER.read(it) for it in run.stored]
    assert (run[0], run[-1]) == (READER.read(run.stored[0]), READER.read(run.stored[3]))
    assert list(run[1:3]) == list(run)[1:3]
    assert list(reversed(run)) == list(run)[::-1]
    with pytest.raises(IndexError):
        run[4]


def reading(window, events) -> Reading:
    async def fetch(_span, _offset, _size):
        return EventList(count=len(events), events=events)

    return Reading(Walk(fetch, Span.around(window), size=1000), READER, window)


def read(window, events):
    async def drawn():
        return [event async for run in reading(window, events) for event in run]

    return asyncio.run(drawn())


def order(event: Event):
    return event.order


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 5), st.sampled_from("ab%"))),
    st.integers(0, 9_000),
    st.integers(1, 9_000),
)
def test_a_reading_is_what_overlaps_the_window_by_start_and_id(rows, start, length):
    """A window begins and ends at any microsecond."""
    begin = EPOCH + timedelta(microseconds=start)
    window = Window(start=begin, end=begin + timedelta(microseconds=length))
    events = [stored(at, at + lasts, name) for at, lasts, name in sorted(rows, key=lambda row: row[0])]
    once = {it.id: it for it in reversed([READER.read(it) for it in events])}.values()
    inside = [it for it in once if window.overlaps(it.start.instant, it.end.instant)]
    assert read(window, events) == sorted(inside, key=order)


@pytest.mark.parametrize("times", [(5, LAST + 1), (5, FIRST - 1), (LAST + 1, LAST + 2)])
async def test_what_comes_before_an_event_beyond_the_calendar_is_read(times):
    window = Window(start=EPOCH, end=EPOCH + timedelta(days=1))
    runs = reading(window, [stored(1, 2), stored(*times, "beyond"), stored(LAST + 3, 0, "last")])
    assert [it.start.instant for it in await anext(runs)] == [EPOCH + timedelta(milliseconds=1)]
    with pytest.raises(UnexpectedAnswer, match="Event beyond of es:planned"):
        await anext(runs)
