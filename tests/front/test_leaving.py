"""Leaving: the gateway's, which finishes what runs, and a client's, which stops reads and never a write."""

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from gateway.sandbox import Sandbox
from gateway.sandbox.faults import HELD, Fault
from tests import loopback

from .conftest import CONFIGURATION

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[2]
GATEWAY = [sys.executable, "-m", "gateway", "serve", "--port", "0"]
READ = '{ calendar(id: "elasticsearch:planned-outages") { id } }'
ADD = """mutation { addEvents(input: {calendars: ["elasticsearch:planned-outages"], events: [
  {title: "Upgrade", start: {instant: "2026-11-25T22:00:00Z"}, end: {after: "PT2H"}}
]}) { status } }"""


# A client leaves


class Leaving:
    """A client, as a server shows it to the application: it sends its request, and leaves when told to."""

    def __init__(self, query: str) -> None:
        self._body = json.dumps({"query": query}).encode()
        self._has_asked = False
        self.leave = asyncio.Event()
        self.noticed = asyncio.Event()
        self.status = 0

    async def receive(self) -> dict[str, Any]:
        if self._has_asked:
            await self.leave.wait()
            self.noticed.set()
            return {"type": "http.disconnect"}
        self._has_asked = True
        return {"type": "http.request", "body": self._body, "more_body": False}

    async def send(self, message: Any) -> None:
        self.status = message.get("status", self.status)

    async def ask(self, gateway: Any) -> None:
        scope = {
            "type": "http",
            "method": "POST",
            "path": "/graphql",
            "query_string": b"",
            "headers": [(b"content-type", b"application/json"), (b"host", b"localhost")],
            "client": ("127.0.0.1", 1),
        }
        await gateway.client._transport.app(scope, self.receive, self.send)


async def test_nothing_is_read_any_more_for_a_client_that_has_left(front: Any) -> None:
    gateway = await front()
    gateway.sandbox.elasticsearch.faults.add("GET *", Fault(delay=HELD))
    client = Leaving(READ)
    asking = asyncio.create_task(client.ask(gateway))
    await gateway.sandbox.elasticsearch.faults.arrival()
    client.leave.set()
    await asking  # although upstream never answers
    assert client.status == 499
    gateway.sandbox.elasticsearch.faults.drop()


async def test_what_is_being_written_goes_to_its_end_although_the_client_has_left(front: Any) -> None:
    gateway = await front()
    gateway.sandbox.elasticsearch.faults.add("POST *", Fault(delay=HELD))
    client = Leaving(ADD)
    asking = asyncio.create_task(client.ask(gateway))
    await gateway.sandbox.elasticsearch.faults.arrival()
    client.leave.set()
    await client.noticed.wait()
    gateway.sandbox.elasticsearch.faults.release()
    await asking
    assert client.status == 499
    assert [line["status"] for line in gateway.audit] == ["created"]


async def test_who_leaves_keeps_his_place_until_what_was_begun_for_him_is_written(front: Any) -> None:
    gateway = await front("limits = { max_concurrent_requests = 1 }\n" + CONFIGURATION)
    gateway.sandbox.elasticsearch.faults.add("POST *", Fault(delay=HELD))
    client = Leaving(ADD)
    asking = asyncio.create_task(client.ask(gateway))
    await gateway.sandbox.elasticsearch.faults.arrival()
    client.leave.set()
    await client.noticed.wait()
    crowded = await gateway.client.post("/graphql", json={"query": READ})
    assert crowded.status_code == 503
    gateway.sandbox.elasticsearch.faults.release()
    await asking
    assert (await gateway.ask(READ))["calendar"]


async def test_a_client_that_leaves_in_the_middle_of_its_body_is_no_fault_of_ours(
    front: Any, caplog: Any
) -> None:
    gateway = await front()
    client = Leaving(READ)
    client._has_asked = True
    client.leave.set()
    await client.ask(gateway)
    assert client.status == 499
    assert "Traceback" not in caplog.text


async def test_a_body_that_does_not_come_is_waited_for_no_longer(front: Any) -> None:
    gateway = await front("receive_timeout_seconds = 0.05\nsandbox = true\n")
    client = Leaving(READ)
    client._has_asked = True
    await client.ask(gateway)
    assert client.status == 408


# The gateway leaves


