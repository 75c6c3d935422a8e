"""`gateway sandbox`: emulators of both upstreams, until a signal asks them to leave."""

import asyncio
import sys
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import typer

from gateway.cli.leaving import on_signal
from gateway.sandbox import Sandbox
from gateway.sandbox.announcement import announcement
from gateway.sandbox.errors import SandboxError
from gateway.sandbox.standalone import standalone


def run(
    *,
    elasticsearch_port: int,
    msgraph_port: int,
    seed: Path | None,
    data: Path | None,
    elasticsearch_version: str | None,
    assignments: Sequence[str],
) -> None:
    """Prints how to reach them. Exits with 2 if they cannot start."""
    started = standalone(
        elasticsearch_port=elasticsearch_port,
        msgraph_port=msgraph_port,
        seed=seed,
        data=data,
        elasticsearch_version=elasticsearch_version,
        assignments=assignments,
    )
    try:
        asyncio.run(_announced(started))
    except SandboxError as exc:
        print(f"The sandbox cannot start: {exc}.", file=sys.stderr)
        raise typer.Exit(2) from exc


async def _announced(started: AbstractAsyncContextManager[Sandbox]) -> None:
    told = asyncio.Event()
    on_signal(lambda _: told.set())
    async with started as sandbox:
        print(announcement(sandbox), flush=True)
        await told.wait()
