"""Many events for one mailbox, through the front: few requests, and never one too many at once."""

import msgspec
import pytest

from gateway.sandbox.faults import Fault

from .conftest import CONFIGURATION

pytestmark = pytest.mark.anyio

HOME = "msgraph:users/outages@contoso.com/calendar"
ADD = """
mutation ($input: AddEventsInput!) {
  addEvents(input: $input) {
    status counts { created planned }
    results { status eventIds event { title } problem { code message } requestIndexes }
    requests { method path status body }
  }
}
"""


def after(_):
    return {"after": "PT30M"}


def instant(hour):
    return {"instant": f"{hour}:30:00Z"}


def call(count, end=after, **values):
    hours = [f"2027-03-{1 + number // 24:02}T{number % 24:02}" for number in range(count)]
    events = [
        {"title": f"Switch {number:03}", "start": {"instant": f"{hour}:00:00Z"}, "end": end(hour)}
        for number, hour in enumerate(hours)
    ]
    return {"input": {"calendars": [HOME], "events": events, **values}}


def answers(front):
    """The status of each answer that Graph gave, those within batches, too."""
    found = []
    for exchange in front.sandbox.msgraph.exchanges:
        found.append(exchange.response.status)
        if exchange.route == "POST /$batch":
            found += [one["status"] for one in msgspec.json.decode(exchange.response.body)["responses"]]
    return found


@pytest.mark.parametrize("end", [after, instant])
async def test_a_hundred_events_take_at_most_seven_requests_and_none_is_refused(front, end):
    gateway = await front()
    payload = (await gateway.ask(ADD, call(100, end)))["addEvents"]
    assert payload["counts"]["created"] == 100
    assert len(gateway.sandbox.msgraph.exchanges) <= 7
    assert answers(gateway).count(201) == 100
    assert 429 not in answers(gateway)
    for row, number in zip(payload["results"], range(100), strict=True):
        (index,) = row["requestIndexes"]
        request = payload["requests"][index]
        sent = [item["body"]["subject"] for item in request["body"]["requests"]]
        assert row["event"]["title"] == f"Switch {number:03}"
        assert row["event"]["title"] in sent
    assert sorted(line["event_ids"] for line in gateway.audit) == sorted(
        row["eventIds"] for row in payload["results"]
    )
    assert len({line["fingerprint"] for line in gateway.audit}) == 100


async def test_a_dry_run_shows_the_batches_that_are_then_sent(front):
    gateway = await front()
    planned = (await gateway.ask(ADD, call(30, dryRun=True)))["addEvents"]
    real = (await gateway.ask(ADD, call(30)))["addEvents"]
    assert (planned["counts"]["planned"], real["counts"]["created"]) == (30, 30)
    assert [row["requestIndexes"] for row in planned["results"]] == [
        row["requestIndexes"] for row in real["results"]
    ]
    for shown, sent in zip(planned["requests"], real["requests"], strict=True):
        assert (shown["method"], shown["path"]) == (sent["method"], sent["path"]) == ("POST", "/v1.0/$batch")
        for one, other in zip(shown["body"]["requests"], sent["body"]["requests"], strict=True):
            assert one["body"].pop("transactionId") == "<assigned>"
            assert other["body"].pop("transactionId") != "<assigned>"
            assert one == other


async def test_a_replica_that_has_a_part_of_the_places_sends_no_batches(front):
    gateway = await front(CONFIGURATION.replace("mailboxes", "requests_per_mailbox = 1\nmailboxes"))
    payload = (await gateway.ask(ADD, call(7)))["addEvents"]
    assert payload["counts"]["created"] == 7
    assert {request["path"] for request in payload["requests"]} == {
        "/v1.0/users/outages%40contoso.com/calendar/events"
    }
    assert answers(gateway) == [201] * 7


async def test_a_batch_that_was_put_off_is_shown_with_all_its_attempts(front):
    gateway = await front()
    gateway.sandbox.msgraph.faults.add("POST /$batch", Fault(status=503, retry_after="1.5"), calls=(1,))
    payload = (await gateway.ask(ADD, call(8)))["addEvents"]
    assert [request["status"] for request in payload["requests"]] == [503, 200]
    assert {tuple(row["requestIndexes"]) for row in payload["results"]} == {(0, 1)}
    assert {row["status"] for row in payload["results"]} == {"CREATED"}
