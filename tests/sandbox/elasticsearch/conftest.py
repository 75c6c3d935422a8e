"""An Elasticsearch emulator behind a real socket, and a client that may do everything."""

from datetime import UTC, datetime

import pytest

from gateway.sandbox import principals, seed
from gateway.sandbox.elasticsearch import ElasticsearchEmulator
from gateway.sandbox.elasticsearch.unknowns import Unknowns
from gateway.sandbox.server import EmulatorServer
from tests import loopback

NOW = datetime(2026, 11, 18, 15, 30, 12, tzinfo=UTC)


@pytest.fixture
def version():
    return "9.2.2"


@pytest.fixture
def unknowns():
    return Unknowns()


@pytest.fixture
async def server(anyio_backend, version, unknowns):
    emulator = ElasticsearchEmulator(
        seed.world(NOW).elasticsearch, now=lambda: NOW, version=version, unknowns=unknowns
    )
    async with EmulatorServer(emulator, now=lambda: NOW) as server:
        yield server


@pytest.fixture
async def client(server):
    headers = {"Authorization": principals.ELASTIC.authorization}
    async with loopback.client(base_url=server.url, headers=headers) as client:
        yield client
