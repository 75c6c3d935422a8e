"""The gateway under test, as shipped: `gateway serve` with a settings file, limits, logs and ids on."""

import io
import os
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Final

from process import Server, free_port

ROOT: Final = Path(__file__).parents[1]
_SETTINGS: Final = """
[limits]  # of a minute: else there would be nothing to measure
max_requests_per_minute = 1_000_000_000
max_burst = 1_000_000_000

[sources.elasticsearch]
kind = "elasticsearch"
url = "http://127.0.0.1:{port}"
api_key = "id:key"
mode = "write"
calendars = ["*"]

[sources.msgraph]
kind = "msgraph"
url = "http://127.0.0.1:{port}"
access_token = "a-token"
mode = "write"
calendars = ["*"]
"""


def gateway(source: Path, folder: Path, upstream: int) -> Server:
    """The gateway whose package lies in `source`, in this environment; files of its own go into `folder`."""
    folder.mkdir()
    settings = folder / "gateway.toml"
    settings.write_text(_SETTINGS.format(port=upstream))
    port = free_port()
    command = [sys.executable, "-P", "-m", "gateway", "serve", "--config", settings, "--port", str(port)]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
    return Server(
        command, port=port, log=folder / "log", environ=environ | {"PYTHONPATH": str(source)}, cwd=folder
    )


def export(reference: str, folder: Path) -> Path:
    """The package as of a commit."""
    made = subprocess.run(  # noqa: S603
        ["git", "-C", ROOT, "archive", reference, "gateway"],  # noqa: S607
        check=True,
        stdout=subprocess.PIPE,
    )
    with tarfile.open(fileobj=io.BytesIO(made.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return folder
