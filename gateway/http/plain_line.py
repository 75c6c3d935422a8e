"""A line of the log for people: what structlog writes to a console without colours, at a part of the cost."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import structlog
from structlog.typing import EventDict

_TO_QUOTE: Final = re.compile(r"[ \t=\r\n\"']")
_KNOWN: Final = ("timestamp", "level", "event", "logger")
_REMEMBERED: Final = 256
_RARE: Final = frozenset({"stack", "exception", "exc_info"})
_RENDERER: Final = structlog.dev.ConsoleRenderer(
    colors=False, exception_formatter=structlog.dev.plain_traceback
)


def plain_line(logger: object, method: str, line: EventDict) -> str:
    """The line. One with a traceback, or without what all of the gateway's have, is the renderer's own."""
    names = _names(tuple(line))
    if names is None:
        return _RENDERER(logger, method, line)
    values = [(name, line[name]) for name in names]
    rest = "".join([f" {name}={_quoted(it) if it.__class__ is str else _shown(it)}" for name, it in values])
    known = f"{line['timestamp']} [{line['level']:9}] {line['event']:30} [{line['logger']}]"
    return f"{known}{rest}".rstrip(" ")


@lru_cache(_REMEMBERED)
def _names(given: tuple[str, ...]) -> Sequence[str] | None:
    """What follows what all lines have, None if the line is not usual."""
    names = set(given)
    is_usual = names.issuperset(_KNOWN) and names.isdisjoint(_RARE)
    return sorted(names.difference(_KNOWN)) if is_usual else None


def _shown(value: object) -> str:
    return _quoted(value) if isinstance(value, str) else repr(value)


def _quoted(value: str) -> str:
    return repr(value) if _TO_QUOTE.search(value) else value
