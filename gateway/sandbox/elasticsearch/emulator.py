"""The emulator of Elasticsearch: a request passes the real one's gates, in their order."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from http.client import FORBIDDEN, INTERNAL_SERVER_ERROR, OK, UNAUTHORIZED
from typing import Any

from gateway.sandbox.elasticsearch import routes
from gateway.sandbox.elasticsearch.call import Action, Call, is_on, query
from gateway.sandbox.elasticsearch.errors import (
    BODY_REFUSED,
    INVALID,
    URI_TOO_LONG,
    Refusal,
    injected,
)
from gateway.sandbox.elasticsearch.media import Media, plain, require_readable, settle
from gateway.sandbox.elasticsearch.rendering import filtered, rendered
from gateway.sandbox.elasticsearch.routes import Match
from gateway.sandbox.elasticsearch.security import REJECTED, authenticate, authorize, unauthenticated
from gateway.sandbox.elasticsearch.state import Cluster
from gateway.sandbox.elasticsearch.unknowns import Unknowns
from gateway.sandbox.elasticsearch.versions import DEFAULT, Version
from gateway.sandbox.faults import Fault
from gateway.sandbox.http import Headers, Request, Response
from gateway.sandbox.world import ElasticsearchWorld, Principal

MAX_TARGET = 4096


class ElasticsearchEmulator:
    """A cluster of one node and of one version. Ids of new events follow from `seed`."""

    name = "elasticsearch"

    def __init__(
        self,
        world: ElasticsearchWorld,
        *,
        now: Callable[[], datetime],
        version: str = DEFAULT,
        seed: int = 0,
        unknowns: Unknowns | None = None,
    ) -> None:
        self.cluster = Cluster(world, seed=seed)
        self.version = Version(version)
        self.unknowns = unknowns or Unknowns()
        self._now = now

    def route(self, request: Request) -> str:
        try:
            return routes.find(request).route.name
        except Refusal:
            return routes.UNKNOWN

    def answer(self, request: Request, *, lose: frozenset[int] = frozenset()) -> Response:
        if request.method == "OPTIONS":
            return self._options(request)
        content_type, warnings = plain(self.version), {}
        try:
            principal = authenticate(request, self.cluster.principals, self.version)
            media = settle(request, self.version)
            content_type = media.content_type
            match = self._match(request, media)
            warnings = self._warnings(match)
            payload = self._perform(request, match, principal, lose)
        except Refusal as refusal:
            return self._refused(request, refusal, content_type)
        return self._response(request, OK, _shown(payload, request), content_type, warnings)

    def error(self, status: int, retry_after: str | None = None) -> Response:
        return self.failure(Request(method="GET", target="/"), Fault(status=status, retry_after=retry_after))

    def failure(self, request: Request, fault: Fault) -> Response:
        status = fault.status or INTERNAL_SERVER_ERROR
        if status == UNAUTHORIZED:
            failure = unauthenticated(self.version, REJECTED)
        else:
            failure = injected(status, fault.error, *self._names(request))
        if fault.retry_after is not None:
            failure.headers = {**failure.headers, "Retry-After": fault.retry_after}
        return self._refused(request, failure, plain(self.version))

    def _names(self, request: Request) -> tuple[str, str]:
        """The route of a request, and the id of what it is about."""
        try:
            match = routes.find(request)
        except Refusal:
            return routes.UNKNOWN, "sandbox"
        about = match.parameters.get("event_id") or match.parameters.get("calendar_id") or "sandbox"
        return match.route.name, about

    def _options(self, request: Request) -> Response:
        """What browsers ask before they ask, without a credential: any path will do."""
        methods = routes.allowed(request)
        headers = {"Allow": ",".join(methods)} if methods else {}
        answer = self._response(request, OK, None, "text/plain; charset=UTF-8", headers)
        return replace(answer, body=b"")

    def _match(self, request: Request, media: Media) -> Match:
        if len(request.target) > MAX_TARGET:
            raise URI_TOO_LONG()  # noqa: RSE102 a row of the table, not a class
        match = routes.find(request)
        if not routes.is_served(match, self.version, media.compatible_with):
            raise routes.no_handler(request)
        require_readable(request)
        return match

    def _perform(
        self, request: Request, match: Match, principal: Principal, lose: frozenset[int]
    ) -> dict[str, Any]:
        call = Call(
            request,
            match.parameters,
            version=self.version,
            unknowns=self.unknowns,
            now=self._now(),
            lose=lose,
        )
        action = match.route.prepare(call)
        call.refuse_unknown_parameters()
        if call.is_body_ignored:
            raise BODY_REFUSED(request.method, call.decoded_path)
        _require_valid(action)
        authorize(principal, action.name)
        return action.run(self.cluster)

    def _warnings(self, match: Match) -> dict[str, str]:
        text = routes.deprecation(match)
        if text is None:
            return {}
        return {"Warning": f'299 Elasticsearch-{self.version.number}-{self.version.build_hash} "{text}"'}

    def _refused(self, request: Request, refusal: Refusal, content_type: str) -> Response:
        trace = refusal.status != UNAUTHORIZED and is_on(request, "error_trace")
        body = refusal.body(trace=trace)
        return self._response(request, refusal.status, body, content_type, refusal.headers)

    def _response(
        self, request: Request, status: int, payload: Any, content_type: str, more: Headers
    ) -> Response:
        is_pretty = is_on(request, "pretty")
        opaque = request.headers.get("x-opaque-id")
        headers = {
            **({} if status in (UNAUTHORIZED, FORBIDDEN) else {"X-elastic-product": "Elasticsearch"}),
            **({} if opaque is None else {"X-Opaque-Id": opaque}),
            "Content-Type": content_type,
            **more,
        }
        return Response(status=status, headers=headers, body=rendered(payload, is_pretty=is_pretty))


def _require_valid(action: Action) -> None:
    if action.invalid:
        raise INVALID("".join(f"{number}: {text};" for number, text in enumerate(action.invalid, 1)))


def _shown(payload: dict[str, Any], request: Request) -> Any:
    filter_path = query(request).get("filter_path")
    return payload if filter_path is None else filtered(payload, filter_path)
