"""What Graph does not let an application do for itself, said before anything is sent. Pure."""

from collections.abc import Mapping
from typing import Final

from gateway.adapters.msgraph.claims import Claims
from gateway.adapters.msgraph.paths import GROUPS, ME
from gateway.errors import Forbidden

USERS_ONLY: Final[Mapping[str, tuple[str, str]]] = {
    ME: (
        "An application has no `me`, and the source {} acts as one.",
        "Write users/<id or principal name> instead, and name in `mailboxes` what is to be listed.",
    ),
    GROUPS: (
        "Calendars of groups are closed to applications, and the source {} acts as one.",
        "Use a shared mailbox, or a source that takes the tokens of users: a member of the group may.",
    ),
}
"""What only a user can reach, by the word that an address begins with: the reason, and what to do."""


def check(owner: str, claims: Claims, *, source: str) -> None:
    """Raises Forbidden if an application asks for what begins with `owner`. Graph says no to it, too."""
    if claims.is_application and owner.lower() in USERS_ONLY:
        reason, hint = USERS_ONLY[owner.lower()]
        raise Forbidden(reason.format(source), hint=f"{hint} Nothing was sent.")


def sees_basics_only(claims: Claims) -> bool:
    """Whether the token says that it may read no more of an event than the basics: no body, no properties."""
    permissions = (*(claims.scp or "").split(), *(claims.roles or ()))
    calendars = [name for name in permissions if name.startswith("Calendars.")]
    return bool(calendars) and all(name.startswith("Calendars.ReadBasic") for name in calendars)
