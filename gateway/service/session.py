"""One call's view of the sources: an adapter for each, with the caller's credential, and the upstream log."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import msgspec

from gateway.adapters.base import CalendarAdapter, Call, UpstreamLog
from gateway.errors import UpstreamError
from gateway.model.ids import CalendarId
from gateway.service.catalog import Catalog, ConfiguredSource, Target


class Session:
    """What the services work with during one GraphQL operation."""

    def __init__(self, catalog: Catalog, call: Call) -> None:
        self.catalog = catalog
        self.call = call
        self._aside: Session | None = None
        self._adapters: dict[str, CalendarAdapter] = {}

    @contextmanager
    def apart(self) -> Iterator["Session"]:
        """A session with an upstream log of its own, whose requests join this one's in the end."""
        session = Session(self.catalog, msgspec.structs.replace(self.call, log=UpstreamLog()))
        try:
            yield session
        finally:
            self.call.log.requests.extend(session.call.log.requests)

    @property
    def aside(self) -> "Session":
        """A session whose requests are in nobody's log: for looks that only check what was asked."""
        if self._aside is None:
            self._aside = Session(self.catalog, msgspec.structs.replace(self.call, log=UpstreamLog()))
        return self._aside

    def adapter(self, source: ConfiguredSource) -> CalendarAdapter:
        """The source as this call sees it; the same one all through the call."""
        if source.name not in self._adapters:
            self._adapters[source.name] = source.source.adapter(self.call)
        return self._adapters[source.name]

    async def distinct(self, targets: Sequence[Target]) -> list[Target]:
        """The targets without those that name a calendar already named, whatever the spelling.

        An owner behind `me` is asked for only where another calendar of that source could be the same.
        """
        sources = [target.source.name for target in targets]
        ids = await asyncio.gather(
            *(self._identity(target, alone=sources.count(target.source.name) == 1) for target in targets)
        )
        first = dict(zip(reversed(ids), reversed(targets), strict=True))
        return [target for calendar, target in zip(ids, targets, strict=True) if first[calendar] is target]

    async def calendar_id(self, target: Target) -> str | None:
        """The canonical id of a target's calendar, or None where the upstream would not tell."""
        if target.known_id is not None:
            return target.known_id
        try:
            return str(await self.adapter(target.source).canonical(target.calendar))
        except UpstreamError:
            return None  # The row that is about to fail for the same reason says why.

    async def _identity(self, target: Target, *, alone: bool) -> str | CalendarId:
        known = target.known_id if alone else await self.calendar_id(target)
        return known or target.calendar
