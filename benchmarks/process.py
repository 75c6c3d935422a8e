"""A server under test as the system sees it: its processes, their CPU time and memory. Linux only."""

import http.client
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, Self

_PAGE: Final = os.sysconf("SC_PAGE_SIZE")
_PATIENCE: Final = 30.0
PATH: Final = "/graphql"
_QUESTION: Final = b'{"query": "{ __typename }"}'


class NotServing(Exception):
    """A server ended, or did not answer in time."""


class Server:
    """A server while it is entered. `started` is how many seconds it took until its first answer."""

    def __init__(
        self, command: Sequence[str | Path], *, port: int, log: Path, environ: Mapping[str, str], cwd: Path
    ) -> None:
        self.port = port
        self._command = command
        self._log = log
        self._environ = environ
        self._cwd = cwd
        self.started = 0.0

    def __enter__(self) -> Self:
        began = time.monotonic()
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
            self.started = self._await_answer(began)
        except NotServing:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for sent in (signal.SIGTERM, signal.SIGKILL):
            if self._process.poll() is None:
                os.killpg(self._process.pid, sent)
                try:
                    self._process.wait(_PATIENCE)
                except subprocess.TimeoutExpired:
                    continue

    @property
    def pid(self) -> int:
        return self._process.pid

    def cpu(self) -> float:
        """Seconds that the server and all its processes have computed so far, to the nanosecond."""
        tasks = [task for process in self._processes() for task in process.glob("task/*/schedstat")]
        return sum(int(said.split()[0]) for said in map(_said, tasks) if said) / 1e9

    def memory(self) -> float:
        """Resident MiB of all its processes."""
        pages = [_said(process / "statm") for process in self._processes()]
        return sum(int(said.split()[1]) for said in pages if said) * _PAGE / 2**20

    def _processes(self) -> Iterator[Path]:
        """What `proc(5)` says of each of the server's processes, which are a group of their own."""
        for process in Path("/proc").glob("[0-9]*"):
            said = _said(process / "stat")
            if said and int(said.rpartition(")")[2].split()[2]) == self._process.pid:
                yield process

    def _await_answer(self, began: float) -> float:
        """Seconds until it answered. Raises NotServing."""
        while time.monotonic() < began + _PATIENCE and self._process.poll() is None:
            if self._answers():
                return time.monotonic() - began
            time.sleep(0.005)
        raise NotServing(f"{self._command}: {self._log.read_text()[-2000:]}")

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("POST", PATH, _QUESTION, {"content-type": "application/json"})
            return connection.getresponse().status == http.client.OK
        except OSError:
            return False
        finally:
            connection.close()


def _said(file: Path) -> str:
    """What stands in a file of a process; nothing once that has ended."""
    try:
        return file.read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port
