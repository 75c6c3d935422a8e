"""The Graph emulator: from a request to its answer, over a state that it alone changes."""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from gateway.sandbox.errors import SandboxError
from gateway.sandbox.http import Request, Response
from gateway.sandbox.msgraph.answers import Answers
from gateway.sandbox.msgraph.auth import Token, Tokens, check_access, check_any, check_directory
from gateway.sandbox.msgraph.batch import answer_batch
from gateway.sandbox.msgraph.call import Call, Reply
from gateway.sandbox.msgraph.drafts import new_item
from gateway.sandbox.msgraph.errors import Cause, GraphError
from gateway.sandbox.msgraph.invitations import deliver
from gateway.sandbox.msgraph.items import Item, Mailbox
from gateway.sandbox.msgraph.oauth import TokenEndpoint, is_token_request
from gateway.sandbox.msgraph.odata import options
from gateway.sandbox.msgraph.operations import LISTINGS, OPERATIONS, Operation
from gateway.sandbox.msgraph.preferences import preferences
from gateway.sandbox.msgraph.resources import EventIn, convert
from gateway.sandbox.msgraph.routes import BATCH, WITHOUT_MAILBOX, Owner, Route, route
from gateway.sandbox.msgraph.state import State
from gateway.sandbox.msgraph.throttle import Key, Limits, Throttle
from gateway.sandbox.msgraph.unknowns import NotShared, Unknowns
from gateway.sandbox.world import GraphEvent, MSGraphWorld

TOKEN = "/{tenant}/oauth2/v2.0/token"  # noqa: S105 a route's name
SEED_AGE = timedelta(days=7)
"""How long before the start the events of the seed were made."""


