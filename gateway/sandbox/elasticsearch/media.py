"""Media types: what a request may send and wants back, and the version of the API that it asks for."""

import re
from dataclasses import dataclass

from gateway.sandbox.elasticsearch.call import query
from gateway.sandbox.elasticsearch.errors import MEDIA_TYPE, Cause, Failure, TextRefusal
from gateway.sandbox.elasticsearch.versions import Feature, Version
from gateway.sandbox.http import Request

VENDOR = "application/vnd.elasticsearch+json"
COMPATIBLE = re.compile(
    r"application/vnd\.elasticsearch\+[a-z-]+ *; *compatible-with *= *(\d+)", re.IGNORECASE
)
SENDABLE = frozenset({"application/json", "application/*", "application/x-ndjson", VENDOR})
"""What the sandbox reads. The real one reads YAML, CBOR and Smile too."""

UNWRITTEN = ("yaml", "cbor", "smile")
"""What the real one writes too, if `format` or Accept says so."""

OUT_OF_RANGE = "{0} version must be either version {1} or {2}, but found {3}. {0}={4}"
BOTH_HEADERS = (
    "A compatible version is required on both Content-Type and Accept headers if either one has requested a "
    "compatible version{}. Accept={}, Content-Type={}"
)
MUST_MATCH = " and the compatible versions must match"


@dataclass(frozen=True, slots=True)
class Media:
    """What was settled: the version to be compatible with, and the type of the answer."""

    compatible_with: int
    content_type: str


def settle(request: Request, version: Version) -> Media:
    """The media types of a request and its answer.

    400 where the versions asked for do not fit, 406 where the answer is to be something else than JSON.
    """
    accept, content_type = request.headers.get("accept", ""), request.headers.get("content-type", "")
    accepted, sent = _asked(accept), _asked(content_type)
    _check("Accept", accept, accepted, version)
    if request.body:
        _check("Content-Type", content_type, sent, version)
        if (accepted or version.major) != (sent or version.major):
            raise _mismatch(BOTH_HEADERS.format(MUST_MATCH, accept, content_type))
        if (accepted is None) != (sent is None):
            raise _mismatch(BOTH_HEADERS.format("", accept, content_type))
    _require_json(query(request).get("format", accept))
    return Media(
        compatible_with=accepted or version.major, content_type=_answered(accept, content_type, version)
    )


def _require_json(wanted: str) -> None:
    """A list of types is not looked into, as in the real one."""
    if "," not in wanted and any(name in wanted.lower() for name in UNWRITTEN):
        raise TextRefusal(406, f"the sandbox writes JSON only, not [{wanted}]")


def _asked(header: str) -> int | None:
    found = COMPATIBLE.search(header)
    return None if found is None else int(found[1])


def _check(name: str, header: str, asked: int | None, version: Version) -> None:
    if asked not in (None, version.major, version.major - 1):
        raise _mismatch(OUT_OF_RANGE.format(name, version.major, version.major - 1, asked, header))


def _mismatch(reason: str) -> Failure:
    return MEDIA_TYPE("Accept, Content-Type", caused_by=Cause("status_exception", reason))


def _answered(accept: str, content_type: str, version: Version) -> str:
    """The answer's type: as asked for, else as sent, else plain JSON; a list of types is not looked into."""
    if "," in accept or accept in ("", "*/*"):
        return plain(version)
    for header in (accept, content_type):
        if (asked := _asked(header)) is not None:
            return f"{VENDOR};compatible-with={asked}"
    return plain(version)


def plain(version: Version) -> str:
    return "application/json; charset=UTF-8" if version.has(Feature.CHARSET) else "application/json"


def require_readable(request: Request) -> None:
    """406 for a body of a type that nobody reads."""
    header = request.headers.get("content-type")
    if not request.body:
        return
    if header is None:
        raise TextRefusal(406, "Content-Type header is missing")
    if header.partition(";")[0].strip().lower() not in SENDABLE:
        raise TextRefusal(406, f"Content-Type header [{header}] is not supported")
