"""What resolvers work with during one operation: the session, loaders of its own, and the audit trail."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, Final, TypeVar

from strawberry.dataloader import DataLoader

from gateway.adapters.management import Jobs
from gateway.errors import GatewayError, NotFound, Unsupported
from gateway.model.calendar import Calendar
from gateway.model.event import Event
from gateway.model.fields import Fields
from gateway.service.audit import AuditTrail
from gateway.service.calendars import calendars_of, find_calendar, find_events
from gateway.service.key_lookup import Found, Wanted, in_order, key_targets, look_up
from gateway.service.muted_until import Place, muted_until
from gateway.service.overlaps import overlaps
from gateway.service.report import EventRow
from gateway.service.session import Session

T = TypeVar("T")

_AT_ONCE: Final = 16


class Context:
    """Made anew for every operation, so that nothing is answered from another one's reads.

    Its loaders are made when they are first used, for most operations use none. `selections` are those that
    the operation's document is known to make of events.
    """

    def __init__(
        self,
        session: Session,
        audit: AuditTrail,
        subgraph_sdl: Callable[[], str],
    ) -> None:
        self.session = session
        self.audit = audit
        self.subgraph_sdl = subgraph_sdl
        self.selections: dict[tuple[object, ...], Any] = {}

    @cached_property
    def calendars(self) -> DataLoader[str, Calendar | None]:
        return DataLoader(self._each(find_calendar))

    @cached_property
    def calendars_of(self) -> DataLoader[str, Calendar]:
        return DataLoader(self._homes)

    @cached_property
    def muted_until(self) -> DataLoader[Place, datetime | None]:
        return DataLoader(self._muted_until, cache=False)

    @cached_property
    def _events(self) -> DataLoader[tuple[str, Fields], Event | None]:
        return DataLoader(self._find_events)

    @cached_property
    def _under_keys(self) -> DataLoader[tuple[Wanted, Fields], Sequence[Event]]:
        return DataLoader(self._look_up, cache=False)  # a mutation may come in between

    @cached_property
    def _overlapping(self) -> asyncio.Semaphore:
        return asyncio.Semaphore(_AT_ONCE)

    async def calendar(self, name: str) -> Calendar:
        """The calendar that holds something that was just read. Raises NotFound if it has gone since."""
        found = await self.calendars.load(name)
        if found is None:
            raise NotFound(f"The calendar {name} is there no longer.")
        return found

    async def event(self, name: str, fields: Fields) -> Event | None:
        """The event of an id with those fields, None if its source has none. Raises GatewayError."""
        return await self._events.load((name, fields))

    async def under_key(self, key: str, calendars: Sequence[str], fields: Fields) -> list[Event]:
        """The events under a key in the calendars, by start and id. Raises GatewayError for any of these."""
        targets = await self.session.distinct(key_targets(self.session, key, calendars))
        wanted = [(Wanted(target=target, key=key), fields) for target in targets]
        return in_order(await asyncio.gather(*map(self._under_keys.load, wanted), return_exceptions=True))

    async def _look_up(self, wanted: list[tuple[Wanted, Fields]]) -> Sequence[Found]:
        """One look at each calendar for all its keys, with all that is wanted of any event."""
        together = frozenset[str]().union(*(fields for _, fields in wanted))
        return await look_up(self.session, [each for each, _ in wanted], together)

    async def _find_events(self, wanted: list[tuple[str, Fields]]) -> Sequence[Event | BaseException | None]:
        """Each event is looked for once, with all that is wanted of it in different places.

        Those of which the same is wanted are looked for together.
        """
        fields: dict[str, Fields] = {}
        for name, some in wanted:
            fields[name] = fields.get(name, frozenset()) | some
        together: dict[Fields, list[str]] = {}
        for name, all_ in fields.items():
            together.setdefault(all_, []).append(name)
        found = await asyncio.gather(
            *(find_events(self.session, names, same) for same, names in together.items())
        )
        by_name = {
            name: event
            for names, events in zip(together.values(), found, strict=True)
            for name, event in zip(names, events, strict=True)
        }
        return [by_name[name] for name, _ in wanted]

    async def _homes(self, names: list[str]) -> Sequence[Calendar | BaseException]:
        return await calendars_of(self.session, names)

    async def _muted_until(self, places: list[Place]) -> Sequence[datetime | BaseException | None]:
        return await muted_until(self.session, places)

    async def overlaps(self, row: EventRow, fields: Fields) -> Sequence[Event]:
        """What is in the calendar of a row at its time, a bounded number of rows at once."""
        async with self._overlapping:
            return await overlaps(self.session, row, fields)

    def jobs(self, source: str) -> Jobs:
        """The anomaly detection jobs of a source. Raises Unsupported where there is no such thing."""
        jobs = self.session.adapter(self.session.catalog.sources[source]).jobs
        if jobs is None:
            raise Unsupported(f"{source} has no anomaly detection jobs.")
        return jobs

    def _each(
        self, find: Callable[[Session, str], Coroutine[Any, Any, T]]
    ) -> Callable[[list[str]], Coroutine[Any, Any, Sequence[T | BaseException]]]:
        """A batch function that finds each id by itself, a bounded number at once."""
        gate = asyncio.Semaphore(_AT_ONCE)

        async def one(name: str) -> T | BaseException:
            async with gate:
                try:
                    return await find(self.session, name)
                except GatewayError as exc:
                    return exc

        async def batch(names: list[str]) -> Sequence[T | BaseException]:
            return await asyncio.gather(*map(one, names))

        return batch
