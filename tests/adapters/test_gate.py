"""A gate gives its places in turn, whoever leaves the queue and whenever."""

import asyncio

import pytest

from gateway.adapters.deadline import Deadline
from gateway.adapters.gate import Gate, Gates
from gateway.errors import OutOfTime

pytestmark = pytest.mark.anyio


class Visitors:
    """Those who enter one gate, by name, in the order in which they were let in."""

    def __init__(self, places: int) -> None:
        self.gate = Gate(places)
        self.entered: list[str] = []
        self._leave: dict[str, asyncio.Event] = {}

    async def come(self, name: str, places: int = 1) -> "asyncio.Task[None]":
        self._leave[name] = asyncio.Event()
        task = asyncio.create_task(self._visit(name, places))
        await asyncio.sleep(0)
        return task

    async def go(self, name: str) -> None:
        self._leave[name].set()
        await self.settle()

    async def settle(self) -> None:
        for _ in range(5):
            await asyncio.sleep(0)

    async def _visit(self, name: str, places: int) -> None:
        async with self.gate.enter(places):
            self.entered.append(name)
            await self._leave[name].wait()


async def test_as_many_are_in_as_there_are_places():
    visitors = Visitors(2)
    tasks = [await visitors.come(name) for name in "abc"]
    assert visitors.entered == ["a", "b"]
    await visitors.go("b")
    assert visitors.entered == ["a", "b", "c"]
    for name in "ac":
        await visitors.go(name)
    await asyncio.gather(*tasks)


async def test_who_wants_more_places_than_there_are_takes_all():
    visitors = Visitors(2)
    tasks = [await visitors.come("a", 9), await visitors.come("b")]
    assert visitors.entered == ["a"]
    await visitors.go("a")
    await visitors.go("b")
    await asyncio.gather(*tasks)


async def test_nobody_passes_one_who_waits_for_several_places():
    visitors = Visitors(2)
    tasks = [await visitors.come("a"), await visitors.come("both", 2), await visitors.come("late")]
    assert visitors.entered == ["a"]
    await visitors.go("a")
    assert visitors.entered == ["a", "both"]
    for name in ("both", "late"):
        await visitors.go(name)
    await asyncio.gather(*tasks)


async def test_who_leaves_the_queue_lets_those_behind_in():
    visitors = Visitors(2)
    tasks = [await visitors.come("a"), await visitors.come("both", 2), await visitors.come("late")]
    tasks.pop(1).cancel()
    await visitors.settle()
    assert visitors.entered == ["a", "late"]
    for name in ("a", "late"):
        await visitors.go(name)
    await asyncio.gather(*tasks)


async def test_a_place_given_to_one_who_is_leaving_goes_to_the_next():
    visitors = Visitors(1)
    async with visitors.gate.enter():
        leaving, last = [await visitors.come(name) for name in ("leaving", "last")]
    leaving.cancel()
    await visitors.settle()
    assert visitors.entered == ["last"]
    await visitors.go("last")
    await last
    assert leaving.cancelled()


async def test_a_place_that_is_free_is_had_even_when_the_time_is_up():
    async with Gate(1).enter(deadline=Deadline(0.0, lambda: 1.0)):
        pass


async def test_a_place_that_is_not_free_in_time_is_not_waited_for():
    gate = Gate(1)
    async with gate.enter():
        with pytest.raises(OutOfTime):
            async with gate.enter(deadline=Deadline(0.0, lambda: 1.0)):
                pytest.fail("There was no place.")
    async with gate.enter():
        pass


async def test_every_thing_has_a_gate_of_its_own_and_that_is_the_same_while_somebody_is_in():
    gates = Gates[int](4)
    async with gates.of(0).enter(3):
        held = gates.of(0)
        for other in range(1, 5000):
            assert gates.of(other) is not held
            assert gates.of(other).try_take(4)
            gates.of(other).give_back(4)
        assert gates.of(0) is held
        assert not held.try_take(2)


async def test_a_gate_where_somebody_waits_is_not_forgotten():
    gates = Gates[int](1)
    async with gates.of(0).enter():
        waiting = asyncio.create_task(gates.of(0).take(1))
        await asyncio.sleep(0)
    for other in range(1, 5000):
        gates.of(other)
    await waiting
    assert not gates.of(0).try_take(1)
