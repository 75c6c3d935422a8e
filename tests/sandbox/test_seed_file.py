"""A world in a file of its own: read as written, or refused with the place in the file."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from gateway.sandbox import Sandbox, seed, seed_file
from gateway.sandbox.errors import SandboxError
from gateway.sandbox.setup import Setup
from tests import loopback

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "sandbox.md"
NOW = datetime(2026, 11, 18, 15, 30, 12, tzinfo=UTC)
USER = {
    "id": "00000000-0000-0000-0000-000000000001",
    "upn": "ops@fabrikam.com",
    "mail": "ops@fabrikam.com",
    "display_name": "Operations",
    "calendars": [{"id": "AAMkCalendar", "name": "Calendar", "is_default": True}],
    "events": [
        {
            "id": "AAMkEvent000",
            "calendar_id": "AAMkCalendar",
            "body": {
                "subject": "Move",
                "start": {"dateTime": "2026-11-19T10:00:00", "timeZone": "UTC"},
                "end": {"dateTime": "2026-11-19T11:00:00", "timeZone": "UTC"},
            },
        }
    ],
}
EVENT = {
    "id": "e1",
    "description": "Move",
    "start": "2026-11-19T10:00:00Z",
    "end": "2026-11-19T11:00:00Z",
}
GROUP = {"id": "8a4b6e0f-7d55-4f0e-9a51-5b1c3d2e7f66", "display_name": "SRE", "mail": "sre@fabrikam.com"}
WORLD = {
    "elasticsearch": {
        "calendars": [{"id": "moves", "job_ids": ["traffic"], "events": [EVENT]}],
        "jobs": [{"id": "traffic", "bucket_span": "15m", "latest_record": "2026-11-18T10:00:00Z"}],
    },
    "msgraph": {"users": [USER]},
}


@pytest.fixture
def world(tmp_path):
    """Writes a world to a file and reads it, after one change of it at a path such as `a.0.b`."""

    def read(path="", value=None):
        copy = json.loads(json.dumps(WORLD))
        *outer, last = path.split(".")
        place = copy
        for step in outer:
            place = place[int(step) if step.isdigit() else step]
        if last:
            place[last] = value
        file = tmp_path / "world.json"
        file.write_text(json.dumps(copy))
        return seed_file.read(file)

    return read


@pytest.mark.anyio
async def test_both_upstreams_begin_with_the_world_of_the_file(world):
    async with Sandbox(now=lambda: NOW, world=world()) as sandbox, loopback.client() as client:
        known = sandbox.credentials
        ml = await client.get(
            f"{sandbox.elasticsearch.url}/_ml/calendars/moves/events",
            headers={"Authorization": known.elasticsearch_monitor},
        )
        graph = await client.get(
            f"{sandbox.msgraph.url}/v1.0/me/events",
            headers={"Authorization": known.msgraph_users["ops@fabrikam.com"]},
        )
    assert [event["description"] for event in ml.json()["events"]] == ["Move"]
    assert [event["subject"] for event in graph.json()["value"]] == ["Move"]


@pytest.mark.anyio
async def test_the_example_of_the_documentation_is_a_world(tmp_path):
    (example,) = re.findall(r"```json\n(.*?)```", PAGE.read_text(), re.DOTALL)
    file = tmp_path / "world.json"
    file.write_text(example)
    async with Sandbox(now=lambda: NOW, world=seed_file.read(file)) as sandbox:
        assert list(sandbox.credentials.msgraph_users) == ["outages@fabrikam.com"]


def test_the_seed_world_itself_can_be_a_file(tmp_path):
    file, ours = tmp_path / "world.json", seed.world(NOW)
    file.write_bytes(msgspec.json.encode(ours))
    read, ours = seed_file.read(file), Setup.of(ours)
    assert read.msgraph == ours.msgraph
    assert (read.elasticsearch.calendars, read.elasticsearch.jobs) == (
        ours.elasticsearch.calendars,
        ours.elasticsearch.jobs,
    )


@pytest.mark.parametrize(
    ("path", "value", "complaint"),
    [
        ("elastic", {}, "unknown field `elastic`"),
        ("elasticsearch.jobs.0.span", "1h", r"unknown field `span` - at `\$\.elasticsearch\.jobs\[0\]`"),
        ("elasticsearch.calendars.0.id", 7, r"got `int` - at `\$\.elasticsearch\.calendars\[0\]\.id`"),
        (
            "elasticsearch.calendars.0.events.0.end",
            "2026-11-19T10:00:00Z",
            r"must end after its start - at `\$\.elasticsearch\.calendars\[0\]\.events\[0\]`",
        ),
        (
            "elasticsearch.calendars.0.events.0.start",
            "2026-11-19T10:00:00",
            r"timezone.* - at `\$\.elasticsearch\.calendars\[0\]\.events\[0\]\.start`",
        ),
        ("msgraph.users.0.calendars", [], r"one of them is the default - at `\$\.msgraph\.users\[0\]`"),
        (
            "msgraph.users.0.events.0.calendar_id",
            "AAMkOther",
            r"AAMkEvent000 .* not there - at `\$\.msgraph\.users\[0\]`",
        ),
        (
            "elasticsearch.calendars.0.id",
            "Moves",
            r"matching regex .* - at `\$\.elasticsearch\.calendars\[0\]\.id`",
        ),
        (
            "elasticsearch.calendars.0.id",
            "m" * 65,
            r"length <= 64 - at `\$\.elasticsearch\.calendars\[0\]\.id`",
        ),
        (
            "elasticsearch.calendars",
            [{"id": "moves"}, {"id": "moves"}],
            r"the calendar moves is there 2 times - at `\$\.elasticsearch`",
        ),
        (
            "elasticsearch.calendars",
            [{"id": "one", "events": [EVENT]}, {"id": "other", "events": [EVENT]}],
            r"the event e1 is there 2 times - at `\$\.elasticsearch`",
        ),
        (
            "msgraph.users.0.calendars",
            [*USER["calendars"], {"id": "AAMkCalendar", "name": "Other"}],
            r"the calendar AAMkCalendar is there 2 times - at `\$\.msgraph\.users\[0\]`",
        ),
        ("msgraph.users", [USER, USER], r"the id 0+-.*1 is there 2 times - at `\$\.msgraph`"),
        (
            "msgraph.users",
            [USER, USER | {"id": "other", "upn": "OPS@fabrikam.com"}],
            r"the user ops@fabrikam\.com is there 2 times - at `\$\.msgraph`",
        ),
        (
            "msgraph.groups",
            [GROUP | {"members": ["nobody"]}],
            r"the member nobody of SRE is no user's id - at `\$\.msgraph`",
        ),
    ],
)
def test_a_mistake_is_named_with_its_place(world, path, value, complaint):
    with pytest.raises(SandboxError, match=rf"world\.json: .*{complaint}"):
        world(path, value)


@pytest.mark.anyio
async def test_the_upstreams_behave_as_the_file_says(world):
    setup = world("msgraph.unknowns", {"location_header": True, "transaction_memory": "PT5M"})
    async with Sandbox(now=lambda: NOW, world=setup) as sandbox, loopback.client() as client:
        made = await client.post(
            f"{sandbox.msgraph.url}/v1.0/me/events",
            headers={"Authorization": sandbox.credentials.msgraph_users["ops@fabrikam.com"]},
            json=USER["events"][0]["body"],
        )
    assert "location" in made.headers
    assert sandbox.msgraph.emulator.unknowns.transaction_memory == timedelta(minutes=5)


@pytest.mark.anyio
async def test_the_cluster_behaves_as_the_file_says(world):
    setup = world("elasticsearch.unknowns", {"naive_times": "REFUSED"})
    naive = {"description": "a", "start_time": "2026-01-01T00:00:00", "end_time": 1795015680000}
    async with Sandbox(now=lambda: NOW, world=setup) as sandbox, loopback.client() as client:
        answer = await client.post(
            f"{sandbox.elasticsearch.url}/_ml/calendars/moves/events",
            headers={"Authorization": sandbox.credentials.elasticsearch_manage},
            json={"events": [naive]},
        )
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("path", "value", "complaint"),
    [
        (
            "msgraph.unknowns",
            {"post_zone": "LOCAL"},
            r"'LOCAL' - at `\$\.msgraph\.unknowns\.post_zone`, which may be AS_SENT, UTC$",
        ),
        (
            "msgraph.unknowns",
            {"transaction_memory": "5 min"},
            r"unknowns\.transaction_memory`, which may be a duration such as PT5M, null$",
        ),
        ("msgraph.unknowns", {"location_header": 1}, r"location_header`, which may be true, false$"),
        ("msgraph.unknowns", {"subject_length": "x"}, r"subject_length`, which may be a number, null$"),
        ("msgraph.unknowns", {"default_body_type": "rtf"}, r"body_type`, which may be text, html$"),
        (
            "msgraph.limits",
            {"retry": 1},
            r"unknown field `retry` - at `\$\.msgraph\.limits`, which has concurrent, requests, ",
        ),
        (
            "elasticsearch.unknowns",
            {"ties": None},
            r"`\$\.elasticsearch\.unknowns\.ties`, which may be AS_INDEXED, CHANGING$",
        ),
    ],
)
def test_a_switch_that_cannot_be_so_is_named_with_what_it_may_be(world, path, value, complaint):
    with pytest.raises(SandboxError, match=rf"world\.json: .*{complaint}"):
        world(path, value)


def test_every_switch_and_limit_can_be_written_as_it_is_read():
    setup = Setup.of(seed.world(NOW))
    assert msgspec.json.decode(msgspec.json.encode(setup), type=Setup) == setup


def test_an_event_that_graph_would_refuse_is_named_with_its_place(world):
    body = USER["events"][0]["body"] | {"start": {"dateTime": "2026-11-19T10:00:00", "timeZone": "Mars"}}
    with pytest.raises(SandboxError, match=r"AAMkEvent000: .* - at `\$\.msgraph\.users\[0\]\.events\[0\]`"):
        Sandbox(now=lambda: NOW, world=world("msgraph.users.0.events.0.body", body))


def test_a_file_that_is_no_json_or_is_not_there_is_named(tmp_path):
    file = tmp_path / "world.json"
    with pytest.raises(SandboxError, match=r"world\.json cannot be read: No such file"):
        seed_file.read(file)
    file.write_text('{"elasticsearch": ')
    with pytest.raises(SandboxError, match=r"world\.json: Input data was truncated"):
        seed_file.read(file)
