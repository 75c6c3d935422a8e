"""Whatever is asked, the emulator answers in JSON and never by failing itself."""

import json
from datetime import UTC, datetime
from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st

from gateway.sandbox import principals, seed
from gateway.sandbox.elasticsearch import ElasticsearchEmulator
from gateway.sandbox.http import Request

NOW = datetime(2026, 11, 18, 15, 30, 12, tzinfo=UTC)
WORLD = seed.world(NOW).elasticsearch

SEGMENTS = st.sampled_from(
    ["_ml", "_xpack", "ml", "calendars", "events", "jobs", "anomaly_detectors", "_stats"]
)
NAMES = st.sampled_from(["empty", "_all", "*", "planned-outages,x", ""]) | st.text(max_size=5)
PATHS = st.one_of(
    st.lists(SEGMENTS | NAMES, max_size=5),
    st.tuples(st.just("_ml"), st.just("calendars"), NAMES, st.just("events")).map(list),
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
BOUNDS = SCALARS | st.sampled_from(["now-1d/d", "2017-12-19", "9999", "0000", 2**63, -(2**63), 1e300])
EVENTS = st.fixed_dictionaries(
    {},
    optional={
        "description": SCALARS,
        "start_time": BOUNDS,
        "end_time": BOUNDS,
        "skip_result": SCALARS,
        "force_time_shift": BOUNDS,
        "calendar_id": NAMES,
        "event_id": SCALARS,
    },
)
BODIES = st.fixed_dictionaries(
    {},
    optional={
        "events": EVENTS | st.lists(EVENTS | SCALARS, max_size=3),
        "job_ids": SCALARS | st.lists(SCALARS, max_size=3),
        "description": SCALARS,
        "page": st.dictionaries(st.sampled_from(["from", "size", "x"]), SCALARS) | SCALARS,
        "start": BOUNDS,
        "end": BOUNDS,
    },
)
PARAMETERS = st.dictionaries(
    st.sampled_from(["from", "size", "start", "end", "job_id", "human", "pretty", "filter_path", "x"]),
    (BOUNDS | NAMES).map(str),
    max_size=3,
)


@given(
    st.sampled_from(["GET", "PUT", "POST", "DELETE", "HEAD", "PATCH"]),
    PATHS,
    PARAMETERS,
    st.none() | BODIES.map(lambda body: json.dumps(body).encode()) | st.binary(max_size=20),
)
def test_every_request_has_an_answer(method, segments, parameters, body):
    emulator = ElasticsearchEmulator(WORLD, now=lambda: NOW)
    path = "/" + "/".join(quote(segment, safe="") for segment in segments)
    query = "&".join(f"{name}={quote(value)}" for name, value in parameters.items())
    headers = {"authorization": principals.ELASTIC.authorization, "content-type": "application/json"}
    answer = emulator.answer(
        Request(method=method, target=f"{path}?{query}", headers=headers, body=body or b"")
    )
    assert answer.status in (200, 400, 404, 405)
    assert isinstance(json.loads(answer.body), dict)
