"""The directory: profiles of users and groups, as far as calendars need them."""

from typing import Any

from gateway.sandbox.msgraph.call import Call, Reply
from gateway.sandbox.msgraph.events import select_context, selected
from gateway.sandbox.msgraph.items import Mailbox


def get_user(call: Call) -> Reply:
    return _profile(call, "users", user_json(call.mailbox))


def get_group(call: Call) -> Reply:
    return _profile(call, "groups", group_json(call.mailbox))


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
    context = f"{call.base}/{call.route.version}/$metadata#{collection}{select_context(select)}/$entity"
    return Reply(body={"@odata.context": context, **selected(shown, select)})
