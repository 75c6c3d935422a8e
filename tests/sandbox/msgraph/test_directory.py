"""The directory in lists: users, groups, and who is in which."""

import pytest

from gateway.sandbox import seed
from gateway.sandbox.http import Request

from .conftest import as_alice, client_with

SRE = seed.user_id("sre@contoso.com")


def shown(answer, name):
    return [row[name] for row in answer.body["value"]]


def test_users_are_listed_with_the_rooms_and_mailboxes_that_they_share(app):
    found = app.get("/users")
    upns = shown(found, "userPrincipalName")
    assert set(upns) == {seed.ALICE, seed.BOB, seed.CEO, seed.OUTAGES}
    assert found.body["@odata.context"].endswith("/v1.0/$metadata#users")
    (bob,) = [row for row in found.body["value"] if row["userPrincipalName"] == seed.BOB]
    assert bob["mail"] == seed.BOB
    assert bob == {
        name: value for name, value in app.get(f"/users/{seed.BOB}").body.items() if name != "@odata.context"
    }


def test_a_list_of_users_has_pages_that_are_the_whole_together(app):
    whole = shown(app.get("/users?$select=mail"), "mail")
    path, seen = "/users?$select=mail&$top=3", []
    while path:
        page = app.get(path)
        assert all(row.keys() == {"id", "mail"} for row in page.body["value"])
        seen.append(shown(page, "mail"))
        path = page.body.get("@odata.nextLink", "").partition("/v1.0")[2]
    assert [len(mails) for mails in seen] == [3, len(whole) - 3]
    assert [mail for mails in seen for mail in mails] == whole


def test_users_are_filtered_and_ordered(app):
    found = app.get(
        "/users?$filter=startswith(displayName,'a') or mail eq 'BOB.meyer@contoso.com'&$count=true"
    )
    assert sorted(shown(found, "mail")) == [seed.ALICE, seed.BOB]
    assert found.body["@odata.count"] == 2
    names = shown(app.get("/users?$orderby=displayName desc"), "displayName")
    assert names == sorted(names, reverse=True, key=str.casefold)
    wrong = app.get("/users?$filter=age gt 3")
    assert wrong.message == "Could not find a property named 'age' on type 'microsoft.graph.user'."


@pytest.mark.parametrize("top", [1000, 5000])
def test_the_directory_refuses_larger_pages_than_it_makes(app, top):
    found = app.get(f"/users?$top={top}")
    assert (found.status, found.code) == (400, "Request_UnsupportedQuery")
    assert found.message == f"Invalid page size specified: '{top}'. Must be between 1 and 999 inclusive."


def test_groups_are_listed_for_who_may_read_groups(alice, app):
    found = alice.get("/groups?$select=displayName,mail")
    assert found.body["value"] == [{"id": SRE, "displayName": "SRE", "mail": "sre@contoso.com"}]
    assert app.get("/groups").code == "Authorization_RequestDenied"


@pytest.mark.parametrize(
    ("path", "permission", "status"),
    [
        ("/users", "User.Read.All", 200),
        ("/users", "User.ReadBasic.All", 200),
        ("/users", "Directory.Read.All", 200),
        ("/users", "User.Read", 403),
        ("/users", "Calendars.ReadWrite", 403),
        ("/groups", "Group.Read.All", 200),
        ("/groups", "GroupMember.Read.All", 200),
        ("/groups", "User.Read.All", 403),
        ("/me/memberOf", "User.Read", 200),
        ("/me/memberOf", "Calendars.ReadWrite", 403),
        (f"/users/{seed.BOB}/memberOf", "User.Read.All", 200),
        (f"/users/{seed.BOB}/memberOf", "User.Read", 403),
    ],
)
def test_a_list_of_the_directory_needs_a_permission_for_it(emulator, path, permission, status):
    found = client_with(emulator, permission, upn=seed.ALICE).get(path)
    assert found.status == status
    if status == 403:
        assert found.code == "Authorization_RequestDenied"


def test_a_user_is_told_the_groups_that_they_are_in(alice):
    (row,) = alice.get("/me/memberOf").body["value"]
    assert (row["@odata.type"], row["id"], row["displayName"]) == ("#microsoft.graph.group", SRE, "SRE")
    assert alice.get(f"/users/{seed.CEO}/memberOf").body["value"] == []
    cast = alice.get("/me/memberOf/microsoft.graph.group?$select=mail")
    assert cast.body["value"] == [{"id": SRE, "mail": "sre@contoso.com"}]
    assert cast.body["@odata.context"].endswith("$metadata#groups(mail)")


def test_of_groups_that_may_not_be_read_there_is_only_the_id(emulator):
    (row,) = client_with(emulator, "User.Read", upn=seed.ALICE).get("/me/memberOf").body["value"]
    assert row.pop("@odata.type") == "#microsoft.graph.group"
    assert row.pop("id") == SRE
    assert set(row.values()) == {None}


def test_the_groups_of_an_unknown_user_are_no_resource(app):
    assert app.get("/users/nobody@contoso.com/memberOf").code == "Request_ResourceNotFound"


def test_a_list_of_the_directory_is_read_only(alice):
    assert alice.post("/users", {"displayName": "New"}).status == 405


def test_a_list_of_the_directory_takes_no_place_of_a_mailbox(emulator):
    client = as_alice(emulator)
    for path in ("/v1.0/users",) * 6:
        request = Request(method="GET", target=path, headers={"authorization": client.authorization})
        assert emulator.begin(request) is None


def test_lists_of_the_directory_go_into_a_batch(alice):
    requests = [
        {"id": "1", "method": "GET", "url": "/groups?$select=mail"},
        {"id": "2", "method": "GET", "url": "/me/memberOf?$select=mail"},
    ]
    found = alice.post("/$batch", {"requests": requests}).body["responses"]
    assert [item["body"]["value"][0]["mail"] for item in found] == ["sre@contoso.com"] * 2
