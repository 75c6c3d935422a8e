"""Who gets in: what is checked of a request before its body is read, and how much is read of that."""

import asyncio
from collections.abc import Awaitable, Collection
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from typing import Any, Final, Self, cast

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
from gateway.http.room import Part, Room
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

    def place(self, request: Request, caller: Caller | None) -> AbstractContextManager[None]:
        """A place among the requests that are worked on. Entering it raises Later if none is free."""
        return self.places.one(_line(request, caller)) if self.places else nullcontext()

    def part(self) -> AbstractContextManager[Part | None]:
        """A part of the room for bodies, for as long as what came in one is worked on."""
        return self.room.part() if self.room else nullcontext()

    def turn(self, request: Request, caller: Caller | None) -> Awaitable[None]:
        """The caller's turn, to be waited for, so that nobody is kept waiting by one who asks for much."""
        return self.turns.take(_line(request, caller))

    async def admit(self, request: Request) -> Caller | None:
        """Who calls, None where nobody is asked. Raises Refusal.

        Whoever is not recognized is counted by his address, so that guessing is slow.
        """
        check_site(request.headers, self.origins)
        try:
            caller = await self.identity.caller(request.headers)
        except NotIdentified:
            self._count(request, None)
            raise
        self._count(request, caller)
        return caller

    async def operation(
        self, request: Request, caller: Caller | None, part: Part | None = None
    ) -> Operation | Batch:
        """What a request that was let in asks for. Raises Refusal if it is none, too long, or too slow.

        Its body takes its `part` of the room. The operations of a batch are counted as if each had come by
        itself.
        """
        task = cast("asyncio.Task[Any]", asyncio.current_task())
        self.bodies.begin(task, task.get_loop())
        try:
            asked = await read_operation(
                request,
                largest_body=self.largest_body,
                largest_batch=self.largest_batch,
                take=part.take if part else None,
            )
        except asyncio.CancelledError as exc:
            if _TOO_SLOW not in exc.args:
                raise
            task.uncancel()
            raise BadRequest(408, _TOO_SLOW, {"connection": "close"}) from exc
        finally:
            self.bodies.end(task)
        if isinstance(asked, tuple):
            self._count(request, caller, len(asked) - 1)
        return asked

    def _count(self, request: Request, caller: Caller | None, requests: int = 1) -> None:
        if self.rate is not None:
            self.rate.take(_line(request, caller), requests)

    def passes(self, header: str, caller: Caller | None) -> bool:
        """Whether what came in a header may go to a source that takes its credential from there."""
        return self.identity.passes(header, caller)


def _line(request: Request, caller: Caller | None) -> str:
    """Who counts as one: a caller who was recognized, or an address."""
    return caller.name if caller else f"address:{request.address or 'nowhere'}"
