"""Who gets in: what is checked of a request before its body is read, and how much is read of that."""

import asyncio
from collections.abc import Collection
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any, Final, Self

import msgspec

from gateway.http.identity.caller import Caller
from gateway.http.identity.configured import configured_identity
from gateway.http.identity.identity import Identity
from gateway.http.operation import LARGEST_BODY, Batch, Operation, read_operation
from gateway.http.patience import Patience
from gateway.http.places import Places
from gateway.http.rate import Rate
from gateway.http.refusal import BadRequest, NotIdentified
from gateway.http.request import Request
from gateway.http.room import FREE, Room
from gateway.http.sites import check_site
from gateway.http.turns import Turns
from gateway.settings import Settings

_TOO_SLOW: Final = "The body did not come in time. The setting is receive_timeout_seconds."
_USUAL: Final = timedelta(seconds=30)


def patience(length: timedelta) -> Patience["asyncio.Task[Any]"]:
    """How long tasks may wait for their request's body."""
    return Patience(length.total_seconds(), lambda task: task.cancel(_TOO_SLOW))


class Admission(msgspec.Struct, frozen=True, kw_only=True):
    """The checks. `origins` are those of other sites whose pages may call.

    Without a rate, places or room there is no such limit.
    """

    identity: Identity = Identity()
    origins: Collection[str] = ()
    rate: Rate | None = None
    places: Places | None = None
    room: Room | None = None
    turns: Turns = msgspec.field(default_factory=Turns)
    largest_body: int = LARGEST_BODY
    largest_batch: int = 0
    bodies: Patience["asyncio.Task[Any]"] = msgspec.field(default_factory=lambda: patience(_USUAL))

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """As it is configured. Close its identity in the end."""
        limits = settings.limits
        return cls(
            identity=configured_identity(settings),
            origins=settings.web.origins,
            rate=Rate(limits.max_requests_per_minute, limits.max_burst),
            places=Places(limits.max_concurrent_requests),
            room=Room(limits.max_held_bytes),
            largest_body=limits.max_body_bytes,
            largest_batch=limits.max_batch,
            bodies=patience(settings.receive_timeout),
        )

    async def admit(self, request: Request) -> "Visit":
        """Lets a request in, to be left in the end. Raises Refusal.

        Whoever is not recognized is counted by his address, so that guessing is slow.
        """
        check_site(request.headers, self.origins)
        try:
            caller = await self.identity.caller(request.headers) if self.identity.ways else None
        except NotIdentified:
            self.count(_line(request, None))
            raise
        visit = Visit(self, request, caller)
        if self.rate is not None:
            self.rate.take(visit.line)
        return visit

    def count(self, line: str, requests: int = 1) -> None:
        """Counts requests of who stands in a line. Raises Later if there were too many."""
        if self.rate is not None:
            self.rate.take(line, requests)

    def passes(self, header: str, caller: Caller | None) -> bool:
        """Whether what came in a header may go to a source that takes its credential from there."""
        return self.identity.passes(header, caller)


class Visit:
    """A request that was let in, and what it takes of what there is for all. `caller` is None for anybody.

    `line` is who counts as one: a caller who was recognized, or an address. `task` works on the request.
    """

    def __init__(self, admission: Admission, request: Request, caller: Caller | None) -> None:
        self.caller: Final = caller
        self.line: Final = _line(request, caller)
        self._admission = admission
        self._request = request
        self.task: Final[Any] = asyncio.current_task()
        self._size = 0
        self._room = 0
        self._has_place = False

    async def operation(self) -> Operation | Batch:
        """What the request asks for. Raises Refusal if it is none, too long, or too slow.

        Its body takes room until the visit is left. The operations of a batch are counted as if each had come
        by itself.
        """
        admission = self._admission
        asked = await read_operation(
            self._request,
            largest_body=admission.largest_body,
            largest_batch=admission.largest_batch,
            take=self._take,
            in_time=_InTime(admission.bodies, self.task),
        )
        if isinstance(asked, tuple):
            admission.count(self.line, len(asked) - 1)
        return asked

    def _take(self, count: int) -> None:
        """Takes what room a piece of the body needs, if it is long."""
        self._size += count
        more = self._size - FREE - self._room
        if more > 0 and self._admission.room is not None:
            self._admission.room.take(more)
            self._room += more

    async def begin(self) -> None:
        """Waits for the caller's turn and takes a place among what is worked on, or raises Later.

        Who asks for much keeps nobody else waiting.
        """
        await self._admission.turns.take(self.line, self.task.get_loop())
        if self._admission.places is not None:
            self._admission.places.take(self.line)
            self._has_place = True

    def leave(self) -> None:
        """Gives back what it took."""
        if self._admission.room is not None:
            self._admission.room.give_back(self._room)
        if self._admission.places is not None and self._has_place:
            self._admission.places.leave(self.line)


class _InTime(AbstractContextManager[None]):
    """While a task waits for a body, for which there is so much patience. Raises BadRequest after that."""

    def __init__(self, bodies: Patience["asyncio.Task[Any]"], task: "asyncio.Task[Any]") -> None:
        self._bodies = bodies
        self._task = task

    def __enter__(self) -> None:
        self._bodies.begin(self._task, self._task.get_loop())

    def __exit__(self, _: object, error: BaseException | None, trace: object) -> None:
        self._bodies.end(self._task)
        if isinstance(error, asyncio.CancelledError) and _TOO_SLOW in error.args:
            self._task.uncancel()
            raise BadRequest(408, _TOO_SLOW, {"connection": "close"}) from error


def _line(request: Request, caller: Caller | None) -> str:
    return caller.name if caller else f"address:{request.address or 'nowhere'}"
