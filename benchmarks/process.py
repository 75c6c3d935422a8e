"""A server under test as the system sees it: its processes, their CPU time and memory. Linux only."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, Self

_TICKS: Final = os.sysconf("SC_CLK_TCK")
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")
_PATIENCE: Final = 30.0


class NotServing(Exception):
    """A server ended, or did not answer in time."""


class Server:
    """A server while it is entered: started, and answering on its port. `log` is what it says."""

    def __init__(
        self, command: Sequence[str | Path], *, port: int, log: Path, environ: Mapping[str, str], cwd: Path
    ) -> None:
        self.port = port
        self._command = command
        self._log = log
        self._environ = environ
        self._cwd = cwd

    def __enter__(self) -> Self:
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603 what is started is ours
                self._command,
                cwd=self._cwd,
                env=self._environ,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            self._await_port()
        except NotServing:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for sent in (signal.SIGTERM, signal.SIGKILL):
            if self._process.poll() is None:
                os.killpg(self._process.pid, sent)
                try:
                    self._process.wait(5)
                except subprocess.TimeoutExpired:
                    continue

    @property
    def pid(self) -> int:
        return self._process.pid

    def cpu(self) -> float:
        """Seconds that the server and all its processes have computed so far."""
        return sum(sum(map(int, stat[11:15])) for stat in self._stats()) / _TICKS

    def memory(self) -> float:
        """Resident MiB of all its processes."""
        return sum(int(stat[21]) for stat in self._stats()) * _PAGE / 2**20

    def _stats(self) -> Iterator[list[str]]:
        """What `proc(5)` says of the server's process group, from the state of each process on."""
        for entry in Path("/proc").glob("[0-9]*/stat"):
            try:
                stat = entry.read_text().rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(stat[2]) == self._process.pid:
                yield stat

    def _await_port(self) -> None:
        until = time.monotonic() + _PATIENCE
        while time.monotonic() < until and self._process.poll() is None:
            with socket.socket() as attempt:
                if attempt.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.01)
        raise NotServing(f"{self._command}: {self._log.read_text()[-2000:]}")


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port
