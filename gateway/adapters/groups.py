"""Things that are asked for together, because they lie together: in one calendar, mailbox or source."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Final, TypeVar

from gateway.errors import GatewayError

T = TypeVar("T")
R = TypeVar("R")

_AT_ONCE: Final = 16


async def in_groups(
    items: Sequence[T],
    group_of: Callable[[T], Hashable],
    ask: Callable[[Sequence[T]], Awaitable[Sequence[R | GatewayError]]],
) -> list[R | GatewayError]:
    """What is answered for each item, in their order. A question that fails is the answer for its group."""
    groups: dict[Hashable, list[int]] = {}
    for place, item in enumerate(items):
        groups.setdefault(group_of(item), []).append(place)
    gate = asyncio.Semaphore(_AT_ONCE)
    answers: dict[int, R | GatewayError] = {}

    async def one(places: Sequence[int]) -> None:
        async with gate:
            try:
                found = await ask([items[place] for place in places])
            except GatewayError as exc:
                found = [exc] * len(places)
        answers.update(zip(places, found, strict=True))

    await asyncio.gather(*map(one, groups.values()))
    return [answers[place] for place in range(len(items))]
