"""The command `gateway coverage`, as somebody runs it."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.cli import comparison

ROOT = Path(__file__).parent.parent
OUTLOOK, PAYMENTS = "msgraph:users/outages@contoso.com/calendar", "elasticsearch:planned-outages"


def run(*options):
    command = [sys.executable, "-m", "gateway", "coverage", *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture(scope="module")
def week():
    """The first moment of the week that the sandbox's world is made around."""
    today = datetime.now(UTC).date()
    return f"{today.fromordinal(today.toordinal() - today.weekday()).isoformat()}T00:00:00Z"


def test_it_says_what_is_muted_what_is_not_and_what_nobody_announced(week):
    done = run("payments-maintenance", "--from", week, "--days", "5")
    assert done.returncode == comparison.OPEN
    lines = done.stdout.splitlines()
    assert [line for line in lines if line.startswith("ok") and "Upgrade of the payments queue" in line]
    assert [line for line in lines if line.startswith("NOT MUTED") and "Frankfurt" in line]
    assert [line for line in lines if line.startswith("NOT ANNOUNCED") and "Certificate renewal" in line]
    assert lines[-1] == "3 announced and muted, 2 not muted, 1 not announced"


def test_it_says_the_same_in_json_for_programs(week):
    done = run(OUTLOOK, "--suppressed", PAYMENTS, "--from", week, "--days", "5", "--json")
    report = json.loads(done.stdout)
    assert report["isComplete"]
    assert [it["title"] for it in report["announcedOnly"]] == [
        "Network maintenance in Frankfurt",
        "Company holiday",
    ]
    assert [it["title"] for it in report["suppressedOnly"]] == ["Certificate renewal"]
    (first, *_) = report["covered"]
    assert first["certainty"] == "PROBABLE"
    assert (first["drift"], first["gaps"], first["uncovered"]) == ([], [], "PT0S")


def test_all_that_is_announced_may_be_muted(week):
    day = week.replace("T00", "T12")
    done = run("payments-maintenance", "--from", day, "--days", "1")
    assert done.returncode == 0, done.stdout
    assert done.stdout.endswith("1 announced and muted, 0 not muted, 0 not announced\n")


def test_a_name_that_means_nothing_is_not_read_and_not_missing():
    done = run("nowhere")
    assert done.returncode == comparison.INCOMPLETE
    assert done.stdout.splitlines() == [
        "NOT READ       UNKNOWN_ALIAS: There is no alias 'nowhere'.",
        "0 announced and muted, 0 not muted, 0 not announced; not all could be read",
    ]


def test_a_time_that_is_none_is_misuse():
    done = run("payments-maintenance", "--from", "tomorrow")
    assert done.returncode == comparison.MISUSED
    assert "tomorrow" in done.stderr
    assert not done.stdout
