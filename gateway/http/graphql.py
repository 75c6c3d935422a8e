"""GraphQL over HTTP: an operation, or a batch of them, a request, and the explorer for browsers."""

import asyncio
import re
import time
from collections.abc import Awaitable, Coroutine, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final, Protocol
from urllib.parse import parse_qs
from uuid import UUID

import structlog
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType

from gateway.adapters.allowance import Allowance
from gateway.adapters.deadline import Deadline
from gateway.adapters.upstream import Call, UpstreamLog
from gateway.errors import Code
from gateway.http.admission import Admission, Visit
from gateway.http.answer import Answer, answer, content_of, content_of_refusal, json_response, refused
from gateway.http.graphiql.page import Explorer
from gateway.http.identity.caller import Caller
from gateway.http.logging import REQUEST_ID
from gateway.http.media import GRAPHQL, HTML, JSON, preferred
from gateway.http.operation import Batch, Operation
from gateway.http.presence import Presence
from gateway.http.refusal import BadRequest, Refusal
from gateway.http.remembered import Remembered
from gateway.http.request import Request
from gateway.model.uuids import random_uuids

Done = ExecutionResult | list[dict[str, Any]]
"""The result of an operation, or what those of a batch are answered with."""

_NAME: Final = re.compile(r"[_A-Za-z][_0-9A-Za-z]{0,99}")
_MEDIA: Final = Remembered(partial(preferred, offered=(JSON, GRAPHQL)))
"""In what an operation is answered, by the header Accept; None where neither is taken."""
_CLIENT_LEFT: Final = 499
"""For the log, as nginx has it: nobody is there to be told."""
_GRACE_IS_OVER: Final = "Task cancelled, timeout graceful shutdown exceeded"
"""What uvicorn says when it gives a request up."""
_LEAVING: Final = (
    "The gateway had to leave before this was done. What was being written may be there: look before you"
    " repeat it."
)


class Execute(Protocol):
    """Executes an operation for a call; with `reads_only`, only if it changes nothing."""

    def __call__(
        self, call: Call, query: str, variables: dict[str, Any] | None, name: str | None, *, reads_only: bool
    ) -> Awaitable[ExecutionResult]: ...


