"""Logs to standard error, as lines for people or JSON for machines; those of libraries look the same.

The gateway's own lines go straight there: the way through the standard library, which those of libraries
take, costs more than what most requests cost besides.

uvicorn is to be started with `log_config=None, access_log=False`: then it has no handlers of its own, and
what its access log would say stands in the line that the gateway writes for each operation.
"""

import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Final

import structlog
from structlog.typing import EventDict, Processor

from gateway.http.plain_line import plain_line
from gateway.settings import LogFormat, LogLevel

# They log each upstream request at INFO with its URL, in which there are people's addresses.
_TALKATIVE: Final = ("httpx2", "httpcore2")
_SHARED: Final[tuple[Processor, ...]] = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)


_LEVELS: Final = {"exception": "error", "warn": "warning"}


class _Logger:
    """Writes the lines of one module."""

    def __init__(self, name: str = "") -> None:
        self.name: Final = name

    def msg(self, line: str) -> None:
        """Writes a line. A log that cannot be written must not cost anybody his answer."""
        with suppress(OSError, ValueError):
            sys.stderr.write(f"{line}\n")

    debug = info = warning = error = critical = msg


def _own(logger: _Logger, method: str, line: EventDict) -> EventDict:
    """What the shared processors add, at once."""
    values = structlog.contextvars.merge_contextvars(logger, method, line)
    values["level"] = _LEVELS.get(method, method)
    values["logger"] = logger.name
    values["timestamp"] = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    return values


def configure(log_format: LogFormat, level: LogLevel) -> None:
    """Sets up logging for the whole process; a second call replaces the first."""
    renderers = _renderers(log_format, colors=sys.stderr.isatty())
    structlog.configure(
        processors=[_own, *renderers],
        logger_factory=_Logger,
        wrapper_class=structlog.make_filtering_bound_logger(level),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=(structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderers),
            foreign_pre_chain=_SHARED,
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    uvicorn = logging.getLogger("uvicorn.error")
    uvicorn.filters = [lambda record: not _is_advice_on_websockets(record)]
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)


def _is_advice_on_websockets(record: logging.LogRecord) -> bool:
    """Whether uvicorn advises to install a library: it does for each WebSocket, and none is served."""
    return "WebSocket library" in record.getMessage() or "Unsupported upgrade" in record.getMessage()


@contextmanager
def bound(**values: str) -> Iterator[None]:
    """While entered, each line of this task and of those it starts carries the values."""
    tokens = structlog.contextvars.bind_contextvars(**values)
    try:
        yield
    finally:
        structlog.contextvars.reset_contextvars(**tokens)


def _renderers(log_format: LogFormat, *, colors: bool) -> tuple[Processor, ...]:
    """Tracebacks are plain in both: the usual ones print local variables, and with them credentials."""
    if log_format == "json":
        return structlog.processors.format_exc_info, _as_json
    if not colors:
        return (plain_line,)
    plain = structlog.dev.plain_traceback
    return (structlog.dev.ConsoleRenderer(exception_formatter=plain),)


_ENCODER: Final = json.JSONEncoder(default=repr)


def _as_json(_logger: object, _method: str, line: EventDict) -> str:
    return _ENCODER.encode(line)
