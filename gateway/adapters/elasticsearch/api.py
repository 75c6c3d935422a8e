"""Elasticsearch's ML API as one call speaks it: with its credential, into its log."""

import re
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from functools import cached_property
from typing import Any, Final, TypeVar

import msgspec

from gateway.adapters.elasticsearch import faults, requests
from gateway.adapters.elasticsearch.faults import Doubt
from gateway.adapters.elasticsearch.fields import WHOLE, WireFields
from gateway.adapters.elasticsearch.media import COMPRESSED_FROM, JSON, compressed, media_fields, media_type
from gateway.adapters.elasticsearch.requests import Span
from gateway.adapters.elasticsearch.versions import UNKNOWN, ClusterVersion, Versions
from gateway.adapters.elasticsearch.walk import Walk
from gateway.adapters.elasticsearch.wire import ClusterInfo, EventList, MLInfo, StoredEvent, UntitledEventList
from gateway.adapters.outgoing import field
from gateway.adapters.retries import USUAL, ReadRetries, Retries
from gateway.adapters.sharing import Sharing
from gateway.adapters.transport import Answer, Way
from gateway.adapters.upstream import Call, UpstreamLog, UpstreamRequest
from gateway.errors import Forbidden, NoAnswer, NotSent, Problem, Unauthenticated, UnexpectedAnswer
from gateway.model.ids import CalendarId

_HEADER_VALUE: Final = re.compile(r"[!-~](?:[ -~]*[!-~])?")
_GZIPPED: Final = field("content-encoding", "gzip")
T = TypeVar("T")


class Credential:
    """Where the Authorization header comes from: the configuration, the caller, or nowhere."""

    def __init__(self, source: str, *, configured: str | None = None, is_callers: bool = False) -> None:
        self._source = source
        self._configured = configured
        self._is_callers = is_callers

    def field(self, call: Call) -> str:
        """The header as it is written, nothing for a cluster without security. Raises Unauthenticated."""
        return self._written(call.credentials.get(self._source)) if self._is_callers else self._own

    @cached_property
    def _own(self) -> str:
        return "" if self._configured is None else self._written(self._configured)

    def _written(self, value: str | None) -> str:
        if value is None:
            raise Unauthenticated(
                f"The source {self._source} takes the caller's own credential, and there is none.",
                hint=f"Send an Elasticsearch API key for {self._source} with the request. Nothing was sent.",
            )
        if not _HEADER_VALUE.fullmatch(value):
            raise Unauthenticated(
                f"The credential for {self._source} holds a character that no header can carry.",
                hint="Look for a line break at its end, or a letter beyond ASCII. Nothing was sent.",
            )
        return field("authorization", value)


class Cluster(msgspec.Struct, frozen=True, kw_only=True):
    """What all calls of one source have in common."""

    source: str
    transport: Way
    credential: Credential
    versions: Versions
    sharing: Sharing
    retries: Retries = USUAL


