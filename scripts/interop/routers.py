"""The gateway as routers ask it: a process on loopback in front of a sandbox, and what it asked upstream."""

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


@asynccontextmanager
async def gateway(sandbox: Sandbox) -> AsyncIterator[str]:
    """The address of a gateway in front of the sandbox, until the end of the block."""
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
        try:
            yield await _address(process)
        finally:
            process.terminate()
            await process.communicate()


async def _address(process: asyncio.subprocess.Process) -> str:
    line = (await process.stderr.readline()).decode() if process.stderr else ""
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
