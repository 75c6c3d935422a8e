"""The command `gateway coverage`, as somebody runs it."""

from datetime import UTC, datetime

import pytest

from gateway.cli import comparison
from tests.command_line import run

OUTLOOK, PAYMENTS = "msgraph:users/outages@contoso.com/calendar", "elasticsearch:planned-outages"


@pytest.fixture(scope="module")
def week():
    """The first moment of the week that the sandbox's world is made around."""
    today = datetime.now(UTC).date()
    return f"{today.fromordinal(today.toordinal() - today.weekday()).isoformat()}T00:00:00Z"


def test_it_says_what_is_muted_what_is_not_and_what_nobody_announced(week):
    done = run("coverage", "payments-maintenance", "--from", week, "--days", "5")
    assert done.code == comparison.OPEN
    lines = done.text.splitlines()
    assert [line for line in lines if line.startswith("ok") and "Upgrade of the payments queue" in line]
    assert [line for line in lines if line.startswith("NOT MUTED") and "Frankfurt" in line]
    assert [line for line in lines if line.startswith("NOT ANNOUNCED") and "Certificate renewal" in line]
    assert lines[-1] == "3 announced and muted, 2 not muted, 1 not announced"


def test_it_says_the_same_in_json_for_programs(week):
    done = run("coverage", OUTLOOK, "--suppressed", PAYMENTS, "--from", week, "--days", "5", "--json")
    report = done.json
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
    done = run("coverage", "payments-maintenance", "--from", day, "--days", "1")
    assert done.code == 0, done.text
    assert done.text.endswith("1 announced and muted, 0 not muted, 0 not announced\n")


def test_a_name_that_means_nothing_is_not_read_and_not_missing():
    done = run("coverage", "nowhere")
    assert done.code == comparison.INCOMPLETE
    assert done.text.splitlines() == [
        "NOT READ       UNKNOWN_ALIAS: There is no alias 'nowhere'.",
        "0 announced and muted, 0 not muted, 0 not announced; not all could be read",
    ]


def test_a_time_that_is_none_is_misuse():
    done = run("coverage", "payments-maintenance", "--from", "tomorrow")
    assert done.code == comparison.MISUSED
    assert "tomorrow" in done.complaint
    assert not done.text
