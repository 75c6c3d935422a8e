"""Keys in Graph: an event is made once under its key, found by it, and changed only if that is asked for."""

from contextlib import asynccontextmanager

import msgspec
import pytest

from gateway.adapters.base import Call, OnExisting, WriteStatus
from gateway.adapters.msgraph import keys
from gateway.errors import Code
from gateway.model.event import EventLocation
from gateway.model.ids import CalendarId
from gateway.model.time import EventTime
from gateway.sandbox.msgraph import MSGraphEmulator, Unknowns
from gateway.sandbox.seed import ALICE, OUTAGES, world
from gateway.sandbox.server import EmulatorServer

from .conformance import EVERYTHING, HOUR, MORNING, draft, read
from .msgraph_bench import EMPTY, NOW, REQUEST_ID, SOURCE, connect, sent

pytestmark = pytest.mark.anyio

HOME = CalendarId(SOURCE, ("users", OUTAGES, "calendars", EMPTY))
DEFAULT = CalendarId(SOURCE, ("users", OUTAGES, "calendar"))
KEY = "CHG-4711"
"""What nobody in the seed has."""
PLACES = pytest.mark.parametrize("place", [HOME, DEFAULT], ids=["named", "default"])


@asynccontextmanager
async def tenant(now=lambda: NOW, **unknowns):
    """The emulator behind a socket, with some of what nobody knows of Graph chosen."""
    made = MSGraphEmulator(world(NOW).msgraph, now=now, unknowns=Unknowns(**unknowns))
    for owner in (ALICE, OUTAGES):
        made.state.add_calendar(owner, EMPTY, "Empty")
    async with EmulatorServer(made, now=now) as server:
        yield server


@asynccontextmanager
async def adapter(server, authorization=None, **options):
    source = connect(
        server.url, authorization=authorization or server.emulator.tokens.app.authorization, **options
    )
    try:
        yield source.adapter(Call(request_id=REQUEST_ID))
    finally:
        await source.aclose()


@pytest.fixture
async def server(anyio_backend):
    async with tenant() as server:
        yield server


def at(instant):
    return EventTime(instant=instant)


def keyed(title="Maintenance", key=KEY, **values):
    return msgspec.structs.replace(draft(title), key=key, **values)


async def add(server, *drafts, place=HOME, on_existing=OnExisting.RETURN, **options):
    """What became of the drafts in a call of its own."""
    async with adapter(server, **options) as own:
        return await add_by(own, *drafts, place=place, on_existing=on_existing)


async def add_by(own, *drafts, place=HOME, on_existing=OnExisting.RETURN):
    plan = await own.plan(place, drafts, on_existing=on_existing)
    assert not plan.refused, plan.refused
    outcomes = dict(plan.settled)
    for step in plan.steps:
        outcomes |= {outcome.index: outcome for outcome in await own.apply(step)}
    assert sorted(outcomes) == list(range(len(drafts)))
    return [outcomes[index] for index in sorted(outcomes)]


async def find(server, key=KEY, *, place=HOME, **options):
    async with adapter(server, **options) as own:
        return (await own.by_keys(place, [key]))[key]


def items(server, owner=OUTAGES, key=KEY):
    """The events of a mailbox that bear the key, as they are stored."""
    held = server.emulator.state.find(owner).items.values()
    return [item for item in held if item.single_values.get(keys.KEY) == key]


@PLACES
async def test_the_same_call_again_is_unchanged_and_changes_nothing(server, place):
    (first,) = await add(server, keyed(), place=place)
    before = items(server)
    (again,) = await add(server, keyed(), place=place)
    assert (first.status, first.stored, first.event.key) == (WriteStatus.CREATED, True, KEY)
    assert (again.status, again.event.id, again.event.key) == (WriteStatus.UNCHANGED, first.event.id, KEY)
    assert items(server) == before
    assert len(sent(server)) == 1


@PLACES
async def test_an_event_is_found_by_its_key_and_by_no_other(server, place):
    (made,) = await add(server, keyed(), place=place)
    (found,) = await find(server, place=place)
    assert (found.id, found.key, found.calendar_id) == (made.event.id, KEY, str(place))
    assert await find(server, "CHG-4712", place=place) == []
    assert await find(server, KEY.lower(), place=place) == []


async def test_reads_show_the_key_only_if_it_is_asked_for(server):
    await add(server, keyed())
    async with adapter(server) as own:
        (event,) = await read(own, HOME)
        narrow = [one async for one in own.events(HOME, EVERYTHING, page=10, fields=frozenset({"title"}))]
        asked = [one async for one in own.events(HOME, EVERYTHING, page=10, fields=frozenset({"key"}))]
    assert (event.key, narrow[0].key, asked[0].key) == (KEY, None, KEY)
    views = [request.target for request in sent(server, "GET") if "calendarView" in request.target]
    assert ["expand" in target for target in views] == [True, False, True]


async def test_another_event_under_the_key_is_a_conflict_that_shows_it(server):
    (made,) = await add(server, keyed())
    (other,) = await add(server, keyed("Something else"))
    assert (other.status, other.event.id) == (WriteStatus.CONFLICT, made.event.id)
    assert (other.problem.code, other.problem.path) == (Code.CONFLICT, ("key",))
    assert len(items(server)) == 1


@PLACES
async def test_update_makes_the_event_as_asked_and_then_it_is_unchanged(server, place):
    (made,) = await add(server, keyed(location=EventLocation(display_name="Cellar")), place=place)
    wanted = keyed(
        "Moved", start=EventTime(instant=MORNING + HOUR), end=EventTime(instant=MORNING + 2 * HOUR)
    )
    (updated,) = await add(server, wanted, place=place, on_existing=OnExisting.UPDATE)
    assert (updated.status, updated.event.id, updated.event.key) == (
        WriteStatus.UPDATED,
        made.event.id,
        KEY,
    )
    assert (updated.event.title, updated.event.start.instant) == ("Moved", MORNING + HOUR)
    assert updated.event.location.display_name == "Cellar"
    assert sent(server, "PATCH")[0].headers["if-match"] == made.event.revision
    for on_existing in (OnExisting.UPDATE, OnExisting.RETURN):
        (again,) = await add(server, wanted, place=place, on_existing=on_existing)
        assert again.status is WriteStatus.UNCHANGED
    assert len(sent(server, "PATCH")) == 1


async def test_fail_wants_no_event_under_the_key(server):
    (made,) = await add(server, keyed(), on_existing=OnExisting.FAIL)
    (again,) = await add(server, keyed(), on_existing=OnExisting.FAIL)
    assert made.status is WriteStatus.CREATED
    assert (again.status, again.problem.code) == (WriteStatus.FAILED, Code.KEY_EXISTS)
    assert again.event.id == made.event.id
