"""Things that are waited for together."""

import asyncio

import pytest

from gateway.adapters.together import together

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def _task() -> asyncio.Task[object] | None:
    return asyncio.current_task()


async def test_several_go_on_side_by_side_and_are_given_in_order() -> None:
    opened = asyncio.Event()

    async def wait() -> str:
        await opened.wait()
        return "waited"

    async def open_() -> str:
        opened.set()
        return "opened"

    assert await together([wait(), open_()]) == ["waited", "opened"]


async def test_one_alone_takes_no_task_and_none_takes_nothing() -> None:
    assert await together([_task()]) == [asyncio.current_task()]
    assert await together([]) == []


@pytest.mark.parametrize("others", [0, 1])
async def test_what_fails_is_raised(others: int) -> None:
    async def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await together([fail(), *(asyncio.sleep(0) for _ in range(others))])
