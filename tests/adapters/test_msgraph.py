"""The Graph adapter on its emulator: what all adapters must do, and what only this one does."""

import asyncio
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

import msgspec
import pytest

from gateway.adapters.byproducts import EffectKind
from gateway.adapters.outcome import WriteStatus
from gateway.adapters.upstream import Call
from gateway.errors import (
    Code,
    InvalidTime,
    NotFound,
    TooMany,
    Unauthenticated,
    UnexpectedAnswer,
    UpstreamError,
)
from gateway.model.event import Attendee, Draft, EventBody, EventLocation
from gateway.model.ids import CalendarId, EventId, ResourceId
from gateway.model.time import EventTime, Window, add_days, midnight
from gateway.sandbox.faults import HELD, Cut, Fault, Garble
from gateway.sandbox.http import Request, Response
from gateway.sandbox.msgraph import MSGraphEmulator, Unknowns
from gateway.sandbox.msgraph.unknowns import (
    ContextOwner,
    IanaNames,
    PostZone,
    RepeatedTransaction,
    TopOverMaximum,
)
from gateway.sandbox.seed import ALICE, CEO, OUTAGES, PATCHES, user_id, world
from gateway.sandbox.server import EmulatorServer

from .conformance import (
    DAY,
    EVERYTHING,
    HOUR,
    MORNING,
    SPRING,
    AdapterConformance,
    Bench,
    EventWriteConformance,
    draft,
    read,
    titles,
    write,
)
from .key_conformance import KeyConformance
from .msgraph_bench import (
    CHANGE,
    EMPTY,
    LIST,
    NASTY,
    NOW,
    READ,
    REMOVE,
    REQUEST_ID,
    SOURCE,
    SRE,
    UNKNOWN,
    WRITE,
    calendar,
    connect,
    open_server,
    sent,
)

pytestmark = pytest.mark.anyio

DOCUMENTED = Path(__file__).parents[1] / "cases" / "documented"
NASTY_IN_IDS = "a%2Fb%2Bc=d%25e%20f%3Fg%23h%0D%0Ai%20%C3%A9%E6%97%A5"
NASTY_ON_THE_WIRE = "a%2Fb%2Bc%3Dd%25e%20f%3Fg%23h%0D%0Ai%20%C3%A9%E6%97%A5"


@pytest.fixture
async def server(anyio_backend):
    async with open_server() as server:
        yield server


@pytest.fixture
def alice(server):
    """A user's token."""
    return server.emulator.tokens.of(ALICE).authorization


@pytest.fixture
def application(server):
    return server.emulator.tokens.app.authorization


@pytest.fixture
async def open_source(server):
    """Makes sources on the emulator, and closes them."""
    sources = []

    def make(**options):
        sources.append(connect(server.url, **options))
        return sources[-1]

    yield make
    for source in sources:
        await source.aclose()


@pytest.fixture
def as_alice(open_source, alice):
    return open_source(authorization=alice).adapter(Call(request_id=REQUEST_ID))


@pytest.fixture
def as_application(open_source, application):
    source = open_source(authorization=application, mailboxes=(OUTAGES,))
    return source.adapter(Call(request_id=REQUEST_ID))


class GraphConformance(AdapterConformance, EventWriteConformance, KeyConformance):
    """`owner` is the path of a mailbox with an empty calendar."""

    owner: tuple[str, ...]

    def bench_on(self, server, **options) -> Bench:
        return Bench(
            server=server,
            connect=lambda url, timeout: connect(url, timeout, **options),
            calendar=CalendarId(SOURCE, (*self.owner, "calendars", EMPTY)),
            unknown_calendar=CalendarId(SOURCE, (*self.owner, "calendars", UNKNOWN)),
            unknown_event=EventId(SOURCE, (*self.owner, "events", UNKNOWN)),
            read_route=READ,
            write_route=WRITE,
            change_routes=(CHANGE,),
            remove_route=REMOVE,
            key_route=LIST,
        )


class TestAsAUser(GraphConformance):
    """With a user's token, and `me` in the ids that are asked for."""

    owner = ("me",)

    @pytest.fixture
    async def bench(self, server, alice):
        bench = self.bench_on(server, authorization=alice)
        yield bench
        await bench.aclose()


class TestAsAnApplication(GraphConformance):
    """With an application's token and a shared mailbox: the everyday way to announce an outage."""

    owner = ("users", OUTAGES)

    @pytest.fixture
    async def bench(self, server, application):
        bench = self.bench_on(server, authorization=application, mailboxes=(OUTAGES,))
        yield bench
        await bench.aclose()


# Addresses

