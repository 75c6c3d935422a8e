"""The Graph emulator: from a request to its answer, over a state that it alone changes."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid5

import msgspec

from gateway.sandbox.http import Request, Response
from gateway.sandbox.msgraph import calendars, directory, extensions, reads, writes
from gateway.sandbox.msgraph.auth import BASIC, READ, WRITE, Token, Tokens, check_access, check_directory
from gateway.sandbox.msgraph.call import Call, Handler, Reply
from gateway.sandbox.msgraph.drafts import new_item
from gateway.sandbox.msgraph.errors import INJECTED, Cause, GraphError
from gateway.sandbox.msgraph.invitations import deliver
from gateway.sandbox.msgraph.items import Mailbox
from gateway.sandbox.msgraph.odata import options
from gateway.sandbox.msgraph.preferences import preferences
from gateway.sandbox.msgraph.resources import (
    EventIn,
    convert,
)
from gateway.sandbox.msgraph.routes import Owner, Route, route
from gateway.sandbox.msgraph.state import State
from gateway.sandbox.msgraph.unknowns import NotShared, Unknowns
from gateway.sandbox.world import GraphEvent, MSGraphWorld

JSON = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"
REQUEST_IDS = UUID("1b1f3b5e-8f0a-4a0e-9b0d-3c1f8e5d7a10")
SEED_AGE = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class _Operation:
    """What is done on a route, and the permission that it needs; None asks the directory instead."""

    handler: Handler
    needs: int | None = READ


OPERATIONS: Mapping[str, _Operation] = {
    "GET /users": _Operation(directory.list_users, None),
    "GET /{user}": _Operation(directory.get_user, None),
    "GET /{mailbox}/mailboxSettings": _Operation(directory.get_mailbox_settings, BASIC),
    "GET /{mailbox}/calendars": _Operation(calendars.list_calendars, BASIC),
    "POST /{mailbox}/calendars": _Operation(calendars.create_calendar, WRITE),
    "GET /{mailbox}/calendarGroups": _Operation(calendars.list_groups, BASIC),
    "POST /{mailbox}/calendarGroups": _Operation(calendars.create_group, WRITE),
    "GET /{calendarGroup}": _Operation(calendars.get_group, BASIC),
    "PATCH /{calendarGroup}": _Operation(calendars.update_group, WRITE),
    "DELETE /{calendarGroup}": _Operation(calendars.delete_group, WRITE),
    "GET /{calendarGroup}/calendars": _Operation(calendars.list_calendars_of_group, BASIC),
    "POST /{calendarGroup}/calendars": _Operation(calendars.create_calendar, WRITE),
    "GET /{calendar}": _Operation(calendars.get_calendar, BASIC),
    "PATCH /{calendar}": _Operation(calendars.update_calendar, WRITE),
    "DELETE /{calendar}": _Operation(calendars.delete_calendar, WRITE),
    "GET /{calendar}/events": _Operation(reads.list_events, BASIC),
    "GET /{calendar}/events/$count": _Operation(reads.count_events, BASIC),
    "GET /{calendar}/calendarView": _Operation(reads.calendar_view, BASIC),
    "POST /{calendar}/events": _Operation(writes.create_event, WRITE),
    "GET /{event}": _Operation(reads.get_event, BASIC),
    "PATCH /{event}": _Operation(writes.update_event, WRITE),
    "DELETE /{event}": _Operation(writes.delete_event, WRITE),
    "GET /{event}/calendar": _Operation(calendars.get_calendar_of_event, BASIC),
    "GET /{event}/instances": _Operation(reads.instances, BASIC),
    "GET /{event}/extensions": _Operation(extensions.list_extensions, READ),
    "POST /{event}/extensions": _Operation(extensions.create_extension, WRITE),
    "GET /{event}/extensions/{extension}": _Operation(extensions.get_extension, READ),
    "PATCH /{event}/extensions/{extension}": _Operation(extensions.update_extension, WRITE),
    "DELETE /{event}/extensions/{extension}": _Operation(extensions.delete_extension, WRITE),
}


class MSGraphEmulator:
    """Microsoft Graph's calendars, v1.0 and beta."""

    name = "msgraph"

    def __init__(
        self, world: MSGraphWorld, *, now: Callable[[], datetime], unknowns: Unknowns | None = None
    ) -> None:
        self.unknowns = unknowns or Unknowns()
        self.state = State(world)
        self.tokens = Tokens(world)
        self._now = now
        self._answers = 0
        for user in world.users:
            self._seed(user.id, user.events)
        for group in world.groups:
            self._seed(group.id, group.events)

    def route(self, request: Request) -> str:
        try:
            return f"{request.method} {self._route(request).name}"
        except GraphError:
            return "unknown"

    def answer(self, request: Request, *, lose: frozenset[int] = frozenset()) -> Response:
        try:
            reply = self._reply(request, is_lost=0 in lose)
        except GraphError as error:
            return self._error(error, request.headers)
        return self._response(reply, request.headers)

    def error(self, status: int, retry_after: str | None = None) -> Response:
        cause = INJECTED.get(status, Cause.INTERNAL)
        headers = {} if retry_after is None else {"Retry-After": retry_after}
        return self._error(GraphError(cause), {}, status=status, headers=headers)

    def _route(self, request: Request) -> Route:
        return route(request, understands_legacy=self.unknowns.legacy_calendar_group)

    def _reply(self, request: Request, *, is_lost: bool) -> Reply:
        """Unknown segments are refused before the token is looked at, all else after it."""
        found = self._route(request)
        token = self.tokens.check(request, self._now())
        operation = OPERATIONS.get(f"{request.method} {found.name}")
        if operation is None:
            raise GraphError(Cause.BAD_METHOD)
        mailbox = self._mailbox(found, token)
        self._check(token, mailbox, operation)
        return operation.handler(self._call(request, found, token, mailbox, is_lost=is_lost))

    def _mailbox(self, found: Route, token: Token) -> Mailbox:
        address = found.address
        if address.owner is Owner.ME:
            if token.user_id is None:
                raise GraphError(Cause.ME_WITHOUT_USER)
            name = token.user_id
        else:
            name = address.owner_name or token.user_id or ""
        mailbox = self.state.find(name, is_group=address.owner is Owner.GROUP)
        if mailbox is not None:
            return mailbox
        is_directory = address.owner is Owner.GROUP or found.name == "/{user}"
        raise GraphError(Cause.RESOURCE_NOT_FOUND if is_directory else Cause.USER_NOT_FOUND, name)

    def _check(self, token: Token, mailbox: Mailbox, operation: _Operation) -> None:
        if operation.needs is None:
            check_directory(token, mailbox)
            return
        is_denied = self.unknowns.not_shared is NotShared.ACCESS_DENIED
        check_access(
            token, mailbox, operation.needs, Cause.ACCESS_DENIED if is_denied else Cause.ITEM_NOT_FOUND
        )

    def _call(self, request: Request, found: Route, token: Token, mailbox: Mailbox, *, is_lost: bool) -> Call:
        return Call(
            request=request,
            route=found,
            token=token,
            mailbox=mailbox,
            options=options(request),
            preferences=preferences(request.headers, self.unknowns.iana_names),
            state=self.state,
            unknowns=self.unknowns,
            now=self._now(),
            base=f"http://{request.headers.get('host', 'graph.microsoft.com')}",
            is_lost=is_lost,
        )

    def _response(self, reply: Reply, sent: Mapping[str, str]) -> Response:
        headers = {**self._own_headers(sent), **reply.headers}
        if reply.text is not None:
            return Response(
                status=reply.status,
                headers={**headers, "Content-Type": "text/plain"},
                body=reply.text.encode(),
            )
        if reply.body is None:
            return Response(status=reply.status, headers=headers)
        applied = preferences(sent, self.unknowns.iana_names).applied
        if applied:
            headers["Preference-Applied"] = applied
        headers["Content-Type"] = JSON
        return Response(status=reply.status, headers=headers, body=msgspec.json.encode(reply.body))

    def _error(
        self,
        error: GraphError,
        sent: Mapping[str, str],
        *,
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        own = self._own_headers(sent)
        code = error.cause.status if status is None else status
        inner = {
            "date": f"{self._now():%Y-%m-%dT%H:%M:%S}",
            "request-id": own["request-id"],
            "client-request-id": own["client-request-id"],
        }
        body = {"error": {"code": error.cause.code, "message": error.message, "innerError": inner}}
        if error.cause is Cause.DUPLICATE_TRANSACTION:
            code = self.unknowns.duplicate_transaction_status
        return Response(
            status=code,
            headers={**own, **(headers or {}), "Content-Type": "application/json"},
            body=msgspec.json.encode(body),
        )

    def _own_headers(self, sent: Mapping[str, str]) -> dict[str, str]:
        """Headers of every answer. The client's own request id is echoed."""
        self._answers += 1
        request_id = str(uuid5(REQUEST_IDS, str(self._answers)))
        return {
            "request-id": request_id,
            "client-request-id": sent.get("client-request-id", request_id),
            "x-ms-ags-diagnostic": '{"ServerInfo":{"DataCenter":"Sandbox","Ring":"0","RoleInstance":"SBX"}}',
            "OData-Version": "4.0",
        }

    def _seed(self, owner_id: str, events: Iterable[GraphEvent]) -> None:
        mailbox, then = self.state.mailboxes[owner_id], self._now() - SEED_AGE
        for event in events:
            item = new_item(
                convert(dict(event.body), EventIn),
                event_id=event.id,
                mailbox=mailbox,
                calendar=mailbox.calendars.get(event.calendar_id, mailbox.default_calendar),
                now=then,
                unknowns=self.unknowns,
            )
            mailbox.items[item.id] = item
            deliver(self.state, item, then)
