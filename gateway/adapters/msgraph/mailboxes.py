"""How many requests one mailbox gets at once: Graph refuses the fifth of an application."""

from typing import Final
from weakref import WeakValueDictionary

from gateway.adapters.gate import Gate
from gateway.adapters.msgraph.paths import ME, USERS

Mailbox = tuple[str, str]

LIMIT: Final = 4
"""How many requests of an application Graph works on in one mailbox, and how many items of a batch."""


def mailbox_of(path: str, me: str) -> Mailbox:
    """The mailbox that a request path leads to: below the version the owner, who is the user `me` for `me`.

    What a mailbox is called in two ways without saying so, by id and by principal name, counts as two.
    """
    owner = path.partition("?")[0].lower().split("/")[2:4]
    return (USERS, me.lower()) if owner[0] == ME else (owner[0], owner[-1])


class MailboxGates:
    """A gate for each mailbox that is being asked; it is forgotten when nobody waits there any more."""

    def __init__(self, limit: int) -> None:
        self.limit: Final = limit
        self._gates: WeakValueDictionary[Mailbox, Gate] = WeakValueDictionary()

    def gate(self, mailbox: Mailbox) -> Gate:
        gate = self._gates.get(mailbox)
        if gate is None:
            gate = self._gates[mailbox] = Gate(self.limit)
        return gate
