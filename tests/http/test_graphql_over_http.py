"""The audits of GraphQL over HTTP, under their ids: those of the npm package graphql-http, all 61.

Each row is an audit: what is sent, and what the answer must be. Where an audit allows several statuses, the
one that is ours is held to.
"""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import httpx2
import pytest

from gateway.app import application, catalog_of
from gateway.settings import load

pytestmark = pytest.mark.anyio

GRAPHQL = "application/graphql-response+json"
JSON = "application/json"
SENT_AS_JSON = {"content-type": JSON}
TYPENAME = {"query": "{ __typename }"}
NAMED = {"query": "query Query { __typename }", "operationName": "Query"}
TYPE = {
    "query": "query Type($name: String!) { __type(name: $name) { name } }",
    "variables": {"name": "sometype"},
}
TYPE_IN_URL = urlencode({"query": TYPE["query"], "variables": json.dumps(TYPE["variables"])})
UNKNOWN_FIELD = {"query": "{ 8f31403dfe404bccbb0e835f2629c6a7 }"}
NOT_COERCED = {"query": "query CoerceFailure($id: ID!){ __typename }", "variables": {"id": None}}
NOT_JSON = b'{ "not a JSON'
BROKEN = {"query": "{"}


@dataclass(frozen=True, kw_only=True)
class Audit:
    """What is sent, and what the answer must be. `expected` may say its media type, and what it has."""

    method: str
    query: str = ""
    headers: dict[str, str]
    content: bytes = b""
    status: int = 200
    expected: dict[str, Any] = field(default_factory=dict)


def audit(name: str, **values: Any) -> Any:
    return pytest.param(Audit(**values), id=name)


def post(
    id_: str, claim: str, body: Any, status: int = 200, *, accept: str | None = None, **expected: Any
) -> Any:
    """An audit that POSTs. `body` is JSON, unless it is bytes."""
    headers = SENT_AS_JSON if accept is None else {**SENT_AS_JSON, "accept": accept}
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return audit(
        f"{id_}-{claim}", method="POST", headers=headers, content=content, status=status, expected=expected
    )


def get(id_: str, claim: str, query: str, status: int = 200, *, accept: str | None, **expected: Any) -> Any:
    headers = {} if accept is None else {"accept": accept}
    return audit(
        f"{id_}-{claim}", method="GET", query=query, headers=headers, status=status, expected=expected
    )


def is_refused(id_: str, parameter: str, values: list[Any]) -> list[Any]:
    return [
        post(f"{id_}{n}", f"{value!r} as {parameter} is refused", {**TYPENAME, parameter: value}, 400)
        for n, value in enumerate(values)
    ]


def null_is_allowed() -> list[Any]:
    return [
        post(f"{id_}{n}", f"null {name} is allowed", {**TYPENAME, name: None}, accept=accept, errors=False)
        for n, name in enumerate(["variables", "operationName", "extensions"])
        for id_, accept in (("94B", GRAPHQL), ("022", JSON))
    ]


