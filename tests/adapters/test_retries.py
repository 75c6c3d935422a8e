"""Reads are asked again a bounded number of times, in a bounded time, and as an upstream asks for."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from gateway.adapters.retries import ReadRetries, Retries
from gateway.errors import (
    Conflict,
    Forbidden,
    InvalidInput,
    NoAnswer,
    NotFound,
    NotSent,
    RateLimited,
    Unauthenticated,
    Unavailable,
    UnexpectedAnswer,
    UpstreamRefused,
)
from tests.adapters.retry_clock import RetryClock

pytestmark = pytest.mark.anyio


def failing(*errors: Exception) -> tuple[Callable[[], Awaitable[str]], list[str]]:
    """An attempt that raises the errors, one each time, and then succeeds; and what was attempted."""
    waiting, made = list(errors), []

    async def attempt() -> str:
        made.append("attempt")
        if waiting:
            raise waiting.pop(0)
        return "read"

    return attempt, made


@pytest.mark.parametrize("error", [RateLimited, Unavailable, NotSent, NoAnswer])
async def test_what_can_succeed_later_is_asked_again(error: type[Exception]) -> None:
    clock = RetryClock()
    attempt, made = failing(error("Busy."), error("Busy."))
    assert await ReadRetries(clock.retries()).read(attempt) == "read"
    assert len(made) == 3


@pytest.mark.parametrize(
    "error",
    [
        Unauthenticated,
        Forbidden,
        NotFound,
        Conflict,
        UpstreamRefused,
        UnexpectedAnswer,
        InvalidInput,
        ValueError,
    ],
)
async def test_what_will_not_change_is_asked_once(error: type[Exception]) -> None:
    clock = RetryClock()
    attempt, made = failing(error("No."))
    with pytest.raises(error):
        await ReadRetries(clock.retries()).read(attempt)
    assert (len(made), clock.slept) == (1, [])


async def test_the_last_error_is_raised_after_as_many_attempts_as_are_allowed() -> None:
    clock = RetryClock()
    attempt, made = failing(*(Unavailable(f"Busy {count}.") for count in range(9)))
    with pytest.raises(Unavailable, match=r"Busy 3\."):
        await ReadRetries(clock.retries(attempts=4)).read(attempt)
    assert len(made) == 4


async def test_waits_double_and_are_spread_by_chance() -> None:
    for chance in (0.0, 0.5, 1.0):
        clock = RetryClock()
        attempt, _ = failing(*(Unavailable("Busy.") for _ in range(3)))
        await ReadRetries(clock.retries(chance=chance, first_wait=timedelta(seconds=1))).read(attempt)
        assert clock.slept == [chance * 1, chance * 2, chance * 4]


async def test_no_wait_is_shorter_than_the_upstream_asks_for() -> None:
    clock = RetryClock()
    attempt, _ = failing(RateLimited("Busy.", retry_after=timedelta(seconds=3)))
    assert await ReadRetries(clock.retries(first_wait=timedelta(seconds=1))).read(attempt) == "read"
    assert clock.slept == [4]


async def test_a_longer_wait_than_there_is_time_for_goes_to_the_caller_at_once() -> None:
    clock = RetryClock()
    attempt, made = failing(RateLimited("Busy.", retry_after=timedelta(minutes=5)))
    with pytest.raises(RateLimited) as raised:
        await ReadRetries(clock.retries()).read(attempt)
    assert raised.value.problem.retry_after == timedelta(minutes=5)
    assert (len(made), clock.slept) == (1, [])


async def test_no_attempt_begins_after_the_time_is_up() -> None:
    clock = RetryClock()

    async def slow() -> str:
        clock.now += 6
        raise NoAnswer("Too late.")

    with pytest.raises(NoAnswer):
        await ReadRetries(clock.retries(attempts=10, within=timedelta(seconds=15))).read(slow)
    assert clock.now <= 15 + 6


async def test_one_attempt_is_none_again() -> None:
    attempt, made = failing(Unavailable("Busy."))
    with pytest.raises(Unavailable):
        await ReadRetries(Retries(attempts=1)).read(attempt)
    assert len(made) == 1


async def test_many_reads_of_a_source_that_is_down_take_no_longer_than_a_few() -> None:
    clock = RetryClock()
    retries = ReadRetries(clock.retries())
    attempts = 0

    async def attempt() -> None:
        nonlocal attempts
        attempts += 1
        raise NotSent("Down.")

    for _ in range(100):
        with pytest.raises(NotSent):
            await retries.read(attempt)
    assert clock.now <= 15
    assert 100 < attempts < 140


async def test_a_source_that_has_answered_in_between_has_its_time_anew() -> None:
    clock = RetryClock()
    retries = ReadRetries(clock.retries())
    for _ in range(20):
        attempt, made = failing(Unavailable("Busy."), Unavailable("Busy."))
        assert await retries.read(attempt) == "read"
        assert len(made) == 3
        clock.now += 60