ME = user_id(ALICE)
CREATE_PATHS = [
    ("me", "/me/events", f"users/{ME}/calendar"),
    ("me/calendar", "/me/calendar/events", f"users/{ME}/calendar"),
    ("me/calendars/{id}", "/me/calendars/{wire}/events", f"users/{ME}/calendars/{{id}}"),
    ("me/calendarGroup/calendars/{id}", "/me/calendars/{wire}/events", f"users/{ME}/calendars/{{id}}"),
    (
        "me/calendarGroups/{group}/calendars/{id}",
        "/me/calendarGroups/{groupwire}/calendars/{wire}/events",
        f"users/{ME}/calendars/{{id}}",
    ),
    ("users/{upn}", "/users/{upnwire}/events", "users/{upn}/calendar"),
    ("users/{upn}/calendar", "/users/{upnwire}/calendar/events", "users/{upn}/calendar"),
    ("users/{guid}/calendar", "/users/{guid}/calendar/events", "users/{guid}/calendar"),
    (
        "users/{upn}/calendars/{id}",
        "/users/{upnwire}/calendars/{wire}/events",
        "users/{upn}/calendars/{id}",
    ),
    (
        "users/{guid}/calendarGroup/calendars/{id}",
        "/users/{guid}/calendars/{wire}/events",
        "users/{guid}/calendars/{id}",
    ),
    (
        "users/{upn}/calendarGroups/{group}/calendars/{id}",
        "/users/{upnwire}/calendarGroups/{groupwire}/calendars/{wire}/events",
        "users/{upn}/calendars/{id}",
    ),
    ("groups/{sre}", "/groups/{sre}/events", "groups/{sre}/calendar"),
    ("groups/{sre}/calendar", "/groups/{sre}/calendar/events", "groups/{sre}/calendar"),
]


@pytest.mark.parametrize("version", ["v1.0", "beta"])
@pytest.mark.parametrize(("written", "path", "canonical"), CREATE_PATHS)
async def test_every_create_path_of_graph_is_a_calendar_id(  # noqa: PLR0917 fixtures and a row of the table
    server, open_source, alice, written, path, canonical, version
):
    """Down to the bytes on the request line: segments are encoded once, and nothing is normalised."""
    owner = ALICE if written.startswith("me") else OUTAGES
    group = server.emulator.state.find(owner).default_group.id
    names = {
        "id": NASTY_IN_IDS,
        "wire": NASTY_ON_THE_WIRE,
        "group": group,
        "groupwire": group.replace("=", "%3D"),
        "upn": OUTAGES,
        "upnwire": OUTAGES.replace("@", "%40"),
        "guid": user_id(OUTAGES),
        "sre": SRE,
    }
    source = open_source(authorization=alice, version=version)
    addressed = source.calendar_id(ResourceId.parse(f"{SOURCE}:{written.format(**names)}"))
    adapter = source.adapter(Call(request_id=REQUEST_ID))
    (outcome,) = await write(adapter, addressed, [draft()])
    (post,) = sent(server)
    assert post.target == f"/{version}{path.format(**names)}"
    expected = f"{SOURCE}:{canonical.format(**names)}"
    assert outcome.status is WriteStatus.CREATED
    assert outcome.event.calendar_id == expected
    assert outcome.event.id.startswith(f"{expected.partition('/calendar')[0]}/events/")
    assert await adapter.identity(addressed) == await adapter.identity(CalendarId.parse(expected))
    found = [event for event in await read(adapter, addressed) if event.id == outcome.event.id]
    assert [event.calendar_id for event in found] == [expected]


@pytest.mark.parametrize(
    ("segments", "target"),
    [
        (("users", "o'brien+x@contoso.com", "calendar"), "/users/o%27brien%2Bx%40contoso.com/calendar"),
        (("users", NASTY, "calendars", NASTY), f"/users/{NASTY_ON_THE_WIRE}/calendars/{NASTY_ON_THE_WIRE}"),
        (
            ("me", "calendarGroups", NASTY, "calendars", "..."),
            f"/me/calendarGroups/{NASTY_ON_THE_WIRE}/calendars/...",
        ),
        (("groups", NASTY, "calendar"), f"/groups/{NASTY_ON_THE_WIRE}/calendar"),
    ],
)
async def test_every_segment_reaches_the_wire_encoded_once(server, as_alice, segments, target):
    (outcome,) = await write(as_alice, CalendarId(SOURCE, segments), [draft()])
    assert outcome.status is WriteStatus.FAILED
    (post,) = sent(server)
    assert post.target == f"/v1.0{target}/events"


