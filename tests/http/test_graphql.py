"""GraphQL over HTTP: the statuses, media types and errors that a client of it can count on."""

import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from strawberry.types import ExecutionResult
from structlog.testing import capture_logs

from gateway.adapters.upstream import Call
from gateway.http.admission import Admission
from gateway.http.graphiql.page import Explorer
from gateway.http.graphql import GraphQLEndpoint
from gateway.http.identity.caller import Caller
from gateway.http.identity.identity import Identity
from gateway.http.media import GRAPHQL, JSON
from gateway.model.ids import CalendarId
from gateway.schema.execution import Executor
from gateway.service.audit import AuditTrail
from gateway.service.catalog import Alias, Catalog, ConfiguredSource
from gateway.service.guard import CalendarPattern, SourcePolicy

pytestmark = pytest.mark.anyio

SOURCES = "{calendarSources{name}}"
ADD = "mutation{addEvents(input:{calendars:[],events:[]}){status}}"
EVENTS = '{calendarEvents(calendars:["es:a"],window:{start:1,end:2}){isComplete}}'
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


class Crash:
    """A source whose every use is a fault of ours."""

    name = "es"
    kind = capabilities = None

    def __getattr__(self, name: str) -> Any:
        raise ZeroDivisionError(f"secret in {name}")


class Front:
    """A client of the endpoint, and the calls that it made of the requests."""

    def __init__(self, client: httpx2.AsyncClient, calls: list[Call]) -> None:
        self.client = client
        self.calls = calls

    async def post(self, query: Any = SOURCES, accept: str = GRAPHQL, **members: Any) -> httpx2.Response:
        body = {"query": query, **members}
        return await self.client.post("/graphql", json=body, headers={"accept": accept})


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def front() -> AsyncIterator[Front]:
    async with served(Admission()) as front:
        yield front


@asynccontextmanager
async def served(admission: Admission) -> AsyncIterator[Front]:
    policy = SourcePolicy(calendars=(CalendarPattern(("*",)),))
    catalog = Catalog(
        [ConfiguredSource(source=Crash(), policy=policy)],
        {"broken": Alias(calendars=(CalendarId("es", ("a",)),))},
    )
    executor, calls = Executor(catalog, AuditTrail([].append)), []

    async def execute(call: Call, *asked: Any, reads_only: bool) -> ExecutionResult:
        calls.append(call)
        return await executor.execute(call, *asked, reads_only=reads_only)

    endpoint = GraphQLEndpoint(
        execute,
        explorer=Explorer(sandbox=True),
        credential_headers={"es": "authorization", "graph": "x-graph"},
        timeout=timedelta(minutes=1),
        admission=admission,
    )
    app = Starlette(routes=[Route("/graphql", endpoint, methods=METHODS)])
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield Front(client, calls)


def is_well_formed(response: httpx2.Response) -> bool:
    """Whether the answer holds errors only, each with a message and a code."""
    content = response.json()
    return set(content) == {"errors"} and all(
        error["message"] and error["extensions"]["code"] for error in content["errors"]
    )


@pytest.mark.parametrize("media", [JSON, GRAPHQL])
async def test_an_answer_has_the_media_type_that_was_asked_for(front: Front, media: str) -> None:
    response = await front.post(accept=media)
    assert (response.status_code, response.json()) == (200, {"data": {"calendarSources": [{"name": "es"}]}})
    assert response.headers["content-type"] == f"{media}; charset=utf-8"
    assert response.headers["cache-control"] == "no-store"


async def test_a_client_that_takes_neither_type_is_refused(front: Front) -> None:
    response = await front.post(accept="text/event-stream")
    assert response.status_code == 406
    assert is_well_formed(response)


async def test_a_query_may_come_by_get(front: Front) -> None:
    response = await front.client.get("/graphql", params={"query": SOURCES})
    assert (response.status_code, response.json()["data"]) == (200, {"calendarSources": [{"name": "es"}]})


async def test_a_get_changes_nothing(front: Front) -> None:
    response = await front.client.get("/graphql", params={"query": ADD})
    assert (response.status_code, response.headers["allow"]) == (405, "POST")
    assert is_well_formed(response)


