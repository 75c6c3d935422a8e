"""A line of the log for people: what structlog writes to a console without colours, at a part of the cost."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import structlog
from structlog.typing import EventDict

_to_quote: Final = re.compile(r"[ \t=\r\n\"']").search
_KNOWN: Final = ("timestamp", "level", "event", "logger")
_REMEMBERED: Final = 256
_RARE: Final = frozenset({"stack", "exception", "exc_info"})
_RENDERER: Final = structlog.dev.ConsoleRenderer(
    colors=False, exception_formatter=structlog.dev.plain_traceback
)


def plain_line(logger: object, method: str, line: EventDict) -> str:
    """The line. One with a traceback, or without what all of the gateway's have, is the renderer's own."""
    shape = _shape(tuple(line))
    if shape is None:
        return _RENDERER(logger, method, line)
    form, names = shape
    values = [_quoted(it) if isinstance(it, str) else repr(it) for it in map(line.__getitem__, names)]
    return (form % (*map(line.__getitem__, _KNOWN), *values)).rstrip(" ")


@lru_cache(_REMEMBERED)
def _shape(given: tuple[str, ...]) -> tuple[str, Sequence[str]] | None:
    """What is the same in all lines of these names, and what follows what all lines have.

    None if such a line is not usual.
    """
    names = set(given)
    if not names.issuperset(_KNOWN) or names & _RARE:
        return None
    others = sorted(names.difference(_KNOWN))
    rest = [f" {name.replace('%', '%%')}=%s" for name in others]
    return f"%s [%-9s] %-30s [%s]{''.join(rest)}", others


def _quoted(value: str) -> str:
    return repr(value) if _to_quote(value) else value
