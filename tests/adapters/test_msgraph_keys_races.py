"""Several gateways that write one key of a Graph calendar at the same moment, in whatever order."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.adapters.base import OnExisting
from gateway.adapters.msgraph import MSGraphSource
from gateway.adapters.msgraph.credentials import GivenToken
from gateway.adapters.outcome import WriteStatus
from gateway.adapters.transport import Transport
from gateway.adapters.upstream import Call
from gateway.errors import Code
from gateway.sandbox.msgraph import MSGraphEmulator, Unknowns
from gateway.sandbox.msgraph.unknowns import RepeatedTransaction
from gateway.sandbox.seed import OUTAGES, world
from gateway.sandbox.server import EmulatorServer

from .conformance import HOUR, change
from .key_conformance import finish
from .msgraph_bench import EMPTY, NOW, REQUEST_ID, SOURCE
from .msgraph_key_bench import DEFAULT, HOME, KEY, items, keyed
from .retry_clock import RetryClock
from .turns import InTurn, Turns, was_ever_none

pytestmark = pytest.mark.anyio

RETURN, UPDATE, FAIL = OnExisting.RETURN, OnExisting.UPDATE, OnExisting.FAIL
CREATED, UPDATED, UNCHANGED = WriteStatus.CREATED, WriteStatus.UPDATED, WriteStatus.UNCHANGED
CONFLICT, FAILED = WriteStatus.CONFLICT, WriteStatus.FAILED
UNREPORTED = {CREATED, UPDATED, UNCHANGED}
SCHEDULES = st.lists(st.integers(0, 5), min_size=8, max_size=30)
PLACES = st.sampled_from([HOME, DEFAULT])
PACES = st.sampled_from([timedelta(0), timedelta(seconds=1)])
TITLES = st.sampled_from(["One", "Two"])
MODES = {
    "the same event": {},
    "an error": {"repeated_transaction": RepeatedTransaction.DUPLICATE_ERROR},
    "another event": {"transaction_memory": timedelta(seconds=-1)},
}
EVERY_MODE = pytest.mark.parametrize("mode", MODES.values(), ids=MODES)
"""What Graph makes of a transactionId that it has seen before."""


class Race:
    """A mailbox and what is there under the key, now and at every moment of a race.

    Graph's clock goes on by a `pace` from one request to the next.
    """

    def __init__(self, server, way, mode):
        self.server = server
        self.server.now = lambda: self.now  # as the answers date themselves
        self.way = way
        self.place = HOME
        self.mode = mode
        self.now, self.pace = NOW, timedelta(0)
        self.moments = []

    def there(self):
        """The titles of the events under the key, by their own ids."""
        return {item.id: item.subject for item in items(self.server) if not item.is_cancelled}

    async def start(self, place, *titles, pace):
        """A new mailbox with one event at most."""
        self.place = place
        emulator = MSGraphEmulator(world(NOW).msgraph, now=lambda: self.now, unknowns=Unknowns(**self.mode))
        emulator.state.add_calendar(OUTAGES, EMPTY, "Empty")
        self.server.emulator = emulator
        self.now, self.pace = NOW, timedelta(minutes=5)
        if titles:
            await self.run([], *((keyed(title), RETURN) for title in titles))
        self.pace = pace
        self.moments = [self.there()]

    async def run(self, schedule, *calls):
        """The rows of calls, each a draft and what to do if its key is there, from a gateway each."""
        turns = Turns(schedule, self._between)
        return await turns.run([self._call(turns, place, *call) for place, call in enumerate(calls)])

    async def change(self, schedule, *titles):
        """The rows of changes by its id of the one event that is there, from a gateway each."""
        turns = Turns([], lambda: None)
        (found,) = await turns.run([self._gateway(turns, 0).by_keys(self.place, {KEY})])
        (old,) = found[KEY]
        turns = Turns(schedule, self._between)
        return await turns.run(
            [self._change(turns, place, change(old, title=title)) for place, title in enumerate(titles)]
        )

    def _between(self):
        self.now += self.pace
        self.moments.append(self.there())

    async def _call(self, turns, place, wanted, on_existing):
        gateway = self._gateway(turns, place)
        plan = await gateway.plan(self.place, [wanted], on_existing=on_existing)
        (row,) = await finish(gateway, plan)
        return row

    async def _change(self, turns, place, wanted):
        gateway = self._gateway(turns, place)
        return await gateway.apply_event(await gateway.plan_event(wanted))

    def _gateway(self, turns, place):
        source = MSGraphSource(
            SOURCE,
            transport=InTurn(self.way, turns, place),
            credential=GivenToken(
                source=SOURCE, callers=None, configured=self.server.emulator.tokens.app.authorization
            ),
            retries=RetryClock().retries(),
        )
        return source.adapter(Call(request_id=REQUEST_ID))

    @property
    def was_ever_none(self):
        return was_ever_none(self.moments)


@pytest.fixture
async def race(anyio_backend, mode):
    async with EmulatorServer(MSGraphEmulator(world(NOW).msgraph, now=lambda: NOW)) as server:
        way = Transport(server.url, source=SOURCE, timeout=HOUR)
        yield Race(server, way, mode)
        await way.aclose()


def in_any_order(examples=20):
    return settings(max_examples=examples, suppress_health_check=[HealthCheck.function_scoped_fixture])


def names_all(row, race):
    """Whether a row reports trouble, and all that is there."""
    own = {event_id.rpartition("/")[2] for event_id in row.ids}
    return row.status in {CONFLICT, FAILED} and own >= set(race.there())


@EVERY_MODE
@in_any_order()
@given(schedule=SCHEDULES, count=st.integers(2, 3), place=PLACES, pace=PACES)
async def test_the_same_event_added_at_once_is_one_event(race, schedule, count, place, pace):
    await race.start(place, pace=pace)
    rows = await race.run(schedule, *[(keyed("One"), RETURN)] * count)
    assert CREATED in {row.status for row in rows}
    for row in rows:  # who begins while there are twins sees both
        assert row.status in {CREATED, UNCHANGED} or row.problem.code is Code.AMBIGUOUS_KEY
    assert list(race.there().values()) == ["One"]
    assert not race.was_ever_none


@EVERY_MODE
@in_any_order()
@given(schedule=SCHEDULES, start=st.sampled_from([(), ("Old",), ("One",)]), place=PLACES, pace=PACES)
async def test_the_same_update_at_once_is_one_event(race, schedule, start, place, pace):
    await race.start(place, *start, pace=pace)
    rows = await race.run(schedule, *[(keyed("One"), UPDATE)] * 2)
    assert {row.status for row in rows} <= UNREPORTED
    assert list(race.there().values()) == ["One"]
    assert not race.was_ever_none


@EVERY_MODE
@in_any_order(40)
@given(
    schedule=SCHEDULES,
    start=st.sampled_from([(), ("Old",), ("One",)]),
    calls=st.lists(st.tuples(TITLES, st.sampled_from(OnExisting)), min_size=2, max_size=3),
    where=st.tuples(PLACES, PACES),
)
async def test_whatever_is_written_at_once_is_there_once_or_reported_and_never_is_there_none(
    race, schedule, start, calls, where
):
    place, pace = where
    await race.start(place, *start, pace=pace)
    rows = await race.run(schedule, *[(keyed(title), on_existing) for title, on_existing in calls])
    assert race.there()
    assert not race.was_ever_none
    assert len(race.there()) == 1 or any(names_all(row, race) for row in rows)
    for row in rows:
        assert row.status in {*UNREPORTED, CONFLICT, FAILED}
        assert row.status is not FAILED or row.problem.code is Code.KEY_EXISTS


@EVERY_MODE
@in_any_order()
@given(schedule=SCHEDULES, titles=st.lists(TITLES, min_size=2, max_size=3), place=PLACES, pace=PACES)
async def test_changes_of_one_event_at_once_leave_it_as_one_of_them_has_it(
    race, schedule, titles, place, pace
):
    await race.start(place, "Old", pace=pace)
    rows = await race.change(schedule, *titles)
    assert not race.was_ever_none
    (left,) = race.there().values()
    assert left in titles
    assert {row.status for row in rows} <= {UPDATED, UNCHANGED, CONFLICT}
    assert left in {title for row, title in zip(rows, titles, strict=True) if row.status is UPDATED}


@EVERY_MODE
@in_any_order()
@given(schedule=SCHEDULES, place=PLACES, pace=PACES)
async def test_keys_that_differ_in_case_are_not_taken_at_once_unless_that_is_said(
    race, schedule, place, pace
):
    await race.start(place, pace=pace)
    keys = KEY, KEY.lower()
    rows = await race.run(schedule, *[(keyed("One", key), RETURN) for key in keys])
    there = {item.id for key in keys for item in items(race.server, key=key)}
    assert there
    assert CONFLICT in {row.status for row in rows}
    for row in rows:
        assert row.status is CREATED or (row.status, row.problem.code) == (CONFLICT, Code.CONFLICT)
    named = [{event_id.rpartition("/")[2] for event_id in row.ids} for row in rows if row.status is CONFLICT]
    assert there in named


# At the worst moment: all have looked before anybody writes, and written before anybody looks again


@pytest.mark.parametrize("mode", [MODES["another event"]], ids=["another event"])
@pytest.mark.parametrize("count", [2, 3])
@pytest.mark.parametrize("place", [HOME, DEFAULT], ids=["named", "default"])
@pytest.mark.parametrize("on_existing", [RETURN, UPDATE])
async def test_whoever_sees_twins_leaves_the_same_one(race, place, count, on_existing):
    for pace in (timedelta(0), timedelta(seconds=1)):
        await race.start(place, pace=pace)
        rows = await race.run([*range(count)] * 6, *[(keyed("One"), on_existing)] * count)
        assert max(map(len, race.moments)) == count
        assert not race.was_ever_none
        (left,) = race.there()
        assert {row.event.details.event_id for row in rows} == {left}
        assert {row.status for row in rows} == {CREATED, UNCHANGED}


@pytest.mark.parametrize("mode", [MODES["another event"]], ids=["another event"])
@pytest.mark.parametrize("place", [HOME, DEFAULT], ids=["named", "default"])
async def test_different_events_at_once_are_both_there_and_reported_with_both_ids(race, place):
    await race.start(place, pace=timedelta(0))
    rows = await race.run([0, 1] * 6, (keyed("One"), RETURN), (keyed("Two"), RETURN))
    assert sorted(race.there().values()) == ["One", "Two"]
    assert [(row.status, row.problem.code) for row in rows] == [(CONFLICT, Code.AMBIGUOUS_KEY)] * 2
    assert all(names_all(row, race) for row in rows)
