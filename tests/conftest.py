"""What tests of several layers need."""

import gc
import hashlib
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_collection_finish() -> None:
    """What is imported by now stays: to look in it for what is dead takes a fifth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000)


@dataclass(frozen=True, kw_only=True)
class ClientCertificate:
    """A self-signed certificate, and its key, each as PEM. `thumbprint` is as a JWT's `x5t#S256` has it."""

    private_key: RSAPrivateKey
    certificate: str
    key: str
    thumbprint: str

    @property
    def pem(self) -> str:
        return self.key + self.certificate


@pytest.fixture(scope="session")
def client_certificate() -> ClientCertificate:
    key = generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "gateway")])
    began = datetime(2026, 1, 1, tzinfo=UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(began)
        .not_valid_after(began + timedelta(days=730))
        .sign(key, SHA256())
    )
    digest = hashlib.sha256(certificate.public_bytes(Encoding.DER)).digest()
    return ClientCertificate(
        private_key=key,
        certificate=certificate.public_bytes(Encoding.PEM).decode(),
        key=key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        thumbprint=urlsafe_b64encode(digest).rstrip(b"=").decode(),
    )
