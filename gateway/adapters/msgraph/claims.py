"""What a bearer token says of itself, if it is a JSON Web Token. Nothing is verified: that is Graph's part.

So its word serves to ask the right question, and to name the owner of a token that Graph has accepted.
"""

import binascii
from base64 import urlsafe_b64decode

import msgspec


class Claims(msgspec.Struct, frozen=True, kw_only=True):
    """`oid` is the directory id of the user, or of the application, `exp` when the token expires, in seconds.

    All None for a token of another form.
    """

    oid: str | None = None
    exp: float | None = None
    idtyp: str | None = None
    scp: str | None = None
    roles: tuple[str, ...] | None = None

    @property
    def user(self) -> str | None:
        """The directory id of the user on whose behalf the token was issued."""
        return None if self.is_application else self.oid

    @property
    def is_application(self) -> bool | None:
        """Whether an application acts for itself, None if the token does not say."""
        if self.idtyp is not None:
            return self.idtyp == "app"
        if self.scp is not None:
            return False
        return True if self.roles else None


def claims_of(authorization: str) -> Claims:
    """The claims in a token, or in the value of an Authorization header."""
    parts = authorization.rpartition(" ")[2].split(".")
    if len(parts) != 3:
        return Claims()
    payload = parts[1]
    try:
        return msgspec.json.decode(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)), type=Claims)
    except (binascii.Error, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Claims()
