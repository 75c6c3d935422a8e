"""Reading from Graph: what is asked for, how often, and what comes of it."""

from contextlib import aclosing
from datetime import timedelta
from random import Random
from urllib.parse import parse_qs

import msgspec
import pytest

from gateway.adapters.base import EventRemoval
from gateway.adapters.msgraph.selection import page_of
from gateway.adapters.outcome import WriteStatus
from gateway.adapters.upstream import Call
from gateway.errors import Code, NotFound, RateLimited, Unavailable
from gateway.model.fields import ALWAYS
from gateway.model.fields import EVERYTHING as FIELDS
from gateway.model.ids import EventId
from gateway.model.msgraph import EventType
from gateway.model.time import EventTime, Window
from gateway.sandbox.faults import Cut, Fault
from gateway.sandbox.http import Request, Response
from gateway.sandbox.msgraph import MSGraphEmulator, Unknowns
from gateway.sandbox.seed import ALICE, OUTAGES, world
from gateway.sandbox.server import EmulatorServer

from .conformance import DAY, EVERYTHING, HOUR, MORNING, change, draft, read, write
from .msgraph_bench import NOW, READ, REQUEST_ID, calendar, connect, open_server, sent
from .retry_clock import RetryClock

pytestmark = pytest.mark.anyio