class MSGraphEmulator:
    """Microsoft Graph's calendars, v1.0 and beta, and the token endpoint of its tenant."""

    name = "msgraph"

    def __init__(
        self,
        world: MSGraphWorld,
        *,
        now: Callable[[], datetime],
        unknowns: Unknowns | None = None,
        limits: Limits | None = None,
    ) -> None:
        self.unknowns = unknowns or Unknowns()
        self.limits = limits or Limits()
        self.state = State(world, has_long_ids=self.unknowns.long_ids)
        self.tokens = Tokens(world)
        self._now = now
        self._answers = Answers(self.unknowns, now)
        self._throttle = Throttle(self.limits, now)
        self._token_endpoint = TokenEndpoint(self.state, self.tokens, now)
        for number, user in enumerate(world.users):
            self._seed(user.id, user.events, f"$.msgraph.users[{number}].events")
        for number, group in enumerate(world.groups):
            self._seed(group.id, group.events, f"$.msgraph.groups[{number}].events")

    @property
    def service_time(self) -> timedelta:
        return self.limits.service_time or timedelta(0)

    def route(self, request: Request) -> str:
        if is_token_request(request):
            return f"{request.method} {TOKEN}"
        try:
            return f"{request.method} {self._route(request).name}"
        except GraphError:
            return "unknown"

    def begin(self, request: Request) -> Response | None:
        """Take a place for a request. A batch takes none, nor does what is refused for another reason."""
        key = self._limited(request)
        if key is None:
            return None
        try:
            self._throttle.begin(key, request)
        except GraphError as error:
            return self._answers.failure(error, request.headers)
        return None

    def is_concurrent(self, request: Request) -> bool:
        return self._throttle.is_concurrent(request)

    def end(self, request: Request) -> None:
        self._throttle.end(request)

    def answer(self, request: Request, *, lose: frozenset[int] = frozenset()) -> Response:
        if is_token_request(request):
            return self._token_endpoint.answer(request)
        try:
            reply = self._reply(request, lose)
            return self._answers.success(reply, request.headers)
        except GraphError as error:
            return self._answers.failure(error, request.headers)

    def error(self, status: int, retry_after: str | None = None) -> Response:
        return self._answers.injected(status, retry_after)

    def _route(self, request: Request) -> Route:
        return route(request, understands_legacy=self.unknowns.legacy_calendar_group)

    def _token(self, request: Request) -> Token:
        return self.tokens.check(request, self._now())

    def _limited(self, request: Request) -> Key | None:
        """What a request counts as; None if it is refused anyway, or is about no mailbox."""
        try:
            found = self._route(request)
            token = self._token(request)
            if found.name in WITHOUT_MAILBOX:
                return None
            return token.app_id, self._mailbox(found, token).owner_id
        except GraphError:
            return None

    def _reply(self, request: Request, lose: frozenset[int]) -> Reply:
        """Unknown segments are refused before the token is looked at, all else after it."""
        found = self._route(request)
        token = self._token(request)
        if found.name == BATCH:
            return self._batch(request, found, lose)
        listing = LISTINGS.get(f"{request.method} {found.name}")
        if listing is not None:
            check_any(token, listing.permissions)
            return listing.handler(self._call(request, found, token, None))
        operation = OPERATIONS.get(f"{request.method} {found.name}")
        if operation is None:
            raise GraphError(Cause.BAD_METHOD)
        mailbox = self._mailbox(found, token)
        self._throttle.count((token.app_id, mailbox.owner_id))
        self._check(token, mailbox, operation)
        return operation.handler(self._call(request, found, token, mailbox, is_lost=0 in lose))

    def _batch(self, request: Request, found: Route, lose: frozenset[int]) -> Reply:
        """`lose` are items of the batch."""
        if request.method != "POST":
            raise GraphError(Cause.BAD_METHOD)
        places: Counter[Key] = Counter()

        def answer(index: int, item: Request) -> Response:
            if self.route(item).endswith(BATCH):
                return self._answers.failure(GraphError(Cause.BATCH_NESTED), item.headers)
            if self._is_crowded(item, places):
                error = self._throttle.refusal(Cause.TOO_CONCURRENT)
                return self._answers.failure(error, item.headers)
            return self.answer(item, lose=frozenset({0}) if index in lose else frozenset())

        return Reply(body=answer_batch(request, found.version, answer, self.unknowns))

    def _is_crowded(self, item: Request, places: Counter[Key]) -> bool:
        """Whether an item is one too many for its mailbox, where items count as running at once."""
        key = self._limited(item) if self.unknowns.batch_exceeds_concurrency else None
        if key is None:
            return False
        places[key] += 1
        return places[key] > self.limits.concurrent

    def _mailbox(self, found: Route, token: Token) -> Mailbox:
        address = found.address
        name = address.owner_name
        if address.owner is Owner.ME:
            if token.user_id is None:
                raise GraphError(Cause.ME_WITHOUT_USER)
            name = token.user_id
        mailbox = self.state.find(name, is_group=address.owner is Owner.GROUP)
        if mailbox is not None:
            return mailbox
        is_directory = address.owner is Owner.GROUP or found.name.startswith("/{user}")
        raise GraphError(Cause.RESOURCE_NOT_FOUND if is_directory else Cause.USER_NOT_FOUND, name)

    def _check(self, token: Token, mailbox: Mailbox, operation: Operation) -> None:
        if operation.needs is None:
            check_directory(token, mailbox)
            return
        if mailbox.is_inactive:
            raise GraphError(Cause.MAILBOX_INACTIVE)
        is_denied = self.unknowns.not_shared is NotShared.ACCESS_DENIED
        denied = Cause.ACCESS_DENIED if is_denied else Cause.ITEM_NOT_FOUND
        check_access(token, mailbox, operation.needs, denied)

    def _call(
        self, request: Request, found: Route, token: Token, owner: Mailbox | None, *, is_lost: bool = False
    ) -> Call:
        return Call(
            request=request,
            route=found,
            token=token,
            owner=owner,
            options=options(request),
            preferences=preferences(request.headers, self.unknowns.iana_names),
            state=self.state,
            unknowns=self.unknowns,
            now=self._now(),
            base=f"http://{request.headers.get('host', 'graph.microsoft.com')}",
            is_lost=is_lost,
            is_concurrent=self._throttle.is_concurrent(request),
        )

    def _seed(self, owner_id: str, events: Iterable[GraphEvent], place: str) -> None:
        """Fill a mailbox. Raises SandboxError, with its place, for an event that Graph would not take."""
        mailbox, then = self.state.mailboxes[owner_id], self._now() - SEED_AGE
        for number, event in enumerate(events):
            try:
                item = self._seeded(event, mailbox, then)
            except GraphError as error:
                where = f"{event.id}: {error.message} - at `{place}[{number}]`"
                raise SandboxError(f"Graph would not take the event {where}") from error
            mailbox.items[item.id] = item
            deliver(self.state, item, then)

    def _seeded(self, event: GraphEvent, mailbox: Mailbox, then: datetime) -> Item:
        return new_item(
            convert(dict(event.body), EventIn),
            event_id=event.id,
            mailbox=mailbox,
            calendar=mailbox.calendars.get(event.calendar_id, mailbox.default_calendar),
            now=then,
            unknowns=self.unknowns,
        )
