"""The gateway under load, as a process of its own, and how much memory it takes. Linux only."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
CONFIGURATION: Final = """
audit_log = {audit!r}
log_level = "error"
receive_timeout_seconds = {patience}

[limits]
max_requests_per_minute = 10000000
max_burst = 10000000

[api_keys.burden]
sha256 = "{burden}"

[api_keys.caller]
sha256 = "{caller}"

[sources.elasticsearch]
kind = "elasticsearch"
url = {elasticsearch!r}
api_key = {ml_key!r}
calendars = ["*"]

[sources.bomb]
kind = "elasticsearch"
url = {bomb!r}
api_key = "bm9ib2R5Om5vdGhpbmc="
calendars = ["*"]
"""


class GatewayProcess:
    """One gateway, until it is stopped. `host` and `port` are where it listens."""

    host: Final = "127.0.0.1"

    def __init__(self, folder: Path, **values: object) -> None:
        self.port = 0
        self._config = folder / "gateway.toml"
        self._config.write_text(CONFIGURATION.format(audit=str(folder / "audit"), **values))

    async def start(self) -> None:
        """Waits until it says where it listens."""
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
                self.port = int(line.split()[1].decode().split(":")[2].split("/")[0])
                break
        self._drain = asyncio.create_task(_show(said))

    async def stop(self) -> int:
        """Tells it to leave. Gives its exit status."""
        self._process.terminate()
        status = await self._process.wait()
        await self._drain
        return status

    def forget_peak(self) -> None:
        """Begins to measure the peak anew."""
        Path(f"/proc/{self._process.pid}/clear_refs").write_text("5")

    @property
    def peak(self) -> float:
        """The most memory that it had resident, in MiB."""
        lines = Path(f"/proc/{self._process.pid}/status").read_text().splitlines()
        (line,) = [line for line in lines if line.startswith("VmHWM:")]
        return int(line.split()[1]) / 1024


async def _show(stream: asyncio.StreamReader) -> None:
    """Its errors are ours."""
    async for line in stream:
        sys.stderr.buffer.write(line)
