"""Answers that are not what was hoped for, as our errors."""

from datetime import timedelta

import msgspec
import pytest

from gateway.adapters.base import UpstreamRequest
from gateway.adapters.elasticsearch.faults import fault, was_refused
from gateway.adapters.transport import Answer
from gateway.errors import Code

READ = UpstreamRequest(source="es", method="GET", path="/_ml/calendars/x/events")
WRITE = UpstreamRequest(source="es", method="POST", path="/_ml/calendars/x/events", body=b"{}")
REMOVE = UpstreamRequest(source="es", method="DELETE", path="/_ml/calendars/x/events/e")
HTML = b"<html><body><h1>Bad Gateway</h1></body></html>"
OWN = {"x-elastic-product": "Elasticsearch", "content-type": "application/json", "x-opaque-id": "r-1"}
STRANGE = {"content-type": "text/html"}


def refusal(kind, reason, **more):
    cause = {"type": kind, "reason": reason}
    return msgspec.json.encode({"error": {"root_cause": [cause], **cause, **more}, "status": 400})


def problem(status, body, headers=OWN, request=READ):
    error = fault(Answer(status=status, headers=headers, body=body), request)
    assert error is not None
    return error.problem


@pytest.mark.parametrize(
    ("status", "kind", "code", "is_retryable"),
    [
        (400, "status_exception", Code.UPSTREAM_REFUSED, False),
        (401, "security_exception", Code.UNAUTHENTICATED, False),
        (403, "security_exception", Code.FORBIDDEN, False),
        (404, "resource_not_found_exception", Code.NOT_FOUND, False),
        (409, "version_conflict_engine_exception", Code.CONFLICT, False),
        (413, None, Code.UPSTREAM_REFUSED, False),
        (429, "circuit_breaking_exception", Code.RATE_LIMITED, True),
        (500, "exception", Code.UNAVAILABLE, True),
        (503, "cluster_block_exception", Code.UNAVAILABLE, True),
    ],
)
def test_each_refusal_has_its_code_and_keeps_elasticsearchs_own_words(status, kind, code, is_retryable):
    found = problem(status, refusal(kind, "Because of this."))
    assert (found.code, found.retryable, found.upstream_code) == (code, is_retryable, kind)
    assert found.message == f"es answered {status}: Because of this."
    assert found.request_id == "r-1"


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (405, {"error": "Incorrect HTTP method for uri [U]", "status": 405}, Code.UPSTREAM_REFUSED),
        (406, {"error": "Content-Type header is missing", "status": 406}, Code.UPSTREAM_REFUSED),
        (400, {"error": "no handler found for uri [U] and method [GET]"}, Code.UPSTREAM_REFUSED),
    ],
)
def test_an_error_that_is_a_string_is_read_and_has_a_hint(status, body, code):
    found = problem(status, msgspec.json.encode(body))
    assert found.code is code
    assert body["error"] in found.message
    assert found.hint is not None


def test_the_reasons_are_told_from_the_outermost_in():
    inner = {"type": "illegal_argument_exception", "reason": "failed to parse date field [x]."}
    outer = refusal(
        "x_content_parse_exception",
        "[1:2] failed to parse field [events]",
        caused_by={"type": "x", "reason": "[1:1] unknown field [event_id]", "caused_by": inner},
    )
    assert problem(400, outer).message == (
        "es answered 400: [1:2] failed to parse field [events]: [1:1] unknown field [event_id]:"
        " failed to parse date field [x]."
    )


def test_a_reason_that_only_the_root_cause_tells_is_told():
    root = [{"type": "illegal_argument_exception", "reason": "Result window is too large"}]
    body = {"error": {"type": "search_phase_execution_exception", "reason": "all shards failed"}}
    body["error"]["root_cause"] = root
    found = problem(400, msgspec.json.encode(body))
    assert found.message == "es answered 400: all shards failed: Result window is too large."


def test_a_reason_without_end_is_cut():
    assert len(problem(400, refusal("x", "long " * 10_000)).message) < 600


@pytest.mark.parametrize(
    ("request_", "privilege"), [(READ, "monitor_ml"), (WRITE, "manage_ml"), (REMOVE, "manage_ml")]
)
def test_who_is_forbidden_learns_which_privilege_is_missing(request_, privilege):
    found = problem(403, refusal("security_exception", "unauthorized"), {}, request_)
    assert privilege in found.hint


def test_the_wait_that_is_asked_for_is_passed_on():
    found = problem(429, refusal("x", "too many"), OWN | {"retry-after": "1.5"})
    assert found.retry_after == timedelta(seconds=1.5)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, Code.UPSTREAM_REFUSED),
        (401, Code.UNAUTHENTICATED),
        (403, Code.FORBIDDEN),
        (404, Code.UNEXPECTED_ANSWER),
        (413, Code.UPSTREAM_REFUSED),
        (429, Code.RATE_LIMITED),
        (502, Code.UNAVAILABLE),
        (302, Code.UNEXPECTED_ANSWER),
        (200, Code.UNEXPECTED_ANSWER),
    ],
)
def test_a_page_of_something_in_between_is_told_by_its_kind_and_not_quoted(status, code):
    found = problem(status, HTML, STRANGE)
    assert found.code is code
    assert found.message.endswith(f"{status} with text/html.")


@pytest.mark.parametrize(
    "body", [b"", b"null", b"[]", b"{}", b'{"error":{}}', b'{"error":7}', b"[" * 5000, b"\xff"]
)
def test_a_body_that_tells_nothing_is_no_obstacle(body):
    assert problem(503, body).code is Code.UNAVAILABLE


def test_elasticsearchs_own_success_is_no_fault():
    assert fault(Answer(status=200, headers=OWN, body=b"{}"), READ) is None


@pytest.mark.parametrize(
    ("status", "headers", "is_refused"),
    [
        (400, OWN, True),
        (401, {}, True),
        (404, OWN, True),
        (429, STRANGE, True),
        (302, STRANGE, True),
        (503, OWN, True),
        (503, STRANGE, False),
        (500, OWN, False),
        (502, STRANGE, False),
        (504, STRANGE, False),
        (200, STRANGE, False),
    ],
)
def test_only_some_answers_prove_that_nothing_was_written(status, headers, is_refused):
    assert was_refused(Answer(status=status, headers=headers, body=b"")) is is_refused
