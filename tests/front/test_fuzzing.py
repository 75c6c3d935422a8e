"""Whatever comes, nothing breaks: not one 5xx, no traceback, nothing from the inside in an answer."""

import json
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from .conftest import CONFIGURATION
from .documents import documents

pytestmark = pytest.mark.anyio

PATIENT = settings(
    max_examples=100,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)
INSIDE = re.compile(
    r'Traceback|File "|\.py\b|site-packages|0x[0-9a-f]{6}|[a-z]Error\b|\bgateway\.\w|object at|INTERNAL'
)
"""What only somebody who looks into the program would say. `INTERNAL` is the code of a fault of ours."""

METHODS = st.one_of(
    st.sampled_from(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY"]),
    st.from_regex(r"[A-Z!#$%&'*+.^_`|~-]{1,12}", fullmatch=True),
)
PATHS = st.sampled_from(
    ["/graphql", "/graphql", "/graphql", "/", "/healthz", "/graphql/static/..%2f..%2fpage.py", "/%00"]
)
MEDIA = (
    "application/json",
    "application/graphql-response+json",
    "text/html",
    "*/*",
    "text/plain",
    "a/b;q=x",
    ";;,",
    "é",
)
VALUES = st.one_of(
    st.sampled_from(MEDIA),
    st.sampled_from(
        ["application/json; charset=utf-16", "Bearer x", "Basic !!", "https://evil.example", "null", "gzip"]
    ),
    st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=20),
)
NAMES = st.sampled_from(
    [
        "accept",
        "content-type",
        "authorization",
        "x-request-id",
        "origin",
        "sec-fetch-site",
        "accept-encoding",
        "host",
        "content-encoding",
        "access-control-request-method",
        "access-control-request-headers",
        "cookie",
        "range",
        "expect",
    ]
)
HEADERS = st.dictionaries(NAMES, VALUES.map(lambda value: value.encode("latin-1")), max_size=4)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
QUERIES = st.one_of(
    st.just("{__typename}"), st.text(max_size=30), st.text("{}()[]:$@!|&=.,\"'#aA1 \n_", max_size=40)
)
PARAMETERS = st.dictionaries(st.sampled_from(["query", "variables", "x"]), QUERIES)
REQUESTS = st.fixed_dictionaries(
    {"query": QUERIES | JSON_VALUES},
    optional={"variables": JSON_VALUES, "operationName": JSON_VALUES, "extensions": JSON_VALUES},
)
BODIES = st.one_of(
    st.binary(max_size=60), (REQUESTS | JSON_VALUES).map(lambda value: json.dumps(value).encode())
)


@pytest.fixture
async def gateway(front: Any) -> Any:
    return await front("limits = { max_burst = 1000000 }\n" + CONFIGURATION)


def check(answer: Any, logs: Any) -> None:
    """Nothing broke, and the answer is what clients of its kind can read."""
    assert answer.status_code < 500
    assert "operation.crashed" not in {entry["event"] for entry in logs}
    if answer.headers.get("content-type", "").startswith("text/html"):
        return
    assert not INSIDE.search(answer.text), answer.text
    if "json" in answer.headers.get("content-type", ""):
        content = answer.json() if answer.content else {}
        assert all(error["extensions"]["code"] for error in content.get("errors", ()))


@PATIENT
@given(st.tuples(METHODS, PATHS, PARAMETERS), HEADERS, BODIES)
@example(("GET", "/graphql", {"query": "\x80"}), {}, b"")
async def test_any_request_is_answered(
    gateway: Any, line: tuple[str, str, dict[str, str]], headers: dict[str, bytes], body: bytes
) -> None:
    with capture_logs() as logs:
        method, path, parameters = line
        answer = await gateway.client.request(method, path, headers=headers, content=body, params=parameters)
    check(answer, logs)


@PATIENT
@given(BODIES)
async def test_any_body_is_answered(gateway: Any, body: bytes) -> None:
    with capture_logs() as logs:
        answer = await gateway.client.post(
            "/graphql", content=body, headers={"content-type": "application/json"}
        )
    check(answer, logs)
    assert "json" in answer.headers["content-type"]


@PATIENT
@given(documents())
async def test_any_document_is_answered(gateway: Any, document: str) -> None:
    with capture_logs() as logs:
        answer = await gateway.client.post("/graphql", json={"query": document})
    check(answer, logs)


@st.composite
def mangled(draw: st.DrawFn) -> str:
    """A document in which some characters are others."""
    document = draw(documents())
    place, length = draw(st.integers(0, len(document))), draw(st.integers(0, 5))
    return document[:place] + draw(st.text(max_size=3)) + document[place + length :]


@PATIENT
@given(mangled())
async def test_a_document_in_which_something_went_wrong_is_answered(gateway: Any, document: str) -> None:
    with capture_logs() as logs:
        answer = await gateway.client.post("/graphql", json={"query": document})
    check(answer, logs)


@PATIENT
@given(st.dictionaries(st.sampled_from(["calendars", "events", "onLoss", "dryRun", "maxMute"]), JSON_VALUES))
async def test_any_variables_are_answered(gateway: Any, given_input: dict[str, Any]) -> None:
    query = "mutation($input: AddEventsInput!) { addEvents(input: $input) { status problems { code } } }"
    with capture_logs() as logs:
        answer = await gateway.client.post(
            "/graphql",
            content=json.dumps({"query": query, "variables": {"input": given_input}}),
            headers={"content-type": "application/json"},
        )
    check(answer, logs)


@pytest.mark.parametrize(
    "text",
    [
        "Traceback (most recent call last):",
        'File "/srv/gateway/app.py", line 3',
        "invalid literal for int(): ValueError",
        "<CalendarEvent object at 0x7f1bd9145e40>",
        "gateway.service.reads",
        '{"errors":[{"extensions":{"code":"INTERNAL"}}]}',
    ],
)
def test_what_comes_from_the_inside_would_be_seen(text: str) -> None:
    assert INSIDE.search(text)
