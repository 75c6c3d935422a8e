"""The command line in this process: a command with its words, what it printed and how it exited.

That takes a tenth of the time of a process of its own. What is about the process itself is tested in one.
"""

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from typing import Any

import anyio
import structlog

from gateway.cli import main


@dataclass(frozen=True, kw_only=True)
class Ran:
    """What a command printed, and its exit code."""

    code: int
    text: str
    complaint: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


def run(*words: object) -> Ran:
    """Runs a command where no event loop runs."""
    code = 0
    with _logging_as_before(), redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as err:
        try:
            main([str(word) for word in words])
        except SystemExit as left:
            code = left.code if isinstance(left.code, int) else int(left.code is not None)
    return Ran(code=code, text=out.getvalue(), complaint=err.getvalue())


async def run_beside(*words: object) -> Ran:
    """Runs a command in a thread of its own, and goes on with this one's event loop meanwhile."""
    return await anyio.to_thread.run_sync(lambda: run(*words))


@contextmanager
def _logging_as_before() -> Iterator[None]:
    """Commands set up logging for the whole process, which here is not theirs alone."""
    root, before = logging.getLogger(), structlog.get_config()
    handlers, level, was_configured = root.handlers, root.level, structlog.is_configured()
    try:
        yield
    finally:
        root.handlers, root.level = handlers, level
        structlog.configure(**before) if was_configured else structlog.reset_defaults()