async def test_a_get_changes_nothing_whichever_operation_is_chosen(front: Front) -> None:
    both = f"query A {SOURCES} {ADD.replace('mutation', 'mutation B ')}"
    chosen = {name: {"query": both, "operationName": name} for name in "AB"}
    assert (await front.client.get("/graphql", params=chosen["A"])).status_code == 200
    assert (await front.client.get("/graphql", params=chosen["B"])).status_code == 405


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS"])
async def test_other_methods_are_refused(front: Front, method: str) -> None:
    response = await front.client.request(method, "/graphql", headers={"accept": JSON})
    assert (response.status_code, response.headers["allow"]) == (405, "GET, POST")


@pytest.mark.parametrize(
    ("members", "what"),
    [
        ({"query": "{"}, "syntax"),
        ({"query": "{nope}"}, "validation"),
        ({"query": "{" * 1500 + "}" * 1500}, "depth of the document"),
        ({"query": "{" + "a " * 5000 + "}"}, "tokens"),
        ({"query": "query($a:Int!){calendars(first:$a){isComplete}}"}, "a variable that is missing"),
        (
            {"query": "query($a:Int!){calendars(first:$a){isComplete}}", "variables": {"a": 2**40}},
            "a variable of another type",
        ),
        (
            {"query": "query($a:ID!){calendar(id:$a){id}}", "variables": {"a": [[[[[]]]]]}},
            "a variable of another shape",
        ),
        ({"query": f'{{calendar(id:"{"x" * 10}",nope:1){{id}}}}'}, "an argument that does not exist"),
        ({"query": f"{{calendars(first:{'9' * 5000}){{isComplete}}}}"}, "an integer of 5,000 digits"),
        ({"query": f"{{calendars(first:-{'9' * 5000}.5e7){{isComplete}}}}"}, "a number of 5,000 digits"),
        (
            {"query": f"query($a:Int={'9' * 5000}){{calendars(first:$a){{isComplete}}}}"},
            "an integer of 5,000 digits as a default",
        ),
        (
            {"query": f"{{calendars @include(if:{'9' * 5000}){{isComplete}}}}"},
            "an integer of 5,000 digits in a directive",
        ),
        (
            {"query": f"query($a:Int!=1){{calendars(first:$a, after:[{{a:{'9' * 5000}}}]){{isComplete}}}}"},
            "an integer of 5,000 digits in an object",
        ),
    ],
    ids=lambda it: it if isinstance(it, str) else "",
)
async def test_what_cannot_be_executed_is_400_or_to_older_clients_200(
    front: Front, members: dict[str, Any], what: str
) -> None:
    with capture_logs() as logs:
        new = await front.post(**members)
        old = await front.post(accept=JSON, **members)
    assert (new.status_code, old.status_code) == (400, 200), what
    assert is_well_formed(new)
    assert is_well_formed(old)
    assert "INTERNAL" not in new.text
    assert "integer string" not in new.text
    assert [entry["log_level"] for entry in logs] == ["info", "info"]


@pytest.mark.parametrize(
    "members",
    [
        {"query": f"query A {SOURCES} query B {SOURCES}"},
        {"query": f"query A {SOURCES}", "operationName": "B"},
        {"query": "fragment A on Query {calendarSources{name}}"},
        {"query": "subscription {calendarSources{name}}"},
        {"query": "# nothing"},
    ],
)
async def test_a_document_without_an_operation_to_execute_is_400(
    front: Front, members: dict[str, Any]
) -> None:
    response = await front.post(**members)
    assert response.status_code == 400
    assert is_well_formed(response)
    assert "GET" not in response.text


@pytest.mark.parametrize(
    "body", [b"null", b"true", b"1", b'"x"', b"[]", b"\xff", b"", b"9" * 5000, b"[" * 100_000]
)
async def test_a_body_that_is_no_request_is_400(front: Front, body: bytes) -> None:
    headers = {"content-type": "application/json"}
    response = await front.client.post("/graphql", content=body, headers=headers)
    assert response.status_code == 400
    assert is_well_formed(response)
    assert front.calls == []


