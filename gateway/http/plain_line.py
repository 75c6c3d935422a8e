"""A line of the log for people: what structlog writes to a console without colours, at a part of the cost."""

import re
from collections.abc import Callable
from functools import lru_cache
from operator import itemgetter
from types import NoneType
from typing import Any, Final

import structlog
from structlog.typing import EventDict

_to_quote: Final = re.compile(r"[ \t=\r\n\"']").search
_KNOWN: Final = ("timestamp", "level", "event", "logger")
_FIRST: Final = len(_KNOWN)
_PLAIN: Final = {int, float, bool, NoneType}
"""What is shown as it is."""
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
    form, values_of = shape
    values = values_of(line)
    rest = [it if it.__class__ in _PLAIN else _shown(it) for it in values[_FIRST:]]
    return (form % (*values[:_FIRST], *rest)).rstrip(" ")


@lru_cache(_REMEMBERED)
def _shape(given: tuple[str, ...]) -> tuple[str, Callable[[EventDict], tuple[Any, ...]]] | None:
    """What is the same in all lines of these names, and what takes from a line what goes into it.

    None if such a line is not usual.
    """
    names = set(given)
    if not names.issuperset(_KNOWN) or names & _RARE:
        return None
    others = sorted(names.difference(_KNOWN))
    rest = [f" {name.replace('%', '%%')}=%s" for name in others]
    return f"%s [%-9s] %-30s [%s]{''.join(rest)}", itemgetter(*_KNOWN, *others)


def _shown(value: object) -> str:
    if not isinstance(value, str):
        return repr(value)
    return repr(value) if _to_quote(value) else value
