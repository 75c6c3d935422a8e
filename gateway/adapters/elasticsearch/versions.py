"""A cluster's version: what follows from it, and what is remembered of it, for all callers of a source."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final, Self

import msgspec

from gateway.adapters.elasticsearch.wire import ClusterInfo
from gateway.errors import Forbidden, Unauthenticated, UpstreamError

_SERVERLESS: Final = "serverless"
_NUMBER: Final = re.compile(r"(\d+)\.(\d+)(?:\D.*)?")
_GOOD_FOR: Final = timedelta(hours=1)
_AGAIN_AFTER: Final = timedelta(minutes=1)
_LONGEST_ASKING: Final = 5.0


class ClusterVersion(msgspec.Struct, frozen=True, kw_only=True):
    """What a cluster says that it is. `number` is as it writes it, None where it did not say.

    Serverless is always the newest, whatever number it shows.
    """

    number: str | None = None
    is_serverless: bool = False

    @classmethod
    def of(cls, info: ClusterInfo) -> Self:
        return cls(number=info.version.number, is_serverless=info.version.build_flavor == _SERVERLESS)

    @property
    def major(self) -> int | None:
        """None where it is not known, and for Serverless, which has none."""
        parts = self._parts
        return None if parts is None or self.is_serverless else parts[0]

    def is_at_least(self, major: int, minor: int = 0) -> bool | None:
        """None where the version is not known."""
        if self.is_serverless:
            return True
        parts = self._parts
        return None if parts is None else parts >= (major, minor)

    @property
    def has_event_flags(self) -> bool | None:
        """Whether events have skip_result, skip_model_update and force_time_shift; None where not known."""
        return self.is_at_least(8, 16)

    @property
    def _parts(self) -> tuple[int, int] | None:
        return _parts(self.number or "")


@lru_cache(maxsize=16)  # it is asked for with every request
def _parts(number: str) -> tuple[int, int] | None:
    found = _NUMBER.fullmatch(number)
    return None if found is None else (int(found[1]), int(found[2]))


UNKNOWN: Final = ClusterVersion()
Ask = Callable[[], Awaitable[ClusterVersion]]


class Versions:
    """The version of one cluster: asked for by one caller at a time, kept for an hour.

    Where it cannot be had the last one known stands, and the cluster is left alone for a minute. With
    `is_personal` every caller has a credential of their own: what one may not ask another may.
    """

    def __init__(self, *, now: Callable[[], datetime], is_personal: bool = False) -> None:
        self._now = now
        self._is_personal = is_personal
        self._known = UNKNOWN
        self._renew: datetime | None = None
        self._asking = asyncio.Lock()

    @property
    def at_hand(self) -> ClusterVersion | None:
        """The version, as far as it is known; None where it is time to ask."""
        return None if self._renew is None or self._now() >= self._renew else self._known

    async def get(self, ask: Ask) -> ClusterVersion:
        """The same, asked for if need be: a request must not fail because of this one. Raises nothing."""
        async with self._asking:
            if self.at_hand is None:
                await self._renewed(ask)
        return self._known

    def forget(self) -> None:
        """Lets the next caller ask anew."""
        self._renew = None

    async def _renewed(self, ask: Ask) -> None:
        try:
            async with asyncio.timeout(_LONGEST_ASKING):
                self._known = await ask()
        except (Unauthenticated, Forbidden):
            if not self._is_personal:
                self._renew = self._now() + _AGAIN_AFTER
        except (UpstreamError, TimeoutError):
            self._renew = self._now() + _AGAIN_AFTER
        else:
            self._renew = self._now() + _GOOD_FOR
