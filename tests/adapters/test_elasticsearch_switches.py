"""Whatever is open about Elasticsearch, and its rarer errors: the adapter tells the truth of both."""

from contextlib import aclosing

import pytest

from gateway.adapters.outcome import WriteStatus
from gateway.adapters.upstream import Call
from gateway.errors import Code, RateLimited, Unavailable
from gateway.model.time import Window
from gateway.sandbox.elasticsearch import ElasticsearchEmulator
from gateway.sandbox.elasticsearch.unknowns import Ties, Unknowns
from gateway.sandbox.faults import Fault
from gateway.sandbox.seed import world
from gateway.sandbox.server import EmulatorServer

from .conformance import DAY, HOUR, MORNING, change, draft, problem_of, read, titles, write
from .elasticsearch_bench import EMPTY, NOW, READ, WRITE, connect, open_bench

pytestmark = pytest.mark.anyio

SETTINGS = [
    pytest.param(Unknowns(**{name: value}), id=f"{name}={value.name}")
    for name in Unknowns.__struct_fields__
    for value in type(getattr(Unknowns(), name))
]
OVERLOAD = [
    pytest.param(429, "circuit_breaking_exception", RateLimited, "Data too large", id="breaker"),
    pytest.param(429, "es_rejected_execution_exception", RateLimited, "sandbox", id="queue"),
    pytest.param(503, "master_not_discovered_exception", Unavailable, "master_not_discovered", id="master"),
    pytest.param(503, "search_phase_execution_exception", Unavailable, "all shards failed", id="shards"),
]


@pytest.fixture
async def bench(anyio_backend):
    async with open_bench() as bench:
        yield bench


@pytest.mark.parametrize("unknowns", SETTINGS)
@pytest.mark.parametrize("version", ["7.17.29", "9.2.2"])
async def test_the_open_questions_about_elasticsearch_make_no_difference(unknowns, version):
    emulator = ElasticsearchEmulator(
        world(NOW).elasticsearch, now=lambda: NOW, version=version, unknowns=unknowns
    )
    async with EmulatorServer(emulator) as server, aclosing(connect(server.url)) as source:
        adapter = source.adapter(Call(request_id="r"))
        twins = [draft("Twin"), draft("Twin"), draft("Other", MORNING + HOUR)]
        outcomes = await write(adapter, EMPTY, twins)
        assert {outcome.status for outcome in outcomes} == {WriteStatus.CREATED}
        assert len({outcome.event.id for outcome in outcomes}) == 3
        step = await adapter.plan_event(change(outcomes[0].event, title="Changed"))
        assert (await adapter.apply_event(step)).status is WriteStatus.UPDATED
        events = await read(adapter, EMPTY, Window(start=MORNING - DAY, end=MORNING + DAY))
    assert sorted(titles(events)) == ["Changed", "Other", "Twin"]


@pytest.mark.parametrize("ties", list(Ties))
async def test_equal_events_are_all_written_and_read_though_small_pages_show_them_in_any_order(ties):
    emulator = ElasticsearchEmulator(world(NOW).elasticsearch, now=lambda: NOW, unknowns=Unknowns(ties=ties))
    async with EmulatorServer(emulator) as server, aclosing(connect(server.url, page_size=2)) as source:
        adapter = source.adapter(Call(request_id="r"))
        outcomes = await write(adapter, EMPTY, [draft("Twin")] * 7)
        events = await read(adapter, EMPTY, Window(start=MORNING, end=MORNING + DAY))
    assert {outcome.status for outcome in outcomes} == {WriteStatus.CREATED}
    assert {outcome.event.id for outcome in outcomes} == {event.id for event in events}
    assert len(events) == 7


@pytest.mark.parametrize(("status", "error", "ours", "words"), OVERLOAD)
async def test_a_read_of_a_cluster_in_trouble_fails_in_its_words(bench, status, error, ours, words):
    bench.server.faults.add(READ, Fault(status=status, error=error))
    adapter = bench.adapter()
    with pytest.raises(ours, match=words) as caught:
        await read(adapter, EMPTY, Window(start=MORNING, end=MORNING + DAY))
    assert caught.value.problem.upstream_code == error
    assert caught.value.problem.retryable


@pytest.mark.parametrize(("status", "error", "ours", "words"), OVERLOAD)
async def test_a_write_that_a_cluster_in_trouble_refuses_is_not_done(bench, status, error, ours, words):
    bench.server.faults.add(WRITE, Fault(status=status, error=error))
    (outcome,) = await write(bench.adapter(), EMPTY, [draft()])
    assert outcome.status is WriteStatus.FAILED
    assert words in problem_of(outcome).message
    assert problem_of(outcome).code in {Code.RATE_LIMITED, Code.UNAVAILABLE}