async def test_an_event_of_me_comes_back_under_its_owner(as_alice):
    (outcome,) = await write(as_alice, calendar("me"), [draft()])
    assert outcome.event.id.startswith(f"{SOURCE}:users/{ME}/events/")
    graph_id = outcome.event.details.event_id
    found = await as_alice.find(EventId(SOURCE, ("me", "events", graph_id)))
    assert (found.id, found.calendar_id) == (outcome.event.id, None)
    (home,) = await as_alice.calendars_of([EventId(SOURCE, ("me", "events", graph_id))])
    assert home.default_id == f"{SOURCE}:users/{ME}/calendar"


async def test_what_a_calendar_is_takes_one_small_read(server, as_alice):
    for place in ("me/calendar", f"users/{ME}"):
        assert await as_alice.identity(calendar(place)) == await as_alice.identity(calendar("me"))
    targets = [get.target for get in sent(server, "GET")]
    assert targets[0] == "/v1.0/me/calendar?$select=id%2Cowner"
    assert targets[2] == f"/v1.0/users/{ME}/calendar?$select=id%2Cowner"


async def test_calendars_of_one_id_in_two_mailboxes_are_two(as_alice):
    mine, theirs = (CalendarId(SOURCE, ("users", owner, "calendars", EMPTY)) for owner in (ALICE, OUTAGES))
    assert await as_alice.identity(mine) != await as_alice.identity(theirs)


# The documented example


async def test_the_documented_example_is_one_post_of_exactly_this_json(server, open_source, alice):
    server.emulator.state.add_calendar(ALICE, "AAMkAGViNDU7zAAAAAGtlAAA=", "Lunches")
    adapter = open_source(authorization=alice, version="beta").adapter(Call(request_id=REQUEST_ID))
    start = datetime(2019, 3, 10, 19, tzinfo=UTC)
    lunch = Draft(
        title="Let's go for lunch",
        body=EventBody(html="Does next month work for you?"),
        start=EventTime(instant=start, zone="America/Los_Angeles"),
        end=EventTime(instant=start + 2 * HOUR, zone="America/Los_Angeles"),
        location=EventLocation(display_name="Harry's Bar"),
        attendees=(Attendee(email="adelev@contoso.onmicrosoft.com", name="Adele Vance"),),
    )
    (outcome,) = await write(adapter, calendar("me/calendars/AAMkAGViNDU7zAAAAAGtlAAA="), [lunch])
    (post,) = sent(server)
    body = msgspec.json.decode(post.body)
    assert post.target == "/beta/me/calendars/AAMkAGViNDU7zAAAAAGtlAAA%3D/events"
    assert len(body.pop("transactionId")) == 36
    assert body == msgspec.json.decode((DOCUMENTED / "msgraph_create_event.request.json").read_bytes())
    event = outcome.event
    assert (event.title, event.start, event.end) == (lunch.title, lunch.start, lunch.end)
    assert event.body.text == "Does next month work for you?"
    assert event.location.display_name == "Harry's Bar"
    assert event.attendees[0].email == "adelev@contoso.onmicrosoft.com"
    assert event.details.uid


async def test_a_request_carries_the_credential_the_calls_id_and_the_zone_to_answer_in(
    server, as_alice, alice
):
    await as_alice.calendar(calendar("me/calendar"))
    (get,) = sent(server, "GET")
    headers = {name: get.headers[name] for name in ("authorization", "client-request-id", "prefer")}
    assert headers == {
        "authorization": alice,
        "client-request-id": REQUEST_ID,
        "prefer": 'outlook.timezone="UTC"',
    }


# Credentials


async def test_without_a_credential_nothing_is_sent(server, open_source, as_alice):
    adapter = open_source().adapter(Call(request_id=REQUEST_ID))
    with pytest.raises(Unauthenticated, match="no credential") as caught:
        await read(adapter, calendar("me/calendar"))
    assert "with a Microsoft Graph token. Nothing was sent." in caught.value.problem.hint
    with pytest.raises(Unauthenticated):
        await adapter.plan(calendar("me/calendar"), [draft()])
    plan = await as_alice.plan(calendar("me/calendar"), [draft()])
    (outcome,) = await adapter.apply(plan.steps[0])
    health = await adapter.health()
    assert outcome.status is WriteStatus.FAILED
    assert outcome.problem.code is Code.UNAUTHENTICATED
    assert health.problem.code is Code.UNAUTHENTICATED
    assert not server.exchanges


async def test_a_credential_that_no_header_can_hold_is_refused_and_not_shown(server, open_source):
    adapter = open_source().adapter(Call(request_id=REQUEST_ID, credentials={SOURCE: "Bearer s3cr\r\net"}))
    with pytest.raises(Unauthenticated) as caught:
        await adapter.calendars()
    assert "s3cr" not in str(caught.value)
    assert not server.exchanges


