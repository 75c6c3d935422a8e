"""The key of an ML event, at the end of its description."""

from contextlib import aclosing
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.adapters.elasticsearch.drafts import Terms, translate
from gateway.adapters.elasticsearch.mark import Mark, parted
from gateway.adapters.elasticsearch.wire import StoredEvent, to_event, to_wire
from gateway.adapters.outcome import WriteStatus
from gateway.errors import InvalidInput
from gateway.model.event import draft_of
from gateway.model.fields import ALWAYS
from gateway.model.time import EPOCH, EventTime

from .conformance import EVERYTHING, change, draft
from .elasticsearch_bench import EMPTY, NOW, open_bench
from .keyed_drafts import keyed, series

pytestmark = pytest.mark.anyio

KEYS = st.text("ABCxyz019._:-", min_size=1, max_size=64)
MINUTES = st.integers(0, 10**8).map(lambda minutes: EPOCH + timedelta(minutes=minutes))
MARKS = st.builds(Mark, KEYS, st.none() | MINUTES)


@pytest.fixture
async def bench(anyio_backend):
    async with open_bench() as bench:
        yield bench


def descriptions(sent):
    return [event.description for event in sent]


# Writing


def test_the_key_is_the_end_of_the_description():
    assert to_wire(keyed()).description == "Upgrade [#OPS-7]"


def test_the_occurrences_of_a_series_are_told_apart_by_their_minute_in_utc():
    sent = translate(series(), Terms(now=NOW)).sent
    assert descriptions(sent) == [
        "Backup [#OPS-8@20270327T0130Z]",
        "Backup [#OPS-8@20270328T0030Z]",
        "Backup [#OPS-8@20270329T0030Z]",
    ]


def test_a_series_without_a_key_bears_no_mark():
    unmarked = series(key=None)
    assert descriptions(translate(unmarked, Terms(now=NOW)).sent) == ["Backup"] * 3


@pytest.mark.parametrize(("length", "fits"), [(32_766 - len(" [#OPS-7]"), True), (32_766, False)])
def test_the_length_of_a_title_counts_its_key(length, fits):
    if fits:
        assert translate(keyed("x" * length), Terms(now=NOW)).sent
        return
    with pytest.raises(InvalidInput) as caught:
        translate(keyed("x" * length), Terms(now=NOW))
    assert caught.value.problem.path == ("title",)


# Reading


@given(st.text(), MARKS)
def test_what_is_marked_is_parted_again(title, mark):
    assert parted(f"{title}{mark}") == (title, mark)


@given(st.text())
def test_parting_loses_nothing_of_a_description(description):
    title, mark = parted(description)
    assert description == (f"{title}{mark}" if mark else title)


@pytest.mark.parametrize(
    "description",
    [
        "Upgrade",
        "Upgrade[#OPS-7]",
        "Upgrade [OPS-7]",
        "Upgrade [#OPS-7] ",
        "Upgrade [#OPS-7]\n",
        "Upgrade [#OPS 7]",
        "Upgrade [#]",
        "Upgrade [#OPS-7@tomorrow]",
        "Upgrade [#OPS-7@20271331T0030Z]",
        "Upgrade [#OPS-7@20270329T2530Z]",
        "Upgrade [#OPS-7@٢٠٢٧٠٣٢٩T0030Z]",
        f"Upgrade [#{'x' * 65}]",
    ],
)
def test_what_is_no_mark_belongs_to_the_title(description):
    assert parted(description) == (description, None)


async def test_an_event_is_read_with_its_key_and_the_title_without_it(bench):
    plain, marked = await bench.stored(draft("Upgrade"), keyed())
    assert (plain.title, plain.key) == ("Upgrade", None)
    assert (marked.title, marked.key, marked.details.occurrence) == ("Upgrade", "OPS-7", None)


async def test_an_occurrence_is_read_with_the_start_that_its_series_gave_it(bench):
    await bench.write(series())
    events = await bench.read()
    assert [event.key for event in events] == ["OPS-8"] * 3
    assert [event.details.occurrence for event in events] == [event.start.instant for event in events]


@pytest.mark.parametrize("field", ["key", "elasticsearch.occurrence"])
async def test_a_key_is_read_where_nothing_else_of_the_description_is_wanted(bench, field):
    await bench.write(series())
    async with aclosing(bench.adapter().events(EMPTY, EVERYTHING, page=1, fields=ALWAYS | {field})) as runs:
        first = (await anext(runs))[0]
    assert (first.key, first.details.occurrence) == ("OPS-8", first.start.instant)


# Changing and writing again


@given(st.text(), KEYS, st.none() | MINUTES)
def test_an_event_that_is_written_anew_has_its_mark_once(title, key, occurrence):
    title = title.encode(errors="ignore").decode()
    stored = StoredEvent(
        event_id="x", description=f"{title}{Mark(key, occurrence)}", start_time=0, end_time=1
    )
    event = to_event(stored, EMPTY)
    assert to_wire(draft_of(event), occurrence=event.details.occurrence).description == stored.description


async def test_an_event_that_is_changed_keeps_its_key(bench):
    (old,) = await bench.stored(keyed())
    outcome = await bench.carry_out(change(old, title="Upgrade, part 2"))
    assert outcome.status is WriteStatus.UPDATED
    (new,) = await bench.read()
    assert (new.title, new.key) == ("Upgrade, part 2", "OPS-7")


async def test_an_occurrence_that_is_moved_stays_the_occurrence_that_it_was(bench):
    await bench.write(series())
    old = (await bench.read())[1]
    later = EventTime(instant=old.end.instant + timedelta(minutes=30))
    outcome = await bench.carry_out(change(old, end=later))
    assert outcome.event.details.occurrence == old.details.occurrence
    again = await bench.carry_out(change(outcome.event, end=later))
    assert again.status is WriteStatus.UNCHANGED


async def test_the_key_of_an_event_is_a_part_of_its_revision(bench):
    one, other = await bench.stored(keyed(key="OPS-7"), keyed(key="OPS-9"))
    assert one.revision != other.revision
