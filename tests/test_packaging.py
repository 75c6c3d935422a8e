"""What is locked, what the package carries, and how the set-up heals itself."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCKS = {
    "runtime": PROJECT["project"]["dependencies"],
    "build": PROJECT["dependency-groups"]["build"],
    "dev": PROJECT["dependency-groups"]["dev"],
}
CLOSED = "http://127.0.0.1:9/"


def pins(lock: str) -> dict[str, Version]:
    text = (ROOT / "requirements" / f"{lock}.txt").read_text()
    return {
        name: Version(version) for name, version in re.findall(r"^([a-z0-9-]+)==([^ ]+)", text, re.MULTILINE)
    }


@pytest.mark.parametrize("lock", LOCKS)
def test_what_is_declared_is_locked_at_a_version_that_fits(lock: str):
    for requirement in map(Requirement, LOCKS[lock]):
        assert pins(lock)[requirement.name] in requirement.specifier, requirement


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_has_hashes_and_no_address(lock: str):
    text = (ROOT / "requirements" / f"{lock}.txt").read_text()
    entries = re.split(r"\n(?=[a-z0-9-]+==)", text)[1:]
    assert len(entries) == len(pins(lock))
    assert all("--hash=sha256:" in entry for entry in entries)
    assert "://" not in text
    assert "--index" not in text


def test_no_package_is_locked_at_two_versions():
    versions: dict[str, set[Version]] = {}
    for lock in LOCKS:
        for name, version in pins(lock).items():
            versions.setdefault(name, set()).add(version)
    assert {name: found for name, found in versions.items() if len(found) > 1} == {}


def test_the_build_group_holds_what_the_build_system_requires():
    assert set(PROJECT["build-system"]["requires"]) <= set(LOCKS["build"])


def test_the_page_s_lock_fits_its_package_and_names_no_registry():
    package = json.loads((ROOT / "ui/package.json").read_text())
    lock = json.loads((ROOT / "ui/package-lock.json").read_text())
    assert lock["packages"][""]["dependencies"] == package["dependencies"]
    assert not [path for path, entry in lock["packages"].items() if "resolved" in entry]
    assert not [path for path, entry in lock["packages"].items() if path and "integrity" not in entry]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """What git holds, in a directory with a space in its name."""
    files = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    target = tmp_path / "a clone"
    for name in filter(None, files.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
    return target


def build(clone: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Build the wheel where no npm registry can be reached."""
    offline = {"npm_config_registry": CLOSED, "npm_config_fetch_retries": "0"}
    return subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(clone / "wheel")],
        cwd=clone,
        env=os.environ | offline | environment,
        check=False,
        capture_output=True,
        text=True,
    )


def contents(clone: Path) -> set[str]:
    (wheel,) = (clone / "wheel").glob("*.whl")
    return set(zipfile.ZipFile(wheel).namelist())


def test_without_npm_the_package_is_built_without_the_page_and_says_so(clone: Path):
    done = build(clone, EXPLORER="auto")
    assert done.returncode == 0, done.stderr
    assert "The explorer page is left out" in done.stdout + done.stderr
    assert "gateway/http/graphiql/missing.html" in contents(clone)
    assert not [name for name in contents(clone) if "static" in name]


def test_a_page_that_is_required_and_cannot_be_built_fails_the_build(clone: Path):
    done = build(clone, EXPLORER="require")
    assert done.returncode != 0
    assert "npm error" in done.stderr
    assert not list(clone.glob("wheel/*"))


def test_a_page_that_is_up_to_date_is_packed_without_npm(clone: Path):
    static = clone / "gateway/http/graphiql/static"
    static.mkdir()
    (static / "graphiql.js").write_text("// built before")
    (static / "stamp").write_text(fingerprint(clone))
    done = build(clone, EXPLORER="require")
    assert done.returncode == 0, done.stderr
    assert {"gateway/http/graphiql/static/graphiql.js", "gateway/http/graphiql/page.html"} <= contents(clone)


def test_the_wheel_carries_every_tab(clone: Path):
    build(clone, EXPLORER="skip")
    tabs = {str(path.relative_to(ROOT)) for path in (ROOT / "gateway/http/graphiql/tabs").rglob("*.*")}
    assert tabs
    assert tabs <= contents(clone)


@pytest.mark.parametrize("part", ["src/main.jsx", "package-lock.json", "build.mjs", ".npmrc"])
def test_a_change_of_any_part_of_the_page_has_it_built_anew(clone: Path, part: str):
    before = fingerprint(clone)
    with (clone / "ui" / part).open("a") as file:
        file.write("\n")
    assert fingerprint(clone) != before


