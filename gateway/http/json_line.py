"""A line of the log for machines: one JSON object, as `json` writes it, at a part of the cost."""

from _json import make_encoder
from json.encoder import encode_basestring_ascii
from typing import Final

import structlog
from structlog.typing import EventDict

# JSONEncoder makes one for each object that it encodes, which takes longer than to encode a line.
_encoded: Final = make_encoder(None, repr, encode_basestring_ascii, None, ": ", ", ", False, False, True)


def json_line(logger: object, method: str, line: EventDict) -> str:
    """The line. What JSON cannot say is in it as Python shows it."""
    if "exc_info" in line:
        line = structlog.processors.format_exc_info(logger, method, line)
    return "".join(_encoded(line, 0))
