"""An emulator on a loopback socket: its exchanges recorded, its faults applied."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from types import TracebackType
from typing import Generic, Protocol, Self, TypeVar, runtime_checkable

from gateway.sandbox.connection import Connection, Reply
from gateway.sandbox.errors import SandboxError
from gateway.sandbox.faults import NO_FAULT, Cut, Fault, Faults, Garble
from gateway.sandbox.http import Request, Response
from gateway.sandbox.listener import LOOPBACK, Listener

log = logging.getLogger(__name__)

KEPT_EXCHANGES = 1000


class Emulator(Protocol):
    """A state and the answers that it gives. It does no I/O of its own."""

    @property
    def name(self) -> str: ...

    def route(self, request: Request) -> str:
        """The route's name for faults and logs, such as `GET /_ml/calendars/{id}`, or "unknown"."""
        ...

    def answer(self, request: Request, *, lose: frozenset[int] = frozenset()) -> Response:
        """The answer to a request, its effect on the state included.

        `lose` are indexes of items that are silently not stored although the answer says success.
        """
        ...

    def error(self, status: int, retry_after: str | None = None) -> Response:
        """The upstream's own error body for a fault."""
        ...


Perform = Callable[[Emulator, Request, frozenset[int]], Response]
"""Lets an emulator answer a request, items of which are to be lost."""


def perform(emulator: Emulator, request: Request, lose: frozenset[int]) -> Response:
    return emulator.answer(request, lose=lose)


@runtime_checkable
class Throttled(Protocol):
    """What an emulator has besides if it limits how many requests it works on at the same time."""

    @property
    def service_time(self) -> timedelta:
        """How long it works on a request."""
        ...

    def begin(self, request: Request) -> Response | None:
        """Take a place for a request until `end`; if there is none, the refusal to answer with."""
        ...

    def is_concurrent(self, request: Request) -> bool:
        """Whether an equal request is, or was, running at the same time."""
        ...

    def end(self, request: Request) -> None: ...


@runtime_checkable
class Failing(Protocol):
    """What an emulator has besides if its error for a fault depends on what was asked."""

    def failure(self, request: Request, fault: Fault) -> Response: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A request that arrived and what was answered: None if the connection was cut instead."""

    time: datetime
    route: str
    request: Request
    response: Response | None
    fault: Fault = NO_FAULT


def utc_now() -> datetime:
    return datetime.now(UTC)


E = TypeVar("E", bound=Emulator)


class EmulatorServer(Generic[E]):
    """Serves one emulator while it is entered. Exchanges are kept as the emulator saw them, uncompressed."""

    def __init__(
        self,
        emulator: E,
        faults: Faults | None = None,
        *,
        port: int = 0,
        now: Callable[[], datetime] = utc_now,
        perform: Perform = perform,
    ) -> None:
        self.emulator = emulator
        self.faults = Faults() if faults is None else faults
        self.exchanges: deque[Exchange] = deque(maxlen=KEPT_EXCHANGES)
        self.running: list[Request] = []
        """What has arrived and is not answered yet."""
        self.now = now
        self._perform = perform
        self._port = port
        self._listener: Listener | None = None

    @property
    def port(self) -> int:
        return self._port if self._listener is None else self._listener.port

    @property
    def clients(self) -> Collection[asyncio.Task[None]]:
        """The tasks that serve those who are connected."""
        return () if self._listener is None else self._listener.clients

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    async def __aenter__(self) -> Self:
        """Listen. Raises SandboxError if the port is taken."""
        try:
            self._listener = Listener(self._port, self._talk)
        except OSError as error:
            raise SandboxError(f"{self.emulator.name} cannot listen: {error.strerror}") from error
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._listener is not None:
            self.faults.drop()
            await self._listener.aclose()
            self._listener = None

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await Connection(reader, writer, exchange=self.exchange, now=self.now).serve()

    async def exchange(self, request: Request) -> Reply | None:
        """The reply under the fault that is due, None to cut the connection; both are recorded."""
        route = self.emulator.route(request)
        fault = self.faults.draw(route)
        self.running.append(request)
        try:
            response = await self._throttled(request, fault)
        finally:
            self.running.remove(request)
        self.exchanges.append(
            Exchange(time=self.now(), route=route, request=request, response=response, fault=fault)
        )
        if response is None:
            return None
        return Reply(response=response, is_truncated=fault.garble is Garble.TRUNCATED)

    async def _throttled(self, request: Request, fault: Fault) -> Response | None:
        throttle: object = self.emulator
        if not isinstance(throttle, Throttled):
            return await self._answer(request, fault)
        refusal = throttle.begin(request)
        if refusal is not None:
            return refusal
        try:
            if throttle.service_time:
                await asyncio.sleep(throttle.service_time.total_seconds())
            return await self._answer(request, fault)
        finally:
            if fault.cut is not Cut.LATE_WRITE:
                throttle.end(request)

    async def _answer(self, request: Request, fault: Fault) -> Response | None:
        if fault.cut is Cut.LATE_WRITE:
            self.faults.later(fault.delay, partial(self._write_late, request, fault))
            return None
        await self.faults.pause(fault.delay)
        if fault.cut is Cut.BEFORE_WRITE:
            return None
        if fault.status is not None:
            if fault.is_written:
                self._write(request, fault)
            return self._failure(request, fault)
        response = self._write(request, fault)
        if fault.cut is Cut.AFTER_WRITE:
            return None
        if fault.garble is Garble.MALFORMED and response.body:
            return replace(response, body=_malformed(response.body))
        return response

    def _failure(self, request: Request, fault: Fault) -> Response:
        emulator: object = self.emulator
        if isinstance(emulator, Failing):
            return emulator.failure(request, fault)
        return self.emulator.error(fault.status or 500, fault.retry_after)

    def _write_late(self, request: Request, fault: Fault) -> None:
        """Write for a client that has left. To the emulator the request was running until now."""
        self._write(request, fault)
        throttle: object = self.emulator
        if isinstance(throttle, Throttled):
            throttle.end(request)

    def _write(self, request: Request, fault: Fault) -> Response:
        try:
            return self._perform(self.emulator, request, fault.lose)
        except Exception:
            # To the client a bug of the emulator is a failure of the upstream; in the log it is a bug.
            log.exception("%s emulator failed on %s %s", self.emulator.name, request.method, request.target)
            return self.emulator.error(500)


def _malformed(body: bytes) -> bytes:
    """A body of JSON that breaks off with a byte that no encoding of text has there."""
    return body[: len(body) // 2] + b"\xff"
