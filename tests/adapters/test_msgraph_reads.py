"""Reading from Graph: what is asked for, how often, and what comes of it."""

from contextlib import aclosing
from datetime import timedelta
from random import Random
from urllib.parse import parse_qs

import pytest

from gateway.adapters.base import Call
from gateway.errors import RateLimited, Unavailable
from gateway.model.fields import ALWAYS
from gateway.model.fields import EVERYTHING as FIELDS
from gateway.model.ids import EventId
from gateway.model.msgraph import EventType
from gateway.model.time import Window
from gateway.sandbox.faults import Cut, Fault
from gateway.sandbox.seed import ALICE, OUTAGES

from .conformance import DAY, EVERYTHING, HOUR, MORNING, draft, read, write
from .msgraph_bench import NOW, READ, REQUEST_ID, calendar, connect, open_server, sent
from .retry_clock import RetryClock

pytestmark = pytest.mark.anyio

HOME = calendar("me/calendar")
EVERYTHING_READ = sorted(name for name in FIELDS if not name.startswith("elasticsearch."))
SEEDED = Window(start=NOW - 30 * DAY, end=NOW + 30 * DAY)


@pytest.fixture
async def server(anyio_backend):
    async with open_server() as server:
        yield server


@pytest.fixture
def clock():
    return RetryClock()


@pytest.fixture
def call():
    return Call(request_id=REQUEST_ID)


@pytest.fixture
async def alice(server, clock, call):
    """An adapter with a user's token."""
    token = server.emulator.tokens.of(ALICE).authorization
    async with aclosing(connect(server.url, authorization=token, retries=clock.retries())) as source:
        yield source.adapter(call)


# What is selected


@pytest.mark.parametrize("version", ["v1.0", "beta"])
async def test_whatever_is_selected_reads_as_if_everything_were(server, version):
    token = server.emulator.tokens.app.authorization
    shared = calendar(f"users/{OUTAGES}/calendar")
    random = Random(0)  # noqa: S311 - the same choice each time
    sets = [
        *({name} for name in EVERYTHING_READ),
        *(set(random.sample(EVERYTHING_READ, random.randint(2, 20))) for _ in range(30)),
    ]
    async with aclosing(connect(server.url, authorization=token, version=version)) as source:
        adapter = source.adapter(Call(request_id=REQUEST_ID))
        whole = await read(adapter, shared, SEEDED)
        assert {event.details.type for event in whole} == {EventType.OCCURRENCE, EventType.SINGLE_INSTANCE}
        master = await adapter.find(EventId.parse(next(filter(None, (event.series_id for event in whole)))))
        for fields in sets:
            events = [
                event async for event in adapter.events(shared, SEEDED, page=100, fields=frozenset(fields))
            ]
            one = await adapter.find(EventId.parse(master.id), fields=frozenset(fields))
            for name in fields | ALWAYS:
                assert [shown(event, name) for event in events] == [shown(event, name) for event in whole], (
                    name
                )
            assert [shown(one, name) for name in fields] == [shown(master, name) for name in fields]


def shown(event, name):
    kind, _, attribute = name.rpartition(".")
    return getattr(event.details if kind else event, attribute)


def selected(server):
    """The `$select` of the last request."""
    return parse_qs(sent(server, "GET")[-1].query).get("$select")


async def test_only_what_is_wanted_travels_and_what_every_event_needs(server, alice):
    needed = "id,start,end,isAllDay,originalStartTimeZone,originalEndTimeZone,type"
    event = (await read(alice, HOME, SEEDED))[0]
    assert selected(server) is None
    for fields, names in [
        (frozenset(), needed),
        (ALWAYS | {"title", "revision", "elasticsearch.skip_result"}, f"{needed},subject"),
        (frozenset({"msgraph.online_meeting"}), f"{needed},onlineMeeting,isOnlineMeeting"),
        (frozenset({"status", "show_as"}), f"{needed},showAs,isCancelled"),
    ]:
        assert [it async for it in alice.events(HOME, SEEDED, page=9, fields=fields)]
        assert selected(server) == [names]
        await alice.find(EventId.parse(event.id), fields=fields)
        assert selected(server) == [names]


@pytest.mark.parametrize("name", ["created_at", "updated_at"])
async def test_what_a_view_cannot_select_is_read_by_selecting_nothing(server, alice, name):
    events = [event async for event in alice.events(HOME, SEEDED, page=9, fields=ALWAYS | {name, "title"})]
    assert selected(server) is None
    assert all(getattr(event, name) for event in events)


async def test_names_of_beta_are_not_selected_on_v1(server, alice):
    fields = frozenset({"msgraph.uid", "msgraph.occurrence_id"})
    assert [event async for event in alice.events(HOME, SEEDED, page=9, fields=fields)]
    assert "uid" not in selected(server)[0].split(",")


# Asked again


@pytest.mark.parametrize(
    "fault", [*(Fault(status=status) for status in (429, 502, 503, 504)), Fault(cut=Cut.BEFORE_WRITE)]
)
async def test_a_read_is_asked_again_and_each_attempt_is_in_the_log(server, alice, clock, call, fault):
    server.faults.add(READ, fault, calls=(1, 2))
    assert await read(alice, HOME, SEEDED)
    assert len(sent(server, "GET")) == 3
    assert [request.status for request in call.log.requests] == [fault.status, fault.status, 200]
    assert len(clock.slept) == 2


async def test_a_page_in_the_middle_is_asked_again_without_the_pages_before_it(server, alice):
    await write(alice, HOME, [draft(str(number), MORNING + number * HOUR) for number in range(25)])
    whole = await read(alice, HOME, EVERYTHING, page=1)
    assert len(sent(server, "GET")) == 3
    server.faults.add(READ, Fault(status=503), calls=(2,))
    assert await read(alice, HOME, EVERYTHING, page=1) == whole
    assert len(sent(server, "GET")) == 3 + 4


async def test_graph_is_left_alone_for_as_long_as_it_asks_for(server, alice, clock):
    server.faults.add(READ, Fault(status=429, retry_after="2.5"), calls=(1,))
    await read(alice, HOME, SEEDED)
    assert clock.slept[0] >= 2.5


async def test_a_longer_wait_than_a_call_has_is_said_to_the_caller(server, alice, clock):
    server.faults.add(READ, Fault(status=429, retry_after="120"))
    with pytest.raises(RateLimited) as raised:
        await read(alice, HOME, SEEDED)
    assert raised.value.problem.retry_after == timedelta(minutes=2)
    assert (len(sent(server, "GET")), clock.slept) == (1, [])


async def test_a_source_that_stays_down_is_asked_a_bounded_number_of_times(server, alice):
    server.faults.add(READ, Fault(status=503))
    with pytest.raises(Unavailable):
        await read(alice, HOME, SEEDED)
    assert len(sent(server, "GET")) == 4
