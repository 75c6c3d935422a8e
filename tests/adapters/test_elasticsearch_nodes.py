"""Several nodes of one cluster: who is asked, and who is left to rest."""

from contextlib import AsyncExitStack, aclosing
from datetime import UTC, datetime, timedelta

import pytest

from gateway.adapters.elasticsearch.nodes import Nodes
from gateway.adapters.elasticsearch.source import ElasticsearchSource
from gateway.adapters.outcome import WriteStatus
from gateway.adapters.outgoing import field
from gateway.adapters.transport import Transport
from gateway.adapters.upstream import Call, UpstreamLog, UpstreamRequest
from gateway.errors import Code, NotSent, Unavailable
from gateway.sandbox.faults import Cut, Fault
from gateway.sandbox.principals import MANAGE_ML
from gateway.sandbox.server import EmulatorServer

from .conformance import HOUR, draft, read, titles, write
from .elasticsearch_bench import EMPTY, READ, WRITE, emulator
from .retry_clock import RetryClock

pytestmark = pytest.mark.anyio

GONE = "http://127.0.0.1:9"
ASK = UpstreamRequest(source="es", method="GET", path="/_ml/calendars")
FIELDS = field("authorization", MANAGE_ML.authorization)


class Cluster:
    """Nodes that share one state, and the way to them by a clock that can be moved."""

    def __init__(self, servers, *, gone=()):
        self.servers = servers
        self.now = datetime(2027, 1, 1, tzinfo=UTC)
        self.log = UpstreamLog()
        urls = [*gone, *(server.url for server in servers)]
        transports = [Transport(url, source="es", timeout=HOUR) for url in urls]
        self.nodes = Nodes(transports, now=lambda: self.now)
        self.source = ElasticsearchSource(
            "elasticsearch",
            transport=self.nodes,
            authorization=MANAGE_ML.authorization,
            retries=RetryClock().retries(),
        )

    @property
    def asked(self):
        """How many requests came to each node."""
        return [len(server.exchanges) for server in self.servers]

    async def ask(self, count=1):
        for _ in range(count):
            answer = await self.nodes.send(ASK, fields=FIELDS, log=self.log)
        return answer

    async def aclose(self):
        await self.source.aclose()


@pytest.fixture
async def start(anyio_backend):
    async with AsyncExitStack() as stack:

        async def make(count=2, **options):
            shared = emulator()
            servers = [await stack.enter_async_context(EmulatorServer(shared)) for _ in range(count)]
            return await stack.enter_async_context(aclosing(Cluster(servers, **options)))

        yield make


async def test_the_nodes_take_turns(start):
    cluster = await start(3)
    await cluster.ask(7)
    assert cluster.asked == [3, 2, 2]


async def test_a_node_that_is_gone_is_passed_over_and_the_attempt_is_in_the_log(start):
    cluster = await start(1, gone=[GONE])
    assert (await cluster.ask()).ok
    assert [request.status for request in cluster.log.requests] == [None, 200]


async def test_a_node_that_failed_rests_twice_as_long_each_time_and_half_a_minute_at_most(start):
    cluster = await start(2)
    first, second = cluster.servers
    first.faults.add("*", Fault(status=503))
    rests = []
    for _ in range(8):
        tried = len(first.exchanges)
        began = cluster.now
        while len(first.exchanges) == tried:
            cluster.now += timedelta(seconds=0.5)
            await cluster.ask(2)
        rests.append((cluster.now - began).total_seconds())
    assert rests[1:] == [1, 2, 4, 8, 16, 30, 30]
    assert len(second.exchanges) > len(first.exchanges)


async def test_a_node_that_works_again_takes_its_turns_again(start):
    cluster = await start(2)
    cluster.servers[0].faults.add("*", Fault(status=502), calls=(1,))
    await cluster.ask(5)
    assert cluster.asked == [1, 4]
    cluster.now += timedelta(seconds=1)
    await cluster.ask(4)
    assert cluster.asked == [3, 6]


async def test_a_node_that_rests_is_asked_all_the_same_where_there_is_no_other(start):
    cluster = await start(1)
    cluster.servers[0].faults.add("*", Fault(status=503), calls=(1,))
    assert (await cluster.ask()).status == 503
    assert (await cluster.ask()).ok


@pytest.mark.parametrize("fault", [Fault(status=504), Fault(cut=Cut.BEFORE_WRITE)])
async def test_a_read_that_one_node_fails_succeeds_at_another(start, fault):
    cluster = await start(2)
    adapter = cluster.source.adapter(Call(request_id="r"))
    (outcome,) = await write(adapter, EMPTY, [draft("a")])
    assert outcome.status is WriteStatus.CREATED
    for server in cluster.servers:
        server.exchanges.clear()
    cluster.servers[0].faults.add(READ, fault)
    for _ in range(3):
        assert titles(await read(adapter, EMPTY)) == ["a"]
    assert cluster.asked == [1, 3]


async def test_a_refusal_is_no_failure_of_the_node(start):
    cluster = await start(2)
    for server in cluster.servers:
        server.faults.add("*", Fault(status=429))
    await cluster.ask(4)
    assert cluster.asked == [2, 2]


async def test_what_could_not_be_sent_is_written_by_the_next_node_and_once(start):
    cluster = await start(2)
    adapter = cluster.source.adapter(Call(request_id="r"))
    await adapter.health()
    await cluster.servers[0].__aexit__(None, None, None)
    outcomes = [outcome for n in range(3) for outcome in await write(adapter, EMPTY, [draft(f"{n}")])]
    assert {outcome.status for outcome in outcomes} == {WriteStatus.CREATED}
    assert sorted(titles(await read(adapter, EMPTY))) == ["0", "1", "2"]


@pytest.mark.parametrize("fault", [Fault(cut=Cut.LATE_WRITE), Fault(cut=Cut.AFTER_WRITE), Fault(status=502)])
async def test_what_may_have_been_written_goes_to_no_other_node(start, fault):
    cluster = await start(2)
    for server in cluster.servers:
        server.faults.add(WRITE, fault)
    await write(cluster.source.adapter(Call(request_id="r")), EMPTY, [draft("a")])
    posts = [
        exchange
        for server in cluster.servers
        for exchange in server.exchanges
        if exchange.request.method == "POST"
    ]
    assert len(posts) == 1


async def test_where_no_node_is_reached_nothing_was_sent(start):
    cluster = await start(0, gone=[GONE, GONE])
    with pytest.raises(NotSent):
        await cluster.ask()
    assert len(cluster.log.requests) == 2
    (outcome,) = await write(cluster.source.adapter(Call(request_id="r")), EMPTY, [draft("a")])
    assert (outcome.status, outcome.problem.code) == (WriteStatus.FAILED, Code.UNREACHABLE)


async def test_where_all_nodes_are_in_trouble_that_is_said_after_a_few_attempts(start):
    cluster = await start(2)
    for server in cluster.servers:
        server.faults.add(READ, Fault(status=503))
    with pytest.raises(Unavailable):
        await read(cluster.source.adapter(Call(request_id="r")), EMPTY)
    assert sum(exchange.route == READ for server in cluster.servers for exchange in server.exchanges) == 4
