"""One call's view of the sources: an adapter for each, with the caller's credential, and the upstream log."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Final

import msgspec

from gateway.adapters.base import CalendarAdapter
from gateway.adapters.together import together
from gateway.adapters.upstream import Call, UpstreamLog
from gateway.errors import GatewayError
from gateway.service.call_limits import CallLimits
from gateway.service.catalog import Catalog, ConfiguredSource, Target

_ASKED_AT_ONCE: Final = 16


class Session:
    """What the services work with during one GraphQL operation.

    `log` is what the upstreams were asked, and how long and how often they may be.
    """

    def __init__(self, catalog: Catalog, call: Call, limits: CallLimits = CallLimits()) -> None:  # noqa: B008 - frozen
        self.catalog = catalog if call.scopes is None else catalog.seen_with(call.scopes)
        self.call = call
        self.log: Final = call.log
        self.limits: Final = limits
        self._aside: Session | None = None
        self._adapters: dict[str, CalendarAdapter] = {}
        self._readers: dict[str, CalendarAdapter] = {}
        self._identities: dict[str, str] = {}

    def apart(self) -> AbstractContextManager["Session"]:
        """A session with an upstream log of its own, whose requests join this one's in the end."""
        return _Apart(self, self._with_log(self.call.log.apart()))

    @contextmanager
    def hurried(self, share: float) -> Iterator[None]:
        """Leaves that share of the time that is left to what is done within."""
        log = self.call.log
        whole, log.deadline = log.deadline, log.deadline.sooner(share)
        try:
            yield
        finally:
            log.deadline = whole

    @property
    def aside(self) -> "Session":
        """A session whose requests are in nobody's log: for looks that only check what was asked."""
        if self._aside is None:
            self._aside = self._with_log(self.call.log.apart())
        return self._aside

    def _with_log(self, log: UpstreamLog) -> "Session":
        return Session(self.catalog, msgspec.structs.replace(self.call, log=log), self.limits)

    def count_events(self, count: int, path: tuple[str, ...]) -> None:
        """Counts events that are to be written. Raises TooMany for more than one request may write."""
        self.limits.check_events(count, path, before=self.call.asked.events)
        self.call.asked.events += count

    def adapter(self, source: ConfiguredSource) -> CalendarAdapter:
        """The source as this call sees it; the same one all through the call. Raises MissingScope."""
        name = source.source.name
        if name not in self._adapters:
            source.check_read()
            self._adapters[name] = source.source.adapter(self.call)
        return self._adapters[name]

    def reader(self, source: ConfiguredSource) -> CalendarAdapter:
        """The source for what is only shown: equal reads of one caller are sent once. Raises MissingScope."""
        name = source.source.name
        if name not in self._readers:
            source.check_read()
            call = msgspec.structs.replace(self.call, shares_reads=True)
            self._readers[name] = source.source.adapter(call)
        return self._readers[name]

    async def distinct(self, targets: Sequence[Target]) -> list[Target]:
        """The targets without those that name a calendar already named, whatever the spelling.

        The upstream is asked what a calendar is, aside, only where another one of its source is named.
        """
        if len(targets) == 1:
            return list(targets)
        spelled = [str(target.canonical) for target in targets]
        others = Counter(source for source, _ in {(it.source.name, str(it.canonical)) for it in targets})
        unsure = {
            name: target
            for name, target in zip(spelled, targets, strict=True)
            if others[target.source.name] > 1
        }
        gate = asyncio.Semaphore(_ASKED_AT_ONCE)
        await together(self._identify(name, target, gate) for name, target in unsure.items())
        keys = [
            (target.source.name, self._identities.get(name, name))
            for name, target in zip(spelled, targets, strict=True)
        ]
        first = dict(zip(reversed(keys), reversed(targets), strict=True))
        return [target for key, target in zip(keys, targets, strict=True) if first[key] is target]

    async def _identify(self, name: str, target: Target, gate: asyncio.Semaphore) -> None:
        """Keeps what a calendar is, if that can be had: else its own row is about to say why not."""
        if name in self._identities:
            return
        with suppress(GatewayError):
            target.check_allowed()
            async with gate:
                self._identities[name] = await self.aside.adapter(target.source).identity(target.calendar)


class _Apart(AbstractContextManager[Session]):
    """A part of a session, while it is worked with."""

    def __init__(self, whole: Session, part: Session) -> None:
        self._whole = whole
        self._part = part

    def __enter__(self) -> Session:
        return self._part

    def __exit__(self, *_: object) -> None:
        self._whole.log.requests.extend(self._part.log.requests)
