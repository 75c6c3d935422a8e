"""A short run of the soak: two gateways, faults, kills, and clients that repeat. See `scripts/soak`."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

FIGURES = ("calls", "posts", "repeats", "faults", "kills", "held")
ROOT = Path(__file__).parent.parent
LONGEST = 300
"""In seconds: a run that hangs is stopped."""


@pytest.mark.parametrize("mode", ["same event", "not under concurrency"])
def test_whatever_happens_each_event_is_there_once_or_reported(mode: str):
    options = ["--calls", "16", "--clients", "8", "--kill-every", "3", "--seed", "5", "--mode", mode]
    done = subprocess.run(
        [sys.executable, "scripts/soaking", *options],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    figures = dict(zip(FIGURES, numbers(done.stdout), strict=False))
    assert figures["calls"] == 16
    assert figures["repeats"] > 16  # each is made once more in the end, and faults cost some more
    assert figures["faults"] > 0
    assert figures["held"] > 16


def numbers(printed: str) -> list[int]:
    (line,) = [line for line in printed.splitlines() if line.startswith(("same", "not"))]
    return [int(word) for word in line.split() if word.isdigit()]
