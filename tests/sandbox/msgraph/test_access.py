"""Tokens, scopes, roles: who may do what, and in which order it is refused."""

from datetime import timedelta

import pytest

from gateway.sandbox import seed
from gateway.sandbox.http import Request
from gateway.sandbox.msgraph import MSGraphEmulator
from gateway.sandbox.msgraph.auth import Token
from gateway.sandbox.msgraph.unknowns import NotShared
from gateway.sandbox.world import GraphCalendar, MSGraphWorld, User, UserKind

from .conftest import LUNCH, NOW, Client, as_alice, client_with

SRE = f"/groups/{seed.user_id('sre@contoso.com')}"


@pytest.mark.parametrize(
    ("authorization", "message"),
    [
        ("", "Access token is empty."),
        ("Bearer ", "Access token is empty."),
        ("Basic abc", "Access token is empty."),
        ("Bearer nonsense", "IDX14100: JWT is not well formed."),
    ],
)
def test_without_a_token_that_is_known_there_is_no_answer(emulator, authorization, message):
    found = Client(emulator, authorization).get("/me/calendar")
    assert (found.status, found.code, found.message) == (401, "InvalidAuthenticationToken", message)


def test_an_expired_token_is_refused(emulator):
    found = Client(emulator, emulator.tokens.expired.authorization).get("/me/calendar")
    assert (found.status, found.message) == (401, "Lifetime validation failed, the token is expired.")


def test_a_token_expires_when_its_time_has_come(emulator, clock):
    token = Token(value="short", allowed=frozenset({"Calendars.Read"}), expires=NOW + timedelta(minutes=1))
    emulator.tokens.add(token)
    client = Client(emulator, token.authorization)
    assert client.get(f"/users/{seed.OUTAGES}/calendar").status == 200
    clock.pass_(minutes=1)
    assert client.get(f"/users/{seed.OUTAGES}/calendar").status == 401


def test_an_unknown_segment_is_refused_before_the_token_is_looked_at(emulator):
    found = Client(emulator, "").get("/me/calender")
    assert (found.status, found.message) == (400, "Resource not found for the segment 'calender'.")


@pytest.mark.parametrize(
    ("path", "segment"),
    [
        ("/mine/events", "mine"),
        ("/$batch/x", "x"),
        ("/me/x/events", "x"),
        ("/me/calendarView/x", "x"),
        ("/me/events/$count/x", "x"),
        ("/me/events/id/x/y", "x"),
        ("/me/events/id/cancel/x", "x"),
        ("/me/events/id/extensions/e/x", "x"),
        ("/me/calendars/id/x/events", "x"),
        ("/me/calendarGroups/id/calendars/id/getSchedule/x", "x"),
        (f"{SRE}/calendars/id", "calendars"),
    ],
)
def test_the_unknown_segment_is_the_first_that_extends_no_known_path(alice, path, segment):
    assert alice.get(path).message == f"Resource not found for the segment '{segment}'."


def test_an_application_has_no_me(app):
    found = app.get("/me/calendar")
    assert (found.status, found.code) == (400, "BadRequest")
    assert found.message == "/me request is only valid with delegated authentication flow."


def test_an_application_sees_every_mailbox_but_restricted_ones(app):
    assert app.get(f"/users/{seed.BOB}/calendar").status == 200
    found = app.get(f"/users/{seed.CEO}/calendar")
    assert (found.status, found.code) == (403, "ErrorAccessDenied")


def test_an_application_that_may_read_may_not_write(reader):
    assert reader.get(f"/users/{seed.BOB}/events").status == 200
    assert reader.post(f"/users/{seed.BOB}/events", LUNCH).code == "ErrorAccessDenied"


@pytest.mark.parametrize("path", [f"{SRE}/events", f"{SRE}/calendar/events", f"{SRE}/calendar"])
def test_group_calendars_are_closed_to_applications(app, path):
    assert app.get(path).code == "ErrorAccessDenied"


