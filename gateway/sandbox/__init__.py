"""The sandbox: emulators of both upstreams on loopback, with a seed world and faults on demand.

It shares no code with the rest: an emulator that did would agree with the gateway's mistakes.
"""

from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

import msgspec

from gateway.sandbox import principals
from gateway.sandbox import seed as seeds
from gateway.sandbox.clock import Clock
from gateway.sandbox.elasticsearch import ElasticsearchEmulator
from gateway.sandbox.elasticsearch.versions import DEFAULT
from gateway.sandbox.faults import Faults
from gateway.sandbox.journal import Journal, Keeping, Origin
from gateway.sandbox.msgraph import Limits, MSGraphEmulator, Unknowns
from gateway.sandbox.server import EmulatorServer, perform, utc_now
from gateway.sandbox.setup import MSGraphSetup, Setup
from gateway.sandbox.world import World

__all__ = ["Credentials", "Sandbox"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """Values of the Authorization header that the seed world's upstreams accept."""

    elasticsearch_manage: str
    """An API key that may read and write ML calendars, and read the cluster's version."""
    elasticsearch_monitor: str
    """An API key that may read ML calendars, and nothing else: not even the version."""
    msgraph_app: str
    """An application's token: every mailbox but the restricted ones, no group calendars, no `/me`."""
    msgraph_users: Mapping[str, str]
    """A delegated token of each user, by principal name."""

    @property
    def msgraph_alice(self) -> str:
        """That of alice.nguyen@contoso.com, who is in the seed world."""
        return self.msgraph_users[seeds.ALICE]


class Sandbox:
    """Both upstreams while it is entered, each with `url`, `emulator`, `faults`, `exchanges` and `running`.

    Port 0 means any free one. `seed` fixes what looks random: the ids of new events and the faults by chance.
    `unknowns` and `limits` are Graph's, and stand above those of a setup; `service_time` is how long Graph
    takes where its limits do not say. A `journal` that holds a world already goes on with that one, its seed,
    its version of Elasticsearch, its switches and its limits.
    """

    def __init__(
        self,
        *,
        now: Callable[[], datetime] = utc_now,
        world: World | Setup | None = None,
        seed: int = 0,
        elasticsearch_port: int = 0,
        msgraph_port: int = 0,
        elasticsearch_version: str = DEFAULT,
        unknowns: Unknowns | None = None,
        limits: Limits | None = None,
        service_time: timedelta | None = None,
        journal: Journal | None = None,
    ) -> None:
        clock = Clock(now)
        origin = Origin(
            time=now(),
            seed=seed,
            elasticsearch_version=elasticsearch_version,
            world=_setup(seeds.world(now()) if world is None else world, unknowns, limits),
        )
        if journal is not None:
            origin = journal.origin or origin
        with clock.at(origin.time):
            elasticsearch = ElasticsearchEmulator(
                origin.world.elasticsearch,
                now=clock,
                version=origin.elasticsearch_version,
                seed=origin.seed,
                unknowns=origin.world.elasticsearch.unknowns,
            )
            msgraph = _graph(origin.world.msgraph, clock, service_time)
        answering = perform
        if journal is not None:
            journal.begin(origin)  # now that the emulators have taken the world
            keeping = Keeping(journal, clock)
            keeping.repeat({emulator.name: emulator for emulator in (elasticsearch, msgraph)})
            answering = keeping.perform
        self.elasticsearch = EmulatorServer(
            elasticsearch, Faults(seed), port=elasticsearch_port, now=clock, perform=answering
        )
        self.msgraph = EmulatorServer(msgraph, Faults(seed), port=msgraph_port, now=clock, perform=answering)
        self.credentials = Credentials(
            elasticsearch_manage=principals.MANAGE_ML.authorization,
            elasticsearch_monitor=principals.MONITOR_ML.authorization,
            msgraph_app=msgraph.tokens.app.authorization,
            msgraph_users={upn: token.authorization for upn, token in msgraph.tokens.delegated.items()},
        )
        self._exit = AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as entered:
            await entered.enter_async_context(self.elasticsearch)
            await entered.enter_async_context(self.msgraph)
            self._exit = entered.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._exit.aclose()


def _graph(setup: MSGraphSetup, clock: Clock, service_time: timedelta | None) -> MSGraphEmulator:
    limits = setup.limits
    if limits.service_time is None:
        limits = msgspec.structs.replace(limits, service_time=service_time)
    return MSGraphEmulator(setup, now=clock, unknowns=setup.unknowns, limits=limits)


def _setup(world: World | Setup, unknowns: Unknowns | None, limits: Limits | None) -> Setup:
    setup = world if isinstance(world, Setup) else Setup.of(world)
    graph = msgspec.structs.replace(
        setup.msgraph,
        unknowns=setup.msgraph.unknowns if unknowns is None else unknowns,
        limits=setup.msgraph.limits if limits is None else limits,
    )
    return msgspec.structs.replace(setup, msgraph=graph)
