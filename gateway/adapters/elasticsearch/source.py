"""A configured Elasticsearch cluster, 7.14 or later: its grammar of ids and its connection."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from gateway.adapters.capabilities import Capability, CapabilityNote, Fidelity
from gateway.adapters.elasticsearch import ids
from gateway.adapters.elasticsearch.adapter import ElasticsearchAdapter
from gateway.adapters.elasticsearch.api import Cluster, Credential, MLApi
from gateway.adapters.elasticsearch.lookup import DEFAULT_LOOKBACK
from gateway.adapters.elasticsearch.series import DEFAULT_LIMITS, SeriesLimits
from gateway.adapters.elasticsearch.versions import Versions
from gateway.adapters.gate import Gates
from gateway.adapters.retries import USUAL, Retries
from gateway.adapters.sharing import Sharing
from gateway.adapters.transport import Way
from gateway.adapters.upstream import Call
from gateway.model.event import SourceKind
from gateway.model.ids import CalendarId, EventId, ResourceId

_UNSUPPORTED: Final = CapabilityNote(fidelity=Fidelity.UNSUPPORTED)
_CAPABILITIES: Final[Mapping[Capability, CapabilityNote]] = {
    Capability.LIST_CALENDARS: CapabilityNote(fidelity=Fidelity.NATIVE),
    Capability.READ_EVENTS: CapabilityNote(fidelity=Fidelity.NATIVE),
    Capability.ADD_EVENTS: CapabilityNote(
        fidelity=Fidelity.NATIVE, note="Every event is read back: Elasticsearch's answer proves nothing."
    ),
    Capability.ALL_DAY_EVENTS: CapabilityNote(
        fidelity=Fidelity.EMULATED, note="Held as the instants of midnight in the event's time zone."
    ),
    Capability.TIME_ZONES: CapabilityNote(
        fidelity=Fidelity.LOSSY, note="Instants are held to the millisecond, the zone's name is not."
    ),
    Capability.DESCRIPTION: CapabilityNote(
        fidelity=Fidelity.UNSUPPORTED, note="An event's only text is its title."
    ),
    Capability.LOCATION: _UNSUPPORTED,
    Capability.CATEGORIES: _UNSUPPORTED,
    Capability.SHOW_AS: _UNSUPPORTED,
    Capability.ATTENDEES: _UNSUPPORTED,
    Capability.RECURRENCE: CapabilityNote(
        fidelity=Fidelity.EMULATED, note="A series is held as one event per occurrence, up to a horizon."
    ),
    Capability.MANAGE_CALENDARS: CapabilityNote(
        fidelity=Fidelity.NATIVE,
        note="A calendar's id and description stay as they are made. Names of jobs are checked here.",
    ),
    Capability.ANOMALY_SUPPRESSION: CapabilityNote(
        fidelity=Fidelity.NATIVE, note="From start to end, rounded outward to each job's buckets."
    ),
}


def _utc_now() -> datetime:
    return datetime.now(UTC)


class ElasticsearchSource:
    """Implements CalendarSource.

    `authorization` is the header's whole value (`ApiKey …`, `Basic …`, `Bearer …`), None for a cluster
    without security. `page_size`, at most 10,000, bounds what one request reads; `series` is how far
    series are written out, `lookback` how far back keys are looked up. `now` is the clock.
    """

    def __init__(
        self,
        name: str,
        *,
        transport: Way,
        authorization: str | None,
        takes_callers_credential: bool = False,
        page_size: int = 1000,
        series: SeriesLimits = DEFAULT_LIMITS,
        lookback: timedelta = DEFAULT_LOOKBACK,
        retries: Retries = USUAL,
        now: Callable[[], datetime] = _utc_now,
    ) -> None:
        self.name: Final = name
        self.kind: Final = SourceKind.ELASTICSEARCH
        self.capabilities: Final = _CAPABILITIES
        self._page_size = page_size
        self._series = series
        self._lookback = lookback
        self._now = now
        self._cluster = Cluster(
            source=name,
            transport=transport,
            credential=Credential(name, configured=authorization, is_callers=takes_callers_credential),
            versions=Versions(now=now, is_personal=takes_callers_credential),
            sharing=Sharing(),
            retries=retries,
        )
        self._writing = Gates[CalendarId](1)

    def calendar_id(self, written: ResourceId) -> CalendarId:
        return ids.calendar_id(written)

    def event_id(self, written: ResourceId) -> EventId | None:
        return ids.event_id(written)

    def canonical_id(self, calendar: CalendarId) -> CalendarId:
        return calendar

    def adapter(self, call: Call) -> ElasticsearchAdapter:
        return ElasticsearchAdapter(
            MLApi(self._cluster, call),
            call=call,
            page_size=self._page_size,
            writing=self._writing.of,
            series=self._series,
            lookback=self._lookback,
            now=self._now,
        )

    async def aclose(self) -> None:
        await self._cluster.transport.aclose()