def test_group_calendars_are_open_to_members_only(emulator, alice):
    scopes = ("Group.ReadWrite.All",)
    assert alice.get(f"{SRE}/events").subjects == ["SRE weekly"]
    assert client_with(emulator, *scopes, upn=seed.BOB).post(f"{SRE}/events", LUNCH).status == 201
    assert client_with(emulator, *scopes, upn=seed.CEO).get(f"{SRE}/events").code == "ErrorAccessDenied"


def test_who_may_read_groups_may_not_write_to_their_calendars(emulator):
    client = client_with(emulator, "Group.Read.All", upn=seed.BOB)
    assert client.get(f"{SRE}/events").status == 200
    assert client.post(f"{SRE}/events", LUNCH).code == "ErrorAccessDenied"


def test_a_user_sees_shared_mailboxes_with_the_scopes_for_sharing_only(emulator):
    own = client_with(emulator, "Calendars.ReadWrite", upn=seed.ALICE)
    assert own.get(f"/users/{seed.OUTAGES}/calendar").code == "ErrorAccessDenied"
    sharing = client_with(emulator, "Calendars.Read.Shared", upn=seed.ALICE)
    assert sharing.get(f"/users/{seed.OUTAGES}/calendar").status == 200
    assert sharing.post(f"/users/{seed.OUTAGES}/events", LUNCH).code == "ErrorAccessDenied"


def test_a_mailbox_that_is_not_shared_is_denied_or_not_found(emulate):
    path = f"/users/{seed.BOB}/calendar"
    assert as_alice(emulate()).get(path).code == "ErrorAccessDenied"
    found = as_alice(emulate(not_shared=NotShared.ITEM_NOT_FOUND)).get(path)
    assert (found.status, found.code) == (404, "ErrorItemNotFound")


def test_basic_permission_shows_no_bodies(emulator):
    basic = client_with(emulator, "Calendars.ReadBasic", upn=seed.ALICE)
    events = basic.get("/me/events").body["value"]
    assert events
    assert all({"body", "bodyPreview"}.isdisjoint(event) for event in events)
    assert basic.get(f"/me/events/{events[0]['id']}/extensions").code == "ErrorAccessDenied"


def test_an_unknown_user_is_invalid(app):
    found = app.get("/users/nobody@contoso.com/calendar")
    assert (found.status, found.code) == (404, "ErrorInvalidUser")
    assert found.message == "The requested user 'nobody@contoso.com' is invalid."


def test_an_unknown_group_is_no_resource(alice):
    found = alice.get("/groups/6d1ad2a5-9e3c-4b84-8a5e-0b9f7f0a8d11/calendar")
    assert (found.status, found.code) == (404, "Request_ResourceNotFound")


def test_a_profile_needs_a_permission_of_the_directory(emulator, alice):
    assert alice.get("/me").body["userPrincipalName"] == seed.ALICE
    assert alice.get(f"/users/{seed.BOB}?$select=mail").body.keys() == {"@odata.context", "id", "mail"}
    lone = client_with(emulator, "Calendars.ReadWrite")
    assert lone.get(f"/users/{seed.BOB}").code == "Authorization_RequestDenied"


def test_a_group_has_a_profile_too(alice, app):
    assert alice.get(f"{SRE}?$select=displayName").body["displayName"] == "SRE"
    assert app.get(SRE).code == "Authorization_RequestDenied"


