"""Several gateways that write one key of an ML calendar at the same moment, in whatever order."""

from contextlib import asynccontextmanager

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.adapters.base import OnExisting
from gateway.adapters.elasticsearch.mark import parted
from gateway.adapters.elasticsearch.source import ElasticsearchSource
from gateway.adapters.outcome import WriteStatus
from gateway.adapters.transport import Transport
from gateway.errors import Code
from gateway.sandbox.principals import MANAGE_ML

from .conformance import HOUR, change, draft
from .elasticsearch_bench import NOW, open_bench
from .keyed_drafts import FIRST, add, keyed, series
from .turns import InTurn, Turns, was_ever_none

pytestmark = pytest.mark.anyio

RETURN, UPDATE, FAIL = OnExisting.RETURN, OnExisting.UPDATE, OnExisting.FAIL
CREATED, UPDATED, UNCHANGED = WriteStatus.CREATED, WriteStatus.UPDATED, WriteStatus.UNCHANGED
CONFLICT, FAILED = WriteStatus.CONFLICT, WriteStatus.FAILED
SCHEDULES = st.lists(st.integers(0, 5), max_size=30)
DRAFTS = {"one": keyed("One"), "two": keyed("Two"), "series": series(key="OPS-7")}
UNREPORTED = {CREATED, UPDATED, UNCHANGED}


class Race:
    """A cluster and what is there under the key OPS-7, now and at every moment of a race."""

    def __init__(self, bench, way):
        self.bench = bench
        self.way = way
        self.cluster = bench.server.emulator.cluster
        self.moments = []

    def there(self):
        """The events under the key, by their own ids."""
        return {
            event_id: (event.description, event.start, event.end)
            for event_id, event in self.cluster.events()
            if event.calendar_id == "empty" and parted(event.description)[1]
        }

    async def start(self, *titles):
        for event_id in self.there():
            del self.cluster.meta[event_id]
        if titles:
            await self.bench.write(*(draft(f"{title} [#OPS-7]") for title in titles))
        self.moments = [self.there()]

    async def run(self, schedule, *calls):
        """The rows of calls, each a draft and what to do if its key is there, from a gateway each."""
        turns = Turns(schedule, lambda: self.moments.append(self.there()))
        works = [self._call(turns, place, *call) for place, call in enumerate(calls)]
        return await turns.run(works)

    async def change(self, schedule, *titles):
        """The rows of changes by its id of the one event that is there, from a gateway each."""
        turns = Turns(schedule, lambda: self.moments.append(self.there()))
        (old,) = await self.bench.read()
        works = [self._change(turns, place, change(old, title=title)) for place, title in enumerate(titles)]
        return await turns.run(works)

    async def _call(self, turns, place, wanted, on_existing):
        (row,) = await add(self._gateway(turns, place), wanted, on_existing=on_existing)
        return row

    async def _change(self, turns, place, wanted):
        gateway = self._gateway(turns, place)
        return await gateway.apply_event(await gateway.plan_event(wanted))

    def _gateway(self, turns, place):
        source = ElasticsearchSource(
            "elasticsearch",
            transport=InTurn(self.way, turns, place),
            authorization=MANAGE_ML.authorization,
            now=lambda: NOW,
        )
        return source.adapter(self.bench.call())

    @property
    def was_ever_none(self):
        return was_ever_none(self.moments)

    @property
    def has_twins(self):
        there = list(self.there().values())
        return len(set(there)) < len(there)

    @property
    def is_of_two_minds(self):
        """Whether more than one event or series is there."""
        marks = {parted(description)[1] for description, _, _ in self.there().values()}
        return len({mark.occurrence is None for mark in marks}) > 1 or len(marks) < len(self.there())


@asynccontextmanager
async def open_race():
    async with open_bench() as bench:
        way = Transport(bench.server.url, source="elasticsearch", timeout=HOUR)
        yield Race(bench, way)
        await way.aclose()


@pytest.fixture
async def race(anyio_backend):
    async with open_race() as race:
        yield race


def in_any_order(examples=40):
    return settings(max_examples=examples, suppress_health_check=[HealthCheck.function_scoped_fixture])


def names_all(row, race):
    """Whether a row reports trouble, and all that is there."""
    own = {event_id.rpartition("/")[2] for event_id in row.ids}
    return row.status in {CONFLICT, FAILED} and own >= set(race.there())


# In whatever order


@in_any_order()
@given(schedule=SCHEDULES, count=st.integers(2, 3))
async def test_the_same_event_added_at_once_is_one_event(race, schedule, count):
    await race.start()
    rows = await race.run(schedule, *[(keyed("One"), RETURN)] * count)
    assert {row.status for row in rows} <= {CREATED, UNCHANGED}
    assert len(race.there()) == 1
    assert not race.was_ever_none


@in_any_order()
@given(schedule=SCHEDULES, start=st.sampled_from([(), ("Old",), ("Old", "Old"), ("One",)]))
async def test_the_same_update_at_once_is_one_event(race, schedule, start):
    await race.start(*start)
    rows = await race.run(schedule, *[(keyed("One"), UPDATE)] * 2)
    assert any(row.status in UNREPORTED for row in rows)
    for row in rows:  # who looks while the other is half done sees the old event beside the new one
        assert row.status in UNREPORTED or row.problem.code is Code.AMBIGUOUS_KEY
    assert [title for title, _, _ in race.there().values()] == ["One [#OPS-7]"]
    assert not race.was_ever_none


