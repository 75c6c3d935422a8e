"""A gateway process that can be killed at any moment, and started anew."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Final

from gateway.sandbox import Sandbox

ROOT: Final = Path(__file__).parents[2]
CONFIGURATION: Final = """
audit_log = {audit!r}
log_level = "error"
request_timeout_seconds = 20

[sources.elasticsearch]
kind = "elasticsearch"
url = {elasticsearch!r}
api_key = {ml_key!r}
mode = "write"
calendars = ["*"]
upstream_timeout_seconds = 2

[sources.msgraph]
kind = "msgraph"
url = {msgraph!r}
access_token = {token!r}
mode = "write"
calendars = ["*"]
upstream_timeout_seconds = 2
requests_per_mailbox = 2
"""


class Replica:
    """One gateway, with files of its own that begin with `path`. `url` is where it was reached last."""

    def __init__(self, path: Path, sandbox: Sandbox) -> None:
        self.url = ""
        self._config = path.with_suffix(".toml")
        self._config.write_text(
            CONFIGURATION.format(
                audit=str(path.with_suffix(".audit")),
                elasticsearch=sandbox.elasticsearch.url,
                ml_key=sandbox.credentials.elasticsearch_manage.partition(" ")[2],
                msgraph=sandbox.msgraph.url,
                token=sandbox.credentials.msgraph_app.partition(" ")[2],
            )
        )
        self._process: asyncio.subprocess.Process | None = None
        self._drain: asyncio.Task[None] | None = None

    async def ensure(self) -> None:
        """Starts it unless it runs, and waits until it says where."""
        if self._process is not None and self._process.returncode is None:
            return
        command = [sys.executable, "-m", "gateway", "serve", "--port", "0", "--config", str(self._config)]
        environ = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
        self._process = await asyncio.create_subprocess_exec(
            *command, cwd=ROOT, env=environ, stderr=asyncio.subprocess.PIPE
        )
        said = self._process.stderr
        if said is None:
            raise RuntimeError("a pipe was asked for")
        async for line in said:
            if line.startswith(b"Open "):
                self.url = line.split()[1].decode()
                break
        self._drain = asyncio.create_task(_read_on(said))

    async def kill(self) -> None:
        if self._process is None or self._process.returncode is not None:
            return
        self._process.kill()
        await self._process.wait()
        if self._drain is not None:
            await self._drain


async def _read_on(stream: asyncio.StreamReader) -> None:
    """Keeps the pipe from filling up."""
    async for _ in stream:
        pass
