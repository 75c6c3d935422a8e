"""Answers on the wire: bodies, the headers of every answer, the one shape of errors."""

from collections.abc import Callable, Mapping
from datetime import datetime
from uuid import UUID, uuid5

import msgspec

from gateway.sandbox.http import Response
from gateway.sandbox.msgraph.call import Reply
from gateway.sandbox.msgraph.errors import INJECTED, PAGES, Cause, GraphError
from gateway.sandbox.msgraph.preferences import preferences
from gateway.sandbox.msgraph.throttle import Throttled
from gateway.sandbox.msgraph.unknowns import Unknowns

JSON = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"
DIAGNOSTIC = '{"ServerInfo":{"DataCenter":"Sandbox","Slice":"E","Ring":"0","RoleInstance":"SBX"}}'
REQUEST_IDS = UUID("1b1f3b5e-8f0a-4a0e-9b0d-3c1f8e5d7a10")


class Answers:
    """Makes responses. They are numbered, so the same requests get the same request ids."""

    def __init__(self, unknowns: Unknowns, now: Callable[[], datetime]) -> None:
        self._unknowns = unknowns
        self._now = now
        self._count = 0
        self._statuses = {
            Cause.DUPLICATE_TRANSACTION: unknowns.duplicate_transaction_status,
            Cause.MEDIA_TYPE: unknowns.wrong_content_type_status,
            Cause.CHANGED: unknowns.conflict_status,
            Cause.TOO_CONCURRENT: unknowns.concurrency_status,
        }

    def success(self, reply: Reply, sent: Mapping[str, str]) -> Response:
        """`sent` are the headers of the request."""
        headers = {**self._headers(sent), **reply.headers}
        if reply.text is not None:
            headers["Content-Type"] = "text/plain"
            return Response(status=reply.status, headers=headers, body=reply.text.encode())
        if reply.body is None:
            return Response(status=reply.status, headers=headers)
        applied = preferences(sent, self._unknowns.iana_names).applied
        if applied:
            headers["Preference-Applied"] = applied
        headers["Content-Type"] = JSON
        return Response(status=reply.status, headers=headers, body=msgspec.json.encode(reply.body))

    def failure(self, error: GraphError, sent: Mapping[str, str]) -> Response:
        headers = {"Retry-After": error.retry_after} if isinstance(error, Throttled) else {}
        status = self._statuses.get(error.cause, error.cause.status)
        if error.cause is Cause.TOO_LARGE and self._unknowns.html_for_too_large:
            return _page(status, headers)
        return self._error(error, status, headers, sent)

    def injected(self, status: int, retry_after: str | None) -> Response:
        """The error that a fault asks for by its status."""
        headers = {} if retry_after is None else {"Retry-After": retry_after}
        if status in PAGES:
            return _page(status, headers)
        return self._error(GraphError(INJECTED.get(status, Cause.INTERNAL)), status, headers, {})

    def _error(
        self, error: GraphError, status: int, headers: Mapping[str, str], sent: Mapping[str, str]
    ) -> Response:
        own = self._headers(sent)
        inner = {"date": f"{self._now():%Y-%m-%dT%H:%M:%S}"}
        inner |= {name: own[name] for name in ("request-id", "client-request-id")}
        if error.cause is Cause.THROTTLED:
            inner |= {"code": "429", "message": "Please retry after", "status": "429"}
        body = {"error": {"code": error.cause.code, "message": error.message, "innerError": inner}}
        return Response(
            status=status,
            headers={**own, **headers, "Content-Type": "application/json"},
            body=msgspec.json.encode(body),
        )

    def _headers(self, sent: Mapping[str, str]) -> dict[str, str]:
        """The client's own request id is echoed."""
        self._count += 1
        request_id = str(uuid5(REQUEST_IDS, str(self._count)))
        return {
            "request-id": request_id,
            "client-request-id": sent.get("client-request-id", request_id),
            "x-ms-ags-diagnostic": DIAGNOSTIC,
            "OData-Version": "4.0",
        }


def _page(status: int, headers: Mapping[str, str]) -> Response:
    title = f"{status} {PAGES[status]}"
    body = f"<html>\r\n<head><title>{title}</title></head>\r\n<body><h1>{title}</h1></body>\r\n</html>\r\n"
    return Response(status=status, headers={**headers, "Content-Type": "text/html"}, body=body.encode())
