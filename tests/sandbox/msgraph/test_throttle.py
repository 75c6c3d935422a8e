"""Throttling: four requests at once, ten thousand in ten minutes."""

import asyncio
from datetime import timedelta
from email.utils import parsedate_to_datetime

import pytest

from gateway.sandbox import seed
from gateway.sandbox.faults import HELD, Fault
from gateway.sandbox.http import Request
from gateway.sandbox.msgraph import Limits, MSGraphEmulator, RetryAfter
from gateway.sandbox.server import EmulatorServer
from tests import loopback

from .conftest import NOW, as_alice


def limited(clock, **limits):
    return as_alice(MSGraphEmulator(seed.world(NOW).msgraph, now=clock, limits=Limits(**limits)))


def test_too_many_requests_in_ten_minutes_are_throttled(clock):
    client = limited(clock, requests=2)
    assert [client.get("/me/calendar").status for _ in range(3)] == [200, 200, 429]
    found = client.get("/me/calendar")
    assert (found.code, found.headers["Retry-After"]) == ("TooManyRequests", "10")
    assert client.get(f"/users/{seed.OUTAGES}/calendar").status == 200
    clock.pass_(minutes=10)
    assert client.get("/me/calendar").status == 200


def test_each_item_of_a_batch_counts_and_is_throttled_by_itself(clock):
    requests = [{"id": name, "method": "GET", "url": "/me/calendar"} for name in "abc"]
    found = limited(clock, requests=2).post("/$batch", {"requests": requests})
    items = {item["id"]: item for item in found.body["responses"]}
    assert (found.status, [items[name]["status"] for name in "abc"]) == (200, [200, 200, 429])
    assert items["c"]["headers"]["Retry-After"] == "10"


def test_retry_after_has_three_forms(clock):
    def said(form):
        client = limited(clock, requests=0, retry_after=form, wait=timedelta(seconds=2.128))
        return client.get("/me/calendar").headers["Retry-After"]

    assert (said(RetryAfter.SECONDS), said(RetryAfter.FRACTION)) == ("2", "2.128")
    assert parsedate_to_datetime(said(RetryAfter.DATE)) == NOW + timedelta(seconds=2)


def test_the_fifth_request_at_once_is_refused_until_another_ends(emulator, alice):
    def request(path="/v1.0/me/calendar"):
        return Request(method="GET", target=path, headers={"authorization": alice.authorization})

    running = [request() for _ in range(4)]
    assert [emulator.begin(each) for each in running] == [None] * 4
    refusal = emulator.begin(request())
    assert (refusal.status, refusal.headers["Retry-After"]) == (429, "10")
    assert b"Application is over its MailboxConcurrency limit." in refusal.body
    assert emulator.begin(request(f"/v1.0/users/{seed.OUTAGES}/calendar")) is None
    emulator.end(running[0])
    assert emulator.begin(request()) is None


@pytest.mark.anyio
async def test_requests_at_once_are_counted_by_the_server(clock):
    emulator = MSGraphEmulator(seed.world(NOW).msgraph, now=clock, limits=Limits(concurrent=1))
    headers = {"Authorization": emulator.tokens.of(seed.ALICE).authorization}
    async with (
        EmulatorServer(emulator) as server,
        loopback.client(base_url=server.url, headers=headers) as http,
    ):
        server.faults.add("*", Fault(delay=HELD), calls=[1])
        first = asyncio.create_task(http.get("/v1.0/me/calendar"))
        await server.faults.arrival()
        assert (await http.get("/v1.0/me/calendar")).status_code == 429
        server.faults.release()
        assert (await first).status_code == 200
        assert (await http.get("/v1.0/me/calendar")).status_code == 200
