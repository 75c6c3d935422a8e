"""The clients that are tried, each with an environment of its own from a lock with hashes."""

import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A client, where its program and its lock are, and what its program is told."""

    name: str
    folder: str
    lock: str
    cluster: str = "9.2.2"
    asks_gateway: bool = False
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
    Client(name="routers", folder="federation", lock="package-lock.json", asks_gateway=True),
    Client(name="schemathesis", folder="schemathesis", lock="requirements.txt", asks_gateway=True),
)
VALIDATOR = Client(name="schema", folder="schema", lock="requirements.txt")


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
