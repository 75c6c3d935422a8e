"""One run: two gateways on upstreams with faults, and clients that repeat their calls."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from random import Random
from typing import Any, Final

import httpx2
from calls import Call
from held import held
from replica import Replica
from report import Report

from gateway.sandbox import Sandbox
from gateway.sandbox.faults import Cut, Fault
from gateway.sandbox.msgraph.unknowns import Unknowns

FINAL: Final = frozenset({"CREATED", "UPDATED", "UNCHANGED", "CONFLICT"})
ATTEMPTS: Final = 100
ADD: Final = """
mutation ($input: AddEventsInput!) {
  addEvents(input: $input) {
    results { calendarId key status problem { code message } }
    problems { code message }
  }
}
"""
FAULTS: Final = (
    ("*", Fault(status=429, retry_after="0.2"), 0.03),
    ("*", Fault(status=503), 0.03),
    ("POST *", Fault(cut=Cut.BEFORE_WRITE), 0.03),
    ("POST *", Fault(cut=Cut.AFTER_WRITE), 0.05),
    ("POST *", Fault(cut=Cut.LATE_WRITE, delay=1.5), 0.03),
    ("POST *", Fault(lose=frozenset({0})), 0.03),
    ("*", Fault(delay=0.5), 0.03),
)
"""What goes wrong with requests, and how often."""


class Soak:
    """Calls in one mode of Graph's `transactionId`; `kill_every` is in seconds, on average."""

    def __init__(
        self, calls: Sequence[Call], mode: Unknowns, *, seed: int, clients: int, kill_every: float
    ) -> None:
        self.report = Report(calls=len(calls))
        self._calls = calls
        self._mode = mode
        self._seed = seed
        self._die = Random(seed)  # noqa: S311 chance that can be repeated is the point
        self._gate = asyncio.Semaphore(clients)
        self._kill_every = kill_every

    async def run(self) -> Report:
        async with self._stage() as (sandbox, replicas), httpx2.AsyncClient(timeout=60) as client:
            emulators = (sandbox.elasticsearch, sandbox.msgraph)
            for emulator in emulators:
                for route, fault, chance in FAULTS:
                    emulator.faults.add(route, fault, probability=chance)
            killer = asyncio.create_task(self._kill(replicas))
            await asyncio.gather(*(self._settle(call, client, replicas) for call in self._calls))
            killer.cancel()
            with suppress(asyncio.CancelledError):  # what else it raised is a fault of the soak
                await killer
            for emulator in emulators:
                self.report.faults += emulator.faults.struck
                emulator.faults.clear()
                emulator.faults.release()  # what is late is written now, before all is called once more
            for replica in replicas:
                await replica.ensure()
            self.report.repeats += len(self._calls)
            await asyncio.gather(*(self._settle(call, client, replicas) for call in self._calls))
            self.report.count(self._calls, await held(sandbox, client))
        return self.report

    @asynccontextmanager
    async def _stage(self) -> AsyncIterator[tuple[Sandbox, list[Replica]]]:
        async with AsyncExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            sandbox = await stack.enter_async_context(Sandbox(seed=self._seed, unknowns=self._mode))
            replicas = [Replica(folder / name, sandbox) for name in ("one", "two")]
            for replica in replicas:
                stack.push_async_callback(replica.kill)
                await replica.ensure()
            yield sandbox, replicas

    async def _kill(self, replicas: Sequence[Replica]) -> None:
        """Kills a gateway now and then, and starts it anew."""
        while True:
            await asyncio.sleep(self._die.uniform(0.5, 1.5) * self._kill_every)
            replica = self._die.choice(replicas)
            await replica.kill()
            self.report.kills += 1
            await replica.ensure()

    async def _settle(self, call: Call, client: httpx2.AsyncClient, replicas: Sequence[Replica]) -> None:
        """Repeats a call until each of its rows is final."""
        rows: list[dict[str, Any]] | None = None
        async with self._gate:
            for attempt in range(ATTEMPTS):
                self.report.repeats += attempt > 0
                rows = await self._attempt(call, client, self._die.choice(replicas).url)
                if rows is not None and self._is_settled(call, rows):
                    return
                await asyncio.sleep(self._die.uniform(0, 0.3))
        self.report.unsettled.append(f"{call.events[0]['key']}: {rows}")

    async def _attempt(self, call: Call, client: httpx2.AsyncClient, url: str) -> list[dict[str, Any]] | None:
        """The rows of an answer, None for none."""
        self.report.posts += 1
        try:
            answer = await client.post(url, json={"query": ADD, "variables": {"input": call.input}})
            payload = answer.json()["data"]["addEvents"]
        except (httpx2.HTTPError, ValueError, KeyError, TypeError):
            return None
        return None if payload["problems"] else payload["results"]

    def _is_settled(self, call: Call, rows: Sequence[dict[str, Any]]) -> bool:
        """Whether all rows are final. A conflict is what is reported."""
        conflicts = [row for row in rows if row["status"] == "CONFLICT"]
        self.report.reported.update((row["key"], row["calendarId"]) for row in conflicts)
        if conflicts and call.atomicity == "ALL_OR_NOTHING":
            return True
        return all(row["status"] in FINAL for row in rows)
