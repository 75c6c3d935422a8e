"""That the benchmark asks for what the gateway does, and gets it. What that takes is looked at elsewhere."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LONGEST = 300
"""In seconds: a run that hangs is stopped."""


@pytest.mark.skipif(sys.platform != "linux", reason="CPU time is read from /proc")
def test_every_workload_is_done_as_it_is_asked_by_all_clients_and_has_a_figure():
    ran = subprocess.run(
        [sys.executable, "-P", "benchmarks", "--against", "", "--rounds", "1", "--seconds", "0"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    head, _, figures = ran.stdout.splitlines()
    name, *cells = figures.strip("| ").split(" | ")
    assert name == "working tree"
    assert len(cells) == head.count(" | ")
    assert all(float(cell.replace(",", "")) > 0 for cell in cells)
