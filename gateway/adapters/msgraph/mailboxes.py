"""How many requests one mailbox gets at once: Graph refuses the fifth of an application."""

from typing import Final

from gateway.adapters.msgraph.paths import ME, USERS

Mailbox = tuple[str, str]

LIMIT: Final = 4
"""How many requests of an application Graph works on in one mailbox, and how many items of a batch."""


def mailbox_of(path: str, me: str) -> Mailbox:
    """The mailbox that a request path leads to: its owner, who is the user `me` for `me`.

    What a mailbox is called in two ways without saying so, by id and by principal name, counts as two.
    """
    owner = owner_in_path(path)
    return (USERS, me.lower()) if owner[0] == ME else owner


def owner_in_path(path: str) -> Mailbox:
    """What stands below the version in a request path, in small letters; `me` stands alone there."""
    owner = path.partition("?")[0].split("/", 4)[2:4]
    return owner[0].lower(), owner[-1].lower()
