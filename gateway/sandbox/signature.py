"""Signatures by the key of a certificate, in the algorithms that Microsoft takes from clients."""

from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

_PADDINGS = {"PS256": PSS(MGF1(SHA256()), PSS.DIGEST_LENGTH), "RS256": PKCS1v15()}


@dataclass(frozen=True, slots=True)
class Signer:
    """Who has the key of a certificate."""

    key: RSAPublicKey

    @classmethod
    def of(cls, der: bytes) -> "Signer":
        """Whose certificate it is. Raises ValueError if it is none, or its key is not RSA's."""
        key = x509.load_der_x509_certificate(der).public_key()
        if not isinstance(key, RSAPublicKey):
            raise ValueError("Microsoft takes RSA keys only")  # noqa: TRY004 - the certificate is wrong, not a type
        return cls(key)

    def has_signed(self, content: bytes, signature: bytes, algorithm: str) -> bool:
        padding = _PADDINGS.get(algorithm)
        if padding is None:
            return False
        try:
            self.key.verify(signature, content, padding, SHA256())
        except InvalidSignature:
            return False
        return True
