"""Certificates of a cluster's own making, for tests of TLS."""

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

NOW = datetime.now(UTC)
DAY = timedelta(days=1)


class Identity:
    """A key and its certificate, signed by an issuer or by itself."""

    def __init__(self, name, issuer=None, *, is_authority=False, days=2, host="127.0.0.1"):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        signer = issuer or self
        addresses = x509.SubjectAlternativeName([x509.IPAddress(ip_address(host))])
        self.certificate = (
            x509.CertificateBuilder()
            .subject_name(self.name)
            .issuer_name(signer.name)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW - 10 * DAY)
            .not_valid_after(NOW + days * DAY)
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
            .add_extension(addresses, critical=False)
            .sign(signer.key, hashes.SHA256())
        )

    @property
    def pem(self):
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def fingerprint(self):
        return self.certificate.fingerprint(hashes.SHA256()).hex()

    def context(self, folder, *above):
        """A server's TLS that shows this certificate and those above it, as Elasticsearch does."""
        secret = self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        file = folder / "server.pem"
        file.write_bytes(b"".join([secret, self.pem, *(identity.pem for identity in above)]))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context