async def test_an_error_of_a_field_is_beside_the_data_and_200(front: Front) -> None:
    response = await front.post('{calendar(id:"nowhere:x"){id} calendarSources{name}}')
    assert response.status_code == 200
    content = response.json()
    assert content["data"] == {"calendar": None, "calendarSources": [{"name": "es"}]}
    (error,) = content["errors"]
    assert error["path"] == ["calendar"]
    assert error["extensions"] == {
        "code": "UNKNOWN_SOURCE",
        "retryable": False,
        "hint": "The known sources are: es.",
    }


async def test_an_error_that_nulls_everything_is_an_executed_operation_all_the_same(front: Front) -> None:
    response = await front.post("{calendars(first:0){isComplete}}")
    assert response.status_code == 200
    content = response.json()
    assert content["data"] is None
    assert content["errors"][0]["extensions"]["inputPath"] == ["first"]


async def test_a_fault_of_ours_is_masked_and_logged(front: Front) -> None:
    with capture_logs() as logs:
        response = await front.post(EVENTS)
    assert response.status_code == 200
    assert "secret" not in response.text
    assert "ZeroDivision" not in response.text
    (error,) = response.json()["errors"]
    assert error["extensions"] == {"code": "INTERNAL"}
    crashed = [entry for entry in logs if entry["event"] == "operation.crashed"]
    assert [type(entry["exc_info"]) for entry in crashed] == [ZeroDivisionError]


@pytest.mark.parametrize("method", ["get", "post"])
async def test_a_request_id_that_is_a_uuid_is_kept_and_returned(front: Front, method: str) -> None:
    given = "6F9619FF-8B86-D011-B42D-00C04FC964FF"
    response = await getattr(front.client, method)("/graphql", headers={"x-request-id": given})
    assert UUID(response.headers["x-request-id"]) == UUID(given)


@pytest.mark.parametrize("given", ["", "x", "1", "6F9619FF-8B86-D011-B42D", "a\tb"])
async def test_another_request_id_is_replaced(front: Front, given: str) -> None:
    response = await front.client.post("/graphql", headers={"x-request-id": given}, json={"query": SOURCES})
    assert response.headers["x-request-id"] != given
    made = UUID(response.headers["x-request-id"])
    assert (str(made), made.version) == (front.calls[0].request_id, 4)


async def test_a_call_carries_the_credential_of_each_source_and_no_other(front: Front) -> None:
    headers = {"authorization": "ApiKey k", "x-other": "o"}
    await front.client.post("/graphql", headers=headers, json={"query": SOURCES})
    assert front.calls[0].credentials == {"es": "ApiKey k"}


class Issuer:
    """A way to recognize anybody, who is known from a moment on."""

    knows_since = 0.0

    async def recognize(self, credential: str) -> Caller:
        self.knows_since = time.monotonic()
        return Caller(name=credential, scopes=frozenset())

    async def aclose(self) -> None:
        """There is nothing to give up."""


async def test_the_time_that_it_takes_to_know_the_caller_is_none_of_the_operation_s() -> None:
    issuer = Issuer()
    async with served(Admission(identity=Identity(ways=[issuer]))) as front:
        headers = {"authorization": "Bearer anybody"}
        await front.client.post("/graphql", headers=headers, json={"query": SOURCES})
    (call,) = front.calls
    assert call.caller == "anybody"
    assert call.log.deadline.ends >= issuer.knows_since + 60


async def test_one_line_is_logged_for_an_operation_without_its_text(front: Front) -> None:
    with capture_logs() as logs:
        await front.post(f"query Mine {SOURCES}", operationName="Mine")
    (line,) = logs
    assert (line["event"], line["name"], line["status"], line["upstream_requests"]) == (
        "operation",
        "Mine",
        200,
        0,
    )
    assert "calendarSources" not in json.dumps(line)


async def test_the_answer_says_nothing_of_what_was_not_asked(front: Front) -> None:
    response = await front.post("{__typename}")
    assert response.json() == {"data": {"__typename": "Query"}}


async def test_two_operations_at_once_do_not_share_what_they_read(front: Front) -> None:
    await front.post()
    await front.post()
    first, second = front.calls
    assert first is not second
    assert first.log.requests is not second.log.requests
