"""The emulator behind its server: pages, lost answers, requests at once, over real sockets."""

import asyncio

import httpx2
import pytest

from gateway.sandbox import seed
from gateway.sandbox.faults import HELD, Cut, Fault
from gateway.sandbox.msgraph import MSGraphEmulator
from gateway.sandbox.msgraph.unknowns import RepeatedTransaction, Unknowns
from gateway.sandbox.server import EmulatorServer
from tests import loopback

from .conftest import LUNCH, NOW, as_alice


@pytest.fixture
async def server(anyio_backend, emulator):
    async with EmulatorServer(emulator, now=lambda: NOW) as server:
        yield server


@pytest.fixture
async def http(server):
    headers = {"Authorization": server.emulator.tokens.of(seed.ALICE).authorization}
    async with loopback.client(base_url=server.url, headers=headers) as client:
        yield client


@pytest.mark.anyio
async def test_pages_are_followed_over_http(server, http):
    url, found = f"{server.url}/v1.0/users/{seed.OUTAGES}/events?$top=2", []
    while url:
        page = (await http.get(url)).json()
        found += page["value"]
        url = page.get("@odata.nextLink")
    assert len({event["id"] for event in found}) == 5


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("behaviour", "count"),
    [(RepeatedTransaction.SAME_EVENT, 1), (RepeatedTransaction.NEW_EVENT_UNDER_CONCURRENCY, 2)],
)
async def test_a_transaction_may_not_hold_while_the_first_request_still_runs(behaviour, count):
    world = seed.world(NOW).msgraph
    emulator = MSGraphEmulator(world, now=lambda: NOW, unknowns=Unknowns(repeated_transaction=behaviour))
    headers = {"Authorization": emulator.tokens.of(seed.ALICE).authorization}
    async with (
        EmulatorServer(emulator) as server,
        loopback.client(base_url=server.url, headers=headers) as http,
    ):
        server.faults.add("*", Fault(delay=HELD), calls=[1])
        event = {**LUNCH, "transactionId": "once"}
        first = asyncio.create_task(http.post("/v1.0/me/events", json=event))
        await server.faults.arrival()
        await http.post("/v1.0/me/events", json=event)
        server.faults.release()
        await first
    assert as_alice(emulator).get("/me/events").subjects.count("Lunch") == count


@pytest.mark.anyio
async def test_a_create_whose_answer_is_lost_is_settled_by_its_transaction_id(server, http):
    server.faults.add("POST /{calendar}/events", Fault(cut=Cut.AFTER_WRITE), calls=[1])
    event = {**LUNCH, "transactionId": "once"}
    with pytest.raises(httpx2.TransportError):
        await http.post("/v1.0/me/events", json=event)
    assert (await http.post("/v1.0/me/events", json=event)).status_code == 201
    found = (await http.get("/v1.0/me/events")).json()["value"]
    assert [row["subject"] for row in found].count("Lunch") == 1