async def test_the_callers_own_credential_goes_before_the_configured_one(open_source, application, alice):
    call = Call(request_id=REQUEST_ID, credentials={SOURCE: alice, "other": "Bearer other"})
    assert await open_source(authorization=application).adapter(call).calendar(calendar("me/calendar"))


async def test_a_callers_credential_is_not_used_where_that_is_off(open_source, application, alice):
    call = Call(request_id=REQUEST_ID, credentials={SOURCE: alice})
    adapter = open_source(authorization=application, takes_callers=False).adapter(call)
    with pytest.raises(UpstreamError) as caught:
        await adapter.calendar(calendar("me/calendar"))
    assert caught.value.code is Code.UPSTREAM_REFUSED
    assert "an application's token has no `me`" in caught.value.problem.hint.lower()


async def test_an_expired_token_is_unauthenticated_with_graphs_own_reason(server, open_source):
    adapter = open_source(authorization=server.emulator.tokens.expired.authorization).adapter(
        Call(request_id=REQUEST_ID)
    )
    health = await adapter.health()
    assert health.reachable
    assert (health.problem.code, health.problem.upstream_code) == (
        Code.UNAUTHENTICATED,
        "InvalidAuthenticationToken",
    )
    assert "expired" in health.problem.message
    assert health.problem.request_id


@pytest.mark.parametrize("path", [f"groups/{SRE}/calendar", f"users/{CEO}/calendar"])
async def test_a_mailbox_that_an_application_may_not_open_is_forbidden(as_application, path):
    (outcome,) = await write(as_application, calendar(path), [draft()])
    assert (outcome.status, outcome.problem.code) == (WriteStatus.FAILED, Code.FORBIDDEN)
    assert ("user's token only" in outcome.problem.hint) is path.startswith("groups")


# Calendars


async def test_a_user_lists_their_own_calendars(as_alice):
    calendars = (await as_alice.calendars()).calendars
    assert {"Calendar", "On call", "Team holidays"} <= {calendar.name for calendar in calendars}
    assert all(calendar.id.startswith(f"{SOURCE}:users/{ME}/calendars/") for calendar in calendars)
    (default,) = [calendar for calendar in calendars if calendar.is_default]
    assert default.default_id == f"{SOURCE}:users/{ME}/calendar"
    assert default.details.owner.email == ALICE


async def test_an_application_lists_the_calendars_of_the_mailboxes_configured(open_source, application):
    source = open_source(authorization=application, mailboxes=(OUTAGES.title(), user_id(ALICE)))
    listed = await source.adapter(Call(request_id=REQUEST_ID)).calendars()
    assert listed.problems == ()
    owners = {calendar.id.rsplit("/calendars/", 1)[0] for calendar in listed.calendars}
    assert owners == {f"{SOURCE}:users/{OUTAGES}", f"{SOURCE}:users/{ME}"}


async def test_a_mailbox_that_cannot_be_listed_costs_only_its_own_calendars(open_source, application):
    mailboxes = ("nobody@contoso.com", OUTAGES, "ceo@contoso.com")
    source = open_source(authorization=application, mailboxes=mailboxes)
    adapter = source.adapter(Call(request_id=REQUEST_ID))
    listed = await adapter.calendars()
    assert {calendar.id.rsplit("/calendars/", 1)[0] for calendar in listed.calendars} == {
        f"{SOURCE}:users/{OUTAGES}"
    }
    assert [problem.code for problem in listed.problems] == [Code.NOT_FOUND, Code.FORBIDDEN]
    for problem, name in zip(listed.problems, (mailboxes[0], mailboxes[2]), strict=True):
        assert problem.message.startswith(f"The calendars of {SOURCE}:users/{name} are not listed: ")
    health = await adapter.health()
    assert (health.reachable, health.problem) == (True, None)


async def test_where_no_mailbox_can_be_listed_that_is_an_error(open_source, application):
    source = open_source(authorization=application, mailboxes=("nobody@contoso.com", "ceo@contoso.com"))
    adapter = source.adapter(Call(request_id=REQUEST_ID))
    with pytest.raises(NotFound):
        await adapter.calendars()
    health = await adapter.health()
    assert health.reachable
    assert health.problem.code is Code.NOT_FOUND


async def test_a_user_lists_their_own_calendars_whatever_mailboxes_are_configured(server, open_source, alice):
    await (
        open_source(authorization=alice, mailboxes=(OUTAGES,))
        .adapter(Call(request_id=REQUEST_ID))
        .calendars()
    )
    targets = [request.target for request in sent(server, "GET")]
    assert targets[:2] == ["/v1.0/me/calendars?$top=100", "/v1.0/me/calendarGroups?$top=100"]
    assert all(target.startswith("/v1.0/me/calendarGroups/") for target in targets[2:])


async def test_more_calendars_than_a_page_holds_are_all_listed(server, as_alice):
    before = len((await as_alice.calendars()).calendars)
    for number in range(150):
        server.emulator.state.add_calendar(ALICE, f"AAMk{number:04}", f"Number {number}")
    assert len((await as_alice.calendars()).calendars) == before + 150


async def test_a_groups_calendar_is_read_and_written_by_a_member(as_alice):
    home = calendar(f"groups/{SRE}/calendar")
    plan = await as_alice.plan(home, [draft()])
    assert [effect.kind for effect in plan.steps[0].events[0].effects] == [EffectKind.SENDS_INVITATIONS]
    (outcome,) = await as_alice.apply(plan.steps[0])
    assert outcome.event.id.startswith(f"{SOURCE}:groups/{SRE}/events/")
    assert (await as_alice.calendar(home)).id == f"{SOURCE}:groups/{SRE}/calendar"
    event_id = EventId(SOURCE, tuple(outcome.event.id.partition(":")[2].replace("%3D", "=").split("/")))
    (found,) = await as_alice.calendars_of([event_id])
    assert found.id == f"{SOURCE}:groups/{SRE}/calendar"


# Reading


async def test_a_series_comes_as_its_occurrences_and_never_as_its_master(as_application):
    events = await read(
        as_application, calendar(f"users/{OUTAGES}"), Window(start=NOW - 14 * DAY, end=NOW + 14 * DAY)
    )
    patches = [event for event in events if event.title == PATCHES]
    assert len(patches) == 4
    assert {event.details.type for event in patches} == {"occurrence"}
    assert len({event.series_id for event in patches}) == 1


async def test_whole_days_in_any_zone_come_in_their_place_and_to_the_edge_of_the_window(as_alice):
    """Graph orders and matches whole days as days of UTC; here they begin up to 14 hours off that."""
    random = Random(7)  # noqa: S311 the same events in each run
    zones = [
        "Pacific/Kiritimati",
        "Pacific/Auckland",
        "UTC",
        "Europe/Berlin",
        "Pacific/Honolulu",
        "Etc/GMT+12",
    ]
    drafts = []
    for number in range(60):
        name, day = random.choice(zones), date(2027, 3, 1) + random.randrange(12) * DAY
        if number % 2:
            start, end = (
                midnight(day, name),
                midnight(add_days(day, random.randrange(1, 4)), name, latest=True),
            )
            drafts.append(Draft(title=str(number), start=start, end=end, is_all_day=True))
        else:
            drafts.append(draft(str(number), datetime(2027, 3, 1, tzinfo=UTC) + random.randrange(288) * HOUR))
    home = CalendarId(SOURCE, ("me", "calendars", EMPTY))
    await write(as_alice, home, drafts)
    for _ in range(15):
        start = datetime(2027, 3, 1, tzinfo=UTC) + random.randrange(288) * HOUR
        window = Window(start=start, end=start + random.randrange(1, 96) * HOUR)
        events = await read(as_alice, home, window, page=1)
        expected = [d for d in drafts if window.overlaps(d.start.instant, d.end.instant)]
        assert sorted(titles(events)) == sorted(each.title for each in expected)
        assert [event.order for event in events] == sorted(event.order for event in events)


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12"])
async def test_a_whole_day_is_seen_in_its_first_and_last_minute_and_not_beside_them(as_alice, zone):
    """These zones are the furthest from UTC, by which Graph matches whole days."""
    start, end = midnight(SPRING, zone), midnight(add_days(SPRING, 1), zone, latest=True)
    home, minute = CalendarId(SOURCE, ("me", "calendars", EMPTY)), timedelta(minutes=1)
    await write(as_alice, home, [Draft(title="Whole day", start=start, end=end, is_all_day=True)])
    seen = [
        titles(await read(as_alice, home, Window(start=begin, end=begin + minute)))
        for begin in (start.instant - minute, start.instant, end.instant - minute, end.instant)
    ]
    assert seen == [[], ["Whole day"], ["Whole day"], []]


async def test_a_window_longer_than_graph_views_is_read_in_parts_and_only_as_far_as_drawn(server, as_alice):
    home = CalendarId(SOURCE, ("me", "calendars", EMPTY))
    five_years = 1826 * DAY
    drafts = [draft(str(n), MORNING + n * 90 * DAY, 30 * DAY) for n in range(60)]
    across = draft("across", MORNING + 10 * DAY, five_years)
    await write(as_alice, home, [*drafts, across])
    window = Window(start=MORNING - DAY, end=MORNING + 3 * five_years)
    async with aclosing(as_alice.events(home, window, page=10)) as runs:
        events = [*await anext(runs)]
        assert len(sent(server, "GET")) == 1
        events += [event async for run in runs for event in run]
    assert len(events) == 61
    assert titles(events).count("across") == 1
    assert [event.order for event in events] == sorted(event.order for event in events)
    assert len({request.query for request in sent(server, "GET")}) > 3


@pytest.mark.parametrize(
    ("window", "error"),
    [
        (Window(start=datetime(1700, 1, 1, tzinfo=UTC), end=datetime(2300, 1, 1, tzinfo=UTC)), TooMany),
        (Window(start=datetime.min.replace(tzinfo=UTC), end=datetime(100, 1, 1, tzinfo=UTC)), InvalidTime),
        (Window(start=datetime(9998, 1, 1, tzinfo=UTC), end=datetime.max.replace(tzinfo=UTC)), InvalidTime),
    ],
)
async def test_a_window_beyond_measure_is_refused(server, as_alice, window, error):
    with pytest.raises(error):
        await read(as_alice, calendar("me/calendar"), window)
    assert not server.exchanges


async def test_a_mailbox_is_never_asked_more_than_four_things_at_once(server, as_alice):
    """The emulator refuses the fifth, as Graph does; `me` is the mailbox of an id."""
    server.faults.add(READ, Fault(delay=HELD), calls=range(1, 5))
    names = [calendar("me/calendar"), calendar(f"users/{user_id(ALICE)}/calendar")] * 5
    reading = [asyncio.create_task(read(as_alice, name)) for name in names]
    while len(server.faults._held) < 4:
        await server.faults.arrival()
        await asyncio.sleep(0)
    for _ in range(5):  # time for a fifth to arrive, if it were sent
        await as_alice.calendar(calendar(f"users/{OUTAGES}"))
    server.faults.release()
    assert len(await asyncio.gather(*reading)) == len(names)
    assert {exchange.response.status for exchange in server.exchanges} == {200}


# Writing


def transaction_ids(server):
    return [msgspec.json.decode(request.body)["transactionId"] for request in sent(server)]


async def test_each_create_has_a_transaction_id_of_its_own(server, as_alice):
    await write(as_alice, calendar("me"), [draft(), draft()])
    assert len(set(transaction_ids(server))) == 2


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Fault(cut=Cut.BEFORE_WRITE), id="cut-before"),
        pytest.param(Fault(cut=Cut.AFTER_WRITE), id="cut-after"),
        pytest.param(Fault(garble=Garble.MALFORMED), id="malformed"),
        pytest.param(Fault(status=500), id="500"),
        pytest.param(Fault(status=502), id="502"),
        pytest.param(Fault(status=504), id="504"),
        pytest.param(Fault(status=409), id="concurrent-save"),
    ],
)
async def test_a_write_in_doubt_is_repeated_once_under_the_same_transaction_id(server, as_alice, fault):
    server.faults.add(WRITE, fault, calls=(1,))
    home = CalendarId(SOURCE, ("me", "calendars", EMPTY))
    (outcome,) = await write(as_alice, home, [draft()])
    assert outcome.status is WriteStatus.CREATED
    assert [event.id for event in await read(as_alice, home)] == [outcome.event.id]
    first, second = sent(server)
    assert first.body == second.body
    assert len(outcome.requests) == 2


@pytest.mark.parametrize("status", [400, 401, 403, 404])
async def test_a_refused_write_is_not_repeated(server, as_alice, status):
    server.faults.add(WRITE, Fault(status=status))
    (outcome,) = await write(as_alice, calendar("me"), [draft()])
    assert outcome.status is WriteStatus.FAILED
    assert len(sent(server)) == 1


async def test_a_write_that_stays_in_doubt_is_unknown_and_tried_no_third_time(server, as_alice):
    server.faults.add(WRITE, Fault(cut=Cut.BEFORE_WRITE))
    (outcome,) = await write(as_alice, calendar("me"), [draft()])
    assert (outcome.status, outcome.problem.code) == (WriteStatus.UNKNOWN, Code.NO_ANSWER)
    assert "look at the calendar" in outcome.problem.hint
    assert not outcome.problem.retryable
    assert len(sent(server)) == 2


async def test_a_refusal_of_the_second_post_does_not_undo_the_first(server, as_alice):
    server.faults.add(WRITE, Fault(cut=Cut.AFTER_WRITE), calls=(1,))
    server.faults.add(WRITE, Fault(status=403))
    home = CalendarId(SOURCE, ("me", "calendars", EMPTY))
    (outcome,) = await write(as_alice, home, [draft()])
    assert (outcome.status, outcome.problem.code) == (WriteStatus.UNKNOWN, Code.FORBIDDEN)
    assert len(await read(as_alice, home)) == 1


