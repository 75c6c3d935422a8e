"""The gateway as a process: what it prints, what it refuses, how it leaves."""

import json
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.command_line import run

ROOT = Path(__file__).parent.parent.parent
GATEWAY = [sys.executable, "-m", "gateway"]


def in_a_process(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*GATEWAY, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A gateway on the sandbox, and its address. The last test that asks it has it leave."""
    process = subprocess.Popen(
        [*GATEWAY, "serve", "--port", "0"], cwd=ROOT, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stderr is not None
        address = re.fullmatch(r"Open (http://127\.0\.0\.1:\d+)/graphql\n", process.stderr.readline())
        assert address is not None
        yield process, address[1]
    finally:
        process.kill()
        process.communicate()


def ask(url: str, query: str) -> Any:
    request = urllib.request.Request(
        f"{url}/graphql",
        data=json.dumps({"query": query}).encode(),
        headers={"content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.load(response)


def test_without_configuration_it_serves_the_sandbox_and_says_so(served: Any) -> None:
    process, url = served
    assert "sandbox" in process.stderr.readline()
    assert ask(url, "{ calendarSources { name isSandbox mode } }")["data"]["calendarSources"] == [
        {"name": "elasticsearch", "isSandbox": True, "mode": "WRITE"},
        {"name": "msgraph", "isSandbox": True, "mode": "WRITE"},
    ]


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_it_says_that_it_is_well(served: Any, path: str) -> None:
    _, url = served
    with urllib.request.urlopen(url + path, timeout=30) as response:
        assert response.status == 200
        assert json.load(response)["status"] in {"ok", "ready"}


def test_it_accepts_no_websocket(served: Any) -> None:
    _, url = served
    port = int(url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(
            b"GET /graphql?query={__typename} HTTP/1.1\r\nHost: localhost\r\n"
            b"Connection: Upgrade\r\nUpgrade: websocket\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\n"
            b"Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
        )
        assert connection.recv(100).startswith(b"HTTP/1.1 200")  # a plain answer: nothing was upgraded


def test_it_leaves_when_told_to(served: Any) -> None:
    process, url = served
    ask(url, "{ __typename }")
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    assert process.returncode == 0


def test_the_sandbox_is_not_shown_to_a_network_by_mistake() -> None:
    refused = run("serve", "--host", "0.0.0.0")
    assert refused.code == 2
    assert "sandbox = true" in refused.complaint
    assert "GATEWAY_CONFIG" in refused.complaint
    assert "Traceback" not in refused.complaint


def test_a_misspelt_variable_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_PROT", "1")
    refused = run("serve")
    assert refused.code == 2
    assert "GATEWAY_PROT: there is no such setting. Did you mean GATEWAY_PORT?" in refused.complaint


def test_a_port_that_is_taken_is_said_to_be() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        refused = in_a_process("serve", "--port", str(taken.getsockname()[1]))
    assert refused.returncode == 2
    assert "in use" in refused.stderr


def test_the_printed_schema_is_the_committed_one() -> None:
    assert in_a_process("schema").stdout == (ROOT / "schema.graphql").read_text()


def test_the_printed_subgraph_has_entities_and_no_node() -> None:
    sdl = run("schema", "--subgraph").text
    assert sdl.count('@key(fields: "id")') == 2
    assert "  node(" not in sdl
    assert "  nodes(" not in sdl


def test_the_doctor_finds_the_sandbox_well() -> None:
    found = run("doctor")
    assert found.code == 0
    assert [line.split()[0] for line in found.text.splitlines()] == ["ok", "ok"]


def test_the_doctor_says_what_is_wrong(tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    file = tmp_path / "gateway.toml"
    file.write_text(f"""
        [sources.cluster]
        kind = "elasticsearch"
        url = "http://127.0.0.1:{port}"
        api_key = "a:b"
        calendars = ["*"]
        [sources.tenant]
        kind = "msgraph"
    """)
    found = run("doctor", "--config", str(file))
    assert found.code == 1
    assert "FAIL  cluster (elasticsearch, read): UNREACHABLE" in found.text
    assert "FAIL  tenant (msgraph, read): UNAUTHENTICATED" in found.text
