"""The layers hold, and the house is kept as its style says."""

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import msgspec
import pytest

from gateway import errors

ROOT = Path(__file__).parents[1]
MODULES = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "gateway").rglob("*.py"))
UNNAMED = {"util", "utils", "helper", "helpers", "common", "manager", "managers", "misc", "base_utils"}
MOST_LINES = 300
SEED = "gateway/sandbox/seed.py"
"""A world written out: data, not code."""


def test_the_import_contracts_hold() -> None:
    command = [
        sys.executable,
        "-c",
        "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))",
    ]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "0 broken" in result.stdout


@pytest.mark.parametrize("module", [it for it in MODULES if it.startswith("gateway/model/")])
def test_the_garbage_collector_has_nothing_to_find_in_values(module: str) -> None:
    """They refer to values alone, which were there before them."""
    names = vars(import_module(module.removesuffix(".py").replace("/", "."))).values()
    values = [it for it in names if isinstance(it, type) and issubclass(it, msgspec.Struct)]
    assert [it for it in values if it.__struct_config__.gc and it is not msgspec.Struct] == []


@pytest.mark.parametrize("module", MODULES)
def test_a_module_begins_with_what_it_is(module: str) -> None:
    source = (ROOT / module).read_text(encoding="utf-8")
    if not source.strip():
        assert module.endswith("/__init__.py")
        return
    docstring = ast.get_docstring(ast.parse(source))
    assert docstring is not None
    assert len(docstring.splitlines()[0]) > 20
    assert docstring.splitlines()[0].rstrip().endswith((".", ":", "?", "!"))


@pytest.mark.parametrize("module", [module for module in MODULES if module != SEED])
def test_a_module_is_of_a_size_that_can_be_read(module: str) -> None:
    assert len((ROOT / module).read_text(encoding="utf-8").splitlines()) <= MOST_LINES


@pytest.mark.parametrize("module", MODULES)
def test_a_module_is_called_after_a_thing(module: str) -> None:
    assert not UNNAMED & set(Path(module).with_suffix("").parts)


def test_every_error_has_a_code_of_its_own_and_stands_in_the_tree() -> None:
    leaves, waiting = [], [errors.GatewayError]
    while waiting:
        error = waiting.pop()
        waiting += error.__subclasses__()
        leaves.append(error)
    named = {error.__name__ for error in leaves if error.__module__ == errors.__name__}
    drawn = {word for line in (errors.__doc__ or "").splitlines() for word in line.split() if word.isalpha()}
    assert named <= drawn
    assert {error.code for error in leaves} == set(errors.Code)


@pytest.mark.parametrize(
    ("kept", "expression"),
    [
        (
            "the sandbox is loaded where it runs only",
            "any(it.startswith('gateway.sandbox') for it in sys.modules)",
        ),
        ("what is dead is collected again", "not gc.isenabled()"),
        ("rich is loaded where help is shown only", "'rich' in sys.modules"),
    ],
)
def test_the_program_is_ready_sooner_for_what_it_leaves_to_later(kept: str, expression: str) -> None:
    code = f"import gc, sys, gateway.__main__; sys.exit({expression})"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0, kept


def test_a_rich_that_somebody_loaded_before_stays() -> None:
    code = "import sys, rich, gateway.__main__; sys.exit(sys.modules.get('rich') is not rich)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