def fingerprint(clone: Path) -> str:
    """As the build hook sees it."""
    program = "import sys, pathlib, hatch_build; print(hatch_build.fingerprint(pathlib.Path(sys.argv[1])))"
    done = subprocess.run(
        [sys.executable, "-c", program, str(clone / "ui")],
        cwd=clone / "ui",
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


# A stand-in for uv that makes an environment at once, notes what it was asked for, and breaks off where told.
UV = r"""#!/bin/sh
echo "$*" >>"$UV_LOG"
case "$*" in
*"$UV_BREAKS_AT"*) exit 1 ;;
venv*) mkdir -p .venv/bin && ln -s "$UV_PYTHON_AT" .venv/bin/python ;;
esac
"""


class Machine:
    """A clone on a machine whose uv only notes what it is asked to do."""

    def __init__(self, clone: Path, tmp_path: Path) -> None:
        self.clone = clone
        self._log = tmp_path / "log"
        self._bin = tmp_path / "bin"
        self._bin.mkdir()
        (self._bin / "uv").write_text(UV)
        (self._bin / "uv").chmod(0o755)

    def setup(self, *arguments: str, breaks_at: str = "never", python: str = "") -> list[str]:
        """The steps of uv that a set-up took: venv, and what was installed."""
        self._log.write_text("")
        environment = {
            "PATH": f"{self._bin}{os.pathsep}{os.environ['PATH']}",
            "UV_LOG": str(self._log),
            "UV_BREAKS_AT": breaks_at,
            "UV_PYTHON_AT": sys.executable,
            "PYTHON": python,
        }
        subprocess.run(
            [self.clone / "scripts/setup", *arguments],
            cwd="/",
            env=environment,
            check=breaks_at == "never",
            capture_output=True,
        )
        return re.findall(r"^venv|requirements/\w+|--editable", self.log, re.MULTILINE)

    @property
    def log(self) -> str:
        return self._log.read_text()


@pytest.fixture
def machine(clone: Path, tmp_path: Path) -> Machine:
    return Machine(clone, tmp_path)


ENVIRONMENT = ["venv", "requirements/runtime", "requirements/build"]
EVERYTHING = [*ENVIRONMENT, "--editable"]
TOOLS = ["requirements/dev"]


def test_a_first_set_up_takes_every_step_and_a_second_takes_none(machine: Machine):
    assert machine.setup() == EVERYTHING
    assert machine.setup() == []


def test_the_tools_come_on_top_and_leave_what_was_set_up_alone(machine: Machine):
    machine.setup()
    assert machine.setup("dev") == TOOLS
    assert machine.setup("dev") == []
    assert machine.setup() == []


def test_a_changed_lock_makes_a_fresh_environment(machine: Machine):
    machine.setup("dev")
    with (machine.clone / "requirements/runtime.txt").open("a") as lock:
        lock.write("# changed\n")
    assert machine.setup("dev") == [*EVERYTHING, *TOOLS]


def test_a_changed_page_is_built_without_a_fresh_environment(machine: Machine):
    machine.setup()
    with (machine.clone / "ui/src/main.jsx").open("a") as source:
        source.write("// changed\n")
    assert machine.setup() == ["--editable"]


def test_a_moved_clone_makes_a_fresh_environment(machine: Machine):
    machine.setup()
    machine.clone = machine.clone.rename(machine.clone.with_name("moved"))
    assert machine.setup() == EVERYTHING


def test_an_environment_whose_python_is_gone_is_made_anew(machine: Machine):
    machine.setup()
    (machine.clone / ".venv/bin/python").unlink()
    assert machine.setup() == EVERYTHING


def test_a_python_that_is_asked_for_and_is_not_there_yet_makes_a_fresh_environment(
    machine: Machine, tmp_path: Path
):
    machine.setup()
    assert machine.setup(python=sys.executable) == []
    other = tmp_path / "python"
    other.write_text("#!/bin/sh\necho Python 3.99.0\n")
    other.chmod(0o755)
    assert machine.setup(python=str(other)) == EVERYTHING
    assert machine.log.startswith(f"venv --quiet --no-project --python {other} .venv\n")


@pytest.mark.parametrize(
    ("breaks_at", "rest"),
    [("venv", EVERYTHING), ("requirements/runtime", EVERYTHING), ("--editable", ["--editable"])],
)
def test_an_interrupted_set_up_goes_on_where_nothing_was_finished(
    machine: Machine, breaks_at: str, rest: list[str]
):
    machine.setup(breaks_at=breaks_at)
    assert machine.setup() == rest
