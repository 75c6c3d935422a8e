"""What the upstreams hold under keys, occurrence by occurrence, read past the gateway."""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import httpx2
from calls import GRAPH, Content, Place
from stage import MAILBOXES

from gateway.adapters.msgraph.keys import KEY
from gateway.sandbox import Sandbox

_VIEW: Final = {"startDateTime": "2027-01-01T00:00:00Z", "endDateTime": "2028-06-01T00:00:00Z", "$top": 1000}


@dataclass(frozen=True, kw_only=True)
class Held:
    """An occurrence of the event or series of that id. `mark` tells those of a series apart."""

    event: str
    mark: str
    content: Content


def is_ambiguous(held: Sequence[Held]) -> bool:
    """Whether it is more than one event or one series: in Graph a series is one event, whatever its days."""
    events = Counter(each.event for each in held)
    has_series_of_graph = events.total() > len(events) > 1
    marks = {each.mark for each in held}
    return has_series_of_graph or len(marks) < len(held) or ("" in marks and len(marks) > 1)


class Reader:
    """Reads some ML calendars, and all mailboxes: events whose keys begin with the prefix."""

    def __init__(
        self, sandbox: Sandbox, client: httpx2.AsyncClient, *, ml: Sequence[str], prefix: str
    ) -> None:
        self._sandbox = sandbox
        self._client = client
        self._ml = ml
        self._prefix = prefix

    async def read(self) -> Mapping[Place, Sequence[Held]]:
        """All occurrences, by key and calendar."""
        found: dict[Place, list[Held]] = defaultdict(list)
        for name in self._ml:
            async for key, held in self._ml_events(name):
                found[key, f"elasticsearch:{name}"].append(held)
        for mailbox in MAILBOXES:
            async for key, held in self._graph_events(mailbox):
                found[key, f"{GRAPH}users/{mailbox}/calendar"].append(held)
        return found

    async def _ml_events(self, name: str) -> AsyncIterator[tuple[str, Held]]:
        headers = {"authorization": self._sandbox.credentials.elasticsearch_manage}
        url = f"{self._sandbox.elasticsearch.url}/_ml/calendars/{name}/events?size=10000"
        answer = (await self._client.get(url, headers=headers)).json()
        if answer["count"] != len(answer["events"]):
            raise RuntimeError(f"{name} has {answer['count']} events: more than one page shows")
        for event in answer["events"]:
            title, bracket, mark = event["description"].rpartition(" [#")
            if bracket and mark.startswith(self._prefix):
                key, _, occurrence = mark.rstrip("]").partition("@")
                span = (datetime.fromtimestamp(event[it] / 1000, UTC) for it in ("start_time", "end_time"))
                yield key, Held(event=event["event_id"], mark=occurrence, content=(title, *span))

    async def _graph_events(self, mailbox: str) -> AsyncIterator[tuple[str, Held]]:
        """The rows of the calendar view, by the keys of what they are occurrences of."""
        calendar = f"{self._sandbox.msgraph.url}/v1.0/users/{mailbox}/calendar"
        expand = f"singleValueExtendedProperties($filter=id eq '{KEY}')"
        keys = {
            event["id"]: bearing["value"]
            async for event in self._pages(f"{calendar}/events", {"$top": 1000, "$expand": expand})
            for bearing in event.get("singleValueExtendedProperties", ())
            if bearing["value"].startswith(self._prefix)
        }
        seen = set[str]()
        async for row in self._pages(f"{calendar}/calendarView", _VIEW):
            event = row.get("seriesMasterId") or row["id"]
            if event in keys:
                seen.add(event)
                start, end = (_read(row[name]["dateTime"]) for name in ("start", "end"))
                mark = f"{start}" if row.get("seriesMasterId") else ""
                yield keys[event], Held(event=event, mark=mark, content=(row["subject"], start, end))
        if keys.keys() - seen:
            raise RuntimeError(f"the calendar view of {mailbox} has no rows for {keys.keys() - seen}")

    async def _pages(self, first: str, query: Mapping[str, Any]) -> AsyncIterator[dict[str, Any]]:
        headers = {
            "authorization": self._sandbox.credentials.msgraph_app,
            "prefer": 'outlook.timezone="UTC"',
        }
        url: str | None = first
        params: Mapping[str, Any] | None = query
        while url is not None:
            page = (await self._client.get(url, headers=headers, params=params)).json()
            for each in page["value"]:
                yield each
            url, params = page.get("@odata.nextLink"), None


def _read(text: str) -> datetime:
    return datetime.fromisoformat(text[:19]).replace(tzinfo=UTC)
