"""Tokens that the gateway has got: kept until they expire, renewed before that, asked for once at a time."""

import asyncio
import hashlib
from collections.abc import Callable, Coroutine
from copy import copy
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
import structlog

from gateway.adapters.deadline import NEVER, Deadline
from gateway.errors import GatewayError

Fetch = Callable[[], Coroutine[Any, Any, "Token"]]

_EARLY: Final = timedelta(minutes=5)
_AGAIN: Final = timedelta(seconds=30)
_MOST: Final = 1000
_log = structlog.get_logger(__name__)


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """An access token, and until when it is good."""

    value: str
    expires: datetime


class _Held(msgspec.Struct, frozen=True, kw_only=True):
    token: Token
    renew: datetime


class Tokens:
    """Tokens by a hash of the credential that they were got with; those that expire first go first."""

    def __init__(self, source: str, *, now: Callable[[], datetime], most: int = _MOST) -> None:
        self._source = source
        self._now = now
        self._most = most
        self._held: dict[bytes, _Held] = {}
        self._fetching: dict[bytes, asyncio.Task[Token]] = {}

    async def get(self, credential: str, fetch: Fetch, *, deadline: Deadline = NEVER) -> str:
        """The token that `credential` leads to. Raises what `fetch` raises, and OutOfTime.

        While the token held is good it is given at once, and renewed behind it when its end is near. Whoever
        finds none waits for the one `fetch` that is under way.
        """
        key = hashlib.sha256(credential.encode()).digest()
        held, now = self._held.get(key), self._now()
        if held is not None and now < held.renew:
            return held.token.value
        task = self._fetching.get(key) or self._start(key, fetch)
        if held is not None and now < held.token.expires:
            return held.token.value
        with deadline.limit():
            return await _waited(task)

    def forget(self, value: str) -> None:
        """Keeps a token that was refused no longer."""
        self._held = {key: held for key, held in self._held.items() if held.token.value != value}

    async def aclose(self) -> None:
        """Gives up what is being fetched."""
        tasks = list(self._fetching.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _start(self, key: bytes, fetch: Fetch) -> asyncio.Task[Token]:
        task = self._fetching[key] = asyncio.create_task(fetch())
        task.add_done_callback(lambda done: self._fetched(key, done))
        return task

    def _fetched(self, key: bytes, task: asyncio.Task[Token]) -> None:
        del self._fetching[key]
        if task.cancelled():
            return
        error = task.exception()
        if error is None:
            self._keep(key, task.result())
            return
        _log.warning("token.failed", source=self._source, error=str(error))
        held = self._held.get(key)
        if held is not None:
            self._held[key] = msgspec.structs.replace(held, renew=self._now() + _AGAIN)

    def _keep(self, key: bytes, token: Token) -> None:
        now = self._now()
        early = min(_EARLY, (token.expires - now) / 2)
        self._held[key] = _Held(token=token, renew=token.expires - early)
        if len(self._held) > self._most:
            good = {key: held for key, held in self._held.items() if now < held.token.expires}
            last = sorted(good, key=lambda key: good[key].token.expires)[-self._most :]
            self._held = {key: good[key] for key in last}


async def _waited(task: asyncio.Task[Token]) -> str:
    try:
        return (await asyncio.shield(task)).value  # one caller's leaving is not the others' failure
    except GatewayError as exc:
        raise copy(exc) from exc  # each waiter's own: on its way up an error learns where it happened
