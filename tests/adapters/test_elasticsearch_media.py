"""In which language a cluster is spoken to, and how large bodies travel."""

from contextlib import aclosing
from datetime import UTC, datetime

import msgspec
import pytest

from gateway.adapters.elasticsearch.media import COMPRESSED_FROM, media_headers
from gateway.adapters.elasticsearch.versions import UNKNOWN, ClusterVersion
from gateway.adapters.outcome import WriteStatus
from gateway.adapters.upstream import Call
from gateway.sandbox.elasticsearch import ElasticsearchEmulator
from gateway.sandbox.http import Response
from gateway.sandbox.seed import world
from gateway.sandbox.server import EmulatorServer

from .conformance import draft, read, titles, write
from .elasticsearch_bench import EMPTY, WRITE, Proxy, connect

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 18, 15, 30, 12, tzinfo=UTC)
JSON = "application/json"
COMPATIBLE = "application/vnd.elasticsearch+json; compatible-with={}"


def emulator(version: str) -> ElasticsearchEmulator:
    return ElasticsearchEmulator(world(NOW).elasticsearch, now=lambda: NOW, version=version)


@pytest.mark.parametrize(
    ("version", "media"),
    [
        ("7.17.29", JSON),
        ("8.15.5", COMPATIBLE.format(8)),
        ("8.19.8", COMPATIBLE.format(8)),
        ("9.2.2", COMPATIBLE.format(9)),
    ],
)
async def test_a_cluster_is_written_to_and_read_in_its_own_language(anyio_backend, version, media):
    async with EmulatorServer(emulator(version)) as server, aclosing(connect(server.url)) as source:
        adapter = source.adapter(Call(request_id="r"))
        (outcome,) = await write(adapter, EMPTY, [draft("a")])
        assert outcome.status is WriteStatus.CREATED
        assert titles(await read(adapter, EMPTY)) == ["a"]
    banner, *others = [exchange.request for exchange in server.exchanges]
    assert (banner.target, banner.headers["accept"]) == ("/", JSON)
    assert {request.headers["accept"] for request in others} == {media}
    assert {request.headers.get("content-type") for request in others} == {media, None}


def test_a_cluster_newer_than_all_that_are_known_is_spoken_to_as_the_newest_known():
    assert media_headers(ClusterVersion(number="10.0.0"), has_body=False) == {"accept": COMPATIBLE.format(9)}


def test_an_unknown_cluster_is_spoken_to_in_plain_json():
    assert media_headers(UNKNOWN, has_body=True) == {"accept": JSON, "content-type": JSON}


def test_serverless_is_told_the_date_of_its_api():
    version = ClusterVersion(number="8.11.0", is_serverless=True)
    assert media_headers(version, has_body=False) == {"accept": JSON, "elastic-api-version": "2023-10-31"}


async def test_serverless_is_spoken_to_as_serverless(anyio_backend):
    banner = Response(
        status=200,
        headers={"X-Elastic-Product": "Elasticsearch"},
        body=b'{"version":{"number":"8.11.0","build_flavor":"serverless"}}',
    )
    proxy = Proxy(emulator("9.2.2"), {"GET /": banner})
    async with EmulatorServer(proxy) as server, aclosing(connect(server.url)) as source:
        (outcome,) = await write(source.adapter(Call(request_id="r")), EMPTY, [draft("a")])
    assert outcome.status is WriteStatus.CREATED
    _, *others = [exchange.request for exchange in server.exchanges]
    assert {request.headers["elastic-api-version"] for request in others} == {"2023-10-31"}
    assert {request.headers["accept"] for request in others} == {JSON}


class Upgrading(ElasticsearchEmulator):
    """A cluster with a node of 9, which tells the version, and one of 8, which does the rest."""

    def answer(self, request, *, lose=frozenset()):
        older = self.older if request.target != "/" else super()
        return older.answer(request, lose=lose)


