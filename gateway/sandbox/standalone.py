"""A sandbox by itself, as the command line starts it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, nullcontext
from datetime import timedelta
from pathlib import Path

from gateway.sandbox import Sandbox, seed_file
from gateway.sandbox.elasticsearch import versions
from gateway.sandbox.errors import SandboxError
from gateway.sandbox.journal import Journal, Origin
from gateway.sandbox.msgraph import Limits

LIMITS = Limits(service_time=timedelta(milliseconds=50))
"""Graph's own limits. It takes its time here, or nobody would ever meet that of requests at once."""


@asynccontextmanager
async def standalone(
    *,
    elasticsearch_port: int = 0,
    msgraph_port: int = 0,
    seed: Path | None = None,
    data: Path | None = None,
    elasticsearch_version: str | None = None,
) -> AsyncIterator[Sandbox]:
    """A sandbox while it is entered, in `data` or in memory. Raises SandboxError if it cannot start."""
    version = versions.known(elasticsearch_version or versions.DEFAULT)
    world = None if seed is None else seed_file.read(seed)
    with nullcontext() if data is None else closing(Journal(data)) as journal:
        if journal is not None and journal.origin is not None:
            _check(journal.origin, data, seed, elasticsearch_version and version)
        async with Sandbox(
            world=world,
            elasticsearch_port=elasticsearch_port,
            msgraph_port=msgraph_port,
            elasticsearch_version=version,
            limits=LIMITS,
            journal=journal,
        ) as sandbox:
            yield sandbox


def _check(origin: Origin, data: Path | None, seed: Path | None, version: str | None) -> None:
    """Refuse what only a new file could take."""
    if seed is not None:
        raise SandboxError(f"{data} holds a world already, so {seed} cannot be its seed")
    if version not in (None, origin.elasticsearch_version):
        raise SandboxError(f"{data} holds a cluster of version {origin.elasticsearch_version}")
