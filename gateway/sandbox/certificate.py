"""A client's certificate as a seed file has it: in PEM, or by its thumbprint."""

import hashlib
from base64 import urlsafe_b64encode
from binascii import unhexlify
from dataclasses import dataclass
from re import DOTALL, fullmatch, search
from ssl import PEM_cert_to_DER_cert
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gateway.sandbox.signature import Signer

_WANTED = "a certificate is PEM text with an RSA key, or a thumbprint by SHA-1 or SHA-256"
_PEM = r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----"
_HEX = r"(?:[0-9A-Fa-f]{40}|[0-9A-Fa-f]{64})"
_ENCODED = r"[\w-]{27}|[\w-]{43}"


@dataclass(frozen=True, slots=True)
class Certificate:
    """`thumbprints` are what assertions may have as `x5t` or `x5t#S256`: of a thumbprint only that one."""

    thumbprints: frozenset[str]
    signer: "Signer | None" = None
    """None where only a thumbprint is known."""

    @classmethod
    def parse(cls, written: str) -> "Certificate":
        """Reads PEM, or a thumbprint by SHA-1 or SHA-256 as openssl, Azure's portal or a JWT show it.

        A key beside a certificate in PEM is not looked at. Raises ValueError.
        """
        pem = search(_PEM, written, DOTALL)
        if pem is not None:
            return cls._of_pem(pem[0])
        if fullmatch(_HEX, plain := written.strip().replace(":", "")):
            return cls(frozenset({_encoded(unhexlify(plain))}))
        if fullmatch(_ENCODED, plain := plain.rstrip("=")):
            return cls(frozenset({plain}))
        raise ValueError(_WANTED)

    @classmethod
    def _of_pem(cls, pem: str) -> "Certificate":
        from gateway.sandbox.signature import Signer  # noqa: PLC0415 - slow, and rarely needed

        der = PEM_cert_to_DER_cert(pem)
        digests = hashlib.sha1(der).digest(), hashlib.sha256(der).digest()  # noqa: S324 as Microsoft has it
        try:
            signer = Signer.of(der)
        except ValueError as exc:
            raise ValueError(_WANTED) from exc
        return cls(frozenset(map(_encoded, digests)), signer)

    def has_signed(self, content: bytes, signature: bytes, algorithm: str) -> bool:
        """Whether a signature is its key's; of a thumbprint that cannot be told, and any will do."""
        return self.signer is None or self.signer.has_signed(content, signature, algorithm)


def _encoded(digest: bytes) -> str:
    return urlsafe_b64encode(digest).decode().rstrip("=")