@pytest.fixture
async def upgrading(anyio_backend):
    cluster = Upgrading(world(NOW).elasticsearch, now=lambda: NOW, version="9.2.2")
    cluster.older = emulator("8.19.8")
    async with EmulatorServer(cluster) as server:
        yield server


async def test_a_node_that_is_not_upgraded_yet_is_asked_again_in_plain_json_and_writes_once(upgrading):
    async with aclosing(connect(upgrading.url)) as source:
        adapter = source.adapter(Call(request_id="r"))
        (outcome,) = await write(adapter, EMPTY, [draft("a")])
        assert outcome.status is WriteStatus.CREATED
        assert titles(await read(adapter, EMPTY)) == ["a"]
    types = [exchange.request.headers["accept"] for exchange in upgrading.exchanges]
    assert types[:3] == [JSON, COMPATIBLE.format(9), JSON]
    assert set(types[3:]) == {JSON}


async def test_after_that_the_next_call_asks_for_the_version_anew(upgrading):
    async with aclosing(connect(upgrading.url)) as source:
        for _ in range(2):
            assert await read(source.adapter(Call(request_id="r")), EMPTY) == []
    assert [exchange.request.target for exchange in upgrading.exchanges].count("/") == 2


async def test_something_between_that_refuses_all_types_is_not_asked_a_third_time(anyio_backend):
    refusal = Response(
        status=406,
        headers={"X-Elastic-Product": "Elasticsearch"},
        body=msgspec.json.encode({"error": "Content-Type header [x] is not supported", "status": 406}),
    )
    proxy = Proxy(emulator("9.2.2"), {WRITE: refusal})
    async with EmulatorServer(proxy) as server, aclosing(connect(server.url)) as source:
        (outcome,) = await write(source.adapter(Call(request_id="r")), EMPTY, [draft("a")])
    assert outcome.status is WriteStatus.FAILED
    assert "not supported" in outcome.problem.message
    assert len(outcome.requests) == 3  # a look, and the event in two languages
    assert [exchange.request.method for exchange in server.exchanges].count("POST") == 2


@pytest.mark.parametrize("status", [406, 408])
async def test_a_write_that_something_between_passed_on_before_it_refused_is_not_sent_again(
    anyio_backend, status
):
    """It may refuse the type of Elasticsearch's answer, when the event has long been written."""
    refusal = Response(status=status, headers={"Content-Type": "text/html"}, body=b"<html>")
    proxy = Proxy(emulator("9.2.2"), {WRITE: refusal}, passes_on=True)
    async with EmulatorServer(proxy) as server, aclosing(connect(server.url)) as source:
        adapter = source.adapter(Call(request_id="r"))
        (outcome,) = await write(adapter, EMPTY, [draft("a")])
        assert [outcome.event] == await read(adapter, EMPTY)
    assert outcome.status is WriteStatus.CREATED


async def test_answers_travel_compressed(anyio_backend):
    async with EmulatorServer(emulator("9.2.2")) as server, aclosing(connect(server.url)) as source:
        await read(source.adapter(Call(request_id="r")), EMPTY)
    assert {"gzip" in exchange.request.headers["accept-encoding"] for exchange in server.exchanges} == {True}


@pytest.mark.parametrize(("count", "coding"), [(1, None), (200, "gzip")])
async def test_a_large_body_travels_compressed_and_is_shown_as_it_is(anyio_backend, count, coding):
    async with EmulatorServer(emulator("9.2.2")) as server, aclosing(connect(server.url)) as source:
        call = Call(request_id="r")
        drafts = [draft(f"event {n}, which has a long name for an event") for n in range(count)]
        outcomes = await write(source.adapter(call), EMPTY, drafts)
        (post,) = [exchange.request for exchange in server.exchanges if exchange.request.method == "POST"]
    assert {outcome.status for outcome in outcomes} == {WriteStatus.CREATED}
    assert post.headers.get("content-encoding") == coding
    (shown,) = [request for request in call.log.requests if request.method == "POST"]
    assert len(msgspec.json.decode(shown.body)["events"]) == count
    assert (len(shown.body) >= COMPRESSED_FROM) is (coding is not None)
