"""The sandbox as a whole: both upstreams up, credentials that work, worlds apart."""

from datetime import UTC, datetime

import pytest

from gateway.sandbox import Sandbox
from gateway.sandbox.msgraph import Limits
from tests import loopback

NOW = datetime(2026, 11, 18, 15, 30, 12, tzinfo=UTC)


@pytest.mark.anyio
async def test_both_upstreams_answer_to_their_ready_made_credentials():
    async with Sandbox(now=lambda: NOW) as sandbox, loopback.client() as client:
        asked = {
            f"{sandbox.elasticsearch.url}/": sandbox.credentials.elasticsearch_manage,
            f"{sandbox.elasticsearch.url}/_ml/calendars": sandbox.credentials.elasticsearch_monitor,
            f"{sandbox.msgraph.url}/v1.0/users/outages@contoso.com/calendar": sandbox.credentials.msgraph_app,
            f"{sandbox.msgraph.url}/v1.0/me/calendar": sandbox.credentials.msgraph_alice,
        }
        answers = [await client.get(url, headers={"Authorization": key}) for url, key in asked.items()]
    assert [answer.status_code for answer in answers] == [200] * 4


@pytest.mark.anyio
async def test_two_sandboxes_do_not_share_a_world():
    async with Sandbox(now=lambda: NOW) as one, Sandbox(now=lambda: NOW) as other:
        key = {"Authorization": one.credentials.elasticsearch_manage}
        async with loopback.client(headers=key) as client:
            await client.delete(f"{one.elasticsearch.url}/_ml/calendars/empty")
            answer = await client.get(f"{other.elasticsearch.url}/_ml/calendars/empty")
    assert answer.status_code == 200


@pytest.mark.anyio
async def test_the_same_seed_gives_new_events_the_same_ids():
    async def ids():
        async with Sandbox(now=lambda: NOW, seed=3) as sandbox:
            key = {"Authorization": sandbox.credentials.elasticsearch_manage}
            url = f"{sandbox.elasticsearch.url}/_ml/calendars/empty/events"
            async with loopback.client(headers=key) as client:
                event = {"description": "a", "start_time": 1, "end_time": 2}
                await client.post(url, json={"events": [event, event]})
                return [event["event_id"] for event in (await client.get(url)).json()["events"]]

    first = await ids()
    assert len(first) == 2
    assert await ids() == first


@pytest.mark.anyio
async def test_graph_throttles_at_the_limits_of_the_sandbox():
    async with Sandbox(now=lambda: NOW, limits=Limits(requests=2)) as sandbox:
        key = {"Authorization": sandbox.credentials.msgraph_app}
        async with loopback.client(headers=key) as client:
            url = f"{sandbox.msgraph.url}/v1.0/users/outages@contoso.com/calendar"
            statuses = [(await client.get(url)).status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
