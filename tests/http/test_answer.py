"""An answer says what went wrong in words that a client can use."""

import asyncio
import gzip
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from graphql import GraphQLError
from strawberry.types import ExecutionResult
from structlog.testing import capture_logs

from gateway.errors import InvalidTime, RateLimited
from gateway.http.answer import Answer, answer, json_response, refused
from gateway.http.media import GRAPHQL, JSON
from gateway.http.refusal import BadRequest


def _result(data: dict[str, Any] | None, *errors: GraphQLError) -> ExecutionResult:
    return ExecutionResult(data=data, errors=list(errors) or None)


def _content(response: Answer) -> dict[str, Any]:
    return json.loads(bytes(response.body))


def _raised(original: Exception, path: list[str] | None = None, message: str = "wrapped") -> GraphQLError:
    return GraphQLError(message, path=path, original_error=original)


@pytest.mark.parametrize(
    ("result", "newer", "older", "has_data"),
    [
        (_result({"a": 1}), 200, 200, True),
        (_result({}), 200, 200, True),
        (_result({"a": None}, _raised(InvalidTime("x"), ["a"])), 200, 200, True),
        (_result(None, _raised(InvalidTime("x"), ["a"])), 200, 200, True),
        (_result(None, GraphQLError("Syntax Error")), 400, 200, False),
        (_result(None, _raised(InvalidTime("x"))), 400, 200, False),
    ],
)
def test_the_status_says_whether_the_operation_was_executed(
    result: ExecutionResult, newer: int, older: int, has_data: bool
) -> None:
    assert answer(result, GRAPHQL).status_code == newer
    response = answer(result, JSON)
    assert response.status_code == older
    assert ("data" in _content(response)) is has_data
    assert ("errors" in _content(response)) is bool(result.errors)


def test_a_problem_comes_with_all_that_is_known_of_it() -> None:
    problem = RateLimited(
        "Slow down.",
        path=("calendars", 0),
        hint="Wait.",
        retry_after=timedelta(seconds=7),
        upstream_code="TooManyRequests",
        request_id="up-1",
    )
    (error,) = _content(answer(_result({"a": None}, _raised(problem, ["a"])), JSON))["errors"]
    assert error == {
        "message": "Slow down.",
        "path": ["a"],
        "extensions": {
            "code": "RATE_LIMITED",
            "retryable": True,
            "hint": "Wait.",
            "inputPath": ["calendars", "0"],
            "retryAfter": "PT7S",
            "upstreamCode": "TooManyRequests",
            "upstreamRequestId": "up-1",
        },
    }


def test_an_error_is_found_below_any_number_of_wrappings() -> None:
    wrapped = _raised(_raised(_raised(InvalidTime("Really."))), ["a"])
    (error,) = _content(answer(_result({"a": None}, wrapped), JSON))["errors"]
    assert (error["message"], error["extensions"]["code"]) == ("Really.", "INVALID_TIME")


def test_an_error_in_a_variable_keeps_the_words_that_say_which() -> None:
    wrapped = _raised(InvalidTime("Really."), message="Variable '$w' … Really.")
    (error,) = _content(answer(_result(None, wrapped), GRAPHQL))["errors"]
    assert error["message"] == "Variable '$w' … Really."


@pytest.mark.parametrize("fault", [ValueError("secret"), ExceptionGroup("secret", [ValueError("secret")])])
def test_what_nobody_raised_on_purpose_is_masked_and_logged(fault: Exception) -> None:
    with capture_logs() as logs:
        (error,) = _content(answer(_result({"a": None}, _raised(fault, ["a"])), JSON))["errors"]
    assert "secret" not in json.dumps(error)
    assert error["extensions"] == {"code": "INTERNAL"}
    assert [entry["exc_info"] for entry in logs] == [fault]


def test_a_clients_mistake_is_not_logged() -> None:
    with capture_logs() as logs:
        answer(_result(None, GraphQLError("Syntax Error")), JSON)
        answer(_result({"a": None}, _raised(InvalidTime("x"), ["a"])), JSON)
    assert logs == []


def test_a_refusal_is_a_well_formed_answer_with_its_headers() -> None:
    response = refused(BadRequest(405, "No.", {"allow": "POST"}), GRAPHQL)
    assert response.status_code == 405
    assert dict(response.headers(response.body))[b"allow"] == b"POST"
    assert dict(response.headers(response.body))[b"content-type"] == f"{GRAPHQL}; charset=utf-8".encode()
    assert _content(response) == {"errors": [{"message": "No.", "extensions": {"code": "BAD_REQUEST"}}]}


def test_answers_are_kept_by_no_cache() -> None:
    assert dict(json_response({}, 200, JSON).headers(b""))[b"cache-control"] == b"no-store"


@pytest.mark.anyio
@pytest.mark.parametrize("length", [1023, 1024, 128 * 1024 - 1, 128 * 1024])
@pytest.mark.parametrize("accepted", [b"gzip", b"br"])
async def test_a_body_that_is_not_small_travels_in_gzip_to_who_takes_that(
    length: int, accepted: bytes
) -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    body = b"1" * length
    await Answer(body, 200, JSON)({"headers": [(b"accept-encoding", accepted)]}, send, send)
    start, end = sent
    headers = dict(start["headers"])
    is_packed = accepted == b"gzip" and length >= 1024
    assert headers.get(b"content-encoding") == (b"gzip" if is_packed else None)
    assert headers.get(b"vary") == (b"Accept-Encoding" if length >= 1024 else None)
    assert headers[b"content-length"] == b"%d" % len(end["body"])
    assert (gzip.decompress(end["body"]) if is_packed else end["body"]) == body


@pytest.mark.anyio
async def test_a_long_body_is_packed_though_all_threads_that_look_names_up_hang() -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    taken = ThreadPoolExecutor()
    taken.shutdown()  # as good as none of its threads coming free, without the wait
    asyncio.get_running_loop().set_default_executor(taken)
    body = b"1" * 128 * 1024
    await Answer(body, 200, JSON)({"headers": [(b"accept-encoding", b"gzip")]}, send, send)
    assert gzip.decompress(sent[1]["body"]) == body
