"""A line of the log for machines: one JSON object, as `json` writes it, at a part of the cost."""

import json
from collections.abc import Callable
from functools import lru_cache
from json.encoder import encode_basestring_ascii
from math import isfinite
from types import NoneType
from typing import Any, Final

import structlog
from structlog.typing import EventDict

_REMEMBERED: Final = 256
_encode: Final = json.JSONEncoder(default=repr).encode
_WRITTEN: Final[dict[type, Callable[[Any], str]]] = {
    str: encode_basestring_ascii,
    int: int.__repr__,
    float: lambda it: float.__repr__(it) if isfinite(it) else _encode(it),
    NoneType: lambda _: "null",
}


def json_line(logger: object, method: str, line: EventDict) -> str:
    """The line. What JSON cannot say is in it as Python shows it."""
    if "exc_info" in line:
        line = structlog.processors.format_exc_info(logger, method, line)
    values = [_WRITTEN.get(it.__class__, _encode)(it) for it in line.values()]
    return _shape(tuple(line)) % tuple(values)


@lru_cache(_REMEMBERED)
def _shape(names: tuple[str, ...]) -> str:
    """What is the same in all lines of these names."""
    written = [_encode(name).replace("%", "%%") for name in names]
    return f"{{{', '.join([f'{name}: %s' for name in written])}}}"
