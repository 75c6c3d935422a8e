"""A line of the log for machines: one JSON object."""

import json
from typing import Final

import structlog
from structlog.typing import EventDict

_encode: Final = json.JSONEncoder(default=repr).encode


def json_line(logger: object, method: str, line: EventDict) -> str:
    """The line. What JSON cannot say is in it as Python shows it."""
    if "exc_info" in line:
        line = structlog.processors.format_exc_info(logger, method, line)
    return _encode(line)
