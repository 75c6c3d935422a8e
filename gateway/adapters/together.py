"""Several things that are waited for together: side by side, or one alone without a task of its own."""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

T = TypeVar("T")


async def together(works: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """What comes of each, in their order. Raises what the first raises that fails."""
    started = list(works)
    if len(started) == 1:
        return [await started[0]]
    return await asyncio.gather(*started) if started else []
