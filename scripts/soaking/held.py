"""What the upstreams hold under keys, read past the gateway."""

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Any

import httpx2
from calls import GRAPH, MAILBOX, ML, Content, Place

from gateway.adapters.msgraph.keys import KEY
from gateway.sandbox import Sandbox


async def held(sandbox: Sandbox, client: httpx2.AsyncClient) -> Mapping[Place, list[Content]]:
    """The contents of all events that bear a key, by key and calendar."""
    found: dict[Place, list[Content]] = defaultdict(list)
    for calendar in ML:
        async for described, start, end in _ml_events(sandbox, client, calendar.partition(":")[2]):
            title, _, mark = described.rpartition(" [#")
            key = mark.rstrip("]").partition("@")[0]
            found[key, calendar].append((title, start, end))
    async for event in _graph_events(sandbox, client):
        for bearing in event.get("singleValueExtendedProperties", ()):
            start, end = (_read(event[name]["dateTime"]) for name in ("start", "end"))
            found[bearing["value"], GRAPH].append((event["subject"], start, end))
    return found


async def _ml_events(sandbox: Sandbox, client: httpx2.AsyncClient, name: str) -> AsyncIterator[Content]:
    headers = {"authorization": sandbox.credentials.elasticsearch_manage}
    url = f"{sandbox.elasticsearch.url}/_ml/calendars/{name}/events?size=10000"
    answer = (await client.get(url, headers=headers)).json()
    if answer["count"] != len(answer["events"]):
        raise RuntimeError(f"{name} has {answer['count']} events: more than one page shows")
    for event in answer["events"]:
        if " [#" in event["description"]:
            start, end = (datetime.fromtimestamp(event[it] / 1000, UTC) for it in ("start_time", "end_time"))
            yield event["description"], start, end


async def _graph_events(sandbox: Sandbox, client: httpx2.AsyncClient) -> AsyncIterator[dict[str, Any]]:
    headers = {"authorization": sandbox.credentials.msgraph_app, "prefer": 'outlook.timezone="UTC"'}
    url: str | None = f"{sandbox.msgraph.url}/v1.0/users/{MAILBOX}/calendar/events"
    expand = f"singleValueExtendedProperties($filter=id eq '{KEY}')"
    query: Mapping[str, Any] | None = {"$top": 1000, "$expand": expand}
    while url is not None:
        page = (await client.get(url, headers=headers, params=query)).json()
        for event in page["value"]:
            yield event
        url, query = page.get("@odata.nextLink"), None


def _read(text: str) -> datetime:
    return datetime.fromisoformat(text[:19]).replace(tzinfo=UTC)
