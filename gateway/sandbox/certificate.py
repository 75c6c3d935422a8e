"""A client's certificate as a seed file has it: in PEM, or by its thumbprint."""

import hashlib
from base64 import urlsafe_b64encode
from binascii import unhexlify
from re import DOTALL, fullmatch, search
from ssl import PEM_cert_to_DER_cert

_PEM = r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----"
_HEX = r"(?:[0-9A-Fa-f]{40}|[0-9A-Fa-f]{64})"
_ENCODED = r"[\w-]{27}|[\w-]{43}"


def thumbprints(written: str) -> frozenset[str]:
    """What assertions may have as `x5t` or `x5t#S256` for it: of a thumbprint only that one.

    A thumbprint is SHA-1 or SHA-256, in hexadecimal as openssl and Azure's portal show it, or as in a JWT.
    A key beside a certificate in PEM is not looked at. Raises ValueError.
    """
    pem = search(_PEM, written, DOTALL)
    if pem is not None:
        der = PEM_cert_to_DER_cert(pem[0])
        return frozenset(map(_encoded, (hashlib.sha1(der).digest(), hashlib.sha256(der).digest())))  # noqa: S324 as Microsoft has it
    if fullmatch(_HEX, plain := written.strip().replace(":", "")):
        return frozenset({_encoded(unhexlify(plain))})
    if fullmatch(_ENCODED, plain := plain.rstrip("=")):
        return frozenset({plain})
    raise ValueError("a certificate is PEM text, or a thumbprint by SHA-1 or SHA-256")


def _encoded(digest: bytes) -> str:
    return urlsafe_b64encode(digest).decode().rstrip("=")