@contextmanager
def process(tmp_path: Path, configuration: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A gateway with that configuration, and its port."""
    file = tmp_path / "gateway.toml"
    file.write_text(configuration)
    command = [*GATEWAY, "--config", str(file)]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True, env=os.environ) as running:
        try:
            address = re.search(r"127\.0\.0\.1:(\d+)", running.stderr.readline())
            assert address is not None
            yield running, int(address[1])
        finally:
            running.kill()


def sources(sandbox: Sandbox) -> str:
    key = sandbox.credentials.elasticsearch_manage.partition(" ")[2]
    return f"""
        [sources.elasticsearch]
        kind = "elasticsearch"
        url = "{sandbox.elasticsearch.url}"
        api_key = "{key}"
        mode = "write"
        calendars = ["*"]
    """


def accepts(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=30).close()
    except ConnectionError:
        return False
    return True


@asynccontextmanager
async def asking(port: int, query: str) -> AsyncIterator[asyncio.Task[httpx2.Response]]:
    async with loopback.client(timeout=60) as client:
        yield asyncio.create_task(
            client.post(f"http://127.0.0.1:{port}/graphql", json={"query": query})
        )  # fmt: skip


async def test_when_told_to_leave_it_accepts_no_more_finishes_what_runs_and_exits_with_0(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    audit = tmp_path / "audit.log"
    with process(tmp_path, f"audit_log = {str(audit)!r}\n{sources(sandbox)}") as (running, port):
        sandbox.elasticsearch.faults.add("POST *", Fault(delay=HELD))
        async with asking(port, ADD) as task:
            await sandbox.elasticsearch.faults.arrival()
            running.send_signal(signal.SIGTERM)
            while await asyncio.to_thread(accepts, port):
                pass
            assert not task.done()
            sandbox.elasticsearch.faults.release()
            answer = await task
        assert await asyncio.to_thread(running.wait, 30) == 0
        said = running.stderr.read()
    assert answer.json()["data"]["addEvents"]["status"] == "SUCCEEDED"
    assert [json.loads(line)["status"] for line in audit.read_text().splitlines()] == ["created"]
    assert "Traceback" not in said


async def test_what_does_not_finish_in_the_time_of_grace_is_given_up_and_it_exits_with_0(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with process(tmp_path, f"grace_seconds = 1\n{sources(sandbox)}") as (running, port):
        sandbox.elasticsearch.faults.add("GET *", Fault(delay=HELD))
        async with asking(port, READ) as task:
            await sandbox.elasticsearch.faults.arrival()
            running.send_signal(signal.SIGTERM)
            assert await asyncio.to_thread(running.wait, 30) == 0
            answer = await task
        said = running.stderr.read()
    assert answer.status_code == 503
    (error,) = answer.json()["errors"]
    assert error["extensions"]["code"] == "UNAVAILABLE"
    assert "Traceback" not in said
    sandbox.elasticsearch.faults.drop()


# Slow ones


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a gateway that waits for a tenth of a second only."""
    with process(tmp_path_factory.mktemp("strict"), "receive_timeout_seconds = 0.1\n") as (_, port):
        yield port


@contextmanager
def connected(port: int) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        yield connection


WHOLE = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
HALF_A_BODY = (
    b"POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b'Content-Length: 100\r\n\r\n{"query":'
)


def everything(connection: socket.socket) -> bytes:
    """All that comes until the other side has done with it."""
    received = b""
    try:
        while chunk := connection.recv(65536):
            received += chunk
    except ConnectionResetError:
        pass
    return received


@pytest.mark.parametrize("sent", [b"", b"G", WHOLE[:-2], WHOLE[:30], b"POST /graphql HTTP/1.1\r\nX: "])
def test_a_head_that_does_not_come_to_its_end_is_cut_off(strict: int, sent: bytes) -> None:
    with connected(strict) as connection:
        connection.sendall(sent)
        assert everything(connection) == b""


def test_a_second_head_must_come_in_time_too(strict: int) -> None:
    with connected(strict) as connection:
        connection.sendall(WHOLE + WHOLE[:20])
        answers = everything(connection)
    assert answers.count(b"HTTP/1.1 200") == 1


def test_half_a_body_is_cut_off_and_said_to_be(strict: int) -> None:
    with connected(strict) as connection:
        connection.sendall(HALF_A_BODY)
        answer = everything(connection)
    assert answer.startswith(b"HTTP/1.1 408")
    assert b"receive_timeout_seconds" in answer


def test_others_are_served_meanwhile(strict: int) -> None:
    with connected(strict) as slow, connected(strict) as quick:
        slow.sendall(HALF_A_BODY)
        quick.sendall(WHOLE.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        assert everything(quick).startswith(b"HTTP/1.1 200")
