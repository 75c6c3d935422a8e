"""What adding 100 events to one Graph mailbox takes: one by one, at once, and in one call.

Runs the gateway on its sandbox, in one process, over loopback sockets. Graph takes 50 ms for an event and
works on four of a mailbox at once, in a batch, too: so 100 events cannot take less than 1.25 s.
"""

import asyncio
import json
import os
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2

from gateway.app import application, sandboxed
from gateway.http.logging import configure
from gateway.sandbox import Sandbox
from gateway.sandbox.faults import Fault
from gateway.sandbox.msgraph.throttle import Limits
from gateway.settings import load

EVENTS = 100
CALL = timedelta(milliseconds=50)
AT_ONCE = 4
BATCH = 20
FLOOR = EVENTS * CALL / AT_ONCE
HOME = "msgraph:users/outages@contoso.com/calendar"
ADD = "mutation ($input: AddEventsInput!) { addEvents(input: $input) { counts { created } } }"

Add = Callable[[int, int], Awaitable[int]]
"""Adds events from a number on, so many in one call; gives how many were created."""


async def one_by_one(add: Add) -> int:
    return sum([await add(number, 1) for number in range(EVENTS)])


async def at_once(add: Add) -> int:
    return sum(await asyncio.gather(*(add(number, 1) for number in range(EVENTS))))


async def in_one_call(add: Add) -> int:
    return await add(0, EVENTS)


WAYS: Mapping[str, Callable[[Add], Awaitable[int]]] = {
    "sequential: 100 calls, one after the other": one_by_one,
    "gathered: 100 calls at once": at_once,
    "batched: one call": in_one_call,
}


def event(number: int) -> dict[str, Any]:
    start = datetime(2027, 3, 1, tzinfo=UTC) + number * timedelta(hours=1)
    return {
        "title": f"Switch {number}",
        "start": {"instant": start.isoformat()},
        "end": {"after": "PT30M"},
    }


async def measure(way: Callable[[Add], Awaitable[int]]) -> str:
    settings = load(environ={"GATEWAY_AUDIT_LOG": os.devnull})
    async with Sandbox(limits=Limits(service_time=CALL)) as sandbox:
        # A batch is worked on four events at a time; its first four are the service time of the request.
        sandbox.msgraph.faults.add("POST /$batch", Fault(delay=(BATCH / AT_ONCE - 1) * CALL.total_seconds()))
        catalog = sandboxed(sandbox)
        transport = httpx2.ASGITransport(app=application(settings, catalog))
        async with httpx2.AsyncClient(transport=transport, base_url="http://gateway", timeout=60) as client:

            async def add(first: int, count: int) -> int:
                given = {"calendars": [HOME], "events": [event(first + number) for number in range(count)]}
                response = await client.post("/graphql", json={"query": ADD, "variables": {"input": given}})
                return int(response.json()["data"]["addEvents"]["counts"]["created"])

            await asyncio.gather(add(EVENTS, 1), add(EVENTS + 1, 10))  # what only the first call takes
            sandbox.msgraph.exchanges.clear()
            wall, cpu = time.perf_counter(), time.process_time()
            created = await way(add)
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        for source in catalog.sources.values():
            await source.source.aclose()
        refused = sum(map(refusals, sandbox.msgraph.exchanges))
        return f"{created} | {len(sandbox.msgraph.exchanges)} | {refused} | {wall:.2f} s | {cpu:.2f} s"


def refusals(exchange: Any) -> int:
    """How often an answer says 429, outside or within a batch."""
    within = json.loads(exchange.response.body).get("responses", ())
    return sum(status == 429 for status in (exchange.response.status, *(one["status"] for one in within)))


def main() -> None:
    configure("console", "error")
    print(
        f"{EVENTS} events, {CALL / timedelta(milliseconds=1):.0f} ms each, floor {FLOOR.total_seconds()} s\n"
    )
    print("| Way | Created | Requests | 429 | Wall | CPU, gateway and sandbox |\n|---|---|---|---|---|---|")
    for name, way in WAYS.items():
        print(f"| {name} | {asyncio.run(measure(way))} |", flush=True)


if __name__ == "__main__":
    main()
