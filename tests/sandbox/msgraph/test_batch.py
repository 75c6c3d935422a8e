"""Batches: each item by itself, in sequence or all at once."""

import pytest

from .conftest import LUNCH, as_alice

JSON = {"Content-Type": "application/json"}
CREATE = {"method": "POST", "url": "/me/events", "headers": JSON, "body": LUNCH}
READ = {"method": "GET", "url": "me/calendar?$select=name"}


def batch(client, *items, **more):
    requests = [{"id": str(number), **item} for number, item in enumerate(items)]
    found = client.post("/$batch", {"requests": requests}, **more)
    if found.status != 200:
        return found
    return {item["id"]: item for item in found.body["responses"]}


def test_each_item_of_a_batch_is_answered_by_itself(alice):
    found = batch(alice, CREATE, READ, {"method": "GET", "url": "/me/events/not.an.id"})
    assert {name: item["status"] for name, item in found.items()} == {"0": 201, "1": 200, "2": 400}
    assert found["0"]["body"]["subject"] == "Lunch"
    assert found["1"]["body"]["name"] == "Calendar"
    assert found["2"]["body"]["error"]["code"] == "ErrorInvalidIdMalformed"


def test_items_are_answered_in_no_certain_order(alice):
    found = alice.post("/$batch", {"requests": [{"id": "a", **READ}, {"id": "b", **READ}]})
    assert [item["id"] for item in found.body["responses"]] == ["b", "a"]


def test_an_item_without_content_has_no_body(alice):
    made = alice.post("/me/events", LUNCH).body["id"]
    item = batch(alice, {"method": "DELETE", "url": f"/me/events/{made}"})["0"]
    assert item["status"] == 204
    assert "body" not in item


def test_absolute_addresses_are_understood(alice):
    url = "https://graph.microsoft.com/v1.0/me/calendar?$select=name"
    assert batch(alice, {"method": "GET", "url": url})["0"]["body"]["name"] == "Calendar"


def test_an_item_has_its_own_preferences(emulate):
    events = {"method": "GET", "url": "/me/events?$select=start"}
    tokyo = 'outlook.timezone="Tokyo Standard Time"'

    def zone(client, **more):
        return batch(client, {**events, **more}, prefer=tokyo)["0"]["body"]["value"][0]["start"]["timeZone"]

    assert zone(as_alice(emulate())) == "UTC"
    assert zone(as_alice(emulate()), headers={"Prefer": tokyo}) == "Tokyo Standard Time"
    assert zone(as_alice(emulate(batch_inherits_prefer=True))) == "Tokyo Standard Time"


def test_what_depends_on_a_failure_is_not_done(alice):
    missing = {"method": "GET", "url": "/me/events/AAMkAAAA"}
    found = batch(alice, missing, {**CREATE, "dependsOn": ["0"]}, {**CREATE, "dependsOn": ["1"]})
    assert [found[name]["status"] for name in "012"] == [404, 424, 424]
    assert "Lunch" not in alice.get("/me/events").subjects


def test_a_sequence_is_done_in_order(alice):
    found = batch(alice, CREATE, {**READ, "dependsOn": ["0"]}, {**READ, "dependsOn": ["1"]})
    assert {item["status"] for item in found.values()} == {200, 201}


@pytest.mark.parametrize(
    ("items", "text"),
    [
        ([READ] * 21, "Number of batch request steps exceeds the maximum value of 20."),
        ([], "Invalid batch payload format."),
        ([{**READ, "id": "a"}, {**READ, "id": "A"}], "Invalid batch payload format."),
        (
            [READ, READ, {**READ, "dependsOn": ["0"]}],
            "Batch should be either fully sequential or fully parallel.",
        ),
        ([{**READ, "dependsOn": ["1"]}, READ], "Invalid dependency for request Id: 0"),
    ],
)
def test_a_malformed_batch_is_refused_as_a_whole(alice, items, text):
    found = batch(alice, *items)
    assert (found.status, found.message) == (400, text)


def test_batches_do_not_nest(alice):
    nested = {"method": "POST", "url": "/$batch", "headers": JSON, "body": {"requests": []}}
    assert batch(alice, nested)["0"]["status"] == 400


def test_a_body_needs_its_content_type(alice):
    item = {name: CREATE[name] for name in ("method", "url", "body")}
    assert batch(alice, item)["0"]["body"]["error"]["code"] == "RequestBodyRead"


def test_lost_items_are_counted_within_the_batch(alice):
    found = batch(alice, CREATE, CREATE, lose=frozenset({1}))
    assert {item["status"] for item in found.values()} == {201}
    assert alice.get("/me/events").subjects.count("Lunch") == 1


def test_items_of_a_batch_may_count_as_running_at_once(emulate):
    found = batch(as_alice(emulate(batch_exceeds_concurrency=True)), *[READ] * 5)
    assert [found[name]["status"] for name in "01234"] == [200, 200, 200, 200, 429]
    assert found["4"]["body"]["error"]["code"] == "ApplicationThrottled"
