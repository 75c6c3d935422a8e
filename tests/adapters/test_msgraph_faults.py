"""Graph's refusals, links and tokens, without a server."""

from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from weakref import ref

import msgspec
import pytest

from gateway.adapters.msgraph.claims import Claims, claims_of
from gateway.adapters.msgraph.faults import fault, was_refused
from gateway.adapters.msgraph.links import path_of_link
from gateway.adapters.msgraph.mailboxes import mailbox_of
from gateway.adapters.transport import Answer
from gateway.adapters.upstream import UpstreamRequest
from gateway.errors import Code, UnexpectedAnswer

GET = UpstreamRequest(source="msgraph", method="GET", path="/v1.0/users/u/calendar")
POST = UpstreamRequest(source="msgraph", method="POST", path="/v1.0/users/u/calendar/events", body=b"{}")
GROUP = UpstreamRequest(source="msgraph", method="GET", path="/v1.0/groups/g/calendar")
HTML = {"content-type": "text/html"}


def answer(status, code=None, message="", headers=None) -> Answer:
    body = b"<html>" if code is None else msgspec.json.encode({"error": {"code": code, "message": message}})
    return Answer(status=status, headers=headers or {}, body=body)


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (400, "BadRequest", Code.UPSTREAM_REFUSED),
        (400, "RequestBodyRead", Code.UPSTREAM_REFUSED),
        (400, "UnableToDeserializePostBody", Code.UPSTREAM_REFUSED),
        (400, "ErrorInvalidRequest", Code.UPSTREAM_REFUSED),
        (400, "ErrorInvalidParameter", Code.UPSTREAM_REFUSED),
        (400, "ErrorPropertyValidationFailure", Code.UPSTREAM_REFUSED),
        (400, "ErrorInvalidIdMalformed", Code.UPSTREAM_REFUSED),
        (400, "ErrorOccurrenceCrossingBoundary", Code.UPSTREAM_REFUSED),
        (400, "TimeZoneNotSupportedException", Code.UPSTREAM_REFUSED),
        (400, "InefficientFilter", Code.UPSTREAM_REFUSED),
        (400, "ErrorInvalidUrlQueryFilter", Code.UPSTREAM_REFUSED),
        (400, "MaximumValueExceeded", Code.UPSTREAM_REFUSED),
        (400, "ErrorDuplicateTransactionId", Code.CONFLICT),
        (409, "ErrorDuplicateTransactionId", Code.CONFLICT),
        (401, "InvalidAuthenticationToken", Code.UNAUTHENTICATED),
        (403, "ErrorAccessDenied", Code.FORBIDDEN),
        (403, "Authorization_RequestDenied", Code.FORBIDDEN),
        (404, "ErrorItemNotFound", Code.NOT_FOUND),
        (404, "ErrorFolderNotFound", Code.NOT_FOUND),
        (404, "MailboxNotEnabledForRESTAPI", Code.NOT_FOUND),
        (404, "ErrorInvalidUser", Code.NOT_FOUND),
        (404, "Request_ResourceNotFound", Code.NOT_FOUND),
        (404, None, Code.UNEXPECTED_ANSWER),
        (302, None, Code.UNEXPECTED_ANSWER),
        (409, "ConcurrentItemSave", Code.CONFLICT),
        (409, "ErrorFolderExists", Code.CONFLICT),
        (409, "ErrorIrresolvableConflict", Code.CONFLICT),
        (410, "SyncStateNotFound", Code.UPSTREAM_REFUSED),
        (412, "ErrorIrresolvableConflict", Code.CONFLICT),
        (413, None, Code.UPSTREAM_REFUSED),
        (424, "FailedDependency", Code.UPSTREAM_REFUSED),
        (429, "TooManyRequests", Code.RATE_LIMITED),
        (429, "ApplicationThrottled", Code.RATE_LIMITED),
        (429, "ErrorTooManyObjectsOpened", Code.RATE_LIMITED),
        (500, "ErrorInternalServerTransientError", Code.UNAVAILABLE),
        (503, "ErrorMailboxStoreUnavailable", Code.UNAVAILABLE),
        (503, "ErrorMailboxMoveInProgress", Code.UNAVAILABLE),
        (503, "ServiceNotAvailable", Code.UNAVAILABLE),
        (503, "ConcurrentItemSave", Code.UNAVAILABLE),
        (504, "UnknownError", Code.UNAVAILABLE),
        (504, "ErrorTimeoutExpired", Code.UNAVAILABLE),
        (500, "ErrorInternalServerError", Code.UNAVAILABLE),
        (502, None, Code.UNAVAILABLE),
        (503, "ErrorServerBusy", Code.UNAVAILABLE),
        (504, None, Code.UNAVAILABLE),
    ],
)
def test_each_refusal_is_one_of_our_errors(status, code, expected):
    error = fault(answer(status, code, "Why.", headers=HTML), GET)
    assert error is not None
    assert error.code is expected
    if expected is not Code.UNEXPECTED_ANSWER:
        assert error.problem.upstream_code == code
        assert (f"{status} {code}: Why." if code else f"{status} with text/html.") in str(error)