class GraphQLEndpoint:
    """`/graphql`. `credential_headers` says in which header each source's credential of the caller comes.

    A request has `timeout` for all that it asks of the upstreams, from when it is let in, and at most
    `upstream_calls` requests; so has a batch as a whole.
    """

    def __init__(
        self,
        execute: Execute,
        *,
        explorer: Explorer | None,
        credential_headers: Mapping[str, str],
        timeout: timedelta,
        upstream_calls: int | None = None,
        admission: Admission | None = None,
    ) -> None:
        self._execute = execute
        self._timeout = timeout.total_seconds()
        self._upstream_calls = upstream_calls
        self._explorer = explorer
        self._credential_headers = credential_headers
        self._admission = admission or Admission()
        self._presence = Presence()
        self._new_ids = random_uuids()
        self._log = structlog.get_logger(__name__).bind()  # once: for each line it costs as much as the line

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request, of whatever method."""
        request = Request.of(scope, receive)
        if request.method != "POST" and self._explorer is not None and _is_for_people(request):
            await self._explorer.response(datetime.now(UTC))(scope, receive, send)
            return
        request_id = self._request_id(request.headers.get("x-request-id"))
        bound = REQUEST_ID.set(request_id)
        try:
            response = await self._respond(request, request_id)
        finally:
            REQUEST_ID.reset(bound)
        response.request_id = request_id
        await response(scope, receive, send)

    async def _respond(self, request: Request, request_id: str) -> Answer:
        media = _MEDIA[request.headers.get("accept")]
        if media is None:
            return refused(BadRequest(406, f"Only {GRAPHQL} and {JSON} are served: accept one."), JSON)
        began = time.monotonic()
        visit: Visit | None = None
        call: Call | None = None
        asked: Operation | Batch | None = None
        try:
            visit = await self._admission.admit(request)
            call = self._call(request, request_id, visit.caller)
            asked = await visit.operation()
            await visit.begin()
            work = self._work(asked, call, request)
            last = partial(_finished, call)
            done = await self._presence.unless_left(request.receive, visit.task, work, last)
            response = json_response(done, 200, media) if isinstance(done, list) else answer(done, media)
        except Refusal as exc:
            response = refused(exc, media)
        except ClientDisconnect:
            response = Answer(b"", _CLIENT_LEFT, media)
        except asyncio.CancelledError as exc:
            if _GRACE_IS_OVER not in exc.args:
                raise
            response = refused(Refusal(503, _LEAVING, code=Code.UNAVAILABLE), media)
        finally:
            if visit is not None:
                visit.leave()
        self._log.info(
            "operation",
            name=_name(asked),
            caller=call and call.caller,
            status=response.status_code,
            duration_ms=round((time.monotonic() - began) * 10_000) / 10,
            upstream_requests=len(call.log.requests) if call else 0,
            upstream_shared=call.log.shared if call else 0,
        )
        return response

    def _work(self, asked: Operation | Batch, call: Call, request: Request) -> Coroutine[Any, Any, Done]:
        if isinstance(asked, Operation):
            return self._run(asked, call, request)
        return self._run_all(asked, call, request)

    async def _run_all(self, batch: Batch, call: Call, request: Request) -> list[dict[str, Any]]:
        """The operations of a batch are executed one after the other, and each is answered in its place."""
        return [await self._content(one, call, request) for one in batch]

    async def _content(self, operation: Operation, call: Call, request: Request) -> dict[str, Any]:
        try:
            return content_of(await self._run(operation, call, request))
        except Refusal as exc:
            return content_of_refusal(exc)

    async def _run(self, operation: Operation, call: Call, request: Request) -> ExecutionResult:
        try:
            return await self._execute(
                call,
                operation.query,
                operation.variables,
                operation.name,
                reads_only=request.method in {"GET", "HEAD"},
            )
        except InvalidOperationTypeError as exc:
            if exc.operation_type is OperationType.SUBSCRIPTION:
                raise BadRequest(400, "Subscriptions are not served.") from exc
            raise BadRequest(405, "A GET cannot change anything: use POST.", {"allow": "POST"}) from exc
        except CannotGetOperationTypeError as exc:
            message = "Which operation? Give operationName, spelled as in the document."
            raise BadRequest(400, message) from exc

    def _request_id(self, given: str | None) -> str:
        """The caller's own X-Request-Id if it is a UUID, as Graph wants them, or else a new one."""
        try:
            return next(self._new_ids) if given is None else str(UUID(given))
        except ValueError:
            return next(self._new_ids)

    def _call(self, request: Request, request_id: str, caller: Caller | None) -> Call:
        """What the adapters may know of the request."""
        return Call(
            request_id=request_id,
            client=request.address,
            caller=None if caller is None else caller.name,
            scopes=None if caller is None else caller.scopes,
            log=UpstreamLog(
                deadline=Deadline(time.monotonic() + self._timeout),
                allowance=Allowance(self._upstream_calls),
            ),
            credentials={
                source: value
                for source, name in self._credential_headers.items()
                if (value := request.headers.get(name)) is not None and self._admission.passes(name, caller)
            },
        )


async def _finished(call: Call) -> None:
    """A client that leaves keeps its place until what was begun to be written for it is written."""
    if call.asked.unfinished is not None:
        await asyncio.wait([call.asked.unfinished])


def _is_for_people(request: Request) -> bool:
    """Whether a browser asks for the page: a GET without a query that prefers HTML."""
    if request.method not in {"GET", "HEAD"}:
        return False
    query = request.query.decode("latin-1")  # as bytes it would have to be ASCII, escapes and all
    if "query" in parse_qs(query, keep_blank_values=True):
        return False
    accept = request.headers.get("accept")
    return accept is not None and preferred(accept, (JSON, GRAPHQL, HTML)) == HTML


def _name(asked: Operation | Batch | None) -> str | None:
    """The operation's name for the log, if it is one: what callers write must not steer a terminal."""
    if isinstance(asked, tuple):
        return f"(a batch of {len(asked)})"
    name = asked.name if asked else None
    return name if name is None or _NAME.fullmatch(name) else "(malformed)"
