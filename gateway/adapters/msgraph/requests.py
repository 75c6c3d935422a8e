"""The requests that Graph is sent, as they go on the request line. Pure."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Final

import msgspec

from gateway.adapters.msgraph.keys import EXPANSION, filter_on
from gateway.adapters.msgraph.paths import Segments, readable
from gateway.adapters.msgraph.selection import select
from gateway.adapters.outgoing import field, fields
from gateway.adapters.transport import request_path
from gateway.adapters.upstream import UpstreamRequest
from gateway.model.fields import EVERYTHING, Fields
from gateway.model.ids import CalendarId, EventId, ResourceId
from gateway.model.time import Window, to_rfc3339

JSON: Final = "application/json"
IN_UTC: Final = 'outlook.timezone="UTC"'
ITEM_HEADERS: Final = {"Content-Type": JSON, "Prefer": IN_UTC}
"""What each item of a batch says for itself: it inherits nothing but the credential."""
FIELDS: Final = fields({"accept": JSON, "prefer": IN_UTC})
"""The headers of every request, as they are written."""
FIELDS_WITH_BODY: Final = FIELDS + field("content-type", JSON)

Query = Sequence[tuple[str, str | int]]
_PAGE: Final = 100
_LARGE_PAGE: Final = 1000
_EXPAND: Final = ("$expand", EXPANSION)


class Requests(msgspec.Struct, frozen=True, kw_only=True):
    """Makes the requests to one source, in one version of Graph."""

    source: str
    version: str

    def add_event(self, calendar: CalendarId, body: bytes) -> UpstreamRequest:
        """Graph's path for a calendar as it was addressed: `me` alone takes plain `/events`."""
        path = _path_of_events(self.version, calendar)
        return UpstreamRequest(source=self.source, method="POST", path=path, body=body)

    def change_event(self, event: EventId, body: bytes) -> UpstreamRequest:
        return self._write("PATCH", event.segments, body)

    def cancel_event(self, event: EventId, body: bytes) -> UpstreamRequest:
        """Calls a meeting off, as its organizer alone can."""
        return self._write("POST", (*event.segments, "cancel"), body)

    def remove_event(self, event: EventId) -> UpstreamRequest:
        return self._write("DELETE", event.segments)

    def events(
        self, calendar: CalendarId, span: Window, *, size: int, fields: Fields = EVERYTHING
    ) -> UpstreamRequest:
        """The view of a calendar: series are expanded, in the order of their start."""
        path, query = _view(self.version, calendar, size, fields)
        start, end = _in_query(span.start), _in_query(span.end)
        path = f"{path}?startDateTime={start}&endDateTime={end}&{query}"
        return UpstreamRequest(source=self.source, method="GET", path=path)

    def events_with(self, key: str, holder: ResourceId) -> UpstreamRequest:
        """The events of a mailbox or a calendar that bear a key: documented is the filter of mailboxes."""
        return self._get((*holder.segments, "events"), (("$filter", filter_on(key)), _EXPAND))

    def all_keys(self, holder: ResourceId) -> UpstreamRequest:
        """Which keys the events of a mailbox or a calendar bear: no more of each than tells that."""
        query = (("$select", "id,bodyPreview"), ("$top", _LARGE_PAGE), _EXPAND)
        return self._get((*holder.segments, "events"), query)

    def key_of(self, event: EventId) -> UpstreamRequest:
        """Which key an event bears."""
        return self._get(event.segments, (("$select", "id"), _EXPAND))

    def calendar(self, calendar: CalendarId) -> UpstreamRequest:
        return self._get(readable(calendar))

    def calendar_identity(self, calendar: CalendarId) -> UpstreamRequest:
        """What tells one calendar from another."""
        return self._get(readable(calendar), (("$select", "id,owner"),))

    def calendars(self, holder: ResourceId, *, size: int = _PAGE) -> UpstreamRequest:
        """The calendars of a mailbox, or of a calendar group in one."""
        return self._get((*holder.segments, "calendars"), (("$top", size),))

    def calendar_groups(self, mailbox: ResourceId) -> UpstreamRequest:
        return self._get((*mailbox.segments, "calendarGroups"), (("$top", _PAGE),))

    def event(self, event: EventId, *, fields: Fields = EVERYTHING) -> UpstreamRequest:
        return self._get(event.segments, (*_select(self.version, fields), *_expand(fields)))

    def cancelled_occurrences(self, series: EventId) -> UpstreamRequest:
        """Graph tells of them only if they are selected, and only of a single event."""
        return self._get(series.segments, (("$select", "cancelledOccurrences"),))

    def instances(self, series: EventId, span: Window) -> UpstreamRequest:
        """The occurrences of a series in a window."""
        query = (
            ("startDateTime", to_rfc3339(span.start)),
            ("endDateTime", to_rfc3339(span.end)),
            ("$select", "id,start,isAllDay,originalStart"),
            ("$top", _LARGE_PAGE),
        )
        return self._get((*series.segments, "instances"), query)

    def calendar_of(self, event: EventId) -> UpstreamRequest:
        return self._get((*event.segments, "calendar"))

    def calendar_id_of(self, event: EventId) -> UpstreamRequest:
        return self._get((*event.segments, "calendar"), (("$select", "id"),))

    def _write(self, method: str, segments: Segments, body: bytes | None = None) -> UpstreamRequest:
        path = request_path((self.version, *segments))
        return UpstreamRequest(source=self.source, method=method, path=path, body=body)

    def _get(self, segments: Segments, query: Query = ()) -> UpstreamRequest:
        path = request_path((self.version, *segments), query)
        return UpstreamRequest(source=self.source, method="GET", path=path)


@lru_cache(maxsize=1024)
def _path_of_events(version: str, calendar: CalendarId) -> str:
    """Kept, for many events go to one calendar."""
    return request_path((version, *calendar.segments, "events"))


@lru_cache(maxsize=1024)
def _view(version: str, calendar: CalendarId, size: int, fields: Fields) -> tuple[str, str]:
    """The path of a calendar's view and what is asked for whatever the window: kept, for lists come again."""
    query: Query = (
        ("$orderby", "start/dateTime"),
        ("$top", size),
        *_select(version, fields),
        *_expand(fields),
    )
    path, _, asked = request_path((version, *readable(calendar), "calendarView"), query).partition("?")
    return path, asked


def _in_query(instant: datetime) -> str:
    """The instant as it stands in a query: of its signs only colons are encoded there."""
    return to_rfc3339(instant).replace(":", "%3A")


def _select(version: str, fields: Fields) -> Query:
    selected = select(fields, version=version)
    return () if selected is None else (("$select", selected),)


def _expand(fields: Fields) -> Query:
    """What names Graph's properties that hold a key: it shows none that is not named."""
    return (_EXPAND,) if "key" in fields else ()
