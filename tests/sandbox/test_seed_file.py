"""A world in a file of its own: read as written, or refused with the place in the file."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import msgspec
import pytest

from gateway.sandbox import Sandbox, seed, seed_file
from gateway.sandbox.errors import SandboxError

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
    async with Sandbox(now=lambda: NOW, world=world()) as sandbox, httpx2.AsyncClient() as client:
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
    read = seed_file.read(file)
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
