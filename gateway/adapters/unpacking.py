"""Bodies that come packed, unpacked piece by piece where they are long: few bytes may hold anything."""

import zlib
from collections.abc import AsyncIterable, AsyncIterator
from typing import Final

import httpx2

from gateway.adapters.parsing import Part

_GZIP: Final = 16 + zlib.MAX_WBITS
_AT_ONCE: Final = 1024 * 1024
"""How long a piece may be."""


def unpacked_at_once(body: Part, coding: str | None) -> bytes | None:
    """What was packed into a whole body, None if it goes piece by piece only. Raises httpx2.DecodingError."""
    if coding != "gzip":
        return None
    unpacking = zlib.decompressobj(_GZIP)
    try:
        unpacked = unpacking.decompress(body, _AT_ONCE)
    except zlib.error as exc:
        raise httpx2.DecodingError(str(exc)) from exc
    return unpacked if len(unpacked) < _AT_ONCE else None


async def alone(body: Part) -> AsyncIterator[Part]:
    """A body that is there already, as the only part of it."""
    yield body


def unpacked(parts: AsyncIterator[Part], coding: str | None) -> AsyncIterator[Part]:
    """The body that was packed into the parts. Raises httpx2.DecodingError where none was."""
    if coding is None:
        return parts
    if coding == "gzip":
        return _gunzipped(parts)
    headers = {"content-encoding": coding}
    return httpx2.Response(200, headers=headers, stream=_Stream(parts)).aiter_bytes()


async def _gunzipped(parts: AsyncIterable[Part]) -> AsyncIterator[bytes]:
    unpacking = zlib.decompressobj(_GZIP)
    try:
        async for part in parts:
            packed: Part = part
            while piece := unpacking.decompress(packed, _AT_ONCE):
                yield piece
                packed = unpacking.unconsumed_tail
        if piece := unpacking.flush():
            yield piece
    except zlib.error as exc:
        raise httpx2.DecodingError(str(exc)) from exc


class _Stream(httpx2.AsyncByteStream):
    """Parts as httpx takes them, which knows more codings."""

    def __init__(self, parts: AsyncIterator[Part]) -> None:
        self._parts = parts

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._parts:
            yield bytes(part)
