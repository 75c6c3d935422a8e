"""`gateway reconcile`, as cron or somebody at a shell runs it."""

import json
import sys
from pathlib import Path
from typing import Any

import anyio
import pytest

from gateway.cli.comparison import INCOMPLETE, MISUSED, OPEN
from gateway.sandbox.faults import Fault

from .test_keys import BOTH, ML, OUTLOOK, copies, remove, update
from .test_reconcile import KEY, announce, mutes

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parent.parent.parent
FEBRUARY = ("--from", "2027-02-01T00:00:00Z")


class Ran:
    """What a command printed, and its exit code."""

    def __init__(self, code: int, printed: bytes, complained: bytes) -> None:
        self.code = code
        self.text = printed.decode()
        self.complaint = complained.decode()

    @property
    def json(self) -> dict[str, Any]:
        return json.loads(self.text)

    @property
    def statuses(self) -> list[str]:
        return [row["status"] for row in self.json["results"]]


@pytest.fixture
def run(tmp_path: Path) -> Any:
    """Runs a command with the configuration of the last front that was made."""

    async def run(*words: str) -> Ran:
        command = [sys.executable, "-m", "gateway", *words, "--config", str(tmp_path / "gateway.toml")]
        with anyio.fail_after(60):
            done = await anyio.run_process(command, cwd=ROOT, check=False)
        return Ran(done.returncode, done.stdout, done.stderr)

    return run


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
    assert (again.code, again.statuses) == (0, ["UNCHANGED"])


async def test_reconcile_exits_with_what_kept_it_from_being_done(front: Any, run: Any) -> None:
    gateway = await front()
    await announce(gateway)
    await update(gateway, copies(OUTLOOK), set={"title": "Other"})
    limited = await run("reconcile", OUTLOOK, "--suppressed", ML, *FEBRUARY, "--max-changes", "0", "--apply")
    assert limited.code == OPEN
    assert "TOO_MANY" in limited.text
    gateway.sandbox.msgraph.faults.add("GET *", Fault(status=403))
    unread = await run("reconcile", BOTH, *FEBRUARY, "--apply", "--json")
    assert (unread.code, unread.json["isComplete"], unread.statuses) == (INCOMPLETE, False, ["FAILED"])
    for words in (["nowhere"], [BOTH, "--from", "tomorrow"]):
        assert (await run("reconcile", *words)).code == MISUSED
    assert [title for *_, title in await mutes(gateway)] == ["Upgrade"]
