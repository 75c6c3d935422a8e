"""The router: paths to what is done there, old spellings included, and refusals for the rest."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.sandbox.elasticsearch import calendars, events, jobs
from gateway.sandbox.elasticsearch.call import Action, Call
from gateway.sandbox.elasticsearch.errors import TextRefusal
from gateway.sandbox.elasticsearch.state import Cluster
from gateway.sandbox.elasticsearch.versions import Feature, Version
from gateway.sandbox.http import Request

UNKNOWN = "unknown"
METHODS = frozenset({"GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE", "CONNECT"})
"""Those that Elasticsearch knows, though no route takes some of them."""
MAIN, ML_INFO = "cluster:monitor/main", "cluster:monitor/xpack/ml/info/get"
OLD_PREFIX, PREFIX = "/_xpack/ml", "/_ml"


def main(call: Call) -> Action:
    """The banner of the cluster."""

    def banner(_: Cluster) -> dict[str, Any]:
        return call.version.banner()

    return Action(name=MAIN, run=banner)


def ml_info(call: Call) -> Action:
    """The defaults of machine learning, and the version of its native code."""

    def info(_: Cluster) -> dict[str, Any]:
        return {
            "defaults": {
                "anomaly_detectors": {"model_memory_limit": "1gb"},
                "datafeeds": {"scroll_size": 1000},
            },
            "upgrade_mode": False,
            "native_code": {"version": call.version.number, "build_hash": call.version.build_hash[:14]},
            "limits": {},
        }

    return Action(name=ML_INFO, run=info)


@dataclass(frozen=True, slots=True)
class Route:
    method: str
    path: str
    prepare: Callable[[Call], Action]

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True)
class Match:
    """A route found. `old_path` is the deprecated spelling of it that was used."""

    route: Route
    parameters: Mapping[str, str]
    old_path: str | None = None


CALENDARS, CALENDAR = "/_ml/calendars", "/_ml/calendars/{calendar_id}"
EVENTS, EVENT = f"{CALENDAR}/events", f"{CALENDAR}/events/{{event_id}}"
CALENDAR_JOBS = f"{CALENDAR}/jobs/{{job_ids}}"
JOBS, JOB = "/_ml/anomaly_detectors", "/_ml/anomaly_detectors/{job_id}"

ROUTES = (
    Route("GET", "/", main),
    Route("HEAD", "/", main),
    Route("GET", "/_ml/info", ml_info),
    Route("PUT", CALENDAR, calendars.put),
    Route("GET", CALENDARS, calendars.get),
    Route("POST", CALENDARS, calendars.get),
    Route("GET", CALENDAR, calendars.get),
    Route("POST", CALENDAR, calendars.get),
    Route("DELETE", CALENDAR, calendars.delete),
    Route("PUT", CALENDAR_JOBS, calendars.add_jobs),
    Route("DELETE", CALENDAR_JOBS, calendars.remove_jobs),
    Route("POST", EVENTS, events.post),
    Route("GET", EVENTS, events.get),
    Route("DELETE", EVENT, events.delete),
    Route("GET", f"{JOBS}/_stats", jobs.stats),
    Route("GET", f"{JOB}/_stats", jobs.stats),
    Route("GET", JOBS, jobs.get),
    Route("GET", JOB, jobs.get),
)


def find(request: Request) -> Match:
    """The route of a request; 405 if only its method is wrong, 400 if nothing is there."""
    for match in _there(request.segments):
        if match.route.method == request.method:
            return match
    methods = allowed(request)
    if methods or request.method not in METHODS:
        raise _wrong_method(request, methods)
    raise no_handler(request)


def allowed(request: Request) -> list[str]:
    """The methods that the path of a request takes; none if nothing is there."""
    return sorted({match.route.method for match in _there(request.segments)})


def _there(segments: tuple[str, ...]) -> Iterator[Match]:
    """What is at a path: the literal ones first, as they are listed."""
    is_old = segments[:2] == ("_xpack", "ml")
    wanted = ("_ml", *segments[2:]) if is_old else segments
    for route in ROUTES:
        parameters = _parameters(route.path, wanted)
        if parameters is not None:
            old_path = route.path.replace(PREFIX, OLD_PREFIX, 1) if is_old else None
            yield Match(route, parameters, old_path)


def _parameters(path: str, segments: tuple[str, ...]) -> dict[str, str] | None:
    """The path's parameters in the segments, None if they are no such path."""
    names = path.strip("/").split("/")
    if len(names) != len(segments):
        return None
    pairs = list(zip(names, segments, strict=True))
    if any(name != segment for name, segment in pairs if not name.startswith("{")):
        return None
    return {name.strip("{}"): segment for name, segment in pairs if name.startswith("{")}


def no_handler(request: Request) -> TextRefusal:
    text = f"no handler found for uri [{request.target}] and method [{request.method}]"
    return TextRefusal(400, text, is_numbered=False)


def _wrong_method(request: Request, methods: list[str]) -> TextRefusal:
    """405. A method that HTTP does not know is one on any path."""
    text = f"Incorrect HTTP method for uri [{request.target}] and method [{request.method}]"
    if request.method not in METHODS:
        text = f"Unexpected http method: {request.method}"
    if not methods:
        return TextRefusal(405, text)
    text = f"{text}, allowed: [{', '.join(methods)}]"
    return TextRefusal(405, text, headers={"Allow": ",".join(methods)})


def is_served(match: Match, version: Version, compatible_with: int) -> bool:
    """Whether a version serves the match: old paths went in two steps."""
    if match.old_path is None or version.has(Feature.XPACK_PATHS):
        return True
    return version.has(Feature.XPACK_PATHS_IF_COMPATIBLE) and compatible_with < version.major


def deprecation(match: Match) -> str | None:
    """The warning that an old path brings, None for a current one."""
    if match.old_path is None:
        return None
    method = match.route.method
    return f"[{method} {match.old_path}] is deprecated! Use [{match.route.name}] instead."
