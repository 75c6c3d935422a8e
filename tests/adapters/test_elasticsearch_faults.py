"""Answers that are not what was hoped for, as our errors."""

from datetime import timedelta

import msgspec
import pytest

from gateway.adapters.elasticsearch.faults import fault, is_over, was_refused
from gateway.adapters.transport import Answer
from gateway.adapters.upstream import UpstreamRequest
from gateway.errors import Code

READ = UpstreamRequest(source="es", method="GET", path="/_ml/calendars/x/events")
WRITE = UpstreamRequest(source="es", method="POST", path="/_ml/calendars/x/events", body=b"{}")
PUT = UpstreamRequest(source="es", method="PUT", path="/_ml/calendars/x")
BANNER = UpstreamRequest(source="es", method="GET", path="/")
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


UNAUTHORIZED = "action [{}] is unauthorized for API key id [I] of user [u]"
GRANTED = ", this action is granted by the cluster privileges [{}]"


@pytest.mark.parametrize(
    ("action", "granting", "request_", "privilege"),
    [
        (
            "cluster:monitor/xpack/ml/calendars/get",
            "monitor_ml,manage_ml,monitor,manage,all",
            READ,
            "monitor_ml",
        ),
        ("cluster:admin/xpack/ml/calendars/events/post", "manage_ml,manage,all", WRITE, "manage_ml"),
        ("cluster:admin/xpack/ml/calendars/put", "manage_ml,manage,all", PUT, "manage_ml"),
        ("cluster:admin/xpack/ml/calendars/put", None, PUT, "manage_ml"),
        ("cluster:monitor/main", "monitor,manage,all", BANNER, "monitor"),
        ("cluster:monitor/main", None, BANNER, "monitor"),
    ],
)
def test_the_least_privilege_that_elasticsearch_names_is_the_one_that_is_missing(
    action, granting, request_, privilege
):
    reason = UNAUTHORIZED.format(action) + (GRANTED.format(granting) if granting else "")
    found = problem(403, refusal("security_exception", reason), {}, request_)
    assert found.hint == f"The credential needs the cluster privilege {privilege}."


@pytest.mark.parametrize(
    ("body", "hint"),
    [
        (HTML, "stands before the cluster"),
        (refusal("security_exception", "current license is non-compliant for [ml]"), "licence"),
    ],
)
def test_what_is_forbidden_for_another_reason_is_not_said_to_lack_a_privilege(body, hint):
    found = problem(403, body, STRANGE)
    assert found.code is Code.FORBIDDEN
    assert hint in found.hint
    assert "privilege" not in found.hint


@pytest.mark.parametrize("status", [403, 429, 503])
def test_a_block_is_a_cluster_in_trouble_whatever_its_status(status):
    body = refusal("cluster_block_exception", "index [.ml-meta] blocked by: [FORBIDDEN/12/disk usage];")
    found = problem(status, body, {})
    assert (found.code, found.retryable) == (Code.UNAVAILABLE, True)
    assert "disk is full" in found.hint


def test_an_expired_key_is_said_to_be_expired():
    body = {
        "type": "security_exception",
        "reason": "unable to authenticate with provided credentials and anonymous access is not allowed",
        "additional_unsuccessful_credentials": "API key: api key is expired",
        "header": {"WWW-Authenticate": ['Basic realm="security", charset="UTF-8"', "ApiKey"]},
    }
    found = problem(401, msgspec.json.encode({"error": body | {"root_cause": [body]}, "status": 401}), {})
    assert found.code is Code.UNAUTHENTICATED
    assert found.message.endswith("is not allowed: API key: api key is expired.")


@pytest.mark.parametrize(
    ("status", "error", "code", "told", "hint"),
    [
        (
            429,
            {
                "type": "circuit_breaking_exception",
                "reason": "[parent] Data too large, data for [<http_request>] would be [9/9b]",
                "bytes_wanted": 9,
                "bytes_limit": 8,
                "durability": "TRANSIENT",
            },
            Code.RATE_LIMITED,
            "Data too large",
            "short of memory",
        ),
        (
            429,
            {
                "type": "es_rejected_execution_exception",
                "reason": "rejected execution of x on EsThreadPoolExecutor[name = node/write]",
            },
            Code.RATE_LIMITED,
            "rejected execution",
            "than it can queue",
        ),
        (
            503,
            {"type": "master_not_discovered_exception", "reason": None},
            Code.UNAVAILABLE,
            "answered 503: master_not_discovered_exception.",
            "no master",
        ),
        (
            503,
            {"type": "search_phase_execution_exception", "reason": "", "phase": "query", "failed_shards": []},
            Code.UNAVAILABLE,
            "answered 503: search_phase_execution_exception.",
            "Shards",
        ),
        (
            400,
            {"type": "media_type_header_exception", "reason": "Invalid media-type value on headers [Accept]"},
            Code.UPSTREAM_REFUSED,
            "Invalid media-type",
            "change the headers",
        ),
    ],
)
def test_what_a_cluster_in_trouble_says_comes_with_what_can_be_done(status, error, code, told, hint):
    found = problem(status, msgspec.json.encode({"error": error | {"root_cause": []}, "status": status}))
    assert (found.code, found.upstream_code) == (code, error["type"])
    assert told in found.message
    assert hint in found.hint


@pytest.mark.parametrize("status", [404, 409])
@pytest.mark.parametrize("body", [HTML, b'{"error":"Not Found","message":"no Route matched"}'])
def test_what_is_not_there_is_elasticsearchs_to_say_and_nobody_elses(status, body):
    found = problem(status, body, STRANGE)
    assert found.code is Code.UNEXPECTED_ANSWER
    assert "is not Elasticsearch" in found.message


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
        (406, OWN, True),
        (406, STRANGE, False),
        (408, STRANGE, False),
        (408, OWN, False),
        (429, OWN, False),
        (503, OWN, False),
        (503, STRANGE, False),
        (500, OWN, False),
        (502, STRANGE, False),
        (504, STRANGE, False),
        (200, STRANGE, False),
    ],
)
def test_only_some_answers_prove_that_nothing_was_written(status, headers, is_refused):
    assert was_refused(Answer(status=status, headers=headers, body=b"")) is is_refused


@pytest.mark.parametrize(
    ("status", "headers", "is_ended"),
    [(429, OWN, True), (503, OWN, True), (500, OWN, False), (429, STRANGE, False), (503, STRANGE, False)],
)
def test_only_elasticsearch_itself_knows_that_nothing_more_will_be_written(status, headers, is_ended):
    assert is_over(Answer(status=status, headers=headers, body=b"")) is is_ended