def test_a_success_is_no_fault():
    assert fault(answer(201), POST) is None


def test_the_request_id_of_an_answer_is_kept():
    error = fault(answer(403, "ErrorAccessDenied", headers={"request-id": "r-1"}), GET)
    assert error.problem.request_id == "r-1"
    assert fault(answer(404, headers={"request-id": "r-2"}), GET).problem.request_id == "r-2"


@pytest.mark.parametrize(
    ("inner", "request_id"),
    [
        ({"request-id": "r-3", "date": "2027-03-15T09:00:00"}, "r-3"),
        ({"request-id": 7}, None),
        ({}, None),
        (None, None),
        ("text", None),
        ([], None),
    ],
)
def test_where_no_header_has_the_request_id_the_body_may(inner, request_id):
    body = {"error": {"code": "ErrorItemNotFound", "message": "Gone.", "innerError": inner}}
    error = fault(Answer(status=404, headers={}, body=msgspec.json.encode(body)), GET)
    assert error.code is Code.NOT_FOUND
    assert error.problem.request_id == request_id


@pytest.mark.parametrize(
    ("given", "request_", "hint"),
    [
        (answer(401, "InvalidAuthenticationToken"), GET, "Get a new token"),
        (answer(403, "ErrorAccessDenied"), GET, "Calendars.Read."),
        (answer(403, "ErrorAccessDenied"), GET, "Calendars.Read.Shared"),
        (answer(403, "ErrorAccessDenied"), POST, "Calendars.ReadWrite."),
        (answer(403, "ErrorAccessDenied"), GROUP, "a user's token only"),
        (answer(403, "ErrorAccessDenied"), GROUP, "Group.Read.All"),
        (answer(403), GET, "Calendars.Read."),
        (answer(403, "Authorization_RequestDenied"), GET, "administrator"),
        (answer(404, "ErrorItemNotFound"), GET, "another mailbox"),
        (answer(404, "ErrorFolderNotFound"), GET, "`calendars`"),
        (answer(404, "ErrorInvalidUser"), GET, "principal name"),
        (answer(404, "Request_ResourceNotFound"), GET, "the user or the group"),
        (answer(400, "BadRequest", "Resource not found for the segment 'x'."), GET, "`version`"),
        (answer(400, "RequestBodyRead"), POST, "under `msgraph`"),
        (answer(400, "ErrorPropertyValidationFailure"), POST, "the end must follow the start"),
        (answer(400, "ErrorOccurrenceCrossingBoundary"), POST, "between"),
        (answer(409, "ConcurrentItemSave"), POST, "look at it"),
        (answer(409, "ErrorConcurrentItemSave"), POST, "look at it"),
        (answer(409, "ErrorIrresolvableConflict"), POST, "repeat the call"),
        (answer(412), POST, "repeat the call"),
        (answer(429, "ApplicationThrottled"), GET, "four requests at once"),
        (
            answer(400, "BadRequest", "/me request is only valid with delegated authentication flow."),
            GET,
            "users/<id or principal name>",
        ),
        (answer(400, "ErrorInvalidIdMalformed"), GET, "no id of Graph's"),
        (answer(400, "TimeZoneNotSupportedException"), POST, "as an instant"),
        (answer(404, "MailboxNotEnabledForRESTAPI"), GET, "not in Exchange Online"),
        (answer(413), POST, "4 MB"),
    ],
)
def test_a_refusal_says_what_to_do(given, request_, hint):
    assert hint in fault(given, request_).problem.hint


