"""The calendars of a mailbox are those of its own list and of its calendar groups, each once."""

from contextlib import aclosing, asynccontextmanager

import msgspec
import pytest

from gateway.adapters.upstream import Call
from gateway.errors import Code, Forbidden
from gateway.sandbox.faults import Fault
from gateway.sandbox.http import Request, Response
from gateway.sandbox.seed import ALICE, OUTAGES, user_id
from gateway.sandbox.server import EmulatorServer

from .msgraph_bench import REQUEST_ID, SOURCE, connect, open_server, sent

pytestmark = pytest.mark.anyio

GROUPS = "GET /{mailbox}/calendarGroups"
OF_GROUP = "GET /{calendarGroup}/calendars"
MAILBOX = f"/v1.0/users/{OUTAGES.replace('@', '%40')}"


@pytest.fixture
async def server(anyio_backend):
    async with open_server() as server:
        yield server


@asynccontextmanager
async def adapter_on(server, authorization, **options):
    async with aclosing(connect(server.url, authorization=authorization, **options)) as source:
        yield source.adapter(Call(request_id=REQUEST_ID))


@pytest.fixture
async def alice(server):
    async with adapter_on(server, server.emulator.tokens.of(ALICE).authorization) as adapter:
        yield adapter


@pytest.fixture
async def application(server):
    token = server.emulator.tokens.app.authorization
    async with adapter_on(server, token, mailboxes=(OUTAGES, user_id(ALICE))) as adapter:
        yield adapter


class Graph:
    """An upstream that has what is given for each path; the rest is empty."""

    name = "graph"

    def __init__(self, **collections: list[dict[str, object]]) -> None:
        self.collections = collections

    def route(self, request: Request) -> str:
        return "any"

    def answer(self, request: Request, *, lose: frozenset[int] = frozenset()) -> Response:
        rows = self.collections.get(request.path.removeprefix(f"{MAILBOX}/").replace("/", "_"), [])
        return Response(status=200, body=msgspec.json.encode({"value": rows}))

    def error(self, status: int, retry_after: str | None = None) -> Response:
        return Response(status=status)


async def test_each_group_is_asked_for_its_calendars_and_each_calendar_comes_once(server, alice):
    listed = await alice.calendars()
    names = [calendar.name for calendar in listed.calendars]
    assert sorted(names) == sorted(set(names))
    assert {"Calendar", "On call", "Team holidays"} <= set(names)
    groups = server.emulator.state.find(ALICE).groups
    assert len(groups) == 2
    assert len(sent(server, "GET")) == 2 + len(groups)


async def test_a_calendar_that_only_a_group_shows_is_listed_under_the_mailbox_that_shows_it():
    shared = {"id": "Shared=", "name": "Bob's", "owner": {"address": "bob@contoso.com"}, "canEdit": False}
    graph = Graph(
        calendars=[{"id": "Own=", "name": "Calendar", "isDefaultCalendar": True}],
        calendarGroups=[{"id": "G1", "name": "My calendars"}, {"id": "G2", "name": "Other calendars"}],
        calendarGroups_G1_calendars=[{"id": "Own=", "name": "Calendar", "isDefaultCalendar": True}],
        calendarGroups_G2_calendars=[shared],
    )
    async with (
        EmulatorServer(graph) as server,
        adapter_on(server, "Bearer opaque", mailboxes=(OUTAGES,)) as adapter,
    ):
        listed = await adapter.calendars()
    assert [(calendar.id, calendar.can_edit) for calendar in listed.calendars] == [
        (f"{SOURCE}:users/{OUTAGES}/calendars/Own=", True),
        (f"{SOURCE}:users/{OUTAGES}/calendars/Shared=", False),
    ]
    assert listed.calendars[1].details.owner.email == "bob@contoso.com"
    assert listed.problems == ()


async def test_groups_that_cannot_be_listed_leave_the_mailboxs_own_list_and_a_problem(server, alice):
    whole = (await alice.calendars()).calendars
    server.faults.add(GROUPS, Fault(status=403))
    listed = await alice.calendars()
    assert listed.calendars == whole
    (problem,) = listed.problems
    assert problem.code is Code.FORBIDDEN
    assert problem.message.startswith("The calendar groups of msgraph:me are not listed: ")


async def test_a_group_that_cannot_be_listed_is_named_and_costs_only_itself(server, alice):
    whole = (await alice.calendars()).calendars
    server.faults.add(OF_GROUP, Fault(status=404), calls=(1,))
    listed = await alice.calendars()
    assert listed.calendars == whole
    (problem,) = listed.problems
    assert problem.code is Code.NOT_FOUND
    assert "The calendars in the group '" in problem.message


async def test_an_application_lists_every_configured_mailbox_through_its_groups(server, application):
    listed = await application.calendars()
    assert {calendar.id.rsplit("/", 2)[0] for calendar in listed.calendars} == {
        f"{SOURCE}:users/{OUTAGES}",
        f"{SOURCE}:users/{user_id(ALICE)}",
    }
    asked = {request.path for request in sent(server, "GET") if request.path.endswith("/calendarGroups")}
    assert len(asked) == 2


async def test_a_mailbox_without_a_list_of_its_own_is_not_asked_for_groups(server, alice):
    server.faults.add("GET /{mailbox}/calendars", Fault(status=403))
    with pytest.raises(Forbidden) as raised:
        await alice.calendars()
    assert raised.value.problem.message.startswith("The calendars of msgraph:me are not listed: ")
    assert len(sent(server, "GET")) == 1
