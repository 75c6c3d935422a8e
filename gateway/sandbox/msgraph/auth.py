"""Bearer tokens and what they allow: scopes of a user, or roles of an application."""

from dataclasses import dataclass
from datetime import datetime
from uuid import NAMESPACE_DNS, uuid5

from gateway.sandbox.certificate import Certificate
from gateway.sandbox.http import Request
from gateway.sandbox.msgraph.errors import Cause, GraphError
from gateway.sandbox.msgraph.items import Mailbox
from gateway.sandbox.msgraph.jwt import unsigned
from gateway.sandbox.world import MSGraphWorld

TENANT = str(uuid5(NAMESPACE_DNS, "contoso.com"))
TENANT_NAMES = (TENANT, "contoso.com")
APP_ID = str(uuid5(NAMESPACE_DNS, "gateway.contoso.com"))
AUDIENCE = "https://graph.microsoft.com"

DELEGATED_SCOPES = frozenset(
    {
        "User.Read",
        "User.ReadBasic.All",
        "Calendars.ReadWrite",
        "Calendars.ReadWrite.Shared",
        "Group.ReadWrite.All",
    }
)
APP_ROLES = frozenset({"User.Read.All", "Calendars.ReadWrite"})
READER_ROLES = frozenset({"User.Read.All", "Calendars.Read"})

GROUP_READERS = frozenset({"Group.Read.All", "Group.ReadWrite.All"})
"""What opens the calendars of groups."""
USER_PROFILES = frozenset({"User.Read.All", "User.ReadBasic.All", "User.ReadWrite.All", "Directory.Read.All"})
GROUP_PROFILES = GROUP_READERS | {"GroupMember.Read.All", "Directory.Read.All"}

_LEVELS = ("Calendars.ReadBasic", "Calendars.Read", "Calendars.ReadWrite")
BASIC, READ, WRITE = range(3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token that the sandbox knows. Without `user_id` it is an application's own."""

    value: str
    app_id: str = APP_ID
    user_id: str | None = None
    allowed: frozenset[str] = frozenset()
    expires: datetime | None = None
    is_expired: bool = False

    @property
    def authorization(self) -> str:
        return f"Bearer {self.value}"

    def level(self, *, shared: bool = False) -> int:
        """How far the calendar permissions go: `BASIC`, `READ`, `WRITE`, or -1."""
        suffix = ".Shared" if shared else ""
        return max((n for n, name in enumerate(_LEVELS) if f"{name}{suffix}" in self.allowed), default=-1)


class Tokens:
    """All tokens: those of the sandbox from its start, and those that its token endpoint has issued."""

    def __init__(self, world: MSGraphWorld) -> None:
        self.app = Token(value="sandbox-graph-app-token", allowed=APP_ROLES)
        self.reader = Token(value="sandbox-graph-reader-token", allowed=READER_ROLES)
        self.expired = Token(value="sandbox-graph-expired-token", allowed=APP_ROLES, is_expired=True)
        self.certificates = [Certificate.parse(written) for written in world.certificates]
        """Those of our application."""
        self.delegated = {user.upn: _delegated(user.id, user.upn) for user in world.users}
        self._known = {
            token.value: token for token in (self.app, self.reader, self.expired, *self.delegated.values())
        }

    def of(self, upn: str) -> Token:
        """The delegated token of a user, an unsigned JWT with `oid`."""
        return self.delegated[upn]

    def incoming(self, upn: str) -> str:
        """A user's token for our own application, to be exchanged on behalf of that user."""
        return unsigned(aud=APP_ID, oid=self.delegated[upn].user_id, tid=TENANT, upn=upn, ver="2.0")

    def add(self, token: Token) -> None:
        self._known[token.value] = token

    def check(self, request: Request, now: datetime) -> Token:
        """The token of a request; none, an unknown or an expired one is refused."""
        scheme, _, value = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not value.strip():
            raise GraphError(Cause.TOKEN_EMPTY)
        token = self._known.get(value.strip())
        if token is None:
            raise GraphError(Cause.TOKEN_MALFORMED)
        if token.is_expired or (token.expires is not None and token.expires <= now):
            raise GraphError(Cause.TOKEN_EXPIRED)
        return token


def check_access(token: Token, mailbox: Mailbox, needed: int, denied: Cause) -> None:
    """Refuse a token that may not do in `mailbox` what needs the permission `needed`.

    Group calendars are closed to applications and open to members. A user sees their own mailbox, and
    shared ones with the scopes for sharing. `denied` is the answer about what is not shared.
    """
    if mailbox.is_group:
        _check_group(token, mailbox, needed)
    elif token.user_id == mailbox.owner_id:
        _require(token.level() >= needed)
    elif mailbox.is_restricted:
        raise GraphError(Cause.ACCESS_DENIED)
    elif token.user_id is None:
        _require(token.level() >= needed)
    else:
        _require(token.level(shared=True) >= needed)
        if not mailbox.is_shared:
            raise GraphError(denied)


def _check_group(token: Token, mailbox: Mailbox, needed: int) -> None:
    allowed = frozenset({"Group.ReadWrite.All"}) if needed == WRITE else GROUP_READERS
    _require(token.user_id in mailbox.members and not allowed.isdisjoint(token.allowed))


def check_directory(token: Token, mailbox: Mailbox) -> None:
    """Refuse a token that may not read the profile of `mailbox`'s owner."""
    if mailbox.is_group:
        check_any(token, GROUP_PROFILES)
    elif token.user_id == mailbox.owner_id:
        check_any(token, USER_PROFILES | {"User.Read"})
    else:
        check_any(token, USER_PROFILES)


def check_any(token: Token, permissions: frozenset[str]) -> None:
    """Refuse a token that has none of the directory's `permissions`."""
    if token.allowed.isdisjoint(permissions):
        raise GraphError(Cause.NOT_PRIVILEGED)


def _require(is_allowed: bool) -> None:
    if not is_allowed:
        raise GraphError(Cause.ACCESS_DENIED)


def _delegated(user_id: str, upn: str) -> Token:
    value = unsigned(
        aud=AUDIENCE,
        iss=f"https://sts.windows.net/{TENANT}/",
        exp=4102444800,
        appid=APP_ID,
        idtyp="user",
        oid=user_id,
        scp=" ".join(sorted(DELEGATED_SCOPES)),
        tid=TENANT,
        upn=upn,
        ver="1.0",
    )
    return Token(value=value, user_id=user_id, allowed=DELEGATED_SCOPES)
