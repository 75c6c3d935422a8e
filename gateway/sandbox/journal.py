"""A journal: what a sandbox started from and every write since, in one SQLite file.

An emulator's state follows from its world, its clock and its requests, so the writes are kept and not what
became of them: one row before each answer leaves, however large the state is, and neither emulator needs to
know. Doing them again gives the same ids and change keys. The price is paid at the next start, which takes
about a second for every few thousand writes.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from http.client import TOO_MANY_REQUESTS, UNAUTHORIZED
from pathlib import Path
from typing import Any

import msgspec

from gateway.sandbox.clock import Clock
from gateway.sandbox.errors import SandboxError
from gateway.sandbox.http import Request, Response
from gateway.sandbox.server import Emulator, Throttled
from gateway.sandbox.setup import Setup

APPLICATION = 0x63616C67
"""Marks the file as a sandbox's: `file` and others read it from the header."""
FORMAT = 1
TABLES = """
CREATE TABLE origin (content BLOB NOT NULL);
CREATE TABLE writes (number INTEGER PRIMARY KEY, content BLOB NOT NULL);
"""

SAFE_METHODS = frozenset({"GET", "HEAD"})
READS = frozenset(
    {"POST /_ml/calendars", "POST /_ml/calendars/{calendar_id}", "POST /{calendar}/getSchedule"}
)
"""Routes that only read, though they are POSTed to."""
UNHEARD = frozenset({UNAUTHORIZED, TOO_MANY_REQUESTS})
"""Refusals that come before the state. Credentials of somebody else, sent here by mistake, are not kept."""


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """What a sandbox started from, and when."""

    time: datetime
    seed: int
    elasticsearch_version: str
    world: Setup


class Write(msgspec.Struct, frozen=True, kw_only=True):
    """A request that may have changed something, and the status of its answer."""

    upstream: str
    time: datetime
    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    lose: frozenset[int]
    is_concurrent: bool = False
    """Whether an equal request was running at the same time."""
    status: int

    @property
    def request(self) -> Request:
        return Request(method=self.method, target=self.target, headers=self.headers, body=self.body)


class Journal:
    """A file that is open, and closed to every other process until `close`."""

    def __init__(self, path: Path) -> None:
        """Make the file or open it. Raises SandboxError if it is in use, or is something else."""
        self.path = path
        self._failure: sqlite3.Error | None = None
        with self._explained():
            self._database = sqlite3.connect(path, isolation_level=None, timeout=0)
        try:
            with self._explained():
                self._prepare()
        except SandboxError:
            self._database.close()
            raise

    def close(self) -> None:
        self._database.close()

    @property
    def origin(self) -> Origin | None:
        """What the sandbox started from; None in a new file."""
        found = self._database.execute("SELECT content FROM origin").fetchone()
        return None if found is None else self._decoded(found[0], Origin)

    def begin(self, origin: Origin) -> None:
        """Keep what the sandbox starts from, unless the file has it already."""
        if self.origin is None:
            with self._explained():
                self._database.execute("INSERT INTO origin VALUES (?)", [msgspec.json.encode(origin)])

    def writes(self) -> Iterator[Write]:
        """All writes, in the order in which they were done."""
        for (content,) in self._database.execute("SELECT content FROM writes ORDER BY number"):
            yield self._decoded(content, Write)

    def append(self, write: Write) -> None:
        """Keep a write. Once one could not be kept none is: the ids of what follows would shift."""
        if self._failure is not None:
            raise SandboxError(f"{self.path} has lost a write: {self._failure}") from self._failure
        try:
            self._database.execute("INSERT INTO writes (content) VALUES (?)", [msgspec.json.encode(write)])
        except sqlite3.Error as error:
            self._failure = error
            raise SandboxError(f"{self.path} cannot be written: {error}") from error

    def _prepare(self) -> None:
        self._database.execute("PRAGMA locking_mode = EXCLUSIVE")
        self._database.execute("BEGIN EXCLUSIVE")
        mark = self._number("application_id"), self._number("user_version")
        if mark == (0, 0) and self._number("schema_version") == 0:
            for statement in TABLES.split(";"):
                self._database.execute(statement)
            self._database.execute(f"PRAGMA application_id = {APPLICATION}")
            self._database.execute(f"PRAGMA user_version = {FORMAT}")
        elif mark != (APPLICATION, FORMAT):
            raise SandboxError(f"{self.path} is no data of this version of the sandbox")
        self._database.execute("COMMIT")

    def _number(self, pragma: str) -> int:
        number: int = self._database.execute(f"PRAGMA {pragma}").fetchone()[0]
        return number

    def _decoded(self, content: bytes, kind: type[Any]) -> Any:
        try:
            return msgspec.json.decode(content, type=kind)
        except msgspec.DecodeError as error:
            raise SandboxError(f"{self.path} cannot be read: {error}") from error

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise SandboxError(f"{self.path} cannot be used: {error}") from error


@dataclass(frozen=True, slots=True)
class Keeping:
    """Lets emulators answer, and keeps what they were asked."""

    journal: Journal
    clock: Clock

    def perform(self, emulator: Emulator, request: Request, lose: frozenset[int]) -> Response:
        """The answer; all of it happens at one instant, so that it can be made again."""
        time = self.clock()
        is_concurrent = isinstance(emulator, Throttled) and emulator.is_concurrent(request)
        with self.clock.at(time):
            response = emulator.answer(request, lose=lose)
        if _may_change(emulator, request) and response.status not in UNHEARD:
            self.journal.append(
                Write(
                    upstream=emulator.name,
                    time=time,
                    method=request.method,
                    target=request.target,
                    headers=request.headers,
                    body=request.body,
                    lose=lose,
                    is_concurrent=is_concurrent,
                    status=response.status,
                )
            )
        return response

    def repeat(self, emulators: Mapping[str, Emulator]) -> None:
        """Do all writes again. Raises SandboxError if an answer is not what it was."""
        for write in self.journal.writes():
            emulator, request = emulators[write.upstream], write.request
            with (
                self.clock.at(write.time),
                _beside(emulator, request, is_concurrent=write.is_concurrent),
            ):
                response = emulator.answer(request, lose=write.lose)
            if response.status != write.status:
                what = f"{write.method} {write.target} was answered {write.status} and now {response.status}"
                raise SandboxError(f"{self.journal.path} was kept by another version of the sandbox: {what}")


def _may_change(emulator: Emulator, request: Request) -> bool:
    return request.method not in SAFE_METHODS and emulator.route(request) not in READS


@contextmanager
def _beside(emulator: Emulator, request: Request, *, is_concurrent: bool) -> Iterator[None]:
    """Makes an equal request run beside a request that had one beside it."""
    if not is_concurrent or not isinstance(emulator, Throttled):
        yield
        return
    both = request, replace(request)
    for each in both:
        emulator.begin(each)
    try:
        yield
    finally:
        for each in both:
            emulator.end(each)
