"""The gateway as clients ask it: a process on loopback in front of a sandbox, and what it asked upstream."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from gateway.sandbox import Sandbox

CONFIGURATION = """
audit_log = "{folder}/audit.log"

[sources.elasticsearch]
kind = "elasticsearch"
url = "{elasticsearch}"
api_key = "{elasticsearch_key}"
mode = "write"
calendars = ["*"]
max_mute = "P400D"

[sources.msgraph]
kind = "msgraph"
url = "{msgraph}"
access_token = "{msgraph_token}"
mode = "write"
calendars = ["*"]
mailboxes = ["outages@contoso.com"]
"""


class Gateway:
    """A gateway that is running. `url` is where it answers; `trouble` is what its log should not have."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.trouble: str | None = None

    async def listen(self, said: asyncio.StreamReader) -> None:
        """Reads its log to the end, lest it waits for somebody to do so."""
        async for line in said:
            if b"Traceback" in line or b"crashed" in line:
                self.trouble = line.decode().strip()


@asynccontextmanager
async def gateway(sandbox: Sandbox) -> AsyncIterator[Gateway]:
    """A gateway in front of the sandbox, until the end of the block."""
    known = sandbox.credentials
    with TemporaryDirectory() as folder:
        file = Path(folder) / "gateway.toml"
        file.write_text(
            CONFIGURATION.format(
                folder=folder,
                elasticsearch=sandbox.elasticsearch.url,
                elasticsearch_key=known.elasticsearch_manage.partition(" ")[2],
                msgraph=sandbox.msgraph.url,
                msgraph_token=known.msgraph_app.partition(" ")[2],
            )
        )
        arguments = ("-m", "gateway", "serve", "--config", str(file), "--port", "0")
        process = await asyncio.create_subprocess_exec(
            sys.executable, *arguments, stderr=asyncio.subprocess.PIPE
        )
        if process.stderr is None:
            raise RuntimeError("a pipe was asked for")
        running = Gateway(await _address(process.stderr))
        listening = asyncio.create_task(running.listen(process.stderr))
        try:
            yield running
        finally:
            process.terminate()
            await process.wait()
            await listening


async def _address(said: asyncio.StreamReader) -> str:
    line = (await said.readline()).decode()
    if not line.startswith("Open http"):
        sys.exit(f"interop: the gateway does not start: {line}")
    return line.removeprefix("Open ").strip()


def asked(sandbox: Sandbox, request_id: str) -> list[str]:
    """What the gateway asked the upstreams for one request of a router, but for their versions."""
    exchanges = (*sandbox.elasticsearch.exchanges, *sandbox.msgraph.exchanges)
    return [
        exchange.route
        for exchange in exchanges
        if exchange.route != "GET /"
        and request_id
        in (exchange.request.headers.get("x-opaque-id"), exchange.request.headers.get("client-request-id"))
    ]
