"""One run: two gateways on upstreams with faults, and clients that repeat their calls."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from pathlib import Path
from random import Random
from typing import Final

import httpx2
from clients import Clients
from diary import Diary
from held import Reader
from pairs import ml_of, pairs
from play import Play
from replica import Replica
from report import Report
from stage import make_ml_calendars, sandbox_in
from stories import ML, stories

from gateway.sandbox import Sandbox
from gateway.sandbox.faults import Cut, Fault
from gateway.sandbox.journal import Journal
from gateway.sandbox.msgraph.unknowns import Unknowns

WRITES: Final = ("POST *", "PATCH *", "DELETE *")
FAULTS: Final = (
    ("*", Fault(status=429, retry_after="0.2"), 0.03),
    ("*", Fault(status=503), 0.03),
    *((route, Fault(cut=Cut.BEFORE_WRITE), 0.03) for route in WRITES),
    *((route, Fault(cut=Cut.AFTER_WRITE), 0.05) for route in WRITES),
    *((route, Fault(cut=Cut.LATE_WRITE, delay=1.5), 0.03) for route in WRITES),
    ("POST *", Fault(lose=frozenset({0})), 0.03),
    ("*", Fault(delay=0.5), 0.03),
)
"""What goes wrong with requests, and how often."""
JITTER: Final = tuple(("*", Fault(delay=delay), 0.3) for delay in (0.005, 0.02, 0.05))
"""By this two calls of one moment meet in ever other orders."""


class Soak:
    """Pairs of those numbers and so many calls, in one mode of Graph's `transactionId`.

    `clients` is how many stories go on at once, `kill_every` after how many posts a gateway is killed, about.
    In the folder `kept`, if there is one, all is kept that was told, written upstream, and audited.
    """

    def __init__(
        self,
        mode: Unknowns,
        *,
        pairs: range,
        calls: int,
        seed: int,
        clients: int,
        kill_every: float,
        kept: Path | None = None,
    ) -> None:
        self.report = Report(calls=calls, pairs=len(pairs))
        self._mode = mode
        self._pairs = pairs
        self._calls = calls
        self._seed = seed
        self._die = Random(seed)  # noqa: S311 chance that can be repeated is the point
        self._clients = clients
        self._kill_every = kill_every
        self._kept = kept

    async def run(self) -> Report:
        async with self._stage() as (sandbox, replicas), httpx2.AsyncClient(timeout=60) as client:
            diary = Diary(self._kept and self._kept / "told.jsonl")
            clients = Clients(client, replicas, self.report, self._die, diary)
            await self._race(sandbox, client, clients)
            await self._storm(sandbox, client, clients, replicas)
        return self.report

    @asynccontextmanager
    async def _stage(self) -> AsyncIterator[tuple[Sandbox, list[Replica]]]:
        async with AsyncExitStack() as stack:
            folder = self._kept or Path(stack.enter_context(tempfile.TemporaryDirectory()))
            journal = self._kept and Journal(self._kept / "written.sqlite")
            if journal is not None:
                stack.callback(journal.close)
            sandbox = await stack.enter_async_context(sandbox_in(self._mode, self._seed, journal))
            replicas = [Replica(folder / name, sandbox) for name in ("one", "two")]
            for replica in replicas:
                stack.push_async_callback(replica.kill)
            await asyncio.gather(*(replica.ensure() for replica in replicas))
            yield sandbox, replicas

    async def _race(self, sandbox: Sandbox, client: httpx2.AsyncClient, clients: Clients) -> None:
        """Pairs: two calls about one key at one moment, each to another gateway. Nothing goes wrong."""
        names = [ml_of(number) for number in self._pairs]
        await make_ml_calendars(sandbox, client, names)
        told = pairs(self._pairs)
        play = Play(
            [story for _, story in told],
            clients,
            Reader(sandbox, client, ml=names, prefix="P"),
            self.report,
            at_once=max(1, self._clients // 4),
        )
        with _faulty(sandbox, JITTER):
            await play.live()
        await play.repeat(await play.judge_race([kind for kind, _ in told]))

    async def _storm(
        self, sandbox: Sandbox, client: httpx2.AsyncClient, clients: Clients, replicas: Sequence[Replica]
    ) -> None:
        """Stories while requests fail and gateways are killed, and once more when all is calm."""
        await make_ml_calendars(sandbox, client, ML)
        reader = Reader(sandbox, client, ml=ML, prefix="S")
        told = stories(self._calls, self._seed)
        play = Play(told, clients, reader, self.report, at_once=self._clients)
        before = _struck(sandbox)
        with _faulty(sandbox, FAULTS):
            killer = asyncio.create_task(self._kill(replicas, clients.called))
            await play.live()
            killer.cancel()
            with suppress(asyncio.CancelledError):  # what else it raised is a fault of the soak
                await killer
            self.report.faults = _struck(sandbox) - before
        await asyncio.gather(*(replica.ensure() for replica in replicas))
        await play.repeat(await play.judge_storm())

    async def _kill(self, replicas: Sequence[Replica], called: asyncio.Event) -> None:
        """Kills a gateway now and then while it is called, and starts it anew."""
        while True:
            due = self.report.posts + self._die.uniform(0.5, 1.5) * self._kill_every
            while self.report.posts < due:
                called.clear()
                await called.wait()
            replica = self._die.choice(replicas)
            await replica.kill()
            self.report.kills += 1
            await replica.ensure()


@contextmanager
def _faulty(sandbox: Sandbox, faults: Iterable[tuple[str, Fault, float]]) -> Iterator[None]:
    """Lets things go wrong. What is late in the end is written then."""
    servers = (sandbox.elasticsearch, sandbox.msgraph)
    for server in servers:
        for route, fault, chance in faults:
            server.faults.add(route, fault, probability=chance)
    yield
    for server in servers:
        server.faults.clear()
        server.faults.release()


def _struck(sandbox: Sandbox) -> int:
    return sandbox.elasticsearch.faults.struck + sandbox.msgraph.faults.struck
