"""What a request says of its body and wants of its answer, in the media types of the cluster's version."""

import asyncio
import gzip
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from gateway.adapters.elasticsearch.versions import ClusterVersion
from gateway.adapters.outgoing import fields

COMPRESSED_FROM: Final = 16 * 1024
"""The size in bytes from which on a body travels compressed."""
JSON: Final = "application/json"
_COMPATIBLE: Final = "application/vnd.elasticsearch+json; compatible-with={}"
_FIRST_COMPATIBLE: Final = 8
_NEWEST: Final = 9
"""The newest language that is spoken here: a server understands its own and the one before."""
_SERVERLESS_API: Final = "2023-10-31"


@lru_cache(maxsize=32)  # a source has one version, and few have many sources
def media_fields(version: ClusterVersion, *, has_body: bool) -> str:
    """The headers that settle the language, as they are written."""
    return fields(media_headers(version, has_body=has_body))


def media_headers(version: ClusterVersion, *, has_body: bool) -> Mapping[str, str]:
    """The headers that settle the language; plain JSON where a cluster knows no versions of it."""
    media = media_type(version)
    headers = {"accept": media}
    if has_body:
        headers["content-type"] = media
    if version.is_serverless:
        headers["elastic-api-version"] = _SERVERLESS_API
    return headers


def media_type(version: ClusterVersion) -> str:
    if version.major is None or version.major < _FIRST_COMPATIBLE:
        return JSON
    return _COMPATIBLE.format(min(version.major, _NEWEST))


async def compressed(body: bytes) -> bytes:
    """The body in gzip, made beside the event loop: it may be megabytes."""
    return await asyncio.to_thread(gzip.compress, body, mtime=0)