@pytest.mark.parametrize(
    ("path", "malformed"),
    [
        ("/v1.0/users/u%40contoso.com/events/a%2Fb%3D", "a/b="),
        ("/v1.0/me/calendars/C%3D/calendarView?startDateTime=x/events/y", "C="),
        ("/v1.0/me/calendarGroups/G%3D/calendars", "G="),
        ("/v1.0/users/nobody/calendar", "nobody"),
        ("/v1.0/me/events/E%3D/cancel", "E="),
    ],
)
def test_the_id_that_is_malformed_is_named(path, malformed):
    request = UpstreamRequest(source="msgraph", method="GET", path=path)
    assert (
        f"{malformed!r} is no id of Graph's"
        in fault(answer(400, "ErrorInvalidIdMalformed"), request).problem.hint
    )


def test_a_refusal_that_explains_itself_has_no_hint():
    assert fault(answer(400, "ErrorInvalidRequest", "Why."), POST).problem.hint is None


def test_a_message_is_cut_to_a_length_that_can_be_read():
    assert len(str(fault(answer(400, "X", "m" * 10_000), GET))) < 600


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("10", 10),
        ("2.128", 2.128),
        (format_datetime(datetime(2027, 3, 15, 9, 0, 30, tzinfo=UTC), usegmt=True), 30),
    ],
)
def test_the_wait_asked_for_is_kept(header, seconds):
    headers = {
        "retry-after": header,
        "date": format_datetime(datetime(2027, 3, 15, 9, tzinfo=UTC), usegmt=True),
    }
    problem = fault(answer(429, "TooManyRequests", headers=headers), GET).problem
    assert problem.retry_after == timedelta(seconds=seconds)
    assert problem.retryable


@pytest.mark.parametrize(
    ("given", "is_certain"),
    [
        (answer(302), True),
        (answer(400, "ErrorInvalidRequest"), True),
        (answer(413), True),
        (answer(429, "TooManyRequests"), True),
        (answer(503, "ErrorServerBusy"), True),
        (answer(503), False),
        (answer(503, "ServiceNotAvailable"), False),
        (answer(503, "UnknownError"), False),
        (answer(503, "ConcurrentItemSave"), False),
        (answer(409, "ConcurrentItemSave"), False),
        (answer(409, "ErrorConcurrentItemSave"), False),
        (answer(412, "ErrorIrresolvableConflict"), True),
        (answer(500, "ErrorInternalServerError"), False),
        (answer(502), False),
        (answer(504), False),
    ],
)
def test_only_some_refusals_prove_that_nothing_was_written(given, is_certain):
    assert was_refused(given) is is_certain


BASE = "https://graph.microsoft.com"


@pytest.mark.parametrize(
    ("link", "path"),
    [
        (f"{BASE}/v1.0/me/calendars?$skip=10", "/v1.0/me/calendars?$skip=10"),
        ("HTTPS://Graph.Microsoft.com:443/v1.0/me/calendars?%24skiptoken=a%2Fb", None),
        (f"{BASE}/v1.0/users('a%40b')/calendars", "/v1.0/users('a%40b')/calendars"),
    ],
)
def test_a_link_of_the_source_is_followed_as_it_is(link, path):
    expected = path or "/v1.0/me/calendars?%24skiptoken=a%2Fb"
    assert path_of_link(link, base_url=BASE, version="v1.0") == expected


