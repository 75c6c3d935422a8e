"""A client's certificate, which signs what proves to the token endpoint who asks.

Microsoft: "Application authentication certificate credentials". Importing this takes a tenth of a second, so
it is imported only where a certificate is configured.
"""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final
from uuid import uuid4

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from joserfc import jwt
from joserfc.jwk import RSAKey

from gateway.errors import InvalidInput

ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ALGORITHM: Final = "PS256"
_LIFETIME: Final = timedelta(minutes=5)
_FORM: Final = "It should be PEM text with a certificate and its RSA key, the key without a password."


class Certificate:
    """Implements Proof."""

    def __init__(self, key: RSAPrivateKey, thumbprint: bytes) -> None:
        self._key = RSAKey.import_key(key)
        self.thumbprint: Final = urlsafe_b64encode(thumbprint).rstrip(b"=").decode()

    @classmethod
    def parse(cls, pem: str) -> "Certificate":
        """The certificate and the key in a PEM text; of a chain, the first. Raises InvalidInput."""
        try:
            key = load_pem_private_key(pem.encode(), None)
            certificate = x509.load_pem_x509_certificate(pem.encode())
        except (ValueError, TypeError) as exc:
            raise InvalidInput("The certificate cannot be read.", hint=_FORM) from exc
        if not isinstance(key, RSAPrivateKey):
            raise InvalidInput("The key of the certificate is no RSA key.", hint=_FORM)
        if key.public_key() != certificate.public_key():
            raise InvalidInput("The key is not that of the certificate.", hint=_FORM)
        return cls(key, hashlib.sha256(certificate.public_bytes(Encoding.DER)).digest())

    def form(self, *, client_id: str, audience: str, now: datetime) -> Mapping[str, str]:
        header = {"alg": _ALGORITHM, "x5t#S256": self.thumbprint}
        claims = {
            "aud": audience,
            "iss": client_id,
            "sub": client_id,
            "jti": str(uuid4()),
            "nbf": int(now.timestamp()),
            "exp": int((now + _LIFETIME).timestamp()),
        }
        assertion = jwt.encode(header, claims, self._key, algorithms=[_ALGORITHM])
        return {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}
