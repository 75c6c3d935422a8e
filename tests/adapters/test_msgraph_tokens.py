"""Tokens that are kept: renewed before their end, fetched once for all, forgotten when they are too many."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from gateway.adapters.msgraph.tokens import Token, Tokens
from gateway.errors import NotSent, Unauthenticated, located

pytestmark = pytest.mark.anyio

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


class Issuer:
    """Issues t1, t2, … or raises `error`; holds back while `open` is not set."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 18, 10, tzinfo=UTC)
        self.lifetime = HOUR
        self.error: Exception | None = None
        self.open = asyncio.Event()
        self.open.set()
        self.asked = 0

    async def __call__(self) -> Token:
        self.asked += 1
        await self.open.wait()
        if self.error is not None:
            raise self.error
        return Token(value=f"t{self.asked}", expires=self.now + self.lifetime)


@pytest.fixture
def issuer(anyio_backend):
    return Issuer()


@pytest.fixture
async def tokens(issuer):
    tokens = Tokens("graph", now=lambda: issuer.now, most=3)
    yield tokens
    await tokens.aclose()


async def settled():
    """Lets what is ready run."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_a_token_is_fetched_once_and_given_to_whoever_comes_with_the_same_credential(issuer, tokens):
    assert [await tokens.get("a", issuer) for _ in range(3)] == ["t1"] * 3
    assert await tokens.get("b", issuer) == "t2"


async def test_all_who_wait_share_one_fetch(issuer, tokens):
    issuer.open.clear()
    waiting = [asyncio.create_task(tokens.get("a", issuer)) for _ in range(20)]
    await settled()
    issuer.open.set()
    assert await asyncio.gather(*waiting) == ["t1"] * 20
    assert issuer.asked == 1


async def test_one_who_leaves_does_not_take_the_fetch_along(issuer, tokens):
    issuer.open.clear()
    leaving, staying = (asyncio.create_task(tokens.get("a", issuer)) for _ in range(2))
    await settled()
    leaving.cancel()
    await settled()
    issuer.open.set()
    assert await staying == "t1"


async def test_a_token_is_renewed_five_minutes_before_its_end_and_nobody_waits_for_that(issuer, tokens):
    await tokens.get("a", issuer)
    issuer.now += HOUR - 5 * MINUTE - timedelta(seconds=1)
    assert (await tokens.get("a", issuer), issuer.asked) == ("t1", 1)
    issuer.now += timedelta(seconds=1)
    issuer.open.clear()
    assert [await tokens.get("a", issuer) for _ in range(3)] == ["t1"] * 3
    await settled()
    assert issuer.asked == 2
    issuer.open.set()
    await settled()
    assert await tokens.get("a", issuer) == "t2"


async def test_a_token_that_has_expired_is_not_given(issuer, tokens):
    await tokens.get("a", issuer)
    issuer.now += HOUR
    assert await tokens.get("a", issuer) == "t2"


async def test_a_short_lived_token_is_kept_for_half_of_its_life(issuer, tokens):
    issuer.lifetime = 4 * MINUTE
    await tokens.get("a", issuer)
    issuer.now += 2 * MINUTE - timedelta(seconds=1)
    assert (await tokens.get("a", issuer), issuer.asked) == ("t1", 1)


async def test_a_renewal_that_fails_costs_nothing_while_the_old_token_is_good(issuer, tokens):
    await tokens.get("a", issuer)
    issuer.now += HOUR - 4 * MINUTE
    issuer.error = NotSent("No connection.")
    assert await tokens.get("a", issuer) == "t1"
    await settled()
    assert (await tokens.get("a", issuer), issuer.asked) == ("t1", 2)
    issuer.now += timedelta(seconds=30)
    assert await tokens.get("a", issuer) == "t1"
    await settled()
    assert issuer.asked == 3, "it is tried again half a minute later, and not with every call"
    issuer.now += 4 * MINUTE
    with pytest.raises(NotSent):
        await tokens.get("a", issuer)


async def test_a_failure_reaches_all_who_wait_each_with_a_path_of_its_own(issuer, tokens):
    issuer.error = Unauthenticated("No.", upstream_code="AADSTS7000215")

    async def at(index: int) -> None:
        with located("calendars", index):
            await tokens.get("a", issuer)

    errors = await asyncio.gather(*(at(index) for index in range(3)), return_exceptions=True)
    assert [error.problem.path for error in errors] == [("calendars", str(index)) for index in range(3)]
    assert {error.problem.upstream_code for error in errors} == {"AADSTS7000215"}
    assert issuer.asked == 1
    issuer.error = None
    assert await tokens.get("a", issuer) == "t2"


async def test_a_token_that_was_refused_is_forgotten_and_its_successor_is_not(issuer, tokens):
    await tokens.get("a", issuer)
    tokens.forget("t1")
    assert await tokens.get("a", issuer) == "t2"
    tokens.forget("t1")
    assert await tokens.get("a", issuer) == "t2"


async def test_of_too_many_tokens_those_go_first_that_expire_first(issuer, tokens):
    for name, minutes in (("long", 50), ("short", 10), ("longer", 60), ("middle", 30)):
        issuer.lifetime = minutes * MINUTE
        await tokens.get(name, issuer)
    assert issuer.asked == 4
    for name in ("long", "longer", "middle"):
        await tokens.get(name, issuer)
    assert issuer.asked == 4
    await tokens.get("short", issuer)
    assert issuer.asked == 5


async def test_no_credential_is_kept(issuer, tokens):
    await tokens.get("s3cret", issuer)
    assert "s3cret" not in repr(vars(tokens))


async def test_closing_gives_up_what_is_being_fetched(issuer, tokens):
    issuer.open.clear()
    waiting = asyncio.create_task(tokens.get("a", issuer))
    await settled()
    await tokens.aclose()
    with pytest.raises(asyncio.CancelledError):
        await waiting
