"""The sandbox under the clients that Elastic and Microsoft ship, the gateway under routers and a fuzzer.

Sets up each client in an environment of its own, lets it do what it can do with calendars, holds what went
over the wire against Graph's schema, and prints a table. Exits with 1 if anything did not work.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterable
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

import served
from clients import CLIENTS, HERE, VALIDATOR, Client, install
from wire import Body, bodies

from gateway.sandbox import Sandbox, seed
from gateway.sandbox.faults import Fault

PASSING = (
    ("elasticsearch", "GET /_ml/anomaly_detectors/{job_id}/_stats", 503),
    ("msgraph", "GET /{user}", 429),
)
"""What fails once, and works for a client that tries again."""


@dataclass(frozen=True, slots=True)
class Row:
    client: str
    operation: str
    problem: str | None

    @property
    def outcome(self) -> str:
        return "ok" if self.problem is None else f"FAILED: {self.problem}"


async def tried(client: Client) -> tuple[list[Row], list[Body]]:
    """What a client says of its operations, and what it exchanged with Graph."""
    async with AsyncExitStack() as stack:
        sandbox = await stack.enter_async_context(Sandbox(elasticsearch_version=client.cluster))
        environ = _environ(client, sandbox)
        gateway: served.Gateway | None = None
        if client.asks_gateway:
            gateway = await stack.enter_async_context(served.gateway(sandbox))
            environ["GATEWAY_URL"] = gateway.url
        else:
            _let_fail_once(sandbox)
        process = await asyncio.create_subprocess_exec(
            *client.command, env=environ, stdout=asyncio.subprocess.PIPE
        )
        said, _ = await process.communicate()
        rows = [_row(client, sandbox, **json.loads(line)) for line in said.splitlines()]
        if process.returncode != 0:
            rows.append(Row(client.name, "the program as a whole", f"exit code {process.returncode}"))
        if gateway is not None:
            rows.append(Row(client.name, "the gateway's log", gateway.trouble))
        return rows, [body for exchange in sandbox.msgraph.exchanges for body in bodies(exchange, sandbox)]


def _let_fail_once(sandbox: Sandbox) -> None:
    for upstream, route, status in PASSING:
        fault = Fault(status=status, retry_after="1")
        getattr(sandbox, upstream).faults.add(route, fault, calls=[1])


def _row(
    client: Client,
    sandbox: Sandbox,
    *,
    operation: str,
    problem: str | None = None,
    request: str | None = None,
    requests: int = 0,
) -> Row:
    """What a client says of an operation; of what its `request` took upstream, the sandbox has the say."""
    if request is not None:
        sent = served.asked(sandbox, request)
        problem = None if len(sent) == requests else f"{len(sent)} instead of {requests}: {sent[:10]}"
    return Row(client.name, operation, problem)


def _environ(client: Client, sandbox: Sandbox) -> dict[str, str]:
    known = sandbox.credentials
    keys = {
        "ES_MANAGE": known.elasticsearch_manage,
        "ES_MONITOR": known.elasticsearch_monitor,
        "GRAPH_APP": known.msgraph_app,
        "GRAPH_ALICE": known.msgraph_alice,
    }
    return {
        **os.environ,
        **{name: key.partition(" ")[2] for name, key in keys.items()},
        "ENVIRONMENT": str(client.environment),
        "ES_URL": sandbox.elasticsearch.url,
        "ES_VERSION": client.cluster,
        "GRAPH_URL": sandbox.msgraph.url,
        "GRAPH_SRE": seed.user_id("sre@contoso.com"),
        "PYTHONPATH": str(HERE),
        **client.variables,
    }


def validated(found: Iterable[Body], schemas: Path) -> list[Row]:
    """Whether the bodies that went over the wire are as Graph's schema has them."""
    if not any(schemas.glob("schema_*.json")):
        print(
            f"interop: no schema_*.json in {schemas}: bodies are not held against Graph's schema",
            file=sys.stderr,
        )
        return []
    program = HERE / VALIDATOR.folder / "validate.py"
    said = subprocess.run(  # noqa: S603 a program of ours
        [VALIDATOR.environment / "bin" / "python", program, schemas],
        input=json.dumps([asdict(body) for body in found]),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(HERE)},
    ).stdout
    return [Row("Graph's schema", **json.loads(line)) for line in said.splitlines()]


def table(rows: list[Row]) -> str:
    width, longest = (max(len(getattr(row, name)) for row in rows) for name in ("client", "operation"))
    return "\n".join(f"{row.client:{width}}  {row.operation:{longest}}  {row.outcome}" for row in rows)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("clients", nargs="*", help="only clients whose name begins so, such as `msgraph`")
    parser.add_argument(
        "--schemas",
        type=Path,
        default=os.environ.get("GRAPH_SCHEMAS"),
        help="a folder with schema_v1.0_*.json and schema_beta_*.json; by default the variable GRAPH_SCHEMAS",
    )
    asked = parser.parse_args()
    chosen = [
        client for client in CLIENTS if not asked.clients or client.name.startswith(tuple(asked.clients))
    ]
    rows: list[Row] = []
    exchanged: list[Body] = []
    for client in (*chosen, VALIDATOR) if asked.schemas else chosen:
        install(client)
    for client in chosen:
        said, sent = asyncio.run(tried(client))
        rows += said
        exchanged += sent
    if asked.schemas is None:
        print("interop: without --schemas no body is held against Graph's schema", file=sys.stderr)
    else:
        rows += validated(exchanged, asked.schemas)
    print(table(rows))
    failed = sum(row.problem is not None for row in rows)
    print(f"\n{len(rows) - failed} of {len(rows)} ok")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
