"""A line of the log for people: what structlog writes to a console without colours, at a part of the cost."""

import re
from typing import Final

import structlog
from structlog.typing import EventDict

_TO_QUOTE: Final = re.compile(r"[ \t=\r\n\"']")
_KNOWN: Final = ("timestamp", "level", "event", "logger")
_RARE: Final = frozenset({"stack", "exception", "exc_info"})
_RENDERER: Final = structlog.dev.ConsoleRenderer(
    colors=False, exception_formatter=structlog.dev.plain_traceback
)


def plain_line(logger: object, method: str, line: EventDict) -> str:
    """The line. One with a traceback, or without what all of the gateway's have, is the renderer's own."""
    if not _RARE.isdisjoint(line) or not line.keys() >= set(_KNOWN):
        return _RENDERER(logger, method, line)
    timestamp, level, event, name = [str(line.pop(key)) for key in _KNOWN]
    rest = "".join([f" {key}=" + _shown(line[key]) for key in sorted(line)])
    return f"{timestamp} [{level:9}] {event:30} [{name}]{rest}".rstrip(" ")


def _shown(value: object) -> str:
    if not isinstance(value, str):
        return repr(value)
    return repr(value) if _TO_QUOTE.search(value) else value
