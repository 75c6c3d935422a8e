"""Elasticsearch's ML API as one call speaks it: with its credential, into its log."""

import re
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Final, TypeVar

import msgspec

from gateway.adapters.base import Call, UpstreamLog, UpstreamRequest
from gateway.adapters.elasticsearch import faults, requests
from gateway.adapters.elasticsearch.requests import Span
from gateway.adapters.elasticsearch.versions import ClusterVersion, Versions
from gateway.adapters.elasticsearch.walk import walk
from gateway.adapters.elasticsearch.wire import ClusterInfo, EventList, StoredEvent
from gateway.adapters.transport import Answer, Transport
from gateway.errors import NoAnswer, Problem, Unauthenticated, UnexpectedAnswer
from gateway.model.ids import CalendarId

_JSON: Final = "application/json"
_HEADER_VALUE: Final = re.compile(r"[!-~](?:[ -~]*[!-~])?")
T = TypeVar("T")


class Credential(msgspec.Struct, frozen=True, kw_only=True):
    """Where the Authorization header comes from: the configuration, the caller, or nowhere."""

    configured: str | None = None
    is_callers: bool = False

    def value(self, source: str, call: Call) -> str | None:
        """The header's value, None for a cluster without security. Raises Unauthenticated."""
        value = call.credentials.get(source) if self.is_callers else self.configured
        if value is None and self.is_callers:
            raise Unauthenticated(
                f"The source {source} takes the caller's own credential, and there is none.",
                hint=f"Send an Elasticsearch API key for {source} with the request. Nothing was sent.",
            )
        if value is not None and not _HEADER_VALUE.fullmatch(value):
            raise Unauthenticated(
                f"The credential for {source} holds a character that no header can carry.",
                hint="Look for a line break at its end, or a letter beyond ASCII. Nothing was sent.",
            )
        return value


class MLApi:
    """One cluster as one call may use it."""

    def __init__(
        self, source: str, *, transport: Transport, credential: Credential, versions: Versions, call: Call
    ) -> None:
        self.source = source
        self._transport = transport
        self._credential = credential
        self._versions = versions
        self._version: ClusterVersion | None = None
        self._call = call

    async def version(self) -> ClusterVersion:
        """The cluster's version, as far as it is known: the same all through a call. Raises nothing."""
        if self._version is None:
            self._version = await self._versions.get(self._ask_version)
        return self._version

    async def present_version(self, *, log: UpstreamLog | None = None) -> ClusterVersion:
        """What the cluster says of itself just now. Raises UpstreamError."""
        return ClusterVersion.of(await self.read(requests.cluster(self.source), ClusterInfo, log=log))

    async def send(self, request: UpstreamRequest, *, log: UpstreamLog) -> Answer:
        """The answer, whatever it says. Raises Unauthenticated before anything is sent; NotSent; NoAnswer."""
        return await self._transport.send(request, headers=self._headers(request), log=log)

    async def read(self, request: UpstreamRequest, form: type[T], *, log: UpstreamLog | None = None) -> T:
        """What is promised of a successful answer. Raises UpstreamError for any other."""
        answer = await self.send(request, log=self._call.log if log is None else log)
        error = faults.fault(answer, request)
        if error is not None:
            raise error
        try:
            return msgspec.json.decode(answer.body, type=form)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
            raise faults.unreadable(request, exc) from exc

    def events(
        self, calendar: CalendarId, span: Span, *, size: int, log: UpstreamLog | None = None
    ) -> AsyncGenerator[StoredEvent]:
        """The events that overlap the span, by start, in pages of `size`. Raises UpstreamError."""

        async def fetch(window: Span, offset: int, count: int) -> EventList:
            request = requests.events(calendar, window, offset=offset, size=count)
            return await self.read(request, EventList, log=log)

        return walk(fetch, span, size=size)

    async def look(
        self,
        calendar: CalendarId,
        span: Span,
        *,
        size: int,
        log: UpstreamLog,
        keep: Callable[[StoredEvent], bool],
    ) -> list[StoredEvent]:
        """Those events of the span that are to be kept: a calendar may hold more than memory does."""
        async with aclosing(self.events(calendar, span, size=size, log=log)) as events:
            return [event async for event in events if keep(event)]

    async def write(self, request: UpstreamRequest, *, log: UpstreamLog) -> Problem | None:
        """None where Elasticsearch said yes; the trouble where it may have written all the same.

        Raises UpstreamError where it has not. The body of a yes proves nothing and is not looked at.
        """
        try:
            answer = await self.send(request, log=log)
        except (NoAnswer, UnexpectedAnswer) as exc:
            return exc.problem
        error = faults.fault(answer, request)
        if error is None:
            return None
        if faults.was_refused(answer):
            raise error
        return error.problem

    async def _ask_version(self) -> ClusterVersion:
        """It is asked for all calls of the source, and so is in no call's log."""
        return await self.present_version(log=UpstreamLog())

    def _headers(self, request: UpstreamRequest) -> dict[str, str]:
        headers = {"accept": _JSON, "x-opaque-id": self._call.request_id}
        if request.body is not None:
            headers["content-type"] = _JSON
        credential = self._credential.value(self.source, self._call)
        if credential is not None:
            headers["authorization"] = credential
        return headers
