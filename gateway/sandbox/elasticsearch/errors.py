"""Elasticsearch's errors: a table of statuses, types and reasons, and the body that carries them."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from http.client import INTERNAL_SERVER_ERROR
from typing import Any, NamedTuple

from gateway.sandbox.http import Headers

PARSE = "x_content_parse_exception"

# A root cause is looked for inside Elasticsearch's own exceptions and those of its parsers, not inside these.
JAVA_TYPES = frozenset(
    {
        "date_time_exception",
        "date_time_parse_exception",
        "illegal_argument_exception",
        "illegal_state_exception",
        "input_coercion_exception",
        "json_e_o_f_exception",
        "json_parse_exception",
        "media_type_header_exception",
        "number_format_exception",
    }
)


@dataclass(frozen=True, slots=True)
class Cause:
    """One exception of a chain, as it is written: type, reason, metadata, and what caused it."""

    type: str
    reason: str | None
    caused_by: "Cause | None" = None
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def root(self) -> "Cause":
        """The innermost exception that says something about the request."""
        if self.caused_by is None or JAVA_TYPES & {self.type, self.caused_by.type}:
            return self
        return self.caused_by.root

    def body(self, *, nested: bool = True, trace: bool = False) -> dict[str, Any]:
        body: dict[str, Any] = {"type": self.type, "reason": self.reason, **self.metadata}
        if nested and self.caused_by is not None:
            body["caused_by"] = self.caused_by.body(trace=trace)
        if trace:
            body["stack_trace"] = f"{self.type}: {self.reason}\n\tat org.elasticsearch.sandbox"
        return body


class Refusal(Exception, ABC):
    """A request that is answered with an error."""

    def __init__(self, status: int, text: str | None, headers: Headers | None) -> None:
        super().__init__(text)
        self.status = status
        self.headers = headers or {}

    @abstractmethod
    def body(self, *, trace: bool = False) -> dict[str, Any]:
        """What the answer says; `trace` adds where it happened, if it is an exception."""


class Failure(Refusal):
    """A refusal by an exception. `roots` are its root causes where the chain hides them."""

    def __init__(
        self,
        status: int,
        cause: Cause,
        *,
        headers: Headers | None = None,
        roots: tuple[Cause, ...] | None = None,
    ) -> None:
        super().__init__(status, cause.reason, headers)
        self.cause = cause
        self.roots = roots

    def body(self, *, trace: bool = False) -> dict[str, Any]:
        roots = (self.cause.root,) if self.roots is None else self.roots
        return {
            "error": {
                "root_cause": [root.body(nested=False, trace=trace) for root in roots],
                **self.cause.body(trace=trace),
            },
            "status": self.status,
        }


class TextRefusal(Refusal):
    """A refusal whose body holds a plain string; unless `is_numbered` it does not repeat the status."""

    def __init__(
        self, status: int, text: str, *, headers: Headers | None = None, is_numbered: bool = True
    ) -> None:
        super().__init__(status, text, headers)
        self.text = text
        self.is_numbered = is_numbered

    def body(self, *, trace: bool = False) -> dict[str, Any]:
        del trace  # there is nothing to trace
        return {"error": self.text, **({"status": self.status} if self.is_numbered else {})}


class Row(NamedTuple):
    """A row of the table. Called with what fills the reason's gaps, it gives the failure to raise."""

    status: int
    type: str
    reason: str

    def __call__(self, *gaps: object, caused_by: Cause | None = None, **metadata: object) -> Failure:
        return Failure(self.status, Cause(self.type, self.reason.format(*gaps), caused_by, metadata))


NO_CALENDAR = Row(404, "resource_not_found_exception", "No calendar with id [{}]")
NO_EVENT = Row(404, "resource_not_found_exception", "No event with id [{}]")
NO_JOB = Row(404, "resource_not_found_exception", "No known job with id '{}'")
CALENDAR_EXISTS = Row(400, "status_exception", "Cannot create calendar with id [{}] as it already exists")
JOB_NOT_IN_CALENDAR = Row(400, "status_exception", "Cannot remove [{}] as it is not present in calendar [{}]")
NO_EVENTS = Row(400, "status_exception", "At least 1 event is required")
FIELD_MISSING = Row(400, "status_exception", "Field [{}] cannot be null")
START_NOT_BEFORE_END = Row(400, "status_exception", "Event start time [{}] must come before end time [{}]")
INCONSISTENT = (
    "Inconsistent calendar_id; '{}' specified in the body differs from '{}' specified as a URL argument"
)
INCONSISTENT_CALENDAR = Row(400, "illegal_argument_exception", INCONSISTENT)
INCONSISTENT_EVENT = Row(400, "status_exception", INCONSISTENT)
EVENT_OF_OTHER_CALENDAR = Row(
    400,
    "status_exception",
    "Event [{}] has calendar_id [{}] which does not match the request calendar_id [{}]",
)