def test_a_link_below_a_proxys_path_is_followed_below_it():
    link = "http://proxy/graph/beta/me/calendars?$skip=1"
    assert path_of_link(link, base_url="http://proxy/graph", version="beta") == "/beta/me/calendars?$skip=1"


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/v1.0/me/calendars",
        "https://graph.microsoft.com.evil.example/v1.0/me/calendars",
        "https://graph.microsoft.com@evil.example/v1.0/me/calendars",
        "http://graph.microsoft.com/v1.0/me/calendars",
        "https://graph.microsoft.com:8443/v1.0/me/calendars",
        "https://graph.microsoft.com:x/v1.0/me/calendars",
        "https://[graph/v1.0/me/calendars",
        "https://graph.microsoft.com/beta/me/calendars",
        "https://graph.microsoft.com/v1.0evil/me",
        "https://graph.microsoft.com/v1.0/../beta/me",
        "https://graph.microsoft.com/v1.0/%2e%2e/beta/me",
        "/v1.0/me/calendars?$skip=10",
        "",
        "https://graph.microsoft.com/v1.0/me/calendars?$skiptoken=a\x7fb",
        "https://graph.microsoft.com/v1.0/me/calendars?$skiptoken=a\r\nb",
        "https://graph.microsoft.com/v1.0/me/calendars?$skiptoken=a b",
        "https://graph.microsoft.com/v1.0/me/calendars?$skiptoken=é",
        f"https://graph.microsoft.com/v1.0/me/calendars?$skiptoken={'x' * 70_000}",
    ],
)
def test_a_link_that_leads_elsewhere_is_not_followed(link):
    with pytest.raises(UnexpectedAnswer):
        path_of_link(link, base_url=BASE, version="v1.0")


def token(**claims) -> str:
    parts = ({"alg": "none"}, claims)
    return "Bearer " + ".".join(
        [*(urlsafe_b64encode(msgspec.json.encode(part)).decode().rstrip("=") for part in parts), "signature"]
    )


@pytest.mark.parametrize(
    ("claims", "is_application", "user"),
    [
        ({"oid": "o", "idtyp": "user", "scp": "Calendars.Read"}, False, "o"),
        ({"oid": "o", "scp": "Calendars.Read", "roles": ["x"]}, False, "o"),
        ({"oid": "o", "idtyp": "app"}, True, None),
        ({"oid": "o", "roles": ["Calendars.Read"]}, True, None),
        ({"oid": "o", "something": {"else": 1}}, None, "o"),
        ({}, None, None),
    ],
)
def test_a_token_says_who_acts(claims, is_application, user):
    found = claims_of(token(**claims))
    assert (found.is_application, found.user) == (is_application, user)


@pytest.mark.parametrize(
    "credential",
    ["", "Bearer", "Bearer opaque", "Bearer a.b.c", "Bearer a.e30.c.d", "Bearer a..c", token(oid=1)],
)
def test_a_token_of_another_form_says_nothing(credential):
    assert claims_of(credential) == Claims()


def test_requests_are_counted_for_the_mailbox_and_for_me_by_who_it_is():
    assert mailbox_of("/v1.0/users/a%40b/calendars/c?x=1", "A") == ("users", "a%40b")
    assert mailbox_of("/beta/Users/A%40B/calendar", "B") == mailbox_of("/v1.0/users/a%40b/events/e", "A")
    assert mailbox_of("/v1.0/me/calendar", "A") != mailbox_of("/v1.0/me/calendar", "B")
    assert mailbox_of("/v1.0/me", "A") == mailbox_of("/v1.0/me/calendars", "A")
    assert mailbox_of("/v1.0/me/calendar", "A") == mailbox_of("/v1.0/users/A/calendar", "B")
    assert mailbox_of("/v1.0/me?x=/users/B", "A") == mailbox_of("/v1.0/users/A?x=/users/B", "B")


def test_a_path_is_not_kept_for_the_mailbox_that_it_leads_to():
    class Path(str):
        """One that can be seen to be gone."""

        __slots__ = ("__weakref__",)

    path = Path("/v1.0/users/u/calendarView?$skiptoken=of-one-page")
    gone = ref(path)
    assert mailbox_of(path, "A") == ("users", "u")
    del path
    assert gone() is None