@in_any_order(100)
@given(
    schedule=SCHEDULES,
    start=st.sampled_from([(), ("Old",), ("One",), ("One", "One"), ("Old", "Old", "Old")]),
    calls=st.lists(
        st.tuples(st.sampled_from(sorted(DRAFTS)), st.sampled_from(OnExisting)), min_size=2, max_size=3
    ),
)
async def test_whatever_is_written_at_once_is_there_once_or_reported_and_never_is_there_none(
    race, schedule, start, calls
):
    await race.start(*start)
    rows = await race.run(schedule, *[(DRAFTS[name], on_existing) for name, on_existing in calls])
    assert race.there()
    assert not race.was_ever_none
    is_told = any(names_all(row, race) for row in rows)
    assert is_told or not (race.has_twins or race.is_of_two_minds)
    for row in rows:
        assert row.status in {*UNREPORTED, CONFLICT, FAILED}
        assert row.status is not FAILED or row.problem.code is Code.KEY_EXISTS


@in_any_order()
@given(schedule=SCHEDULES, titles=st.lists(st.sampled_from(["One", "Two"]), min_size=2, max_size=3))
async def test_changes_of_one_event_at_once_leave_one_if_they_are_equal_or_name_all(race, schedule, titles):
    await race.start("Old")
    rows = await race.change(schedule, *titles)
    assert race.there()
    assert not race.was_ever_none
    if len({*titles}) == 1:
        assert len(race.there()) == 1
        assert all(row.status in {UPDATED, FAILED} for row in rows)  # the last may find the old one gone
    assert len(race.there()) == 1 or any(names_all(row, race) for row in rows)


@pytest.mark.parametrize("attempt", range(10))  # which twin stays is settled by ids that are made up
async def test_whoever_finds_the_twin_of_its_own_event_in_its_place_has_updated_it(race, attempt):
    await race.start("Old")
    rows = await race.change([0, 1, 1, 1, 1], "One", "One")
    (left,) = race.there()
    assert [row.status for row in rows] == [UPDATED, UPDATED]
    assert left in {row.event.id.rpartition("/")[2] for row in rows}


@in_any_order()
@given(schedule=SCHEDULES)
async def test_two_updates_that_leave_nothing_of_a_series_in_common_do_not_end_with_none(race, schedule):
    await race.start()
    first, rest = series("FREQ=DAILY;COUNT=1", key="OPS-7"), series(key="OPS-7", without=(FIRST.date(),))
    await race.run([], (series(key="OPS-7"), RETURN))
    rows = await race.run(schedule, (first, UPDATE), (rest, UPDATE))
    assert race.there()
    assert not race.has_twins
    marks = {parted(description)[1] for description, _, _ in race.there().values()}
    if len(marks) == 3:
        assert any(names_all(row, race) for row in rows)


@in_any_order()
@given(schedule=SCHEDULES)
async def test_keys_that_differ_in_case_are_not_taken_at_once_unless_that_is_said(race, schedule):
    await race.start()
    rows = await race.run(schedule, (keyed("One"), RETURN), (keyed("One", key="ops-7"), RETURN))
    assert race.there()
    assert any(names_all(row, race) for row in rows)
    for row in rows:
        assert row.status in {CREATED, CONFLICT}


# At the worst moment: all have looked before anybody writes

WORST = [0, 1] * 4


async def test_different_events_added_at_once_are_both_there_and_reported_with_both_ids(race):
    await race.start()
    rows = await race.run(WORST, (keyed("One"), RETURN), (keyed("Two"), RETURN))
    assert len(race.there()) == 2
    assert [(row.status, row.problem.code) for row in rows] == [(CONFLICT, Code.AMBIGUOUS_KEY)] * 2
    assert all(names_all(row, race) for row in rows)


async def test_different_updates_at_once_are_both_there_and_what_they_superseded_is_gone(race):
    await race.start("Old")
    rows = await race.run(WORST, (keyed("One"), UPDATE), (keyed("Two"), UPDATE))
    assert sorted(title for title, _, _ in race.there().values()) == ["One [#OPS-7]", "Two [#OPS-7]"]
    assert any(names_all(row, race) for row in rows)
    assert not race.was_ever_none


@pytest.mark.parametrize("schedule", [WORST, [0, 1, 0, 0, 0, 1], [0, 0, 1, 1, 1, 0]])
async def test_a_series_of_200_added_at_once_is_there_once(race, schedule):
    await race.start()
    wanted = series("FREQ=DAILY;COUNT=200", key="OPS-7")
    rows = await race.run(schedule, (wanted, RETURN), (wanted, RETURN))
    assert {row.status for row in rows} <= {CREATED, UNCHANGED}
    assert (len(race.there()), race.has_twins) == (200, False)
    assert {len(row.ids) for row in rows} == {200}


async def test_different_series_of_200_at_once_are_both_there_and_reported(race):
    await race.start()
    ones = series("FREQ=DAILY;COUNT=200", title="One", key="OPS-7")
    twos = series("FREQ=DAILY;COUNT=200", title="Two", key="OPS-7")
    rows = await race.run(WORST, (ones, RETURN), (twos, RETURN))
    assert len(race.there()) == 400
    assert all(names_all(row, race) for row in rows)


async def test_series_of_200_are_updated_at_once_to_one(race):
    await race.start()
    ones = series("FREQ=DAILY;COUNT=200", title="One", key="OPS-7")
    twos = series("FREQ=DAILY;COUNT=200", title="Two", key="OPS-7")
    await race.run([], (ones, RETURN))
    rows = await race.run(WORST, (twos, UPDATE), (twos, UPDATE))
    assert {row.status for row in rows} == {UPDATED}
    assert (len(race.there()), race.has_twins, race.was_ever_none) == (200, False, False)
