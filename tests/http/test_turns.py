"""Who sends many requests waits behind himself, and nobody behind him."""

import asyncio
import itertools

import pytest

from gateway.http.turns import Turns

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def test_callers_take_turns_and_each_is_served_in_the_order_of_his_requests() -> None:
    turns, begun = Turns(), list[str]()

    async def ask(caller: str, number: int) -> None:
        await turns.take(caller, asyncio.get_running_loop())
        begun.append(f"{caller}{number}")

    await asyncio.gather(*(ask("mia", n) for n in range(4)), *(ask("ben", n) for n in range(2)))
    assert begun == ["mia0", "ben0", "mia1", "ben1", "mia2", "mia3"]


async def test_who_finds_nobody_ahead_does_not_wait() -> None:
    turns = Turns()
    for _ in range(2):
        first, second = (asyncio.create_task(turns.take("mia", asyncio.get_running_loop())) for _ in range(2))
        await asyncio.sleep(0)
        assert (first.done(), second.done()) == (True, False)
        await second
        await asyncio.sleep(0)


async def test_one_is_begun_with_each_turn_of_the_loop() -> None:
    turns, begun = Turns(), list[int]()

    async def ask(number: int) -> None:
        await turns.take("mia", asyncio.get_running_loop())
        begun.append(number)

    async with asyncio.TaskGroup() as asking:
        for number in range(3):
            asking.create_task(ask(number))
        counts = []
        for _ in range(8):
            await asyncio.sleep(0)
            counts.append(len(begun))
    assert {later - before for before, later in itertools.pairwise(counts)} <= {0, 1}
    assert counts[-1] == 3


async def test_who_leaves_the_line_keeps_nobody_waiting() -> None:
    turns = Turns()
    leaving = [asyncio.create_task(turns.take("mia", asyncio.get_running_loop())) for _ in range(3)]
    await asyncio.sleep(0)
    for task in leaving[1:]:
        task.cancel()
    await turns.take("mia", asyncio.get_running_loop())
    await turns.take("ben", asyncio.get_running_loop())
    await asyncio.gather(*leaving, return_exceptions=True)
    await turns.take("mia", asyncio.get_running_loop())
