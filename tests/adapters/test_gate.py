"""A gate gives its places in turn, whoever leaves the queue and whenever."""

import asyncio
from contextlib import suppress
from weakref import ref

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


class Thing:
    """What a gate may be for, and what it can be seen of whether it is still kept."""


async def test_every_thing_has_a_gate_of_its_own_and_that_is_the_same_while_somebody_is_in():
    gates = Gates[str](4)
    async with gates.of("a").enter(3):
        assert gates.of("a") is gates.of("a")
        assert not gates.of("a").try_take(2)
        async with gates.of("b").enter(4):
            assert not gates.of("a").try_take(2)
            assert not gates.of("b").try_take(1)


async def test_a_gate_where_somebody_waits_is_the_one_that_others_find():
    gates = Gates[str](1)
    async with gates.of("a").enter():
        waiting = asyncio.create_task(gates.of("a").take(1))
        await asyncio.sleep(0)
        found = gates.of("a")
    await waiting
    assert not found.try_take(1)
    assert gates.of("a") is found


@pytest.mark.parametrize("ends", [None, ZeroDivisionError, asyncio.CancelledError])
async def test_neither_a_gate_nor_what_it_is_for_is_kept_when_nobody_is_in(ends):
    gates = Gates[Thing](4)

    async def visit():
        thing = Thing()
        kept.extend((ref(thing), ref(gates.of(thing))))
        async with gates.of(thing).enter():
            kept.append(ref(gates.of(thing)))
            if ends is not None:
                raise ends

    kept: list[ref[Thing | Gate]] = []
    with suppress(ZeroDivisionError, asyncio.CancelledError):
        await visit()
    assert [one() for one in kept] == [None] * 3


async def test_a_thing_whose_gate_is_forgotten_has_a_new_one():
    gates = Gates[str](1)
    for _ in range(2):
        async with gates.of("a").enter():
            assert not gates.of("a").try_take(1)
