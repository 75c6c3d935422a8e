"""What a cluster's version tells, and when it is asked for."""

import asyncio
from contextlib import aclosing
from datetime import UTC, datetime, timedelta

import pytest

from gateway.adapters.elasticsearch import api as ml
from gateway.adapters.elasticsearch.versions import UNKNOWN, ClusterVersion, Versions
from gateway.adapters.sharing import Sharing
from gateway.adapters.transport import Transport
from gateway.adapters.upstream import Call
from gateway.sandbox.elasticsearch import ElasticsearchEmulator
from gateway.sandbox.faults import HELD, Fault
from gateway.sandbox.http import Response
from gateway.sandbox.principals import EXPIRED, MANAGE_ML
from gateway.sandbox.seed import world
from gateway.sandbox.server import EmulatorServer

from .elasticsearch_bench import NOW, Proxy, connect

pytestmark = pytest.mark.anyio

BANNER, INFO = "GET /", "GET /_ml/info"


@pytest.mark.parametrize(
    ("number", "has_flags", "major"),
    [
        ("7.17.29", False, 7),
        ("8.15.5", False, 8),
        ("8.16.0", True, 8),
        ("8.16.0-SNAPSHOT", True, 8),
        ("9.0.0", True, 9),
        ("10.1", True, 10),
        ("what", None, None),
        (None, None, None),
    ],
)
def test_the_flags_of_events_are_known_from_8_16_on(number, has_flags, major):
    version = ClusterVersion(number=number)
    assert (version.has_event_flags, version.major) == (has_flags, major)


def test_serverless_is_newer_than_its_number():
    version = ClusterVersion(number="8.11.0", is_serverless=True)
    assert version.has_event_flags
    assert version.is_at_least(99)
    assert version.major is None


class Cluster:
    """A server, and the versions that are remembered of it by a clock that can be moved."""

    def __init__(self, server, *, is_personal=False):
        self.server = server
        self.now = datetime(2027, 1, 1, tzinfo=UTC)
        self.versions = Versions(now=lambda: self.now, is_personal=is_personal)
        self.transport = Transport(server.url, source="es", timeout=timedelta(seconds=20))

    def api(self, authorization=MANAGE_ML.authorization):
        cluster = ml.Cluster(
            source="es",
            transport=self.transport,
            credential=ml.Credential("es", configured=authorization),
            versions=self.versions,
            sharing=Sharing(),
        )
        return ml.MLApi(cluster, Call(request_id="r"))

    async def number(self, authorization=MANAGE_ML.authorization):
        return (await self.api(authorization).version()).number

    @property
    def asked(self):
        return len(self.server.exchanges)

    async def aclose(self):
        await self.transport.aclose()


def emulator(version="8.15.5"):
    return ElasticsearchEmulator(world(NOW).elasticsearch, now=lambda: NOW, version=version)


@pytest.fixture
async def cluster(anyio_backend):
    async with EmulatorServer(emulator()) as server, aclosing(Cluster(server)) as cluster:
        yield cluster


async def test_the_version_is_asked_once_for_all_callers_however_many_come_at_once(cluster):
    assert set(await asyncio.gather(*(cluster.number() for _ in range(20)))) == {"8.15.5"}
    assert await cluster.number() == "8.15.5"
    assert cluster.asked == 1


async def test_the_question_is_in_no_calls_log(cluster):
    api = cluster.api()
    assert (await api.version()).has_event_flags is False
    assert api._call.log.requests == []


async def test_after_an_hour_it_is_asked_again_and_an_upgrade_is_seen(cluster):
    await cluster.number()
    cluster.server.emulator = emulator("9.2.2")
    cluster.now += timedelta(minutes=59)
    assert await cluster.number() == "8.15.5"
    cluster.now += timedelta(minutes=1)
    assert await cluster.number() == "9.2.2"


async def test_a_call_sees_one_version_from_its_beginning_to_its_end(cluster):
    api = cluster.api()
    await api.version()
    cluster.server.emulator = emulator("9.2.2")
    cluster.now += timedelta(days=1)
    assert (await api.version()).number == "8.15.5"