def test_errors_have_the_documented_shape(alice):
    found = alice.get("/me/events/xx", client_request_id="5b8a")
    inner = found.body["error"]["innerError"]
    assert inner == {
        "date": "2026-11-18T15:30:12",
        "request-id": inner["request-id"],
        "client-request-id": "5b8a",
    }
    assert found.headers["client-request-id"] == "5b8a"
    assert found.headers["request-id"] == inner["request-id"] != "5b8a"


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/me/events/not.an.id", 400, "ErrorInvalidIdMalformed"),
        ("/me/events/AAMkAAAA", 404, "ErrorItemNotFound"),
        ("/me/calendars/not.an.id", 400, "ErrorInvalidIdMalformed"),
        ("/me/calendars/AAMkAAAA", 404, "ErrorItemNotFound"),
        ("/me/calendarGroups/AAMkAAAA", 404, "ErrorFolderNotFound"),
        ("/me/events/a/b", 400, "BadRequest"),
        (f"{SRE}/calendars", 400, "BadRequest"),
    ],
)
def test_what_is_not_there_is_told_apart_from_what_cannot_be(alice, path, status, code):
    found = alice.get(path)
    assert (found.status, found.code) == (status, code)


def test_an_event_of_another_mailbox_is_not_found(alice, bob):
    made = bob.post("/me/events", LUNCH).body["id"]
    assert alice.get(f"/me/events/{made}").code == "ErrorItemNotFound"


def test_an_event_of_another_calendar_is_not_found_under_this_one(alice):
    other = alice.get("/me/calendars").body["value"][1]["id"]
    made = alice.post(f"/me/calendars/{other}/events", LUNCH).body["id"]
    assert alice.get(f"/me/calendar/events/{made}").code == "ErrorItemNotFound"
    assert alice.get(f"/me/events/{made}/calendar").body["id"] == other


def test_a_method_that_a_resource_has_not_is_405(alice):
    assert alice.send("PUT", "/me/calendar").status == 405


def test_another_version_is_none(alice):
    alice.version = "v3.0"
    assert alice.get("/me/calendar").message == "Invalid version: v3.0"


@pytest.mark.parametrize(
    ("method", "target", "name"),
    [
        ("POST", "/v1.0/me/events", "POST /{calendar}/events"),
        ("POST", "/beta/users/a/calendarGroups/b/calendars/c%2Fd/events", "POST /{calendar}/events"),
        ("GET", "/v1.0/groups/g/calendarview?startDateTime=2026-01-01", "GET /{calendar}/calendarView"),
        ("PATCH", "/v1.0/me/calendars/c/events/e", "PATCH /{event}"),
        ("POST", "/v1.0/$batch", "POST /$batch"),
        ("POST", "/contoso.com/oauth2/v2.0/token", "POST /{tenant}/oauth2/v2.0/token"),
        ("GET", "/v1.0/nothing", "unknown"),
        ("GET", "/", "unknown"),
    ],
)
def test_a_route_has_one_name_however_it_is_written(emulator, method, target, name):

    assert emulator.route(Request(method=method, target=target)) == name


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (429, "TooManyRequests"),
        (503, "ErrorServerBusy"),
        (500, "InternalServerError"),
        (409, "ConcurrentItemSave"),
        (502, "<h1>502 Bad Gateway</h1>"),
    ],
)
def test_a_fault_has_graphs_own_body(emulator, status, code):
    response = emulator.error(status, "7")
    assert (response.status, response.headers["Retry-After"]) == (status, "7")
    assert code.encode() in response.body


def test_an_inactive_mailbox_is_not_there_for_calendars_while_its_user_is(clock):
    user = User(
        id="3f0b1d52-6f1c-4a0e-8c39-0a4f7c2f9d11",
        upn="old@contoso.com",
        mail="old@contoso.com",
        display_name="Old",
        kind=UserKind.INACTIVE,
        calendars=(GraphCalendar(id="AAMkAGCalendar01", name="Calendar", is_default=True),),
    )
    emulator = MSGraphEmulator(MSGraphWorld(users=(user,)), now=clock)
    app = Client(emulator, emulator.tokens.app.authorization)
    assert app.get("/users/old@contoso.com").status == 200
    for path in ("calendar", "events", "mailboxSettings"):
        found = app.get(f"/users/old@contoso.com/{path}")
        assert (found.status, found.code) == (404, "MailboxNotEnabledForRESTAPI")
        assert found.message.startswith("The mailbox is either inactive")
