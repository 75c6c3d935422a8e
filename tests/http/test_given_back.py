"""However a request ends, what it took of what there is for all is given back."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from strawberry.types import ExecutionResult

from gateway.http.admission import Admission
from gateway.http.graphql import GraphQLEndpoint
from gateway.http.places import Places
from gateway.http.room import FREE, Room

pytestmark = pytest.mark.anyio

BODY = json.dumps({"query": "{a}" + " " * FREE}).encode()
PIECES = [
    {"type": "http.request", "body": BODY[:FREE], "more_body": True},
    {"type": "http.request", "body": BODY[FREE:], "more_body": False},
]
LEFT = {"type": "http.disconnect"}


class Door:
    """An endpoint with one place and little room, and what was free of them while it worked."""

    def __init__(self, work: Callable[[], Awaitable[ExecutionResult]]) -> None:
        self.places = Places(1)
        self.room = Room(1000)
        self.held: list[int] = []
        self.status = 0
        self._work = work
        self._endpoint = GraphQLEndpoint(
            self._execute,
            explorer=None,
            credential_headers={},
            timeout=timedelta(minutes=1),
            admission=Admission(places=self.places, room=self.room),
        )

    async def ask(self, *messages: dict[str, Any]) -> None:
        """One request, of which the client sends the messages and then no more."""
        waiting = list(messages)

        async def receive() -> Any:
            return waiting.pop(0) if waiting else await asyncio.Event().wait()

        async def send(message: Any) -> None:
            self.status = message.get("status", self.status)

        headers = [(b"content-type", b"application/json"), (b"host", b"localhost")]
        scope = {
            "type": "http",
            "method": "POST",
            "path": "/graphql",
            "query_string": b"",
            "headers": headers,
        }
        await self._endpoint(scope, receive, send)

    def is_as_before(self) -> bool:
        """Whether all room is free, and the place, of which there is just one."""
        self.places.take("anybody")
        self.places.leave("anybody")
        return self.room.left == self.room.size and self.places._free == 1

    async def _execute(self, *_: Any, **__: Any) -> ExecutionResult:
        self.held.append(self.room.size - self.room.left)
        return await self._work()


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def succeeds() -> ExecutionResult:
    return ExecutionResult(data={"a": 1}, errors=None)


async def raises() -> ExecutionResult:
    raise ZeroDivisionError


async def has_no_end() -> ExecutionResult:
    await asyncio.Event().wait()
    raise AssertionError


async def test_an_answer_gives_back_what_the_request_took() -> None:
    door = Door(succeeds)
    for _ in range(2):
        await door.ask(*PIECES)
    assert (door.status, door.held) == (200, [len(BODY) - FREE] * 2)
    assert door.is_as_before()


async def test_a_fault_of_ours_gives_it_back() -> None:
    door = Door(raises)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            await door.ask(*PIECES)
    assert door.held == [len(BODY) - FREE] * 2
    assert door.is_as_before()


async def test_a_client_that_leaves_gives_it_back() -> None:
    door = Door(has_no_end)
    for _ in range(2):
        await door.ask(*PIECES, LEFT)
    assert (door.status, door.held) == (499, [len(BODY) - FREE] * 2)
    assert door.is_as_before()


@pytest.mark.parametrize(
    ("messages", "status"),
    [
        ([{"type": "http.request", "body": b" " * (FREE + 500), "more_body": False}], 400),
        ([{"type": "http.request", "body": b" " * (FREE + 500), "more_body": True}] * 3, 503),
        ([PIECES[0], {**PIECES[1], "more_body": True}, LEFT], 499),
    ],
    ids=["no operation", "no room", "no end"],
)
async def test_a_body_that_is_refused_gives_back_its_room_and_no_place(
    messages: list[dict[str, Any]], status: int
) -> None:
    door = Door(succeeds)
    await door.ask(*messages)
    assert (door.status, door.held) == (status, [])
    assert door.is_as_before()


async def test_a_request_that_finds_no_place_gives_back_its_room() -> None:
    door = Door(succeeds)
    door.places.take("somebody else")
    await door.ask(*PIECES)
    assert (door.status, door.held) == (503, [])
    door.places.leave("somebody else")
    assert door.is_as_before()
