"""A client of what listens on this machine, where nobody speaks TLS."""

import ssl
from typing import Any, Final

import httpx2

_NOBODY: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Trusts nobody. Reading whom the machine trusts takes longer than most tests."""


def client(**options: Any) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(verify=_NOBODY, **options)
