"""What is no GraphQL request is refused with a 4xx that says why, whatever it is."""

import json
from collections.abc import AsyncIterator

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.http.operation import LARGEST_BODY, BadRequest, Operation, read_operation
from gateway.http.request import Request

pytestmark = pytest.mark.anyio

QUERY = "{calendarSources{name}}"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def request(
    *chunks: bytes,
    method: str = "POST",
    query: bytes = b"",
    content_type: str | None = "application/json",
) -> Request:
    headers = [] if content_type is None else [(b"content-type", content_type.encode("latin-1"))]
    scope = {"type": "http", "method": method, "path": "/graphql", "query_string": query, "headers": headers}
    waiting = [
        {"type": "http.request", "body": chunk, "more_body": number < len(chunks)}
        for number, chunk in enumerate(chunks, 1)
    ]

    async def receive() -> dict[str, object]:
        return waiting.pop(0) if waiting else {"type": "http.request", "body": b"", "more_body": False}

    return Request.of(scope, receive)


async def refused(given: Request) -> BadRequest:
    with pytest.raises(BadRequest) as caught:
        await read_operation(given)
    assert caught.value.message
    return caught.value


async def test_a_post_carries_an_operation() -> None:
    body = {"query": QUERY, "variables": {"a": [1, None, "é"]}, "operationName": "A", "extensions": {}}
    assert await read_operation(request(json.dumps(body).encode())) == Operation(
        query=QUERY, variables={"a": [1, None, "é"]}, name="A"
    )


async def test_nulls_are_as_good_as_nothing_and_unknown_members_are_ignored() -> None:
    body = {"query": QUERY, "variables": None, "operationName": None, "extensions": None, "id": 7}
    assert await read_operation(request(json.dumps(body).encode())) == Operation(query=QUERY)


async def test_a_body_may_come_in_pieces() -> None:
    body = json.dumps({"query": QUERY}).encode()
    assert await read_operation(request(*(body[n : n + 5] for n in range(0, len(body), 5)))) == Operation(
        query=QUERY
    )


async def test_a_get_carries_an_operation_in_its_query_string() -> None:
    query = b"query=%7Bcalendar(id%3A%22%C3%A9%22)%7Bid%7D%7D&variables=%7B%22a%22%3A1%7D&operationName=A&x=1"
    assert await read_operation(request(method="GET", query=query)) == Operation(
        query='{calendar(id:"é"){id}}', variables={"a": 1}, name="A"
    )


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"null",
        b"true",
        b"1",
        b'"x"',
        b"[]",
        b'[{"query":"{a}"}]',
        b"{}",
        b"{",
        b"\xff\xfe",
        b'{"query":"\xff"}',
        b'{"query":"{a}","operationName":"\\ud800"}',
        b'{"query":"\\udc00"}',
        b'{"query":"{a}","variables":{"a":' + b"9" * 5000 + b"}}",
        b"9" * 5000,
        b'{"query":"{a}","variables":{"a":1e999}}',
        b"[" * 1000 + b"]" * 1000,
        b"[" * 100_000,
        b'{"query":"{a}","variables":{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}}",
        b'{"a":' * 100_000,
        b'{"query":null}',
        b'{"query":""}',
        b'{"query":1}',
        b'{"query":["{a}"]}',
        b'{"query":"{a}","variables":[]}',
        b'{"query":"{a}","variables":"{}"}',
        b'{"query":"{a}","operationName":1}',
        b'{"query":"{a}","operationName":{}}',
        b'{"query":"{a}","extensions":[]}',
        b'{"query":"{a}"} x',
        b"query={a}",
        b'{"query":"{a}","variables":{"a":NaN}}',
        b'{"query":"{a}","foo":"\xff"}',
        b'{"query":"{a}","\xff":1}',
        b'{"foo":1e999,"query":"{a}"}',
        b'{"query":"{a}","foo":{"a":["\xff"]}}',
        b'{"query":"{a}","foo":"\\ud800"}',
    ],
    ids=lambda body: repr(body[:40]),
)
async def test_a_body_that_is_no_operation_is_400(body: bytes) -> None:
    assert (await refused(request(body))).status == 400


@pytest.mark.parametrize(
    "query",
    [
        b"",
        b"query=",
        b"operationName=A",
        b"query=%FF",
        b"query=%ED%A0%80",
        b"query={a}&variables=%FF",
        b"query={a}&variables=[]",
        b"query={a}&variables={",
        b"query={a}&variables=1",
        b"query={a}&extensions=1",
        b"query={a}&variables=" + b"[" * 5000,
        b"query={a}&variables={%22a%22:" + b"9" * 5000 + b"}",
        b"\xff",
    ],
    ids=lambda query: repr(query[:40]),
)
async def test_a_query_string_that_is_no_operation_is_400(query: bytes) -> None:
    assert (await refused(request(method="GET", query=query))).status == 400


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/graphql",
        "application/json-patch+json",
        "application/json; charset=utf-16",
        "application/json; charset=latin1",
        "application/json;charset=",
        "json",
        ";",
    ],
)
async def test_a_body_of_another_type_is_415(content_type: str | None) -> None:
    exc = await refused(request(b'{"query":"{a}"}', content_type=content_type))
    assert (exc.status, exc.headers) == (415, {"accept-post": "application/json"})


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "APPLICATION/JSON ; charset=UTF-8",
        'application/json;charset="utf-8"',
        "application/json; x=y",
    ],
)
async def test_json_may_be_written_in_many_ways(content_type: str) -> None:
    assert (await read_operation(request(b'{"query":"{a}"}', content_type=content_type))).query == "{a}"


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "BREW"])
async def test_another_method_is_405_and_told_which_are_served(method: str) -> None:
    exc = await refused(request(method=method))
    assert (exc.status, exc.headers) == (405, {"allow": "GET, POST"})


async def test_a_body_over_the_limit_is_413_and_not_read_to_its_end() -> None:
    asked = 0

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b" " * 1024 * 1024

    pieces = endless()

    async def receive() -> dict[str, object]:
        nonlocal asked
        asked += 1
        return {"type": "http.request", "body": await anext(pieces), "more_body": True}

    given = msgspec.structs.replace(request(), receive=receive)
    assert (await refused(given)).status == 413
    assert asked == LARGEST_BODY // (1024 * 1024) + 1
    await pieces.aclose()


async def test_a_body_of_just_the_limit_is_read() -> None:
    body = b'{"query":"{a}"}'
    padded = body + b" " * (LARGEST_BODY - len(body))
    assert (await read_operation(request(padded))).query == "{a}"
    assert (await refused(request(padded, b" "))).status == 413


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
MEMBERS = st.sampled_from(["query", "variables", "operationName", "extensions"])


@given(st.binary(max_size=30) | st.dictionaries(MEMBERS, JSON_VALUES).map(lambda it: json.dumps(it).encode()))
@settings(max_examples=60)
async def test_any_body_is_an_operation_or_a_4xx(body: bytes) -> None:
    try:
        operation = await read_operation(request(body))
    except BadRequest as exc:
        assert 400 <= exc.status < 500  # noqa: PT017 - either is right
    else:
        assert operation.query