HOME = calendar("me/calendar")
SHARED = calendar(f"users/{OUTAGES}/calendar")
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
    random = Random(0)  # noqa: S311 - the same choice each time
    sets = [
        *({name} for name in EVERYTHING_READ),
        *(set(random.sample(EVERYTHING_READ, random.randint(2, 20))) for _ in range(30)),
    ]
    async with aclosing(connect(server.url, authorization=token, version=version)) as source:
        adapter = source.adapter(Call(request_id=REQUEST_ID))
        whole = await read(adapter, SHARED, SEEDED)
        assert {event.details.type for event in whole} == {EventType.OCCURRENCE, EventType.SINGLE_INSTANCE}
        master = await adapter.find(EventId.parse(next(filter(None, (event.series_id for event in whole)))))
        for fields in sets:
            events = [
                event
                async for run in adapter.events(SHARED, SEEDED, page=100, fields=frozenset(fields))
                for event in run
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


async def listed(adapter, fields):
    runs = adapter.events(HOME, SEEDED, page=9, fields=fields)
    return [event async for run in runs for event in run]


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
        assert await listed(alice, fields)
        assert selected(server) == [names]
        await alice.find(EventId.parse(event.id), fields=fields)
        assert selected(server) == [names]


def test_of_an_answer_that_shows_more_than_was_selected_no_more_is_read():
    whole = dict.fromkeys(("id", "subject", "bodyPreview", "webLink", "@odata.etag"), "x")
    time = {"dateTime": "2027-03-01T12:00:00.0000000", "timeZone": "UTC"}
    answer = msgspec.json.encode({"value": [{**whole, "start": time, "end": time, "isDraft": "no flag"}]})
    page = msgspec.json.decode(answer, type=page_of(ALWAYS | {"title"}))
    (event,) = page.value
    assert (event.id, event.subject) == ("x", "x")
    assert (event.body_preview, event.web_link, event.etag, event.is_draft) == (None, None, None, None)
    page = msgspec.json.decode(answer, type=page_of(ALWAYS | {"revision"}))
    assert (page.value[0].etag, page.value[0].subject) == ("x", None)
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(answer, type=page_of(FIELDS))


@pytest.mark.parametrize("name", ["created_at", "updated_at"])
async def test_what_a_view_cannot_select_is_read_by_selecting_nothing(server, alice, name):
    events = await listed(alice, ALWAYS | {name, "title"})
    assert selected(server) is None
    assert all(getattr(event, name) for event in events)


async def test_names_of_beta_are_not_selected_on_v1(server, alice):
    fields = frozenset({"msgraph.uid", "msgraph.occurrence_id"})
    assert await listed(alice, fields)
    assert "uid" not in selected(server)[0].split(",")


# Pages that shift while others write


class Shifting:
    """An upstream whose second page repeats an event of the first, moved in the meantime."""

    name = "shifting"

    def __init__(self) -> None:
        self.url = ""

    def route(self, request: Request) -> str:
        return "any"

    def answer(self, request: Request, *, lose: frozenset[int] = frozenset()) -> Response:
        if "skip" in request.query:
            page = {"value": [wire("B", 40), wire("A", 50), wire("C", 60)]}
        else:
            link = f"{self.url}/v1.0/me/calendar/calendarView?$skip=2"
            page = {"value": [wire("A", 9), wire("B", 40)], "@odata.nextLink": link}
        return Response(status=200, body=msgspec.json.encode(page))

    def error(self, status: int, retry_after: str | None = None) -> Response:
        return Response(status=status)


def wire(name, hours):
    return {
        "id": name,
        "start": {"dateTime": f"{MORNING + hours * HOUR:%Y-%m-%dT%H:%M:%S}.0000000", "timeZone": "UTC"},
        "end": {"dateTime": f"{MORNING + (hours + 1) * HOUR:%Y-%m-%dT%H:%M:%S}.0000000", "timeZone": "UTC"},
    }


async def test_an_event_that_two_pages_show_is_listed_once_as_it_was_first_seen():
    shifting = Shifting()
    async with EmulatorServer(shifting) as server:
        shifting.url = server.url
        token = MSGraphEmulator(world(NOW).msgraph, now=lambda: NOW).tokens.of(ALICE).authorization
        async with aclosing(connect(server.url, authorization=token)) as source:
            window = Window(start=MORNING, end=MORNING + 5 * DAY)
            events = await read(source.adapter(Call(request_id=REQUEST_ID)), HOME, window)
        assert len(sent(server, "GET")) == 2
    assert [(event.details.event_id, event.start.instant) for event in events] == [
        ("A", MORNING + 9 * HOUR),
        ("B", MORNING + 40 * HOUR),
        ("C", MORNING + 60 * HOUR),
    ]


# Series


@pytest.fixture
async def application(server):
    """An adapter with an application's token."""
    async with aclosing(
        connect(server.url, authorization=server.emulator.tokens.app.authorization)
    ) as source:
        yield source.adapter(Call(request_id=REQUEST_ID))


async def patches(adapter):
    return [event for event in await read(adapter, SHARED, SEEDED) if event.series_id]


async def found(adapter, event_id):
    return await adapter.find(EventId.parse(event_id))


async def test_an_occurrence_leads_to_its_series_and_is_found_by_its_own_id(application):
    for occurrence in await patches(application):
        assert occurrence.details.type is EventType.OCCURRENCE
        alone = await found(application, occurrence.id)
        assert (alone.series_id, alone.start) == (occurrence.series_id, occurrence.start)
        master = await found(application, occurrence.series_id)
        assert (master.details.type, master.series_id) == (EventType.SERIES_MASTER, None)
        assert str(master.recurrence.rule).startswith("FREQ=WEEKLY")


async def test_an_occurrence_that_was_moved_is_listed_at_its_new_place_and_says_where_it_was(application):
    first, second, *_ = await patches(application)
    moved = {"start": later(second.start), "end": later(second.end)}
    outcome = await application.apply_event(await application.plan_event(change(second, **moved)))
    assert outcome.status is WriteStatus.UPDATED
    shown = next(event for event in await patches(application) if event.start == moved["start"])
    for exception in (shown, await found(application, shown.id)):
        assert exception.details.type is EventType.EXCEPTION
        assert exception.series_id == first.series_id
        assert exception.details.original_start == second.start.instant


async def test_an_occurrence_that_was_cancelled_is_listed_and_found_no_more(application):
    whole = await patches(application)
    removal = EventRemoval(event=whole[1])
    outcome = await application.apply_event(await application.plan_event(removal))
    assert outcome.status is WriteStatus.DELETED
    assert [event.id for event in await patches(application)] == [
        event.id for event in whole if event is not whole[1]
    ]
    with pytest.raises(NotFound):
        await found(application, whole[1].id)


def later(time):
    return EventTime(instant=time.instant + HOUR, zone=time.zone)


async def test_a_zone_that_nobody_knows_is_said_of_each_event_of_a_list():
    unknowns = Unknowns(original_utc_zone="Customized Time Zone")
    emulator = MSGraphEmulator(world(NOW).msgraph, now=lambda: NOW, unknowns=unknowns)
    async with (
        EmulatorServer(emulator) as server,
        aclosing(connect(server.url, authorization=emulator.tokens.app.authorization)) as source,
    ):
        events = await read(source.adapter(Call(request_id=REQUEST_ID)), SHARED, SEEDED)
    assert events
    for event in events:
        assert {warning.given for warning in event.warnings} == {"Customized Time Zone"}
        assert event.start.zone == "UTC"


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


async def test_a_look_at_the_health_says_how_it_is_now(server, alice):
    server.faults.add("GET *", Fault(status=503), calls=(1,))
    health = await alice.health()
    assert health.reachable
    assert health.problem.code is Code.UNAVAILABLE
    assert len(sent(server, "GET")) == 1


async def test_a_source_that_stays_down_is_asked_a_bounded_number_of_times(server, alice):
    server.faults.add(READ, Fault(status=503))
    with pytest.raises(Unavailable):
        await read(alice, HOME, SEEDED)
    assert len(sent(server, "GET")) == 4
