"""Clusters before 8.16, which know no flags, through the whole application."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from gateway.sandbox import Sandbox

from .conftest import NOW

pytestmark = pytest.mark.anyio

ROWS = "status results { status eventIds problem { code message } warnings { code field } }"
ADD = f"mutation ($input: AddEventsInput!) {{ addEvents(input: $input) {{ {ROWS} }} }}"
UPDATE = f"mutation ($input: UpdateEventsInput!) {{ updateEvents(input: $input) {{ {ROWS} }} }}"
ML = "elasticsearch:planned-outages"
SPAN = {"start": {"instant": "2026-11-20T21:00:00Z"}, "end": {"after": "PT2H"}}
SHIFTED = {"title": "Clocks", **SPAN, "elasticsearch": {"skipResult": True, "forceTimeShift": 3600}}


@pytest.fixture(params=["7.17.29", "8.15.5"])
async def sandbox(request: Any) -> AsyncIterator[Sandbox]:
    async with Sandbox(now=lambda: NOW, elasticsearch_version=request.param) as sandbox:
        yield sandbox


async def add(gateway: Any, *events: dict[str, Any], **rest: Any) -> dict[str, Any]:
    given = {"calendars": [ML], "events": list(events), **rest}
    return (await gateway.ask(ADD, {"input": given}))["addEvents"]


async def test_a_flag_is_left_out_with_a_warning_and_the_event_is_written(front: Any) -> None:
    gateway = await front()
    (row,) = (await add(gateway, SHIFTED))["results"]
    assert row["status"] == "CREATED"
    assert row["warnings"] == [{"code": "NOT_HELD", "field": "elasticsearch.forceTimeShift"}]
    (post,) = gateway.seen("elasticsearch")
    assert json.loads(post.body)["events"] == [
        {"description": "Clocks", "start_time": 1795208400000, "end_time": 1795215600000}
    ]


async def test_or_the_event_is_refused_where_the_caller_wants_no_loss(front: Any) -> None:
    gateway = await front()
    plain = {"title": "Plain", **SPAN, "elasticsearch": {"skipResult": True, "skipModelUpdate": True}}
    refused, written = (await add(gateway, SHIFTED, plain, onLoss="REJECT"))["results"]
    assert (refused["status"], refused["problem"]["code"]) == ("FAILED", "LOSS_REFUSED")
    assert "elasticsearch.forceTimeShift" in refused["problem"]["message"]
    assert (written["status"], written["warnings"]) == ("CREATED", [])
    changes = [{"target": {"id": written["eventIds"][0]}, "set": {"elasticsearch": {"skipResult": False}}}]
    answer = await gateway.ask(UPDATE, {"input": {"changes": changes, "onLoss": "REJECT"}})
    (row,) = answer["updateEvents"]["results"]
    assert row["problem"]["code"] == "LOSS_REFUSED"
    assert len(gateway.seen("elasticsearch")) == 1