class MLApi:
    """One cluster as one call may use it."""

    def __init__(self, cluster: Cluster, call: Call) -> None:
        self.source = cluster.source
        self._cluster = cluster
        self._version: ClusterVersion | None = None
        self._is_plain = False
        self._call = call
        self._retries = ReadRetries(cluster.retries, deadline=call.log.deadline)

    def new_log(self) -> UpstreamLog:
        """A log for what is nobody's row and is not shown, with the time that the call has left."""
        return self._call.log.apart()

    async def version(self) -> ClusterVersion:
        """The cluster's version, as far as it is known: the same all through a call. Raises OutOfTime."""
        if self._version is None:
            self._version = self._cluster.versions.at_hand
        if self._version is None:
            with self._call.log.deadline.limit():
                self._version = await self._cluster.versions.get(self._ask_version)
        return self._version

    async def present_version(self, *, log: UpstreamLog | None = None) -> ClusterVersion:
        """What the cluster says of itself just now, else what machine learning does. Raises UpstreamError.

        The first takes the privilege `monitor`, which a key for calendars need not have.
        """
        log = self._call.log if log is None else log
        try:
            return ClusterVersion.of(await self._read_plain(requests.cluster(self.source), ClusterInfo, log))
        except Forbidden:
            info = await self._read_plain(requests.ml_info(self.source), MLInfo, log)
            return ClusterVersion(number=info.native_code.version)

    async def send(self, request: UpstreamRequest, *, log: UpstreamLog) -> Answer:
        """The answer, whatever it says. Raises Unauthenticated before anything is sent; NotSent; NoAnswer.

        In a cluster that is being upgraded a node may be older than the one that told its version: it
        refuses the newer language unread, and is asked again in plain JSON.
        """
        version = UNKNOWN if self._is_plain else self._version or await self.version()
        answer = await self._exchange(request, version, log)
        if not faults.is_of_another_version(answer, request) or media_type(version) == JSON:
            return answer
        self._cluster.versions.forget()
        self._is_plain = True
        return await self._exchange(request, UNKNOWN, log)

    def read(
        self, request: UpstreamRequest, form: type[T], *, log: UpstreamLog | None = None
    ) -> Coroutine[Any, Any, T]:
        """What is promised of a successful answer to a GET, which is sent again where that can help.

        Awaited, it raises UpstreamError for any other answer; called, it raises nothing.
        """
        return self._retries.read(self._read, request, form, self._call.log if log is None else log)

    async def _read(self, request: UpstreamRequest, form: type[T], log: UpstreamLog) -> T:
        return faults.read(await self._answer(request, log), request, form)

    def _answer(self, request: UpstreamRequest, log: UpstreamLog) -> Awaitable[Answer]:
        """The answer to a read, as another call's equal one gets it where that will do.

        Raises Unauthenticated when it is called, the rest when it is awaited.
        """
        if not self._call.shares_reads:
            return self.send(request, log=log)
        credential = self._cluster.credential.field(self._call)
        return self._cluster.sharing.read(
            request, lambda: self.send(request, log=log), call=self._call, credential=credential
        )

    def events(
        self,
        calendar: CalendarId,
        span: Span,
        *,
        size: int,
        fields: WireFields = WHOLE,
        log: UpstreamLog | None = None,
        planned: UpstreamRequest | None = None,
    ) -> Walk:
        """The events that overlap the span, by start, in runs of up to `size`. Raises UpstreamError.

        `planned` is the request for the first of them, where it is made already.
        """
        form = EventList if "description" in fields else UntitledEventList

        def fetch(window: Span, offset: int, count: int) -> Awaitable[EventList]:
            request = planned if window is span and not offset and count == size else None
            if request is None:
                request = requests.events(calendar, window, offset=offset, size=count, fields=fields)
            return self.read(request, form, log=log)

        return Walk(fetch, span, size=size)

    async def look(
        self,
        calendar: CalendarId,
        span: Span,
        *,
        size: int,
        log: UpstreamLog,
        keep: Callable[[Sequence[StoredEvent]], Iterable[StoredEvent]],
        fields: WireFields = WHOLE,
    ) -> list[StoredEvent]:
        """What is to be kept of each run of the span: a calendar may hold more than memory does."""
        runs = self.events(calendar, span, size=size, fields=fields, log=log)
        return [event async for run in runs for event in keep(run)]

    async def pause(self, count: int, problem: Problem | None = None) -> bool:
        """Waits before one more attempt, longer each time; False where the call has no time for that."""
        return await self._retries.pause(count, problem)

    async def write(self, request: UpstreamRequest, *, log: UpstreamLog) -> Doubt | None:
        """None where Elasticsearch said yes; the doubt where it may have written all the same.

        Raises UpstreamError where it has not. The body of a yes proves nothing and is not looked at.
        """
        try:
            try:
                answer = await self.send(request, log=log)
            except NotSent:  # once more, for nothing has left
                answer = await self.send(request, log=log)
        except (NoAnswer, UnexpectedAnswer) as exc:
            return Doubt(problem=exc.problem)
        finally:
            self._cluster.sharing.forget()
        error = faults.fault(answer, request)
        if error is None:
            return None
        if faults.was_refused(answer):
            raise error
        return Doubt(problem=error.problem, is_over=faults.is_over(answer))

    async def _ask_version(self) -> ClusterVersion:
        """It is asked for all calls of the source, and so is in no call's log."""
        return await self.present_version(log=UpstreamLog())

    async def _read_plain(self, request: UpstreamRequest, form: type[T], log: UpstreamLog) -> T:
        """What is promised, asked once and in the language that all versions understand."""
        return faults.read(await self._exchange(request, UNKNOWN, log), request, form)

    def _exchange(
        self, request: UpstreamRequest, version: ClusterVersion, log: UpstreamLog
    ) -> Awaitable[Answer]:
        """The answer, whatever it says. Raises Unauthenticated when it is called, the rest when awaited."""
        content = request.body
        fields = media_fields(version, has_body=content is not None) + self._caller
        if content is not None and len(content) >= COMPRESSED_FROM:
            return self._exchange_packed(request, fields, content, log)
        return self._cluster.transport.send(request, fields=fields, log=log)

    @cached_property
    def _caller(self) -> str:
        """The headers that say whose call it is, the same with each request. Raises Unauthenticated."""
        return field("x-opaque-id", self._call.request_id) + self._cluster.credential.field(self._call)

    async def _exchange_packed(
        self, request: UpstreamRequest, fields: str, body: bytes, log: UpstreamLog
    ) -> Answer:
        packed = await compressed(body)
        return await self._cluster.transport.send(request, fields=fields + _GZIPPED, log=log, content=packed)
