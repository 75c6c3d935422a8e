"""The directory: users and groups, alone and in lists, as far as calendars need them."""

from typing import Any

from gateway.sandbox.msgraph.auth import GROUP_PROFILES
from gateway.sandbox.msgraph.call import Call, Reply
from gateway.sandbox.msgraph.collection import page, queried
from gateway.sandbox.msgraph.errors import Cause, GraphError
from gateway.sandbox.msgraph.events import select_context, selected
from gateway.sandbox.msgraph.items import Mailbox

PAGE_SIZE = 100
MAX_TOP = 999


def get_user(call: Call) -> Reply:
    return _profile(call, "users", user_json(call.mailbox))


def get_group(call: Call) -> Reply:
    return _profile(call, "groups", group_json(call.mailbox))


def list_users(call: Call) -> Reply:
    return _page(call, [user_json(mailbox) for mailbox in call.state.users()], "user", "users")


def list_groups(call: Call) -> Reply:
    return _page(call, [group_json(mailbox) for mailbox in call.state.groups()], "group", "groups")


def list_memberships(call: Call) -> Reply:
    """The groups that a user is in, among whatever else there may be of the kind."""
    rows = [{"@odata.type": "#microsoft.graph.group", **row} for row in _memberships(call)]
    return _page(call, rows, "directoryObject", "directoryObjects")


def list_groups_of_user(call: Call) -> Reply:
    return _page(call, _memberships(call), "group", "groups")


def _memberships(call: Call) -> list[dict[str, Any]]:
    """Of groups that the caller may not read there is nothing but the id."""
    rows = [group_json(group) for group in call.state.groups() if call.mailbox.owner_id in group.members]
    if call.token.allowed & GROUP_PROFILES:
        return rows
    return [{name: value if name == "id" else None for name, value in row.items()} for row in rows]


def get_mailbox_settings(call: Call) -> Reply:
    purpose = "shared" if call.mailbox.is_shared else "user"
    settings = {"timeZone": call.mailbox.time_zone, "userPurpose": purpose}
    return Reply(body={"@odata.context": call.mailbox_context("/mailboxSettings"), **settings})


def user_json(mailbox: Mailbox) -> dict[str, Any]:
    first, _, last = mailbox.person.name.partition(" ")
    return {
        "businessPhones": [],
        "displayName": mailbox.person.name,
        "givenName": first,
        "jobTitle": None,
        "mail": mailbox.person.address,
        "mobilePhone": None,
        "officeLocation": None,
        "preferredLanguage": None,
        "surname": last or None,
        "userPrincipalName": mailbox.names[0],
        "id": mailbox.owner_id,
    }


def group_json(mailbox: Mailbox) -> dict[str, Any]:
    return {
        "id": mailbox.owner_id,
        "description": None,
        "displayName": mailbox.person.name,
        "groupTypes": ["Unified"],
        "mail": mailbox.person.address,
        "mailEnabled": True,
        "mailNickname": mailbox.person.address.partition("@")[0],
        "securityEnabled": False,
        "visibility": "Private",
    }


def _profile(call: Call, collection: str, shown: dict[str, Any]) -> Reply:
    select = call.options.select
    context = call.tenant_context(f"{collection}{select_context(select)}/$entity")
    return Reply(body={"@odata.context": context, **selected(shown, select)})


def _page(call: Call, rows: list[dict[str, Any]], kind: str, collection: str) -> Reply:
    """What the query leaves of the rows. Unlike mailboxes the directory says how large a page may be."""
    select, top = call.options.select, call.options.top
    if top is not None and top > MAX_TOP:
        raise GraphError(Cause.PAGE_SIZE, top)
    found = queried(call, rows, dict, kind=kind)
    context = call.tenant_context(f"{collection}{select_context(select)}")
    return page(call, found, lambda row: selected(row, select), context=context, default_size=PAGE_SIZE)