async def test_what_was_forgotten_is_asked_again(cluster):
    await cluster.number()
    cluster.versions.forget()
    await cluster.number()
    assert cluster.asked == 2


@pytest.mark.parametrize("status", [401, 404, 429, 500, 503])
async def test_a_cluster_that_does_not_say_is_unknown_and_left_alone_for_a_minute(cluster, status):
    cluster.server.faults.add(BANNER, Fault(status=status), calls=(1,))
    assert await asyncio.gather(cluster.number(), cluster.number()) == [None, None]
    cluster.now += timedelta(seconds=59)
    assert await cluster.api().version() is UNKNOWN
    assert cluster.asked == 1
    cluster.now += timedelta(seconds=1)
    assert await cluster.number() == "8.15.5"


async def test_a_key_for_machine_learning_only_learns_the_version_from_that(cluster):
    cluster.server.faults.add(BANNER, Fault(status=403))
    assert await cluster.number() == await cluster.number() == "8.15.5"
    assert [exchange.request.target for exchange in cluster.server.exchanges] == [
        "/",
        "/_ml/info?filter_path=native_code.version",
    ]


@pytest.mark.parametrize("body", [b"{}", b'{"native_code":{}}'])
async def test_a_node_without_machine_learning_leaves_the_version_unknown(anyio_backend, body):
    info = Response(status=200, headers={"X-Elastic-Product": "Elasticsearch"}, body=body)
    proxy = Proxy(emulator(), {INFO: info})
    async with EmulatorServer(proxy) as server, aclosing(connect(server.url)) as source:
        server.faults.add(BANNER, Fault(status=403))
        health = await source.adapter(Call(request_id="r")).health()
    assert (health.reachable, health.version, health.problem) == (True, None, None)


async def test_a_key_that_may_ask_neither_leaves_the_version_unknown(cluster):
    cluster.server.faults.add("*", Fault(status=403))
    assert [await cluster.number(), await cluster.number()] == [None, None]
    assert cluster.asked == 2


async def test_where_it_cannot_be_renewed_the_last_version_stands(cluster):
    await cluster.number()
    cluster.server.faults.add(BANNER, Fault(status=503))
    cluster.now += timedelta(hours=2)
    assert await cluster.number() == "8.15.5"
    assert cluster.asked == 2


async def test_what_one_callers_credential_may_not_ask_anothers_may(cluster):
    cluster.versions = Versions(now=lambda: cluster.now, is_personal=True)
    assert await cluster.number(EXPIRED.authorization) is None
    assert await cluster.number() == "8.15.5"
    assert await cluster.number(EXPIRED.authorization) == "8.15.5"
    assert cluster.asked == 2


async def test_one_caller_that_leaves_does_not_take_the_answer_from_the_next(cluster):
    cluster.server.faults.add(BANNER, Fault(delay=HELD), calls=(1,))
    leaving = asyncio.create_task(cluster.number())
    await cluster.server.faults.arrival()
    waiting = asyncio.create_task(cluster.number())
    leaving.cancel()
    assert await waiting == "8.15.5"
    cluster.server.faults.release()


async def test_serverless_is_told_by_its_flavour(anyio_backend):
    banner = b'{"version":{"number":"8.11.0","build_flavor":"serverless"},"tagline":"You Know, for Search"}'
    answer = Response(status=200, headers={"X-Elastic-Product": "Elasticsearch"}, body=banner)
    proxy = Proxy(emulator(), {BANNER: answer})
    async with EmulatorServer(proxy) as server, aclosing(Cluster(server)) as cluster:
        assert await cluster.api().version() == ClusterVersion(number="8.11.0", is_serverless=True)


async def test_what_is_not_elasticsearch_has_no_version(anyio_backend):
    proxy = Proxy(emulator(), {BANNER: Response(status=200, headers={}, body=b'{"version":{"number":"9"}}')})
    async with EmulatorServer(proxy) as server, aclosing(Cluster(server)) as cluster:
        assert await cluster.api().version() is UNKNOWN