AUDITS = [
    post("22EB", "the newer type is served", TYPENAME, accept=GRAPHQL, media=GRAPHQL),
    post("4655", "the older type is served", TYPENAME, accept=JSON, media=JSON),
    post("47DE", "anything means the older type", TYPENAME, accept="*/*", media=JSON),
    post("80D8", "nothing means the older type", TYPENAME, media=JSON),
    post("82A3", "answers are UTF-8", TYPENAME),
    audit(
        "BF61-requests may be UTF-8",
        method="POST",
        headers={"content-type": "application/json; charset=utf-8"},
        content='{"query": "{ __type(name: \\"Run🏃Swim🏊\\") { name } }"}'.encode(),
    ),
    post("78D5", "requests are UTF-8 unless they say otherwise", TYPENAME),
    post("2C94", "POST is served", TYPENAME),
    get("5A70", "GET is served", urlencode(TYPENAME), accept=None),
    get("9C48", "a GET changes nothing", "query=mutation+%7B__typename%7D", 405, accept=GRAPHQL),
    audit(
        "9ABE-a POST needs a content type",
        method="POST",
        headers={},
        content=b'{"query": "{ __typename }"}',
        status=415,
    ),
    post("03D4", "JSON is taken", TYPENAME),
    post("A5BF", "a POST without a body is refused", b"", 400),
    post("423L", "a request without a query is refused", {"notquery": "{ __typename }"}, 400, accept=GRAPHQL),
    *is_refused("LKJ", "query", [{"obj": "ect"}, 0, False, ["array"]]),
    post("34A2", "the query is a string", TYPENAME, accept=GRAPHQL),
    post("13EE", "the query is a string", TYPENAME, accept=JSON, errors=False),
    *is_refused("6C0", "operationName", [{"obj": "ect"}, 0, False, ["array"]]),
    post("8161", "the operation's name is a string", NAMED, accept=GRAPHQL),
    post("B8B3", "the operation's name is a string", NAMED, accept=JSON, errors=False),
    *null_is_allowed(),
    *is_refused("476", "variables", ["string", 0, False, ["array"]]),
    post("2EA1", "variables are an object", TYPE, accept=GRAPHQL),
    post("28B9", "variables are an object", TYPE, accept=JSON, errors=False),
    get("D6D5", "variables are JSON in a GET", TYPE_IN_URL, accept=GRAPHQL, errors=False),
    get("6A70", "variables are JSON in a GET", TYPE_IN_URL, accept=JSON, errors=False),
    *is_refused("58B", "extensions", ["string", 0, False, ["array"]]),
    post("428F", "extensions are an object", {**TYPENAME, "extensions": {"some": "value"}}, accept=GRAPHQL),
    post(
        "1B7A",
        "extensions are an object",
        {**TYPENAME, "extensions": {"some": "value"}},
        accept=JSON,
        errors=False,
    ),
    post("B6DC", "what is no JSON is refused", NOT_JSON, 400, accept=JSON),
    post("BCF8", "what is no JSON is refused", NOT_JSON, 400, accept=JSON),
    post("B7N8", "what is no JSON is refused", NOT_JSON, 400, accept=GRAPHQL),
    post("8764", "a misspelt parameter is refused", {"qeury": "{ __typename }"}, 400),
    post("3E3A", "a misspelt parameter is refused", {"qeury": "{ __typename }"}, 400),
    post("572B", "a document that does not parse is 200 in the older type", BROKEN, accept=JSON),
    post("FDE2", "an invalid document is 200 in the older type", UNKNOWN_FIELD, accept=JSON),
    post("7B9B", "variables that do not fit are 200 in the older type", NOT_COERCED, accept=JSON),
    post("865D", "a document that does not parse is 400 in the newer type", BROKEN, 400, accept=GRAPHQL),
    post("556A", "a document that does not parse is 400 in the newer type", BROKEN, 400, accept=GRAPHQL),
    post("D586", "a document that does not parse has no data", BROKEN, 400, accept=GRAPHQL, data=False),
    post("51FE", "an invalid document is 400 in the newer type", UNKNOWN_FIELD, 400, accept=GRAPHQL),
    post("74FF", "an invalid document is 400 in the newer type", UNKNOWN_FIELD, 400, accept=GRAPHQL),
    post("5E5B", "an invalid document has no data", UNKNOWN_FIELD, 400, accept=GRAPHQL, data=False),
    post("86EE", "variables that do not fit are 400 in the newer type", NOT_COERCED, 400, accept=GRAPHQL),
]


@pytest.fixture
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    settings = load(None, environ={})
    async with catalog_of(settings) as catalog:
        transport = httpx2.ASGITransport(app=application(settings, catalog))
        async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
            yield client


def test_no_audit_is_left_out():
    assert len(AUDITS) == 61
    assert len({row.id.partition("-")[0] for row in AUDITS}) == 61


@pytest.mark.parametrize("audit", AUDITS)
async def test_an_audit_is_passed(client: httpx2.AsyncClient, audit: Audit) -> None:
    url = f"http://localhost/graphql?{audit.query}"
    request = httpx2.Request(audit.method, url, headers=audit.headers, content=audit.content)
    response = await client.send(request)
    body = json.loads(response.content.decode("utf-8"))
    media, _, charset = response.headers["content-type"].partition("; charset=")
    assert response.status_code == audit.status
    assert charset == "utf-8"
    assert media == audit.expected.get("media", media)
    for member in ("errors", "data"):
        assert (member in body) == audit.expected.get(member, member in body)
