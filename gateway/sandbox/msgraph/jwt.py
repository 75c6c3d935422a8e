"""JSON Web Tokens: unsigned ones are made, and any are read."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import Any

import msgspec


def unsigned(**claims: object) -> str:
    """A token that looks like Microsoft's, and that anybody can make."""
    parts = (msgspec.json.encode(part) for part in ({"typ": "JWT", "alg": "none"}, claims))
    return ".".join([*(urlsafe_b64encode(part).decode().rstrip("=") for part in parts), ""])


@dataclass(frozen=True, slots=True, kw_only=True)
class JWT:
    """A token's parts; `content` is what `signature` is to be of. Nothing is verified."""

    header: dict[str, Any]
    claims: dict[str, Any]
    content: bytes
    signature: bytes

    @classmethod
    def parse(cls, token: str) -> "JWT":
        """What is no token has no claims."""
        try:
            header, claims, signature = token.split(".")
            return cls(
                header=msgspec.json.decode(_decoded(header), type=dict[str, Any]),
                claims=msgspec.json.decode(_decoded(claims), type=dict[str, Any]),
                content=f"{header}.{claims}".encode(),
                signature=_decoded(signature),
            )
        except (ValueError, msgspec.DecodeError):
            return cls(header={}, claims={}, content=b"", signature=b"")


def _decoded(part: str) -> bytes:
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))
