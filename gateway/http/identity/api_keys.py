"""API keys: the gateway knows them by their SHA-256 only.

A key has 256 bits of chance in it, so a fast hash is as good as a slow one: there is nothing to guess.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from typing import Final

from gateway.http.identity.caller import Caller
from gateway.settings.identity import ApiKeySettings

_PREFIX: Final = "cgw_"


class ApiKeys:
    """Implements Way: keys by the name of their holder."""

    def __init__(self, keys: Mapping[str, ApiKeySettings]) -> None:
        self._keys = dict(keys)

    async def recognize(self, credential: str) -> Caller | None:
        """The holder of the key. All hashes are compared, each in constant time."""
        digest = hashed(credential)
        holders = [name for name, key in self._keys.items() if hmac.compare_digest(key.sha256, digest)]
        if not holders:
            return None
        return Caller(name=f"key:{holders[0]}", scopes=frozenset(self._keys[holders[0]].scopes))

    async def aclose(self) -> None:
        """There is nothing to close."""


def new_key() -> str:
    """A key that nobody has."""
    return _PREFIX + secrets.token_urlsafe(32)


def hashed(key: str) -> str:
    """What the configuration holds of a key."""
    return hashlib.sha256(key.encode()).hexdigest()