async def test_a_write_in_doubt_to_a_group_is_not_repeated(server, as_alice):
    """Nobody knows whether a transactionId counts there: a second event would be worse than a question."""
    server.faults.add(WRITE, Fault(cut=Cut.AFTER_WRITE))
    (outcome,) = await write(as_alice, calendar(f"groups/{SRE}/calendar"), [draft()])
    assert outcome.status is WriteStatus.UNKNOWN
    assert len(sent(server)) == 1


async def test_an_event_that_graph_refuses_costs_its_own_row_only(as_alice):
    backwards = msgspec.structs.replace(draft("bad"), end=EventTime(instant=MORNING - HOUR))
    first, second, third = await write(as_alice, calendar("me"), [draft("a"), backwards, draft("b")])
    assert [first.status, third.status] == [WriteStatus.CREATED] * 2
    assert (second.status, second.problem.upstream_code) == (
        WriteStatus.FAILED,
        "ErrorPropertyValidationFailure",
    )


# What nobody knows of Graph

OPEN_QUESTIONS = [
    pytest.param(Unknowns(context_owner=ContextOwner.AS_ADDRESSED), id="context-as-addressed"),
    pytest.param(Unknowns(post_zone=PostZone.UTC, iana_names=IanaNames.DOCUMENTED), id="zones"),
    pytest.param(Unknowns(view_includes_touching=True, view_is_ordered=False), id="view"),
    pytest.param(Unknowns(top_over_maximum=TopOverMaximum.REFUSED), id="top"),
    pytest.param(Unknowns(location_header=True, etag_header=True), id="headers"),
]


@pytest.mark.parametrize("unknowns", OPEN_QUESTIONS)
async def test_the_open_questions_about_graph_make_no_difference(unknowns):
    emulator = MSGraphEmulator(world(NOW).msgraph, now=lambda: NOW, unknowns=unknowns)
    authorization = emulator.tokens.app.authorization
    emulator.state.add_calendar(OUTAGES, EMPTY, "Empty")
    home = CalendarId(SOURCE, ("users", OUTAGES, "calendars", EMPTY))
    zoned = [
        msgspec.structs.replace(
            draft(name, MORNING - n * HOUR), start=EventTime(instant=MORNING - n * HOUR, zone=name)
        )
        for n, name in enumerate(["Europe/Berlin", "America/Chihuahua", "Europe/Vienna", "Antarctica/Troll"])
    ]
    async with (
        EmulatorServer(emulator) as server,
        aclosing(connect(server.url, authorization=authorization)) as source,
    ):
        adapter = source.adapter(Call(request_id=REQUEST_ID))
        outcomes = await write(adapter, home, zoned)
        events = await read(adapter, home, Window(start=MORNING - DAY, end=MORNING + HOUR), page=1000)
        touching = await read(adapter, home, Window(start=MORNING + HOUR, end=MORNING + DAY))
    assert {outcome.status for outcome in outcomes} == {WriteStatus.CREATED}
    assert [event.id for event in events] == [outcome.event.id for outcome in reversed(outcomes)]
    assert {event.calendar_id for event in events} == {
        f"{SOURCE}:users/{OUTAGES}/calendars/AAMkAEmptyCalendar%2B%2F=="
    }
    assert touching == []


async def test_a_duplicate_transaction_on_repeating_leaves_it_unknown_for_it_may_be_there():
    unknowns = Unknowns(repeated_transaction=RepeatedTransaction.DUPLICATE_ERROR)
    emulator = MSGraphEmulator(world(NOW).msgraph, now=lambda: NOW, unknowns=unknowns)
    async with (
        EmulatorServer(emulator) as server,
        aclosing(connect(server.url, authorization=emulator.tokens.app.authorization)) as source,
    ):
        server.faults.add(WRITE, Fault(cut=Cut.AFTER_WRITE), calls=(1,))
        (outcome,) = await write(
            source.adapter(Call(request_id=REQUEST_ID)), calendar(f"users/{OUTAGES}"), [draft()]
        )
    assert (outcome.status, outcome.problem.upstream_code) == (
        WriteStatus.UNKNOWN,
        "ErrorDuplicateTransactionId",
    )


# Answers that are not what was promised


