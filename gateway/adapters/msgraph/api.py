"""Graph's API as one call speaks it: with its credential, into its log, few requests per mailbox at once."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import TypeVar

import msgspec

from gateway.adapters.deadline import Deadline
from gateway.adapters.msgraph import access, batch, faults
from gateway.adapters.msgraph.claims import Claims
from gateway.adapters.msgraph.links import path_of_link
from gateway.adapters.msgraph.mailboxes import LIMIT, mailbox_of, owner_in_path
from gateway.adapters.msgraph.paths import USERS, Owner, owner_in, owner_of
from gateway.adapters.msgraph.requests import FIELDS, FIELDS_WITH_BODY, ITEM_HEADERS
from gateway.adapters.msgraph.tenant import Tenant
from gateway.adapters.msgraph.wire import Page
from gateway.adapters.outgoing import field
from gateway.adapters.retries import ReadRetries
from gateway.adapters.retry_after import dated
from gateway.adapters.transport import Answer
from gateway.adapters.upstream import Call, UpstreamLog, UpstreamRequest
from gateway.errors import OutOfTime, UnexpectedAnswer, UpstreamError
from gateway.model.ids import ResourceId

T = TypeVar("T")


class GraphApi:
    """One tenant as one call may use it."""

    def __init__(self, tenant: Tenant, call: Call) -> None:
        self.source = tenant.source
        self.version = tenant.version
        self._tenant = tenant
        self._call = call
        self._retries = ReadRetries(tenant.retries, deadline=call.log.deadline)
        self._clock = tenant.retries.clock
        self._began = self._clock()

    @property
    def takes_batches(self) -> bool:
        return self._tenant.takes_batches

    @property
    def deadline(self) -> Deadline:
        return self._call.log.deadline

    @cached_property
    def claims(self) -> Claims:
        """Who acts, as far as that is known without asking. Raises Unauthenticated."""
        return self._tenant.credential.claims(self._call)

    def check(self, address: ResourceId) -> None:
        """Raises Forbidden for what an application cannot reach, if one acts; Unauthenticated."""
        access.check(address.segments[0], self.claims, source=self.source)

    async def send(
        self, request: UpstreamRequest, *, log: UpstreamLog, if_match: str | None = None
    ) -> Answer:
        """The answer, whatever it says. `if_match` is the version that is meant. Raises NoAnswer, NotSent.

        Raises Unauthenticated, Forbidden, RateLimited and Unavailable before anything is sent to Graph.
        """
        credential = await self._authorized(request)
        try:
            return await self._exchange(request, credential, log, if_match=if_match)
        finally:
            if request.method != "GET":
                self._tenant.sharing.forget()

    def _exchange(
        self,
        request: UpstreamRequest,
        credential: str,
        log: UpstreamLog,
        *,
        inside: UpstreamRequest | None = None,
        places: int = 1,
        if_match: str | None = None,
    ) -> Awaitable[Answer]:
        """The answer, when the mailbox has room: that of a batch is where a request `inside` leads.

        The one of `me` is known by its user, or else by whose credential it is. Raises Unauthenticated when
        it is called if nobody knows who acts, the rest when it is awaited.
        """
        return self._tenant.exchange(
            request,
            fields=self._fields(request, credential, if_match),
            credential=credential,
            mailbox=mailbox_of((inside or request).path, self.claims.user or credential),
            places=places,
            log=log,
        )

    async def send_batch(
        self, requests: Sequence[UpstreamRequest], *, log: UpstreamLog
    ) -> list[Answer | UpstreamError]:
        """The answer to each of a few writes to one mailbox, which are sent in one request, or why not.

        They take all places of the mailbox, for Graph works on as many items at once. Raises as `send`.
        """
        credential = await self._authorized(requests[0])
        request = batch.pack(requests, headers=ITEM_HEADERS)
        try:
            answer = await self._exchange(
                request, credential, log, inside=requests[0], places=self._tenant.gates.places
            )
        finally:
            self._tenant.sharing.forget()
        answers = batch.unpack(answer, request, len(requests))
        if answer.ok and any(map(faults.refuses_credential, answers)):
            self._tenant.credential.refused(credential)
        return answers

    async def read(self, request: UpstreamRequest, form: type[T], *, log: UpstreamLog | None = None) -> T:
        """What is promised of a successful answer to a GET, which is sent again where that can help.

        `log` is that of the row that it is read for. Raises UpstreamError for any other answer.
        """
        return await self._retries.read(self._attempt, request, form, log or self._call.log)

    async def _attempt(self, request: UpstreamRequest, form: type[T], log: UpstreamLog) -> T:
        return self._read(await self._answer(request, log), request, form)

    async def _answer(self, request: UpstreamRequest, log: UpstreamLog) -> Answer:
        """The answer to a read, as another call's equal one gets it where that will do."""
        if not self._call.shares_reads:
            return await self.send(request, log=log)
        credential = await self._authorized(request)
        return await self._tenant.sharing.read(
            request,
            lambda: self._exchange(request, credential, log),
            call=self._call,
            credential=credential,
        )

    async def repeat(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """What an attempt gives at what does no harm twice, made again where that can help."""
        return await self._retries.read(attempt)

    async def pause(self, count: int) -> None:
        """Waits before another look at what may have come meanwhile. Raises OutOfTime."""
        if not await self._retries.pause(count):
            raise OutOfTime("There was no time to look once more.", hint="Repeat the call.")

    async def read_once(
        self, request: UpstreamRequest, form: type[T], *, log: UpstreamLog | None = None
    ) -> T:
        """The same by one attempt: how Graph is now."""
        return self._read(await self.send(request, log=log or self._call.log), request, form)

    @staticmethod
    def _read(answer: Answer, request: UpstreamRequest, form: type[T]) -> T:
        error = faults.fault(answer, request)
        if error is not None:
            raise error
        return decode(answer, request, form)

    def together(self, requests: Sequence[UpstreamRequest]) -> list[UpstreamRequest]:
        """Several requests to one mailbox as they are sent: a few one by one, many in batches."""
        if len(requests) <= LIMIT or not self.takes_batches:
            return list(requests)
        return [batch.pack(bundle, headers=ITEM_HEADERS) for bundle in batch.bundles(requests)]

    async def read_all(
        self, requests: Sequence[UpstreamRequest], form: type[T], *, log: UpstreamLog | None = None
    ) -> list[T | UpstreamError]:
        """What each of several reads in one mailbox gives, or why not; many are sent in batches."""
        if len(requests) <= LIMIT or not self.takes_batches:
            return await asyncio.gather(*(self._read_or_error(one, form, log) for one in requests))
        found: list[T | UpstreamError] = []
        for bundle in batch.bundles(requests):
            answers = await self._answers(bundle, log or self._call.log)
            pairs = zip(bundle, answers, strict=True)
            found += await asyncio.gather(*(self._read_in_batch(*pair, form, log) for pair in pairs))
        return found

    async def _answers(
        self, requests: Sequence[UpstreamRequest], log: UpstreamLog
    ) -> Sequence[Answer | UpstreamError]:
        """Those of a batch of reads, none of which raises."""
        try:
            return await self.send_batch(requests, log=log)
        except UpstreamError as exc:
            return [exc] * len(requests)

    async def _read_in_batch(
        self,
        request: UpstreamRequest,
        answer: Answer | UpstreamError,
        form: type[T],
        log: UpstreamLog | None,
    ) -> T | UpstreamError:
        """An item's answer; one that another attempt may better is asked for again by itself."""
        try:
            if isinstance(answer, UpstreamError):
                raise answer
            return self._read(answer, request, form)
        except UpstreamError as exc:
            return await self._read_or_error(request, form, log) if exc.problem.retryable else exc

    async def _read_or_error(
        self, request: UpstreamRequest, form: type[T], log: UpstreamLog | None
    ) -> T | UpstreamError:
        try:
            return await self.read(request, form, log=log)
        except UpstreamError as exc:
            return exc

    @property
    def now(self) -> float:
        """The moment, on a clock in seconds."""
        return self._clock()

    def began_at(self, answer: Answer) -> datetime | None:
        """When this call began, by the clock of the server that answers; None if the answer has no date."""
        return self.moment(self._began, answer)

    def moment(self, moment: float | None, answer: Answer) -> datetime | None:
        """A moment before an answer by the clock of the server that has just given it."""
        date = dated(answer.headers)
        return None if date is None or moment is None else date - timedelta(seconds=self._clock() - moment)

    async def pages(
        self, request: UpstreamRequest, form: type[Page[T]], *, log: UpstreamLog | None = None
    ) -> AsyncGenerator[Page[T]]:
        """The pages of a collection, each asked for when it is drawn. Raises UpstreamError."""
        seen: set[str] = set()
        path: str | None = request.path
        while path is not None:
            if path in seen:
                raise UnexpectedAnswer(f"{self.source} links its pages in a circle.")
            seen.add(path)
            page = await self.read(msgspec.structs.replace(request, path=path), form, log=log)
            yield page
            path = self.path_of(page.next_link)

    def owner(self, address: ResourceId, context: str | None) -> Owner:
        """Whose mailbox an address leads to: as written, else as an answer's context says, else the token.

        To be asked after Graph has accepted the token. Raises UnexpectedAnswer if nobody tells.
        """
        known = owner_of(address) or owner_in(context)
        if known is not None:
            return known
        user = self.claims.user
        if user is None:
            raise UnexpectedAnswer(
                f"{self.source} does not say whose mailbox `me` is.", hint="Write users/<id> instead."
            )
        return USERS, user

    def new_log(self) -> UpstreamLog:
        """A part of the call's log, which knows its own requests."""
        return self._call.log.part()

    def new_transaction(self) -> str:
        """A transactionId that no event has."""
        return next(self._tenant.transactions)

    def _authorized(self, request: UpstreamRequest) -> Awaitable[str]:
        """The credential for a request. Raises UpstreamError if it cannot do or there is none.

        What is known without asking is raised when it is called, the rest when it is awaited.
        """
        access.check(owner_in_path(request.path)[0], self.claims, source=self.source)
        return self._tenant.credential.authorization(self._call)

    def path_of(self, link: str | None) -> str | None:
        """The request path of a link to the next page, None where there is none. Raises UnexpectedAnswer."""
        if link is None:
            return None
        return path_of_link(link, base_url=self._tenant.transport.base_url, version=self.version)

    def _fields(self, request: UpstreamRequest, credential: str, if_match: str | None) -> str:
        """The headers as they are written."""
        usual = FIELDS if request.body is None else FIELDS_WITH_BODY
        version = "" if if_match is None else field("if-match", if_match)
        own = f"client-request-id: {self._call.request_id}\r\n"
        return f"{usual}{field('authorization', credential)}{own}{version}"


def decode(answer: Answer, request: UpstreamRequest, form: type[T]) -> T:
    """The body of a success as it was promised. Raises UnexpectedAnswer."""
    try:
        return msgspec.json.decode(answer.body, type=form)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
        raise faults.unreadable(answer, request, exc) from exc
