"""Logs to standard error, as lines for people or JSON for machines; those of libraries look the same.

The gateway's own lines go straight there: the way through the standard library, which those of libraries
take, costs more than what most requests cost besides.

uvicorn is to be started with `log_config=None, access_log=False`: then it has no handlers of its own, and
what its access log would say stands in the line that the gateway writes for each operation.
"""

import logging
import sys
from collections.abc import Callable
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
import structlog
from structlog.typing import EventDict, Processor

from gateway.http.json_line import json_line
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

REQUEST_ID: Final = ContextVar[str](f"{structlog.contextvars.STRUCTLOG_KEY_PREFIX}request_id")
"""While it is set, each line of this task and of those it starts carries it.

It is named so that structlog merges it into lines of libraries too.
"""
_METHODS: Final = ("debug", "info", "warning", "error", "critical")
_LEVELS: Final = {"exception": "error", "warn": "warning"}


class _Logger:
    """Writes the lines of one module."""

    def __init__(self, name: str = "") -> None:
        self.name: Final = name

    def msg(self, line: str) -> None:
        """Writes a line. A log that cannot be written must not cost anybody his answer."""
        try:
            sys.stderr.write(f"{line}\n")
        except (OSError, ValueError):
            return

    debug = info = warning = error = critical = msg


def _own(logger: _Logger, method: str, line: EventDict) -> EventDict:
    """What the shared processors add, at once."""
    request_id = REQUEST_ID.get(None)
    values = line if request_id is None else {"request_id": request_id, **line}
    values["level"] = _LEVELS.get(method, method)
    values["logger"] = logger.name
    values["timestamp"] = msgspec.to_builtins(datetime.now(UTC))
    return values


def _loggers(level: LogLevel) -> type[structlog.typing.FilteringBoundLogger]:
    """structlog's, of which each line passes fewer hands: its event is no pattern that wants arguments."""
    numbers = logging.getLevelNamesMapping()
    written = [name for name in _METHODS if numbers[name.upper()] >= numbers[level.upper()]]
    return type("Loggers", (structlog.make_filtering_bound_logger(level),), dict(map(_method, written)))


def _method(name: str) -> tuple[str, Callable[..., None]]:
    def write(self: Any, event: str, **values: object) -> None:
        line = {**self._context, **values, "event": event}
        try:
            for process in self._processors:
                line = process(self._logger, name, line)
        except structlog.DropEvent:
            return
        self._logger.msg(line)

    return name, write


def configure(log_format: LogFormat, level: LogLevel) -> None:
    """Sets up logging for the whole process; a second call replaces the first."""
    renderers = _renderers(log_format, colors=sys.stderr.isatty())
    structlog.configure(
        processors=[_own, *renderers],
        logger_factory=_Logger,
        wrapper_class=_loggers(level),
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


def _renderers(log_format: LogFormat, *, colors: bool) -> tuple[Processor, ...]:
    """Tracebacks are plain in both: the usual ones print local variables, and with them credentials."""
    if log_format == "json":
        return (json_line,)
    if not colors:
        return (plain_line,)
    plain = structlog.dev.plain_traceback
    return (structlog.dev.ConsoleRenderer(exception_formatter=plain),)