BODY_REQUIRED = Row(400, "parse_exception", "request body or source parameter is required")
BODY_REFUSED = Row(400, "illegal_argument_exception", "request [{} {}] does not support having a body")
UNKNOWN_PARAMETERS = Row(
    400, "illegal_argument_exception", "request [{}] contains unrecognized parameter{}: {}"
)
NOT_AN_INT = Row(400, "illegal_argument_exception", "Failed to parse int parameter [{}] with value [{}]")
NOT_A_BOOLEAN = Row(
    400, "illegal_argument_exception", "Failed to parse value [{}] as only [true] or [false] are allowed."
)
NEGATIVE_PAGE = Row(400, "illegal_argument_exception", "Parameter [{}] cannot be < 0")
INVALID = Row(400, "action_request_validation_exception", "Validation Failed: {}")
SOURCE_INCOMPLETE = Row(
    400,
    "validation_exception",
    "Validation Failed: 1: source and source_content_type parameters are required;",
)
URI_TOO_LONG = Row(400, "too_long_http_line_exception", "An HTTP line is larger than 4096 bytes.")
SEARCH_FAILED = Row(400, "search_phase_execution_exception", "all shards failed")
MEDIA_TYPE = Row(400, "media_type_header_exception", "Invalid media-type value on headers [{}]")
FORBIDDEN = Row(
    403,
    "security_exception",
    "action [{}] is unauthorized for {}, this action is granted by the cluster privileges [{}]",
)

WINDOW_TOO_LARGE = (
    "Result window is too large, from + size must be less than or equal to: [10000] but was [{}]. "
    "See the scroll api for a more efficient way to request large data sets. "
    "This limit can be set by changing the [index.max_result_window] index level setting."
)

NOT_INDEXED = Row(500, "exception", "Error indexing event")
INJECTED = {
    400: Row(400, "illegal_argument_exception", "a fault of the sandbox"),
    403: Row(
        403, "security_exception", "action [cluster:monitor/xpack/ml] is unauthorized for user [sandbox]"
    ),
    404: Row(404, "resource_not_found_exception", "No calendar with id [sandbox]"),
    429: Row(429, "es_rejected_execution_exception", "rejected execution on EsThreadPoolExecutor[sandbox]"),
    500: NOT_INDEXED,
    503: Row(
        503,
        "cluster_block_exception",
        "blocked by: [SERVICE_UNAVAILABLE/1/state not recovered / initialized];",
    ),
}
"""What a fault's status looks like; any other status is an `exception`."""

FAILED = {
    "PUT /_ml/calendars/{calendar_id}": Row(500, "exception", "Error putting calendar with id [{}]"),
    "POST /_ml/calendars/{calendar_id}/events": NOT_INDEXED,
    "DELETE /_ml/calendars/{calendar_id}/events/{event_id}": Row(
        500, "exception", "Could not delete event [{}]"
    ),
}
"""What routes say with 500."""

BREAKER = Row(
    429,
    "circuit_breaking_exception",
    "[parent] Data too large, data for [<http_request>] would be [{0}/{0}b], which is larger than "
    "the limit of [{1}/{1}b], real usage: [{0}/{0}b], new bytes reserved: [0/0b]",
)
BYTES_WANTED, BYTES_LIMIT = 1_046_892_544, 1_020_054_732


def injected(status: int, error: str | None, route: str, about: str) -> Failure:
    """The failure that a fault asks for: of its own type, if it names one, or as the route would say it."""
    match error:
        case "circuit_breaking_exception":
            return BREAKER(
                BYTES_WANTED,
                BYTES_LIMIT,
                bytes_wanted=BYTES_WANTED,
                bytes_limit=BYTES_LIMIT,
                durability="TRANSIENT",
            )
        case "master_not_discovered_exception":
            return Failure(503, Cause(error, None))
        case "search_phase_execution_exception":
            return Failure(
                503,
                Cause(
                    error,
                    "all shards failed",
                    metadata={"phase": "query", "grouped": True, "failed_shards": []},
                ),
                roots=(),
            )
        case str():
            return Row(status, error, "a fault of the sandbox")()
    row = FAILED.get(route) if status == INTERNAL_SERVER_ERROR else None
    return (row or INJECTED.get(status, Row(status, "exception", "injected")))(about)


def all_shards_failed(cause: Cause) -> Failure:
    """A search that every shard refused for the same reason."""
    shard = {"shard": 0, "index": ".ml-meta", "node": "sandbox", "reason": cause.body()}
    deep = replace(cause, caused_by=cause.caused_by or replace(cause))
    failure = SEARCH_FAILED(caused_by=deep, phase="query", grouped=True, failed_shards=[shard])
    failure.roots = (cause,)
    return failure
