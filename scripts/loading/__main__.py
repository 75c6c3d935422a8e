"""What the gateway takes: idle and busy connections, slow clients, large bodies, many aliases, a bomb.

While each kind of burden lasts, a caller asks for a calendar twenty times a second. Printed are the most
memory that the gateway had resident, how long that caller waited at worst, and what became of the burden. The
command fails above 300 MiB or a second. Linux only.
"""

import argparse
import asyncio
import json
import sys
import tempfile
from collections import Counter
from contextlib import AsyncExitStack
from hashlib import sha256
from pathlib import Path
from typing import Final

import caller
import clients
import httpx2
import msgspec
from bomb import bomb
from gateway_process import GatewayProcess

from gateway.sandbox import Sandbox

MOST_MIB: Final = 300
MOST_SECONDS: Final = 1.0
PATIENCE: Final = 3
LONG: Final = 1000


class Burden(msgspec.Struct, frozen=True):
    """So many clients of each kind at once."""

    name: str
    clients: tuple[tuple[clients.Client, int], ...]


KINDS: Final = (
    Burden("1,000 idle connections", ((clients.idle, 1000),)),
    Burden("200 busy connections", ((clients.busy, 200),)),
    Burden("300 slow heads", ((clients.slow_head, 300),)),
    Burden("300 half-sent bodies", ((clients.half_a_body, 300),)),
    Burden("300 slow readers", ((clients.slow_reader, 300),)),
    Burden("20 bodies of 64 MiB", ((clients.large_body, 10), (clients.large_in_chunks, 10))),
    Burden("20 times 10,000 aliases", ((clients.many_aliases, 20),)),
    Burden("20 times a gzip bomb", ((clients.bombed, 20),)),
)
ALL: Final = Burden(
    "half of all that at once", tuple((kind, count // 2) for it in KINDS for kind, count in it.clients)
)


async def main(options: argparse.Namespace) -> bool:
    """Whether the gateway keeps within the bounds under each burden."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        sandbox = await stack.enter_async_context(Sandbox())
        await _fill(sandbox)
        gateway = GatewayProcess(
            folder,
            patience=PATIENCE,
            burden=sha256(clients.KEY.encode()).hexdigest(),
            caller=sha256(caller.KEY.encode()).hexdigest(),
            elasticsearch=sandbox.elasticsearch.url,
            ml_key=sandbox.credentials.elasticsearch_manage.partition(" ")[2],
            bomb=await stack.enter_async_context(bomb()),
        )
        await gateway.start()
        try:
            chosen = [it for it in (*KINDS, ALL) if not options.only or options.only in it.name]
            good = [await _measure(gateway, burden, options.seconds) for burden in chosen]
        finally:
            status = await gateway.stop()
    print(f"The gateway left with {status}.")
    return all(good) and status == 0


async def _fill(sandbox: Sandbox) -> None:
    """Makes a calendar whose events take a long answer."""
    headers = {"authorization": sandbox.credentials.elasticsearch_manage}
    async with httpx2.AsyncClient(base_url=sandbox.elasticsearch.url, headers=headers) as client:
        (await client.put("/_ml/calendars/long")).raise_for_status()
        times = {"start_time": 1_800_000_000_000, "end_time": 1_800_003_600_000}
        events = [{"description": f"{number} {'x' * 2000}", **times} for number in range(LONG)]
        (await client.post("/_ml/calendars/long/events", json={"events": events})).raise_for_status()


async def _measure(gateway: GatewayProcess, burden: Burden, seconds: float) -> bool:
    gateway.forget_peak()
    seen: Counter[str] = Counter()
    tasks = [
        asyncio.create_task(kind(gateway.host, gateway.port, seen))
        for kind, count in burden.clients
        for _ in range(count)
    ]
    waited, failed = await _caller(gateway, seconds)
    for task in tasks:
        task.cancel()
    for error in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(error, Exception):
            seen[type(error).__name__] += 1
    good = gateway.peak < MOST_MIB and max(waited) < MOST_SECONDS and not failed
    figures = [
        f"{gateway.peak:.0f} MiB",
        f"{len(waited)} answers",
        f"worst {max(waited) * 1000:.0f} ms",
        f"median {sorted(waited)[len(waited) // 2] * 1000:.0f} ms",
        f"{failed} failed",
        ", ".join(f"{count} {what}" for what, count in seen.most_common()) or "nothing",
        "good" if good else "TOO MUCH",
    ]
    print("\t".join([burden.name.ljust(24), *figures]), flush=True)
    return good


async def _caller(gateway: GatewayProcess, seconds: float) -> tuple[list[float], int]:
    """How long each answer took that another caller got meanwhile, and how many were none."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(caller.__file__),
        gateway.host,
        str(gateway.port),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    await asyncio.sleep(seconds)
    printed, _ = await process.communicate(b"")
    told = json.loads(printed)
    return told["seconds"], told["failed"]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/load", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=8, help="how long each burden lasts (8)")
    parser.add_argument("--only", help="burdens with this in their name (all)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(0 if asyncio.run(main(_options())) else 1)
