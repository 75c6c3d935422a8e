"""A short run of the soak: two gateways, faults, kills, and clients that repeat. See `scripts/soak`."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LONGEST = 900
"""In seconds: a run that hangs is stopped."""
MODES = (
    "same event",
    "duplicate error",
    "not under concurrency",
    "forgotten at once",
    "forgotten when deleted",
)
PAIRS, CALLS = 130, 50
OPTIONS = f"--pairs {PAIRS} --calls {CALLS} --clients 10 --kill-every 6 --at-once 3 --seed 5"


@pytest.fixture(scope="module")
def run():
    """What a run of all modes says: each kind of pair at one moment on both sides, then faults and kills."""
    return subprocess.run(
        [sys.executable, "scripts/soaking", *OPTIONS.split()],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=False,
    )


@pytest.fixture(scope="module")
def figures(run):
    """The figures of each mode, by their names."""
    _, head, *lines = [line.split("\t") for line in run.stdout.splitlines() if "\t" in line or "seed" in line]
    return {line[0].strip(): dict(zip(head[1:], map(int, line[1:]), strict=True)) for line in lines}


def test_whatever_happens_all_that_was_told_is_so(run):
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize("mode", MODES)
def test_in_each_mode_nothing_is_lost_doubled_or_wrong_though_much_went_wrong(figures, mode):
    said = figures[mode]
    assert (said["pairs"], said["calls"]) == (PAIRS / len(MODES), CALLS / len(MODES))
    assert [said[kind] for kind in ("unsettled", "lost", "duplicated", "wrong")] == [0] * 4
    assert said["kills"] > 0
    assert said["faults"] > 0
    assert said["told"] > 0
    assert said["held"] >= said["pairs"]


def test_clients_had_to_repeat_calls_and_not_only_in_the_end(figures):
    posts, repeats = (sum(said[name] for said in figures.values()) for name in ("posts", "repeats"))
    assert repeats > posts - repeats