class Script:
    """An upstream that gives the same answer to everything."""

    name = "script"

    def __init__(self, body: object, status: int = 200) -> None:
        self.response = Response(
            status=status, body=body if isinstance(body, bytes) else msgspec.json.encode(body)
        )

    def route(self, request: Request) -> str:
        return "any"

    def answer(self, request: Request, *, lose: frozenset[int] = frozenset()) -> Response:
        return self.response

    def error(self, status: int, retry_after: str | None = None) -> Response:
        return Response(status=status)


@pytest.fixture
def scripted(alice):
    """Runs some work with an adapter on an upstream that gives one answer."""

    async def run(body, work, *, status=200, authorization=alice):
        async with (
            EmulatorServer(Script(body, status)) as server,
            aclosing(connect(server.url, authorization=authorization)) as source,
        ):
            return await work(source.adapter(Call(request_id=REQUEST_ID))), server

    return run


@pytest.mark.parametrize(
    "link", ["https://evil.example/v1.0/me/calendars", "http://127.0.0.1/v1.0/me", "not a link", "/v1.0/me"]
)
async def test_a_link_to_elsewhere_is_never_followed(scripted, link):
    async def work(adapter):
        with pytest.raises(UnexpectedAnswer, match="link to the next page"):
            await adapter.calendars()

    _, server = await scripted({"value": [], "@odata.nextLink": link}, work)
    assert len(server.exchanges) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_never_followed(alice, status):
    """Neither the credential nor the event goes to where it leads."""
    async with EmulatorServer(Script({"value": []})) as elsewhere:
        script = Script(b"", status)
        script.response = replace(script.response, headers={"Location": f"{elsewhere.url}/v1.0/me/events"})
        async with (
            EmulatorServer(script) as server,
            aclosing(connect(server.url, authorization=alice)) as source,
        ):
            adapter = source.adapter(Call(request_id=REQUEST_ID))
            with pytest.raises(UnexpectedAnswer, match=str(status)):
                await read(adapter, calendar("me/calendar"))
            (outcome,) = await write(adapter, calendar("me/calendar"), [draft()])
        assert (outcome.status, len(server.exchanges)) == (WriteStatus.FAILED, 2)
        assert not elsewhere.exchanges


async def test_pages_in_a_circle_are_not_followed_for_ever():
    """The link of a page that leads to itself."""
    script = Script(b"")
    async with (
        EmulatorServer(script) as circle,
        aclosing(connect(circle.url, authorization="Bearer t")) as source,
    ):
        page = {"value": [], "@odata.nextLink": f"{circle.url}/v1.0/me/calendars?$top=100"}
        script.response = Response(status=200, body=msgspec.json.encode(page))
        with pytest.raises(UnexpectedAnswer, match="circle"):
            await source.adapter(Call(request_id=REQUEST_ID)).calendars()
        assert len(circle.exchanges) == 1


EVENT = {
    "id": "E=",
    "start": {"dateTime": "2027-03-15T09:00:00.0000000", "timeZone": "UTC"},
    "end": {"dateTime": "2027-03-15T10:00:00.0000000", "timeZone": "UTC"},
}


async def test_where_no_context_names_the_owner_an_accepted_token_does(scripted):
    async def work(adapter):
        return await adapter.find(EventId(SOURCE, ("me", "events", "E=")))

    event, _ = await scripted(EVENT, work)
    assert event.id == f"{SOURCE}:users/{ME}/events/E="


async def test_where_nobody_names_the_owner_no_id_with_me_in_it_is_made_up(scripted):
    async def work(adapter):
        with pytest.raises(UnexpectedAnswer, match="whose mailbox `me` is"):
            await adapter.find(EventId(SOURCE, ("me", "events", "E=")))

    await scripted(EVENT, work, authorization="Bearer opaque")


@pytest.mark.parametrize("body", [b"", b"<html>Sign in</html>", b"null", b"[]", b'{"id": "E"}', b"\xff"])
async def test_a_201_that_shows_no_event_is_unknown(scripted, body):
    async def work(adapter):
        return await write(adapter, calendar("me"), [draft()])

    (outcome,), _ = await scripted(body, work, status=201)
    assert (outcome.status, outcome.problem.code) == (WriteStatus.UNKNOWN, Code.UNEXPECTED_ANSWER)


async def test_events_out_of_order_are_an_unexpected_answer(scripted):
    later = {
        "id": "L",
        "start": {"dateTime": "2027-03-20T09:00:00.0000000", "timeZone": "UTC"},
        "end": {"dateTime": "2027-03-20T10:00:00.0000000", "timeZone": "UTC"},
    }

    async def work(adapter):
        with pytest.raises(UnexpectedAnswer, match="out of order"):
            await read(adapter, calendar("me"), EVERYTHING)

    await scripted({"value": [later, EVENT]}, work)
