"""Gateways of others over the same stub, each set up to do the same work with as little as it can.

They pass times on as they come, and believe what the answer to an add says. Node and npm must be there.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from string import Template
from typing import Final

from contender import Contender
from peer_operations import HIVE_OPERATIONS, OPERATIONS
from process import Server, free_port

_PEERS: Final = Path(__file__).with_name("peers")
_BASE: Final = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
_QUIET: Final = {"NODE_ENV": "production", "TC_TRACKER": "false", "TC_LOG_LEVEL": "error"}


def peers(folder: Path, upstream: int) -> list[Contender]:
    """Those that can be run here, not yet started. What they need is installed first."""
    folder.mkdir()
    _install(_PEERS)
    _install(_PEERS / "hive")
    made = (_tailcall, _mercurius, _hive, _naive)
    return [make(folder, f"http://127.0.0.1:{upstream}", free_port()) for make in made]


def _install(folder: Path) -> None:
    """What the lock of a folder names, unless it is there."""
    lock, stamp = folder / "package-lock.json", folder / "node_modules" / "stamp"
    if stamp.exists() and stamp.read_text() == lock.read_text():
        return
    command = ["npm", "ci", "--silent", "--ignore-scripts", "--no-audit", "--no-fund"]
    subprocess.run(command, cwd=folder, check=True)  # noqa: S603
    shutil.copy(lock, stamp)


def _tailcall(folder: Path, upstream: str, port: int) -> Contender:
    settings = _written(_PEERS / "tailcall.graphql", folder, port=port, upstream=upstream)
    program = _PEERS / "node_modules" / "@tailcallhq" / "core-linux-x64-gnu" / "bin" / "tailcall"
    command = [*_loader(), program, "start", settings]
    return Contender("Tailcall 1.6.14", _server(command, port, folder, "tailcall"), OPERATIONS)


def _loader() -> Sequence[str | Path]:
    """How the program is run with a newer C library than the system's, where `TAILCALL_LIBC` holds one."""
    if "TAILCALL_LIBC" not in os.environ:
        return ()
    libraries = Path(os.environ["TAILCALL_LIBC"]) / "usr" / "lib" / "x86_64-linux-gnu"
    return (libraries / "ld-linux-x86-64.so.2", "--library-path", libraries)


def _mercurius(folder: Path, upstream: str, port: int) -> Contender:
    command = ["node", _PEERS / "mercurius.mjs", str(port), upstream]
    return Contender("Mercurius 16.10 + JIT", _server(command, port, folder, "mercurius"), OPERATIONS)


def _hive(folder: Path, upstream: str, port: int) -> Contender:
    subgraph = _written(_PEERS / "hive" / "subgraph.graphql", folder, upstream=upstream)
    program = _PEERS / "hive" / "node_modules" / "@graphql-hive" / "gateway" / "dist" / "bin.js"
    options = ["--host", "127.0.0.1", "--port", str(port), "--fork", "1"]
    command = ["node", program, "subgraph", subgraph, *options]
    command += ["--config-path", _PEERS / "hive" / "gateway.config.mjs"]
    return Contender("Hive Gateway 2.15", _server(command, port, folder, "hive"), HIVE_OPERATIONS)


def _naive(folder: Path, upstream: str, port: int) -> Contender:
    options = ["--port", str(port), "--no-access-log", "--log-level", "warning"]
    command = [sys.executable, "-m", "uvicorn", "naive:app", "--app-dir", _PEERS, *options]
    server = _server(command, port, folder, "naive", UPSTREAM=upstream)
    return Contender("Strawberry, as usually written", server, OPERATIONS)


def _server(command: Sequence[str | Path], port: int, folder: Path, name: str, **environ: str) -> Server:
    return Server(
        command, port=port, log=folder / f"{name}.log", environ={**_BASE, **_QUIET, **environ}, cwd=folder
    )


def _written(template: Path, folder: Path, **values: object) -> Path:
    """A file of settings, for this upstream and this port."""
    made = folder / template.name
    made.write_text(Template(template.read_text()).safe_substitute(values))
    return made
