"""A sandbox by itself, as the command line starts it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing, nullcontext
from datetime import timedelta
from pathlib import Path

from gateway.sandbox import Sandbox, seed_file
from gateway.sandbox import seed as seeds
from gateway.sandbox.elasticsearch import versions
from gateway.sandbox.errors import SandboxError
from gateway.sandbox.journal import Journal, Origin
from gateway.sandbox.server import utc_now
from gateway.sandbox.setup import Setup

SERVICE_TIME = timedelta(milliseconds=50)
"""How long Graph takes: without any, nobody would ever meet its limit of requests at once."""


@asynccontextmanager
async def standalone(
    *,
    elasticsearch_port: int = 0,
    msgraph_port: int = 0,
    seed: Path | None = None,
    data: Path | None = None,
    elasticsearch_version: str | None = None,
    assignments: Sequence[str] = (),
) -> AsyncIterator[Sandbox]:
    """A sandbox while it is entered, in `data` or in memory. Raises SandboxError if it cannot start.

    `assignments` set switches and limits, by their places in a seed file: `msgraph.unknowns.post_zone=UTC`.
    """
    version = versions.known(elasticsearch_version or versions.DEFAULT)
    setup = Setup.of(seeds.world(utc_now())) if seed is None else seed_file.read(seed)
    for place, _, text in (each.partition("=") for each in assignments):
        setup = setup.assigned(place, text)
    with nullcontext() if data is None else closing(Journal(data)) as journal:
        if journal is not None and journal.origin is not None:
            _check(journal.origin, data, seed, elasticsearch_version and version)
            _check_assignments(journal.origin.world, data, setup, assignments)
        async with Sandbox(
            world=setup,
            elasticsearch_port=elasticsearch_port,
            msgraph_port=msgraph_port,
            elasticsearch_version=version,
            service_time=SERVICE_TIME,
            journal=journal,
        ) as sandbox:
            yield sandbox


def _check(origin: Origin, data: Path | None, seed: Path | None, version: str | None) -> None:
    """Refuse what only a new file could take."""
    if seed is not None:
        raise SandboxError(f"{data} holds a world already, so {seed} cannot be its seed")
    if version not in (None, origin.elasticsearch_version):
        raise SandboxError(f"{data} holds a cluster of version {origin.elasticsearch_version}")


def _check_assignments(kept: Setup, data: Path | None, asked: Setup, assignments: Sequence[str]) -> None:
    for place in (each.partition("=")[0] for each in assignments):
        if kept.value(place) != asked.value(place):
            raise SandboxError(
                f"{data} was made with {place} {kept.value(place)}, so it cannot be {asked.value(place)}"
            )
