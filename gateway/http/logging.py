"""Logs to standard error, as lines for people or JSON for machines; those of libraries go the same way.

uvicorn is to be started with `log_config=None, access_log=False`: then it has no handlers of its own, and
what its access log would say stands in the line that the gateway writes for each operation.
"""

import logging
import sys
from contextlib import AbstractContextManager
from typing import Final

import structlog
from structlog.typing import Processor

from gateway.settings import LogFormat, LogLevel

# They log each upstream request at INFO with its URL, in which there are people's addresses.
_TALKATIVE: Final = ("httpx2", "httpcore2")
_SHARED: Final[tuple[Processor, ...]] = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)


def configure(log_format: LogFormat, level: LogLevel) -> None:
    """Sets up logging for the whole process; a second call replaces the first."""
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(level),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=(
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_renderers(log_format, colors=sys.stderr.isatty()),
            ),
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


def bound(**values: str) -> AbstractContextManager[None]:
    """While entered, each line of this task and of those it starts carries the values."""
    return structlog.contextvars.bound_contextvars(**values)


def _renderers(log_format: LogFormat, *, colors: bool) -> tuple[Processor, ...]:
    """Tracebacks are plain in both: the usual ones print local variables, and with them credentials."""
    if log_format == "json":
        return structlog.processors.format_exc_info, structlog.processors.JSONRenderer()
    plain = structlog.dev.plain_traceback
    return (structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=plain),)
