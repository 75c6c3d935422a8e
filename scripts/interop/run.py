"""The sandbox under the clients that Elastic and Microsoft ship, and the gateway under routers.

Sets up each client in an environment of its own, lets it do what it can do with calendars, holds what went
over the wire against Graph's schema, and prints a table. Exits with 1 if anything did not work.
"""

import argparse
import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass, field
from http.client import OK
from pathlib import Path

import routers

from gateway.sandbox import Sandbox, seed
from gateway.sandbox.faults import Fault
from gateway.sandbox.http import Request
from gateway.sandbox.msgraph.batch import item_target
from gateway.sandbox.msgraph.routes import BATCH
from gateway.sandbox.server import Exchange

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A client, where its program and its lock are, and what its program is told."""

    name: str
    folder: str
    lock: str
    cluster: str = "9.2.2"
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_python(self) -> bool:
        return self.lock.endswith(".txt")

    @property
    def environment(self) -> Path:
        suffix = self.lock.removeprefix("requirements").removesuffix(".txt") if self.is_python else ""
        return HERE / f".env-{self.folder}{suffix}"

    @property
    def command(self) -> list[Path | str]:
        if self.is_python:
            return [self.environment / "bin" / "python", HERE / self.folder / "client.py"]
        return ["node", HERE / self.folder / "client.mjs"]


ELASTICSEARCH_8 = {"folder": "elasticsearch-py", "lock": "requirements-8.txt"}
ELASTICSEARCH_9 = {"folder": "elasticsearch-py", "lock": "requirements-9.txt"}
ROUTERS = Client(name="routers", folder="federation", lock="package-lock.json")
CLIENTS = (
    Client(name="elasticsearch-py 8, cluster 7.17", cluster="7.17.29", **ELASTICSEARCH_8),
    Client(name="elasticsearch-py 8, cluster 8.15", cluster="8.15.5", **ELASTICSEARCH_8),
    Client(name="elasticsearch-py 8, cluster 8.19", cluster="8.19.8", **ELASTICSEARCH_8),
    Client(name="elasticsearch-py 8, cluster 9.2", **ELASTICSEARCH_8),
    Client(name="elasticsearch-py 9, cluster 9.2", **ELASTICSEARCH_9),
    Client(name="elasticsearch-py 9, cluster 8.19", cluster="8.19.8", **ELASTICSEARCH_9),
    Client(name="@elastic/elasticsearch 9", folder="elasticsearch-js", lock="package-lock.json"),
    Client(
        name="msgraph-sdk",
        folder="msgraph-sdk",
        lock="requirements-v1.0.txt",
        variables={"GRAPH_PACKAGE": "msgraph", "GRAPH_VERSION": "v1.0"},
    ),
    Client(
        name="msgraph-beta-sdk",
        folder="msgraph-sdk",
        lock="requirements-beta.txt",
        variables={"GRAPH_PACKAGE": "msgraph_beta", "GRAPH_VERSION": "beta"},
    ),
    Client(
        name="@microsoft/microsoft-graph-client, v1.0",
        folder="graph-client-js",
        lock="package-lock.json",
        variables={"GRAPH_VERSION": "v1.0"},
    ),
    Client(
        name="@microsoft/microsoft-graph-client, beta",
        folder="graph-client-js",
        lock="package-lock.json",
        variables={"GRAPH_VERSION": "beta"},
    ),
    ROUTERS,
)
VALIDATOR = Client(name="schema", folder="schema", lock="requirements.txt")
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


def install(client: Client) -> None:
    """Make the client's environment, unless it is there as its lock has it."""
    lock = (HERE / client.folder / client.lock).read_text()
    stamp = client.environment / "stamp"
    if stamp.exists() and stamp.read_text() == lock:
        return
    print(f"interop: installing {client.environment.name}", file=sys.stderr)
    shutil.rmtree(client.environment, ignore_errors=True)
    if client.is_python:
        _run(sys.executable, "-m", "venv", client.environment)
        pip = (client.environment / "bin" / "python", "-m", "pip", "install", "--quiet")
        _run(*pip, "--require-hashes", "--only-binary", ":all:", "-r", HERE / client.folder / client.lock)
    else:
        client.environment.mkdir()
        for name in ("package.json", client.lock):
            shutil.copy(HERE / client.folder / name, client.environment)
        _run("npm", "ci", "--silent", "--ignore-scripts", "--no-audit", "--no-fund", cwd=client.environment)
    stamp.write_text(lock)


def _run(*command: Path | str, cwd: Path | None = None) -> None:
    subprocess.run(command, check=True, cwd=cwd)  # noqa: S603 commands of ours


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What went over the wire in one exchange with Graph, or in one item of a batch."""

    route: str
    version: str
    status: int
    request: str
    response: str


async def tried(client: Client) -> tuple[list[Row], list[Body]]:
    """What a client says of its operations, and what it exchanged with Graph."""
    async with AsyncExitStack() as stack:
        sandbox = await stack.enter_async_context(Sandbox(elasticsearch_version=client.cluster))
        environ = _environ(client, sandbox)
        if client is ROUTERS:
            environ["GATEWAY_URL"] = await stack.enter_async_context(routers.gateway(sandbox))
        else:
            _let_fail_once(sandbox)
        process = await asyncio.create_subprocess_exec(
            *client.command, env=environ, stdout=asyncio.subprocess.PIPE
        )
        said, _ = await process.communicate()
        rows = [_row(client, sandbox, **json.loads(line)) for line in said.splitlines()]
        if process.returncode != 0:
            rows.append(Row(client.name, "the program as a whole", f"exit code {process.returncode}"))
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
        sent = routers.asked(sandbox, request)
        problem = None if len(sent) == requests else f"{len(sent)} instead of {requests}: {sent[:10]}"
    return Row(client.name, operation, problem)


def bodies(exchange: Exchange, sandbox: Sandbox) -> Iterator[Body]:
    """Those of an exchange that was not made to fail; of a batch, those of its items, too."""
    if exchange.response is None or exchange.fault.status is not None:
        return
    sent, answered = exchange.request.body.decode(), exchange.response.body.decode()
    version = exchange.request.segments[0]
    yield Body(
        route=exchange.route,
        version=version,
        status=exchange.response.status,
        request=sent,
        response=answered,
    )
    if exchange.route != f"POST {BATCH}" or exchange.response.status != OK:
        return
    items = {item["id"].lower(): item for item in json.loads(sent)["requests"]}
    for answer in json.loads(answered)["responses"]:
        item = items[answer["id"].lower()]
        asked = Request(method=item["method"].upper(), target=item_target(item["url"], version))
        yield Body(
            route=sandbox.msgraph.emulator.route(asked),
            version=version,
            status=answer["status"],
            request=json.dumps(item["body"]) if "body" in item else "",
            response=json.dumps(answer["body"]) if "body" in answer else "",
        )


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
    for client in (*chosen, VALIDATOR):
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
