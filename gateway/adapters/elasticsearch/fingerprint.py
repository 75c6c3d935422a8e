"""TLS to a cluster that is known by a certificate's fingerprint: the server's own, or its authority's.

Elasticsearch prints that of its own authority at its first start. Importing this takes a tenth of a second,
so it is imported only where a fingerprint is configured.
"""

import ssl
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import (
    BasicConstraints,
    Certificate,
    ExtensionNotFound,
    load_der_x509_certificate,
    load_pem_x509_certificate,
)


def pinned(fingerprint: str) -> ssl.SSLContext:
    """A context that takes a server only by the SHA-256, in hexadecimal, of a certificate that it shows.

    Names and the machine's trust store do not count: whoever has a certificate of a cluster's own authority
    is of that cluster. Where the certificate is not the server's own, the way down to that is by signatures.
    """

    class Connection(ssl.SSLObject):
        def do_handshake(self) -> None:
            super().do_handshake()
            _check(_chain(self), fingerprint)

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.sslobject_class = Connection
    return context


def _chain(connection: Any) -> list[Certificate]:
    """The certificates that the server showed, its own first. Before Python 3.13 that is a private matter."""
    if sys.version_info >= (3, 13):
        return [load_der_x509_certificate(der) for der in connection.get_unverified_chain()]
    shown = connection._sslobj.get_unverified_chain()  # noqa: SLF001 - it has no public name there
    return [load_pem_x509_certificate(certificate.public_bytes().encode()) for certificate in shown]


def _check(chain: Sequence[Certificate], fingerprint: str) -> None:
    """Raises SSLCertVerificationError for a chain that does not lead to the fingerprint."""
    below: Certificate | None = None
    for certificate in chain:
        if below is not None and not _has_issued(certificate, below):
            break
        if _fingerprint(certificate) == fingerprint:
            return
        below = certificate
    shown = ", ".join(map(_fingerprint, chain))
    raise ssl.SSLCertVerificationError(
        f"its certificates do not lead to the configured fingerprint; theirs are {shown}"
    )


def _fingerprint(certificate: Certificate) -> str:
    return certificate.fingerprint(SHA256()).hex()


def _has_issued(issuer: Certificate, certificate: Certificate) -> bool:
    """Whether the issuer is an authority that has signed the certificate, which is of today."""
    try:
        is_authority = issuer.extensions.get_extension_for_class(BasicConstraints).value.ca
        certificate.verify_directly_issued_by(issuer)
    except (ExtensionNotFound, ValueError, TypeError, InvalidSignature):
        return False
    now = datetime.now(UTC)
    return is_authority and certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc
