"""`gateway reconcile`, `gateway extend` and `gateway end`, as cron or somebody at a shell runs them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.cli.comparison import INCOMPLETE, MISUSED, OPEN
from gateway.cli.ending import duration_of
from gateway.errors import InvalidTime
from gateway.model.time import parse_instant, to_rfc3339
from gateway.sandbox.faults import Fault
from tests.command_line import Ran, run_beside

from .conftest import CONFIGURATION
from .test_keys import BOTH, ML, OUTLOOK, copies, remove, update
from .test_reconcile import AWAY, KEY, announce, move_away, mutes, paste

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parent.parent.parent
ENDS = """query ($key: String!, $calendars: [ID!]!) {
  calendarEventsByKey(key: $key, calendars: $calendars) { end { instant } }
}"""
FEBRUARY = ("--from", "2027-02-01T00:00:00Z")


@pytest.fixture
def run(tmp_path: Path) -> Any:
    """Runs a command with the configuration of the last front that was made."""

    async def run(*words: str) -> Ran:
        return await run_beside(*words, "--config", tmp_path / "gateway.toml")

    return run


def statuses(ran: Ran) -> list[str]:
    return [row["status"] for row in ran.json["results"]]


async def test_reconcile_says_what_it_would_do_and_does_it_when_told(front: Any, run: Any) -> None:
    gateway = await front()
    await announce(gateway)
    await announce(gateway, key="GONE", title="Called off")
    await remove(gateway, copies(OUTLOOK, key="GONE"))
    await update(gateway, copies(OUTLOOK), set={"end": {"after": "PT3H"}})
    planned = await run("reconcile", BOTH, *FEBRUARY)
    assert planned.code == OPEN
    assert planned.text.splitlines() == [
        "TO CHANGE      2027-02-01T21:00:00Z – 2027-02-02T00:00:00Z  Upgrade [CHG-4711]",
        f"               in {ML}",
        "               end: announced 2027-02-02T00:00:00Z, muted 2027-02-01T23:00:00Z",
        "TO REMOVE      2027-02-01T21:00:00Z – 2027-02-01T23:00:00Z  Called off [GONE]",
        f"               in {ML}",
        "               Nothing announces it any more: its mutes go.",
        "2 planned",
    ]
    assert len(await mutes(gateway)) == 2
    done = await run("reconcile", BOTH, *FEBRUARY, "--apply")
    assert done.code == 0, done.text
    assert done.text.splitlines()[-1] == "1 updated, 1 deleted"
    assert await mutes(gateway) == [("02-01T21:00", "02-02T00:00", "Upgrade")]
    assert {(line["action"], line["key"]) for line in gateway.audit[-2:]} == {
        ("add", KEY),
        ("remove", "GONE"),
    }
    again = await run("reconcile", BOTH, *FEBRUARY, "--apply", "--json")
    assert (again.code, statuses(again)) == (0, ["UNCHANGED"])


@pytest.mark.parametrize("command", ["reconcile", "coverage"])
async def test_what_strangers_wrote_does_not_steer_a_terminal(front: Any, run: Any, command: str) -> None:
    gateway = await front()
    await announce(gateway)
    await update(gateway, copies(OUTLOOK), set={"title": "Other\x1b[2J\x9b2J\u202e"})
    ran = await run(command, BOTH, *FEBRUARY)
    assert "title: announced Other" in ran.text
    assert all(line.isprintable() for line in ran.text.splitlines())


async def test_reconcile_exits_with_what_kept_it_from_being_done(front: Any, run: Any) -> None:
    gateway = await front()
    await announce(gateway)
    await update(gateway, copies(OUTLOOK), set={"title": "Other"})
    limited = await run("reconcile", OUTLOOK, "--suppressed", ML, *FEBRUARY, "--max-changes", "0", "--apply")
    assert limited.code == OPEN
    assert "TOO_MANY" in limited.text
    gateway.sandbox.msgraph.faults.add("GET *", Fault(status=403))
    unread = await run("reconcile", BOTH, *FEBRUARY, "--apply", "--json")
    assert (unread.code, unread.json["isComplete"], statuses(unread)) == (INCOMPLETE, False, ["FAILED"])
    for words in (["nowhere"], [BOTH, "--from", "tomorrow"]):
        assert (await run("reconcile", *words)).code == MISUSED
    assert [title for *_, title in await mutes(gateway)] == ["Upgrade"]


async def test_extend_lets_all_copies_end_later_than_planned(front: Any, run: Any) -> None:
    gateway = await front()
    await announce(gateway)
    planned = await run("extend", KEY, "30m", "--in", BOTH, "--dry-run", "--json")
    assert (planned.code, statuses(planned)) == (OPEN, ["PLANNED", "PLANNED"])
    assert planned.json["end"] == "2027-02-01T23:30:00Z"
    done = await run("extend", KEY, "30m", "--in", BOTH)
    assert (done.code, done.text.splitlines()[0]) == (0, "CHG-4711 is to end at 2027-02-01T23:30:00Z.")
    assert await ends(gateway) == ["2027-02-01T23:30:00Z"] * 2
    await run("extend", KEY, "PT1H", "--in", OUTLOOK, "--in", ML)
    assert await ends(gateway) == ["2027-02-02T00:30:00Z"] * 2


async def test_a_copy_that_was_extended_already_is_not_extended_again_for_another_ones_sake(
    front: Any, run: Any
) -> None:
    gateway = await front()
    await announce(gateway)
    gateway.sandbox.msgraph.faults.add("PATCH *", Fault(status=403))
    failed = await run("extend", KEY, "30m", "--in", BOTH, "--json")
    assert (failed.code, statuses(failed)) == (OPEN, ["FAILED", "UPDATED"])
    gateway.sandbox.msgraph.faults.clear()
    again = await run("extend", KEY, "30m", "--in", BOTH, "--json")
    assert (again.code, statuses(again)) == (0, ["UPDATED", "UNCHANGED"])
    assert await ends(gateway) == ["2027-02-01T23:30:00Z"] * 2


async def test_a_mute_is_extended_where_two_announcements_bear_its_key_which_stay_as_they_are(
    front: Any, run: Any
) -> None:
    gateway = await front()
    await announce(gateway)
    await paste(gateway)
    done = await run("extend", KEY, "30m", "--in", BOTH, "--json")
    assert (done.code, statuses(done)) == (OPEN, ["CONFLICT", "UPDATED"])
    assert done.json["results"][0]["problem"]["code"] == "AMBIGUOUS_KEY"
    assert await mutes(gateway) == [("02-01T21:00", "02-01T23:30", "Upgrade")]


@pytest.mark.parametrize("words", [["extend", KEY, "30m"], ["end", KEY]])
async def test_a_copy_whose_key_is_in_another_case_is_a_conflict_and_stays_as_it_is(
    front: Any, run: Any, words: list[str]
) -> None:
    gateway = await front()
    under_way = around(datetime.now(UTC).replace(microsecond=0))
    await announce(gateway, OUTLOOK, **under_way)
    await announce(gateway, ML, key=KEY.lower(), **under_way)
    before = await mutes(gateway)
    done = await run(*words, "--in", BOTH, "--json")
    assert (done.code, statuses(done)) == (OPEN, ["UPDATED", "CONFLICT"])
    assert done.json["isComplete"]
    assert f"bears it as {KEY.lower()}" in done.json["results"][1]["problem"]["message"]
    assert await mutes(gateway) == before


@pytest.mark.parametrize("words", [["extend", KEY, "30m"], ["end", KEY]])
async def test_a_copy_that_was_moved_to_another_calendar_of_its_mailbox_is_told_and_not_taken_for_none(
    front: Any, run: Any, words: list[str]
) -> None:
    gateway = await front()
    under_way = around(datetime.now(UTC).replace(microsecond=0))
    await announce(gateway, **under_way)
    move_away(gateway)
    done = await run(*words, "--in", BOTH, "--json")
    assert (done.code, statuses(done)) == (OPEN, ["FAILED", "UPDATED"])
    assert done.json["results"][0]["problem"]["code"] == "MOVED"
    gateway.sandbox.msgraph.faults.add("GET /{mailbox}/calendars", Fault(status=403))
    unlisted = await run("extend", KEY, "30m", "--in", BOTH, "--json")
    assert (unlisted.code, statuses(unlisted)) == (INCOMPLETE, ["FAILED", "UPDATED"])
    assert unlisted.json["results"][0]["problem"]["code"] == "FORBIDDEN"


async def test_reconcile_names_a_mute_whose_key_is_in_another_case(front: Any, run: Any) -> None:
    gateway = await front()
    await announce(gateway, OUTLOOK)
    (muted,) = await announce(gateway, ML, key=KEY.lower(), start=AWAY)
    ran = await run("reconcile", BOTH, *FEBRUARY, "--apply")
    assert ran.code == OPEN
    assert ran.text.splitlines()[:2] == ["CONFLICT       [CHG-4711]", f"               in {ML}"]
    assert muted["eventId"] in ran.text


async def test_end_lets_all_copies_of_what_is_under_way_end_now(front: Any, run: Any) -> None:
    gateway = await front()
    before = datetime.now(UTC).replace(microsecond=0)
    await announce(gateway, **around(before))
    done = await run("end", KEY, "--in", BOTH, "--json")
    assert (done.code, statuses(done)) == (0, ["UPDATED", "UPDATED"])
    outlook, muted = await ends(gateway)
    assert outlook == muted == done.json["end"]
    assert before <= parse_instant(muted) <= datetime.now(UTC)
    again = await run("end", KEY, "--in", BOTH, "--json")
    assert (again.code, statuses(again)) == (0, ["UNCHANGED", "UNCHANGED"])


async def test_what_has_not_begun_cannot_end_and_what_is_nowhere_is_not_found(front: Any, run: Any) -> None:
    gateway = await front()
    await announce(gateway)
    early = await run("end", KEY, "--in", BOTH, "--json")
    assert (early.code, statuses(early)) == (OPEN, ["FAILED", "FAILED"])
    assert {row["problem"]["code"] for row in early.json["results"]} == {"INVALID_TIME"}
    missing = await run("extend", "NONE", "30m", "--in", ML)
    assert missing.code == OPEN
    assert "NOT_FOUND" in missing.text
    assert await ends(gateway) == ["2027-02-01T23:00:00Z"] * 2


async def test_a_calendar_that_cannot_be_read_makes_the_answer_incomplete_and_costs_no_other(
    front: Any, run: Any
) -> None:
    gateway = await front()
    await announce(gateway)
    gateway.sandbox.msgraph.faults.add("GET *", Fault(status=403))
    done = await run("extend", KEY, "30m", "--in", BOTH, "--json")
    assert (done.code, done.json["isComplete"]) == (INCOMPLETE, False)
    assert statuses(done) == ["FAILED", "UPDATED"]
    gateway.sandbox.msgraph.faults.clear()
    assert await ends(gateway) == ["2027-02-01T23:00:00Z", "2027-02-01T23:30:00Z"]


@pytest.mark.parametrize(
    "values",
    [
        {"recurrence": {"rule": "FREQ=DAILY;COUNT=3"}},
        {
            "start": {"allDay": {"date": "2027-02-01", "timeZone": "Europe/Berlin"}},
            "end": {"allDay": "2027-02-02"},
        },
    ],
)
async def test_a_series_and_whole_days_are_refused_as_a_whole(
    front: Any, run: Any, values: dict[str, Any]
) -> None:
    gateway = await front()
    await announce(gateway, **values)
    there = await ends(gateway)
    done = await run("extend", KEY, "30m", "--in", BOTH)
    assert done.code == MISUSED
    assert "UNSUPPORTED" in done.complaint
    assert await ends(gateway) == there


async def test_a_read_only_source_can_be_tried(front: Any, run: Any) -> None:
    gateway = await front()
    await announce(gateway)
    await front(CONFIGURATION.replace('mode = "write"', 'mode = "read"'))
    tried = await run("extend", KEY, "30m", "--in", BOTH, "--dry-run", "--json")
    assert statuses(tried) == ["PLANNED", "PLANNED"]
    real = await run("extend", KEY, "30m", "--in", BOTH, "--json")
    assert {row["problem"]["code"] for row in real.json["results"]} == {"READ_ONLY_SOURCE"}


@pytest.mark.parametrize(
    "words", [["extend", KEY, "soon"], ["extend", KEY, "0m"], ["extend", "no key", "1h"]]
)
async def test_what_cannot_be_meant_is_misuse(front: Any, run: Any, words: list[str]) -> None:
    await front()
    done = await run(*words, "--in", BOTH)
    assert done.code == MISUSED
    assert done.complaint


@pytest.mark.parametrize(
    ("text", "length"),
    [("30m", 1800), ("1h30m", 5400), ("90s", 90), ("PT30M", 1800), ("2h", 7200), ("P1D", 86400)],
)
def test_a_length_is_written_as_people_do_or_in_iso_8601(text: str, length: int) -> None:
    assert duration_of(text).longest == timedelta(seconds=length)


@pytest.mark.parametrize("text", ["", "30", "m", "30min", "-5m", "1.5h"])
def test_what_is_no_length_is_refused(text: str) -> None:
    with pytest.raises(InvalidTime):
        duration_of(text)


def around(now: datetime) -> dict[str, Any]:
    """An hour on either side."""
    hour = timedelta(hours=1)
    return {"start": {"instant": to_rfc3339(now - hour)}, "end": {"instant": to_rfc3339(now + hour)}}


async def ends(gateway: Any) -> list[str]:
    """When the copies end: what is announced, and the mutes after it."""
    found = [await gateway.ask(ENDS, {"key": KEY, "calendars": [calendar]}) for calendar in (OUTLOOK, ML)]
    return [event["end"]["instant"] for data in found for event in data["calendarEventsByKey"]]
