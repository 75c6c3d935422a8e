"""The keys of occurrences: each has its series' key, also where an edit of its own has lost it."""

from collections.abc import Iterable, Sequence

import msgspec

from gateway.adapters.msgraph.api import GraphApi
from gateway.adapters.msgraph.keys import key_of
from gateway.adapters.msgraph.paths import event_in_mailbox_of
from gateway.adapters.msgraph.requests import Requests
from gateway.adapters.msgraph.wire import GraphEvent, KeyBearer
from gateway.errors import NotFound, UpstreamError
from gateway.model.event import Event
from gateway.model.ids import ResourceId


class SeriesKeys:
    """The keys of series in one mailbox, each of which is read once in a read, and only if it must be."""

    def __init__(self, api: GraphApi, requests: Requests, mailbox: ResourceId) -> None:
        self._api = api
        self._requests = requests
        self._mailbox = mailbox
        self._keys: dict[str, str | None] = {}

    async def learn(self, events: Iterable[GraphEvent]) -> None:
        """Reads the keys of the series whose occurrences show none. Raises UpstreamError."""
        series = [event.series_master_id for event in events if key_of(event) is None]
        missing = [name for name in dict.fromkeys(series) if name is not None and name not in self._keys]
        for name, found in zip(missing, await self._read(missing), strict=True):
            if isinstance(found, UpstreamError) and not isinstance(found, NotFound):
                raise found
            self._keys[name] = key_of(found) if isinstance(found, KeyBearer) else None

    def on(self, shown: Event, event: GraphEvent) -> Event:
        """The event with the key that it has, if it is one that was learned of."""
        key = shown.key or self._keys.get(event.series_master_id or "")
        return msgspec.structs.replace(shown, key=key)

    async def _read(self, series: Sequence[str]) -> list[KeyBearer | UpstreamError]:
        events = (event_in_mailbox_of(self._mailbox, name) for name in series)
        return await self._api.read_all([self._requests.key_of(event) for event in events], KeyBearer)
